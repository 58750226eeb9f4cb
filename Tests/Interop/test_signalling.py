"""Ping, Pong, Custody, Release and Abort against the simulator."""

import time

import pytest

import messages
import wire
from wire import Message

rows = pytest.mark.rows


@rows("P-01", "AMB-12")
@pytest.mark.parametrize("length", range(9))
def test_a_ping_is_answered_with_its_token(simulator, length):
    token = bytes(range(1, length + 1))
    with simulator.connect() as peer:
        peer.send(messages.ping(token))
        assert peer.receive() == Message(messages.PONG, token)


@rows("P-02")
def test_a_pong_does_not_wait_for_a_slow_handler(simulator):
    with simulator.connect() as peer:
        slow = messages.get("/slow?ms=400")
        peer.send(slow, messages.ping(b"now"))
        assert peer.receive() == Message(messages.PONG, b"now")
        assert peer.receive().token == slow.token


@rows("P-05", "P-07", "P-08", "AMB-21")
def test_a_pong_with_custody_waits_for_every_earlier_request(simulator):
    with simulator.connect() as peer:
        slow, fast = messages.get("/slow?ms=400"), messages.get("/time")
        peer.send(slow, fast, messages.ping(b"all", custody=True))
        found = [peer.receive() for _ in range(3)]
        assert found[2] == Message(messages.PONG, b"all", ((messages.CUSTODY, b""),))
        assert {message.token for message in found[:2]} == {slow.token, fast.token}


@rows("P-08")
def test_custody_does_not_wait_for_later_requests(simulator):
    with simulator.connect() as peer:
        first, later = messages.get("/slow?ms=200"), messages.get("/slow?ms=1200")
        peer.send(first, messages.ping(b"c", custody=True), later)
        order = [peer.receive().token for _ in range(3)]
        assert order == [first.token, b"c", later.token]


@rows("P-09")
@pytest.mark.parametrize("pong", [Message(messages.PONG), Message(messages.PONG, b"unasked")])
def test_a_pong_that_nobody_asked_for_is_no_error(simulator, pong):
    with simulator.connect() as peer:
        peer.send(pong)
        peer.expect_alive()


@rows("S-05", "AMB-7")
@pytest.mark.parametrize("code", [messages.PING, messages.PONG, messages.RELEASE])
def test_an_unknown_critical_option_is_aborted_without_bad_csm_option(simulator, code):
    with simulator.connect() as peer:
        peer.send(Message(code, b"", ((9, b""),)))
        assert peer.expect_abort().values(messages.BAD_CSM_OPTION) == []


@rows("C-19", "A-05", "A-06")
@pytest.mark.parametrize("number", [1, 9, 65001])
def test_an_unknown_critical_csm_option_is_named_in_the_abort(simulator, number):
    with simulator.dial() as peer:
        peer.send(Message(messages.CSM, b"", ((number, b"x"),)))
        found = [m for m in peer.receive_to_end() if m.code != messages.CSM]
        assert [message.dotted for message in found] == ["7.05"]
        assert found[0].uint(messages.BAD_CSM_OPTION) == number
        assert str(number) in found[0].text


@rows("R-03")
def test_a_release_without_open_requests_is_answered_by_the_close_alone(simulator):
    with simulator.connect() as peer:
        peer.send(Message(messages.RELEASE))
        assert peer.receive_to_end(2) == []
        assert peer.ended == "fin"


@rows("R-05")
def test_what_was_asked_before_a_release_is_answered_before_the_close(simulator):
    with simulator.connect() as peer:
        slow, fast = messages.get("/slow?ms=400"), messages.get("/time")
        peer.send(slow, fast, Message(messages.RELEASE, payload=b"going home"))
        found = peer.receive_to_end()
        assert {message.token for message in found} == {slow.token, fast.token}
        assert {message.dotted for message in found} == {"2.05"}
        assert peer.ended == "fin"


@rows("R-08")
def test_a_request_behind_a_release_does_no_harm(simulator):
    with simulator.connect() as peer:
        late = messages.get("/time")
        peer.send(Message(messages.RELEASE), late)
        assert [message.token for message in peer.receive_to_end()] in ([], [late.token])


@rows("AMB-18")
def test_after_our_fin_the_owed_answer_is_still_sent(simulator):
    with simulator.connect() as peer:
        slow = messages.get("/slow?ms=300")
        peer.send(slow)
        peer.finish_sending()
        assert [message.token for message in peer.receive_to_end()] == [slow.token]


@rows("AMB-18")
def test_a_fin_right_behind_a_request_is_seen_every_time(simulator):
    # Both in one wake-up of the server, or in two: which it is varies from round to round.
    for _ in range(200):
        with simulator.dial() as peer:
            request = messages.get("/actuators/led")
            peer.send(messages.csm(), request)
            peer.finish_sending()
            assert peer.receive_to_end(2)[-1].token == request.token


@rows("A-04", "A-08")
def test_an_abort_is_answered_by_the_close_and_what_follows_is_ignored(simulator):
    with simulator.connect() as peer:
        switch = messages.request(messages.PUT, "/actuators/led", payload=b"1")
        assert peer.exchange(switch).dotted == "2.04"
        off = messages.request(messages.PUT, "/actuators/led", payload=b"0")
        peer.send(Message(messages.ABORT, payload=b"done for"), off)
        assert peer.receive_to_end() == []
    with simulator.connect() as peer:
        assert peer.exchange(messages.get("/actuators/led")).payload == b"1"


@rows("A-04", "F-11")
def test_nothing_behind_a_malformed_message_is_processed(simulator):
    with simulator.connect() as peer:
        peer.send(bytes.fromhex("110101f0"), messages.get("/time"), messages.ping(b"x"))
        peer.expect_abort()


@rows("A-01")
def test_a_malformed_message_drops_the_owed_answers_at_once(simulator):
    with simulator.connect() as peer:
        begin = time.monotonic()
        peer.send(messages.get("/slow?ms=3000"), bytes.fromhex("110101f0"))
        peer.expect_abort()
        assert time.monotonic() - begin < 2


@rows("R-13", "S-06")
def test_a_release_with_both_options_and_unknown_ones_is_honoured(simulator):
    options = ((2, b"other.example:5683"), (4, b"\x0a"), (8, b"?"))
    with simulator.connect() as peer:
        peer.send_split(wire.encode(Message(messages.RELEASE, b"t", options)))
        assert peer.receive_to_end() == []
