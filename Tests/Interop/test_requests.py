"""Methods, options and representations of the simulator's resources, asked by a raw client."""

import re
import time

import pytest

import messages
import wire
from messages import ACCEPT, CONTENT_FORMAT, DELETE, GET, POST, PUT, get, request
from programs import Simulator

rows = pytest.mark.rows


@pytest.fixture
def peer(simulator):
    with simulator.connect() as peer:
        yield peer


@rows("X-10", "X-24")
def test_a_sensor_answers_in_plain_text_by_default(peer):
    answer = peer.exchange(get("/sensors/temperature"))
    assert answer.dotted == "2.05"
    assert answer.values(CONTENT_FORMAT) == [b""], "format 0 is an empty uint"
    assert re.fullmatch(r"-?\d+(\.\d+)? Cel", answer.text)


def test_a_sensor_answers_in_senml_cbor_when_asked(peer):
    answer = peer.exchange(get("/sensors/humidity", accept=messages.SENML_CBOR))
    assert answer.uint(CONTENT_FORMAT) == messages.SENML_CBOR
    assert answer.payload[0] >> 5 == 4, "a SenML pack is a CBOR array"


@rows("X-32")
@pytest.mark.parametrize("path", ["/sensors/temperature", "/actuators/led"])
def test_an_accept_that_cannot_be_met_is_4_06(peer, path):
    assert peer.exchange(get(path, accept=65001)).dotted == "4.06"
    assert peer.exchange(get(path, accept=messages.TEXT_PLAIN)).dotted == "2.05"


@rows("X-11", "X-23")
def test_an_accept_with_a_leading_zero_counts_and_a_longer_one_is_a_bad_option(peer):
    assert peer.exchange(get("/time", extra=((ACCEPT, b"\x00\x00"),))).dotted == "2.05"
    assert peer.exchange(get("/time", extra=((ACCEPT, b"\x00\x00\x00"),))).dotted == "4.02"


@rows("X-20", "X-21", "X-27")
@pytest.mark.parametrize("number", [9, 2049, 65001])
def test_an_unknown_critical_option_is_4_02_with_a_text_that_names_it(peer, number):
    answer = peer.exchange(get("/time", extra=((number, b"?"),)))
    assert answer.dotted == "4.02"
    assert str(number) in answer.text
    assert answer.values(number) == [] and answer.values(CONTENT_FORMAT) == []


@rows("X-19")
@pytest.mark.parametrize("number", [2, 6, 14, 292, 2048, 65000])
def test_an_elective_option_that_is_unknown_or_unused_is_ignored(peer, number):
    assert peer.exchange(get("/time", extra=((number, b"?"),))).dotted == "2.05"


@rows("X-25")
def test_a_second_accept_is_a_bad_option(peer):
    twice = ((ACCEPT, b""), (ACCEPT, b"\x70"))
    assert peer.exchange(get("/sensors/temperature", extra=twice)).dotted == "4.02"


def test_uri_host_and_uri_port_are_accepted(peer):
    options = ((messages.URI_HOST, b"board.example"), (messages.URI_PORT, wire.uint(5683)))
    assert peer.exchange(get("/time", extra=options)).dotted == "2.05"


@rows("X-28")
@pytest.mark.parametrize("method", ["0.03", "0.04", "0.07", "0.08", "0.31"])
def test_a_method_that_a_resource_does_not_have_is_4_05(peer, method):
    assert peer.exchange(request(wire.code(method), "/time", payload=b"x")).dotted == "4.05"


@pytest.mark.parametrize(
    "path", ["/", "/tim", "/time/", "/time/x", "//time", "/sensors", "/Sensors/temperature"]
)
def test_paths_are_compared_segment_by_segment_and_byte_by_byte(peer, path):
    segments = tuple((messages.URI_PATH, s.encode()) for s in path.split("/")[1:])
    if path == "/":
        segments = ()
    assert peer.exchange(get("", extra=segments)).dotted == "4.04"


