"""Every vector of groups A to F on a live connection: in one write, byte by byte, in random pieces."""

import pytest

import messages
import wire
from programs import Simulator
from vectors import stream_vectors

ROWS = stream_vectors("ABCDEF")

# The core alone has no resources; the simulator serves discovery.
ANSWERED_BY_THE_SIMULATOR = {"V-F37": "2.05"}


@pytest.fixture(scope="module")
def simulator_announcing():
    """One simulator for each pair of limits that a row asks for."""
    started = {}

    def find(vector):
        limits = ("--max-message-size", vector.max_message_size)
        if vector.max_token_length > 8:
            limits += ("--max-token-length", vector.max_token_length)
        if limits not in started:
            started[limits] = Simulator(*limits)
        return started[limits]

    yield find
    for simulator in started.values():
        simulator.assert_serving()
        assert simulator.stop() == 0, f"not ended in order: {simulator}"


def feed_whole(peer, data):
    peer.send(data)


def feed_bytes(peer, data):
    # A pause only where a row is short: long ones are cut often enough without.
    peer.send_split(data, pause=0.001 if len(data) <= 64 else 0)


def feed_pieces(peer, data):
    peer.send_split(data, seed=len(data))


@pytest.mark.parametrize("feed", [feed_whole, feed_bytes, feed_pieces])
@pytest.mark.parametrize("vector", ROWS, ids=lambda vector: vector.id)
def test_vector(simulator_announcing, vector, feed):
    if feed is feed_bytes and len(vector.input) > 2048:
        feed = feed_pieces
    with simulator_announcing(vector).dial() as peer:
        if vector.group == "C":
            feed(peer, vector.input)
            announced = peer.receive()
            assert announced.code == messages.CSM, f"first came {announced}"
        else:
            announced = peer.handshake()
            feed(peer, vector.input)
        assert announced.uint(messages.MAX_MESSAGE_SIZE) == vector.max_message_size
        longer = vector.max_token_length if vector.max_token_length > 8 else None
        assert announced.uint(messages.EXTENDED_TOKEN_LENGTH) == longer
        CHECKS[vector.expect["kind"]](peer, vector)


def check_abort(peer, vector):
    abort = peer.expect_abort()
    if vector.out is not None:
        model, _ = wire.decode(vector.out)
        assert abort.options == model.options, f"expected the options of {model}, got {abort}"


def check_close(peer, vector):
    assert peer.receive_to_end() == []


def check_incomplete(peer, vector):
    peer.expect_silence(0.1)
    peer.finish_sending()
    assert peer.receive_to_end() == [], "a half message was answered"


def check_silent(peer, vector):
    sizes = [
        message.uint(messages.MAX_MESSAGE_SIZE)
        for message in wire.decode_all(vector.input, **vector.limits)[0]
        if message.code == messages.CSM
    ]
    if sizes and sizes[-1] is not None and sizes[-1] < 16:
        peer.expect_silence()  # it may not even send us a Pong
    else:
        peer.expect_alive()


def check_reply(peer, vector):
    expected = vector.reply_codes
    if vector.id in ANSWERED_BY_THE_SIMULATOR:
        expected = [{ANSWERED_BY_THE_SIMULATOR[vector.id]}]
    requests = [
        message
        for message in wire.decode_all(vector.input, **vector.limits)[0]
        if message.code != 0
    ]
    for request, codes in zip(requests, expected, strict=True):
        answer = peer.receive()
        assert answer.dotted in codes and answer.token == request.token, f"got {answer}"
    peer.expect_alive()


def check_reply_exact(peer, vector):
    assert wire.encode(peer.receive()).hex() == vector.out.hex()
    peer.expect_alive()


CHECKS = {
    "abort": check_abort,
    "close": check_close,
    "incomplete": check_incomplete,
    "silent": check_silent,
    "reply": check_reply,
    "replyExact": check_reply_exact,
}
