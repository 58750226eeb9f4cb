"""Gives each door of the core to libFuzzer for a while, with the address sanitizer.

  toolchain/fuzz [--seconds N] [--jobs N] [--list] [TARGET...]

  --seconds N   how long for each target, 60 by default; 0 runs the saved inputs alone
  --jobs N      targets at a time, by default as many as there are processors
  --list        names the targets and ends

The seeds are made of Tests/Vectors. What was found before lies in Tests/Fuzz/Regressions/TARGET as hexadecimal text and
is run first, each time. A new input that crashes is made as small as it gets and saved there too: commit it with the fix.

Exit codes: 0 nothing found, 1 something found, 64 wrong use.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build/fuzz"
VECTORS = ROOT / "Tests/Vectors"
# Longer inputs say nothing that shorter ones do not.
LARGEST_INPUT = 4096
# A run that takes longer hangs.
LONGEST_RUN = 25


class Failure(Exception):
    """What went wrong, in a line for a person."""


def build() -> Path:
    """Of everything, with the sanitizers; returns the binary."""
    command = ["swift", "build", "-c", "release", "--package-path", ROOT / "Tests/Fuzz", "--scratch-path", BUILD,
               "-Xswiftc", "-sanitize=fuzzer,address", "-Xswiftc", "-enable-testing",
               # gold fails on it.
               "-Xswiftc", "-use-ld=lld"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout[-4000:])
        raise Failure("the targets do not build, see above")
    return BUILD / "release/Fuzz"


# Seeds


def expand(text: str) -> bytes:
    """The notation of the vectors: hexadecimal, and {41*268} for a run."""
    text = re.sub(r"\{([0-9a-f]{2})\*(\d+)\}", lambda run: run[1] * int(run[2]), text.replace(" ", ""))
    return bytes.fromhex(text)


def seeds(target: str) -> list[bytes]:
    vectors = json.loads((VECTORS / "vectors.json").read_text())
    handshakes = json.loads((VECTORS / "handshakes.json").read_text())

    def inputs(*groups: str) -> list[bytes]:
        return [expand(vector["input"]) for vector in vectors if vector["group"] in groups and vector.get("input")]

    streams = inputs(*"ABCDEFGH")
    found: list[bytes] = []
    if target == "server":
        # Choices: the peer's CSM was there, limits, sizes, two bytes for the pieces.
        found = [bytes([3, 0, 0, 1, 4]) + stream for stream in streams] + [
            bytes([0, 15, 4, 2, 2]) + b"\0\xe1" + stream for stream in streams]
    elif target == "client":
        found = [bytes([1, 0, 1, 4]) + stream for stream in streams]
        for index in range(5):
            token = (0x50000000 + index).to_bytes(4)
            found += [bytes([1, 0, 1, 4]) + answer for answer in (
                b"\x54\x45" + token + b"\xffabcd", b"\x64\x45" + token + b"\x61\x01\xffab",
                b"\x34\x5f" + token + b"\xd1\x0e\x0e", b"\xd4\x09\x45" + token + b"\xd1\x0a\x08\xff" + b"x" * 16,
                b"\x04\x84" + token)]
    elif target in ("websocket-server", "websocket-client"):
        found = [bytes([0, 1, 4]) + frames for frames in inputs("W")]
    elif target in ("upgrade-server", "upgrade-client"):
        found = [bytes([1, 4]) + text.encode() for each in handshakes for text in each.get("texts", ())]
    elif target == "uri":
        found = [bytes([index, 0, 0, 0]) + vector["uri"].encode()
                 for index in range(2) for vector in vectors if vector.get("uri")]
        found += [b"\0\0\0\0" + text for text in (b"coap+tcp://[2001:db8::7]:1/%41?a&b", b"coaps+ws://h:/", b"coap://")]
    elif target == "links":
        found = [bytes([len(query) - 1]) + query for query in (
            b"rt=light", b"rt=li*", b"href=/lamp", b"obs=*", b"if=core.a", b"title=A lamp", b"rel=hosts", b"sz=4096")]
    elif target == "options":
        found = [stream[2 + (stream[0] & 15):] for stream in streams if stream and stream[0] < 0xd0]
    elif target == "differential":
        found = [bytes([5]) + stream for stream in streams]
    elif target == "blocks":
        found = [bytes(range(start, start + 120)) for start in (0, 60, 130)] + [b"\0" * 8 + b"\x50\x04\x10\0\0\1" * 12]
    elif target == "capabilities":
        found = [b"\0\0\1\2\x02\x04\x80" * 4, b"\xa0\0\xff\0\1\2\1\x28\xa0\0"]
    return found or [b"\0"]


# Running


def regressions(target: str) -> list[Path]:
    return sorted((ROOT / "Tests/Fuzz/Regressions" / target).glob("*.txt"))


def read_regression(file: Path) -> bytes:
    return bytes.fromhex("".join(line for line in file.read_text().split("\n") if not line.startswith("#")))


class Attack:
    """libFuzzer on one target."""

    def __init__(self, binary: Path, target: str, seconds: int):
        self.binary, self.target, self.seconds = binary, target, seconds
        self.corpus = BUILD / "corpus" / target
        self.artifacts = BUILD / "artifacts" / target
        for folder in (self.corpus, self.artifacts):
            folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds(target)):
            (self.corpus / f"seed-{number:03}").write_bytes(seed)

    def call(self, *options, within: float) -> subprocess.CompletedProcess:
        environment = {
            **os.environ, "FUZZ_TARGET": self.target, "SWIFT_BACKTRACE": "enable=no",
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0"}
        command = [self.binary, *options]
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", start_new_session=True)
        try:
            output, _ = process.communicate(timeout=within)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        return subprocess.CompletedProcess(command, process.returncode, output)

    def run(self) -> tuple[bool, str]:
        """Whether nothing was found, and a line that says more."""
        for file in regressions(self.target):
            (self.corpus / f"regression-{file.stem}").write_bytes(read_regression(file))
            saved = self.artifacts / file.stem
            saved.write_bytes(read_regression(file))
            done = self.call(saved, within=120)
            if done.returncode != 0:
                return False, f"the saved input {file.name} fails again: {reason(done.stdout)}"
        if self.seconds == 0:
            return True, f"{len(regressions(self.target))} saved inputs"
        done = self.call(
            self.corpus, f"-max_total_time={self.seconds}", f"-max_len={LARGEST_INPUT}", "-use_value_profile=1",
            f"-timeout={LONGEST_RUN}", "-print_final_stats=1", f"-artifact_prefix={self.artifacts}/new-",
            within=self.seconds + 300)
        if done.returncode != 0:
            return False, self.save(done.stdout)
        runs = re.search(r"number_of_executed_units: (\d+)", done.stdout)
        rate = re.search(r"average_exec_per_sec: +(\d+)", done.stdout)
        coverage = re.findall(r"cov: (\d+)", done.stdout)
        if not runs:
            return False, f"libFuzzer says nothing of its runs: {done.stdout[-300:]!r}"
        return True, (f"{int(runs[1]):>11,} runs, {int(rate[1]):>7,} a second, coverage {int(coverage[-1]):>6,}, "
                      f"{len(list(self.corpus.iterdir())):>5,} inputs kept")

    def save(self, output: str) -> str:
        """Makes the input smaller and keeps it as a regression."""
        found = re.search(r"Test unit written to (\S+)", output)
        if not found:
            return f"ended without an input: {reason(output)}"
        file = Path(found[1])
        smallest = self.shrink(file.read_bytes(), reason(output))
        folder = ROOT / "Tests/Fuzz/Regressions" / self.target
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / f"{file.name.rpartition('-')[2][:12]}.txt"
        digits = smallest.hex()
        lines = "\n".join(digits[at:at + 100] for at in range(0, len(digits), 100))
        kept.write_text(f"# {reason(output)}\n{lines}\n")
        return f"{reason(output)}; saved as {kept.relative_to(ROOT)}"


    def shrink(self, data: bytes, wanted: str) -> bytes:
        """Leaves out pieces, large ones first, as long as it fails for the same reason."""
        candidate = self.artifacts / "candidate"

        def fails(data: bytes) -> bool:
            candidate.write_bytes(data)
            done = self.call(candidate, within=60)
            return done.returncode != 0 and reason(done.stdout) == wanted

        deadline = time.monotonic() + 20
        size = len(data) // 2
        while size > 0:
            at = 0
            while at < len(data) and time.monotonic() < deadline:
                shorter = data[:at] + data[at + size:]
                if fails(shorter):
                    data = shorter
                else:
                    at += size
            size //= 2
        return data


def reason(output: str) -> str:
    for pattern in (r"Fatal error: (.*)", r"ERROR: (AddressSanitizer: \S+ .*)", r"ERROR: (libFuzzer: .*)"):
        if found := re.search(pattern, output):
            return found[1].strip()[:160]
    return (output.strip().splitlines() or ["no output"])[-1][:160]


def show_progress(total: float, done: threading.Event) -> None:
    start = time.monotonic()
    while not done.wait(1):
        spent = time.monotonic() - start
        filled = min(30, int(30 * spent / total))
        print(f"\r[{'#' * filled}{'-' * (30 - filled)}] {spent:4.0f} of {total:.0f} s ", end="", file=sys.stderr)
    print("\r\033[K", end="", file=sys.stderr)


def arguments() -> argparse.Namespace:
    class Parser(argparse.ArgumentParser):
        def error(self, message):
            print(f"fuzz: {message} (see --help)", file=sys.stderr)
            sys.exit(64)

    parser = Parser(prog="toolchain/fuzz", add_help=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args()
    if options.seconds < 0 or options.jobs < 1:
        parser.error("--seconds is 0 or more, --jobs 1 or more")
    return options


def main() -> int:
    options = arguments()
    if options.help:
        print(__doc__.strip())
        return 0
    try:
        binary = build()
        known = subprocess.run([binary], capture_output=True, text=True, env={}, timeout=60).stdout.split()
        if options.list:
            print("\n".join(known))
            return 0
        for target in options.targets:
            if target not in [*known, "planted"]:
                print(f"fuzz: there is no target {target}; there are: {' '.join(known)}", file=sys.stderr)
                return 64
        targets = options.targets or known
        attacks = [Attack(binary, target, options.seconds) for target in targets]
        done = threading.Event()
        if sys.stderr.isatty() and options.seconds:
            total = options.seconds * -(-len(targets) // options.jobs)
            threading.Thread(target=show_progress, args=(total, done), daemon=True).start()
        failed = 0
        with ThreadPoolExecutor(options.jobs) as pool:
            for attack, (is_good, line) in zip(attacks, pool.map(Attack.run, attacks)):
                failed += not is_good
                print(f"{attack.target:<17} {'ok    ' if is_good else 'FAILED'} {line}", flush=True)
        done.set()
    except (Failure, OSError, subprocess.TimeoutExpired) as failure:
        print(f"fuzz: {failure}", file=sys.stderr)
        return 1
    print(f"fuzz: {len(attacks) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
