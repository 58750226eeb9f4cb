"""Conditions, extensions of methods and the answers that they get, on our client's side."""

import contextlib
import time

import pytest

import messages
from harness import assert_one_clear_line
from messages import ECHO, ETAG, HOP_LIMIT, IF_MATCH, IF_NONE_MATCH, MAX_AGE, NO_RESPONSE, response
from peer import ConnectionEnded, FakeServer
from programs import coap, start_coap
from wire import Message

rows = pytest.mark.rows


@contextlib.contextmanager
def serving(*arguments, capabilities=None):
    with FakeServer() as server:
        method, *options = arguments
        process = start_coap(method, server.uri("/x"), *options)
        with server.accept() as peer:
            peer.handshake(capabilities)
            yield peer, process
            process.wait()


@pytest.mark.parametrize(
    "arguments, number, values",
    [
        (["--if-match", "a1b2"], IF_MATCH, [b"\xa1\xb2"]),
        (["--if-match", ""], IF_MATCH, [b""]),
        (["--if-match", "01", "--if-match", "0203040506070809"], IF_MATCH, [b"\1", bytes(range(2, 10))]),
        (["--if-none-match"], IF_NONE_MATCH, [b""]),
        (["--etag", "01", "--etag", "02"], ETAG, [b"\1", b"\2"]),
        (["--hop-limit", "1"], HOP_LIMIT, [b"\1"]),
        (["--hop-limit", "255"], HOP_LIMIT, [b"\xff"]),
        (["--accept", "cbor"], messages.ACCEPT, [b"\x3c"]),
        (["--no-response", "4"], NO_RESPONSE, [b"\x08"]),
        (["--no-response", "4,5"], NO_RESPONSE, [b"\x18"]),
    ],
)
def test_each_option_says_what_it_should(arguments, number, values):
    with serving("put", "--payload", "1", *arguments) as (peer, process):
        request = peer.receive()
        assert request.values(number) == values, str(request)
        peer.send(response(request, "2.04"))
    assert process.code == 0, str(process)


def test_all_of_them_at_once_are_in_order():
    arguments = ["--if-match", "01", "--etag", "02", "--hop-limit", "3", "--accept", "0"]
    arguments += ["--option", "2049=ff"]
    with serving("put", "--payload", "1", "--content-format", "0", *arguments) as (peer, process):
        numbers = [number for number, _ in peer.receive().options]
        assert numbers == [1, 4, 11, 12, 16, 17, 2049]
        peer.reset()
    assert process.code == 1


def test_2_03_is_a_success_that_changes_no_file(tmp_path):
    target = tmp_path / "kept"
    target.write_text("as it was")
    with serving("get", "--etag", "0102", "-o", target) as (peer, process):
        peer.send(response(peer.receive(), "2.03", b"", (ETAG, b"\1\2")))
    assert process.code == 0 and process.stdout == "", str(process)
    assert "2.03" in process.stderr and "not changed" in process.stderr, str(process)
    assert target.read_text() == "as it was" and len(list(tmp_path.iterdir())) == 1


def test_an_etag_of_aiocoap_saves_the_body(aiocoap_server):
    first = coap("get", aiocoap_server.uri("/large"), "--verbose", "-o", "/dev/null", within=30)
    tag = first.stderr.partition("ETag=")[2].split()[0]
    second = coap("get", aiocoap_server.uri("/large"), "--etag", tag)
    assert second.code == 0 and second.stdout == "" and "not changed" in second.stderr, str(second)
    third = coap("get", aiocoap_server.uri("/large"), "--etag", "00", within=30)
    assert len(third.stdout_bytes) > 1 << 20


@pytest.mark.parametrize("dotted", ["4.12", "4.06", "4.09", "4.22", "5.08"])
def test_a_condition_that_does_not_hold_is_its_class(dotted):
    with serving("put", "--payload", "1", "--if-match", "01") as (peer, process):
        peer.send(response(peer.receive(), dotted, b"no"))
    assert process.code == int(dotted[0]), str(process)
    assert_one_clear_line(process, dotted, "no")


# Echo (RFC 9175)


@rows("E-01")
def test_aiocoap_gets_its_echo_back(aiocoap_server):
    answer = coap("get", aiocoap_server.uri("/fresh"), "--trace")
    assert answer.code == 0 and answer.stdout == "fresh", str(answer)
    assert "4.01" in answer.stderr, "the resource has not demanded it"


@rows("E-01", "E-02")
@pytest.mark.parametrize("value", [b"\0", bytes(range(40))])
def test_a_4_01_with_echo_repeats_the_request_once_with_it(value):
    with serving("put", "--payload", "again", "--content-format", "0") as (peer, process):
        first = peer.receive()
        peer.send(response(first, "4.01", b"", (ECHO, value)))
        second = peer.receive()
        assert second.values(ECHO) == [value] and second.payload == b"again"
        assert second.token != first.token
        assert [each for each in second.options if each[0] != ECHO] == list(first.options)
        peer.send(response(second, "2.04"))
    assert process.code == 0, str(process)


@rows("E-01")
def test_a_server_that_is_never_satisfied_is_asked_twice():
    with serving("get") as (peer, process):
        peer.send(response(peer.receive(), "4.01", b"", (ECHO, b"one")))
        peer.send(response(peer.receive(), "4.01", b"still not", (ECHO, b"two")))
        assert peer.receive().code == messages.RELEASE
    assert process.code == 4, str(process)
    assert_one_clear_line(process, "4.01", "still not")


