"""Certificates on the board that has them, mps2-an386, beside a pre-shared key on the same port."""

import re
import secrets
import ssl
import time

import pytest

import messages
from boards import Board
from harness import REPOSITORY, assert_one_clear_line, run, until
from peer import Peer
from programs import coap, libcoap_tls_client, openssl_client
from tls_credentials import PSK
from tls_peers import client_context

BOARD = "mps2-an386"
PATH = "/sensors/temperature"
UNKNOWN_AUTHORITY = "TLS refused: alert 48 of the peer"

# The first test builds the firmware.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def psk_file(credentials):
    return credentials.psk_file(credentials.psk.option)


@pytest.fixture(scope="module")
def shared_board(credentials, psk_file):
    board = Board(BOARD, psk_file=psk_file, certified=credentials.server)
    yield board
    assert board.stop() == 143, f"not ended in order: {board}"


@pytest.fixture(scope="module")
def shared_demanding(credentials, psk_file):
    board = Board(BOARD, psk_file=psk_file, certified=credentials.chain(2), trust=credentials.ca)
    yield board
    assert board.stop() == 143, f"not ended in order: {board}"


@pytest.fixture
def board(shared_board):
    """With a certificate and a key; it asks clients for no certificate."""
    yield shared_board
    assert_as_before(shared_board)


@pytest.fixture
def demanding(shared_demanding):
    """One that asks clients for a certificate, and whose own comes in a chain of three."""
    yield shared_demanding
    assert_as_before(shared_demanding)


def assert_as_before(board):
    board.assert_serving()
    status = board.assert_nothing_left()
    assert status["arena"][3] == 0, f"the arena ran out: {status}"


@pytest.fixture
def told(request):
    """`told(board, line)`: the console says so in this test or a moment later."""
    marks = {}
    for name in "shared_board", "shared_demanding":
        if name.removeprefix("shared_") in request.fixturenames:
            board = request.getfixturevalue(name)
            marks[board] = len(board.stdout)

    def wait(board, line: str) -> None:
        until(lambda: line in board.stdout[marks[board]:], what=f"{line!r} on the console")

    return wait


# Clients that check the board's certificate


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_ours_reads_after_it_has_checked_the_certificate(board, credentials, host):
    answer = coap("get", board.secured_uri(PATH, host), "-v", "--ca", credentials.ca.certificate)
    assert answer.code == 0 and answer.stdout.endswith(" Cel"), str(answer)
    assert "ECDHE-ECDSA" in answer.stderr, str(answer)


