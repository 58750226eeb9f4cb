"""libcoap's client (Debian 4.3.1) against the simulator. It exits 0 whatever happens: its output counts."""

import re

import pytest

from harness import until
from programs import libcoap_client, start_libcoap_client


@pytest.mark.parametrize(
    "path, expected",
    [
        ("/sensors/temperature", r"-?\d+(\.\d+)? Cel"),
        ("/sensors/humidity", r"\d+(\.\d+)? %RH"),
        ("/actuators/led", r"[01]"),
        ("/time", r".*\d.*"),
    ],
)
def test_get_prints_the_value(simulator, path, expected):
    answer = libcoap_client("-m", "get", simulator.uri(path))
    assert re.fullmatch(expected, answer.stdout.strip()), str(answer)
    assert not answer.stderr, str(answer)


def test_get_of_a_large_text_arrives_whole(simulator):
    answer = libcoap_client("-m", "get", simulator.uri("/log"))
    assert len(answer.stdout_bytes) > 4096, str(answer)


def test_discovery_lists_every_resource(simulator):
    answer = libcoap_client("-m", "get", simulator.uri("/.well-known/core"))
    for path in [
        "/sensors/temperature", "/sensors/humidity", "/actuators/led", "/time", "/echo", "/log"
    ]:
        assert f"<{path}>" in answer.stdout, str(answer)


def test_put_switches_the_led(simulator):
    for state in ["1", "0", "1"]:
        put = libcoap_client("-m", "put", "-t", "0", "-e", state, simulator.uri("/actuators/led"))
        assert not put.stderr, str(put)
        assert libcoap_client(simulator.uri("/actuators/led")).stdout.strip() == state


def test_put_of_nonsense_is_a_bad_request(simulator):
    put = libcoap_client("-m", "put", "-e", "maybe", simulator.uri("/actuators/led"))
    assert "4.00" in put.stderr, str(put)


def test_post_is_echoed(simulator):
    post = libcoap_client("-m", "post", "-t", "0", "-e", "to be echoed", simulator.uri("/echo"))
    assert "to be echoed" in post.stdout, str(post)


@pytest.mark.parametrize(
    "code, arguments, path",
    [
        ("4.04", ["-m", "get"], "/no/such/resource"),
        ("4.05", ["-m", "delete"], "/time"),
        ("4.05", ["-m", "post", "-e", "x"], "/time"),
        ("4.06", ["-m", "get", "-A", "65001"], "/sensors/temperature"),
    ],
)
def test_refusals_have_their_code(simulator, code, arguments, path):
    answer = libcoap_client(*arguments, simulator.uri(path))
    assert code in answer.stderr, str(answer)


def test_accept_senml_cbor_gets_a_cbor_array(simulator, tmp_path):
    file = tmp_path / "senml"
    libcoap_client("-A", "112", "-o", file, simulator.uri("/sensors/temperature"))
    assert file.read_bytes()[0] >> 5 == 4, "a SenML pack is a CBOR array"


def test_an_eight_byte_token_is_echoed(simulator):
    answer = libcoap_client("-T", "longtokn", simulator.uri("/actuators/led"))
    assert answer.stdout.strip() in ("0", "1"), str(answer)


def test_three_requests_on_one_connection(simulator):
    answer = libcoap_client("-G", "3", "-w", simulator.uri("/actuators/led"))
    assert len(answer.stdout.split()) == 3, str(answer)


def test_keepalive_pings_are_answered_while_a_slow_resource_works(simulator):
    # libcoap closes after one missed Pong, so the answer itself shows that all arrived in time.
    answer = libcoap_client("-K", "1", "-v", "7", simulator.uri("/slow?ms=2500"))
    assert answer.stdout.count("c:Pong") >= 2, str(answer)
    assert re.search(r"c:2\.05 ", answer.stdout), str(answer)


def test_ten_clients_at_once_do_not_wait_for_each_other(simulator):
    clients = [start_libcoap_client("-v", "7", simulator.uri("/slow")) for _ in range(10)]
    until(lambda: not any(client.is_running for client in clients), 5, "every answer")
    for client in clients:
        client.wait()
        assert re.search(r"c:2\.05 ", client.stdout), str(client)


def test_ipv6_is_served(start_simulator):
    simulator = start_simulator(listen=("coap+tcp://[::1]:0",))
    answer = libcoap_client(simulator.uri("/actuators/led"))
    assert answer.stdout.strip() in ("0", "1"), str(answer)
