"""Certificates: what our client and the simulator accept, and how they refuse the rest."""

import contextlib
import ssl

import pytest

import messages
import tls_wire
from harness import assert_one_clear_line
from peer import ConnectionEnded
from programs import TLSSimulator, coap, start_coap
from tls_peers import (
    CLIENT, SERVER, FakeTLSServer, Relay, SSLPeer, client_context, serve_one, server_context,
)

rows = pytest.mark.rows


def present(certified, *options, host="localhost", listen="127.0.0.1"):
    """Runs `coap get` against a server with this certificate; also returns the server's error."""
    error = ""
    with FakeTLSServer(listen) as server:
        process = start_coap("get", server.uri("/x", host), *options)
        try:
            with server.accept_ssl(server_context(certified)) as peer:
                serve_one(peer, b"accepted")
                process.wait()
        except (ssl.SSLError, OSError) as failure:
            error = str(failure)
            process.wait()
    return process, error


def accepted(*arguments, **where) -> None:
    process, error = present(*arguments, **where)
    assert (process.code, process.stdout) == (0, "accepted"), f"{error} {process}"


def refused(words, alerts, *arguments, **where) -> None:
    """One line with these words, and one of these alerts as OpenSSL names them."""
    process, error = present(*arguments, **where)
    assert process.code == 1, str(process)
    assert_one_clear_line(process, words)
    assert any(alert in error for alert in alerts), f"{error!r} instead of {alerts}"


@pytest.fixture
def ca(credentials):
    return "--ca", credentials.ca.certificate


BAD = ["alert bad certificate"]
UNKNOWN_CA = ["alert unknown ca"]


# Servers before our client


@rows("TL-04", "TL-09")
def test_a_certificate_for_the_name_is_accepted(credentials, ca):
    accepted(credentials.server, *ca)
    accepted(credentials.server, *ca, host="LOCALHOST")


@pytest.mark.parametrize("listen", ["127.0.0.1", "::1"])
def test_a_certificate_for_the_address_is_accepted(credentials, ca, listen):
    accepted(credentials.server, *ca, listen=listen, host=None)


def test_another_address_than_those_of_the_certificate_is_refused(credentials, ca):
    refused(
        "is not for 127.0.0.1", BAD, credentials.other_server, *ca, host=None
    )


@rows("TL-14")
def test_a_server_name_is_checked_instead_of_the_address(credentials, ca):
    accepted(credentials.other_server, *ca, "--server-name", "other.example", host=None)
    accepted(credentials.other_server, *ca, "--server-name", "OTHER.example")
    refused(
        "is not for another.example", BAD, credentials.other_server, *ca,
        "--server-name", "another.example",
    )


def test_the_authority_may_be_given_as_der(credentials):
    accepted(credentials.server, "--ca", credentials.der_ca())


def test_one_of_several_authorities_is_enough(credentials, tmp_path):
    file = tmp_path / "authorities.pem"
    authorities = credentials.other_ca, credentials.ca
    file.write_bytes(b"# two\n" + b"".join(each.certificate.read_bytes() for each in authorities))
    accepted(credentials.server, "--ca", file)


def test_an_rsa_certificate_is_accepted(credentials, ca):
    accepted(credentials.rsa_server, *ca)


@rows("TL-10")
def test_a_chain_of_three_is_accepted(credentials, ca):
    accepted(credentials.chain(1), *ca)
    accepted(credentials.chain(2), *ca)


@rows("TL-10")
def test_a_chain_of_four_is_refused(credentials, ca):
    alerts = *BAD, *UNKNOWN_CA, "alert access denied"
    refused("longer than 3", alerts, credentials.chain(3), *ca)


def test_an_expired_certificate_is_refused(credentials, ca):
    refused("has expired", ["alert certificate expired"], credentials.expired, *ca)


def test_a_certificate_of_the_future_is_refused(credentials, ca):
    refused(
        "not valid yet", [*BAD, "alert certificate expired", "alert certificate unknown"],
        credentials.not_yet_valid, *ca,
    )


def test_a_certificate_for_another_name_is_refused(credentials, ca):
    refused("is not for localhost", BAD, credentials.other_server, *ca)


@rows("TL-09")
def test_a_name_in_the_common_name_does_not_count(credentials, ca):
    refused("is not for localhost", BAD, credentials.name_in_cn_only, *ca)
    refused("is not for 127.0.0.1", BAD, credentials.name_in_cn_only, *ca, host=None)


