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
    AiocoapServer, LibcoapTLSServer, aiocoap_client, coap, libcoap_client, start_coap,
)

TIME = 120.0

LIBCOAP_SERVER = {
    "violates": {
        "accept", "bert-length", "bert-upload", "block1-gap", "block1-length", "block2-twice", "byte-by-byte",
        "csm-critical-option", "csm-malformed", "cut-in-header", "elective-bad-length", "empty-with-token",
        "fetch-without-format", "http",
        "if-match", "if-none-match", "marker-without-payload", "option-beyond-message", "option-delta-15",
        "option-length-15", "option-too-long", "option-twice", "ping-before-csm", "ping-critical-option",
        "ping-token", "ping-token-8", "pipelined", "release-bad-options", "request-before-csm", "token-length-13",
        "token-length-15", "token-length-9", "uri-host-empty",
    },
    "differs": {
        "csm-bad-length", "csm-size-zero", "diagnostic-payload", "if-match-on-get", "option-beyond-65535",
        "reserved-class-1", "reserved-class-6", "small-messages", "unknown-signal", "unknown-signal-7.00",
    },
    "not applicable": {"etag", "filter-word", "freshness", "largest-message", "long-token"},
}
AIOCOAP_SERVER = {
    "violates": {
        "accept", "bert-length", "bert-not-announced", "block1-length", "block2-twice", "csm-accumulates",
        "csm-lowers-size", "empty", "empty-before-csm", "empty-with-token", "if-match", "if-none-match",
        "marker-without-payload", "option-too-long", "option-twice", "oscore", "ping-before-csm", "proxy-uri",
        "proxy-uri-and-path", "put-critical-option", "reserved-class-1", "reserved-class-6", "small-messages", "unknown-critical-option",
        "uri-host-empty",
    },
    "differs": {
        "abort-options", "csm-bad-length", "csm-size-zero", "hop-limit", "if-match-on-get", "option-beyond-65535",
        "release-behind-request", "same-token-twice",
    },
    "not applicable": {"any-order", "diagnostic-payload", "filter-word", "freshness", "long-token", "pong-soon"},
}
LIBCOAP_CLIENT = {
    "violates": {
        "client-byte-by-byte", "client-csm-critical-option", "client-csm-malformed", "client-marker-alone",
        "client-option-delta-15", "client-option-length-15", "client-ping-critical", "client-ping-token",
        "client-response-before-csm", "client-token-length-15", "client-token-length-9",
    },
    "differs": {"client-critical-option", "client-unknown-signal"},
}
AIOCOAP_CLIENT = {"violates": {"client-empty-before-csm", "client-marker-alone"}, "differs": set()}

OF_TLS = {
    "tls-1.1", "tls-compression", "tls-master-secret", "tls-other-protocol", "tls-protocol", "tls-protocol-list",
    "tls-truncated-hmac", "tls-unknown-name", "tls-unsound-ciphers",
}
ALPN = {"tls-other-protocol", "tls-protocol", "tls-protocol-list"}
WRITING = {
    "bert-length", "bert-upload", "block1-first", "block1-formats", "block1-gap", "block1-length", "block1-restart",
    "block1-size1-lies", "block1-upload", "freshness", "if-match", "if-none-match", "patch-nonsense",
    "put-critical-option", "request-tags",
}
SLOW = {"any-order", "pong-soon"}
# What a WebSocket cannot carry.
OF_STREAMS = {
    "byte-by-byte", "csm-malformed", "cut-in-header", "empty-with-token", "half-close", "http",
    "length-beyond-32-bit", "marker-without-payload", "option-beyond-65535", "option-beyond-message",
    "option-delta-15", "option-length-15", "oversize", "token-length-13", "token-length-15", "token-length-9",
}
# The simulator takes 8 KiB and the tokens of RFC 7252, and no attribute of it has several words to be found by.
NOT_OF_OURS = {"filter-word", "length-32-bit", "long-token"}


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


