"""Processes under test and around the tests: started, watched with limits, ended by process id."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

# vfork in a process with threads fails now and then on some kernels ("Bad address"); Python documents this switch.
subprocess._USE_VFORK = False

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PATIENCE = 10.0
"""The longest wait for something that takes milliseconds on an idle machine, in seconds."""


def until(condition, within: float = PATIENCE, what: str = "the condition", every: float = 0.01):
    """Polls until `condition()` is true and returns its value; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {within} s")
        time.sleep(every)


class Process:
    """One child process with both outputs in files, so that it never blocks on a pipe."""

    running: dict[int, "Process"] = {}

    def __init__(self, arguments: list, stdin: bytes | None = None):
        self.arguments = [str(argument) for argument in arguments]
        self._files = [tempfile.TemporaryFile(), tempfile.TemporaryFile()]
        with tempfile.TemporaryFile() as source:
            source.write(stdin or b"")
            source.seek(0)
            self._process = subprocess.Popen(
                self.arguments,
                stdin=source,
                stdout=self._files[0],
                stderr=self._files[1],
                cwd=REPOSITORY,
                start_new_session=True,
            )
        self.pid = self._process.pid
        self.code: int | None = None
        Process.running[self.pid] = self

    def _read(self, index: int) -> bytes:
        # pread: the child writes through the same file offset.
        descriptor = self._files[index].fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0)

    @property
    def stdout_bytes(self) -> bytes:
        return self._read(0)

    @property
    def stdout(self) -> str:
        return self._read(0).decode("utf-8", "backslashreplace")

    @property
    def stderr(self) -> str:
        return self._read(1).decode("utf-8", "backslashreplace")

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def __str__(self) -> str:
        return (
            f"{' '.join(self.arguments)}\n--- exit code {self._process.poll()}\n"
            f"--- stdout\n{self.stdout[-2000:]}\n--- stderr\n{self.stderr[-4000:]}"
        )

    def wait(self, within: float = PATIENCE) -> int:
        """The exit code; a process that does not end in time is killed and fails the test."""
        try:
            self.code = self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not end within {within} s: {self}") from None
        Process.running.pop(self.pid, None)
        return self.code

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM, within: float = PATIENCE) -> int:
        if self.is_running:
            self.send_signal(number)
        return self.wait(within)

    def kill(self) -> None:
        if self.is_running:
            self._process.kill()
        self._process.wait()
        Process.running.pop(self.pid, None)

    def wait_for_line(self, pattern: str, within: float = PATIENCE, *, on: str = "stdout"):
        """The first match of `pattern` in an output while the process runs."""

        def look():
            found = re.search(pattern, getattr(self, on), re.MULTILINE)
            if not found and not self.is_running:
                raise AssertionError(f"ended before it printed {pattern!r}: {self}")
            return found

        try:
            return until(look, within)
        except AssertionError as error:
            raise AssertionError(f"no {pattern!r} on {on}: {error}\n{self}") from None

    # What the kernel says about it.

    @property
    def resident_kilobytes(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])

    @property
    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def wake_ups(self) -> int:
        """How often it slept until something came or a time was over."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.MULTILINE)[1])

    @property
    def open_descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def run(arguments: list, stdin: bytes | None = None, within: float = PATIENCE) -> Process:
    """Runs to the end; the exit code is `.code`."""
    process = Process(arguments, stdin)
    process.wait(within)
    return process


def end_everything() -> list[str]:
    """Kills what is left over, by process id, and says what it was."""
    left = [process for process in Process.running.values() if process.is_running]
    for process in list(Process.running.values()):
        process.kill()
    return [" ".join(process.arguments) for process in left]


def assert_one_clear_line(process: Process, *words: str) -> None:
    """One line on standard error that names the problem; no backtrace, nothing on standard output.

    Wrong usage (exit code 64) may be followed by the choices there are and how to use the program.
    """
    text = process.stderr
    if process.code == 64:
        text = re.split(r"^(?:Help:|Usage:|  - )", text, flags=re.MULTILINE)[0]
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) == 1, f"not one line: {process}"
    assert not process.stdout.strip(), f"output beside the error: {process}"
    for word in words:
        assert word.lower() in lines[0].lower(), f"{word!r} is missing: {process}"
