"""OpenSSL's and GnuTLS's commands against the simulator; our client against `openssl s_server`."""

import pytest

import messages
import tls_wire
import wire
from harness import assert_one_clear_line
from programs import OpensslServer, coap, gnutls_client, openssl_client
from tls_peers import CLIENT, Relay

rows = pytest.mark.rows


@pytest.fixture
def trust(credentials):
    return "-CAfile", credentials.ca.certificate, "-servername", "localhost", "-alpn", "coap"


@pytest.fixture
def psk(credentials):
    return (
        "-psk_identity", credentials.psk.identity, "-psk", credentials.psk.hex, "-alpn", "coap",
        "-cipher", "PSK:@SECLEVEL=0",
    )


def test_certificate_alpn_and_master_secret(tls_simulator, trust):
    answer = openssl_client(tls_simulator.address, *trust)
    for line in [
        "ALPN protocol: coap", "Verify return code: 0 (ok)", "Extended master secret: yes",
        "Compression: NONE", "Secure Renegotiation IS supported", "Protocol  : TLSv1.2",
        "Cipher is ECDHE-ECDSA-AES128-GCM-SHA256", "Server Temp Key: ECDH, prime256v1, 256 bits",
    ]:
        assert line in answer.stdout, f"{line!r} is missing: {answer}"


@rows("TL-01")
@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_openssl_cannot_speak_an_old_version(tls_simulator, trust, version):
    answer = openssl_client(
        tls_simulator.address, version, "-cipher", "ALL:@SECLEVEL=0", *trust
    )
    assert answer.code != 0 and "alert protocol version" in answer.stderr, str(answer)


@rows("TL-01")
def test_openssl_that_insists_on_tls_1_3_is_refused(tls_simulator, trust):
    answer = openssl_client(tls_simulator.address, "-tls1_3", *trust)
    assert answer.code != 0 and "alert" in answer.stderr, str(answer)


@rows("TL-03", "TL-04", "TL-06")
@pytest.mark.parametrize(
    "suite",
    ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-CCM8"],
)
def test_each_certificate_suite_of_openssl(tls_simulator, trust, suite):
    answer = openssl_client(tls_simulator.address, *trust, "-cipher", f"{suite}:@SECLEVEL=0")
    assert f"Cipher is {suite}" in answer.stdout, str(answer)


@rows("TL-03")
@pytest.mark.parametrize(
    "suite", ["ECDHE-PSK-CHACHA20-POLY1305", "PSK-AES128-GCM-SHA256", "PSK-AES128-CCM8"]
)
def test_each_psk_suite_of_openssl(tls_simulator, psk, suite):
    answer = openssl_client(tls_simulator.address, *psk[:-1], f"{suite}:@SECLEVEL=0")
    assert f"Cipher is {suite}" in answer.stdout, str(answer)
    assert "ALPN protocol: coap" in answer.stdout, str(answer)


def test_a_request_through_s_client_is_answered(tls_simulator, psk):
    said = b"".join(
        wire.encode(message)
        for message in [
            messages.csm(), messages.get("/actuators/led"), messages.Message(messages.RELEASE)
        ]
    )
    answer = openssl_client(tls_simulator.address, *psk, "-quiet", stdin=said)
    found, rest = wire.decode_all(answer.stdout_bytes)
    assert rest is None and [m.dotted for m in found] == ["7.01", "2.05"], str(answer)


@rows("TL-07")
@pytest.mark.parametrize("wrong", ["key", "identity"])
def test_openssl_with_a_wrong_key_gets_bad_record_mac(tls_simulator, psk, wrong):
    changed = ("-psk", "00ff00ff") if wrong == "key" else ("-psk_identity", "nobody")
    answer = openssl_client(tls_simulator.address, *psk, *changed)
    assert answer.code != 0 and "alert bad record mac" in answer.stderr, str(answer)


@rows("TL-16")
@pytest.mark.parametrize("length", ["512", "1024", "2048", "4096"])
def test_openssl_agrees_on_a_fragment_length(tls_simulator, trust, length):
    with Relay(tls_simulator.address) as relay:
        answer = openssl_client(relay.address, *trust, "-maxfraglen", length)
        assert "Verify return code: 0" in answer.stdout, str(answer)
        hello = relay.wait_until_over().server_hello
        records = relay.passage.records(CLIENT)
    value = {"512": 1, "1024": 2, "2048": 3, "4096": 4}[length]
    assert hello.extension(tls_wire.MAX_FRAGMENT_LENGTH) == bytes([value])
    assert all(len(record.fragment) <= int(length) + 64 for record in records)


@rows("TL-15")
def test_openssl_asking_for_an_unknown_name_is_refused(tls_simulator, trust):
    answer = openssl_client(tls_simulator.address, *trust, "-servername", "unknown.example")
    assert answer.code != 0 and "unrecognized name" in answer.stderr, str(answer)


@rows("TL-18")
@pytest.mark.parametrize("protocols", ["h2", "http/1.1,mqtt"])
def test_openssl_with_another_protocol_is_refused(tls_simulator, trust, protocols):
    answer = openssl_client(tls_simulator.address, *trust, "-alpn", protocols)
    assert answer.code != 0 and "no application protocol" in answer.stderr, str(answer)


