"""`coap observe` with libcoap, aiocoap and servers that the test plays (RFC 7641, RFC 8323 section 7)."""

import contextlib
import re
import signal
import time

import pytest

import messages
from harness import assert_one_clear_line, until
from messages import BLOCK2, ECHO, ETAG, MAX_AGE, OBSERVE, URI_PATH, block, block_of, response
from peer import ConnectionEnded, FakeServer
from programs import coap, start_coap

rows = pytest.mark.rows


# With aiocoap and libcoap


def test_a_hundred_notifications_of_aiocoap(aiocoap_server):
    answer = coap("observe", aiocoap_server.uri("/counter"), "--count", "100", within=40)
    assert answer.code == 0 and not answer.stderr, str(answer)
    numbers = [int(line) for line in answer.stdout.splitlines()]
    assert len(numbers) == 100 and numbers == sorted(set(numbers)), answer.stdout


@rows("O-08", "OB-05")
def test_aiocoap_has_forgotten_us_in_the_end(aiocoap_server):
    process = start_coap("observe", aiocoap_server.uri("/counter"))
    process.wait_for_line(r"^\d+\n\d+$")
    assert coap("get", aiocoap_server.uri("/observers")).stdout == "1"
    assert process.stop(signal.SIGINT) == 0 and not process.stderr, str(process)
    assert coap("get", aiocoap_server.uri("/observers")).stdout == "0"


def test_it_ends_by_itself_after_a_time(aiocoap_server):
    begin = time.monotonic()
    answer = coap("observe", aiocoap_server.uri("/counter"), "--for", "1")
    assert answer.code == 0 and 1 <= time.monotonic() - begin < 4, str(answer)
    assert len(answer.stdout.splitlines()) > 2


def test_too_few_notifications_in_that_time_are_a_failure(aiocoap_server):
    answer = coap("observe", aiocoap_server.uri("/counter"), "--for", "0.3", "--count", "1000")
    assert answer.code == 1, str(answer)
    assert re.search(r"coap: \d+ of 1000 notifications within 0\.3 s", answer.stderr), str(answer)


def test_a_resource_of_aiocoap_that_is_not_observable(aiocoap_server):
    answer = coap("observe", aiocoap_server.uri("/time"))
    assert answer.code == 1 and re.match(r"\d{4}-", answer.stdout), str(answer)
    assert "does not let this resource be observed" in answer.stderr, str(answer)


def test_a_resource_that_is_not_there(aiocoap_server):
    answer = coap("observe", aiocoap_server.uri("/none"))
    assert answer.code == 4, str(answer)
    assert_one_clear_line(answer, "4.04")


@rows("O-08")
def test_the_clock_of_libcoap(libcoap_server):
    answer = coap("observe", libcoap_server.uri("/time"), "--count", "3", "--trace", within=20)
    assert answer.code == 0, str(answer)
    assert len(set(re.findall(r"^.*\d\d:\d\d:\d\d$", answer.stdout, re.MULTILINE))) == 3
    last = [line for line in answer.stderr.splitlines() if "GET" in line or "2.05" in line][-2:]
    assert "Observe=1" in last[0] and "2.05" in last[1] and "Observe" not in last[1], last


def test_what_somebody_else_puts_is_seen(libcoap_server):
    uri = libcoap_server.uri("/example_data")
    large = "x" * 3000
    assert coap("put", uri, "--payload", "one").code == 0
    process = start_coap("observe", uri, "--count", "3")
    process.wait_for_line("^one$")
    assert coap("put", uri, "--payload", large).code == 0
    process.wait_for_line(f"^{large}$")
    assert coap("put", uri, "--payload", "three").code == 0
    assert process.wait() == 0, str(process)
    assert process.stdout.splitlines() == ["one", large, "three"]


# With a server that the test plays


@contextlib.contextmanager
def observing(*arguments):
    """The connection after both CSMs, the first request and the process."""
    with FakeServer() as server:
        process = start_coap("observe", server.uri("/s/1"), *arguments)
        with server.accept() as peer:
            peer.handshake()
            yield peer, peer.receive(), process
            process.wait()


def notify(peer, request, payload, *options, number=b"\1"):
    options = sorted([(OBSERVE, number), *options], key=lambda option: option[0])
    peer.send(response(request, "2.05", payload, *options))


def finish(peer, registration, *, answer="2.05"):
    """The end of the observation as it should be."""
    request = peer.receive()
    assert (request.code, request.token) == (messages.GET, registration.token)
    assert request.values(OBSERVE) == [b"\1"]
    assert request.values(URI_PATH) == registration.values(URI_PATH)
    peer.expect_silence(0.1)
    peer.send(response(request, answer, b"last"))
    assert peer.receive().code == messages.RELEASE
    peer.close()


