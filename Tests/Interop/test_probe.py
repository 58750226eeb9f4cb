"""`coap probe`: it finds the quirks that libcoap 4.3.1 and aiocoap 0.4.17 are known for, and none in our own ends."""

import json
import re
import socket
import threading
import time

import pytest

from harness import REPOSITORY, until
from peer import closed_port
from programs import (
    AiocoapServer, aiocoap_client, coap, libcoap_client, start_coap,
)

TIME = 120.0

LIBCOAP_SERVER = {
    "violates": {
        "request-before-csm", "csm-critical-option", "ping-token", "ping-critical-option", "byte-by-byte",
        "cut-in-header", "pipelined", "token-length-9", "token-length-13", "token-length-15", "option-delta-15",
        "option-length-15", "option-beyond-message", "marker-without-payload", "empty-with-token", "http",
        "option-twice", "option-too-long", "accept",
    },
    "differs": {
        "unknown-signal", "small-messages", "reserved-class-1", "reserved-class-6", "diagnostic-payload",
    },
}
AIOCOAP_SERVER = {
    "violates": {
        "empty-before-csm", "empty", "small-messages", "marker-without-payload", "empty-with-token",
        "reserved-class-1", "reserved-class-6", "unknown-critical-option", "option-twice", "option-too-long",
        "accept", "proxy-uri",
    },
    "differs": {"release-behind-request", "same-token-twice", "hop-limit"},
}
LIBCOAP_CLIENT = {
    "violates": {
        "client-csm-critical-option", "client-response-before-csm", "client-ping-token", "client-token-length-9",
        "client-token-length-15", "client-option-delta-15",
    },
    "differs": {"client-unknown-signal"},
}
AIOCOAP_CLIENT = {"violates": {"client-empty-before-csm"}, "differs": set()}


def probe(*arguments) -> dict:
    process = coap("probe", "--json", *arguments, within=TIME)
    assert process.stdout.startswith("{"), f"{process}"
    report = json.loads(process.stdout)
    assert process.code == (1 if report["violates"] else 0), f"{process}"
    return report


def named(report: dict, verdict: str) -> set[str]:
    return {case["name"] for case in report["cases"] if case["verdict"] == verdict}


def assert_found(report: dict, expected: dict) -> None:
    for verdict, names in expected.items():
        assert named(report, verdict) == names, [case for case in report["cases"] if case["verdict"] == verdict]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("uri", ["plain", "secured", "web socket"])
def test_our_server_violates_nothing(uri, start_simulator, start_tls_simulator, credentials):
    security = ()
    if uri == "secured":
        server = start_tls_simulator()
        security = ("--psk", credentials.psk.option)
        target = f"coaps+tcp://127.0.0.1:{server.address[1]}"
    elif uri == "web socket":
        server = start_simulator(listen=("coap+ws://127.0.0.1:0", "coap+tcp://127.0.0.1:0"))
        target = f"coap+ws://127.0.0.1:{server.addresses[0][1]}"
        server.address = server.addresses[1]
    else:
        server = start_simulator()
        target = server.uri("/")
    report = probe(target, *security)
    assert named(report, "violates") == named(report, "differs") == set(), report
    # What a WebSocket cannot carry, and nothing else, is left out.
    assert len(named(report, "not applicable")) == (12 if uri == "web socket" else 0)
    assert report["conforms"] >= 45


@pytest.mark.timeout(180)
def test_what_is_known_of_libcoaps_server_is_found(libcoap_server):
    assert_found(probe(f"coap+tcp://127.0.0.1:{libcoap_server.address[1]}"), LIBCOAP_SERVER)


@pytest.mark.timeout(180)
def test_what_is_known_of_aiocoaps_server_is_found():
    with AiocoapServer() as server:
        assert_found(probe(f"coap+tcp://127.0.0.1:{server.address[1]}"), AIOCOAP_SERVER)


