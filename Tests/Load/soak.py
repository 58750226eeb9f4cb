"""Lets all kinds of clients use a simulator and boards in QEMU for a while, and looks whether anything is lost or left.

  toolchain/soak [--minutes N] [--board BOARD]... [--seed S] [--list]

  --minutes N     how long, 2 by default
  --board BOARD   a folder of Boards/ that runs in QEMU, mps2-an386 by default; repeatable; none for the simulator alone
  --seed S        of what is done in which order, 1 by default
  --list          names the operations and ends

What is done: requests, bodies in blocks both ways, observations that end after a second state, Pings, bodies that are
broken off, garbage and peers that vanish, by hand on TCP and on WebSockets, and by the programs coap, coap-client
(libcoap) and aiocoap. Beside them one peer at a time falls silent and stays; the keep-alive or the stall limit has to end
it. One that would outlast the time is not begun: on a board, where they have 60 seconds and more, the first needs 90, and
none is begun on a board with two places.

Prints a line now and then, and in the end a table: operations by kind, failures, latency, the simulator's memory at the
beginning, in the middle and at the end, free places, and the boards' own figures. Memory is pages that it has written,
after every place was in use in every way and after ten seconds like all others; 256 kB more are a failure.

The environment variable SIMULATOR_BIN names another simulator than .build/release/simulator.

Exit codes: 0 good, 1 something failed, 64 wrong use.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(1, str(ROOT / "Tests/Interop"))

from clients import BY_PROGRAMS, BY_PROGRAMS_ON_WEB_SOCKETS  # noqa: E402
from command import Parser, run  # noqa: E402
from harness import end_everything  # noqa: E402
from peer import ConnectionEnded  # noqa: E402
from operations import BY_HAND, BY_WEB_SOCKET  # noqa: E402
from silent import limit_of, quiet, stalled  # noqa: E402
from subjects import WORKERS, Subject, start_board, start_simulator  # noqa: E402

SILENT = [quiet, stalled]
# Failures are shown when they happen, but only so many of one operation.
SHOWN = 5


def operations_of(subject: Subject) -> dict:
    """What is done to it, each with how often."""
    return BY_HAND | BY_PROGRAMS | (BY_WEB_SOCKET | BY_PROGRAMS_ON_WEB_SOCKETS if subject.web else {})


def order(subject: Subject, seed: str):
    """What a worker does, without an end. Each operation has random numbers of its own, so that how one goes does not change
    what comes next."""
    operations, source = operations_of(subject), random.Random(seed)
    for step in itertools.count(1):
        yield source.choices(list(operations), operations.values())[0], random.Random(f"{seed} {step}")


class Soak:
    def __init__(self, subjects: list[Subject], seconds: float, seed: int):
        self.subjects, self.seed = subjects, seed
        self.start = time.monotonic()
        self.end = self.start + seconds
        self.lock = threading.Lock()
        self.times: dict[tuple[str, str], list[float]] = collections.defaultdict(list)
        self.failures: list[str] = []
        self.shown: collections.Counter = collections.Counter()

    def work(self, subject: Subject, worker: int) -> None:
        for step, (operation, source) in enumerate(order(subject, f"{self.seed} {subject.name} {worker}"), 1):
            if time.monotonic() >= self.end:
                return
            with subject.places:
                self.do(operation, subject, source, f"worker {worker}, step {step}")

    def fall_silent(self, subject: Subject) -> None:
        """One silent peer after the other, for as long as one more fits."""
        source = random.Random(f"{self.seed} {subject.name} silent")
        step = 0
        while subject.has_place_for_silence:
            operation = SILENT[step % len(SILENT)]
            if time.monotonic() + limit_of(operation, subject) > self.end:
                return
            step += 1
            self.do(operation, subject, source, f"silent peer {step}")

    def do(self, operation, subject: Subject, source: random.Random, who: str) -> None:
        """Once, and what became of it."""
        start = time.monotonic()
        try:
            operation(subject, source)
        except Exception as error:  # noqa: BLE001: whatever it is, it is a finding
            text = f"{subject.name}, {who}, after {start - self.start:.0f} s: {operation.__name__}: "
            with self.lock:
                self.failures.append(text + f"{type(error).__name__} {str(error)[:300]}")
                self.shown[operation] += 1
                if self.shown[operation] <= SHOWN:
                    print(self.failures[-1], flush=True)
            return
        with self.lock:
            self.times[subject.name, operation.__name__].append(time.monotonic() - start)

    def run(self) -> None:
        workers = [
            threading.Thread(target=self.work, args=(subject, index), daemon=True)
            for subject in self.subjects for index in range(WORKERS)
        ]
        workers += [
            threading.Thread(target=self.fall_silent, args=(subject,), daemon=True) for subject in self.subjects]
        for worker in workers:
            worker.start()
        is_terminal = sys.stderr.isatty()
        while any(worker.is_alive() for worker in workers):
            pause = time.monotonic() + (1 if is_terminal else 10)
            while time.monotonic() < pause and any(worker.is_alive() for worker in workers):
                time.sleep(0.1)
            for subject in self.subjects:
                subject.sample(time.monotonic() - self.start)
            spent, total = time.monotonic() - self.start, self.end - self.start
            with self.lock:
                count = sum(map(len, self.times.values()))
                text = f"{min(spent, total):.0f} of {total:.0f} s, {count} operations, {len(self.failures)} failed"
            print(f"\r\033[K{text}" if is_terminal else text, end="" if is_terminal else "\n", file=sys.stderr, flush=True)
            if spent > total + 120:
                self.failures.append("a worker hangs")
                print(self.failures[-1])
                break
        if is_terminal:
            print("\r\033[K", end="", file=sys.stderr)

    def report(self) -> None:
        print(f"{'':<12} {'operation':<20} {'count':>7} {'median':>10} {'99 %':>10}")
        for (subject, name), times in sorted(self.times.items()):
            times.sort()
            last = times[max(0, len(times) - 1 - len(times) // 100)]
            print(f"{subject:<12} {name:<20} {len(times):>7} {statistics.median(times) * 1e3:>7.1f} ms {last * 1e3:>7.1f} ms")


def arguments() -> argparse.Namespace:
    parser = Parser("soak")
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--board", action="append")
    options = parser.parse_args()
    if not 0 < options.minutes < float("inf"):
        parser.error("--minutes is above 0")
    options.board = [name for name in options.board or ["mps2-an386"] if name != "none"]
    for name in options.board:
        if not (ROOT / "Boards" / name / "board.sh").exists():
            parser.error(f"there is no board {name} that runs in QEMU")
    return options


def main() -> int:
    options = arguments()
    if options.help:
        print(__doc__.strip())
        return 0
    if options.list:
        everything = [*BY_HAND, *BY_WEB_SOCKET, *BY_PROGRAMS, *BY_PROGRAMS_ON_WEB_SOCKETS, *SILENT]
        print("\n".join(operation.__name__ for operation in everything))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            subjects = [start_simulator()] + [start_board(name, Path(folder)) for name in options.board]
            subjects[0].warm()
            # Then what chance adds, such as how many do something at once.
            warm = Soak(subjects[:1], min(10.0, options.minutes * 12), options.seed + 1000)
            warm.run()
            subjects[0].memory.clear()
            subjects[0].sample(0)
            soak = Soak(subjects, options.minutes * 60, options.seed)
            soak.failures += warm.failures
            soak.run()
            for subject in subjects:
                try:
                    subject.expect_nothing_left()
                except (AssertionError, ConnectionEnded, OSError) as error:
                    soak.failures.append(f"{subject.name}, in the end: {str(error)[:400] or type(error).__name__}")
                    print(soak.failures[-1])
            soak.report()
        finally:
            end_everything()
    count = sum(map(len, soak.times.values()))
    if soak.failures:
        boards = "".join(f" --board {name}" for name in options.board or ["none"])
        print(f"to see it again: toolchain/soak --minutes {options.minutes:g} --seed {options.seed}{boards}")
    print(f"soak: {count} passed, {len(soak.failures)} failed")
    return int(bool(soak.failures))


if __name__ == "__main__":
    run(main)
