#!/usr/bin/env python3
"""The host's end of a port check: it runs COMMAND, which is or has the board, and does what the board tells it.

    check_partner.py [--listen HOST:PORT] [--board HOST:PORT] [--seconds N] COMMAND...

`{partner}` in COMMAND is replaced with HOST:PORT of the partner. The output of COMMAND is shown. COMMAND is ended after
the last line of the check, or when the time is over. For a board on the desk COMMAND is one that shows its serial line.
Exit code 0 only when the check came to its end and nothing failed.

Every connection begins with 8 bytes: "PC", the version 1, 0, its number, the port on which the board listens (for
connections that the partner opens, the board has given the number before). Number 0 is that of the commands. Numbers are
big-endian. A command has 8 bytes: what, 0, the connection's number in 2 and an argument in 4; so has its answer: status,
flags, 0, 0 and a value in 4. What the commands do is told in Sources/Port/PortCheck/Partner.swift.
"""

from __future__ import annotations

import argparse
import ctypes
import heapq
import itertools
import re
import selectors
import socket
import struct
import subprocess
import sys
import time

PERIOD = 251
PATTERN = bytes(range(PERIOD)) * 1200
TIME, DATE, STATE, LATER, CALL, SEND, FINISH, CLOSE, RESET, PAUSE, RESUME, PULL, CLOSED_PORT = range(1, 14)
OK, UNKNOWN, IMPOSSIBLE = 0, 1, 2
ENDED, BROKEN, WRONG = 1, 2, 4
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
LAST_LINE = re.compile(r"port check: ([0-9]+) passed, ([0-9]+) failed")


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

    def pull(self, milliseconds: int) -> None:
        """The kernel throws away what comes for this connection, as if nothing had come; the peer hears nothing."""
        drop_all = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
        program = struct.pack("HxxxxxxP", 1, ctypes.addressof(drop_all))
        self.stream.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        plug = lambda: self.stream.fileno() >= 0 and self.stream.setsockopt(
            socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
        self.partner.do_later(milliseconds, plug)


class Partner:
    """Listens, keeps the connections, and runs everything in one loop."""

    def __init__(self, own: tuple[str, int], board: tuple[str, int] | None):
        self.board = board
        self.selector = selectors.DefaultSelector()
        self.connections: dict[int, Connection] = {}
        self.timers: list = []
        self.order = itertools.count()
        self.delay = 0
        self.listener = socket.socket()
        # Small, so that a board soon notices that nobody reads.
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(own)
        self.listener.listen(64)
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ, self)
        # It is bound, so nobody else can have the port, and nobody listens.
        self.closed = socket.socket()
        self.closed.bind((own[0], 0))

    def watch(self, stream: socket.socket, events: int, owner) -> None:
        known = stream.fileno() in self.selector.get_map() if stream.fileno() >= 0 else False
        if events and known:
            self.selector.modify(stream, events, owner)
        elif events:
            self.selector.register(stream, events, owner)
        elif known:
            self.selector.unregister(stream)

    def handle(self, events: int) -> None:
        """Somebody connects; who it is they say themselves."""
        try:
            Connection(self, self.listener.accept()[0], None)
        except OSError:
            pass

    def do_later(self, milliseconds: int, action) -> None:
        heapq.heappush(self.timers, (time.monotonic() + milliseconds / 1000, next(self.order), action))

    def turn(self) -> None:
        """Does what can be done, and waits at most a while."""
        left = self.timers[0][0] - time.monotonic() if self.timers else 1.0
        for key, events in self.selector.select(min(max(left, 0), 1.0)):
            key.data.handle(events)
        while self.timers and self.timers[0][0] <= time.monotonic():
            heapq.heappop(self.timers)[2]()

    def complain(self, text: str) -> None:
        print(f"partner: {text}", file=sys.stderr, flush=True)

    def call(self, number: int) -> None:
        stream = socket.socket()
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        stream.setblocking(False)
        stream.connect_ex(self.board)
        self.connections[number] = Connection(self, stream, number)

    def perform(self, command: int, number: int, argument: int) -> tuple[int, int, int]:
        """One command: status, flags and value of the answer."""
        if command == LATER:
            self.delay = argument
            return OK, 0, 0
        if command in (TIME, DATE):
            return OK, 0, int(time.monotonic() * 1000 if command == TIME else time.time())
        if command == CLOSED_PORT:
            return OK, 0, self.closed.getsockname()[1]
        connection = self.connections.get(number)
        if command == STATE and connection:
            wrong = connection.flags & WRONG
            return OK, connection.flags, connection.wrong if wrong else connection.received
        delay, self.delay = self.delay, 0
        if command == CALL:
            self.soon(delay, lambda: self.call(number))
        elif connection is None:
            return UNKNOWN, 0, 0
        else:
            try:
                self.tell(connection, command, argument, delay)
            except OSError as error:
                self.complain(f"command {command} on connection {number}: {error}")
                return IMPOSSIBLE, 0, 0
        return OK, 0, 0

    def tell(self, connection: Connection, command: int, argument: int, delay: int) -> None:
        def change(**values) -> None:
            vars(connection).update(values)
            connection.watch()

        if command == SEND:
            self.soon(delay, lambda: change(to_send=connection.to_send + argument))
        elif command in (FINISH, CLOSE):
            change(then=connection.finish if command == FINISH else connection.close)
        elif command in (PAUSE, RESUME):
            self.soon(delay, lambda: change(is_reading=command == RESUME))
        elif command == RESET:
            connection.reset()
        elif command == PULL:
            connection.pull(argument)
        else:
            raise OSError("unknown command")

    def soon(self, delay: int, action) -> None:
        self.do_later(delay, action) if delay else action()


class Board:
    """The command, with its output as a stream of lines."""

    def __init__(self, command: list[str]):
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
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

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--listen", type=place, metavar="HOST:PORT", default=("127.0.0.1", 0),
        help="where the partner is reached; without it, a free port of 127.0.0.1")
    parser.add_argument(
        "--board", type=place, metavar="HOST:PORT",
        help="where the board's listener is reached, when that is not 127.0.0.1 and the port that it names")
    parser.add_argument("--seconds", type=float, default=300, help="the longest that the check may take")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()

    partner = Partner(arguments.listen, arguments.board)
    host, port = partner.listener.getsockname()
    board = Board([word.replace("{partner}", f"{host}:{port}") for word in arguments.command])
    partner.selector.register(board.process.stdout, selectors.EVENT_READ, board)
    deadline = time.monotonic() + arguments.seconds
    try:
        while not board.is_over and not board.result and time.monotonic() < deadline:
            partner.turn()
    finally:
        board.end()
    if board.result:
        return 0 if board.result[2] == "0" and board.result[1] != "0" else 1
    ending = "was over" if board.is_over else f"was not done after {arguments.seconds:.0f} s"
    partner.complain(f"the check {ending}, without its last line: it stopped in what comes after the lines above")
    return 1


if __name__ == "__main__":
    sys.exit(main())
