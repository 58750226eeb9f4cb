"""`coap probe --listen`: what it finds in the clients of libcoap and aiocoap, and nothing in ours."""

import json
import sys
import time
from pathlib import Path

import pytest

from harness import Process
from probes import assert_flawless, assert_found, cases, names, probe_clients
from programs import aiocoap_client, coap, libcoap_client, libcoap_tls_client

rows = pytest.mark.rows

LIBCOAP = {
    "violates": {
        "client-byte-by-byte", "client-csm-critical-option", "client-csm-malformed", "client-marker-alone",
        "client-option-delta-15", "client-option-length-15", "client-ping-critical", "client-ping-token",
        "client-response-before-csm", "client-token-length-15", "client-token-length-9",
    },
    "differs": {"client-critical-option", "client-unknown-signal"},
}
AIOCOAP = {"violates": {"client-empty-before-csm", "client-marker-alone"}, "differs": set()}
# It stays connected, and deaf, after an empty message.
AIOCOAP_WEB_SOCKET = {
    "violates": {"client-ws-empty-frame"},
    "differs": {"client-ws-extensions", "client-ws-length-form", "client-ws-no-protocol"},
    "not applicable": set(),
}
# Whoever does not offer ALPN does not mind its answer.
LIBCOAP_KEY = {
    "violates": {"client-tls-protocol", "client-tls-server-name", "client-tls-unanswered"},
    "differs": {"client-tls-fragments"},
    "not applicable": {"client-tls-other-answer", "client-tls-resumption", "client-tls-selected"},
}
LIBCOAP_OPENSSL = {
    "violates": {"client-tls-unanswered"},
    "differs": {"client-tls-1.1", "client-tls-ciphers", "client-tls-fragments"},
    "not applicable": {"client-tls-resumption"},
}
# It offers TLS 1.0 and 1.1, too.
LIBCOAP_GNUTLS = {
    "violates": {"client-tls-1.1", "client-tls-other-answer", "client-tls-unanswered"},
    "differs": {"client-tls-ciphers"}, "not applicable": {"client-tls-resumption"},
}
AIOCOAP_TLS = {
    "violates": {"client-tls-mandatory", "client-tls-unanswered"},
    "differs": {"client-tls-1.1", "client-tls-ciphers", "client-tls-fragments"},
    "not applicable": {"client-tls-resumption"},
}

# What a WebSocket cannot carry.
OF_STREAMS = {
    "client-byte-by-byte", "client-csm-malformed", "client-marker-alone", "client-option-delta-15",
    "client-option-length-15", "client-oversize", "client-token-length-15", "client-token-length-9",
}
OF_ALPN = {
    "client-tls-alert-120", "client-tls-other-answer", "client-tls-protocol", "client-tls-selected",
    "client-tls-unanswered",
}
RESUMPTION = {"client-tls-resumption"}


def of_messages() -> set[str]:
    return names("client-") - names("client-ws-") - names("client-tls-")


# Ours


def ours(*options, listens: tuple = (), at: str, host: str = "127.0.0.1", chosen: set[str] = frozenset()) -> dict:
    return probe_clients(
        lambda uri: coap("get", uri, "--timeout", "2", *options, within=30), *listens, *cases(*chosen),
        "--timeout", "1", at=at, host=host)


@pytest.mark.timeout(280)
def test_ours_on_a_stream():
    report = ours(at="coap+tcp://127.0.0.1:0")
    assert_flawless(report, set())
    assert {case["name"] for case in report["cases"]} == of_messages()


@pytest.mark.slow
@pytest.mark.timeout(280)
@rows("W-02", "W-04", "W-05", "W-07", "W-09", "W-13", "W-14", "WS-01", "WS-03", "WS-04", "WS-09", "WS-11", "WS-12")
@rows("WS-13", "WS-14", "WS-15", "WS-16", "WS-17", "WS-18", "WS-20", "WS-21", "WS-22")
def test_ours_on_a_web_socket():
    report = ours(at="coap+ws://127.0.0.1:0")
    assert_flawless(report, OF_STREAMS)
    assert {case["name"] for case in report["cases"]} == of_messages() | names("client-ws-")