@rows("TL-09")
def test_a_wildcard_stands_for_one_whole_label(credentials, ca):
    accepted(credentials.wildcard, *ca, "--server-name", "a.lamps.example")
    for name in ["lamps.example", "b.a.lamps.example", "lamps-example", "xlamps.example"]:
        refused(f"is not for {name}", BAD, credentials.wildcard, *ca, "--server-name", name)


def test_a_self_signed_certificate_is_refused_unless_it_is_trusted_itself(credentials, ca):
    refused("not signed by a trusted", UNKNOWN_CA, credentials.self_signed, *ca)
    accepted(credentials.self_signed, "--ca", credentials.self_signed.certificate)


def test_an_unknown_authority_is_refused(credentials, ca):
    refused("not signed by a trusted", UNKNOWN_CA, credentials.from_other_ca, *ca)
    refused("not signed by a trusted", UNKNOWN_CA, credentials.leaf_without_intermediates, *ca)


def test_without_ca_the_systems_trust_store_does_not_know_it(credentials):
    refused("not signed by a trusted", UNKNOWN_CA, credentials.server)


def test_a_certificate_for_clients_is_no_servers(credentials, ca):
    process, error = present(credentials.client_as_server, *ca)
    assert process.code == 1, str(process)
    assert_one_clear_line(process)
    assert "alert" in error, error


@pytest.mark.parametrize(
    "kind",
    ["expired", "not_yet_valid", "other_server", "name_in_cn_only", "self_signed", "from_other_ca"],
)
def test_insecure_turns_the_check_off(credentials, kind):
    accepted(getattr(credentials, kind), "--insecure")


def test_a_long_certificate_chain_with_small_records_is_served_or_one_clear_line(credentials, ca):
    """OpenSSL cuts its Certificate message into records of 512; mbedTLS 2.28 cannot join them."""
    process, error = present(credentials.chain(2), *ca, "--max-fragment-length", "512")
    if process.code != 0:
        assert process.code == 1, str(process)
        assert_one_clear_line(process)


# Clients before the simulator


@pytest.fixture(scope="module")
def demanding(credentials):
    simulator = TLSSimulator(
        credentials, "--ca", credentials.ca.certificate, "--require-client-cert",
        "--log-level", "info", psk=False, certificate=True,
    )
    yield simulator
    with simulator.dial_ssl(client=credentials.client) as peer:
        peer.handshake()
    assert simulator.stop() == 0, str(simulator)


@pytest.fixture(scope="module")
def asking(credentials):
    simulator = TLSSimulator(
        credentials, "--ca", credentials.ca.certificate, "--log-level", "info",
        psk=False, certificate=True,
    )
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


def is_served(simulator, **client) -> bool:
    with simulator.dial_ssl(**client) as peer:
        peer.handshake()
        return peer.exchange(messages.get("/actuators/led")).dotted == "2.05"


def refusal(simulator, **client) -> str:
    """What OpenSSL says about the alert that it gets."""
    with pytest.raises((ssl.SSLError, Exception)) as caught:
        is_served(simulator, **client)
    return str(caught.value)


def test_a_client_certificate_that_checks_out_is_served(demanding, asking, credentials):
    assert is_served(demanding, client=credentials.client)
    assert is_served(asking, client=credentials.client)


def test_a_client_without_certificate_is_served_only_where_none_is_required(demanding, asking):
    assert is_served(asking)
    refused_as = refusal(demanding).lower()
    assert "alert" in refused_as, refused_as
    demanding.expect_failure("certificate")


@pytest.mark.parametrize(
    "kind, words",
    [
        ("expired_client", "has expired"),
        ("client_of_other_ca", "not signed by a trusted"),
        ("server_as_client", ""),
        ("self_signed", "not signed by a trusted"),
    ],
)
def test_a_client_certificate_that_does_not_check_out_is_refused(
    demanding, asking, credentials, kind, words
):
    for simulator in demanding, asking:
        assert "alert" in refusal(simulator, client=getattr(credentials, kind)).lower()
        simulator.expect_failure(words)


def test_a_simulator_without_ca_asks_for_no_certificate(start_tls_simulator, credentials):
    simulator = start_tls_simulator(psk=False, certificate=True)
    with Relay(simulator.address) as relay:
        context = client_context(credentials, client=credentials.client)
        with SSLPeer.open(relay.address, context, "localhost") as peer:
            peer.handshake()
        records = relay.wait_until_over().records(CLIENT)
    types = [type_ for type_, _ in tls_wire.handshakes_of(records)]
    assert tls_wire.CERTIFICATE_REQUEST not in types, f"{types}"


