"""A NAT on loopback: TCP goes through it until a connection was silent for too long; then it is forgotten.

A forgotten connection is not closed. What either end sends vanishes, and nobody is told: what devices at home and in
mobile networks meet.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from contextlib import suppress

PIECE = 65536
"""The most that is read at a time, in bytes."""


class Flow:
    """One connection through the NAT."""

    def __init__(self, inside: socket.socket, outside: socket.socket):
        self.inside, self.outside = inside, outside
        self.begin = self.last = time.monotonic()
        self.is_forgotten = False
        self.byte_count = 0
        """What has passed, both ways."""
        self.lost_byte_count = 0
        """What has vanished, both ways."""
        self.longest_silence = 0.0
        """The longest time between two pieces that passed, in seconds."""
        self.ended: set[socket.socket] = set()
        """The ends that have nothing more to say."""

    def other(self, end: socket.socket) -> socket.socket:
        return self.outside if end is self.inside else self.inside

    def close(self) -> None:
        for end in (self.inside, self.outside):
            with suppress(OSError):
                end.close()


class NATProxy:
    """Listens on 127.0.0.1, on a port that the system picks, and leads to `target`.

    A connection is forgotten after `memory` seconds without a byte, in either direction. None for never.
    """

    def __init__(self, target: tuple[str, int], memory: float | None):
        self.target, self.memory = target, memory
        self.flows: list[Flow] = []
        """All that there were, also those that are over."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._is_open = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> NATProxy:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Ends everything, forgotten connections too."""
        self._is_open = False
        with suppress(OSError):
            self._wake_writer.send(b"x")
        self._thread.join(10)
        assert not self._thread.is_alive(), "the NAT does not end"

    @property
    def forgotten(self) -> list[Flow]:
        return [flow for flow in self.flows if flow.is_forgotten]

    # Inside

    def _run(self) -> None:
        ends: dict[socket.socket, Flow] = {}
        while self._is_open:
            readable, _, _ = select.select([self._listener, self._wake_reader, *ends], [], [])
            for source in readable:
                if source is self._wake_reader:
                    continue
                if source is self._listener:
                    self._accept(ends)
                elif source in ends:
                    self._pass_on(source, ends)
        for closable in (self._listener, self._wake_reader, self._wake_writer):
            closable.close()
        for flow in self.flows:
            flow.close()

    def _accept(self, ends: dict[socket.socket, Flow]) -> None:
        inside, _ = self._listener.accept()
        try:
            outside = socket.create_connection(self.target, 5)
        except OSError:
            # As if nobody listened here.
            inside.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            inside.close()
            return
        for end in (inside, outside):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        flow = Flow(inside, outside)
        self.flows.append(flow)
        ends[inside] = ends[outside] = flow

    def _pass_on(self, source: socket.socket, ends: dict[socket.socket, Flow]) -> None:
        flow = ends[source]
        try:
            piece = source.recv(PIECE)
        except OSError:
            piece = b""
        now = time.monotonic()
        silence = now - flow.last
        if self.memory is not None and silence > self.memory:
            flow.is_forgotten = True
        if flow.is_forgotten:
            flow.lost_byte_count += len(piece)
            if not piece:
                # This end is gone; the other one does not hear of it.
                del ends[source]
            return
        if not piece:
            return self._end(source, flow, ends)
        flow.last = now
        flow.longest_silence = max(flow.longest_silence, silence)
        flow.byte_count += len(piece)
        try:
            flow.other(source).sendall(piece)
        except OSError:
            self._remove(flow, ends)

    def _end(self, source: socket.socket, flow: Flow, ends: dict[socket.socket, Flow]) -> None:
        del ends[source]
        flow.ended.add(source)
        with suppress(OSError):
            flow.other(source).shutdown(socket.SHUT_WR)
        if len(flow.ended) == 2:
            self._remove(flow, ends)

    @staticmethod
    def _remove(flow: Flow, ends: dict[socket.socket, Flow]) -> None:
        for end in (flow.inside, flow.outside):
            ends.pop(end, None)
        flow.close()
