"""What our client makes of answers, in whatever order, shape and pieces they come."""

import contextlib

import pytest

import messages
import wire
from messages import CONTENT_FORMAT, csm, response
from peer import FakeServer
from programs import start_coap
from wire import Message, code

rows = pytest.mark.rows


@contextlib.contextmanager
def serving(*arguments):
    """`coap get` with its connection (both CSMs done) and its request."""
    with FakeServer() as server:
        process = start_coap("get", server.uri("/x"), *arguments)
        with server.accept() as peer:
            peer.handshake()
            yield peer, peer.receive(), process


@pytest.mark.parametrize(
    "dotted, exit_code",
    [
        ("2.01", 0), ("2.02", 0), ("2.03", 0), ("2.04", 0), ("2.05", 0), ("2.30", 0),
        ("4.00", 4), ("4.04", 4), ("4.29", 4), ("4.31", 4),
        ("5.00", 5), ("5.03", 5), ("5.31", 5),
    ],
)
def test_the_exit_code_is_the_class_of_the_response(dotted, exit_code):
    with serving() as (peer, request, process):
        peer.send(response(request, dotted))
        assert process.wait() == exit_code, str(process)
    assert not process.stdout.strip(), str(process)
    if exit_code:
        assert dotted in process.stderr, str(process)


@rows("X-27")
def test_an_error_payload_is_shown_as_the_reason():
    with serving() as (peer, request, process):
        peer.send(response(request, "4.03", "nicht für dich".encode()))
        assert process.wait() == 4
    assert "4.03" in process.stderr and "nicht für dich" in process.stderr, str(process)
    assert not process.stdout, str(process)


def test_control_characters_of_a_peer_never_reach_the_terminal():
    with serving() as (peer, request, process):
        peer.send(response(request, "4.00", b"\x1b]0;title\x07\x1b[2J\r\xff\x00gone"))
        assert process.wait() == 4
    assert not set(process.stderr) & {"\x1b", "\x07", "\x00", "\r"}, repr(process.stderr)


def test_a_binary_payload_is_printed_unchanged():
    payload = bytes(range(256))
    with serving() as (peer, request, process):
        peer.send(response(request, "2.05", payload, (CONTENT_FORMAT, b"\x2a")))
        assert process.wait() == 0, str(process)
    assert process.stdout_bytes.removesuffix(b"\n") == payload.removesuffix(b"\n")


@rows("F-13")
@pytest.mark.parametrize("size", [0, 1, 12, 13, 268, 269, 1000])
def test_a_server_that_trickles_one_byte_at_a_time_is_understood(size):
    with FakeServer() as server:
        process = start_coap("get", server.uri("/x"))
        with server.accept() as peer:
            peer.send_split(wire.encode(csm()), pause=0.005)
            assert peer.receive().code == messages.CSM
            answer = wire.encode(response(peer.receive(), "2.05", b"t" * size))
            peer.send_split(answer, pause=0.002 if size < 50 else 0)
            assert process.wait() == 0, str(process)
    assert process.stdout.strip() == "t" * size


@rows("F-01")
def test_csm_pong_ping_and_response_in_one_segment():
    with FakeServer() as server:
        process = start_coap("get", server.uri("/x"))
        with server.accept() as peer:
            capabilities = wire.encode(csm())
            assert peer.receive().code == messages.CSM
            peer.send(capabilities)
            request = peer.receive()
            peer.send(
                capabilities, Message(messages.PONG), messages.ping(b"p"), b"\0\0",
                response(request, "2.05", b"at last"),
            )
            assert process.wait() == 0, str(process)
    assert process.stdout.strip() == "at last"


@rows("P-01")
def test_a_ping_before_the_response_gets_its_pong():
    with serving() as (peer, request, process):
        peer.send(messages.ping(b"hello"))
        assert peer.receive() == Message(messages.PONG, b"hello")
        peer.send(response(request, "2.05", b"ok"))
        assert process.wait() == 0, str(process)


@rows("T-14", "T-15")
def test_a_request_to_the_client_gets_an_error_and_the_exchange_goes_on():
    with serving() as (peer, request, process):
        answer = peer.exchange(messages.get("/a", token=request.token))
        assert answer.dotted in ("5.01", "4.04"), str(answer)
        peer.send(response(request, "2.05", b"ok"))
        assert process.wait() == 0, str(process)
    assert process.stdout.strip() == "ok"


@rows("X-17", "AMB-11")
def test_responses_with_another_token_are_dropped():
    with serving() as (peer, request, process):
        for token in [b"", request.token + b"x", request.token[:-1], b"other"]:
            peer.send(Message(code("2.05"), token, (), b"wrong"))
        peer.send(response(request, "2.05", b"right"))
        assert process.wait() == 0, str(process)
    assert process.stdout.strip() == "right"


@rows("X-22", "AMB-10", "V-F39")
def test_a_response_with_an_unknown_critical_option_is_refused():
    with serving() as (peer, request, process):
        peer.send(response(request, "2.05", b"secret", (2049, b"x")))
        assert process.wait() == 1, str(process)
    assert "secret" not in process.stdout and "2049" in process.stderr, str(process)


@rows("AMB-10")
def test_a_4_02_that_repeats_the_critical_option_is_still_a_4_02():
    with serving() as (peer, request, process):
        peer.send(response(request, "4.02", b"bad option", (2049, b"x")))
        assert process.wait() == 4, str(process)
    assert "4.02" in process.stderr and "bad option" in process.stderr, str(process)


@rows("X-19")
def test_unknown_elective_options_in_a_response_are_ignored():
    with serving() as (peer, request, process):
        peer.send(response(request, "2.05", b"fine", (4, b"etag"), (14, b""), (2048, b"?")))
        assert process.wait() == 0, str(process)
    assert process.stdout.strip() == "fine"


@rows("T-04", "L-02")
def test_a_server_that_waits_for_our_csm_and_sends_empty_messages_first():
    with FakeServer() as server:
        process = start_coap("get", server.uri("/x"))
        with server.accept() as peer:
            assert peer.receive().code == messages.CSM
            peer.send(b"\0\0", csm(), b"\0\0\0\0")
            peer.send(response(peer.receive(), "2.05", b"ok"))
            assert process.wait() == 0, str(process)


@rows("C-21")
@pytest.mark.parametrize(
    "capabilities",
    [
        "00e1", "08e1a1b2c3d4e5f60718", "50e12380010020", "50e12310000020", "90e1220480ff68656c6c6f",
        "30e1827a7a", "70e122090020220100", "20e14101",
    ],
)
def test_every_csm_seen_in_the_field_is_accepted(capabilities):
    with FakeServer() as server:
        process = start_coap("get", server.uri("/x"))
        with server.accept() as peer:
            peer.send(bytes.fromhex(capabilities))
            assert peer.receive().code == messages.CSM
            peer.send(response(peer.receive(), "2.05", b"ok"))
            assert process.wait() == 0, str(process)
