"""The Capabilities and Settings Message, seen from a raw client of the simulator."""

import time

import pytest

import messages
import wire
from wire import Message

rows = pytest.mark.rows


@rows("T-01", "C-01", "C-07", "C-13", "C-14")
def test_first_message_is_a_csm_with_size_and_block_wise_transfer(simulator):
    with simulator.dial() as peer:
        capabilities = peer.handshake()
        assert capabilities.uint(messages.MAX_MESSAGE_SIZE) >= wire.BASE_MESSAGE_SIZE
        assert capabilities.values(messages.BLOCK_WISE_TRANSFER) == [b""]


@rows("C-07")
@pytest.mark.parametrize("size", [256, 1152, 2304])
def test_max_message_size_is_announced_as_configured(start_simulator, size):
    simulator = start_simulator("--max-message-size", size)
    with simulator.dial() as peer:
        assert peer.handshake().uint(messages.MAX_MESSAGE_SIZE) == size


@rows("T-05", "F-01")
def test_csm_and_request_in_one_segment_are_served(simulator):
    with simulator.dial() as peer:
        request = messages.get("/actuators/led")
        peer.send(messages.csm(), request)
        assert peer.receive().code == messages.CSM
        answer = peer.receive()
        assert (answer.dotted, answer.token) == ("2.05", request.token)


@rows("T-05", "F-13")
def test_csm_and_request_byte_by_byte_are_served(simulator):
    with simulator.dial() as peer:
        request = messages.get("/actuators/led")
        peer.send_split(wire.encode(messages.csm()) + wire.encode(request), pause=0.002)
        assert peer.receive().code == messages.CSM
        assert peer.receive().token == request.token


@rows("T-07")
@pytest.mark.parametrize(
    "first",
    [messages.get("/time"), messages.ping(b"\x01"), Message(wire.code("2.05"), b"\x01")],
    ids=["request", "ping", "response"],
)
def test_anything_before_the_csm_is_aborted(simulator, first):
    with simulator.dial() as peer:
        peer.send(first)
        found = peer.receive_to_end()
        assert [message.dotted for message in found if message.code != messages.CSM] == ["7.05"]
        assert found[-1].text, "the Abort has no diagnostic payload"


@rows("L-02", "AMB-1")
def test_an_empty_message_before_the_csm_is_ignored(simulator):
    with simulator.dial() as peer:
        peer.send(b"\x00\x00\x00\x00", messages.csm())
        assert peer.receive().code == messages.CSM
        peer.expect_alive()


@rows("C-02", "C-21")
def test_a_second_csm_with_token_and_payload_is_accepted(simulator):
    with simulator.connect() as peer:
        peer.send(Message(messages.CSM, b"token", (), b"hello"))
        peer.expect_alive()


@rows("T-09")
def test_without_a_csm_the_connection_ends_in_an_abort_and_others_are_served(start_simulator):
    simulator = start_simulator("--csm-timeout", "0.6")
    with simulator.dial() as silent, simulator.connect() as other:
        begin = time.monotonic()
        while time.monotonic() - begin < 0.4:
            assert other.exchange(messages.get("/time")).dotted == "2.05"
        found = silent.receive_to_end()
        assert 0.4 < time.monotonic() - begin < 3, "not at the configured time"
        assert [message.dotted for message in found][-1] == "7.05"
        assert found[-1].text and silent.ended == "fin"
        assert other.exchange(messages.get("/time")).dotted == "2.05"


@rows("T-09")
def test_half_a_csm_does_not_stop_the_deadline(start_simulator):
    simulator = start_simulator("--csm-timeout", "0.5")
    with simulator.dial() as peer:
        peer.send(b"\x50\xe1\x23")
        assert peer.receive_to_end()[-1].dotted == "7.05"


@rows("T-09")
def test_empty_messages_do_not_stop_the_deadline(start_simulator):
    simulator = start_simulator("--csm-timeout", "0.5")
    with simulator.dial() as peer:
        peer.send(b"\x00\x00")
        assert peer.receive_to_end()[-1].dotted == "7.05"


@rows("T-02", "T-09")
def test_a_legacy_peer_is_served_after_the_wait(start_simulator):
    simulator = start_simulator("--legacy-peers", "0.3")
    with simulator.dial() as peer:
        time.sleep(0.6)
        request = messages.get("/actuators/led")
        peer.send(request)
        found = [peer.receive(), peer.receive()]
        assert found[0].code == messages.CSM, "our own CSM is still first"
        assert (found[1].dotted, found[1].token) == ("2.05", request.token)


@rows("T-09")
def test_a_legacy_peer_may_ask_at_once(start_simulator):
    simulator = start_simulator("--legacy-peers", "0.3")
    with simulator.dial() as peer:
        request = messages.get("/actuators/led")
        peer.send(request)
        found = [peer.receive(), peer.receive()]
        assert (found[1].dotted, found[1].token) == ("2.05", request.token)


@rows("T-02", "C-08")
def test_base_values_hold_for_a_csm_without_options(simulator):
    with simulator.connect(Message(messages.CSM)) as peer:
        large = messages.get("/log")
        peer.send(large)
        answer = peer.receive()
        assert answer.token == large.token
        assert len(wire.encode(answer)) <= wire.BASE_MESSAGE_SIZE
        assert peer.exchange(messages.get("/actuators/led")).dotted == "2.05"
