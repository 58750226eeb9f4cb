"""The first flight of our client, byte by byte."""

import pytest

import tls_wire
from harness import assert_one_clear_line
from peer import SOON
from programs import start_coap
from tls_peers import FakeTLSServer, PSKPeer
from tls_wire import ClientHello

rows = pytest.mark.rows

PSK_SUITES = [tls_wire.ECDHE_PSK_CHACHA20, tls_wire.PSK_GCM, tls_wire.PSK_CCM_8]
CERTIFICATE_SUITES = [
    tls_wire.ECDHE_ECDSA_GCM, 0xC02C, tls_wire.ECDHE_ECDSA_CCM_8, tls_wire.ECDHE_RSA_GCM, 0xC030
]


def record_of(*options, host=None, listen="127.0.0.1", command="get"):
    """What `coap get coaps+tcp://...` sends first, as a record."""
    with FakeTLSServer(listen) as server:
        process = start_coap(command, server.uri("/x", host), *options)
        with server.accept_raw() as raw:
            peer = PSKPeer(raw.socket, None)
            assert peer.next_record(SOON), f"no ClientHello: {process}"
        assert process.wait() == 1, str(process)
    # With a line before it that warns.
    if "--insecure" not in options:
        assert_one_clear_line(process, "closed the connection")
    return peer.received[0]


def hello_of(*options, **where) -> ClientHello:
    return tls_wire.client_hello(record_of(*options, **where).encode())


@pytest.fixture
def psk(credentials):
    return "--psk", credentials.psk.option


@pytest.fixture
def ca(credentials):
    return "--ca", credentials.ca.certificate


@pytest.fixture(params=["psk", "certificate", "both"])
def keys(request, psk, ca):
    return {"psk": psk, "certificate": ca, "both": (*psk, *ca)}[request.param]


@rows("TL-01")
def test_the_version_is_tls_1_2(keys):
    record = record_of(*keys)
    hello = tls_wire.client_hello(record.encode())
    assert record.version in (tls_wire.TLS_1_0, tls_wire.TLS_1_2)
    assert hello.version == tls_wire.TLS_1_2
    assert hello.extension(tls_wire.SUPPORTED_VERSIONS) is None, "TLS 1.3 is not offered"


def test_it_is_one_record_that_reads_and_writes_the_same(keys):
    record = record_of(*keys)
    assert tls_wire.client_hello(record.encode()).encode() == record.fragment


@rows("TL-03", "TL-06")
def test_the_suites_for_a_pre_shared_key(psk):
    suites = list(hello_of(*psk).suites)
    assert suites == [*PSK_SUITES, tls_wire.RENEGOTIATION_INFO_SCSV]


@rows("TL-04", "TL-06")
def test_the_suites_for_certificates(ca):
    suites = list(hello_of(*ca).suites)
    assert suites == [*CERTIFICATE_SUITES, tls_wire.RENEGOTIATION_INFO_SCSV]


@rows("TL-04", "TL-06")
def test_without_any_key_the_suites_are_those_for_certificates():
    assert list(hello_of().suites)[:-1] == CERTIFICATE_SUITES
    assert list(hello_of("--insecure").suites)[:-1] == CERTIFICATE_SUITES


@rows("TL-03", "TL-04")
def test_with_both_kinds_of_keys_all_suites_are_offered(psk, ca):
    suites = list(hello_of(*psk, *ca).suites)
    assert set(suites) == {*PSK_SUITES, *CERTIFICATE_SUITES, tls_wire.RENEGOTIATION_INFO_SCSV}


@rows("TL-13")
def test_no_compression_is_offered(keys):
    assert hello_of(*keys).compressions == b"\0"


def test_nothing_is_repeated_from_one_connection_to_the_next(psk):
    first, second = hello_of(*psk), hello_of(*psk)
    assert first.random != second.random and len(set(first.random)) > 8
    assert first.session_id == b""


@rows("TL-14", "U-21")
@pytest.mark.parametrize(
    "host, name", [("localhost", b"localhost"), ("LocalHost", b"localhost")]
)
def test_a_name_is_sent_as_server_name(keys, host, name):
    hello = hello_of(*keys, host=host)
    assert hello.server_names == [name]
    assert hello.extension(tls_wire.SERVER_NAME) == tls_wire.server_name(name.decode())[1]


