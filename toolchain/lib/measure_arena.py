"""Boots a board's firmware in QEMU, opens as many TLS connections as it serves, all at once, and prints how many bytes of
its TLS arena were in use at most, as its resource `/status` says it.

  python3 toolchain/lib/measure_arena.py BOARD

A board with certificates gets the handshake that costs it most: with its certificate, signed for each client.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

RUN = Path(__file__).resolve().parent.parent / "run"
BOOT_TIME, HANDSHAKE_TIME, ANSWER_TIME = 600.0, 30.0, 10.0

CSM = bytes.fromhex("00e1")
GET_STATUS = bytes.fromhex("7001b6") + b"status"
CONTENT = 0x45


class Failure(Exception):
    """What went wrong, for a person."""


class Board:
    """`toolchain/run BOARD` on free ports, with a pre-shared key of its own."""

    def __init__(self, name: str, key_file: Path):
        self.process = subprocess.Popen(
            [RUN, name, "--tcp-port", "0", "--tls-port", "0", "--psk-file", key_file],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        # A board that says nothing ends with its command, and so does the reading.
        watchdog = threading.Timer(BOOT_TIME, self.process.kill)
        watchdog.start()
        self.console = []
        for line in self.process.stdout:
            self.console.append(line)
            if line.startswith("Ctrl-C stops it"):
                break
        else:
            raise Failure("the board does not start:\n" + "".join(self.console[-10:]))
        watchdog.cancel()
        text = "".join(self.console)
        self.port, self.tls_port = (
            int(re.search(rf"{scheme}\+tcp://127\.0\.0\.1:([0-9]+)/", text)[1]) for scheme in ("coap", "coaps"))
        self.has_certificate = "--ca " in text

    def status(self) -> dict[str, list[int]]:
        with socket.create_connection(("127.0.0.1", self.port), ANSWER_TIME) as stream:
            stream.settimeout(ANSWER_TIME)
            stream.sendall(CSM + GET_STATUS)
            text = payload(stream)
        lines = (line.split() for line in text.decode().splitlines())
        return {name: [int(number) for number in numbers] for name, *numbers in lines}

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def take(stream: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = stream.recv(count - len(data))
        if not part:
            raise Failure("the board has ended the connection before it answered")
        data += part
    return data


def payload(stream: socket.socket) -> bytes:
    """Of the first message that is a response."""
    while True:
        first = take(stream, 1)[0]
        length = first >> 4
        if length >= 13:
            width, base = {13: (1, 13), 14: (2, 269), 15: (4, 65805)}[length]
            length = int.from_bytes(take(stream, width), "big") + base
        code = take(stream, 1)[0]
        take(stream, first & 15)
        rest = take(stream, length)
        if code >> 5 == 7:
            continue
        if code != CONTENT:
            raise Failure(f"/status answers {code >> 5}.{code & 31:02}")
        # No byte of an option of /status is the marker.
        return rest.partition(b"\xff")[2]


class Handshake:
    """`openssl s_client`, which stays connected."""

    def __init__(self, board: Board, key: str):
        how = ["-psk_identity", "arena", "-psk", key, "-cipher", "PSK-AES128-CCM8:PSK-AES128-GCM-SHA256"]
        if board.has_certificate:
            how = ["-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", "-servername", "localhost"]
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{board.tls_port}", "-tls1_2", "-alpn", "coap", *how],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")

    def wait(self) -> bool:
        """Whether the handshake came to its end."""
        watchdog = threading.Timer(HANDSHAKE_TIME, self.process.kill)
        watchdog.start()
        is_done = any(re.match(r"\s*Verify return code|SSL handshake has read [1-9]", line)
                      for line in self.process.stdout)
        watchdog.cancel()
        return is_done

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def measure(name: str) -> int:
    key = secrets.token_hex(16)
    with contextlib.ExitStack() as held:
        folder = held.enter_context(tempfile.TemporaryDirectory())
        key_file = Path(folder, "psk")
        key_file.touch(0o600)
        key_file.write_text(f"arena:{key}\n")
        board = Board(name, key_file)
        held.callback(board.end)
        status = board.status()
        if "arena" not in status:
            raise Failure("/status says nothing of an arena")
        # The connection that asked is still there for a moment.
        time.sleep(0.5)
        handshakes = [Handshake(board, key) for _ in range(4)]
        for handshake in handshakes:
            held.callback(handshake.end)
        # A board that serves fewer lets the others wait until one ends.
        done = 0
        for handshake in handshakes:
            done += handshake.wait()
            handshake.end()
        if done == 0:
            raise Failure("no TLS handshake came to its end")
        deadline = time.monotonic() + 30
        while True:
            try:
                return board.status()["arena"][1]
            except (OSError, Failure):
                if time.monotonic() > deadline:
                    raise Failure("the board does not answer after the handshakes") from None
                time.sleep(0.5)


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip())
        return 0 if sys.argv[1:] == ["--help"] else 64
    try:
        print(measure(sys.argv[1]))
    except (Failure, OSError) as failure:
        print(f"arena: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
