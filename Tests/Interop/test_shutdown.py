"""SIGINT and SIGTERM: Release to every peer, then the close, exit code 0."""

import signal
import time

import pytest

import messages

rows = pytest.mark.rows
BOTH_SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@BOTH_SIGNALS
def test_without_peers_it_ends_at_once(start_simulator, number):
    simulator = start_simulator()
    begin = time.monotonic()
    assert simulator.stop(number) == 0, str(simulator)
    assert time.monotonic() - begin < 2


@rows("R-01", "R-03")
@BOTH_SIGNALS
def test_every_peer_gets_a_release_and_may_close_first(start_simulator, number):
    simulator = start_simulator("--release-timeout", "30", "--connections", 8)
    peers = [simulator.connect() for _ in range(5)]
    peers[0].exchange(messages.get("/time"))
    simulator.send_signal(number)
    for peer in peers:
        assert peer.receive().code == messages.RELEASE
        peer.finish_sending()
        assert peer.receive_to_end() == []
    assert simulator.wait(5) == 0, str(simulator)


@rows("R-01", "R-04")
@BOTH_SIGNALS
def test_a_peer_that_ignores_the_release_is_closed_by_the_timer(start_simulator, number):
    simulator = start_simulator("--release-timeout", "0.5")
    with simulator.connect() as stubborn:
        begin = time.monotonic()
        simulator.send_signal(number)
        assert [m.dotted for m in stubborn.receive_to_end()] == ["7.04"]
        assert 0.3 < time.monotonic() - begin < 3
    assert simulator.wait(5) == 0, str(simulator)


def test_a_connection_without_csm_does_not_hold_up_the_end(start_simulator):
    simulator = start_simulator("--release-timeout", "0.5")
    with simulator.dial() as silent:
        time.sleep(0.1)
        assert simulator.stop() == 0, str(simulator)
        silent.receive_to_end()


def test_a_half_message_does_not_hold_up_the_end(start_simulator):
    simulator = start_simulator("--release-timeout", "0.5")
    with simulator.connect() as peer:
        peer.send(b"\xd0")
        peer.expect_silence(0.1)
        assert simulator.stop() == 0, str(simulator)
        assert peer.receive_to_end()[0].code == messages.RELEASE


def test_a_peer_that_does_not_read_does_not_hold_up_the_end(start_simulator):
    simulator = start_simulator("--release-timeout", "0.5")
    with simulator.dial(receive_buffer=4096) as peer:
        peer.handshake()
        peer.send(*(messages.get("/log") for _ in range(1500)))
        time.sleep(0.3)
        assert simulator.stop(within=5) == 0, str(simulator)


def test_no_new_connection_is_served_while_it_ends(start_simulator):
    simulator = start_simulator("--release-timeout", "1")
    with simulator.connect() as stubborn:
        simulator.send_signal(signal.SIGTERM)
        assert stubborn.receive().code == messages.RELEASE
        try:
            late = simulator.dial()
        except ConnectionRefusedError:
            pass
        else:
            assert not late.is_served()
    assert simulator.wait(5) == 0, str(simulator)


def test_the_port_can_be_used_again_at_once(start_simulator):
    first = start_simulator("--release-timeout", "0.3")
    with first.connect() as peer:
        first.send_signal(signal.SIGTERM)
        peer.receive_to_end()  # the simulator closes first: its side stays in TIME_WAIT
    assert first.wait(5) == 0
    second = start_simulator(listen=(f"coap+tcp://127.0.0.1:{first.address[1]}",))
    second.assert_serving()
