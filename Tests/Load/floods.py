"""The floods on plain TCP and WebSockets. Each is called with an attack, does one round and counts its connections."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from dataclasses import dataclass, field
from multiprocessing import RawArray

import messages
import wire
from target import CSM, PLACES, Target, dial
from vectors import stream_vectors

# How long a slow peer stays, in seconds, if nobody tells it that it was long enough. The limits are a second, two for who
# does not read, and two more to linger; the rest is for a machine that has other things to do.
STAY = 20.0
# Places that are left for the client and for who counts them
SPARED = 4


class Tally:
    """What the peers of a flood count, in memory that is shared with their processes; each has its own numbers."""

    def __init__(self, peers: int):
        self.connections, self.failures = RawArray("Q", peers), RawArray("Q", peers)


@dataclass
class Attack:
    """One peer's part of a flood. All that is random comes from `source`, so that a seed is the same flood again."""

    target: Target
    source: random.Random
    tally: Tally
    peer: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def count(self) -> None:
        self.tally.connections[self.peer] += 1

    def count_failure(self) -> None:
        self.tally.failures[self.peer] += 1


def hold(attack: Attack, address, count: int, first: bytes, drip: bytes) -> None:
    """Opens connections that say something, and then one byte at a time."""
    streams = []
    try:
        for _ in range(count):
            with contextlib.suppress(OSError):
                stream = dial(address)
                streams.append(stream)
                attack.count()
                stream.setblocking(False)
                if first:
                    stream.send(first)
        # Longer than every limit: it is the server that ends them.
        for at in range(round(STAY / 0.1)):
            if attack.ended.wait(0.1):
                break
            for stream in streams:
                with contextlib.suppress(OSError):
                    stream.send(drip[at: at + 1])
    finally:
        for stream in streams:
            stream.close()


def more_than_places(attack: Attack) -> None:
    hold(attack, attack.target.plain, PLACES * 3, CSM, b"\0")


def no_csm(attack: Attack) -> None:
    hold(attack, attack.target.plain, PLACES - SPARED, b"", b"")


def slow_header(attack: Attack) -> None:
    drip = b"\xe4\x00\xff\x01\xde\xad\xbe\xef\x0b" + b"a" * 60
    hold(attack, attack.target.plain, PLACES - SPARED, CSM, drip)


def slow_body(attack: Attack) -> None:
    hold(attack, attack.target.plain, PLACES - SPARED, CSM + b"\xe1\x03\x00\x03\x42\xff", b"a" * 60)


def slow_upgrade(attack: Attack) -> None:
    drip = b"TP/1.1\r\nX-A: " + b"a" * 60
    hold(attack, attack.target.web, PLACES - SPARED, b"GET /.well-known/coap HT", drip)


def slow_reader(attack: Attack) -> None:
    """Asks for all that is large, and reads nothing."""
    ask = b"".join(wire.encode(messages.get("/log", token=bytes([index]))) for index in range(250)) * 6
    streams = []
    try:
        for _ in range(PLACES - SPARED):
            with contextlib.suppress(OSError):
                stream = socket.socket()
                streams.append(stream)
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                stream.settimeout(2)
                stream.connect(attack.target.plain)
                attack.count()
                stream.setblocking(False)
                stream.send(CSM + ask)
        attack.ended.wait(STAY)
    finally:
        for stream in streams:
            stream.close()


MESSAGES_EACH = 10
VECTORS = [vector.input[:4096] for vector in stream_vectors("ABCDEFGH")]


def malformed(attack: Attack) -> None:
    """A connection with ten messages that are mostly wrong."""
    data = b"".join(malformed_message(attack.source) for _ in range(MESSAGES_EACH))
    with contextlib.suppress(OSError), dial(attack.target.plain) as stream:
        attack.count()
        stream.sendall(data)
        stream.shutdown(socket.SHUT_WR)
        while stream.recv(65536):
            pass


def malformed_message(source: random.Random) -> bytes:
    """A wrong TKL, option, length, code, or a piece of a vector that was changed; a CSM in front of some."""
    kinds = (
        lambda: CSM + bytes([source.choice([0x09, 0x0D, 0x0F]), 1]) + source.randbytes(15),
        lambda: CSM + b"\x21\x01\x42" + bytes([0xF0 | source.randrange(15), 0x61]),
        lambda: CSM + b"\x21\x01\x42\xbf\x61",
        lambda: CSM + b"\xf1" + source.randbytes(4) + b"\x02\x42",
        lambda: CSM + b"\x11\x01\x42\xff",
        lambda: b"\x50\xe1\xd1\x04\x01" + source.randbytes(3),
        lambda: CSM + bytes([0, 0xE0 | source.randrange(32)]),
        lambda: CSM + bytes([1, source.randrange(256), 7]),
        lambda: source.randbytes(source.randrange(1, 200)),
        lambda: CSM + changed_vector(source),
    )
    return source.choice(kinds)()


def changed_vector(source: random.Random) -> bytes:
    """A message of Tests/Vectors of which a few bytes are others, lost or doubled."""
    data = bytearray(source.choice(VECTORS))
    for _ in range(source.randrange(4)):
        start = source.randrange(max(1, len(data)))
        data[start: start + 1] = source.choice([b"", source.randbytes(1), data[start: start + 1] * 2])
    return bytes(data)
