"""The floods on TLS: garbage, handshakes that are begun, and whole ones."""

from __future__ import annotations

import contextlib

from floods import SPARED, Attack, hold
from peer import ConnectionEnded, Peer
from target import PLACES, dial, key_hello, signed_hello
from tls_peers import AlertReceived


def slow_handshake(attack: Attack) -> None:
    """A ClientHello that comes byte by byte."""
    drip = b"\xfc\x03\x03" + b"a" * 60
    hold(attack, attack.target.secured, PLACES - SPARED, b"\x16\x03\x01\x02\x00\x01\x00\x01", drip)


def half_handshake(attack: Attack) -> None:
    """A whole ClientHello, and then nothing: the server's part is done and the connection stays."""
    hold(attack, attack.target.secured, PLACES - SPARED, signed_hello(attack.source), b"")


def say(attack: Attack, data: bytes) -> None:
    """A connection that says something, hears something and closes."""
    with contextlib.suppress(OSError), dial(attack.target.secured) as stream:
        attack.count()
        stream.sendall(data)
        stream.recv(4096)


def hellos_key(attack: Attack) -> None:
    """Handshakes that are begun and go no further: the server has done its part for nothing."""
    say(attack, key_hello(attack.source))


def hellos_certificate(attack: Attack) -> None:
    """The same where that part is a fresh key and a signature."""
    say(attack, signed_hello(attack.source))


def tls_garbage(attack: Attack) -> None:
    say(attack, b"\x16\x03\x03\x00\x40" + attack.source.randbytes(64))


def handshakes_key(attack: Attack) -> None:
    whole_handshake(attack, lambda: attack.target.open_with_key(attack.source))


def handshakes_certificate(attack: Attack) -> None:
    # What OpenSSL draws for it comes from no seed.
    whole_handshake(attack, attack.target.open_with_certificate)


def whole_handshake(attack: Attack, opened) -> None:
    """All that a good client does, and at once the end: closed in order, cut off or reset."""
    try:
        peer: Peer = opened()
    except (AlertReceived, ConnectionEnded, AssertionError, OSError):
        return attack.count_failure()
    attack.count()
    with contextlib.suppress(OSError):
        attack.source.choice([peer.finish_sending, peer.close, peer.reset])()
    peer.close()
