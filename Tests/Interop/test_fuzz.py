"""No input ends the process, stalls it or lets it grow. Every run is repeatable from its seed."""

import random

import pytest

import messages
import wire
from programs import Simulator
from vectors import stream_vectors

VECTORS = [vector.input[:4096] for vector in stream_vectors("ABCDEFGH")]
CSM = wire.encode(messages.csm())


# Few places, so that a page touched for the first time is not taken for growth.
@pytest.fixture(scope="module")
def shared_simulator():
    simulator = Simulator("--connections", 8)
    yield simulator
    assert simulator.stop() == 0, f"not ended in order: {simulator}"


def noise(source: random.Random) -> bytes:
    """No handshake, any bytes."""
    return source.randbytes(source.randint(1, 600))


def noise_after_csm(source: random.Random) -> bytes:
    return CSM + source.randbytes(source.randint(1, 600))


def mutated_vectors(source: random.Random) -> bytes:
    """Valid and nearly valid messages in a row, some bytes changed, lost or doubled."""
    data = bytearray(b"".join(source.choice(VECTORS) for _ in range(source.randint(1, 6))))
    for _ in range(source.randint(0, 4)):
        position = source.randrange(len(data))
        match source.randrange(4):
            case 0:
                data[position] ^= 1 << source.randrange(8)
            case 1:
                data[position] = source.choice([0x00, 0x0D, 0x0E, 0x0F, 0xD0, 0xE0, 0xF0, 0xFF])
            case 2 if len(data) > 1:
                del data[position]
            case _:
                data[position:position] = data[position : position + source.randint(1, 8)]
    return CSM + bytes(data)


def bombard(simulator, kind, seed: int) -> None:
    """One connection: the bytes in random pieces, our FIN, then everything up to the close."""
    source = random.Random(seed)
    with simulator.dial() as peer:
        peer.send_split(kind(source), seed=seed)
        peer.finish_sending()
        # Decodes what comes: a stream that makes no sense fails here.
        for message in peer.receive_to_end(5):
            assert message.code >> 5 in (2, 4, 5, 7), f"seed {seed}: {message}"


@pytest.mark.parametrize("kind", [noise, noise_after_csm, mutated_vectors])
def test_three_hundred_connections_of_garbage(simulator, kind):
    for seed in range(50):
        bombard(simulator, kind, seed)
    settled, descriptors = simulator.resident_kilobytes, simulator.open_descriptors
    for seed in range(50, 300):
        bombard(simulator, kind, seed)
    simulator.assert_serving()
    assert simulator.resident_kilobytes - settled < 2048, "the process grows"
    assert simulator.open_descriptors <= descriptors + 1, "connections are left open"


def test_garbage_beside_good_traffic(simulator):
    with simulator.connect() as good:
        for seed in range(1000, 1100):
            bombard(simulator, mutated_vectors, seed)
            assert good.exchange(messages.get("/actuators/led")).dotted == "2.05"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", [noise, noise_after_csm, mutated_vectors])
def test_ten_thousand_connections_of_garbage(simulator, kind):
    for seed in range(2000):
        bombard(simulator, kind, seed)
    settled = simulator.resident_kilobytes
    for seed in range(2000, 10000):
        bombard(simulator, kind, seed)
    simulator.assert_serving()
    assert simulator.resident_kilobytes - settled < 2048, "the process grows"