def names(prefix: str = "") -> set[str]:
    """Of all cases there are."""
    found = {line.split()[0] for line in coap("probe", "--list").stdout.splitlines()}
    return {name for name in found if name.startswith(prefix)}


def assert_flawless(report: dict, skipped: set[str]) -> None:
    assert named(report, "violates") == named(report, "differs") == set(), report
    assert named(report, "not applicable") == skipped


@pytest.mark.timeout(180)
def test_our_server_violates_nothing(start_simulator):
    server = start_simulator()
    report = probe(server.uri("/"), "--writable", "firmware", "--slow", "slow")
    # One image is sent at a time.
    assert_flawless(report, NOT_OF_OURS | {"freshness", "if-none-match", "request-tags"})
    report = probe(server.uri("/"), "--writable", "actuators/lock", "--case", "freshness")
    assert_flawless(report, set())
    report = probe(server.uri("/"), "--writable", "actuators/led", "--case", "if-match", "--case", "if-none-match")
    assert_flawless(report, set())


@pytest.mark.timeout(180)
def test_our_server_violates_nothing_on_a_web_socket(start_simulator):
    server = start_simulator(listen=("coap+ws://127.0.0.1:0", "coap+tcp://127.0.0.1:0"))
    report = probe(f"coap+ws://127.0.0.1:{server.addresses[0][1]}")
    server.address = server.addresses[1]
    assert_flawless(report, NOT_OF_OURS | OF_STREAMS | WRITING | SLOW)
    assert names("ws-") <= named(report, "conforms") and not OF_TLS & {case["name"] for case in report["cases"]}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("certificate", [False, True], ids=["key", "certificate"])
def test_our_server_violates_nothing_with_tls(certificate, start_tls_simulator, credentials):
    server = start_tls_simulator(certificate=certificate, psk=not certificate)
    security = ("--ca", credentials.ca.certificate) if certificate else ("--psk", credentials.psk.option)
    report = probe(f"coaps+tcp://127.0.0.1:{server.address[1]}", *security)
    # Whoever has the key is the server, whatever its name.
    assert_flawless(report, NOT_OF_OURS | WRITING | SLOW | (set() if certificate else {"tls-unknown-name"}))
    assert OF_TLS <= {case["name"] for case in report["cases"]}


@pytest.mark.timeout(180)
def test_our_server_violates_nothing_on_a_secured_web_socket(start_simulator, credentials):
    server = start_simulator(
        *credentials.server.options, listen=("coaps+ws://127.0.0.1:0", "coap+tcp://127.0.0.1:0"))
    report = probe(f"coaps+ws://127.0.0.1:{server.addresses[0][1]}", "--ca", credentials.ca.certificate)
    server.address = server.addresses[1]
    assert_flawless(report, NOT_OF_OURS | OF_STREAMS | WRITING | SLOW | ALPN)
    assert names("ws-") | OF_TLS - ALPN <= named(report, "conforms")


@pytest.mark.timeout(180)
def test_what_is_known_of_libcoaps_server_is_found(libcoap_server):
    uri = f"coap+tcp://127.0.0.1:{libcoap_server.address[1]}"
    # It answers in milliseconds or never.
    assert_found(probe(uri, "--writable", "example_data", "--slow", "async", "--timeout", 1), LIBCOAP_SERVER)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("alone", [False, True], ids=["certificate", "key"])
def test_what_libcoap_agrees_to_in_tls(alone, credentials):
    own = ("-k", credentials.psk.text, "-h", "hint") if alone else (
        "-c", credentials.server.both, "-C", credentials.ca.certificate, "-n")
    ours = ("--psk", credentials.psk.option) if alone else ("--ca", credentials.ca.certificate)
    with LibcoapTLSServer("openssl", *own) as server:
        report = probe(
            f"coaps+tcp://127.0.0.1:{server.address[1]}", "--alpn-optional", *ours,
            *[word for name in OF_TLS for word in ("--case", name)])
    # With a shared key it takes no part in ALPN at all.
    assert named(report, "violates") == (ALPN if alone else {"tls-other-protocol"})
    assert named(report, "differs") == (set() if alone else {"tls-unknown-name"})


