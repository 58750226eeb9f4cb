"""What the simulator answers to a ClientHello: chosen byte by byte, read byte by byte."""

import contextlib
import random
import ssl

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

import messages
import tls_wire
from programs import TLSSimulator
from tls_peers import (
    AlertReceived, PSKPeer, alert_to, answer_to, certificate_hello, hello_of_client,
)
from tls_wire import ServerHello

rows = pytest.mark.rows
PORT = 5684
"""The only one on which ALPN may be left out (RFC 8323 section 8.2)."""


@pytest.fixture(scope="module")
def two_names(credentials):
    """A server for two names, without pre-shared keys."""
    simulator = TLSSimulator(
        credentials, *credentials.other_server.options, psk=False, certificate=True
    )
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


@pytest.fixture(scope="module")
def without_alpn(credentials):
    simulator = TLSSimulator(credentials, "--alpn-optional", certificate=True)
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


def answer(simulator, hello) -> ServerHello:
    return tls_wire.server_hello(answer_to(simulator.address, hello.record()))


def certificate_of(simulator, hello) -> bytes:
    """The first certificate that the server shows, as DER."""
    received = answer_to(simulator.address, hello.record())
    found = dict(tls_wire.handshakes_of(tls_wire.split_records(received)[0]))
    assert tls_wire.CERTIFICATE in found, f"no certificate: {received.hex()}"
    return tls_wire.Reader(tls_wire.Reader(found[tls_wire.CERTIFICATE]).vector(3)).vector(3)


# Versions


@rows("TL-01")
@pytest.mark.parametrize("version", [0x0300, tls_wire.TLS_1_0, tls_wire.TLS_1_1], ids=hex)
def test_an_old_version_is_refused(tls_simulator, version):
    hello = hello_of_client(version=version)
    assert alert_to(tls_simulator.address, hello.record()) == tls_wire.fatal("protocol_version")
    tls_simulator.expect_failure("TLS version")


@rows("TL-01")
@pytest.mark.parametrize("version", [0x2A00, 0x0200, 0x0003], ids=hex)
def test_a_version_that_does_not_exist_is_refused_in_a_record_of_tls(tls_simulator, version):
    hello = hello_of_client(version=version)
    assert alert_to(tls_simulator.address, hello.record()) == tls_wire.fatal("protocol_version")


@rows("TL-01")
@pytest.mark.parametrize("version", [tls_wire.TLS_1_2, tls_wire.TLS_1_3, 0x03FF], ids=hex)
def test_the_answer_to_tls_1_2_and_above_is_tls_1_2(tls_simulator, version):
    assert answer(tls_simulator, hello_of_client(version=version)).version == tls_wire.TLS_1_2


@rows("TL-01")
def test_a_client_that_also_knows_tls_1_3_gets_tls_1_2(tls_simulator):
    versions = tls_wire.SUPPORTED_VERSIONS, tls_wire.sized(1, b"\x03\x04\x03\x03")
    found = answer(tls_simulator, hello_of_client(extensions=(versions,)))
    assert found.version == tls_wire.TLS_1_2
    assert found.extension(tls_wire.SUPPORTED_VERSIONS) is None


# Suites


@rows("TL-03")
@pytest.mark.parametrize("suite", [tls_wire.PSK_CCM_8, tls_wire.PSK_GCM], ids=hex)
@pytest.mark.parametrize("extended", [True, False], ids=["extended", "RFC 5246"])
def test_each_suite_for_a_pre_shared_key_carries_requests(tls_simulator, suite, extended):
    with tls_simulator.dial_psk(suites=(suite,), extended_master_secret=extended) as peer:
        assert peer.server_hello.suite == suite
        peer.handshake()
        assert peer.exchange(messages.get("/actuators/led")).dotted == "2.05"


@rows("TL-03", "TL-06")
def test_the_full_length_tag_is_preferred(tls_simulator):
    hello = hello_of_client(suites=(tls_wire.PSK_CCM_8, tls_wire.PSK_GCM))
    assert answer(tls_simulator, hello).suite == tls_wire.PSK_GCM


@rows("TL-03", "TL-06")
def test_forward_secrecy_is_preferred(tls_simulator):
    hello = certificate_hello(suites=(tls_wire.PSK_GCM, tls_wire.ECDHE_PSK_CHACHA20))
    assert answer(tls_simulator, hello).suite == tls_wire.ECDHE_PSK_CHACHA20


