"""Keys are never printed, at no level of logging, except the fresh one in the lines to paste."""

import re
import signal
import socket

import pytest

import messages
from harness import REPOSITORY, Process, run
from programs import TLSSimulator, coap
from tls_credentials import PSK, fresh_psk
from tls_peers import AlertReceived


def forms(psk: PSK) -> list[str]:
    spaced = " ".join(psk.hex[at : at + 2] for at in range(0, len(psk.hex), 2))
    return [psk.hex, psk.hex.upper(), psk.text, spaced, psk.hex[:16]]


def assert_secret(process, *keys: PSK) -> None:
    output = process.stdout + process.stderr
    for psk in keys:
        for form in forms(psk):
            assert form not in output, f"{form!r} in {process}"


def private_lines(certified) -> list[str]:
    lines = certified.key.read_text().splitlines()
    return [line for line in lines if "-----" not in line and len(line) > 20]


@pytest.mark.parametrize("level", ["trace", "debug", "info"])
def test_the_simulator_prints_no_key(credentials, level):
    other = fresh_psk("second")
    file = credentials.psk_file(f"{other.option}\n")
    simulator = TLSSimulator(
        credentials, "--psk-file", file, "--log-level", level, "--trace", certificate=True
    )
    for psk in credentials.psk, other:
        with simulator.dial_psk(psk) as peer:
            peer.handshake()
            assert peer.exchange(messages.get("/actuators/led")).dotted == "2.05"
    wrong = fresh_psk(other.identity)
    with pytest.raises(AlertReceived):
        simulator.dial_psk(wrong)
    with simulator.dial_ssl() as peer:
        peer.handshake()
    assert simulator.stop() == 0, str(simulator)
    assert_secret(simulator, credentials.psk, other, wrong)
    output = simulator.stdout + simulator.stderr
    for line in private_lines(credentials.server):
        assert line not in output, f"the private key in {simulator}"


def test_our_client_prints_no_key(tls_simulator, credentials, tmp_path):
    session = tmp_path / "session"
    keys = "--psk", credentials.psk.option, "--session", session
    for _ in range(2):
        answer = coap("get", tls_simulator.uri("/time"), "-v", "--trace", *keys)
        assert answer.code == 0, str(answer)
        assert_secret(answer, credentials.psk)
    saved = session.read_bytes()
    for form in forms(credentials.psk):
        assert form.encode() not in saved and credentials.psk.key not in saved


def test_our_client_prints_no_key_when_it_fails(tls_simulator, credentials):
    for psk in fresh_psk("nobody"), fresh_psk(credentials.psk.identity):
        answer = coap("get", tls_simulator.uri("/time"), "-v", "--trace", "--psk", psk.option)
        assert answer.code == 1, str(answer)
        assert_secret(answer, psk)


@pytest.mark.parametrize("spoiled", ["{}g", "{}0", "{} "])
def test_a_key_with_an_error_is_not_printed_with_the_error(credentials, spoiled):
    psk = fresh_psk()
    answer = coap("get", "coaps+tcp://127.0.0.1:1/x", "--psk", spoiled.format(psk.option))
    assert answer.code in (1, 64), str(answer)
    assert_secret(answer, psk)
    file = credentials.psk_file(spoiled.format(psk.option) + "x\n")
    answer = coap("get", "coaps+tcp://127.0.0.1:1/x", "--psk-file", file)
    assert answer.code in (1, 64), str(answer)
    assert_secret(answer, psk)


def lines_to_paste(process) -> list[str]:
    lines = process.stdout.split("try one of:\n")[1].split("\n\n")[0].splitlines()
    return [line.strip() for line in lines]


def fresh_key(process) -> tuple[str, str]:
    """Identity and key of the line for our client."""
    found = re.search(r"COAP_PSK=([^:\s]+):([0-9a-f]+) ", process.stdout)
    assert found, f"no key to paste: {process}"
    return found[1], found[2]


def test_each_start_has_a_fresh_key_that_is_only_in_the_lines_to_paste(start_simulator):
    keys = set()
    for _ in range(3):
        simulator = start_simulator(
            "--fresh-psk", "--log-level", "trace", "--trace", listen=("coaps+tcp://127.0.0.1:0",)
        )
        identity, key = fresh_key(simulator)
        assert len(key) >= 32, "at least 16 bytes"
        host, port = simulator.address
        answer = coap("get", f"coaps+tcp://{host}:{port}/time", "--psk", f"{identity}:{key}")
        assert answer.code == 0, str(answer)
        assert simulator.stop() == 0, str(simulator)
        text = bytes.fromhex(key).decode("ascii")
        for line in (simulator.stdout + simulator.stderr).splitlines():
            if line.strip() not in lines_to_paste(simulator):
                assert key not in line and text not in line, f"the key in {line!r}"
        keys.add(key)
    assert len(keys) == 3, "the same key twice"


def assert_line_works(line: str) -> None:
    answer = run(["bash", "-c", line], within=30)
    if "/firmware" in line:
        assert answer.code == 0, f"{line}: {answer}"
    else:
        assert re.search(r"-?\d+(\.\d+)? Cel", answer.stdout), f"{line}: {answer}"


@pytest.mark.timeout(120)
def test_every_line_to_paste_works(start_simulator):
    simulator = start_simulator(
        "--fresh-psk", listen=("coap+tcp://127.0.0.1:0", "coaps+tcp://127.0.0.1:0")
    )
    for line in lines_to_paste(simulator):
        assert_line_works(line)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.mark.timeout(600)
def test_simulate_without_arguments_serves_both_schemes_with_a_fresh_key():
    """It has fixed ports, and builds first what is not built."""
    if not (is_free(5683) and is_free(5684)):
        return  # Somebody else's: there is nothing to be seen here.
    process = Process([REPOSITORY / "toolchain" / "simulate"])
    try:
        process.wait_for_line(r"^ready$", 500)
        assert "listening on coaps+tcp://127.0.0.1:5684\n" in process.stdout, str(process)
        assert re.search(r"^listening on coap\+tcp://127\.0\.0\.1:5683$", process.stdout, re.M)
        identity, key = fresh_key(process)
        for line in lines_to_paste(process):
            assert_line_works(line)
        answer = coap("get", "coaps+tcp://127.0.0.1/time", "--psk", f"{identity}:{key}")
        assert answer.code == 0, str(answer)
        assert process.stop(signal.SIGINT) == 0, str(process)
        assert key not in process.stderr, "in the log"
    finally:
        process.kill()