@pytest.mark.slow
@pytest.mark.timeout(280)
@rows("TL-01", "TL-03", "TL-06", "TL-13", "TL-16", "TL-17", "TL-18", "U-11", "U-12", "U-14", "U-16")
def test_ours_with_a_shared_key(credentials):
    key = ("--psk", credentials.psk.option)
    report = ours(*key, listens=key, at="coaps+tcp://127.0.0.1:0")
    assert_flawless(report, RESUMPTION)
    assert {case["name"] for case in report["cases"]} == of_messages() | names("client-tls-")


@rows("TL-04", "TL-11", "TL-14")
def test_ours_with_certificates(credentials):
    report = ours(
        "--ca", credentials.ca.certificate, listens=credentials.server.options, at="coaps+tcp://127.0.0.1:0",
        host="localhost", chosen=names("client-tls-") | {"client-request"})
    assert_flawless(report, RESUMPTION)
    assert [case["got"] for case in report["cases"] if case["name"] == "client-tls-server-name"] == ["localhost"]


@pytest.mark.slow
@pytest.mark.timeout(280)
@rows("TL-14", "W-03")
def test_ours_on_a_secured_web_socket(credentials):
    report = ours(
        "--ca", credentials.ca.certificate, listens=credentials.server.options, at="coaps+ws://127.0.0.1:0",
        host="localhost")
    assert_flawless(report, OF_STREAMS | OF_ALPN | RESUMPTION)
    assert {case["name"] for case in report["cases"]} == names("client-")


@rows("U-13", "U-14", "U-15", "U-16")
def test_ours_on_port_5684(credentials):
    key = ("--psk", credentials.psk.option)
    report = ours(*key, listens=key, at="coaps+tcp://127.56.84.5:5684", host="127.56.84.5", chosen=OF_ALPN)
    assert_flawless(report, set())
    assert any("it goes on" in case["got"] for case in report["cases"] if case["name"] == "client-tls-unanswered")


@rows("TL-12")
@pytest.mark.parametrize("scheme", ["coaps+tcp", "coaps+ws"])
def test_ours_resumes(scheme, credentials, tmp_path):
    key = ("--psk", credentials.psk.option)
    # The first one is for a session.
    report = ours(
        *key, "--session", tmp_path / "session", listens=key, at=f"{scheme}://127.0.0.1:0",
        chosen={"client-request", "client-tls-resumption"})
    assert_flawless(report, set())
    assert [case["got"] for case in report["cases"]][-1] == "resumed"


# The others


@pytest.mark.timeout(180)
def test_what_is_known_of_libcoaps_client_is_found():
    report = probe_clients(lambda uri: libcoap_client("-m", "get", uri, within=30))
    assert_found(report, LIBCOAP)
    assert {case["name"] for case in report["cases"]} == of_messages()


