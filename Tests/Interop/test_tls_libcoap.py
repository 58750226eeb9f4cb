"""libcoap 4.3.1 over OpenSSL and GnuTLS, in both directions, with pre-shared keys and certificates.

With PSK its servers never answer ALPN and its clients never offer it; over GnuTLS it never answers.
"""

import re

import pytest

from harness import assert_one_clear_line
from programs import TLSSimulator, coap, libcoap_tls_client

LIBRARIES = ["openssl", "gnutls"]


# Its servers


@pytest.fixture
def psk(credentials):
    return "--psk", credentials.psk.option, "--alpn-optional"


@pytest.fixture
def trust(credentials):
    return "--ca", credentials.ca.certificate, "--alpn-optional"


def test_our_client_reads_with_a_pre_shared_key(libcoap_psk_server, psk):
    answer = coap("get", libcoap_psk_server.uri("/time"), "-v", *psk)
    assert answer.code == 0, str(answer)
    assert re.search(r"\d\d:\d\d:\d\d", answer.stdout), str(answer)
    assert re.search(r"^TLS 1\.2, TLS-\S*PSK\S*", answer.stderr, re.MULTILINE), str(answer)


def test_our_client_reads_by_name_with_a_pre_shared_key(libcoap_psk_server, psk):
    answer = coap("get", libcoap_psk_server.uri("/time", "localhost"), *psk)
    assert answer.code == 0, str(answer)


@pytest.mark.rows("U-12")
def test_without_alpn_optional_our_client_leaves_such_a_server(libcoap_psk_server, credentials):
    answer = coap("get", libcoap_psk_server.uri("/time"), "--psk", credentials.psk.option)
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "ALPN", "--alpn-optional")


def test_our_client_reads_with_certificates(libcoap_certificate_server, trust):
    for host in [None, "localhost"]:
        answer = coap("get", libcoap_certificate_server.uri("/time", host), "-v", *trust)
        assert answer.code == 0, str(answer)
        assert re.search(r"\d\d:\d\d:\d\d", answer.stdout), str(answer)
        assert "ECDHE-ECDSA" in answer.stderr, str(answer)


@pytest.mark.rows("U-16")
def test_openssl_under_libcoap_answers_alpn_with_certificates(
    libcoap_certificate_server, credentials
):
    keys = "--ca", credentials.ca.certificate
    answer = coap("get", libcoap_certificate_server.uri("/time"), *keys)
    if "openssl" in libcoap_certificate_server.arguments[0]:
        assert answer.code == 0, str(answer)
    else:
        assert_one_clear_line(answer, "ALPN")


def test_put_then_get_returns_what_was_put(libcoap_psk_server, psk):
    uri = libcoap_psk_server.uri("/example_data")
    put = coap("put", uri, "--payload", "grüße " * 100, "--content-format", "0", *psk)
    assert put.code == 0, str(put)
    assert coap("get", uri, *psk).stdout.strip() == ("grüße " * 100).strip()


def test_ping_and_a_missing_resource(libcoap_psk_server, psk):
    answer = coap("ping", libcoap_psk_server.uri("/"), "--count", "2", *psk)
    assert answer.code == 0, str(answer)
    answer = coap("get", libcoap_psk_server.uri("/none"), *psk)
    assert answer.code == 4 and "4.04" in answer.stderr, str(answer)


@pytest.mark.rows("TL-16")
@pytest.mark.parametrize("length", ["512", "1024", "none"])
def test_every_fragment_length_works_with_a_pre_shared_key(libcoap_psk_server, psk, length):
    answer = coap("get", libcoap_psk_server.uri("/"), *psk, "--max-fragment-length", length)
    assert answer.code == 0 and "libcoap" in answer.stdout, str(answer)


def test_eight_runs_in_a_row(libcoap_psk_server, psk):
    for index in range(8):
        answer = coap("get", libcoap_psk_server.uri("/time"), *psk)
        assert answer.code == 0, f"run {index}: {answer}"


# Its clients


@pytest.fixture(scope="module")
def psk_simulator(credentials):
    simulator = TLSSimulator(credentials, "--alpn-optional", "--log-level", "info")
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


