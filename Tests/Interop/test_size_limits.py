"""Max-Message-Size in both directions: what is too large for the simulator, and for its peer."""

import pytest

import messages
import wire
from programs import Simulator
from wire import Message

rows = pytest.mark.rows
LIMIT = 1152


@pytest.fixture(scope="module")
def drain_simulator():
    simulator = Simulator("--max-message-size", LIMIT, "--drain", 20000)
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


def echo_of_size(size: int) -> Message:
    """A POST to /echo whose whole message has exactly this many bytes."""
    for payload in range(size - 40, size):
        message = messages.echo(b"x" * payload, token=b"size")
        if len(wire.encode(message)) == size:
            return message
    raise AssertionError(f"no message of {size} bytes")


@rows("C-07", "F-04")
def test_a_message_of_exactly_the_announced_size_is_served(start_simulator):
    simulator = start_simulator("--max-message-size", LIMIT)
    with simulator.connect() as peer:
        message = echo_of_size(LIMIT)
        assert peer.exchange(message).payload == message.payload


@rows("C-07", "F-12", "AMB-3")
@pytest.mark.parametrize("size", [LIMIT + 1, LIMIT + 1000, 70000])
def test_one_byte_more_is_aborted_from_the_header_alone(start_simulator, size):
    simulator = start_simulator("--max-message-size", LIMIT)
    with simulator.connect() as peer, simulator.connect() as other:
        peer.send(wire.encode(echo_of_size(size))[:10])
        assert peer.expect_abort(2).text
        other.expect_alive()


@rows("F-06", "F-12")
@pytest.mark.parametrize("header", ["f0fffefef3e1", "f8ffffffff01", "f0fffefef2", "ffffffffff"])
def test_lengths_beyond_32_bits_are_aborted_and_cost_no_memory(start_simulator, header):
    simulator = start_simulator("--connections", 4)
    sizes = []
    for _ in range(60):
        with simulator.connect() as peer:
            peer.send(bytes.fromhex(header))
            peer.expect_abort(2)
        sizes.append(simulator.resident_kilobytes)
    assert sizes[-1] - sizes[9] < 512, "memory follows the announced length"


@rows("AMB-3", "X-30")
@pytest.mark.parametrize("split", [False, True], ids=["whole", "in pieces"])
def test_with_a_drain_an_oversize_request_is_4_13_with_size1(drain_simulator, split):
    with drain_simulator.connect() as peer:
        message = echo_of_size(LIMIT + 5000)
        if split:
            peer.send_split(wire.encode(message), seed=5)
        else:
            peer.send(message)
        answer = peer.receive()
        assert (answer.dotted, answer.token) == ("4.13", message.token)
        assert 0 < answer.uint(messages.SIZE1) <= LIMIT
        small = messages.echo(b"and on it goes")
        assert peer.exchange(small).payload == small.payload


@rows("AMB-3")
def test_with_a_drain_what_follows_in_the_same_segment_is_served(drain_simulator):
    with drain_simulator.connect() as peer:
        large, small = echo_of_size(LIMIT + 1), messages.get("/time")
        peer.send(small, large, large, messages.ping(b"end"))
        found = [peer.receive() for _ in range(4)]
        assert [m.dotted for m in found] == ["2.05", "4.13", "4.13", "7.03"]


@rows("AMB-3")
def test_a_message_beyond_the_drain_is_aborted(drain_simulator):
    with drain_simulator.connect() as peer:
        peer.send(wire.encode(echo_of_size(30000))[:20])
        peer.expect_abort(2)


@rows("AMB-3")
def test_an_oversize_signal_is_never_drained(drain_simulator):
    with drain_simulator.connect() as peer:
        peer.send(Message(messages.PING, b"t", (), b"x" * (LIMIT + 100)))
        peer.expect_abort()


@rows("AMB-3", "AMB-11")
def test_an_oversize_response_that_nobody_waits_for_is_skipped_without_an_answer(drain_simulator):
    with drain_simulator.connect() as peer:
        peer.send(Message(wire.code("2.05"), b"t", (), b"x" * (LIMIT + 100)))
        peer.expect_alive()


@rows("C-09", "C-12", "AMB-16")
@pytest.mark.parametrize("size", [20, 64, 300])
def test_no_message_larger_than_the_peer_takes_is_sent(simulator, size):
    with simulator.connect(messages.csm(size)) as peer:
        large = messages.get("/log")
        peer.send(large)
        answer = peer.receive()
        # The first block, where one fits.
        assert answer.token == large.token and answer.dotted == ("5.00" if size < 64 else "2.05")
        assert len(wire.encode(answer)) <= size, f"{answer} is larger than {size} bytes"
        assert peer.exchange(messages.get("/actuators/led")).dotted == "2.05"


@rows("C-09")
def test_a_later_csm_raises_the_limit(simulator):
    with simulator.connect(messages.csm(64)) as peer:
        assert len(peer.exchange(messages.get("/log")).payload) < 64
        peer.send(messages.csm(messages.LARGE))
        assert len(peer.exchange(messages.get("/log")).payload) > 4096