@pytest.mark.timeout(180)
def test_what_is_known_of_aiocoaps_client_is_found():
    report = probe_clients(lambda uri: aiocoap_client(uri, within=30))
    assert_found(report, AIOCOAP)
    assert {case["name"] for case in report["cases"]} == of_messages()


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_what_aiocoap_does_on_a_web_socket():

    def client(uri):
        # When its connection breaks it never ends.
        process = Process([Path(sys.executable).with_name("aiocoap-client"), uri])
        end = time.monotonic() + 4
        while process.is_running and time.monotonic() < end:
            time.sleep(0.02)
        process.kill()

    report = probe_clients(client, *cases(*names("client-ws-")), at="coap+ws://127.0.0.1:0")
    assert_found(report, AIOCOAP_WEB_SOCKET)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind, expected", [
    ("key", LIBCOAP_KEY), ("openssl", LIBCOAP_OPENSSL), ("gnutls", LIBCOAP_GNUTLS), ("aiocoap", AIOCOAP_TLS),
])
def test_what_others_offer_and_take_in_tls(kind, expected, credentials, tmp_path):
    own, trust, key = credentials.server.options, credentials.ca.certificate, credentials.psk
    if kind == "key":
        own = ("--psk", key.option)

    def client(uri):
        if kind == "key":
            return libcoap_client("-m", "get", "-k", key.text, "-u", key.identity, uri, within=30)
        if kind != "aiocoap":
            return libcoap_tls_client(kind, "-m", "get", "-R", trust, uri, within=30)
        file = tmp_path / "credentials.json"
        file.write_text(json.dumps({uri[:-1] + "*": {"tlscert": {"certfile": str(trust)}}}))
        return aiocoap_client(uri, "--credentials", file, within=30)

    # Whether GnuTLS makes libcoap end after an alert depends on when it looks.
    left_out = {"client-tls-alert-120"} if kind == "gnutls" else set()
    report = probe_clients(
        client, *cases(*names("client-tls-") - left_out), *own, "--alpn-optional", "--timeout", "1",
        at="coaps+tcp://127.0.0.1:0", host="127.0.0.1" if kind == "key" else "localhost")
    assert_found(report, expected)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("client, verdict", [
    (lambda uri, path: coap("put", uri, "--file", path, within=30), "conforms"),
    (lambda uri, path: libcoap_client("-m", "put", "-f", path, uri, within=30), "conforms"),
    (lambda uri, path: aiocoap_client("-m", "PUT", "--payload", f"@{path}", uri, within=30), "violates"),
], ids=["ours", "libcoap", "aiocoap"])
def test_whether_a_client_obeys_a_small_size(client, verdict, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(b"x" * 3000)
    report = probe_clients(lambda uri: client(uri, body), "--case", "client-small-messages")
    assert [case["verdict"] for case in report["cases"]] == [verdict], report


# The command


def test_a_client_that_comes_once_shows_one_case():
    once = iter([True])
    report = probe_clients(
        lambda uri: coap("get", uri, "--timeout", "2", within=30) if next(once, False) else time.sleep(0.1),
        "--case", "client-csm-first", "--case", "client-empty", "--case", "client-release", "--client-timeout", "2")
    assert [case["verdict"] for case in report["cases"]] == ["conforms", "not applicable", "not applicable"]


def test_without_a_shared_key_the_reason_is_said(credentials):
    report = probe_clients(
        lambda uri: coap("get", uri, "--psk", "other:00112233", within=30), "--case", "client-request",
        "--psk", credentials.psk.option, at="coaps+tcp://127.0.0.1:0")
    assert [case["verdict"] for case in report["cases"]] == ["not applicable"]
    assert "TLS failed: the keys differ" in report["cases"][0]["got"]


@pytest.mark.parametrize("arguments, words", [
    (("coaps+tcp://127.0.0.1:0",), "need a key or a certificate"),
    (("coaps+ws://127.0.0.1:0",), "need a key or a certificate"),
    (("coap+tcp://127.0.0.1:0", "--psk", "a:00112233"), "--psk is for coaps+tcp"),
    (("coap+ws://127.0.0.1:0", "--cert", "a", "--key", "b"), "--cert is for coaps+tcp"),
    (("coaps+tcp://127.0.0.1:0", "--psk", "a:00112233", "--ca", "c"), "--ca is about clients' certificates"),
    (("coaps+tcp://127.0.0.1:0", "--psk", "a:00112233", "--insecure"), "--insecure is for clients"),
    (("coap+ws://localhost:0",), "numeric address"),
])
def test_wrong_use_is_64(arguments, words):
    process = coap("probe", "--listen", *arguments)
    assert process.code == 64 and words in process.stderr and process.stderr.count("\n") == 1, f"{process}"
