"""Protected records of any type and content, in both roles: no process ends, and none of them grows."""

import contextlib
import random

import pytest

import messages
import tls_wire
from harness import assert_one_clear_line
from peer import ConnectionEnded, Peer
from programs import TLSSimulator, start_coap
from tls_peers import FakeTLSServer, PSKPeer, hello_of_client
from vectors import stream_vectors

VECTORS = [vector.input[:4096] for vector in stream_vectors("ABCDEFGH")]


@pytest.fixture(scope="module")
def simulator(credentials):
    # Few places, so that a page touched for the first time is not taken for growth.
    simulator = TLSSimulator(credentials, "--connections", 8)
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


def record(source: random.Random) -> tuple[int, bytes]:
    """Type and content of a record that may or may not have a meaning here."""
    match source.randrange(8):
        case 0:
            return tls_wire.ALERT, bytes([source.randint(1, 2), source.choice([0, 10, 41, 90, 100])])
        case 1:
            return tls_wire.ALERT, source.randbytes(source.randint(0, 4))
        case 2:
            body = source.randbytes(source.choice([0, 0, 4, 40]))
            return tls_wire.HANDSHAKE, tls_wire.handshake(source.randint(0, 24), body)
        case 3:
            return tls_wire.HANDSHAKE, hello_of_client().encode()
        case 4:
            return source.randint(19, 25), source.randbytes(source.randint(0, 40))
        case 5:
            return tls_wire.APPLICATION_DATA, source.randbytes(source.randint(0, 300))
        case _:
            return tls_wire.APPLICATION_DATA, source.choice(VECTORS)


def disturb(peer: PSKPeer, seed: int) -> None:
    """Some of them in one segment or in several, then FIN, then everything up to the close."""
    source = random.Random(seed)
    sealed = b"".join(
        peer.record(*record(source)).encode() for _ in range(source.randint(1, 6))
    )
    if source.randrange(2):
        peer.send_raw(sealed)
    else:
        peer.send_split(sealed, seed=seed)
    Peer.finish_sending(peer)
    with contextlib.suppress(ConnectionEnded):
        while peer.next_record(5):
            pass
    assert peer.ended, f"seed {seed}: not closed"


class Split(PSKPeer):
    """Sends what is sealed already in pieces."""

    def send(self, *items) -> None:
        for item in items:
            if isinstance(item, bytes):
                self.send_raw(item)
            else:
                super().send(item)


def open_split(simulator) -> Split:
    return Split.open(simulator.address, simulator.credentials.psk)


def bombard(simulator, seeds) -> None:
    for seed in seeds:
        with open_split(simulator) as peer:
            if seed % 2:
                peer.send(messages.csm())
            disturb(peer, seed)
        assert simulator.is_running, f"seed {seed}: {simulator}"


def test_protected_garbage_ends_nothing_but_its_own_connection(simulator):
    with simulator.connect() as good:
        bombard(simulator, range(100))
        memory, descriptors = simulator.resident_kilobytes, simulator.open_descriptors
        bombard(simulator, range(100, 400))
        assert good.exchange(messages.get("/actuators/led")).dotted == "2.05"
        assert simulator.resident_kilobytes - memory < 1024, "the process grows"
        assert simulator.open_descriptors <= descriptors + 1, "connections are left open"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_five_thousand_connections_of_protected_garbage(simulator):
    bombard(simulator, range(1000, 2000))
    memory = simulator.resident_kilobytes
    bombard(simulator, range(2000, 6000))
    assert simulator.resident_kilobytes - memory < 2048, "the process grows"


def disturbed_client(credentials, seed: int) -> None:
    """`coap get` against a server that says something else after the handshake."""
    with FakeTLSServer() as server:
        process = start_coap(
            "get", server.uri("/x"), "--psk", credentials.psk.option, "--timeout", "3"
        )
        peer = Split(server.accept_raw().socket, credentials.psk)
        with peer:
            peer.serve()
            if seed % 2:
                peer.send(messages.csm())
            disturb(peer, seed)
        process.wait()
    assert process.code in (1, 4, 5), f"seed {seed}: {process}"
    assert "Fatal error" not in process.stderr and "Backtrac" not in process.stderr, str(process)
    if process.code == 1:
        assert_one_clear_line(process)


def test_protected_garbage_is_one_clear_line_of_our_client(credentials):
    for seed in range(40):
        disturbed_client(credentials, seed)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_four_hundred_servers_of_protected_garbage(credentials):
    for seed in range(40, 440):
        disturbed_client(credentials, seed)


def changed(source: random.Random, data: bytes) -> bytes:
    """A handshake message with a few bytes changed; its record stays in order."""
    out = bytearray(data)
    for _ in range(source.randint(1, 3)):
        out[source.randrange(len(out))] = source.choice([0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF])
    return bytes(out)


def changed_server_flight(credentials, seed: int) -> None:
    source = random.Random(seed)
    with FakeTLSServer() as server:
        keys = "--psk", credentials.psk.option, "--handshake-timeout", "3"
        process = start_coap("get", server.uri("/x"), *keys)
        with PSKPeer(server.accept_raw().socket, credentials.psk) as peer:
            peer.receive_hello()
            answers = (
                (tls_wire.RENEGOTIATION_INFO, b"\0"), (tls_wire.EXTENDED_MASTER_SECRET, b""),
                tls_wire.alpn("coap"), (tls_wire.MAX_FRAGMENT_LENGTH, b"\4"),
            )
            flight = [
                tls_wire.ServerHello(tls_wire.PSK_CCM_8, answers).encode(),
                tls_wire.handshake(tls_wire.SERVER_KEY_EXCHANGE, tls_wire.sized(2, b"hint")),
                tls_wire.handshake(tls_wire.SERVER_HELLO_DONE, b""),
            ]
            victim = source.randrange(2)
            flight[victim] = changed(source, flight[victim])
            for message in flight:
                peer.send_raw(tls_wire.Record(tls_wire.HANDSHAKE, message).encode())
            Peer.finish_sending(peer)
            with contextlib.suppress(ConnectionEnded, tls_wire.FormatError):
                while peer.next_record(5):
                    pass
        process.wait()
    assert process.code == 1, f"seed {seed}: {process}"
    assert_one_clear_line(process)


def test_a_changed_flight_of_a_server_is_one_clear_line(credentials):
    for seed in range(40):
        changed_server_flight(credentials, seed)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_four_hundred_changed_flights_of_a_server(credentials):
    for seed in range(40, 440):
        changed_server_flight(credentials, seed)