@rows("TL-04")
@pytest.mark.parametrize("suite", [tls_wire.ECDHE_ECDSA_CCM_8, tls_wire.ECDHE_ECDSA_GCM], ids=hex)
def test_each_suite_for_certificates_is_agreed_on(two_names, suite):
    received = answer_to(two_names.address, certificate_hello(suites=(suite,)).record())
    assert tls_wire.server_hello(received).suite == suite
    found = dict(tls_wire.handshakes_of(tls_wire.split_records(received)[0]))
    exchange = tls_wire.Reader(found[tls_wire.SERVER_KEY_EXCHANGE])
    assert exchange.take(3).hex() == "030017", "named curve secp256r1"
    assert exchange.vector(1)[0] == 4, "an uncompressed point"
    assert exchange.uint(2) == tls_wire.ECDSA_SHA256


@rows("TL-06")
@pytest.mark.parametrize(
    "suites",
    [
        (0x002F, 0x0035, 0x009C), (0x0033, 0x009E), (0x0001, 0x0002, 0x003B), (0x0004, 0x0005),
        (0xC009, 0xC00A, 0xC023), (0x008C, 0x00AE, 0x002C), (0x1301, 0x1302, 0x1303), (0x1234,),
    ],
    ids=["static RSA", "DHE", "NULL", "RC4", "CBC", "PSK with CBC or NULL", "TLS 1.3", "unknown"],
)
def test_no_other_suite_is_agreed_on(tls_simulator, suites):
    hello = certificate_hello(suites=suites)
    assert alert_to(tls_simulator.address, hello.record()) == tls_wire.fatal("handshake_failure")
    tls_simulator.expect_failure("no shared cipher suite")


@rows("TL-03")
def test_a_server_without_certificates_agrees_on_no_suite_for_them(start_tls_simulator):
    simulator = start_tls_simulator()
    hello = certificate_hello()
    assert alert_to(simulator.address, hello.record()) == tls_wire.fatal("handshake_failure")


@rows("TL-04")
def test_a_server_without_pre_shared_keys_agrees_on_no_suite_for_them(two_names):
    hello = hello_of_client(suites=(tls_wire.PSK_GCM, tls_wire.PSK_CCM_8))
    assert alert_to(two_names.address, hello.record()) == tls_wire.fatal("handshake_failure")


# Compression and extensions


@rows("TL-13")
def test_no_compression_is_agreed_on(tls_simulator):
    assert answer(tls_simulator, hello_of_client(compressions=b"\1\0")).compression == 0


@rows("TL-13")
def test_a_client_that_demands_compression_is_refused_or_gets_none(tls_simulator):
    """It breaks RFC 5246 section 7.4.1.2; mbedTLS 2.28 answers as if it had offered none as well."""
    received = answer_to(tls_simulator.address, hello_of_client(compressions=b"\1").record())
    records = tls_wire.split_records(received)[0]
    if records[0].type == tls_wire.ALERT:
        assert tls_wire.Alert.decode(records[0].fragment).is_fatal
    else:
        assert tls_wire.server_hello(received).compression == 0


@rows("TL-13", "TL-21")
def test_extensions_that_are_not_wanted_are_not_answered(tls_simulator):
    unwanted = (
        (tls_wire.TRUNCATED_HMAC, b""), (tls_wire.HEARTBEAT_EXTENSION, b"\1"),
        (tls_wire.ENCRYPT_THEN_MAC, b""), (0x7777, b"anything"), (5, b"\1\0\0\0\0"),
    )
    found = answer(tls_simulator, hello_of_client(extensions=unwanted))
    assert not set(found.extension_types) & {type_ for type_, _ in unwanted}


@rows("TL-17")
def test_the_extended_master_secret_is_used_when_it_is_offered(tls_simulator):
    offered = answer(tls_simulator, hello_of_client())
    assert offered.extension(tls_wire.EXTENDED_MASTER_SECRET) == b""
    without = answer(tls_simulator, hello_of_client(extended_master_secret=False))
    assert without.extension(tls_wire.EXTENDED_MASTER_SECRET) is None


@rows("TL-13")
def test_secure_renegotiation_is_signalled_but_never_done(tls_simulator):
    found = answer(tls_simulator, hello_of_client())
    assert found.extension(tls_wire.RENEGOTIATION_INFO) == b"\0"


@rows("TL-16")
@pytest.mark.parametrize("value", [1, 2, 3, 4])
def test_a_maximum_fragment_length_is_agreed_on(tls_simulator, value):
    wanted = tls_wire.MAX_FRAGMENT_LENGTH, bytes([value])
    found = answer(tls_simulator, hello_of_client(extensions=(wanted,)))
    assert found.extension(tls_wire.MAX_FRAGMENT_LENGTH) == bytes([value])


@rows("TL-16")
@pytest.mark.parametrize("body", [b"\5", b"\xff", b"", b"\1\1"], ids=bytes.hex)
def test_a_maximum_fragment_length_that_does_not_exist_is_refused(tls_simulator, body):
    hello = hello_of_client(extensions=((tls_wire.MAX_FRAGMENT_LENGTH, body),))
    assert alert_to(tls_simulator.address, hello.record()) == tls_wire.fatal("illegal_parameter")


