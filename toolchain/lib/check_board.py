"""The board of a port check: the command that runs it or shows its console, and the cable between it and its partner."""

from __future__ import annotations

import ctypes
import json
import re
import socket
import struct
import subprocess

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
LAST_LINE = re.compile(r"port check: ([0-9]+) passed, ([0-9]+) failed(, [0-9]+ skipped)?")


class Board:
    """The command, with its output as a stream of lines."""

    def __init__(self, command: list[str], descriptor: int):
        """Starts it; `descriptor` is left open for it."""
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            pass_fds=[descriptor])
        self.is_over, self.result, self.rest = False, None, b""

    def handle(self, events: int) -> None:
        data = self.process.stdout.read1(65536)
        self.is_over = not data
        *lines, self.rest = (self.rest + data).split(b"\n")
        if not data and self.rest:
            lines.append(self.rest)
        for line in lines:
            text = line.rstrip(b"\r").decode(errors="replace")
            print(text, flush=True)
            self.result = self.result or LAST_LINE.fullmatch(text)
            # A firmware says so when it cannot even begin.
            self.is_over = self.is_over or text.startswith("stopped: ")

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class SocketCable:
    """The kernel throws away what comes for a connection, as if nothing had come; the peer hears nothing."""

    def __init__(self, partner):
        self.partner = partner

    def pull(self, connection, milliseconds: int) -> None:
        drop_all = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
        program = struct.pack("HxxxxxxP", 1, ctypes.addressof(drop_all))
        connection.stream.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        received = connection.received
        self.partner.do_later(milliseconds, lambda: self.plug(connection, received))

    def plug(self, connection, received: int) -> None:
        if connection.stream.fileno() >= 0:
            connection.stream.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
        self.partner.expect_silence(connection, received)


class EmulatedCable:
    """QEMU's monitor takes the board off its network, with all of its connections.

    QEMU's own network acknowledges what a board sends before it passes it on, so to lose it behind that shows nothing.
    """

    # The board has to get the answer to its command first.
    HEAD_START = 100

    def __init__(self, partner, monitor: socket.socket):
        self.partner, self.monitor, self.rest = partner, monitor, b""
        self.tell("qmp_capabilities")

    def tell(self, command: str, **arguments) -> None:
        try:
            self.monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        except OSError as error:
            self.partner.fail(f"QEMU's monitor: {error}")

    def handle(self, events: int) -> None:
        """What QEMU answers; that a command has failed is all that matters of it."""
        try:
            data = self.monitor.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.partner.watch(self.monitor, 0, self)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            if "error" in json.loads(line):
                self.partner.fail(f"the cable could not be pulled: {line.decode()}")

    def pull(self, connection, milliseconds: int) -> None:
        self.partner.do_later(self.HEAD_START, lambda: self.unplug(connection, milliseconds))

    def unplug(self, connection, milliseconds: int) -> None:
        self.tell("set_link", name="network", up=False)
        received = connection.received
        self.partner.do_later(milliseconds, lambda: self.plug(connection, received))

    def plug(self, connection, received: int) -> None:
        self.partner.expect_silence(connection, received)
        self.tell("set_link", name="network", up=True)
