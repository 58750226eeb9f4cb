"""One run of one target: regressions first, then libFuzzer; a crash is shortened and kept."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from . import regressions, seeds

# A process that hangs in spite of libFuzzer's own limits is ended after so many seconds more.
PATIENCE = 60
SHORTENING_SECONDS = 5


@dataclass
class Result:
    target: str
    executions: int = 0
    seconds: int = 0
    coverage: int = 0
    corpus: int = 0
    regressions: int = 0
    faults: list[str] = field(default_factory=list)
    log: str = ""


@dataclass
class Places:
    """Where things are."""

    program: Path
    vectors: Path
    regressions: Path
    corpora: Path


def reason_of(log: str) -> str:
    """What broke, in a few words."""
    for pattern in (r"violation: (.+)", r"(Swift runtime failure: .+?)(?: /|$)", r"(AddressSanitizer: [\w-]+)",
                    r"libFuzzer: (timeout|out-of-memory)[^\n]*", r"(Fatal error: .+)"):
        if match := re.search(pattern, log, re.MULTILINE):
            return match[1].strip()
    return "ended by itself"


class Run:
    def __init__(self, places: Places, target: str, seconds: int):
        self.places, self.target, self.seconds = places, target, seconds
        self.result = Result(target, seconds=seconds)

    def execute(self, arguments: list[str | Path], within: int) -> tuple[int, str]:
        """libFuzzer's exit code and output."""
        environment = dict(
            os.environ, FUZZ_TARGET=self.target, SWIFT_BACKTRACE="enable=no", ASAN_OPTIONS="detect_leaks=0")
        command = [self.places.program, "-detect_leaks=0", "-timeout=5", "-rss_limit_mb=1024", *arguments]
        try:
            done = subprocess.run(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=within, check=False)
        except subprocess.TimeoutExpired as error:
            return 1, (error.stdout or b"").decode(errors="replace") + "\nlibFuzzer: timeout\n"
        return done.returncode, done.stdout.decode(errors="replace")

    def run(self) -> Result:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
            scratch = Path(name)
            self.run_regressions(scratch)
            self.explore(scratch)
        return self.result

    def run_regressions(self, scratch: Path) -> None:
        for path in regressions.all_of(self.places.regressions, self.target):
            self.result.regressions += 1
            file = scratch / path.stem
            file.write_bytes(regressions.read(path))
            status, log = self.execute([file], PATIENCE)
            if status != 0:
                self.result.faults.append(f"{reason_of(log)}: {path.name}, which is known")
                self.result.log += log

    def explore(self, scratch: Path) -> None:
        first, corpus = scratch / "seeds", self.places.corpora / self.target
        first.mkdir()
        corpus.mkdir(parents=True, exist_ok=True)
        for index, seed in enumerate(seeds.seeds(self.target, self.places.vectors)):
            (first / f"{index:04}").write_bytes(seed)
        status, log = self.execute(
            [f"-max_total_time={self.seconds}", "-print_final_stats=1", f"-artifact_prefix={scratch}/found-", corpus,
             first], self.seconds + PATIENCE)
        self.result.log += log
        if match := re.search(r"number_of_executed_units: (\d+)", log):
            self.result.executions = int(match[1])
        if matches := re.findall(r"cov: (\d+) ft: \d+ corp: (\d+)/", log):
            self.result.coverage, self.result.corpus = map(int, matches[-1])
        if status == 0:
            if self.result.executions == 0:
                self.result.faults.append("nothing was run")
            return
        found = sorted(scratch.glob("found-*"))
        if not found:
            self.result.faults.append(reason_of(log))
            return
        self.keep(found[0], log, scratch)

    def keep(self, found: Path, log: str, scratch: Path) -> None:
        """Shortens an input and saves it, with the reason that the shortened one gives."""
        short = scratch / "short"
        self.execute(
            ["-minimize_crash=1", f"-max_total_time={SHORTENING_SECONDS}", f"-exact_artifact_path={short}", found],
            SHORTENING_SECONDS + PATIENCE)
        data, reason = found.read_bytes(), reason_of(log)
        if short.exists():
            status, again = self.execute([short], PATIENCE)
            # It must still be a fault, and the same one.
            if status != 0 and reason_of(again) == reason:
                data = short.read_bytes()
        path = regressions.keep(self.places.regressions, self.target, data, reason)
        self.result.faults.append(f"{reason}: {len(data)} bytes in {path.parent.name}/{path.name}")
