"""Time: a message that stops half-way, an idle peer, a peer that stays after our Release."""

import time

import pytest

import messages
import wire
from programs import Simulator

rows = pytest.mark.rows
REQUEST = wire.encode(messages.echo(b"x" * 300, token=b"abcd"))


@pytest.mark.parametrize("kept", [1, 2, 3, 4, 6, 9, 100, len(REQUEST) - 1])
def test_a_message_that_stops_half_way_is_aborted(half_message_simulator, kept):
    with half_message_simulator.connect() as peer, half_message_simulator.connect() as other:
        begin = time.monotonic()
        peer.send(REQUEST[:kept])
        peer.expect_silence(0.15)
        assert other.exchange(messages.get("/time")).dotted == "2.05"
        peer.expect_abort()
        assert peer.ended == "fin"
        assert 0.4 < time.monotonic() - begin < 4, "not at the configured time"
        other.expect_alive()


@pytest.fixture(scope="module")
def half_message_simulator():
    simulator = Simulator("--message-timeout", "0.6", "--idle-timeout", "60")
    yield simulator
    assert simulator.stop() == 0, str(simulator)


def test_a_message_that_arrives_in_time_in_two_parts_is_served(half_message_simulator):
    with half_message_simulator.connect() as peer:
        peer.send(REQUEST[:50])
        time.sleep(0.2)
        peer.send(REQUEST[50:])
        assert peer.receive().payload == b"x" * 300


def test_the_deadline_of_a_half_message_ends_with_the_message(half_message_simulator):
    with half_message_simulator.connect() as peer:
        peer.send_split(REQUEST, seed=1)
        assert peer.receive().token == b"abcd"
        peer.expect_silence(0.9)
        peer.expect_alive()


@rows("R-01", "R-04")
def test_an_idle_peer_gets_a_release_and_is_closed_even_if_it_ignores_that(start_simulator):
    simulator = start_simulator("--idle-timeout", "0.5", "--release-timeout", "0.5")
    with simulator.connect() as peer:
        begin = time.monotonic()
        found = peer.receive_to_end()
        # A Ping may have asked first.
        assert [m.dotted for m in found if m.code != messages.PING] == ["7.04"]
        assert 0.7 < time.monotonic() - begin < 4, "not at the configured times"
    simulator.assert_serving()


@rows("R-01", "R-03")
def test_an_idle_peer_that_obeys_the_release_is_done_at_once(start_simulator):
    simulator = start_simulator("--idle-timeout", "0.4", "--release-timeout", "30")
    with simulator.connect() as peer:
        while (message := peer.receive()).code == messages.PING:
            pass
        assert message.code == messages.RELEASE
        peer.finish_sending()
        assert peer.receive_to_end() == []


@rows("L-01", "L-02")
@pytest.mark.parametrize("sign_of_life", [messages.ping(), b"\x00\x00", messages.get("/time")])
def test_any_byte_proves_life(start_simulator, sign_of_life):
    simulator = start_simulator("--idle-timeout", "1.2")
    with simulator.connect() as peer:
        for _ in range(6):
            time.sleep(0.3)
            peer.send(sign_of_life)
        peer.send(wire.encode(messages.get("/actuators/led", token=b"last")))
        codes = []
        while (message := peer.receive()).token != b"last":
            codes.append(message.dotted)
        assert "7.04" not in codes and "7.05" not in codes


def test_waiting_peers_cost_no_processor_time(start_simulator):
    simulator = start_simulator("--message-timeout", "60", "--csm-timeout", "60")
    with simulator.dial(), simulator.connect(), simulator.connect() as half:
        half.send(REQUEST[:20])
        time.sleep(0.2)
        before = simulator.cpu_seconds
        time.sleep(1)
        assert simulator.cpu_seconds - before < 0.2, "the loop spins while nothing happens"
