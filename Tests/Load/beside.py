"""How much of its work a well-behaved client gets done beside a flood."""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import sys
import time

import messages
import wire
from floods import Attack, Tally
from peer import Peer
from target import PROCESSORS, Target

# In seconds, before a window begins
SETTLING = 0.15
LONGEST_FLOOD = 60
BATCH = 16
# The longest that the client waits for an answer, whatever goes on. It waits for what eight new connections cost, which is
# milliseconds; the rest is for a machine that has other things to do.
PATIENCE = 5


class Client:
    """GETs on a connection of its own, sixteen under way. Does little for each, for it is the server that is measured."""

    def __init__(self, target: Target):
        self.peer = Peer.dial(target.plain)
        self.peer.handshake()
        self.requests = [messages.get("/actuators/led", token=bytes([1, index])) for index in range(BATCH)]
        self.data = b"".join(map(wire.encode, self.requests))
        self.peer.send(self.data)
        self.expected = b"".join(wire.encode(self.peer.receive(within=PATIENCE)) for _ in self.requests)
        self._check(self.expected)
        self.longest_wait = 0.0

    def _check(self, data: bytes) -> None:
        """One answer to each request and no more. The lamp may be on or off: there are those who switch it."""
        left = [request.token for request in self.requests]
        while data:
            answer, size = wire.decode(data, max_message_size=1 << 20)
            assert answer.dotted == "2.05" and answer.payload in (b"0", b"1"), f"the client gets {answer}"
            left.remove(answer.token)
            data = data[size:]
        assert not left, f"the client gets no answer to {left}"

    def work(self, seconds: float) -> float:
        """Requests a second, each with its own answer."""
        connection, size = self.peer.socket, len(self.expected)
        connection.settimeout(PATIENCE)
        start = now = time.monotonic()
        done = 0
        while now - start < seconds:
            connection.sendall(self.data)
            received = b""
            while len(received) < size:
                try:
                    more = connection.recv(size - len(received))
                except TimeoutError:
                    raise AssertionError(f"the client waits {PATIENCE} s for an answer") from None
                assert more, "the client is thrown out"
                received += more
            if received != self.expected:
                self._check(received)
                self.expected = received
            done += BATCH
            before, now = now, time.monotonic()
            self.longest_wait = max(self.longest_wait, now - before)
        return done / (now - start)


def keep_off_the_last_processor() -> None:
    """This process and its floods: where the simulators are, a client gets twice as much or half as much by chance."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, PROCESSORS[:-1] or PROCESSORS)


@contextlib.contextmanager
def flooded(flood, target: Target, seed: str, tally: Tally):
    """Processes apart, so that the flood does not take the client's interpreter."""
    children = []
    try:
        for peer in range(len(tally.connections)):
            child = os.fork()
            if child == 0:
                attack_for_ever(flood, Attack(target, random.Random(f"{seed} {peer}"), tally, peer))
            children.append(child)
        yield
        assert all(os.waitpid(child, os.WNOHANG) == (0, 0) for child in children), "the flood has ended by itself"
    finally:
        for child in children:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, 9)
                os.waitpid(child, 0)


def attack_for_ever(flood, attack: Attack) -> None:
    """Never returns: the process ends with its parent, or after a time that no measurement needs."""
    try:
        parent, end = os.getppid(), time.monotonic() + LONGEST_FLOOD
        while time.monotonic() < end and os.getppid() == parent:
            flood(attack)
    except BaseException as error:  # noqa: BLE001: a process without a caller
        print(f"hostile: the flood ends: {type(error).__name__} {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(0)


class Comparison:
    """Windows of the client's work, in turn beside a flood that goes elsewhere and beside one that goes to its server."""

    def __init__(self, flood, target: Target, other: Target, seed: str, tally: Tally):
        self.flood, self.seed, self.tally = flood, seed, tally
        self.target, self.other = target, other
        self.client = Client(target)
        self.longest_wait = 0.0
        self.spared: list[float] = []
        self.attacked: list[float] = []

    def pair(self, number: int, window: float) -> None:
        """A window of each kind, of so many seconds, in an order that changes, with the same flood in both."""
        sides = [(self.other, self.spared, Tally(len(self.tally.connections))), (self.target, self.attacked, self.tally)]
        for attacked, found, tally in sides if number % 2 == 0 else reversed(sides):
            with flooded(self.flood, attacked, f"{self.seed} {number}", tally):
                time.sleep(SETTLING)
                self.client.longest_wait = 0.0
                found.append(self.client.work(window))
            if attacked is self.target:
                self.longest_wait = max(self.longest_wait, self.client.longest_wait)

    @property
    def ratio(self) -> float:
        return statistics.median(self.attacked) / statistics.median(self.spared)

    @property
    def rate(self) -> float:
        """Requests a second in spite of the flood."""
        return statistics.median(self.attacked)