@rows("X-26")
def test_a_payload_on_a_get_is_ignored(peer):
    assert peer.exchange(request(GET, "/actuators/led", payload=b"?" * 50)).dotted == "2.05"


@pytest.mark.parametrize("state", [b"0", b"1"])
def test_the_led_takes_0_and_1(peer, state):
    assert peer.exchange(request(PUT, "/actuators/led", payload=state)).dotted == "2.04"
    assert peer.exchange(get("/actuators/led")).payload == state


@pytest.mark.parametrize("state", [b"", b"2", b"00", b"on", b"\xff", b"1" * 500])
def test_the_led_refuses_everything_else(peer, state):
    before = peer.exchange(get("/actuators/led")).payload
    assert peer.exchange(request(PUT, "/actuators/led", payload=state)).dotted == "4.00"
    assert peer.exchange(get("/actuators/led")).payload == before


@pytest.mark.parametrize("method", [POST, DELETE])
def test_the_led_has_no_other_method(peer, method):
    assert peer.exchange(request(method, "/actuators/led")).dotted == "4.05"


@rows("F-04", "F-07")
@pytest.mark.parametrize("content_format", [None, 0, 42, 60, 65000])
def test_echo_returns_payload_and_content_format(peer, content_format):
    payload = b"\xff\x00\xff"
    answer = peer.exchange(
        request(POST, "/echo", payload=payload, content_format=content_format)
    )
    assert answer.dotted in ("2.04", "2.05")
    assert answer.payload == payload
    if content_format is not None:
        assert answer.uint(CONTENT_FORMAT) == content_format


@rows("F-03")
@pytest.mark.parametrize("size", [0, 1, 10, 11, 12, 13, 250, 263, 264, 265, 266, 267, 268, 269, 1000])
def test_echo_of_every_length_form(peer, size):
    payload = bytes(index * 7 % 256 for index in range(size))
    assert peer.exchange(request(POST, "/echo", payload=payload)).payload == payload


def test_discovery_is_link_format_and_names_every_resource(peer):
    answer = peer.exchange(get("/.well-known/core"))
    assert answer.uint(CONTENT_FORMAT) == messages.LINK_FORMAT
    for path in ["sensors/temperature", "sensors/humidity", "actuators/led", "time", "echo", "log"]:
        assert f"</{path}>" in answer.text


def test_the_log_is_a_large_text(peer):
    answer = peer.exchange(get("/log"))
    assert answer.dotted == "2.05" and len(answer.payload) > 4096
    assert answer.text


@rows("P-02", "T-11")
def test_a_slow_answer_takes_its_time_and_no_longer(peer):
    begin = time.monotonic()
    assert peer.exchange(get("/slow?ms=300")).dotted == "2.05"
    assert 0.25 < time.monotonic() - begin < 2


@rows("T-13")
def test_the_same_token_on_two_connections_is_no_conflict(simulator):
    with simulator.connect() as first, simulator.connect() as second:
        first.send(get("/slow?ms=200", token=b"same"))
        second.send(get("/time", token=b"same"))
        assert second.receive().token == b"same"
        assert first.receive().token == b"same"


@rows("AMB-11")
def test_a_response_that_nobody_waits_for_is_dropped(peer):
    peer.send(wire.Message(wire.code("2.05"), b"unasked", (), b"x"))
    peer.expect_alive()


def test_the_same_seed_starts_with_the_same_values():
    def first_value(seed: str) -> float:
        device = Simulator("--seed", seed)
        with device.connect() as peer:
            value = float(peer.exchange(get("/sensors/humidity")).text.split()[0])
        device.stop()
        return value

    # It moves by at most 2.4 in a second.
    assert first_value("7") == pytest.approx(first_value("7"), abs=2)
    assert len({first_value(seed) for seed in ["1", "2", "3", "4"]}) > 1
