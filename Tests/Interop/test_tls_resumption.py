"""Session resumption: the second handshake is short, in both roles (RFC 7925 section 7, RFC 5077)."""

import stat

import pytest

import messages
import tls_wire
from harness import assert_one_clear_line
from programs import TLSSimulator, coap, gnutls_client, openssl_client
from tls_peers import CLIENT, SERVER, Relay, SSLPeer, client_context

pytestmark = pytest.mark.rows("TL-12")


@pytest.fixture
def session(tmp_path):
    return tmp_path / "session"


@pytest.fixture(params=["psk", "certificate"])
def keys(request, credentials):
    return {
        "psk": ("--psk", credentials.psk.option), "certificate": ("--ca", credentials.ca.certificate)
    }[request.param]


def handshake_types(passage, towards) -> list[int]:
    return [type_ for type_, _ in tls_wire.handshakes_of(passage.records(towards))]


def get(uri, *options):
    answer = coap("get", uri, "-v", *options)
    assert answer.code == 0, str(answer)
    return next(line for line in answer.stderr.splitlines() if line.startswith("TLS 1.2, "))


def test_the_second_handshake_is_abbreviated(tls_simulator, keys, session):
    with Relay(tls_simulator.address) as relay:
        first = get(relay.uri("/time"), *keys, "--session", session)
        second = get(relay.uri("/time"), *keys, "--session", session)
        third = get(relay.uri("/time"), *keys, "--session", session)
        passages = relay.passages
    assert "resumed" not in first and "resumed, " in second and "resumed, " in third
    assert tls_wire.CLIENT_KEY_EXCHANGE in handshake_types(passages[0], SERVER)
    for passage in passages[1:]:
        assert handshake_types(passage, SERVER) == [tls_wire.CLIENT_HELLO]
        assert set(handshake_types(passage, CLIENT)) <= {
            tls_wire.SERVER_HELLO, tls_wire.NEW_SESSION_TICKET
        }
        assert passage.client_hello.extension(tls_wire.SESSION_TICKET), "no ticket"
        assert passage.client_hello.alpn == [b"coap"]
        assert passage.server_hello.alpn == [b"coap"], "ALPN is decided anew (TL-19)"
        assert len(passage.bytes[SERVER]) < 1000


def test_the_session_is_for_the_owner_only(tls_simulator, credentials, session):
    get(tls_simulator.uri("/time"), "--psk", credentials.psk.option, "--session", session)
    assert stat.S_IMODE(session.stat().st_mode) == 0o600
    session.chmod(0o644)
    get(tls_simulator.uri("/time"), "--psk", credentials.psk.option, "--session", session)
    assert stat.S_IMODE(session.stat().st_mode) == 0o600


def test_a_session_that_the_server_has_forgotten_is_a_full_handshake(credentials, session):
    keys = "--psk", credentials.psk.option, "--session", session
    for _ in range(2):
        simulator = TLSSimulator(credentials)
        assert "resumed" not in get(simulator.uri("/time"), *keys)
        assert "resumed" in get(simulator.uri("/time"), *keys)
        assert simulator.stop() == 0, str(simulator)