def test_the_certificate_request_asks_for_ecdsa_and_sha_256(demanding, credentials):
    with Relay(demanding.address) as relay:
        context = client_context(credentials, client=credentials.client)
        with SSLPeer.open(relay.address, context, "localhost") as peer:
            peer.handshake()
        records = relay.wait_until_over().records(CLIENT)
    request = tls_wire.Reader(dict(tls_wire.handshakes_of(records))[tls_wire.CERTIFICATE_REQUEST])
    assert 64 in request.vector(1), "ecdsa_sign"
    algorithms = tls_wire.numbers(request.vector(2))
    assert tls_wire.ECDSA_SHA256 in algorithms
    assert all(algorithm >> 8 in (4, 5, 6, 8) for algorithm in algorithms), f"{algorithms}"


def test_certificates_leave_no_memory_behind(demanding, credentials):
    clients = [credentials.client, credentials.expired_client, credentials.client_of_other_ca, None]

    def come(times: int) -> None:
        for _ in range(times):
            for client in clients:
                with contextlib.suppress(OSError, AssertionError, ConnectionEnded):
                    is_served(demanding, client=client)

    come(10)
    memory, descriptors = demanding.resident_kilobytes, demanding.open_descriptors
    come(40)
    assert demanding.resident_kilobytes - memory < 1024, "the process grows"
    assert demanding.open_descriptors <= descriptors + 1, "connections are left open"


def test_our_client_shows_its_certificate(demanding, credentials):
    keys = "--ca", credentials.ca.certificate, *credentials.client.options
    answer = coap("get", demanding.uri("/actuators/led"), *keys)
    assert answer.code == 0, str(answer)


def test_our_client_without_certificate_is_told_so(demanding, credentials):
    answer = coap("get", demanding.uri("/actuators/led"), "--ca", credentials.ca.certificate)
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "alert")


def test_our_client_with_a_bad_certificate_is_told_so(demanding, credentials):
    keys = "--ca", credentials.ca.certificate, *credentials.expired_client.options
    answer = coap("get", demanding.uri("/actuators/led"), *keys)
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "alert")


def test_our_client_shows_its_certificate_to_openssl(credentials):
    keys = "--ca", credentials.ca.certificate, *credentials.client.options
    with FakeTLSServer() as server:
        process = start_coap("get", server.uri("/x", "localhost"), *keys)
        context = server_context(credentials.server, ca=credentials.ca)
        with server.accept_ssl(context) as peer:
            assert peer.socket.getpeercert()["subject"] == ((("commonName", "test client"),),)
            serve_one(peer)
            assert process.wait() == 0, str(process)


# The files of the simulator


@pytest.mark.parametrize("form", ["PKCS #8 PEM", "SEC 1 PEM", "DER key", "all DER"])
def test_every_form_of_key_and_certificate_is_read(credentials, form):
    certificate = credentials.server.certificate
    files = {
        "PKCS #8 PEM": (certificate, credentials.server.key),
        "SEC 1 PEM": (certificate, credentials.sec1_key()),
        "DER key": (certificate, credentials.der_key()),
        "all DER": (credentials.der_certificate(), credentials.der_key()),
    }[form]
    simulator = TLSSimulator(credentials, "--cert", files[0], "--key", files[1], psk=False)
    assert is_served(simulator)
    assert simulator.stop() == 0, str(simulator)


@pytest.mark.parametrize("kind", ["rsa_server", "chain"])
def test_an_rsa_key_and_a_chain_are_served(credentials, kind):
    certified = credentials.rsa_server if kind == "rsa_server" else credentials.chain(2)
    simulator = TLSSimulator(credentials, *certified.options, psk=False)
    assert is_served(simulator)
    keys = "--ca", credentials.ca.certificate
    assert coap("get", simulator.uri("/time", "localhost"), *keys).code == 0
    assert simulator.stop() == 0, str(simulator)


def test_refused_certificates_close_after_one_fatal_alert_of_our_client(credentials, ca):
    with FakeTLSServer() as server, Relay((server.host, server.port)) as relay:
        process = start_coap("get", relay.uri("/x", "localhost"), *ca)
        with pytest.raises((ssl.SSLError, OSError)):
            server.accept_ssl(server_context(credentials.expired))
        assert process.wait() == 1, str(process)
        alerts = relay.wait_until_over().plain_alerts(SERVER)
    assert len(alerts) == 1 and alerts[0].is_fatal, f"{alerts}"