@rows("TL-14", "U-20")
@pytest.mark.parametrize("listen", ["127.0.0.1", "::1"])
def test_an_address_is_not_sent_as_server_name(keys, listen):
    assert hello_of(*keys, listen=listen).extension(tls_wire.SERVER_NAME) is None


@rows("TL-14")
def test_another_server_name_can_be_given(keys):
    assert hello_of(*keys, "--server-name", "lamp.example").server_names == [b"lamp.example"]
    named = hello_of(*keys, "--server-name", "lamp.example", host="localhost")
    assert named.server_names == [b"lamp.example"]


@rows("U-11", "TL-18")
def test_alpn_offers_coap_and_nothing_else(keys):
    hello = hello_of(*keys)
    assert hello.extension(tls_wire.ALPN).hex() == "0005" "04" "636f6170"
    assert hello.alpn == [b"coap"]


@rows("U-11")
def test_alpn_is_offered_also_when_it_is_optional(psk):
    assert hello_of(*psk, "--alpn-optional").alpn == [b"coap"]


@rows("U-11")
@pytest.mark.parametrize("command", ["put", "post", "delete", "fetch", "ping"])
def test_every_command_speaks_tls(psk, command):
    payload = ("--payload", "1") if command in ("put", "post", "fetch") else ()
    hello = hello_of(*payload, *psk, command=command)
    assert hello.alpn == [b"coap"] and list(hello.suites)[:-1] == PSK_SUITES


@rows("TL-11")
def test_signature_algorithms_have_sha_256_first_and_nothing_weaker(ca):
    algorithms = hello_of(*ca).signature_algorithms
    assert tls_wire.ECDSA_SHA256 in algorithms
    assert algorithms[0] >> 8 == 4, f"not SHA-256 first: {algorithms}"
    assert all(algorithm >> 8 in (4, 5, 6, 8) for algorithm in algorithms), f"{algorithms}"


@rows("TL-04")
def test_the_curve_is_secp256r1_with_uncompressed_points(keys):
    hello = hello_of(*keys)
    assert hello.groups[0] == tls_wire.SECP256R1
    assert 0 in hello.point_formats


@rows("TL-16")
@pytest.mark.parametrize(
    "options, value",
    [
        ([], b"\4"),
        (["--max-fragment-length", "512"], b"\1"),
        (["--max-fragment-length", "1024"], b"\2"),
        (["--max-fragment-length", "2048"], b"\3"),
        (["--max-fragment-length", "4096"], b"\4"),
        (["--max-fragment-length", "none"], None),
    ],
    ids=lambda value: "".join(value) if isinstance(value, list) else "",
)
def test_the_maximum_fragment_length_is_asked_for(psk, options, value):
    assert hello_of(*psk, *options).extension(tls_wire.MAX_FRAGMENT_LENGTH) == value


@rows("TL-17")
def test_the_extended_master_secret_is_offered(keys):
    assert hello_of(*keys).extension(tls_wire.EXTENDED_MASTER_SECRET) == b""


@rows("TL-12")
def test_a_session_ticket_is_asked_for(keys):
    assert hello_of(*keys).extension(tls_wire.SESSION_TICKET) == b""


@rows("TL-13", "TL-20", "TL-21")
def test_there_is_no_other_extension(keys):
    hello = hello_of(*keys, host="localhost")
    known = {
        tls_wire.SERVER_NAME, tls_wire.MAX_FRAGMENT_LENGTH, tls_wire.SUPPORTED_GROUPS,
        tls_wire.POINT_FORMATS, tls_wire.SIGNATURE_ALGORITHMS, tls_wire.ALPN,
        tls_wire.EXTENDED_MASTER_SECRET, tls_wire.SESSION_TICKET,
        # Only of use with CBC suites, of which there is none; harmless.
        tls_wire.ENCRYPT_THEN_MAC,
    }
    assert set(hello.extension_types) <= known, f"{hello.extension_types}"
    for refused in [
        tls_wire.TRUNCATED_HMAC, tls_wire.HEARTBEAT_EXTENSION, tls_wire.PRE_SHARED_KEY,
        tls_wire.EARLY_DATA,
    ]:
        assert hello.extension(refused) is None
