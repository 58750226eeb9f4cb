"""toolchain/faults: what is wrong is found, and a seed is one story."""

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]


def faults(*options: object, within: float = 300) -> subprocess.CompletedProcess:
    return subprocess.run(
        [REPOSITORY / "toolchain/faults", *map(str, options)], capture_output=True, text=True, timeout=within,
        stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("plant, word", [
    ("lose-answer", "without an end"), ("answer-twice", "over or was never made"),
    ("corrupt-byte", "with other bytes"), ("keep-slot", "never closed"), ("lose-byte", "on the wire"),
])
def test_a_planted_fault_is_found(plant, word):
    done = faults("--plant", plant, "--schedules", 200)
    assert done.returncode == 1, done.stdout
    assert word in done.stdout and "toolchain/faults --seed" in done.stdout
    # What led to the first one.
    assert "WRONG: " in done.stdout


def test_nothing_is_found_without_one():
    done = faults("--schedules", 300, "--seed", 7)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "faults: 300 schedules, 0 failed"


def test_a_seed_is_the_same_story_each_time():
    first, second = faults("--seed", 12, "--trace"), faults("--seed", 12, "--trace")
    assert first.returncode == second.returncode == 0
    assert first.stdout == second.stdout and first.stdout.count("\n") > 100


@pytest.mark.parametrize("options", [("--plant", "nothing"), ("--schedules", 0), ("--nonsense",)])
def test_wrong_use_is_64(options):
    done = faults(*options)
    assert done.returncode == 64 and done.stderr.count("\n") == 1
