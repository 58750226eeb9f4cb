"""toolchain/fuzz finds, shortens and keeps the faults that were planted for it.

Run with python3 -m pytest Tests/Tools. Builds the fuzz targets if nobody has: a minute the first time.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "toolchain" / "lib"))

from fuzzing import regressions, seeds  # noqa: E402

pytestmark = pytest.mark.slow

FAULTS = {
    "planted-violation": "a fault that was planted",
    "planted-trap": "Swift runtime failure: Index out of bounds",
    "planted-allocation": "an allocation",
    "planted-overrun": "AddressSanitizer: use-after-poison",
}


def fuzz(*arguments: str | Path, within: int = 300) -> subprocess.CompletedProcess:
    return subprocess.run(
        [ROOT / "toolchain/fuzz", *arguments], capture_output=True, text=True, timeout=within, check=False)


def places(folder: Path) -> list[str | Path]:
    return ["--regressions", folder / "regressions", "--corpus", folder / "corpus"]


@pytest.mark.parametrize("target", FAULTS)
def test_planted_fault_is_found_shortened_and_kept(tmp_path: Path, target: str):
    done = fuzz(*places(tmp_path), "--seconds", "10", target)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "fuzz: 0 passed, 1 failed"
    [kept] = (tmp_path / "regressions" / target).iterdir()
    assert FAULTS[target] in done.stdout
    assert kept.read_text().startswith(f"# {FAULTS[target]}\n")
    data = regressions.read(kept)
    assert len(data) == 3 and data[:2] == b"\xc0\xa9" and data[2] > 0x7F

    # It is the first thing that the next run does, whatever is found then.
    again = fuzz(*places(tmp_path), "--no-build", "--seconds", "1", target)
    assert again.returncode == 1
    assert f"{kept.name}, which is known" in again.stdout


def test_wrong_use_has_its_own_exit_code(tmp_path: Path):
    done = fuzz("--no-build", "nowhere")
    assert done.returncode == 64 and done.stderr == "fuzz: no target nowhere (see --help)\n"
    assert fuzz("--seconds", "0").returncode == 64


def test_list_has_no_planted_fault():
    lines = fuzz("--list").stdout.splitlines()
    assert len(lines) == 12 and not any("planted" in line for line in lines)


@pytest.mark.parametrize("line", fuzz("--list").stdout.splitlines(), ids=lambda line: line.split()[0])
def test_every_target_has_seeds(line: str):
    target = line.split()[0]
    found = seeds.seeds(target, ROOT / "Tests/Vectors")
    assert len(found) >= 2 and all(found)


def test_regression_comes_back_as_it_was(tmp_path: Path):
    data = bytes(range(256)) * 2
    path = regressions.keep(tmp_path, "server", data, "a reason")
    assert regressions.all_of(tmp_path, "server") == [path]
    assert regressions.read(path) == data
    assert regressions.read(regressions.keep(tmp_path, "server", b"", "nothing")) == b""


@pytest.mark.parametrize("path", sorted((ROOT / "Tests/Fuzz/Regressions").glob("*/*.hex")), ids=lambda path: path.name)
def test_kept_regressions_say_why(path: Path):
    assert path.read_text().startswith("# ")
    assert regressions.read(path) is not None
    assert path.parent.name in fuzz("--list").stdout