def gnutls(credentials, *options):
    return (
        "--x509cafile", credentials.ca.certificate, "--sni-hostname", "localhost",
        "--verify-hostname", "localhost", "--alpn", "coap", "--priority", *options,
    )


def test_gnutls_shakes_hands(tls_simulator, credentials):
    answer = gnutls_client(tls_simulator.address, *gnutls(credentials, "NORMAL"))
    assert answer.code == 0, str(answer)
    for text in [
        "Application protocol: coap", "The certificate is trusted", "TLS1.2", "safe renegotiation",
        "extended master secret",
    ]:
        assert text in answer.stdout, f"{text!r} is missing: {answer}"


@rows("TL-01")
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_gnutls_cannot_speak_an_old_version(tls_simulator, credentials, version):
    priority = f"NORMAL:-VERS-ALL:+VERS-TLS{version}"
    answer = gnutls_client(tls_simulator.address, *gnutls(credentials, priority))
    assert answer.code != 0 and "Received alert [70]" in answer.stdout, str(answer)


@rows("TL-03")
@pytest.mark.parametrize("cipher", ["AES-128-CCM-8", "AES-128-GCM"])
def test_gnutls_with_a_pre_shared_key(tls_simulator, credentials, cipher):
    """Not ECDHE-PSK: Debian's gnutls-cli 3.7.9 crashes after it, also with OpenSSL."""
    priority = f"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+PSK:-CIPHER-ALL:+{cipher}"
    answer = gnutls_client(
        tls_simulator.address, "--pskusername", credentials.psk.identity, "--pskkey",
        credentials.psk.hex, "--alpn", "coap", "--priority", priority,
    )
    assert answer.code == 0 and "Application protocol: coap" in answer.stdout, str(answer)


# s_server


def files(certified):
    return "-cert", certified.certificate, "-key", certified.key


@rows("TL-16", "TL-17")
@pytest.mark.parametrize("length", ["512", "4096"])
def test_our_client_agrees_with_s_server_on_fragments_and_master_secret(credentials, length):
    keys = "-nocert", "-psk", credentials.psk.hex, "-cipher", "PSK:@SECLEVEL=0", "-alpn", "coap"
    with OpensslServer(*keys) as server, Relay(server.address) as relay:
        answer = coap(
            "get", relay.uri("/x"), "--psk", credentials.psk.option, "--csm-timeout", "0.2",
            "--max-fragment-length", length,
        )
        hello = relay.wait_until_over().server_hello
    # s_server never sends a CSM.
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer)
    assert hello.extension(tls_wire.EXTENDED_MASTER_SECRET) == b""
    assert hello.extension(tls_wire.MAX_FRAGMENT_LENGTH) == {"512": b"\1", "4096": b"\4"}[length]
    assert hello.alpn == [b"coap"]


@rows("TL-03", "TL-04", "TL-06")
@pytest.mark.parametrize(
    "suite",
    [
        "ECDHE-PSK-CHACHA20-POLY1305", "PSK-AES128-GCM-SHA256", "PSK-AES128-CCM8",
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM8", "ECDHE-RSA-AES128-GCM-SHA256",
    ],
)
def test_our_client_speaks_each_suite_with_s_server(credentials, suite):
    certified = credentials.rsa_server if "RSA" in suite else credentials.server
    keys = (
        ("-nocert", "-psk", credentials.psk.hex) if "PSK" in suite else files(certified)
    )
    ours = (
        ("--psk", credentials.psk.option) if "PSK" in suite
        else ("--ca", credentials.ca.certificate)
    )
    options = "-cipher", f"{suite}:@SECLEVEL=0", "-alpn", "coap"
    with OpensslServer(*keys, *options) as server:
        answer = coap("get", server.uri("/x"), "-v", *ours, "--csm-timeout", "0.2")
    assert answer.code == 1, str(answer)
    name = suite.replace("AES128", "WITH-AES-128").replace("CCM8", "CCM-8")
    assert name.replace("PSK-CHACHA20", "PSK-WITH-CHACHA20") in answer.stderr, str(answer)


@rows("TL-06")
@pytest.mark.parametrize(
    "suite", ["AES128-SHA", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA"]
)
def test_a_server_with_other_suites_only_has_none_in_common(credentials, suite):
    certified = credentials.server if "ECDSA" in suite else credentials.rsa_server
    options = "-cipher", f"{suite}:@SECLEVEL=0", "-alpn", "coap"
    with OpensslServer(*files(certified), *options) as server:
        answer = coap("get", server.uri("/x"), "--ca", credentials.ca.certificate)
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "alert 40 handshake_failure")


@rows("TL-01")
def test_a_server_with_old_versions_only_is_refused(credentials):
    options = "-cipher", "ALL:@SECLEVEL=0", "-alpn", "coap", "-tls1_1"
    with OpensslServer(*files(credentials.server), *options) as server:
        answer = coap("get", server.uri("/x"), "--ca", credentials.ca.certificate)
    assert answer.code == 1, str(answer)
    # OpenSSL goes down to TLS 1.1 and finds no suite there; which alert that makes is its affair.
    assert_one_clear_line(answer, "the peer refused: alert")
