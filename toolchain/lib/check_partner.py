#!/usr/bin/env python3
"""The host's end of a port check: it runs COMMAND, which is or has the board, and does what the board tells it.

    check_partner.py [--listen HOST:PORT] [--board HOST:PORT] [--seconds N] COMMAND...

`{partner}` in COMMAND is replaced with HOST:PORT of the partner, `{monitor}` with the number of a descriptor for QEMU's
monitor (QMP), which then pulls the cable. The output of COMMAND is shown. COMMAND is ended after the last line of the
check, or when the time is over. For a board on the desk COMMAND is one that shows its serial line.
Exit code 0 only when the check came to its end and nothing failed.

Every connection begins with 8 bytes: "PC", the version 1, 0, its number, the port on which the board listens (for
connections that the partner opens, the board has given the number before). Number 0 is that of the commands. Numbers are
big-endian. A command has 8 bytes: what, 0, the connection's number in 2 and an argument in 4; so has its answer: status,
flags, 0, 0 and a value in 4. What the commands do is told in Sources/Port/PortCheck/Partner.swift.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import selectors
import signal
import socket
import sys
import time

from check_board import Board, EmulatedCable, SocketCable
from check_connection import WRONG, Connection

TIME, DATE, STATE, LATER, CALL, SEND, FINISH, CLOSE, RESET, PAUSE, RESUME, PULL, CLOSED_PORT = range(1, 14)
OK, UNKNOWN, IMPOSSIBLE = 0, 1, 2


class Partner:
    """Listens, keeps the connections, and runs everything in one loop."""

    def __init__(self, own: tuple[str, int], board: tuple[str, int] | None):
        self.board = board
        self.selector = selectors.DefaultSelector()
        self.connections: dict[int, Connection] = {}
        self.timers: list = []
        self.order = itertools.count()
        self.delay = 0
        self.cable: SocketCable | EmulatedCable = SocketCable(self)
        self.has_failed = False
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

    def fail(self, text: str) -> None:
        """The check is worth nothing, whatever the board says."""
        self.complain(text)
        self.has_failed = True

    def expect_silence(self, connection: Connection, received: int) -> None:
        if connection.received > received:
            self.fail("bytes came although the cable was pulled")

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
            self.cable.pull(connection, argument)
        else:
            raise OSError("unknown command")

    def soon(self, delay: int, action) -> None:
        self.do_later(delay, action) if delay else action()


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
    ours, theirs = socket.socketpair()
    words = [word.replace("{partner}", f"{host}:{port}") for word in arguments.command]
    board = Board([word.replace("{monitor}", str(theirs.fileno())) for word in words], theirs.fileno())
    theirs.close()
    if any("{monitor}" in word for word in words):
        partner.cable = EmulatedCable(partner, ours)
        partner.selector.register(ours, selectors.EVENT_READ, partner.cable)
    partner.selector.register(board.process.stdout, selectors.EVENT_READ, board)
    deadline = time.monotonic() + arguments.seconds
    # The board ends with its partner.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        while not board.is_over and not board.result and time.monotonic() < deadline:
            partner.turn()
    finally:
        board.end()
    if board.result:
        return 0 if board.result[2] == "0" and board.result[1] != "0" and not partner.has_failed else 1
    ending = "was over" if board.is_over else f"was not done after {arguments.seconds:.0f} s"
    partner.complain(f"the check {ending}, without its last line: it stopped in what comes after the lines above")
    return 1


if __name__ == "__main__":
    sys.exit(main())
