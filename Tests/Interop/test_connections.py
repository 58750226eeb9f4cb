"""Many connections: the limit, the order of leaving, several listeners, both address families."""

import time

import messages
from peer import Peer


def test_more_connections_than_allowed_do_not_disturb_the_others(start_simulator):
    simulator = start_simulator("--connections", 4)
    peers = [simulator.connect() for _ in range(4)]
    extra = simulator.dial()
    assert not extra.is_served()
    for peer in peers:
        assert peer.exchange(messages.get("/time")).dotted == "2.05"
    extra.close()
    peers.pop().close()
    # The place of the one that left is free again.
    simulator.assert_serving()
    for peer in peers:
        peer.expect_alive()
        peer.close()


def test_a_full_house_costs_no_processor_time(start_simulator):
    simulator = start_simulator("--connections", 1)
    with simulator.connect(), simulator.dial(), simulator.dial():
        time.sleep(0.2)
        before = simulator.cpu_seconds
        time.sleep(1)
        assert simulator.cpu_seconds - before < 0.2, "the loop spins on a full table"


def test_a_thousand_comings_and_goings_leave_nothing_behind(start_simulator):
    simulator = start_simulator("--connections", 4)

    def come_and_go(times):
        for index in range(times):
            peer = simulator.dial()
            if index % 3 == 0:
                peer.handshake()
                peer.exchange(messages.get("/time"))
            peer.reset() if index % 2 else peer.close()
        simulator.assert_serving()

    come_and_go(50)
    descriptors, memory = simulator.open_descriptors, simulator.resident_kilobytes
    come_and_go(1000)
    time.sleep(0.2)
    assert simulator.open_descriptors <= descriptors
    assert simulator.resident_kilobytes - memory < 1024


def test_a_peer_that_leaves_before_its_slow_answer_is_forgotten(start_simulator):
    # Row T-12: the answer never goes to the one who comes next.
    simulator = start_simulator("--connections", 1)
    with simulator.connect() as leaving:
        leaving.send(messages.get("/slow?ms=400", token=b"same"))
        leaving.expect_silence(0.05)
        leaving.reset()
    with simulator.connect() as next_one:
        next_one.expect_silence(0.8)
        next_one.expect_alive()


def test_every_listener_serves(start_simulator):
    simulator = start_simulator(listen=("coap+tcp://127.0.0.1:0",) * 3)
    assert len(set(simulator.addresses)) == 3
    for address in simulator.addresses:
        with Peer.dial(address) as peer:
            peer.handshake()
            assert peer.exchange(messages.get("/time")).dotted == "2.05"


def test_ipv4_and_ipv6_side_by_side(start_simulator):
    simulator = start_simulator(listen=("coap+tcp://127.0.0.1:0", "coap+tcp://[::1]:0"))
    for address in simulator.addresses:
        with Peer.dial(address) as peer:
            peer.handshake()
            peer.expect_alive()


def test_the_state_of_resources_is_shared_by_all_connections(simulator):
    with simulator.connect() as one, simulator.connect() as other:
        for state in [b"1", b"0"]:
            one.exchange(messages.request(messages.PUT, "/actuators/led", payload=state))
            assert other.exchange(messages.get("/actuators/led")).payload == state


def test_a_device_that_was_busy_sleeps_afterwards(simulator):
    """It looks again before it sleeps while a peer is brisk, and no longer."""
    with simulator.connect() as peer:
        for _ in range(1000):
            peer.exchange(messages.get("/actuators/led"))
        before = simulator.cpu_seconds
        time.sleep(1)
        assert simulator.cpu_seconds - before < 0.1
        peer.expect_alive()