@pytest.fixture(scope="module")
def certificate_simulator(credentials):
    simulator = TLSSimulator(credentials, psk=False, certificate=True)
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


@pytest.mark.parametrize("library", LIBRARIES)
def test_libcoap_reads_with_a_pre_shared_key(psk_simulator, credentials, library):
    keys = "-u", credentials.psk.identity, "-k", credentials.psk.text
    for host in [None, "localhost"]:
        uri = psk_simulator.uri("/sensors/temperature", host)
        answer = libcoap_tls_client(library, *keys, uri)
        assert re.fullmatch(r"-?\d+(\.\d+)? Cel", answer.stdout.strip()), str(answer)


@pytest.mark.parametrize("library", LIBRARIES)
def test_libcoap_reads_a_large_text_and_posts(psk_simulator, credentials, library):
    keys = "-u", credentials.psk.identity, "-k", credentials.psk.text
    answer = libcoap_tls_client(library, *keys, psk_simulator.uri("/log"))
    assert len(answer.stdout_bytes) > 4096, str(answer)
    post = libcoap_tls_client(
        library, *keys, "-m", "post", "-t", "0", "-e", "to be echoed", psk_simulator.uri("/echo")
    )
    assert "to be echoed" in post.stdout, str(post)


@pytest.mark.rows("TL-07")
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("wrong", ["key", "identity"])
def test_libcoap_with_a_wrong_key_gets_nothing(psk_simulator, credentials, library, wrong):
    identity, key = credentials.psk.identity, credentials.psk.text
    keys = ("-u", identity, "-k", "wrong") if wrong == "key" else ("-u", "nobody", "-k", key)
    answer = libcoap_tls_client(library, "-B", "1", *keys, psk_simulator.uri("/actuators/led"))
    assert "bad record mac" in answer.stdout.lower(), str(answer)
    psk_simulator.expect_failure("keys differ")


@pytest.mark.parametrize("library", LIBRARIES)
def test_libcoap_reads_with_a_certificate_authority(certificate_simulator, credentials, library):
    keys = "-C", credentials.ca.certificate
    # For an address it asks for the server name localhost.
    for host in ["localhost", None]:
        uri = certificate_simulator.uri("/sensors/temperature", host)
        answer = libcoap_tls_client(library, *keys, uri)
        assert re.fullmatch(r"-?\d+(\.\d+)? Cel", answer.stdout.strip()), str(answer)


@pytest.mark.parametrize("library", LIBRARIES)
def test_libcoap_with_its_own_certificate_is_served(start_tls_simulator, credentials, library):
    simulator = start_tls_simulator(
        "--ca", credentials.ca.certificate, "--require-client-cert", psk=False, certificate=True
    )
    keys = "-c", credentials.client.both, "-C", credentials.ca.certificate
    answer = libcoap_tls_client(library, *keys, simulator.uri("/actuators/led", "localhost"))
    assert answer.stdout.strip() in ("0", "1"), str(answer)


@pytest.mark.parametrize("library", LIBRARIES)
def test_libcoap_refuses_our_certificate_of_another_authority(
    certificate_simulator, credentials, library
):
    uri = certificate_simulator.uri("/actuators/led", "localhost")
    keys = "-C", credentials.other_ca.certificate
    answer = libcoap_tls_client(library, "-B", "1", *keys, uri)
    assert answer.stdout.strip() not in ("0", "1"), str(answer)


@pytest.mark.parametrize("library", LIBRARIES)
def test_libcoap_reads_by_address_from_a_simulator_with_both_kinds_of_keys(
    start_tls_simulator, credentials, library
):
    """libcoap sends the address as server name, against RFC 6066: it must not count as unknown."""
    simulator = start_tls_simulator("--alpn-optional", certificate=True)
    keys = "-u", credentials.psk.identity, "-k", credentials.psk.text
    answer = libcoap_tls_client(library, *keys, simulator.uri("/actuators/led"))
    assert answer.stdout.strip() in ("0", "1"), f"{answer} {simulator}"
