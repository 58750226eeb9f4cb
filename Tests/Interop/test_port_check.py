"""The port check: this computer's port passes it, and a mistake in a port is found."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import REPOSITORY, Process, run
from programs import _built

PARTNER = REPOSITORY / "toolchain" / "lib" / "check_partner.py"
LAST_LINE = r"^port check: ([0-9]+) passed, ([0-9]+) failed(?:, [0-9]+ skipped)?$"

# What each flaw of Boards/linux/check/Runner/Flaw.swift makes fail. Others may fail with it.
FLAWS = {
    "clock": "FAIL now: went back by ",
    "entropy": "FAIL fillRandom: two draws were the same",
    "half-close": "FAIL finishWriting: the peer has not seen the end",
    "back-pressure": "FAIL write: it took 8000000 bytes, and the peer had read none",
}
MORE_FLAWS = {
    "clock-rate": "FAIL now: it runs ",
    "wait-late": "FAIL wait: it returned 4",
    "wait-deaf": "FAIL wait: it slept on when a connection came in",
    "wait-past": "FAIL wait: it slept although the deadline was over",
    "entropy-rest": "FAIL fillRandom: byte 12 is always the same",
    "date": "FAIL unixTime: it is wrong by 86400 s",
    "accept": "FAIL accept: accept gave nothing for 10 s",
    "lost-byte": "FAIL write: the first byte that came wrong was number",
    "read-blocks": "FAIL read: it took 5",
    # The end, or a failure when the peer has been told of it in the meantime.
    "half-close-both": "FAIL finishWriting: read says ",
    "end": "FAIL read: read still says nothingYet",
    "refused": "FAIL dial: 10 s after a refusal the connection still says nothingYet",
    "reset": "FAIL read: it says end",
    "close": "FAIL close: the peer has not seen the end after 10 s, at connection number 3",
    "close-aborts": "FAIL close: the connection broke for the peer after",
}


def check(*options) -> Process:
    command = [_built("PORT_CHECK_BIN", ".build/release/port-check"), "--partner", "{partner}"]
    return run([sys.executable, PARTNER, *command, *options], within=240)


@pytest.fixture(scope="module")
def broken(request):
    """The runs with the flaws that are asked for, by name; they wait most of the time, so a few go on at once."""
    wanted = [item.callspec.params["flaw"] for item in request.session.items if "broken" in item.fixturenames]
    with ThreadPoolExecutor(5) as pool:
        runs = {flaw: pool.submit(check, "--break", flaw) for flaw in wanted}
        yield lambda flaw: runs[flaw].result()


def assert_found(process: Process, line: str) -> None:
    assert process.code == 1, f"{process}"
    assert line in process.stdout, f"{line!r} is missing: {process}"
    assert int(re.search(LAST_LINE, process.stdout, re.MULTILINE)[2]) > 0


@pytest.mark.timeout(300)
def test_sockets_port_passes():
    process = check()
    assert process.code == 0, f"{process}"
    *lines, last = process.stdout.splitlines()
    assert [line for line in lines if not line.startswith("PASS ")] == []
    assert len(lines) == len(set(lines)) == int(re.fullmatch(LAST_LINE, last)[1])


@pytest.mark.timeout(900)
@pytest.mark.parametrize("flaw", FLAWS)
def test_flaw_is_found(broken, flaw):
    assert_found(broken(flaw), FLAWS[flaw])


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("flaw", MORE_FLAWS)
def test_other_flaw_is_found(broken, flaw):
    assert_found(broken(flaw), MORE_FLAWS[flaw])


def test_every_flaw_is_tested():
    source = REPOSITORY / "Boards" / "linux" / "check" / "Runner" / "Flaw.swift"
    names = re.findall(r'case \.\w+: "(.*)"', source.read_text())
    assert names and set(names) == set(FLAWS) | set(MORE_FLAWS)


def test_check_without_a_last_line_fails():
    process = run([sys.executable, PARTNER, "echo", "PASS now: the clock is monotonic"])
    assert process.code == 1 and "without its last line" in process.stdout + process.stderr


@pytest.mark.timeout(300)
def test_cable_that_is_not_pulled_is_noticed():
    """Nobody listens to the monitor, so the bytes go on arriving, and the board's lines are worth nothing."""
    binary = _built("PORT_CHECK_BIN", ".build/release/port-check")
    process = run(
        [sys.executable, PARTNER, "sh", "-c", 'exec "$0" --partner "$1"', binary, "{partner}", "{monitor}"], within=240)
    assert process.code == 1, f"{process}"
    assert "partner: bytes came although the cable was pulled" in process.stdout + process.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_template_names_the_first_function_to_write():
    process = run([REPOSITORY / "toolchain" / "check", "template"], within=800)
    assert process.code == 1
    failure, last = process.stdout.splitlines()[-2:]
    assert failure.startswith("FAIL now: Boards/template/Sources/Board/TemplateBoard.swift: write 'now' first")
    assert last == "port check: 0 passed, 1 failed"