@rows("OB-01", "O-02", "O-08", "O-10", "OB-09")
def test_an_observation_from_its_beginning_to_its_end():
    with observing("--count", "3") as (peer, request, process):
        assert request.values(OBSERVE) == [b""] and request.values(URI_PATH) == [b"s", b"1"]
        # The order of arrival is the truth, whatever the numbers say.
        for index, number in enumerate([b"\x0a", b"", b"\xff\xff\xff"]):
            notify(peer, request, b"state %d" % index, number=number)
        finish(peer, request)
    assert process.code == 0 and process.stderr == "", str(process)
    assert process.stdout.splitlines() == ["state 0", "state 1", "state 2"]


def test_each_notification_is_printed_when_it_comes():
    with observing("--count", "2") as (peer, request, process):
        notify(peer, request, b"now")
        process.wait_for_line("^now$", 3)
        notify(peer, request, b"")
        finish(peer, request)
    assert process.stdout == "now\n\n", repr(process.stdout)


def test_a_state_that_is_at_hand_is_not_sent_again():
    with observing("--count", "2", "--etag", "07") as (peer, request, process):
        peer.send(response(request, "2.03", b"", (ETAG, b"\7"), (OBSERVE, b"\1")))
        notify(peer, request, b"new")
        finish(peer, request)
    assert process.code == 0 and process.stdout == "new\n" and "not changed" in process.stderr, str(process)


def test_binary_notifications_are_printed_unchanged():
    with observing("--count", "2") as (peer, request, process):
        for payload in [b"\0\1\xff", b"\n\x80"]:
            notify(peer, request, payload, (messages.CONTENT_FORMAT, b"\x2a"))
        finish(peer, request)
    assert process.stdout_bytes == b"\0\1\xff\n\x80"


@rows("O-10")
def test_notifications_on_their_way_do_not_disturb_the_end():
    with observing("--count", "1") as (peer, request, process):
        notify(peer, request, b"one")
        end = peer.receive()
        assert end.values(OBSERVE) == [b"\1"]
        notify(peer, request, b"too late")
        peer.send(response(end, "2.05", b"last"))
        assert peer.receive().code == messages.RELEASE
    assert process.code == 0 and process.stdout == "one\n", str(process)


