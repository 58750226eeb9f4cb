"""Attacks a live simulator in every way that limits can answer, beside a client that only wants to work.

  toolchain/hostile [--share F] [--seed S] [--pairs N] [--list] [CASE...]

  --share F   of a million malformed messages over a hundred thousand connections, 0.1 by default
  --seed S    of all that the floods send, 1 by default; the same seed is the same flood, but for what OpenSSL draws
  --pairs N   of windows at most, 12 by default; with less than 6 the warming up is shorter as well
  --list      names the cases and ends

What the client keeps: its requests a second in windows of one length, one beside the flood on the simulator that it talks
to and one beside the same flood on another simulator on the same processor, so that the flood costs the machine the same
in both; in turn, in pairs whose order changes. The ratio of the medians is what the flood does to the client
through the server. 90 % are wanted where limits can tell the flood from the client; after four pairs that show them it is
enough, and less than 80 % after the last pair is bad. A flood of new connections that do nothing wrong until they do, and
of whole TLS handshakes, shares the processor with the client: no limit tells them apart, and the ratio is printed only,
with the longest wait; less than a hundred answers a second are bad. In every case each request of the client has its own
answer, within five seconds.

Memory: the pages that the simulator has written (Anonymous in /proc/PID/smaps_rollup), with all places free, against the
same in the end, with all places free again: more than 16 kB more are bad. Before, every place was in use at once in every
way until that took no more memory, and then there were seconds of the flood until one took no more (six at most). The
rest of what is resident is the program's file: pages of code come when they are first run, and are no memory that is taken.

Where any of this is bad, windows and memory are measured once more, and a case that is bad again has failed: a busy machine
and a mark that is reached once are no fault of the server.

Places: all 32 have to be free in the end, and while slow peers are still there, for it is the server that has to end them.
Whole handshakes have to succeed, all of them. In the end the simulator serves, and ends in order when it is told to.

The environment variable SIMULATOR_BIN names another simulator than .build/release/simulator.

Exit codes: 0 good, 1 a case failed, 64 wrong use.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(1, str(ROOT / "Tests/Interop"))

import floods  # noqa: E402
import tls_floods  # noqa: E402
from command import Parser, run  # noqa: E402
from beside import Comparison, flooded, keep_off_the_last_processor  # noqa: E402
from floods import STAY, Attack, Tally  # noqa: E402
from harness import end_everything, until  # noqa: E402
from memory import MOST_ROUNDS, use_small_pages  # noqa: E402
from peer import ConnectionEnded  # noqa: E402
from target import Target  # noqa: E402
from tls_credentials import Credentials  # noqa: E402

# What is promised, and what is called a failure
WANTED, LEAST = 0.9, 0.8
FEWEST_PAIRS = 4
# Answers a second, whatever shares the processor. Beside hellos-certificate there are about a thousand, on a busy machine
# too, and 39 where a device takes all connections that wait before anybody else has a turn.
LEAST_RATE = 100
# In kilobytes. None is wanted, and what there was is printed; four pages that the warming up has missed are no leak.
LARGEST_GROWTH = 16
# Of windows and memory, where the first one is bad
TRIALS = 2
CONNECTIONS = 100_000


@dataclass(frozen=True)
class Case:
    flood: object
    # Whether limits tell the flood from the client, so that it has to keep its throughput
    is_told_apart: bool = False
    # Whether the places have to be free again while those who took them are still there
    is_ended_by_server: bool = False
    # Whether each of its connections is a whole handshake, which has to succeed
    is_whole: bool = False
    # Processes
    peers: int = 1

    @property
    def window(self) -> float:
        """In seconds: where time limits act, it is longer than they are."""
        return 1.2 if self.is_told_apart else 0.6

    @property
    def handshake_timeout(self) -> float:
        """In seconds: a handshake that a busy machine holds up for a moment is no failure."""
        return 20 if self.is_whole else 1


SLOW = {"is_told_apart": True, "is_ended_by_server": True}
CASES = {
    "more-than-places": Case(floods.more_than_places, is_told_apart=True),
    "no-csm": Case(floods.no_csm, **SLOW),
    "slow-header": Case(floods.slow_header, **SLOW),
    "slow-body": Case(floods.slow_body, **SLOW),
    "slow-reader": Case(floods.slow_reader, **SLOW),
    "slow-upgrade": Case(floods.slow_upgrade, **SLOW),
    "slow-handshake": Case(tls_floods.slow_handshake, **SLOW),
    "half-handshake": Case(tls_floods.half_handshake, **SLOW),
    "malformed": Case(floods.malformed),
    "tls-garbage": Case(tls_floods.tls_garbage),
    "hellos-psk": Case(tls_floods.hellos_key, peers=2),
    "hellos-certificate": Case(tls_floods.hellos_certificate, peers=2),
    "handshakes-psk": Case(tls_floods.handshakes_key, is_whole=True, peers=3),
    "handshakes-certificate": Case(tls_floods.handshakes_certificate, is_whole=True, peers=3),
}


def settle(case: Case, target: Target, seed: str, rounds: int) -> None:
    """Seconds of the flood until one has taken no more memory: how many handshakes meet in it is chance."""
    for number in range(rounds):
        before = target.memory
        with flooded(case.flood, target, f"{seed} round {number}", Tally(case.peers)):
            time.sleep(1)
        until(target.has_all_places, 20, "free places")
        if number > 0 and target.memory <= before:
            return


def one_round(case: Case, target: Target, other: Target, seed: str, pairs: int) -> None:
    """The flood once, on both, and what has to be free while it goes on."""
    if not case.is_ended_by_server:
        return settle(case, target, seed, min(MOST_ROUNDS, pairs))
    attacks = [Attack(each, random.Random(f"{seed} round"), Tally(1)) for each in (target, other)]
    rounds = [threading.Thread(target=case.flood, args=(each,), daemon=True) for each in attacks]
    for each in rounds:
        each.start()
    time.sleep(1)
    until(target.has_all_places, STAY - 3, "free places while the slow ones are there")
    assert rounds[0].is_alive(), "the slow ones have left by themselves"
    for attack in attacks:
        attack.ended.set()
    for each in rounds:
        each.join(STAY + 10)
    until(target.has_all_places, 20, "free places")


def compare(case: Case, target: Target, other: Target, seed: str, pairs: int, tally: Tally) -> Comparison:
    comparison = Comparison(case.flood, target, other, seed, tally)
    for number in range(pairs if case.is_told_apart else min(pairs, FEWEST_PAIRS)):
        if number >= FEWEST_PAIRS and comparison.ratio >= WANTED:
            break
        comparison.pair(number, case.window)
    comparison.client.peer.close()
    return comparison


def run_case(name: str, credentials: Credentials, options: argparse.Namespace) -> tuple[bool, str]:
    """Whether it passed, and a line about it."""
    case, seed, tally = CASES[name], f"{options.seed} {name}", Tally(CASES[name].peers)
    target, other = (Target(credentials, case.handshake_timeout) for _ in range(2))
    try:
        # Of the other one no memory is compared.
        for each, rounds in (target, min(MOST_ROUNDS, options.pairs)), (other, 1):
            each.warm(random.Random(f"{seed} warm"), rounds)
        one_round(case, target, other, seed, options.pairs)
        for number in range(TRIALS):
            memory = target.memory
            comparison = compare(case, target, other, f"{seed} {number}", options.pairs, tally)
            if name == "malformed":
                for connection in range(round(CONNECTIONS * options.share)):
                    floods.malformed(Attack(target, random.Random(f"{seed} {number} {connection}"), tally))
            until(target.has_all_places, 20, "free places")
            growth = target.memory - memory
            faults = faults_of_trial(case, comparison, growth)
            if not faults:
                break
        target.assert_serving()
        code = target.stop()
    except (AssertionError, ConnectionEnded, OSError) as error:
        return False, (str(error).splitlines() or [type(error).__name__])[0]
    finally:
        target.kill()
        other.kill()

    connections = sum(tally.connections)
    if any(tally.failures):
        faults.append(f"{sum(tally.failures)} handshakes failed")
    if not connections:
        faults.append("the flood never connected")
    if code != 0:
        faults.append(f"it ended with {code}")
    line = f"client keeps {comparison.ratio:>4.0%} ({comparison.rate:>7,.0f}/s) {remark(case, comparison)}, "
    line += f"memory {memory} kB {growth:+d}, {connections:,} {'whole handshakes' if case.is_whole else 'connections'}"
    line += f", trial {number + 1}" if number else ""
    return not faults, line + "".join(f"; {fault}" for fault in faults)


def faults_of_trial(case: Case, comparison: Comparison, growth: int) -> list[str]:
    """What a busy machine may do once, or memory that reaches a mark; a second time it is a fault."""
    faults = []
    if case.is_told_apart and comparison.ratio < LEAST:
        faults.append(f"the client keeps less than {LEAST:.0%}")
    if comparison.rate < LEAST_RATE:
        faults.append(f"the client gets less than {LEAST_RATE} answers a second")
    if growth > LARGEST_GROWTH:
        faults.append(f"memory has grown by {growth} kB")
    return faults


def remark(case: Case, comparison: Comparison) -> str:
    if not case.is_told_apart:
        return f"shares the processor, waits {comparison.longest_wait * 1e3:,.0f} ms at most"
    return "as wanted" if comparison.ratio >= WANTED else f"wanted: {WANTED:.0%}"


def arguments() -> argparse.Namespace:
    parser = Parser("hostile")
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_args()
    for case in options.cases:
        if case not in CASES:
            parser.error(f"there is no case {case}; there are: {' '.join(CASES)}")
    if not 0 <= options.share <= 1:
        parser.error("--share is from 0 to 1")
    if options.pairs < 1:
        parser.error("--pairs is at least 1")
    return options


def main() -> int:
    options = arguments()
    if options.help:
        print(__doc__.strip())
        return 0
    if options.list:
        print("\n".join(CASES))
        return 0
    failed = []
    cases = options.cases or list(CASES)
    keep_off_the_last_processor()
    use_small_pages()
    with tempfile.TemporaryDirectory() as folder:
        try:
            credentials = Credentials(Path(folder))
            for name in cases:
                is_good, line = run_case(name, credentials, options)
                if not is_good:
                    failed.append(name)
                print(f"{name:<22} {'ok    ' if is_good else 'FAILED'} {line}", flush=True)
        finally:
            end_everything()
    if failed:
        print(f"to see it again: toolchain/hostile --seed {options.seed} {' '.join(failed)}")
    print(f"hostile: {len(cases) - len(failed)} passed, {len(failed)} failed")
    return int(bool(failed))


if __name__ == "__main__":
    run(main)
