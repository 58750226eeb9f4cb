"""`coap probe --listen` finds each fault that is planted in a small client, and nothing in the client without one."""

import contextlib

import pytest

import messages
import tls_wire
from flawed_clients import WebSocketClient, say_hello
from probes import assert_flawless, assert_found, cases, named, probe_clients
from tls_peers import SSLPeer, certificate_hello, client_context, hello_of_client

FLAWS = {
    "path": {"client-ws-request"},
    "no-connection": {"client-ws-request"},
    "host": {"client-ws-host"},
    "short-key": {"client-ws-key"},
    "same-key": {"client-ws-key-again"},
    "protocol": {"client-ws-protocol"},
    "impatient": {"client-ws-waits"},
    "any-status": {"client-ws-status-200"},
    "any-accept": {"client-ws-accept", "client-ws-no-accept"},
    "any-upgrade": {"client-ws-no-upgrade", "client-ws-other-upgrade"},
    "any-connection": {"client-ws-no-connection"},
    "any-protocol": {"client-ws-other-protocol"},
    "any-extension": {"client-ws-extension"},
    "no-mask": {"client-ws-sends-masked"},
    "same-mask": {"client-ws-sends-keys"},
    "counted-mask": {"client-ws-sends-keys"},
    "len": {"client-ws-sends-len"},
    "text": {"client-ws-sends-binary"},
    "two-in-one": {"client-ws-sends-message"},
    "reserved-bits": {"client-ws-sends-bits"},
    "long-length": {"client-ws-sends-length"},
    "no-csm": {"client-ws-csm-first"},
    "takes-masks": {"client-ws-masked"},
    "no-pong": {"client-ws-ping"},
    "close-1005": {"client-ws-ends"},
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_planted_flaw_is_found(flaw):
    # The key of an earlier connection is one to compare with.
    before = {"client-ws-key"} if flaw == "same-key" else set()
    report = probe_clients(
        lambda uri: WebSocketClient(uri, flaw).run(), *cases(*FLAWS[flaw], *before), "--timeout", "1",
        at="coap+ws://127.0.0.1:0")
    assert named(report, "violates") == FLAWS[flaw], report


@pytest.mark.timeout(120)
def test_the_client_without_a_flaw_has_none():
    every = set().union(*FLAWS.values())
    report = probe_clients(
        lambda uri: WebSocketClient(uri).run(), *cases(*every), "--timeout", "1", at="coap+ws://127.0.0.1:0")
    assert_flawless(report, set())
    assert {case["name"] for case in report["cases"]} == every


@pytest.mark.parametrize("flaw, verdict, case", [
    ("pings", "differs", "client-ws-sends-pings"), ("silent-end", "differs", "client-ws-ends"),
    ("", "conforms", "client-ws-close"),
])
def test_what_is_against_a_recommendation_differs(flaw, verdict, case):
    report = probe_clients(
        lambda uri: WebSocketClient(uri, flaw).run(), "--case", case, "--timeout", "1", at="coap+ws://127.0.0.1:0")
    assert named(report, verdict) == {case}, report


HELLOS = {
    "client-tls-protocol": hello_of_client(alpn=()),
    "client-tls-server-name": hello_of_client(server_name="127.0.0.1"),
    "client-tls-ciphers": hello_of_client(suites=(tls_wire.PSK_CCM_8, 0x002C)),
    "client-tls-mandatory": hello_of_client(suites=(tls_wire.PSK_GCM,)),
    "client-tls-signatures": hello_of_client(suites=(tls_wire.ECDHE_ECDSA_CCM_8,)),
    "client-tls-compression": hello_of_client(compressions=b"\1\0"),
    "client-tls-hmac": hello_of_client(extensions=((tls_wire.TRUNCATED_HMAC, b""),)),
    "client-tls-fragments": hello_of_client(extensions=((tls_wire.MAX_FRAGMENT_LENGTH, b"\5"),)),
    "client-tls-early-data": hello_of_client(extensions=((tls_wire.EARLY_DATA, b""),)),
    # A client that waits for more has taken this version.
    "client-tls-1.1": certificate_hello(),
}


@pytest.mark.parametrize("case", HELLOS)
def test_a_planted_flaw_of_a_client_hello_is_found(case, credentials):
    report = probe_clients(
        lambda uri: say_hello(uri, HELLOS[case]), "--case", case, "--timeout", "1", "--psk", credentials.psk.option,
        at="coaps+tcp://127.0.0.1:0")
    assert named(report, "violates") == {case}, report


def test_a_client_that_does_not_mind_a_missing_protocol_is_found(credentials):

    def client(uri):
        address = ("127.0.0.1", int(uri.rpartition(":")[2].split("/")[0]))
        # A client of another case finds nobody there.
        with contextlib.suppress(OSError), SSLPeer.open(address, client_context(credentials), "localhost") as peer:
            peer.send(messages.csm())
            peer.receive_to_end()

    report = probe_clients(
        client, *cases("client-tls-unanswered", "client-tls-selected"), *credentials.server.options,
        "--timeout", "1", at="coaps+tcp://127.0.0.1:0")
    assert_found(report, {"violates": {"client-tls-unanswered"}, "conforms": {"client-tls-selected"}})
