"""Runs devices and clients on a simulated network with faults and a virtual clock, many times, each from its own seed.

  toolchain/faults [--schedules N] [--seed S] [--jobs N]
  toolchain/faults --seed S --trace
  toolchain/faults --plant FAULT [--schedules N]

  --schedules N   how many, 100,000 by default
  --seed S        of the first one, 1 by default; a schedule is the same for the same seed
  --jobs N        processes, by default as many as there are processors
  --trace         runs the one schedule of this seed and prints all that happens
  --plant FAULT   a fault of the test itself: lose-answer, answer-twice, corrupt-byte, keep-slot,
                  lose-byte; it has to be found

A schedule has one server and up to three clients, one of them perhaps supervised, on streams or on WebSockets, with much
memory or little. All of them ask and answer: small requests, some answered later, bodies in blocks in both directions, an
observed state that changes, Pings, telemetry; some release or abort in the middle of it. The network delays, cuts and
stalls what they send, loses it without a word, resets and ends connections at any byte and refuses them; the clock jumps
and random bits are missing. Then the weather becomes calm, and everything has to work.

Each request has to end in one answer, its own, or in one typed error; bodies are the same; the latest state arrives; no
telemetry is lost; what is on the wire is read by a reader that shares no code with the core; in the end nothing is left anywhere, within the time that all timers together have.

Exit codes: 0 nothing found, 1 something found, 64 wrong use.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import selectors
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / ".build/faults"
PLANTS = ("lose-answer", "answer-twice", "corrupt-byte", "keep-slot", "lose-byte")
# One that says nothing for so long hangs; it reports every 500 schedules.
LONGEST_SILENCE = 120.0


def build() -> Path:
    done = subprocess.run(
        ["swift", "build", "-c", "release", "-Xswiftc", "-cross-module-optimization",
         "--package-path", ROOT / "Tests/FaultyNetwork", "--scratch-path", SCRATCH],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
    if done.returncode != 0:
        print(done.stdout[-4000:])
        sys.exit("faults: it does not build, see above")
    return SCRATCH / "release/FaultyNetwork"


class Job:
    """One process with its part of the seeds."""

    def __init__(self, binary: Path, first: int, count: int, options: list[str]):
        self.done, self.total, self.summary, self.lines, self.rest = 0, count, None, [], b""
        self.process = subprocess.Popen(
            [binary, str(first), str(count), *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env={**os.environ, "SWIFT_BACKTRACE": "enable=no"})
        self.last_word = time.monotonic()

    def read(self) -> bool:
        """Whether there is more to come."""
        data = self.process.stdout.read1(65536)
        self.last_word = time.monotonic()
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            if text.startswith("done "):
                self.done = int(text[5:])
            elif text.startswith("{"):
                self.summary = json.loads(text)
            else:
                self.lines.append(text)
        return bool(data)


def show_progress(jobs: list[Job], start: float) -> None:
    if not sys.stderr.isatty():
        return
    done, total = sum(job.done for job in jobs), sum(job.total for job in jobs)
    filled = 30 * done // total
    print(f"\r[{'#' * filled}{'-' * (30 - filled)}] {done:,} of {total:,}, {time.monotonic() - start:.0f} s ",
          end="", file=sys.stderr, flush=True)


def run(binary: Path, first: int, schedules: int, count: int, options: list[str]) -> tuple[dict, list[str], float]:
    """The sums, what was found, and the seconds that it took."""
    count = max(1, min(count, schedules))
    parts = [schedules // count + (index < schedules % count) for index in range(count)]
    jobs, seed = [], first
    for part in parts:
        jobs.append(Job(binary, seed, part, options))
        seed += part
    start = time.monotonic()
    found = []
    with selectors.DefaultSelector() as selector:
        for job in jobs:
            selector.register(job.process.stdout, selectors.EVENT_READ, job)
        try:
            while selector.get_map():
                for key, _ in selector.select(1):
                    if not key.data.read():
                        selector.unregister(key.fileobj)
                show_progress(jobs, start)
                for job in jobs:
                    if job.process.poll() is None and time.monotonic() - job.last_word > LONGEST_SILENCE:
                        found.append(f"it hangs, somewhere behind {job.done} schedules")
                        job.process.kill()
        finally:
            for job in jobs:
                if job.process.poll() is None:
                    job.process.kill()
                job.process.wait()
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    sums: dict[str, int] = {}
    for job in jobs:
        found += job.lines
        if job.summary is None:
            found.append(f"a process ended with {job.process.returncode} behind {job.done} schedules")
        for name, number in (job.summary or {"failed": 1}).items():
            sums[name] = sums.get(name, 0) + number
    return sums, found, time.monotonic() - start


def words(name: str) -> str:
    return re.sub(r"([A-Z])", lambda letter: " " + letter[1].lower(), name)


def report(sums: dict, found: list[str], seconds: float, first: int) -> int:
    for line in found[:100]:
        print(line[:300])
    names = list(sums)
    faults = names[:names.index("connections")] if "connections" in names else []
    for name in names:
        if name not in ("schedules", "failed"):
            print(f"{words(name):<24} {sums[name]:>12,}")
    for name in faults:
        if sums[name] == 0:
            print(f"no {words(name)}: that is no test of them")
    schedules, failed = sums.get("schedules", 0), sums.get("failed", 0)
    if failed:
        seed = next((re.match(r"seed (\d+)", line)[1] for line in found if line.startswith("seed ")), first)
        print(f"to see one again: toolchain/faults --seed {seed} --trace")
    print(f"{schedules / seconds:,.0f} schedules a second")
    print(f"faults: {schedules} schedules, {failed} failed")
    return int(failed > 0 or bool(found))


def arguments() -> argparse.Namespace:
    class Parser(argparse.ArgumentParser):
        def error(self, message):
            print(f"faults: {message} (see --help)", file=sys.stderr)
            sys.exit(64)

    parser = Parser(prog="toolchain/faults", add_help=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--schedules", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--plant", choices=PLANTS)
    options = parser.parse_args()
    if options.schedules < 1 or options.jobs < 1 or options.seed < 0:
        parser.error("--schedules and --jobs are 1 or more, --seed is 0 or more")
    return options


def main() -> int:
    options = arguments()
    if options.help:
        print(__doc__.strip())
        return 0
    binary = build()
    plant = ["--plant", options.plant] if options.plant else []
    if options.trace:
        return subprocess.run([binary, str(options.seed), "1", "--trace", *plant]).returncode
    return report(*run(binary, options.seed, options.schedules, options.jobs, plant), options.seed)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
