"""CoAP in the messages of the `websockets` package, and frames put together by hand."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading

from websockets.sync.client import connect
from websockets.sync.server import serve

import messages
import wire

REQUEST_KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def to_web_socket(message: wire.Message) -> bytes:
    """RFC 8323 section 4.2: Len is 0, and its extension is not there."""
    stream = wire.encode(message)
    extension = {13: 1, 14: 2, 15: 4}.get(stream[0] >> 4, 0)
    return bytes([stream[0] & 15]) + stream[1 + extension :]


def from_web_socket(data: bytes) -> wire.Message:
    """The one message in a WebSocket message; `FormatError` when it is none."""
    if len(data) < 2 or data[0] >> 4:
        raise wire.FormatError("ws")
    token_nibble = data[0] & 15
    if token_nibble > 8 or len(data) < 2 + token_nibble:
        raise wire.FormatError("tkl")
    options, payload = wire.decode_body(data[2 + token_nibble :])
    return wire.Message(data[1], data[2 : 2 + token_nibble], options, payload)


class Pieces:
    """A WebSocket connection of that package which speaks CoAP, in one piece or in random fragments."""

    def __init__(self, connection, seed: int | None = None):
        self.connection = connection
        self.random = None if seed is None else random.Random(seed)

    def send(self, message: wire.Message) -> None:
        data = to_web_socket(message)
        if self.random is None or self.random.random() < 0.3:
            return self.connection.send(data)
        self.connection.send(self._fragments(data))

    def _fragments(self, data: bytes):
        while data:
            count = self.random.choice([0, 1, 2, 5, 50, 500, len(data)])
            yield data[:count]
            data = data[count:]

    def receive(self, within: float = 5.0) -> wire.Message:
        data = self.connection.recv(timeout=within)
        assert isinstance(data, bytes), "a text message"
        return from_web_socket(data)

    def handshake(self) -> wire.Message:
        self.send(messages.csm())
        capabilities = self.receive()
        assert capabilities.code == messages.CSM, "CSM is first (W-09)"
        return capabilities

    def exchange(self, request: wire.Message) -> wire.Message:
        self.send(request)
        answer = self.receive()
        assert answer.token == request.token, str(answer)
        return answer

    def ping(self) -> None:
        """A WebSocket Ping and its Pong."""
        assert self.connection.ping(bytes(self.random.randbytes(5)) if self.random else b"p").wait(5)


@contextlib.contextmanager
def dial(url: str, seed: int | None = None, **options):
    options = {"subprotocols": ["coap"], "compression": None, "proxy": None} | options
    with connect(url, **options) as connection:
        assert connection.subprotocol == "coap"
        yield Pieces(connection, seed)


@contextlib.contextmanager
def serving(handler, **options):
    """A server of that package on a free port; `handler` gets a `Pieces` for each connection."""
    failures: list[BaseException] = []

    def guarded(connection):
        try:
            handler(Pieces(connection, options_seed))
        except BaseException as error:
            failures.append(error)
            raise

    options_seed = options.pop("seed", None)
    options = {"subprotocols": ["coap"], "compression": None} | options
    with serve(guarded, "127.0.0.1", 0, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.socket.getsockname(), failures
        finally:
            server.shutdown()
            thread.join(5)


# By hand


def frame(first: int, payload: bytes = b"", mask: bytes | None = b"\x37\xfa\x21\x3d") -> bytes:
    bit, size = 0x80 if mask else 0, len(payload)
    head = bytes([first, bit | size]) if size < 126 else (
        bytes([first, bit | 126]) + struct.pack(">H", size) if size < 65536
        else bytes([first, bit | 127]) + struct.pack(">Q", size))
    if not mask:
        return head + payload
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def request(*more: str, path: str = "/.well-known/coap") -> bytes:
    lines = [
        f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {REQUEST_KEY}", "Sec-WebSocket-Protocol: coap",
        "Sec-WebSocket-Version: 13", *more, "", "",
    ]
    return "\r\n".join(lines).encode()


class RawWebSocket:
    """A TCP connection on which frames are sent as they are."""

    def __init__(self, address: tuple[str, int]):
        self.socket = socket.create_connection(address, timeout=5)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def open(self, *headers: str) -> None:
        self.send(request(*headers))
        assert self.read_head().startswith(b"HTTP/1.1 101 ")

    def read_head(self) -> bytes:
        while b"\r\n\r\n" not in self.received:
            data = self.socket.recv(4096)
            assert data, f"closed after {self.received!r}"
            self.received += data
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        return head

    def read_frame(self) -> tuple[int, bytes]:
        """First byte and payload of an unmasked frame."""
        head = self._take(2)
        size = head[1]
        assert size < 0x80, "a server does not mask (WS-10)"
        if size == 126:
            size = int.from_bytes(self._take(2), "big")
        elif size == 127:
            size = int.from_bytes(self._take(8), "big")
        return head[0], self._take(size)

    def read_to_end(self) -> bytes:
        with contextlib.suppress(ConnectionResetError):
            while data := self.socket.recv(65536):
                self.received += data
        data, self.received = self.received, b""
        return data

    def _take(self, count: int) -> bytes:
        while len(self.received) < count:
            data = self.socket.recv(65536)
            assert data, f"closed after {self.received!r}"
            self.received += data
        data, self.received = self.received[:count], self.received[count:]
        return data