def test_a_server_that_does_not_answer_the_end_is_not_waited_for_endlessly():
    with observing("--count", "1") as (peer, request, process):
        notify(peer, request, b"one")
        begin = time.monotonic()
        assert peer.receive().values(OBSERVE) == [b"\1"]
        assert peer.receive(8).code == messages.RELEASE
        assert 4 < time.monotonic() - begin < 8
    assert process.code == 0, str(process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_observation_in_order(number):
    with observing() as (peer, request, process):
        notify(peer, request, b"one")
        process.wait_for_line("^one$")
        process.send_signal(number)
        finish(peer, request)
    assert process.code == 0 and process.stderr == "", str(process)


def test_a_second_signal_waits_for_nothing():
    with observing() as (peer, request, process):
        notify(peer, request, b"one")
        process.wait_for_line("^one$")
        process.send_signal(signal.SIGINT)
        assert peer.receive().values(OBSERVE) == [b"\1"]
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(ConnectionEnded):
            peer.receive()
        assert process.wait(3) == 0, str(process)


@rows("OB-04", "OB-07")
@pytest.mark.parametrize(
    "dotted, code, word", [("4.04", 4, "gone"), ("5.03", 5, "gone"), ("2.05", 1, "ended the observation")]
)
def test_the_end_by_the_server_is_said(dotted, code, word):
    with observing("--count", "5") as (peer, request, process):
        notify(peer, request, b"one")
        peer.send(response(request, dotted, b"gone"))
        assert peer.receive().code == messages.RELEASE
    assert process.code == code, str(process)
    assert process.stdout.splitlines() == (["one", "gone"] if code == 1 else ["one"])
    line = process.stderr.splitlines()
    assert len(line) == 1 and "ended the observation" in line[0] and word in line[0], str(process)


@rows("OB-04")
def test_a_plain_answer_is_no_observation():
    with observing() as (peer, request, process):
        peer.send(response(request, "2.05", b"plain"))
        assert peer.receive().code == messages.RELEASE
    assert process.code == 1 and process.stdout == "plain\n", str(process)
    assert "observed" in process.stderr, str(process)


@pytest.mark.parametrize("end", ["close", "reset"])
def test_the_end_of_the_connection_is_one_clear_line(end):
    with observing() as (peer, request, process):
        notify(peer, request, b"one")
        process.wait_for_line("^one$")
        getattr(peer, end)()
    assert process.code == 1 and len(process.stderr.splitlines()) == 1, str(process)


def test_no_answer_at_all_is_one_clear_line():
    with observing("--timeout", "0.5") as (peer, _, process):
        assert peer.receive().code == messages.RELEASE
    assert process.code == 1, str(process)
    assert_one_clear_line(process, "0.5 s")


@rows("E-01")
def test_a_registration_is_repeated_with_the_echo_that_is_demanded():
    with observing("--count", "1") as (peer, request, process):
        peer.send(response(request, "4.01", b"", (ECHO, b"fresh?")))
        second = peer.receive()
        assert second.values(ECHO) == [b"fresh?"] and second.values(OBSERVE) == [b""]
        notify(peer, second, b"one")
        finish(peer, second)
    assert process.code == 0 and process.stdout == "one\n", str(process)


# Silence


@rows("OB-10")
@pytest.mark.slow
@pytest.mark.timeout(90)
def test_the_observation_is_begun_anew_after_a_silence():
    """Max-Age is 1 s, so after 6 to 16 s; with the same token and the same options."""
    with observing("--count", "2") as (peer, request, process):
        notify(peer, request, b"one", (MAX_AGE, b"\1"))
        begin = time.monotonic()
        again = peer.receive(18)
        assert 5.9 <= time.monotonic() - begin < 17.5
        assert again == request, f"{again} is not {request}"
        notify(peer, again, b"two", (MAX_AGE, b"\1"))
        finish(peer, request)
    assert process.code == 0 and process.stdout == "one\ntwo\n", str(process)


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_a_silence_that_goes_on_is_said():
    with observing("--timeout", "1") as (peer, request, process):
        notify(peer, request, b"one", (MAX_AGE, b""))
        assert peer.receive(17).values(OBSERVE) == [b""]
        assert peer.receive(4).code == messages.RELEASE
    assert process.code == 1 and "no response within 1 s" in process.stderr, str(process)


# Large notifications


LARGE = b"".join(b"%05d\n" % index for index in range(500))


def part(request, body, etag, *options):
    number = (block_of(request, BLOCK2) or (0,))[0]
    value = block(number, (number + 1) * 1024 < len(body), 6)
    options = sorted([(ETAG, etag), (BLOCK2, value), *options], key=lambda option: option[0])
    return response(request, "2.05", body[number * 1024 :][:1024], *options)


@rows("BL-14")
def test_the_rest_of_a_large_notification_is_fetched():
    with observing("--count", "2") as (peer, request, process):
        for etag, body in [(b"\1", LARGE), (b"\2", LARGE[::-1])]:
            peer.send(part(request, body, etag, (OBSERVE, etag)))
            for number in (1, 2):
                rest = peer.receive()
                assert block_of(rest, BLOCK2) == (number, False, 6)
                assert rest.values(OBSERVE) == [] and rest.token != request.token
                peer.send(part(rest, body, etag))
        finish(peer, request)
    assert process.code == 0, str(process)
    assert process.stdout_bytes == LARGE + LARGE[::-1] + b"\n" * (not LARGE[::-1].endswith(b"\n"))


@rows("BL-06", "BL-14")
def test_a_newer_notification_makes_an_older_one_useless():
    with observing("--count", "1") as (peer, request, process):
        peer.send(part(request, LARGE, b"\1", (OBSERVE, b"\1")))
        old = peer.receive()
        notify(peer, request, b"the latest", (ETAG, b"\2"))
        peer.send(part(old, LARGE, b"\1"))
        finish(peer, request)
    assert process.code == 0 and process.stdout == "the latest\n", str(process)


@rows("BL-06", "BL-14")
def test_a_change_in_the_middle_is_read_anew():
    with observing("--count", "1") as (peer, request, process):
        peer.send(part(request, LARGE, b"\1", (OBSERVE, b"\1")))
        body = LARGE[::-1]
        peer.send(part(peer.receive(), body, b"\2"))
        for number in range(3):
            rest = peer.receive()
            assert (block_of(rest, BLOCK2) or (0,))[0] == number and rest.values(OBSERVE) == []
            peer.send(part(rest, body, b"\2"))
        finish(peer, request)
    assert process.code == 0 and process.stdout_bytes.rstrip() == body.rstrip(), str(process)


def test_a_rest_that_cannot_be_had_is_said_and_the_observation_goes_on():
    with observing("--count", "1") as (peer, request, process):
        peer.send(part(request, LARGE, b"\1", (OBSERVE, b"\1")))
        peer.send(response(peer.receive(), "4.04"))
        until(lambda: "lost" in process.stderr, 3)
        notify(peer, request, b"next")
        finish(peer, request)
    assert process.code == 0 and process.stdout == "next\n", str(process)
