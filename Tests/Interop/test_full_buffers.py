"""Requests beyond every buffer: what could not be read for want of space is read when there is some."""

import messages
import wire


def test_small_requests_behind_large_answers_are_all_answered(simulator):
    large, small = 400, 5000
    with simulator.dial(receive_buffer=4096) as peer:
        peer.handshake()
        requests = [messages.get("/log") for _ in range(large)]
        requests += [messages.get("/x") for _ in range(small)]
        peer.send(b"".join(map(wire.encode, requests)))
        for index in range(large + small):
            assert peer.receive(10).dotted == ("2.05" if index < large else "4.04")
        peer.expect_alive()
