"""Runs of toolchain/hostile's and toolchain/soak's programs against a server with a planted fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]


class LoadRun:
    """One that goes on while others do; `end` waits for it. `name` is hostile or soak."""

    def __init__(self, folder: Path, name: str, *options: object, plant: str = "none"):
        fake = folder / "simulator"
        fake.write_text(f"#!/bin/sh\nexec {sys.executable} {HERE / 'fake_simulator.py'} \"$@\"\n")
        fake.chmod(0o755)
        self.process = subprocess.Popen(
            [sys.executable, REPOSITORY / f"Tests/Load/{name}.py", *map(str, options)],
            env=os.environ | {"SIMULATOR_BIN": str(fake), "PLANT": plant},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, within: float = 100) -> tuple[int, str, str]:
        """Exit code and both outputs."""
        try:
            out, error = self.process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, out, error

    def stop(self) -> None:
        """For one whose end nobody waited for: it ends what it started."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=20)


def use(name: str, *options: object) -> subprocess.CompletedProcess:
    """The program with these options, to its end; nothing is built for it."""
    return subprocess.run(
        [sys.executable, REPOSITORY / f"Tests/Load/{name}.py", *map(str, options)],
        capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
