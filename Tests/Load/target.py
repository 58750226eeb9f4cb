"""The simulator that is attacked: all its listeners, short limits, and what can be seen of it from outside."""

from __future__ import annotations

import contextlib
import os
import random
import re
import socket
import time
from pathlib import Path

import messages
import wire
from peer import ConnectionEnded, Peer
from programs import Simulator
from tls_credentials import Credentials
from tls_peers import PSKPeer, SSLPeer, certificate_hello, client_context, hello_of_client

CSM = wire.encode(messages.csm())
PLACES = 32


class Target(Simulator):
    """A simulator with a key and a certificate, on the last processor, apart from who attacks it where there are more."""

    def __init__(self, credentials: Credentials):
        super().__init__(
            "--connections", PLACES, "--csm-timeout", 1, "--message-timeout", 1, "--idle-timeout", 30,
            "--stall-timeout", 2, "--handshake-timeout", 1, "--alpn-optional", "--psk", credentials.psk.option,
            *credentials.server.options,
            listen=("coap+tcp://127.0.0.1:0", "coaps+tcp://127.0.0.1:0", "coap+ws://127.0.0.1:0"),
        )
        self.credentials = credentials
        self.plain, self.secured, self.web = self.addresses
        # An attacker verifies nothing.
        self.context = client_context(credentials)
        self.context.check_hostname, self.context.verify_mode = False, 0
        with contextlib.suppress(OSError):
            os.sched_setaffinity(self.pid, {(os.cpu_count() or 1) - 1})

    @property
    def memory(self) -> int:
        """Resident pages that it has written, in kilobytes. Those of the program's file come as they are first run,
        sixteen at a time, and could be dropped at any moment: they are no memory that it takes."""
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Anonymous:\s+(\d+) kB", text, re.MULTILINE)[1])

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


def warm(target: Target, source: random.Random) -> None:
    """Touches all memory that anybody ever will: every place at once in every way, with the largest messages."""
    # Answers to who is full of them, on every place.
    with contextlib.ExitStack() as held:
        for _ in range(PLACES):
            with contextlib.suppress(AssertionError, OSError):
                peer = held.enter_context(Peer.dial(target.plain))
                peer.handshake()
                peer.send(b"".join(wire.encode(messages.get("/log", token=bytes([n]))) for n in range(8)))
                peer.send(wire.encode(messages.echo(b"x" * 8000)))
        time.sleep(0.5)
    # Every place for a TLS session that was begun and went wrong, then for whole ones of both kinds.
    for hello in key_hello, signed_hello:
        streams = []
        for _ in range(PLACES):
            with contextlib.suppress(OSError):
                streams.append(dial(target.secured))
                streams[-1].sendall(hello(source))
        for stream in streams:
            with contextlib.suppress(OSError):
                stream.recv(4096)
                stream.sendall(source.randbytes(200))
                stream.recv(4096)
            stream.close()
    for opened in (lambda: target.open_with_key(source)), target.open_with_certificate:
        with contextlib.ExitStack() as held:
            for _ in range(PLACES):
                with contextlib.suppress(Exception):
                    peer = held.enter_context(opened())
                    peer.handshake()
                    peer.send(messages.echo(b"x" * 8000))
                    peer.receive()
