"""toolchain/hostile: wrong use is one line, a seed is one flood, and servers with a planted fault fail."""

import random
import sys
from types import SimpleNamespace

import pytest
from load_runs import REPOSITORY, LoadRun, use

sys.path[1:1] = [str(REPOSITORY / "Tests/Load"), str(REPOSITORY / "Tests/Interop")]

import floods  # noqa: E402
import hostile  # noqa: E402
import memory  # noqa: E402
import target  # noqa: E402

SHORT = ("--pairs", 1, "--share", 0.0002, "--seed", 5)


def test_help_says_what_is_measured():
    done = use("hostile", "--help")
    assert done.returncode == 0
    for words in "Anonymous in /proc", "ratio of the medians", "80 %", "16 kB", "--seed S", "Exit codes":
        assert words in done.stdout, words


def test_every_case_has_a_name():
    names = use("hostile", "--list").stdout.split()
    assert {"slow-reader", "half-handshake", "handshakes-psk", "handshakes-certificate", "hellos-certificate"} < set(names)


@pytest.mark.parametrize("options, word", [
    (["nonsense"], "no case nonsense"), (["--share", 2], "--share"), (["--pairs", 0], "--pairs"), (["--seed", "x"], "--seed"),
    (["--nonsense"], "--nonsense"),
])
def test_wrong_use_is_64(options, word):
    done = use("hostile", *options)
    assert done.returncode == 64 and done.stderr.count("\n") == 1 and word in done.stderr, done.stderr


def test_a_seed_is_one_flood():
    def flood(seed: int) -> list[bytes]:
        source = random.Random(f"{seed} malformed")
        messages = [floods.malformed_message(source) for _ in range(100)]
        return [*messages, target.key_hello(source), target.signed_hello(source)]

    assert flood(5) == flood(5) != flood(6)


@pytest.mark.parametrize("case, ratio, rate, growth, faults", [
    ("no-csm", 0.81, 9999, 16, 0), ("no-csm", 0.79, 9999, 0, 1), ("no-csm", 1, 9999, 20, 1),
    ("hellos-psk", 0.01, 101, 16, 0), ("hellos-psk", 0.01, 99, 20, 2),
])
def test_what_is_bad(case, ratio, rate, growth, faults):
    found = SimpleNamespace(ratio=ratio, rate=rate)
    assert len(hostile.faults_of_trial(hostile.CASES[case], found, growth)) == faults


@pytest.mark.parametrize("taken, rounds", [
    # Each round takes what is named here, None where it did not have every place.
    ([300, 0], 2), ([300, 4, 0], 3), ([300, None, 0], 3), ([0, 0], 2), ([4] * 9, memory.MOST_ROUNDS),
])
def test_memory_is_taken_until_a_round_had_all_places_and_took_none(monkeypatch, taken, rounds):
    left, sizes = list(taken), [1000]

    def way():
        more = left.pop(0)
        sizes.append(sizes[-1] + (more or 0))
        assert more is not None, "no place"

    monkeypatch.setattr(memory, "written_kilobytes", lambda pid: sizes[-1])
    memory.take_all(0, [way])
    assert len(taken) - len(left) == rounds


@pytest.fixture(scope="module", autouse=True)
def runs(tmp_path_factory):
    """All at once, and beside the other tests, for they wait more than they compute."""
    cases = {"leak": "malformed", "wrong": "malformed", "slow": "more-than-places"}
    started = {
        plant: LoadRun(tmp_path_factory.mktemp(plant), "hostile", *SHORT, case, plant=plant)
        for plant, case in cases.items()}
    yield started
    for run in started.values():
        run.stop()


@pytest.mark.parametrize("plant, words", [
    ("leak", "memory has grown by"), ("wrong", "the client gets"), ("slow", "the client keeps less than 80%"),
])
def test_a_planted_fault_is_found(runs, plant, words):
    code, out, error = runs[plant].end()
    assert code == 1 and words in out and "hostile: 0 passed, 1 failed" in out, out + error
    assert "to see it again: toolchain/hostile --seed 5" in out and "Traceback" not in error, error


@pytest.mark.slow
def test_places_that_slow_peers_keep_are_found(tmp_path):
    code, out, error = LoadRun(tmp_path, "hostile", *SHORT, "no-csm", plant="patient").end()
    assert code == 1 and "free places while the slow ones are there" in out, out + error
