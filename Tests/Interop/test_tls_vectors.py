"""Every vector of groups A to F inside TLS, cut into records of random sizes: all is as without."""

import pytest

import messages
import test_vectors_live as live
from programs import TLSSimulator


@pytest.fixture(scope="module")
def simulator_announcing(credentials):
    """One simulator for each pair of limits that a row asks for."""
    started = {}

    def find(vector):
        limits = ("--max-message-size", vector.max_message_size)
        if vector.max_token_length > 8:
            limits += ("--max-token-length", vector.max_token_length)
        if limits not in started:
            started[limits] = TLSSimulator(credentials, *limits)
        return started[limits]

    yield find
    for simulator in started.values():
        simulator.assert_serving()
        assert simulator.stop() == 0, f"not ended in order: {simulator}"


@pytest.mark.parametrize("vector", live.ROWS, ids=lambda vector: vector.id)
def test_vector(simulator_announcing, vector):
    with simulator_announcing(vector).dial_psk() as peer:
        if vector.group == "C":
            live.feed_pieces(peer, vector.input)
            assert peer.receive().code == messages.CSM
        else:
            peer.handshake()
            live.feed_pieces(peer, vector.input)
        live.CHECKS[vector.expect["kind"]](peer, vector)
