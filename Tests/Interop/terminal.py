"""Our client on a terminal of the test's own: what a person would see, byte by byte."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time

from harness import PATIENCE, REPOSITORY
from programs import coap_binary


class TerminalProcess:
    """`coap` with its standard error, and with `both` also its standard output, on a pseudo-terminal."""

    def __init__(self, *arguments, both: bool = False, columns: int = 100, environment=None):
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        variables = {**os.environ, "TERM": "xterm", **(environment or {})}
        if "NO_COLOR" not in (environment or {}):
            variables.pop("NO_COLOR", None)
        self._process = subprocess.Popen(
            [str(coap_binary()), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=slave if both else subprocess.DEVNULL,
            stderr=slave,
            cwd=REPOSITORY,
            env=variables,
            start_new_session=True,
        )
        os.close(slave)
        self._seen = b""
        self.code: int | None = None

    def __enter__(self) -> "TerminalProcess":
        return self

    def __exit__(self, *_) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._master)

    def _fill(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"nothing more came: {self.text!r}"
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            return False
        self._seen += data
        return bool(data)

    @property
    def text(self) -> str:
        return self._seen.decode("utf-8", "backslashreplace")

    def wait_for(self, text: str, within: float = PATIENCE) -> None:
        deadline = time.monotonic() + within
        while text not in self.text:
            assert self._fill(deadline), f"ended without {text!r}: {self.text!r}"

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)

    def finish(self, within: float = PATIENCE) -> int:
        """Reads to the end; returns the exit code."""
        deadline = time.monotonic() + within
        while self._fill(deadline):
            pass
        self.code = self._process.wait(max(0.1, deadline - time.monotonic()))
        return self.code

    @property
    def screen(self) -> list[str]:
        """The lines as they look in the end: carriage returns and "erase to the end of the line" done."""
        lines = []
        for raw in self.text.replace("\r\n", "\n").split("\n"):
            line, column = [], 0
            rest = raw
            while rest:
                if rest.startswith("\x1b[K"):
                    line, rest = line[:column], rest[3:]
                elif rest.startswith("\x1b["):
                    end = next(index for index, sign in enumerate(rest) if sign == "m")
                    rest = rest[end + 1 :]
                elif rest[0] == "\r":
                    column, rest = 0, rest[1:]
                else:
                    line[column : column + 1] = rest[0]
                    column, rest = column + 1, rest[1:]
            lines.append("".join(line).rstrip())
        return lines