@pytest.mark.parametrize("options", [(), ((ECHO, b""),), ((ECHO, bytes(41)),)])
def test_a_4_01_without_a_usable_echo_is_the_answer(options):
    with serving("get") as (peer, process):
        peer.send(response(peer.receive(), "4.01", b"who are you", *options))
        assert peer.receive().code == messages.RELEASE
    assert process.code == 4, str(process)


@rows("E-01")
def test_an_echo_in_another_response_goes_into_the_next_request_of_the_connection():
    with serving("get", "--retry", "1") as (peer, process):
        first = peer.receive()
        assert first.values(ECHO) == []
        peer.send(response(first, "5.03", b"", (MAX_AGE, b""), (ECHO, b"later")))
        second = peer.receive()
        assert second.values(ECHO) == [b"later"]
        peer.send(response(second, "2.05", b"done"))
    assert process.code == 0 and process.stdout == "done", str(process)


# Later


@rows("Q-01", "Q-02")
@pytest.mark.parametrize("dotted", ["4.29", "5.03"])
def test_the_time_to_ask_again_is_said(dotted):
    with serving("get") as (peer, process):
        peer.send(response(peer.receive(), dotted, b"busy", (MAX_AGE, b"\x1e")))
    assert process.code == int(dotted[0]), str(process)
    assert_one_clear_line(process, dotted, "busy", "30 s")


@rows("Q-02")
def test_retry_waits_as_long_as_the_server_says():
    with serving("get", "--retry", "2") as (peer, process):
        request = peer.receive()
        for _ in range(2):
            peer.send(response(request, "4.29", b"", (MAX_AGE, b"\1")))
            begin = time.monotonic()
            request = peer.receive()
            assert 0.99 <= time.monotonic() - begin < 3
        peer.send(response(request, "2.05", b"at last"))
    assert process.code == 0 and process.stdout == "at last", str(process)


@rows("Q-01")
def test_retry_gives_up_in_the_end(aiocoap_server):
    with serving("get", "--retry", "1") as (peer, process):
        peer.send(response(peer.receive(), "4.29", b"", (MAX_AGE, b"")))
        peer.send(response(peer.receive(), "4.29", b"", (MAX_AGE, b"")))
        assert peer.receive().code == messages.RELEASE
    assert process.code == 4 and "4.29" in process.stderr.splitlines()[-1], str(process)


def test_retry_does_not_wait_for_hours():
    with serving("get", "--retry", "1") as (peer, process):
        peer.send(response(peer.receive(), "5.03", b"", (MAX_AGE, b"\x0e\x10")))
        assert peer.receive().code == messages.RELEASE
    assert process.code == 5 and "3600 s" in process.stderr, str(process)


def test_retry_with_aiocoap(aiocoap_server):
    answer = coap("get", aiocoap_server.uri("/busy"), "--retry", "3")
    assert answer.code == 0 and answer.stdout == "at last", str(answer)


# No-Response (RFC 7967)


@rows("N-01", "N-03")
def test_without_any_response_nothing_is_waited_for():
    with serving("put", "--payload", "1", "--no-response", "2,4,5") as (peer, process):
        assert peer.receive().values(NO_RESPONSE) == [b"\x1a"]
        assert peer.receive().code == messages.RELEASE
    assert process.code == 0 and process.stderr == "", str(process)


@rows("N-01", "N-05")
def test_silence_is_over_when_the_request_has_been_processed():
    with serving("put", "--payload", "1", "--no-response", "2") as (peer, process):
        peer.receive()
        ping = peer.receive()
        assert ping.code == messages.PING and ping.values(messages.CUSTODY) == [b""]
        peer.send(Message(messages.PONG, ping.token, ((messages.CUSTODY, b""),)))
        assert peer.receive(1).code == messages.RELEASE
    assert process.code == 0 and process.stderr == "", str(process)


@rows("N-02")
def test_a_response_of_another_class_still_counts():
    with serving("put", "--payload", "1", "--no-response", "2") as (peer, process):
        request = peer.receive()
        ping = peer.receive()
        # aiocoap's Pongs overtake.
        peer.send(Message(messages.PONG, ping.token))
        peer.send(response(request, "4.04", b"no such thing"))
    assert process.code == 4, str(process)
    assert_one_clear_line(process, "4.04", "no such thing")


# Extended tokens (RFC 8974)


def with_tokens(length):
    csm = messages.csm()
    option = (messages.EXTENDED_TOKEN_LENGTH, messages.uint(length))
    return Message(csm.code, options=(*csm.options, option))


@rows("ET-01", "ET-04", "ET-05")
@pytest.mark.parametrize("state", ["aabb", "00112233", "aa" * 9, "cc" * 60])
def test_token_state_comes_back(state):
    with serving("get", "--token-state", state, "-v", capabilities=with_tokens(64)) as (peer, process):
        request = peer.receive()
        assert request.token[4:] == bytes.fromhex(state)
        peer.send(response(request, "2.05", b"ok"))
    assert process.code == 0 and f"token={request.token.hex()}" in process.stderr, str(process)


@rows("ET-01")
def test_a_token_with_another_state_is_another_token():
    with serving("get", "--token-state", "aabbccddee", capabilities=with_tokens(64)) as (peer, process):
        request = peer.receive()
        peer.send(Message(response(request, "2.05").code, request.token[:-1] + b"\0", (), b"wrong"))
        peer.send(response(request, "2.05", b"right"))
    assert process.stdout == "right", str(process)


@rows("ET-06")
def test_a_long_token_is_not_sent_to_a_server_that_takes_none():
    with serving("get", "--token-state", "aabbccddee") as (peer, process):
        with contextlib.suppress(ConnectionEnded):
            assert peer.receive().code == messages.RELEASE
    assert process.code == 1, str(process)
    assert_one_clear_line(process, "--token-state")
