"""Servers that fail our client: each ends in exit code 1 (or the code it earned) and one clear line."""

import time

import pytest

import messages
import wire
from harness import assert_one_clear_line
from messages import response
from peer import FakeServer, closed_port
from programs import coap, start_coap
from wire import Message, code

rows = pytest.mark.rows


def play(script, *options, within=5):
    """Runs `coap get` while `script(peer)` plays the server; returns the process."""
    with FakeServer() as server:
        process = start_coap("get", server.uri("/x"), *options)
        with server.accept() as peer:
            script(peer)
            process.wait(within)
    return process


def after_request(*items):
    """Both CSMs, the request, then these items and our FIN."""

    def script(peer):
        peer.handshake()
        request = peer.receive()
        peer.send(*(item(request) if callable(item) else item for item in items))
        peer.finish_sending()

    return script


def test_connection_refused_is_one_clear_line():
    answer = coap("get", f"coap+tcp://127.0.0.1:{closed_port()}/x")
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "refused")


def test_a_name_that_does_not_exist_is_one_clear_line():
    answer = coap("get", "coap+tcp://no-such-host.invalid/x", within=45)
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "no-such-host.invalid")


@rows("T-07", "T-09")
def test_a_server_without_csm_ends_at_the_deadline():
    begin = time.monotonic()
    seen = []

    def script(peer):
        seen.extend(peer.receive_to_end())

    process = play(script, "--csm-timeout", "0.5")
    assert process.code == 1, str(process)
    assert 0.4 < time.monotonic() - begin < 4, "not at the configured time"
    assert_one_clear_line(process)
    assert seen[0].code == messages.CSM and seen[-1].code == messages.ABORT
    assert seen[-1].text


@rows("T-07")
def test_a_response_without_csm_is_aborted():
    def script(peer):
        assert peer.receive().code == messages.CSM
        peer.send(Message(code("2.05"), b"\x01", (), b"x"))
        assert peer.receive_to_end()[-1].code == messages.ABORT

    process = play(script)
    assert process.code == 1, str(process)
    assert_one_clear_line(process)


@rows("C-19", "S-05")
def test_a_csm_with_an_unknown_critical_option_is_aborted():
    def script(peer):
        peer.send(Message(messages.CSM, b"", ((1, b"name"),)))
        abort = peer.receive_to_end()[-1]
        assert (abort.code, abort.uint(messages.BAD_CSM_OPTION)) == (messages.ABORT, 1)

    assert play(script).code == 1


def test_the_end_of_the_connection_before_the_response_is_named():
    process = play(after_request())
    assert process.code == 1, str(process)
    assert_one_clear_line(process)


@pytest.mark.parametrize("kept", [1, 2, 5, 100])
def test_the_end_in_the_middle_of_the_response_is_named(kept):
    process = play(
        after_request(lambda request: wire.encode(response(request, "2.05", b"z" * 200))[:kept])
    )
    assert process.code == 1, str(process)
    assert not process.stdout, str(process)
    assert_one_clear_line(process)


def test_a_reset_is_one_clear_line():
    def script(peer):
        peer.handshake()
        peer.receive()
        peer.reset()

    process = play(script)
    assert process.code == 1, str(process)
    assert_one_clear_line(process)


def test_a_close_right_after_accept_is_one_clear_line():
    process = play(lambda peer: peer.close())
    assert process.code == 1, str(process)
    assert_one_clear_line(process)


@rows("A-03", "A-06", "A-08")
def test_the_text_of_an_abort_is_shown():
    answered = []

    def script(peer):
        peer.handshake()
        peer.receive()
        peer.send(Message(messages.ABORT, b"", (), "geht nicht".encode()))
        answered.extend(peer.receive_to_end())

    process = play(script)
    assert process.code == 1, str(process)
    assert answered == [], "an Abort is never answered"
    assert_one_clear_line(process, "geht nicht")


def test_control_characters_in_an_abort_never_reach_the_terminal():
    process = play(after_request(Message(messages.ABORT, payload=b"\x1b[31mred\x07\n\xff\xfe")))
    assert process.code == 1
    assert not set(process.stderr) & {"\x1b", "\x07"}, repr(process.stderr)
    assert_one_clear_line(process)


@rows("R-03", "R-06")
def test_a_release_before_the_response_ends_the_exchange():
    seen = []

    def script(peer):
        peer.handshake()
        peer.receive()
        peer.send(Message(messages.RELEASE, payload=b"maintenance"))
        seen.extend(peer.receive_to_end())

    process = play(script, within=20)
    assert process.code == 1, str(process)
    assert all(message.code != messages.ABORT for message in seen)
    assert_one_clear_line(process)


@rows("R-06", "R-08")
def test_a_response_behind_a_release_still_counts_or_fails_cleanly():
    process = play(
        after_request(Message(messages.RELEASE), lambda r: response(r, "2.05", b"late")), within=20
    )
    assert (process.code, process.stdout.strip()) in ((0, "late"), (1, "")), str(process)


@rows("F-11")
@pytest.mark.parametrize(
    "garbage", ["110101f0", "0f01", "1045ff", "0900", "00e7", "00c0", "0100aa", "ffffffffffff45"]
)
def test_garbage_is_aborted_and_reported(garbage):
    seen = []

    def script(peer):
        peer.handshake()
        peer.receive()
        peer.send(bytes.fromhex(garbage))
        seen.extend(peer.receive_to_end())

    process = play(script)
    assert process.code == 1, str(process)
    assert [message.dotted for message in seen] == ["7.05"] and seen[0].text
    assert_one_clear_line(process)


@rows("C-07", "F-12")
def test_a_response_larger_than_announced_is_refused_from_its_header():
    def script(peer):
        peer.handshake()
        request = peer.receive()
        peer.send(wire.encode(response(request, "2.05", b"h" * (1 << 25)))[:100])
        assert peer.receive_to_end()[-1].code == messages.ABORT

    process = play(script)
    assert process.code == 1, str(process)
    assert_one_clear_line(process)


def test_a_server_that_speaks_http_is_reported():
    process = play(lambda peer: peer.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))
    assert process.code == 1, str(process)
    assert_one_clear_line(process)


def test_ping_reports_a_server_that_does_not_answer():
    with FakeServer() as server:
        process = start_coap("ping", server.uri(), "--count", "1")
        with server.accept() as peer:
            peer.handshake()
            assert peer.receive().code == messages.PING
            peer.close()
        assert process.wait() == 1, str(process)


@rows("P-01", "P-09")
@pytest.mark.parametrize("lost", [False, True], ids=["token echoed", "token lost"])
def test_ping_counts_every_pong(lost):
    with FakeServer() as server:
        process = start_coap("ping", server.uri(), "--count", "3")
        with server.accept() as peer:
            peer.handshake()
            tokens = []
            for _ in range(3):
                ping = peer.receive()
                assert ping.code == messages.PING
                tokens.append(ping.token)
                peer.send(Message(messages.PONG, b"" if lost else ping.token))
            assert process.wait() == 0, str(process)
    assert len(set(tokens)) == 3, "each Ping has a token of its own"