@rows("TL-16")
def test_a_maximum_fragment_length_of_0_is_not_agreed_on(tls_simulator):
    """mbedTLS 2.28 passes over it, where RFC 6066 section 4 has illegal_parameter."""
    hello = hello_of_client(extensions=((tls_wire.MAX_FRAGMENT_LENGTH, b"\0"),))
    received = answer_to(tls_simulator.address, hello.record())
    if tls_wire.split_records(received)[0][0].type != tls_wire.ALERT:
        assert tls_wire.server_hello(received).extension(tls_wire.MAX_FRAGMENT_LENGTH) is None


# ALPN


@rows("U-16", "TL-18")
@pytest.mark.parametrize("offer", [("coap",), ("h2", "coap"), ("coap", "http/1.1")], ids=", ".join)
def test_alpn_coap_is_selected(tls_simulator, offer):
    assert answer(tls_simulator, hello_of_client(alpn=offer)).alpn == [b"coap"]


@rows("TL-18", "U-10")
@pytest.mark.parametrize("offer", [("h2",), ("http/1.1", "mqtt"), ("COAP",), ("coap2",), ("co",)])
def test_a_client_that_speaks_something_else_is_refused(tls_simulator, without_alpn, offer):
    for simulator in without_alpn, tls_simulator:
        alert = alert_to(simulator.address, hello_of_client(alpn=offer).record())
        assert alert == tls_wire.fatal("no_application_protocol")
    tls_simulator.expect_failure("ALPN")


@rows("U-10", "TL-18")
def test_a_handshake_without_alpn_ends_in_no_application_protocol(tls_simulator):
    """At once or when the handshake is over, but before any CoAP byte."""
    with PSKPeer(tls_simulator.dial().socket, tls_simulator.credentials.psk) as peer:
        with contextlib.suppress(AlertReceived):
            peer.shake_hands(hello_of_client(alpn=()))
        peer.expect_alert("no_application_protocol")
        assert not any(r.type == tls_wire.APPLICATION_DATA for r in peer.received)
    tls_simulator.expect_failure("ALPN")


@rows("U-10", "TL-18")
def test_openssl_with_certificates_and_without_alpn_gets_no_application_protocol(tls_simulator):
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        with tls_simulator.dial_ssl(alpn=()) as peer:
            peer.socket.recv(1)


@rows("U-09")
def test_with_alpn_optional_a_client_without_it_is_served(without_alpn):
    with without_alpn.dial_psk(alpn=()) as peer:
        assert peer.server_hello.alpn is None
        peer.handshake()
        assert peer.exchange(messages.get("/actuators/led")).dotted == "2.05"


@rows("U-09", "U-13", "U-15", "U-16")
def test_on_port_5684_alpn_is_used_when_it_is_offered_and_not_missed(start_tls_simulator):
    # An address of 127/8 that nothing else listens on.
    simulator = start_tls_simulator(listen=(f"coaps+tcp://127.56.84.1:{PORT}",))
    for offer, answered in ((), None), (("coap",), [b"coap"]), (("x", "coap"), [b"coap"]):
        with simulator.dial_psk(alpn=offer) as peer:
            assert peer.server_hello.alpn == answered
            peer.handshake()
            assert peer.exchange(messages.get("/actuators/led")).dotted == "2.05"
    alert = alert_to(simulator.address, hello_of_client(alpn=("h2",)).record())
    assert alert == tls_wire.fatal("no_application_protocol")


# Server names


@rows("TL-14", "TL-15")
@pytest.mark.parametrize(
    "name, wanted",
    [
        (None, "server"), ("localhost", "server"), ("LOCALHOST", "server"),
        ("other.example", "other_server"), ("Other.Example", "other_server"),
    ],
)
def test_the_certificate_is_that_of_the_name(two_names, credentials, name, wanted):
    shown = certificate_of(two_names, certificate_hello(server_name=name))
    assert shown == getattr(credentials, wanted).subject.public_bytes(Encoding.DER)


@rows("TL-15")
@pytest.mark.parametrize("name", ["unknown.example", "example", "sub.other.example", "localhos"])
def test_an_unknown_name_is_refused(two_names, tls_simulator, name):
    hello = certificate_hello(server_name=name)
    assert alert_to(two_names.address, hello.record()) == tls_wire.fatal("unrecognized_name")
    assert alert_to(tls_simulator.address, hello.record()) == tls_wire.fatal("unrecognized_name")
    tls_simulator.expect_failure("server name")


@rows("TL-14", "TL-15")
def test_an_address_as_server_name_is_no_name(two_names):
    """RFC 6066 section 3 forbids it, and libcoap's clients do it."""
    assert certificate_of(two_names, certificate_hello(server_name="127.0.0.1"))