@pytest.mark.parametrize("content", [b"", b"nonsense", bytes(4000), "half"], ids=str)
def test_a_session_file_that_is_none_is_a_full_handshake_or_one_clear_line(
    tls_simulator, credentials, session, content
):
    keys = "--psk", credentials.psk.option, "--session", session
    get(tls_simulator.uri("/time"), *keys)
    saved = session.read_bytes()
    session.write_bytes(saved[: len(saved) // 2] if content == "half" else content)
    answer = coap("get", tls_simulator.uri("/time"), "-v", *keys)
    if answer.code == 0:
        assert "resumed" not in answer.stderr, str(answer)
        assert "resumed" in get(tls_simulator.uri("/time"), *keys)
    else:
        assert_one_clear_line(answer, "session")


def test_a_session_that_cannot_be_written_is_said(tls_simulator, credentials, tmp_path):
    keys = "--psk", credentials.psk.option, "--session", tmp_path / "no" / "such" / "folder"
    answer = coap("get", tls_simulator.uri("/actuators/led"), *keys)
    assert "session" in answer.stderr.lower() or "folder" in answer.stderr, str(answer)


def test_a_session_of_another_server_is_a_full_handshake(
    tls_simulator, start_tls_simulator, credentials, session
):
    keys = "--psk", credentials.psk.option, "--session", session
    other = start_tls_simulator()
    get(other.uri("/time"), *keys)
    assert "resumed" not in get(tls_simulator.uri("/time"), *keys)


def test_a_session_is_only_for_what_it_was_made_with(start_tls_simulator, credentials, session):
    """Otherwise it would stand in for a check that was never done."""
    simulator = start_tls_simulator(*credentials.other_server.options, certificate=True)
    uri = simulator.uri("/actuators/led")
    ca = "--ca", credentials.ca.certificate
    other_ca = "--ca", credentials.other_ca.certificate
    name = "--server-name", "other.example"
    full = [
        ("--insecure",), ca, (*ca, *name), ("--psk", credentials.psk.option),
        ("--insecure",), (*ca, "--server-name", "localhost"),
    ]
    for keys in full:
        for expected in [False, True]:
            line = get(uri, *keys, "--session", session)
            assert ("resumed" in line) is expected, f"{keys}: {line}"
        for wrong in other_ca, ("--psk", f"{credentials.psk.identity}:00ff"):
            answer = coap("get", uri, *wrong, "--session", session)
            assert answer.code == 1, f"{wrong} after {keys}: {answer}"


@pytest.mark.rows("TL-14")
def test_a_session_of_one_server_name_is_not_resumed_for_another(start_tls_simulator, credentials):
    """RFC 6066 section 3: MUST NOT."""
    simulator = start_tls_simulator(*credentials.other_server.options, certificate=True)
    context = client_context(credentials)
    with SSLPeer.open(simulator.address, context, "localhost") as peer:
        peer.handshake()
        saved = peer.socket.session
    for name, is_same in ("localhost", True), ("other.example", False):
        with SSLPeer.open(simulator.address, context, name, session=saved) as peer:
            peer.handshake()
            assert peer.socket.session_reused is is_same, f"{name}: {peer.socket.session_reused}"


def test_our_client_resumes_with_libcoap(libcoap_certificate_server, credentials, session):
    """OpenSSL gives tickets; GnuTLS as libcoap 4.3.1 uses it gives nothing to resume."""
    keys = "--ca", credentials.ca.certificate, "--alpn-optional", "--session", session
    uri = libcoap_certificate_server.uri("/time", "localhost")
    lines = [get(uri, *keys), get(uri, *keys)]
    if "openssl" in libcoap_certificate_server.arguments[0]:
        assert "resumed" not in lines[0] and "resumed" in lines[1], f"{lines}"


def test_openssl_resumes_with_a_ticket_and_without(tls_simulator, credentials, tmp_path):
    trust = "-CAfile", credentials.ca.certificate, "-servername", "localhost", "-alpn", "coap"
    answer = openssl_client(tls_simulator.address, *trust, "-reconnect", stdin=b"")
    assert answer.stdout.count("Reused, TLSv1.2") == 5, str(answer)


def test_gnutls_resumes(tls_simulator, credentials):
    """Its session_ticket extension comes before its server_name."""
    answer = gnutls_client(
        tls_simulator.address, "--x509cafile", credentials.ca.certificate, "--alpn", "coap",
        "--sni-hostname", "localhost", "--verify-hostname", "localhost", "--resume",
        "--priority", "NORMAL:-VERS-TLS1.3",
    )
    assert "This is a resumed session" in answer.stdout, str(answer)


@pytest.mark.rows("TL-19")
def test_a_resumed_session_with_another_protocol_is_refused(tls_simulator, credentials):
    context = client_context(credentials)
    with SSLPeer.open(tls_simulator.address, context, "localhost") as peer:
        peer.handshake()
        saved = peer.socket.session
        assert saved.has_ticket
    with SSLPeer.open(tls_simulator.address, context, "localhost", session=saved) as peer:
        assert peer.socket.session_reused
        assert peer.socket.selected_alpn_protocol() == "coap"
        peer.handshake()
        assert peer.exchange(messages.get("/actuators/led")).dotted == "2.05"
    context.set_alpn_protocols(["h2"])
    with pytest.raises(Exception, match="(?i)application.protocol"):
        SSLPeer.open(tls_simulator.address, context, "localhost", session=saved)
    context.set_alpn_protocols(["coap"])
    with SSLPeer.open(tls_simulator.address, context, "localhost", session=saved) as peer:
        peer.handshake()


def test_a_spoiled_ticket_is_never_resumed(tls_simulator, credentials, session):
    """The server begins a full handshake; it fails, because the hello was changed on its way."""

    def change(passage, direction, data):
        if direction != SERVER or passage.bytes[SERVER]:
            return data
        ticket = tls_wire.client_hello(data).extension(tls_wire.SESSION_TICKET)
        place = data.index(ticket) + len(ticket) // 2
        return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]

    keys = "--psk", credentials.psk.option, "--session", session
    with Relay(tls_simulator.address) as relay:
        get(relay.uri("/time"), *keys)
        relay.change = change
        answer = coap("get", relay.uri("/time"), *keys)
        assert answer.code == 1, str(answer)
        assert_one_clear_line(answer)
        assert tls_wire.CLIENT_KEY_EXCHANGE in handshake_types(relay.passages[-1], SERVER)
