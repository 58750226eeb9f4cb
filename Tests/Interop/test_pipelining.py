"""Many requests on one connection, however the stream is cut."""

import pytest

import messages
import wire

rows = pytest.mark.rows


def numbered_echoes(count: int) -> list[wire.Message]:
    return [messages.echo(f"payload {index} ".encode() * (index % 9 + 1)) for index in range(count)]


def assert_all_answered(peer, requests):
    waiting = {request.token: request.payload for request in requests}
    for _ in requests:
        answer = peer.receive()
        assert answer.payload == waiting.pop(answer.token)
    peer.expect_alive()


@rows("F-13", "T-10")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_thousand_requests_in_random_pieces(simulator, seed):
    requests = numbered_echoes(1000)
    with simulator.connect() as peer:
        peer.send_split(b"".join(map(wire.encode, requests)), seed=seed)
        assert_all_answered(peer, requests)


@rows("F-01", "F-13")
def test_a_thousand_requests_in_one_write(simulator):
    requests = numbered_echoes(1000)
    with simulator.connect() as peer:
        peer.send(*requests)
        assert_all_answered(peer, requests)


@rows("F-13")
def test_fifty_requests_one_byte_at_a_time(simulator):
    requests = numbered_echoes(50)
    with simulator.connect() as peer:
        peer.send_split(b"".join(map(wire.encode, requests)))
        assert_all_answered(peer, requests)


@rows("F-13")
def test_a_request_cut_at_each_position(simulator):
    with simulator.connect() as peer:
        data = wire.encode(messages.echo(b"y" * 300, token=b"cut!"))
        for position in range(1, len(data), 1 if len(data) < 60 else 7):
            peer.send(data[:position])
            peer.send(data[position:])
            assert peer.receive().payload == b"y" * 300


@rows("T-11")
def test_fast_requests_overtake_three_slow_ones(simulator):
    with simulator.connect() as peer:
        slow = [messages.get(f"/slow?ms={500 + 150 * index}") for index in range(3)]
        fast = [messages.get("/time") for _ in range(20)]
        peer.send(*slow, *fast)
        order = [peer.receive().token for _ in range(23)]
        assert order == [request.token for request in fast + slow]


@rows("L-02")
def test_empty_messages_in_between_are_ignored(simulator):
    requests = numbered_echoes(100)
    with simulator.connect() as peer:
        peer.send_split(b"\0\0".join(map(wire.encode, requests)), seed=4)
        assert_all_answered(peer, requests)


@pytest.mark.slow
def test_a_hundred_thousand_requests_on_one_connection(simulator):
    with simulator.connect() as peer:
        before = simulator.resident_kilobytes
        for _ in range(200):
            requests = numbered_echoes(500)
            peer.send(*requests)
            assert_all_answered(peer, requests)
        assert simulator.resident_kilobytes - before < 1024
