"""One connection of the host's end of a port check: the bytes that pass, and what the board is told about them."""

from __future__ import annotations

import selectors
import socket
import struct

PERIOD = 251
PATTERN = bytes(range(PERIOD)) * 1200
ENDED, BROKEN, WRONG = 1, 2, 4


def pattern(number: int, position: int, count: int) -> bytes:
    """The bytes of a connection, as Pattern.swift counts them."""
    start = (number * 17 + position) % PERIOD
    return PATTERN[start : start + count]


class Connection:
    """One TCP connection; it reads and compares what comes, until it is told not to."""

    def __init__(self, partner: Partner, stream: socket.socket, number: int | None):
        self.partner, self.stream, self.number = partner, stream, number
        self.head = b""
        self.received, self.flags, self.wrong = 0, 0, 0
        self.sent, self.to_send = 0, 0
        self.is_reading, self.then = True, None
        stream.setblocking(False)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.watch()

    def watch(self) -> None:
        """Asks to be told what can be done now."""
        events = 0
        if self.stream.fileno() >= 0 and not self.flags & BROKEN:
            if self.is_reading and not self.flags & ENDED:
                events |= selectors.EVENT_READ
            if self.to_send or self.then:
                events |= selectors.EVENT_WRITE
        self.partner.watch(self.stream, events, self)

    def handle(self, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                self.read()
            if events & selectors.EVENT_WRITE and self.stream.fileno() >= 0:
                self.write()
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self.flags |= BROKEN
        self.watch()

    def read(self) -> None:
        data = self.stream.recv(65536)
        if not data:
            self.flags |= ENDED
        elif self.number is None:
            self.begin(data)
        elif self.number == 0:
            self.obey(data)
        else:
            self.compare(data)

    def begin(self, data: bytes) -> None:
        self.head += data
        if len(self.head) < 8:
            return
        mark, self.number, port = struct.unpack(">4sHH", self.head[:8])
        if mark != b"PC\x01\x00":
            self.partner.complain(f"a connection began with {self.head[:8]!r}")
            self.close()
            return
        rest, self.head = self.head[8:], b""
        if self.number == 0:
            self.partner.board = self.partner.board or ("127.0.0.1", port)
        else:
            self.partner.connections[self.number] = self
        if rest:
            self.obey(rest) if self.number == 0 else self.compare(rest)

    def obey(self, data: bytes) -> None:
        self.head += data
        while len(self.head) >= 8:
            command, number, argument = struct.unpack(">BxHI", self.head[:8])
            self.head = self.head[8:]
            status, flags, value = self.partner.perform(command, number, argument)
            # A few bytes for a board that waits for them: they always go.
            self.stream.send(struct.pack(">BBxxI", status, flags, value & 0xFFFFFFFF))

    def compare(self, data: bytes) -> None:
        expected = pattern(self.number, self.received, len(data))
        if data != expected and not self.flags & WRONG:
            self.flags |= WRONG
            first = next(i for i, (a, b) in enumerate(zip(data, expected)) if a != b)
            self.wrong = self.received + first
        self.received += len(data)

    def write(self) -> None:
        if self.to_send:
            count = self.stream.send(pattern(self.number, self.sent, min(self.to_send, 16384)))
            self.sent += count
            self.to_send -= count
        if not self.to_send and self.then:
            then, self.then = self.then, None
            then()

    def finish(self) -> None:
        self.stream.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.partner.watch(self.stream, 0, self)
        self.stream.close()

    def reset(self) -> None:
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()
