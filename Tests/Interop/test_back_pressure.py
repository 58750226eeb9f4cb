"""A peer that asks and does not read: it waits for itself, nobody else does, and nothing is lost."""

import time

import messages
import wire

REQUESTS = 1500
"""Times 8 KB: more than every buffer of the kernel between the two processes."""


def test_answers_wait_for_a_reader_and_all_arrive(simulator):
    expected = None
    with simulator.connect() as other, simulator.dial(receive_buffer=4096) as peer:
        peer.handshake()
        expected = other.exchange(messages.get("/log")).payload
        settled = simulator.resident_kilobytes

        requests = [messages.get("/log") for _ in range(REQUESTS)]
        peer.send(b"".join(map(wire.encode, requests)))
        for _ in range(20):
            begin = time.monotonic()
            assert other.exchange(messages.get("/time")).dotted == "2.05"
            assert time.monotonic() - begin < 1, "another connection had to wait"
        assert simulator.resident_kilobytes - settled < 4096, "answers pile up in memory"

        waiting = {request.token for request in requests}
        for _ in requests:
            answer = peer.receive(20)
            waiting.remove(answer.token)
            assert answer.payload == expected
        peer.expect_alive()


def test_the_loop_does_not_spin_while_a_peer_does_not_read(simulator):
    with simulator.dial(receive_buffer=4096) as peer:
        peer.handshake()
        peer.send(b"".join(wire.encode(messages.get("/log")) for _ in range(REQUESTS)))
        time.sleep(0.5)
        before = simulator.cpu_seconds
        time.sleep(1)
        assert simulator.cpu_seconds - before < 0.3, "the loop spins on a full output"


def test_a_peer_that_vanishes_with_answers_unread_frees_its_place(start_simulator):
    simulator = start_simulator("--connections", 2)
    for _ in range(8):
        peer = simulator.dial(receive_buffer=4096)
        peer.handshake()
        peer.send(b"".join(wire.encode(messages.get("/log")) for _ in range(200)))
        time.sleep(0.05)
        peer.reset()
    simulator.assert_serving()


def test_a_stalled_reader_is_dropped_by_its_own_deadline(start_simulator):
    simulator = start_simulator("--stall-timeout", "0.6", "--connections", 1)
    with simulator.dial(receive_buffer=4096) as stalled:
        stalled.handshake()
        stalled.send(b"".join(wire.encode(messages.get("/log")) for _ in range(REQUESTS)))
        time.sleep(2)
        simulator.assert_serving()


def test_a_stalled_reader_is_released_by_the_idle_deadline(start_simulator):
    simulator = start_simulator(
        "--idle-timeout", "0.5", "--release-timeout", "0.5", "--connections", 1
    )
    with simulator.dial(receive_buffer=4096) as stalled:
        stalled.handshake()
        stalled.send(b"".join(wire.encode(messages.get("/log")) for _ in range(REQUESTS)))
        time.sleep(2.5)
        # Its only place must be free by now, although the peer has neither read nor closed.
        simulator.assert_serving()