def run_clients(client) -> dict:
    """A probe that listens, and a client that comes again and again."""
    process = start_coap("probe", "--json", "--listen", "coap+tcp://127.0.0.1:0")
    try:
        found = process.wait_for_line(r"waits for clients on coap\+tcp://127\.0\.0\.1:([0-9]+)$", on="stderr")
        end = time.monotonic() + TIME
        while process.is_running and time.monotonic() < end:
            client(f"coap+tcp://127.0.0.1:{found[1]}/x")
        until(lambda: not process.is_running, what="the end of the probe")
        return json.loads(process.stdout)
    finally:
        process.kill()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("client, expected", [
    (lambda uri: coap("get", uri, "--timeout", "2", within=30), {"violates": set(), "differs": set()}),
    (lambda uri: libcoap_client("-m", "get", uri, within=30), LIBCOAP_CLIENT),
    (lambda uri: aiocoap_client(uri, within=30), AIOCOAP_CLIENT),
], ids=["ours", "libcoap", "aiocoap"])
def test_clients(client, expected):
    report = run_clients(client)
    assert_found(report, expected)
    assert len(report["cases"]) == 14


def test_the_report_for_people(libcoap_server):
    uri = f"coap+tcp://127.0.0.1:{libcoap_server.address[1]}"
    process = coap("probe", uri, "--case", "ping-token", "--case", "csm-first", within=TIME)
    assert process.code == 1
    first, second, *rest = process.stdout.splitlines()
    assert re.match(r"conforms +csm-first +T-01 +7\.01 CSM", first)
    assert re.match(r"violates +ping-token +P-01 +Pong with the token", second)
    assert "  rule      A Pong has the token of its Ping. (RFC 8323, 5.4; P-01)" in rest
    assert rest[-1] == f"{uri}: 1 conform, 0 differ, 1 violate, 0 not applicable"
    assert "\x1b" not in process.stdout and process.stderr == ""


def test_verbose_shows_all_bytes(libcoap_server):
    process = coap(
        "probe", f"coap+tcp://127.0.0.1:{libcoap_server.address[1]}", "--case", "ping-token", "--verbose", within=TIME)
    assert "-> 02e2aabb" in process.stderr and "7.03" in process.stderr


def test_rows_choose_cases(libcoap_server):
    report = probe(f"coap+tcp://127.0.0.1:{libcoap_server.address[1]}", "--row", "X-13")
    assert {case["name"] for case in report["cases"]} == {"token-empty", "token-1", "token-8", "same-token-twice"}
    assert set(report["cases"][0]) == {
        "name", "rows", "verdict", "rule", "section", "sends", "sent", "got", "came"}


def test_every_case_names_rows_that_exist():
    known = {row["id"] for row in json.loads((REPOSITORY / "Tests/Conformance/rows.json").read_text())}
    lines = coap("probe", "--list").stdout.splitlines()
    assert len(lines) == len({line.split()[0] for line in lines}) > 70
    for line in lines:
        rows = re.findall(r"\b[A-Z]{1,2}-\d\d\b", line[28:46])
        assert rows and set(rows) <= known, line


def test_what_is_no_server_for_coap_is_one_clear_line():
    process = coap("probe", f"coap+tcp://127.0.0.1:{closed_port()}")
    assert process.code == 1 and "refused" in process.stderr and process.stderr.count("\n") == 1
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            with listener.accept()[0] as stream:
                stream.recv(100)
                stream.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                stream.recv(100)

        server = threading.Thread(target=answer, daemon=True)
        server.start()
        process = coap("probe", f"coap+tcp://127.0.0.1:{listener.getsockname()[1]}", within=30)
        server.join(10)
    assert process.code == 1 and "no CSM" in process.stderr and process.stderr.count("\n") == 1, f"{process}"


@pytest.mark.parametrize("arguments", [
    (), ("coap+tcp://127.0.0.1", "--case", "nothing"), ("coap+tcp://127.0.0.1", "--row", "Z-99"),
    ("coap+tcp://127.0.0.1", "--timeout", "0"), ("--listen", "coaps+tcp://127.0.0.1"), ("http://127.0.0.1",),
])
def test_wrong_use_is_64(arguments):
    process = coap("probe", *arguments)
    assert process.code == 64 and process.stderr.count("\n") == 1, f"{process}"