@pytest.mark.parametrize("library", ["openssl", "gnutls"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_libcoap_reads_after_it_has_checked_the_certificate(board, credentials, library, host):
    answer = libcoap_tls_client(
        library, "-C", credentials.ca.certificate, "-m", "get", board.secured_uri(PATH, host)
    )
    assert answer.stdout.strip().endswith(" Cel"), str(answer)


@pytest.mark.parametrize("suite", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM8"])
def test_openssl_shakes_hands_with_each_cipher_suite(board, credentials, suite):
    answer = openssl_client(
        board.secured_address, "-CAfile", credentials.ca.certificate, "-verify_return_error",
        "-verify_hostname", "localhost", "-cipher", f"{suite}:@SECLEVEL=0",
    )
    assert f"Cipher is {suite}" in answer.stdout, str(answer)
    assert "Verify return code: 0 (ok)" in answer.stdout, str(answer)


def test_the_chain_of_three_leads_openssl_to_the_anchor(demanding, credentials):
    answer = openssl_client(
        demanding.secured_address, "-CAfile", credentials.ca.certificate, "-verify_return_error",
        "-cert", credentials.client.certificate, "-key", credentials.client.key, "-showcerts",
    )
    assert answer.stdout.count("BEGIN CERTIFICATE") == 3, str(answer)
    assert "Verify return code: 0 (ok)" in answer.stdout, str(answer)


# The key on the same port


def test_a_client_with_a_key_needs_no_certificate(board, credentials, psk_file):
    uri = board.secured_uri(PATH)
    answer = coap("get", uri, "-v", "--psk-file", psk_file)
    assert answer.code == 0 and "ECDHE-PSK" in answer.stderr, str(answer)
    answer = libcoap_tls_client(
        "openssl", "-u", credentials.psk.identity, "-k", credentials.psk.text, "-m", "get", uri
    )
    assert answer.stdout.strip().endswith(" Cel"), str(answer)


def test_a_client_that_offers_both_gets_the_certificate(board, credentials):
    answer = openssl_client(
        board.secured_address, "-CAfile", credentials.ca.certificate, "-verify_return_error",
        "-psk_identity", credentials.psk.identity, "-psk", credentials.psk.hex,
        "-cipher", "PSK-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256",
    )
    assert "Cipher is ECDHE-ECDSA-AES128-GCM-SHA256" in answer.stdout, str(answer)


def test_a_client_without_anything_that_the_board_has_is_refused(board, told):
    answer = openssl_client(board.secured_address, "-cipher", "ECDHE-RSA-AES128-GCM-SHA256")
    assert "handshake failure" in answer.stderr, str(answer)
    told(board, "TLS refused: no cipher suite in common")


# A wrong trust anchor


def test_ours_refuses_a_wrong_anchor(board, credentials, told):
    answer = coap("get", board.secured_uri(PATH), "--ca", credentials.other_ca.certificate)
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "not signed by a trusted")
    told(board, UNKNOWN_AUTHORITY)


def test_libcoap_refuses_a_wrong_anchor(board, credentials, told):
    answer = libcoap_tls_client(
        "openssl", "-C", credentials.other_ca.certificate, "-m", "get", board.secured_uri(PATH)
    )
    assert "Cel" not in answer.stdout, str(answer)
    told(board, UNKNOWN_AUTHORITY)


def test_openssl_refuses_a_wrong_anchor(board, credentials, told):
    answer = openssl_client(
        board.secured_address, "-CAfile", credentials.other_ca.certificate, "-verify_return_error"
    )
    assert answer.code == 1 and "certificate verify failed" in answer.stderr, str(answer)
    told(board, UNKNOWN_AUTHORITY)


def test_another_name_than_those_of_the_certificate_is_refused(board, credentials, told):
    answer = coap(
        "get", board.secured_uri(PATH), "--ca", credentials.ca.certificate, "--server-name",
        "other.example",
    )
    assert answer.code == 1, str(answer)
    told(board, "TLS refused: a name that the certificate does not have")


# Certificates of clients


def test_clients_with_a_certificate_are_served(demanding, credentials):
    uri, client = demanding.secured_uri(PATH), credentials.client
    answer = coap("get", uri, "--ca", credentials.ca.certificate, *client.options)
    assert answer.code == 0 and answer.stdout.endswith(" Cel"), str(answer)
    answer = libcoap_tls_client(
        "openssl", "-C", credentials.ca.certificate, "-c", client.certificate, "-j", client.key,
        "-m", "get", uri,
    )
    assert answer.stdout.strip().endswith(" Cel"), str(answer)


@pytest.mark.parametrize(
    "kind, words",
    [
        (None, "no certificate"),
        ("client_of_other_ca", "a certificate of nobody that is trusted"),
        ("self_signed", "a certificate of nobody that is trusted"),
        ("server_as_client", "a certificate for another use"),
        # It was told the date when it started.
        ("expired_client", "an expired certificate"),
    ],
)
def test_clients_without_one_that_checks_out_are_refused(demanding, credentials, kind, words, told):
    client = getattr(credentials, kind) if kind else None
    with pytest.raises((ssl.SSLError, ConnectionError)):
        demanding.dial_ssl(credentials, client=client)
    told(demanding, f"TLS refused: {words}")


def test_libcoap_without_a_certificate_is_refused(demanding, credentials, told):
    answer = libcoap_tls_client(
        "openssl", "-C", credentials.ca.certificate, "-m", "get", demanding.secured_uri(PATH)
    )
    assert "Cel" not in answer.stdout, str(answer)
    told(demanding, "TLS refused: no certificate")


def test_the_key_is_enough_where_certificates_are_asked_for(demanding, psk_file):
    answer = coap("get", demanding.secured_uri(PATH), "--psk-file", psk_file)
    assert answer.code == 0, str(answer)


# Memory


def test_twenty_handshakes_in_a_row_leave_the_arena_as_it_was(board, credentials):
    for index in range(20):
        with board.dial_ssl(credentials) as peer:
            peer.handshake()
            assert peer.exchange(messages.get(PATH)).dotted == "2.05"
            if index % 2:
                peer.reset()
    status = board.assert_nothing_left()
    assert status["arena"][0] == board.resting_arena > 0


class HeldHandshake:
    """A handshake that goes on only when it is told to; nothing is read or sent in between."""

    def __init__(self, board, context: ssl.SSLContext):
        self.peer: Peer = board.dial_secured()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")

    def next_flight(self) -> bytes:
        """What the client says next, after the server's flight before; empty when all is over."""
        while not self._is_over():
            if flight := self._outgoing.read():
                return flight
            self._incoming.write(self.peer.socket.recv(1 << 14))
        return self._outgoing.read()

    def _is_over(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True


def test_the_largest_handshakes_on_all_connections_at_once_fit(demanding, credentials):
    """Chains of three in both directions; all connections are in the middle at the same time."""
    context = client_context(credentials, client=credentials.chain(2, "client"))
    held = [HeldHandshake(demanding, context) for _ in range(demanding.connections)]
    for each in held:
        each.peer.send(each.next_flight())
    for each, flight in [(each, each.next_flight()) for each in held]:
        each.peer.send(flight)
    for each in held:
        assert each.next_flight() == b"", "the handshake is over"
    for each in held:
        each.peer.close()
    used, peak, capacity, failures = demanding.assert_nothing_left()["arena"]
    assert failures == 0 and peak < capacity, f"{peak} of {capacity}, {failures} failed"
    # Less would have been none of the largest.
    assert peak > 36_000, f"{peak} of {capacity}"


def test_peers_that_vanish_in_mid_handshake_free_their_places(board, credentials):
    context = client_context(credentials)
    for index in range(16):
        held = HeldHandshake(board, context)
        hello = held.next_flight()
        if index % 4 == 0:
            held.peer.send(hello[: len(hello) // 2])
        else:
            held.peer.send(hello)
        if index % 4 >= 2:
            flight = held.next_flight()
            held.peer.send(flight[: len(flight) * (index % 4 - 2) // 2])
        # Some while the board computes.
        time.sleep(0.05 if index % 3 else 0)
        held.peer.reset() if index % 2 else held.peer.close()
    with board.dial_ssl(credentials) as peer:
        peer.handshake()
        peer.expect_alive()


def test_others_are_served_while_handshakes_hang(board, credentials):
    context = client_context(credentials)
    held = [HeldHandshake(board, context) for _ in range(board.connections - 1)]
    for each in held:
        each.peer.send(each.next_flight())
        each.next_flight()
    with board.connect() as other:
        assert other.exchange(messages.get(PATH)).dotted == "2.05"
    for each in held:
        each.peer.close()


# The command


def test_without_files_a_fresh_certificate_is_made_and_the_printed_lines_work():
    with Board(BOARD) as board:
        ours = re.search(r"^  \S+/coap get (--ca \S+ coaps\+tcp:\S+)$", board.stdout, re.MULTILINE)
        answer = coap("get", *ours[1].split())
        assert answer.code == 0 and answer.stdout.endswith(" Cel"), str(answer)
        line = re.search(r"^  coap-client-openssl (-C \S+ -m get \S+)$", board.stdout, re.MULTILINE)
        answer = libcoap_tls_client("openssl", *line[1].split())
        assert answer.stdout.strip().endswith(" Cel"), str(answer)
        folder = REPOSITORY / re.search(r"-C (\S+)/", line[1])[1]
        assert [each.name for each in folder.iterdir()] == ["certificate.pem"], "no key is left"
        board.stop()
        assert not folder.exists()


def test_neither_key_is_on_the_console(board, credentials):
    private = credentials.server.private.private_numbers().private_value
    for key in f"{private:064x}", credentials.psk.hex, credentials.psk.text:
        assert key not in board.stdout.lower()


def test_the_longest_identity_and_key_leave_room_for_the_certificate(credentials):
    psk = PSK("i" * 128, secrets.token_hex(32))
    file = credentials.psk_file(psk.option)
    with Board(BOARD, psk_file=file, certified=credentials.server) as board:
        for keys in [("--psk-file", file), ("--ca", credentials.ca.certificate)]:
            assert coap("get", board.secured_uri(PATH), *keys).code == 0
        board.stop()


def certificate_options(certified, key) -> tuple:
    return "--certificate", certified.certificate, "--key", key


@pytest.mark.parametrize(
    "files, words",
    [
        (lambda made: ("--certificate", made.server.certificate), "need each other"),
        (lambda made: certificate_options(made.server, made.client.key), "not the key"),
        (lambda made: certificate_options(made.rsa_server, made.rsa_server.key), "P-256"),
        (lambda made: certificate_options(made.server, made.ca.certificate), "no private key"),
        (lambda made: ("--trust", made.server.key), "no certificate"),
        (lambda made: ("--trust", made.folder / "none.pem"), "cannot read"),
    ],
)
def test_files_that_do_not_do_are_one_clear_line(credentials, files, words):
    answer = run([REPOSITORY / "toolchain" / "run", BOARD, *files(credentials)])
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, words)


def test_a_board_without_certificates_says_so(credentials):
    keys = certificate_options(credentials.server, credentials.server.key)
    answer = run([REPOSITORY / "toolchain" / "run", "lm3s6965evb", *keys])
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "pre-shared keys only")


def test_a_board_without_certificates_links_no_code_for_them():
    answer = run([REPOSITORY / "toolchain" / "build", "lm3s6965evb", "--symbols", 9999], within=900)
    assert answer.code == 0, str(answer)
    assert "mbedtls_ssl_handshake_server_step" in answer.stdout
    for name in "x509_crt_parse", "x509_crt_verify", "ecdsa", "PortTLSCertificates":
        assert name not in answer.stdout, f"{name} is linked"
