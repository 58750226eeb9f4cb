"""toolchain/soak: wrong use is one line, a seed is one order, and servers with a planted fault fail."""

import itertools
import re
import sys
from types import SimpleNamespace

import pytest
from load_runs import REPOSITORY, LoadRun, use

sys.path[1:1] = [str(REPOSITORY / "Tests/Load"), str(REPOSITORY / "Tests/Interop")]

import soak  # noqa: E402


def test_help_says_what_is_measured():
    done = use("soak", "--help")
    assert done.returncode == 0
    for words in "memory at the", "256 kB", "--seed S", "falls silent", "Exit codes":
        assert words in done.stdout, words


def test_every_operation_has_a_name():
    names = use("soak", "--list").stdout.split()
    wanted = {"web_get", "web_observe", "web_upload", "quiet", "stalled", "libcoap_observe", "aiocoap_blocks_up"}
    assert wanted < set(names)


@pytest.mark.parametrize("options, word", [
    (["--minutes", 0], "--minutes"), (["--minutes", -1], "--minutes"), (["--minutes", "nan"], "--minutes"),
    (["--board", "nonsense"], "no board nonsense"), (["--seed", "x"], "--seed"), (["--nonsense"], "--nonsense"),
])
def test_wrong_use_is_64(options, word):
    done = use("soak", *options)
    assert done.returncode == 64 and done.stderr.count("\n") == 1 and word in done.stderr, done.stderr


def test_a_seed_is_one_order():
    def begin(seed: str) -> list[tuple]:
        subject = SimpleNamespace(web=("127.0.0.1", 1))
        return [(operation, source.random()) for operation, source in itertools.islice(soak.order(subject, seed), 100)]

    assert begin("5") == begin("5") != begin("6")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """All at once, for they wait more than they compute."""
    options = ["--minutes", 0.02, "--board", "none", "--seed", 5]
    return {
        plant: LoadRun(tmp_path_factory.mktemp(plant), "soak", *options, plant=plant) for plant in ["leak", "wrong"]}


@pytest.fixture(scope="module")
def results(runs):
    return {name: run.end() for name, run in runs.items()}


def test_lost_memory_is_found(results):
    code, out, error = results["leak"]
    assert code == 1 and "memory has grown by" in out and "Traceback" not in error, out + error


def test_wrong_answers_are_found(results):
    code, out, error = results["wrong"]
    assert code == 1 and re.search(r"worker \d, step \d+, .*: AssertionError .*4\.04", out), out + error
    assert "to see it again: toolchain/soak --minutes 0.02 --seed 5 --board none" in out


@pytest.mark.slow
def test_a_silent_peer_that_is_kept_is_found(tmp_path):
    code, out, error = LoadRun(tmp_path, "soak", "--minutes", 0.6, "--board", "none", plant="patient").end()
    assert code == 1 and re.search(r"silent peer 1, .*: quiet: AssertionError it is still there", out), out + error