@rows("TL-14", "TL-15")
def test_an_address_as_server_name_does_not_matter_for_a_pre_shared_key(tls_simulator):
    with tls_simulator.dial_psk(server_name="127.0.0.1") as peer:
        peer.handshake()


@rows("TL-15")
def test_a_server_without_certificates_takes_any_name(start_tls_simulator):
    simulator = start_tls_simulator()
    with simulator.dial_psk(server_name="any.example") as peer:
        peer.handshake()
        assert peer.exchange(messages.get("/actuators/led")).dotted == "2.05"


# What is no ClientHello


def spoiled(change) -> bytes:
    """A ClientHello with changed bytes of its body, the lengths around it right."""
    body = hello_of_client().encode()[4:]
    record = tls_wire.Record(
        tls_wire.HANDSHAKE, tls_wire.handshake(tls_wire.CLIENT_HELLO, change(body))
    )
    return record.encode()


@pytest.mark.parametrize(
    "data",
    [
        spoiled(lambda body: body[:2]),
        spoiled(lambda body: body[:33]),
        spoiled(lambda body: body[:-1]),
        spoiled(lambda body: body + b"\0"),
        spoiled(lambda body: body[:34] + b"\x21" + body[35:]),
        spoiled(lambda body: body[:35] + b"\xff\xfe" + body[37:]),
        spoiled(lambda body: body[:35] + b"\0\0" + body[37:]),
        spoiled(lambda body: body[:-4] + b"\xff\xff\xff\xff"),
        tls_wire.Record(tls_wire.HANDSHAKE, b"").encode() * 3,
        tls_wire.Record(tls_wire.HANDSHAKE, tls_wire.handshake(tls_wire.FINISHED, b"x")).encode(),
        tls_wire.Record(tls_wire.APPLICATION_DATA, b"hello").encode(),
        tls_wire.Record(tls_wire.CHANGE_CIPHER_SPEC, b"\1").encode(),
        tls_wire.Record(tls_wire.HEARTBEAT, b"\1\xff\xff").encode(),
        b"\x16\x03\x03\xff\xff" + b"\1\0\xff\xfb" + bytes(70000),
        b"\x16\x03\x03\x40\x01" + b"\1\0\x3f\xfd" + bytes(1 << 14),
        bytes.fromhex("802e0103010015000000100000040000") + bytes(32),
    ],
    ids=[
        "only a version", "cut in the random", "one byte short", "one byte more",
        "a session of 33 bytes", "suites beyond the end", "no suite", "extensions beyond the end",
        "empty records", "Finished first", "application data first", "ChangeCipherSpec first",
        "heartbeat first", "a record of 65535 bytes", "a record of 16385 bytes", "SSL 2",
    ],
)
def test_no_proper_client_hello_is_closed_at_once(tls_simulator, data):
    received = answer_to(tls_simulator.address, data, to_end=True)
    for record in tls_wire.records_of(received):
        assert record.type == tls_wire.ALERT, f"not only alerts: {received.hex()}"
        assert tls_wire.Alert.decode(record.fragment).is_fatal


def test_a_client_hello_byte_by_byte_is_understood(tls_simulator):
    with PSKPeer(tls_simulator.dial().socket, tls_simulator.credentials.psk) as peer:
        hello = hello_of_client()
        peer.client_hello, peer._transcript = hello, hello.encode()
        for byte in hello.record():
            peer.send_raw(bytes([byte]))
        peer.receive_server_flight()
        for byte in peer.second_flight():
            peer.send_raw(bytes([byte]))
        peer.receive_finish()
        peer.handshake()


def test_a_client_hello_in_two_records_is_understood_or_refused(tls_simulator):
    """RFC 5246 section 6.2.1 allows it; mbedTLS 2.28 cannot."""
    fragment = hello_of_client().encode()
    data = b"".join(
        tls_wire.Record(tls_wire.HANDSHAKE, part).encode() for part in (fragment[:20], fragment[20:])
    )
    records = tls_wire.records_of(answer_to(tls_simulator.address, data))
    if records[0].type == tls_wire.ALERT:
        assert len(records) == 1 and tls_wire.Alert.decode(records[0].fragment).is_fatal
    else:
        assert records[0].type == tls_wire.HANDSHAKE


def test_unknown_suites_and_extensions_by_the_hundred_do_no_harm(tls_simulator):
    source = random.Random(4)
    suites = tuple(source.randrange(0x2000, 0x9000) for _ in range(500))
    extensions = tuple((0x7000 + index, source.randbytes(20)) for index in range(100))
    hello = hello_of_client(suites=(*suites, tls_wire.PSK_CCM_8), extensions=extensions)
    found = answer(tls_simulator, hello)
    assert found.suite == tls_wire.PSK_CCM_8
