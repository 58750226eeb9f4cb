"""The simulator that is attacked: all its listeners, short limits, and what can be seen of it from outside."""

from __future__ import annotations

import contextlib
import os
import random
import socket

import messages
import web_sockets
import wire
from memory import hold_all, take_all, use_everything, use_largest_message, written_kilobytes
from peer import ConnectionEnded, Peer
from programs import Simulator
from tls_credentials import Credentials
from tls_peers import PSKPeer, SSLPeer, certificate_hello, client_context, hello_of_client

CSM = wire.encode(messages.csm())
PLACES = 32


# Those that we may use, before anybody is kept off one
PROCESSORS = sorted(os.sched_getaffinity(0))


class Target(Simulator):
    """A simulator with a key and a certificate, on the last processor, apart from who attacks it where there are more."""

    def __init__(self, credentials: Credentials, handshake_timeout: float = 1):
        super().__init__(
            "--connections", PLACES, "--csm-timeout", 1, "--message-timeout", 1, "--idle-timeout", 30,
            "--stall-timeout", 2, "--handshake-timeout", handshake_timeout, "--alpn-optional",
            "--psk", credentials.psk.option, *credentials.server.options,
            listen=("coap+tcp://127.0.0.1:0", "coaps+tcp://127.0.0.1:0", "coap+ws://127.0.0.1:0"),
        )
        self.credentials = credentials
        self.plain, self.secured, self.web = self.addresses
        self.web_url = f"ws://{self.web[0]}:{self.web[1]}/.well-known/coap"
        # An attacker verifies nothing.
        self.context = client_context(credentials)
        self.context.check_hostname, self.context.verify_mode = False, 0
        with contextlib.suppress(OSError):
            os.sched_setaffinity(self.pid, PROCESSORS[-1:])

    @property
    def memory(self) -> int:
        """In kilobytes."""
        return written_kilobytes(self.pid)

    def warm(self, source: random.Random, rounds: int) -> None:
        """Takes all memory that anybody may need; see memory.py."""
        take_all(self.pid, [
            lambda: hold_all(PLACES, lambda: Peer.dial(self.plain), use_everything),
            lambda: hold_all(PLACES, lambda: web_sockets.dial(self.web_url), use_largest_message),
            lambda: self._begin_handshakes(key_hello, source),
            lambda: self._begin_handshakes(signed_hello, source),
            lambda: hold_all(PLACES, lambda: self.open_with_key(source), use_largest_message),
            lambda: hold_all(PLACES, self.open_with_certificate, use_largest_message),
        ], rounds)

    def _begin_handshakes(self, hello, source: random.Random) -> None:
        """On every place at once, each of which goes wrong then."""
        with contextlib.ExitStack() as held:
            streams = [held.enter_context(dial(self.secured)) for _ in range(PLACES)]
            for stream in streams:
                stream.sendall(hello(source))
            for stream in streams:
                assert stream.recv(4096), "no answer to a ClientHello"
            for stream in streams:
                stream.sendall(source.randbytes(200))

    def has_all_places(self) -> bool:
        """Whether as many connections as there are places are served at once now."""
        with contextlib.ExitStack() as held:
            for _ in range(PLACES):
                peer = held.enter_context(Peer.dial(self.plain))
                peer.send(CSM)
                try:
                    peer.receive(within=1)
                except (AssertionError, ConnectionEnded, OSError):
                    return False
        return True

    def open_with_key(self, source: random.Random) -> PSKPeer:
        """After a whole handshake with the pre-shared key, before any CSM."""
        return PSKPeer.open(self.secured, self.credentials.psk, random=source.randbytes(32))

    def open_with_certificate(self) -> SSLPeer:
        """After a whole handshake with ECDHE and the ECDSA certificate, before any CSM."""
        return SSLPeer.open(self.secured, self.context)


def dial(address: tuple[str, int]) -> socket.socket:
    stream = socket.create_connection(address, 2)
    stream.settimeout(2)
    return stream


def key_hello(source: random.Random) -> bytes:
    """A whole ClientHello for the pre-shared key."""
    return hello_of_client(random=source.randbytes(32)).record()


def signed_hello(source: random.Random) -> bytes:
    """A whole ClientHello for the certificate: who answers it makes a key and signs it."""
    return certificate_hello(random=source.randbytes(32)).record()
