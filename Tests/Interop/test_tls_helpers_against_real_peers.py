"""The helpers of the TLS tests prove themselves on OpenSSL, GnuTLS, libcoap and aiocoap."""

import json
import re
import ssl
import threading

import pytest

import messages
import tls_wire
from peer import ConnectionEnded
from programs import (
    LibcoapTLSServer, OpensslServer, aiocoap_client, gnutls_client, libcoap_tls_client,
    openssl_client,
)
from tls_credentials import PSK
from tls_peers import (
    CLIENT, SERVER, AlertReceived, FakeTLSServer, PSKPeer, Relay, SSLPeer, alert_to,
    certificate_hello, client_context, cut_after, flip_bit, hello_of_client, serve_one, server_context,
)

pytestmark = pytest.mark.peers_only
SUITES = [tls_wire.PSK_CCM_8, tls_wire.PSK_GCM]


def play(script, client):
    """`script` in a thread, `client` here; the error of the script comes first."""
    failed = []

    def guarded():
        try:
            script()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    result = client()
    thread.join(10)
    if failed:
        raise failed[0]
    return result


@pytest.mark.parametrize("suite", SUITES, ids=["CCM_8", "GCM"])
@pytest.mark.parametrize("extended", [True, False], ids=["extended master secret", "RFC 5246"])
def test_our_psk_client_reads_from_libcoap(libcoap_psk_server, credentials, suite, extended):
    with PSKPeer.open(
        libcoap_psk_server.address, credentials.psk, suites=(suite,),
        extended_master_secret=extended,
    ) as peer:
        assert peer.server_hello.suite == suite
        assert (peer.server_hello.extension(tls_wire.EXTENDED_MASTER_SECRET) == b"") is extended
        peer.handshake()
        assert ":" in peer.exchange(messages.get("/time")).text
        peer.finish_sending()
        peer.receive_to_end()


@pytest.mark.parametrize("library", ["openssl", "gnutls"])
@pytest.mark.parametrize("suite", SUITES, ids=["CCM_8", "GCM"])
def test_our_psk_server_answers_libcoap(credentials, library, suite):
    with FakeTLSServer() as server:

        def script():
            with server.accept_psk(credentials.psk, suite=suite) as peer:
                assert peer.identity == credentials.psk.identity.encode()
                serve_one(peer, b"from the fake")

        keys = "-u", credentials.psk.identity, "-k", credentials.psk.text
        answer = play(script, lambda: libcoap_tls_client(library, *keys, server.uri("/x")))
    assert answer.stdout.strip() == "from the fake", str(answer)


def test_a_wrong_key_is_an_alert_of_openssl(credentials):
    options = "-nocert", "-psk", credentials.psk.hex, "-cipher", "PSK"
    with OpensslServer(*options) as server:
        with pytest.raises(AlertReceived, match="20 bad_record_mac"):
            PSKPeer.open(server.address, PSK(credentials.psk.identity, "wrong"))


def test_our_certificate_peers_speak_to_each_other_and_see_the_end(credentials):
    with FakeTLSServer() as server:

        def script():
            with server.accept_ssl(server_context(credentials.server)) as peer:
                peer.handshake()
                request = peer.receive()
                peer.send(messages.response(request, "2.05", b"z" * 40000))
                assert peer.receive_to_end() == [] and peer.ended == "close_notify"

        def client():
            address = server.host, server.port
            with SSLPeer.open(address, client_context(credentials), "localhost") as peer:
                assert peer.socket.selected_alpn_protocol() == "coap"
                peer.handshake()
                assert len(peer.exchange(messages.get("/x")).payload) == 40000
                peer.socket.settimeout(0.2)
                try:
                    peer.socket.unwrap()
                except (TimeoutError, ssl.SSLEOFError):
                    pass  # the server does not answer the end, and may be gone already

        play(script, client)


@pytest.mark.parametrize("library", ["openssl", "gnutls"])
def test_libcoap_reads_with_certificates_from_our_fake_server(credentials, library):
    with FakeTLSServer() as server:

        def script():
            with server.accept_ssl(server_context(credentials.server)) as peer:
                serve_one(peer, b"certified")

        arguments = "-C", credentials.ca.certificate, server.uri("/x", "localhost")
        answer = play(script, lambda: libcoap_tls_client(library, *arguments))
    assert answer.stdout.strip() == "certified", str(answer)


def test_our_certificate_client_reads_from_libcoap(libcoap_certificate_server, credentials):
    context = client_context(credentials)
    with SSLPeer.open(libcoap_certificate_server.address, context, "localhost") as peer:
        # libcoap 4.3.1 over GnuTLS answers no ALPN.
        is_gnutls = "gnutls" in libcoap_certificate_server.arguments[0]
        assert peer.socket.selected_alpn_protocol() == (None if is_gnutls else "coap")
        peer.handshake()
        assert ":" in peer.exchange(messages.get("/time")).text


def test_libcoap_speaks_to_libcoap(libcoap_psk_server, credentials):
    keys = "-u", credentials.psk.identity, "-k", credentials.psk.text
    for library in ["openssl", "gnutls"]:
        answer = libcoap_tls_client(library, *keys, libcoap_psk_server.uri("/time"))
        assert re.search(r"\d\d:\d\d", answer.stdout), str(answer)


