"""Peers that fall silent and stay: half-open for the server, which has to end them by its own limits."""

from __future__ import annotations

import random
import time

import messages
import wire
from peer import ConnectionEnded
from subjects import Subject


def quiet(subject: Subject, source: random.Random) -> None:
    """Says its CSM and perhaps a request, then neither reads nor writes. The keep-alive ends it."""
    with subject.peer() as peer:
        if source.random() < 0.5:
            assert peer.exchange(messages.get(subject.sensor)).dotted == "2.05"
        expect_end(peer, subject.quiet_limit)


def stalled(subject: Subject, source: random.Random) -> None:
    """Asks for more than all buffers take and reads nothing of it. The stall limit ends it."""
    with subject.dial(receive_buffer=4096) as peer:
        ask = b"".join(wire.encode(messages.get("/log", token=bytes([n & 255]))) for n in range(4000))
        peer.socket.setblocking(False)
        try:
            peer.socket.send(wire.encode(messages.csm()) + ask)
        finally:
            peer.socket.settimeout(5)
        expect_end(peer, subject.stall_limit)


def expect_end(peer, limit: float) -> None:
    """After that long without a read or a write, what is left to be read ends: there is nobody any more who answers."""
    time.sleep(limit)
    end = time.monotonic() + 5
    try:
        while peer._fill(end):
            assert time.monotonic() < end, f"it is still served after {limit} s of silence"
    except (ConnectionEnded, ConnectionResetError):
        return
    raise AssertionError(f"it is still there after {limit} s of silence")


def limit_of(operation, subject: Subject) -> float:
    return (subject.quiet_limit if operation is quiet else subject.stall_limit) + 5
