"""Small clients that break one rule each, for `coap probe --listen` to find: plain sockets, every byte made here."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
from urllib.parse import urlsplit

import messages
import tls_wire
import wire
from web_sockets import from_web_socket, to_web_socket

BINARY, TEXT, CLOSE, PING, PONG = 0x82, 0x81, 0x88, 0x89, 0x8A
DIGEST = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Refused(Exception):
    """What the server did is not to be taken."""


class WebSocketClient:
    """Asks for a WebSocket, sends a CSM and a GET, answers Pings, and closes when its request is answered.

    `flaw` names what it does wrong; "" for nothing.
    """

    same_key = base64.b64encode(bytes(range(16))).decode()

    def __init__(self, uri: str, flaw: str = ""):
        self.flaw, self.authority = flaw, urlsplit(uri).netloc
        self.address = (urlsplit(uri).hostname, urlsplit(uri).port)
        self.received, self.masks = b"", 0

    def run(self) -> None:
        try:
            self.socket = socket.create_connection(self.address, timeout=3)
        except ConnectionRefusedError:
            return
        with self.socket, contextlib.suppress(OSError, EOFError, Refused):
            self._open()
            self._talk()
            self._wait_for_the_end()

    # The opening handshake

    def _open(self) -> None:
        self.key = {"same-key": self.same_key, "short-key": "YWJj"}.get(
            self.flaw, base64.b64encode(os.urandom(16)).decode())
        path = "/chat" if self.flaw == "path" else "/.well-known/coap"
        fields = {
            "Host": self.address[0] if self.flaw == "host" else self.authority, "Upgrade": "websocket",
            "Connection": "Upgrade", "Sec-WebSocket-Key": self.key, "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": "chat" if self.flaw == "protocol" else "coap",
        }
        if self.flaw == "no-connection":
            del fields["Connection"]
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        if self.flaw == "impatient":
            self.send(messages.csm())
        while b"\r\n\r\n" not in self.received:
            self._fill()
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        self._check(head.decode("latin-1").split("\r\n"))

    def _check(self, lines: list[str]) -> None:
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        accept = base64.b64encode(hashlib.sha1((self.key + DIGEST).encode()).digest()).decode()
        faults = {
            "any-status": lines[0].split()[1:2] != ["101"],
            "any-accept": fields.get("sec-websocket-accept") != accept,
            "any-upgrade": fields.get("upgrade", "").lower() != "websocket",
            "any-connection": "upgrade" not in fields.get("connection", "").lower(),
            "any-protocol": fields.get("sec-websocket-protocol") != "coap",
            "any-extension": "sec-websocket-extensions" in fields,
        }
        if any(is_there for name, is_there in faults.items() if name != self.flaw):
            raise Refused

    # Frames

    def send_frame(self, first: int, payload: bytes = b"") -> None:
        self.masks += 1
        mask = {"same-mask": b"\x37\xfa\x21\x3d", "no-mask": b"", "counted-mask": self.masks.to_bytes(4, "big")}.get(
            self.flaw, os.urandom(4))
        size = len(payload)
        length = bytes([126]) + size.to_bytes(2, "big") if self.flaw == "long-length" else bytes([size])
        length = bytes([length[0] | (0x80 if mask else 0)]) + length[1:]
        body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if mask else payload
        if self.flaw == "reserved-bits":
            first |= 0x40
        self.socket.sendall(bytes([first]) + length + mask + body)

    def send(self, message: wire.Message) -> None:
        data = to_web_socket(message)
        if self.flaw == "len":
            data = bytes([data[0] | len(data) << 4 & 0xF0 or 0x10]) + data[1:]
        if self.flaw == "two-in-one":
            data *= 2
        self.send_frame(TEXT if self.flaw == "text" else BINARY, data)

    def receive_frame(self) -> tuple[int, bytes]:
        first, size = self._take(2)
        mask = b""
        if size & 0x80:
            if self.flaw != "takes-masks":
                self.send_frame(CLOSE, (1002).to_bytes(2, "big"))
                raise Refused
            size &= 0x7F
            mask = b"\0"
        if size == 126:
            size = int.from_bytes(self._take(2), "big")
        mask = self._take(4) if mask else b"\0\0\0\0"
        return first, bytes(byte ^ mask[at % 4] for at, byte in enumerate(self._take(size)))

    def _talk(self) -> None:
        if self.flaw != "no-csm":
            self.send(messages.csm())
        if self.flaw == "pings":
            self.send_frame(PING, b"there?")
        self.send(messages.get("/x", token=b"\x01"))
        while True:
            first, payload = self.receive_frame()
            if first == CLOSE:
                return self.send_frame(BINARY if self.flaw == "no-close" else CLOSE, payload)
            if first == PING and self.flaw != "no-pong":
                self.send_frame(PONG, payload)
            if first != BINARY:
                continue
            message = from_web_socket(payload)
            if message.code == messages.PING:
                self.send(wire.Message(messages.PONG, message.token))
            elif message.token == b"\x01" and self.flaw != "silent-end":
                return self.send_frame(CLOSE, (1005 if self.flaw == "close-1005" else 1000).to_bytes(2, "big"))
            elif message.token == b"\x01":
                raise Refused

    # Bytes

    def _fill(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self.received += data

    def _take(self, count: int) -> bytes:
        while len(self.received) < count:
            self._fill()
        data, self.received = self.received[:count], self.received[count:]
        return data

    def _wait_for_the_end(self) -> None:
        while self.socket.recv(65536):
            pass


def say_hello(uri: str, hello: tls_wire.ClientHello) -> None:
    """Sends a ClientHello, and waits until the other end has had enough."""
    with contextlib.suppress(OSError):
        with socket.create_connection((urlsplit(uri).hostname, urlsplit(uri).port), timeout=3) as connection:
            connection.sendall(hello.record())
            while connection.recv(65536):
                pass