def test_aiocoap_speaks_to_aiocoap(aiocoap_tls_server, credentials, tmp_path):
    host = f"localhost:{aiocoap_tls_server.address[1]}"
    file = tmp_path / "credentials.json"
    entry = {"tlscert": {"certfile": str(credentials.ca.certificate)}}
    file.write_text(json.dumps({f"coaps+tcp://{host}/*": entry}))
    answer = aiocoap_client("--credentials", file, f"coaps+tcp://{host}/time")
    assert answer.code == 0 and re.match(r"\d{4}-", answer.stdout), str(answer)


def test_aiocoap_selects_alpn_coap(aiocoap_tls_server, credentials):
    context = client_context(credentials)
    with SSLPeer.open(aiocoap_tls_server.address, context, "localhost") as peer:
        assert peer.socket.selected_alpn_protocol() == "coap"
        peer.handshake()
        assert peer.exchange(messages.get("/time")).dotted == "2.05"


def test_every_chain_is_what_it_should_be_for_openssl(credentials):
    wanted = {
        credentials.server: "", credentials.wildcard: "mismatch",
        credentials.expired: "has expired", credentials.not_yet_valid: "not yet valid",
        credentials.other_server: "mismatch", credentials.name_in_cn_only: "mismatch",
        credentials.self_signed: "self-signed", credentials.from_other_ca: "local issuer",
        credentials.leaf_without_intermediates: "local issuer", credentials.rsa_server: "",
        credentials.client_as_server: "purpose", credentials.chain(2): "", credentials.chain(3): "",
    }
    for certified, words in wanted.items():
        with FakeTLSServer() as server:

            def script():
                try:
                    server.accept_ssl(server_context(certified)).close()
                except (ssl.SSLError, OSError):
                    pass

            def client():
                try:
                    context = client_context(credentials)
                    SSLPeer.open((server.host, server.port), context, "localhost").close()
                except ssl.SSLCertVerificationError as error:
                    return str(error)
                return ""

            found = play(script, client)
        assert words in found and bool(words) == bool(found), f"{certified.certificate}: {found}"


def test_the_relay_sees_a_handshake_and_both_close_notifies(libcoap_psk_server, credentials):
    with Relay(libcoap_psk_server.address) as relay:
        with PSKPeer.open(relay.address, credentials.psk) as peer:
            peer.handshake()
            peer.finish_sending()
            peer.receive_to_end()
        passage = relay.wait_until_over()
    assert passage.client_hello.alpn == [b"coap"]
    assert passage.client_hello.encode() == passage.records(SERVER)[0].fragment
    assert passage.server_hello.suite == tls_wire.PSK_CCM_8
    assert passage.server_hello.encode()[4:] in b"".join(r.fragment for r in passage.records(CLIENT))
    assert passage.records(SERVER)[-1].type == tls_wire.ALERT


def test_a_flipped_bit_is_noticed_by_openssl(credentials):
    change = flip_bit(SERVER, tls_wire.APPLICATION_DATA, 1)
    options = "-k", credentials.psk.text, "-h", "hint"
    with LibcoapTLSServer("openssl", *options) as server, Relay(server.address, change) as relay:
        with PSKPeer.open(relay.address, credentials.psk) as peer:
            peer.handshake()
            peer.send(messages.ping(b"x"))
            peer.expect_alert("bad_record_mac")


@pytest.mark.parametrize("count", [0, 1, 5, 60, 100])
def test_a_cut_ends_both_sides(libcoap_psk_server, credentials, count):
    with Relay(libcoap_psk_server.address, cut_after(CLIENT, count)) as relay:
        with pytest.raises(ConnectionEnded):
            PSKPeer.open(relay.address, credentials.psk)


def test_openssl_and_gnutls_clients_say_what_was_agreed(aiocoap_tls_server, credentials):
    trust = "-CAfile", credentials.ca.certificate, "-servername", "localhost"
    answer = openssl_client(aiocoap_tls_server.address, *trust, "-alpn", "coap")
    assert "ALPN protocol: coap" in answer.stdout, str(answer)
    assert "Verify return code: 0" in answer.stdout, str(answer)
    answer = gnutls_client(
        aiocoap_tls_server.address, "--x509cafile", credentials.ca.certificate,
        "--alpn", "coap", "--verify-hostname", "localhost", "--priority", "NORMAL:-VERS-TLS1.3",
    )
    assert "Application protocol: coap" in answer.stdout, str(answer)


def test_refusals_are_read_as_alerts(credentials):
    files = "-cert", credentials.server.certificate, "-key", credentials.server.key
    refused = {
        certificate_hello(suites=(0x1234,)): "handshake_failure",
        certificate_hello(version=tls_wire.TLS_1_0): "protocol_version",
        certificate_hello(alpn=("h2",)): "no_application_protocol",
        hello_of_client(): "handshake_failure",
    }
    with OpensslServer(*files, "-alpn", "coap") as server:
        for hello, name in refused.items():
            assert alert_to(server.address, hello.record()) == tls_wire.fatal(name)