@pytest.mark.timeout(180)
def test_what_is_known_of_aiocoaps_server_is_found():
    with AiocoapServer() as server:
        assert_found(probe(f"coap+tcp://127.0.0.1:{server.address[1]}", "--writable", "store"), AIOCOAP_SERVER)


@pytest.mark.timeout(180)
def test_what_aiocoap_does_on_a_web_socket():
    with AiocoapServer(web_socket=True) as server:
        report = probe(f"coap+ws://127.0.0.1:{server.address[1]}", *[
            word for name in names("ws-") for word in ("--case", name)])
    assert_found(report, {
        "violates": {"ws-path", "ws-version"}, "differs": {"ws-empty-frame", "ws-length-16-bit-short"},
        "not applicable": set()})


@pytest.mark.timeout(60)
def test_what_aiocoap_agrees_to_in_tls(credentials):
    with AiocoapServer(credentials.server.certificate, credentials.server.key) as server:
        report = probe(
            f"coaps+tcp://127.0.0.1:{server.address[1]}", "--ca", credentials.ca.certificate,
            *[word for name in OF_TLS for word in ("--case", name)])
    assert_found(report, {
        "violates": {"tls-other-protocol"}, "differs": {"tls-unknown-name"}, "not applicable": set()})


def run_clients(client, *arguments) -> dict:
    """A probe that listens, and a client that comes again and again."""
    process = start_coap("probe", "--json", "--listen", "coap+tcp://127.0.0.1:0", *arguments)
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
    assert {case["name"] for case in report["cases"]} == names("client-")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("client, verdict", [
    (lambda uri, path: coap("put", uri, "--file", path, within=30), "conforms"),
    (lambda uri, path: libcoap_client("-m", "put", "-f", path, uri, within=30), "conforms"),
    (lambda uri, path: aiocoap_client("-m", "PUT", "--payload", f"@{path}", uri, within=30), "violates"),
], ids=["ours", "libcoap", "aiocoap"])
def test_whether_a_client_obeys_a_small_size(client, verdict, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(b"x" * 3000)
    report = run_clients(lambda uri: client(uri, body), "--case", "client-small-messages")
    assert [case["verdict"] for case in report["cases"]] == [verdict], report


def test_a_client_that_comes_once_shows_one_case():
    once = iter([True])
    report = run_clients(
        lambda uri: coap("get", uri, "--timeout", "2", within=30) if next(once, False) else time.sleep(0.1),
        "--case", "client-csm-first", "--case", "client-empty", "--case", "client-release", "--client-timeout", "2")
    assert [case["verdict"] for case in report["cases"]] == ["conforms", "not applicable", "not applicable"]


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
    assert len(lines) == len({line.split()[0] for line in lines}) > 170
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


def test_a_server_that_closes_at_once_is_one_clear_line():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True)
        server.start()
        process = coap("probe", f"coap+tcp://127.0.0.1:{listener.getsockname()[1]}", within=30)
        server.join(10)
    assert process.code == 1 and "no CSM" in process.stderr and process.stderr.count("\n") == 1, f"{process}"
    assert process.stdout == ""


def test_the_help_says_what_is_written_and_how_clients_are_tried():
    process = coap("probe", "--help")
    assert process.code == 0
    for words in ("--listen", "--writable", "without it nothing is written", "--json", "--row", "--case", "while coap"):
        assert words in " ".join(process.stdout.split()), words


@pytest.mark.parametrize("arguments", [
    (), ("coap+tcp://127.0.0.1", "--case", "nothing"), ("coap+tcp://127.0.0.1", "--row", "Z-99"),
    ("coap+tcp://127.0.0.1", "--timeout", "0"), ("--listen", "coaps+tcp://127.0.0.1"), ("http://127.0.0.1",),
])
def test_wrong_use_is_64(arguments):
    process = coap("probe", *arguments)
    assert process.code == 64 and process.stderr.count("\n") == 1, f"{process}"
