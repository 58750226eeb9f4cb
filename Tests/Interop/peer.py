"""A raw CoAP-over-TCP peer: every byte that goes out is the test's choice, every wait has a limit."""

from __future__ import annotations

import contextlib
import random
import select
import socket
import struct
import time

import messages
import wire
from wire import Message

SOON = 5.0
"""The limit of a wait for something that should come at once, in seconds."""


class ConnectionEnded(Exception):
    """The other end closed: `how` is "fin" or "reset"."""

    def __init__(self, how: str):
        super().__init__(how)
        self.how = how


class Peer:
    """One TCP connection; decodes what comes in with the independent codec of `wire`."""

    def __init__(self, connection: socket.socket):
        self.socket = connection
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(SOON)
        self._undecoded = bytearray()
        self.bytes_received = 0
        self.ended: str | None = None

    @classmethod
    def dial(cls, address: tuple[str, int], *, receive_buffer: int | None = None) -> "Peer":
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        connection = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(SOON)
        connection.connect(address)
        return cls(connection)

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Ends with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def finish_sending(self) -> None:
        """FIN in our direction only; nothing when the connection is already reset."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    # Sending

    def send(self, *items: Message | bytes) -> None:
        """All items in one write."""
        data = b"".join(i if isinstance(i, bytes) else wire.encode(i) for i in items)
        # What arrived before a reset can still be read; reading tells when it is over.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def send_split(self, data: bytes, *, seed: int | None = None, pause: float = 0.0) -> None:
        """One byte per write, or pieces of random sizes from a seed."""
        source = None if seed is None else random.Random(seed)
        while data:
            size = 1 if source is None else source.randint(1, min(64, len(data)))
            self.send(data[:size])
            data = data[size:]
            if pause:
                time.sleep(pause)

    # Receiving

    def _fill(self, deadline: float) -> bool:
        """One read; False when the time is over. Raises `ConnectionEnded` at the end."""
        if self.ended:
            raise ConnectionEnded(self.ended)
        readable, _, _ = select.select([self.socket], [], [], max(0, deadline - time.monotonic()))
        if not readable:
            return False
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            self.ended = "reset"
        else:
            if data:
                self._undecoded += data
                self.bytes_received += len(data)
                return True
            self.ended = "fin"
        raise ConnectionEnded(self.ended)

    def _decoded(self) -> Message | None:
        """The next message that is there in full; a FormatError is a fault of the other end."""
        try:
            message, size = wire.decode(
                bytes(self._undecoded), max_message_size=1 << 26, max_token_length=65804
            )
        except wire.Incomplete:
            return None
        del self._undecoded[:size]
        return message

    @property
    def undecoded(self) -> str:
        """What is left of an unfinished message, in hex."""
        return self._undecoded.hex()

    def receive(self, within: float = SOON) -> Message:
        """The next message. Fails when it does not come; `ConnectionEnded` when the stream ends."""
        deadline = time.monotonic() + within
        while (message := self._decoded()) is None:
            if not self._fill(deadline):
                raise AssertionError(
                    f"no message within {within} s; unfinished bytes: {self.undecoded!r}"
                )
        return message

    def receive_to_end(self, within: float = SOON) -> list[Message]:
        """Everything up to the close by the other end, which must come; `ended` says how it was."""
        found, deadline = [], time.monotonic() + within
        try:
            while True:
                while (message := self._decoded()) is not None:
                    found.append(message)
                if not self._fill(deadline):
                    raise AssertionError(
                        f"not closed within {within} s; received {[str(m) for m in found]}"
                    )
        except ConnectionEnded:
            assert not self.undecoded, f"closed in the middle of a message: {self.undecoded}"
            return found

    # What tests say

    def handshake(self, capabilities: Message | None = None) -> Message:
        """Both CSMs; returns the other end's."""
        self.send(capabilities or messages.csm())
        answer = self.receive()
        assert answer.code == messages.CSM, f"the first message is {answer}"
        return answer

    def exchange(self, request: Message, within: float = SOON) -> Message:
        """Sends a request and returns the next message, which must be its response."""
        self.send(request)
        answer = self.receive(within)
        assert answer.token == request.token, f"{answer} does not answer {request}"
        return answer

    def expect_silence(self, seconds: float = 0.15) -> None:
        """Neither a message nor a close for a while."""
        before = self.bytes_received
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                self._fill(deadline)
            except ConnectionEnded as end:
                raise AssertionError(f"closed ({end.how}) instead of staying") from None
        assert self._decoded() is None and self.bytes_received == before, "an unexpected message"

    def expect_alive(self) -> None:
        """A Ping is answered by its own Pong, and by nothing else before it."""
        token = messages.fresh_token()
        self.send(messages.ping(token))
        answer = self.receive()
        assert (answer.code, answer.token) == (messages.PONG, token), f"not our Pong: {answer}"

    def is_served(self, within: float = 0.5) -> bool:
        """Whether a CSM and a request get their answer; being closed or kept waiting is a no."""
        request = messages.get("/time")
        self.send(messages.csm(), request)
        try:
            while (answer := self.receive(within)).token != request.token:
                pass
        except (ConnectionEnded, AssertionError):
            return False
        return answer.dotted == "2.05"

    def expect_abort(self, within: float = SOON) -> Message:
        """Nothing but an Abort with a text, then the end of the connection (rows A-01, A-03)."""
        found = self.receive_to_end(within)
        assert found, f"closed ({self.ended}) without an Abort"
        assert [m.dotted for m in found] == ["7.05"], f"not one Abort: {[str(m) for m in found]}"
        assert found[0].text.strip(), "the Abort has no diagnostic payload"
        return found[0]


class FakeServer:
    """A listening socket; the test accepts and plays the server itself."""

    def __init__(self, host: str = "127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((host, 0))
        self.socket.listen(16)
        self.host, self.port = host, self.socket.getsockname()[1]

    def __enter__(self) -> "FakeServer":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def uri(self, path: str = "/", host: str | None = None) -> str:
        host = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"coap+tcp://{host}:{self.port}{path}"

    def accept(self, within: float = SOON) -> Peer:
        self.socket.settimeout(within)
        return Peer(self.socket.accept()[0])


def closed_port(host: str = "127.0.0.1") -> int:
    """A port where nothing listens."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]
