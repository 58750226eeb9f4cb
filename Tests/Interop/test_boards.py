"""The firmware of the microcontroller boards in QEMU: TCP by lwIP over an emulated Ethernet chip."""

import concurrent.futures
import time

import pytest

import messages
import wire
from boards import Board, HomeServer
from harness import until
from peer import ConnectionEnded, closed_port
from programs import Simulator, aiocoap_client, coap, libcoap_client, libcoap_tls_client, openssl_client
from test_vectors_live import CHECKS, feed_pieces, feed_whole
from tls_credentials import PSK
from tls_peers import AlertReceived
from vectors import stream_vectors

BOARDS = ["mps2-an386", "lm3s6965evb", "riscv-virt"]

# The first test of a board builds its firmware.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def psk_file(credentials, tmp_path_factory):
    file = tmp_path_factory.mktemp("boards") / "psk"
    file.write_text(f"# for the board\n{credentials.psk.option}\n")
    return file


@pytest.fixture(scope="module", params=BOARDS)
def shared_board(request, psk_file):
    board = Board(request.param, psk_file=psk_file)
    yield board
    assert board.stop() == 143, f"not ended in order: {board}"


@pytest.fixture
def board(shared_board):
    """One for all tests of this file; each leaves it as it was."""
    yield shared_board
    shared_board.assert_serving()
    shared_board.assert_nothing_left()


# Clients of others


@pytest.mark.parametrize("client", [libcoap_client, aiocoap_client, coap])
def test_a_client_reads_the_sensor(board, client):
    method = {libcoap_client: ["-m", "get"], aiocoap_client: [], coap: ["get"]}[client]
    answer = client(*method, board.uri("/sensors/temperature"))
    assert answer.stdout.strip().endswith(" Cel"), str(answer)


@pytest.mark.parametrize("library", ["openssl", "gnutls"])
def test_libcoap_reads_the_sensor_over_tls(board, credentials, library):
    answer = libcoap_tls_client(
        library, "-u", credentials.psk.identity, "-k", credentials.psk.text, "-m", "get",
        board.secured_uri("/sensors/temperature"),
    )
    assert answer.stdout.strip().endswith(" Cel"), str(answer)


def test_ours_switches_the_lamp_over_tls(board, psk_file):
    uri = board.secured_uri("/actuators/led")
    for state in ["1", "0"]:
        answer = coap("put", uri, "--psk-file", psk_file, "--payload", state)
        assert answer.code == 0, str(answer)
        assert coap("get", uri, "--psk-file", psk_file).stdout.strip() == state


@pytest.mark.parametrize("suite", ["PSK-AES128-GCM-SHA256", "PSK-AES128-CCM8"])
def test_openssl_shakes_hands_with_each_cipher_suite(board, credentials, suite):
    answer = openssl_client(
        board.secured_address, "-psk_identity", credentials.psk.identity, "-psk",
        credentials.psk.hex, "-cipher", f"{suite}:@SECLEVEL=0",
    )
    assert f"Cipher is {suite}" in answer.stdout, str(answer)


def test_discovery_lists_every_resource(board):
    answer = coap("get", board.uri("/.well-known/core"))
    for path in ["/sensors/temperature", "/actuators/led", "/echo", "/log", "/slow", "/status"]:
        assert f"<{path}>" in answer.stdout, str(answer)


# What the simulator passes, the board does


@pytest.mark.parametrize("feed", [feed_whole, feed_pieces])
@pytest.mark.parametrize(
    "vector",
    [
        row
        for row in stream_vectors("ABCDEF")
        if (row.max_message_size, row.max_token_length) == (1152, 8)
    ],
    ids=lambda vector: vector.id,
)
def test_vector(shared_board, vector, feed):
    with shared_board.dial() as peer:
        if vector.group != "C":
            peer.handshake()
        feed(peer, vector.input)
        if vector.group == "C":
            assert peer.receive().code == messages.CSM
        CHECKS[vector.expect["kind"]](peer, vector)


# Keys and random bits


def test_the_console_never_shows_the_key(board, credentials):
    assert credentials.psk.hex not in board.stdout
    assert credentials.psk.text not in board.stdout


@pytest.mark.parametrize("change", ["key", "identity"])
def test_a_wrong_key_and_an_unknown_identity_get_the_same_answer(board, credentials, change):
    right = credentials.psk
    wrong = {"key": PSK(right.identity, "wrong"), "identity": PSK("nobody", right.text)}[change]
    with pytest.raises(AlertReceived) as refusal:
        board.shake_hands(wrong)
    assert refusal.value.alert.number == 20
    until(lambda: "TLS refused: wrong key or identity" in board.stdout)


@pytest.mark.parametrize("name", BOARDS)
def test_without_a_seed_nothing_is_served(name):
    with Board(name, "--no-seed", serves=False) as board:
        board.wait_for_line(r"^stopped: no random bits", 900)
        assert "listening" not in board.stdout
        board.stop()


@pytest.mark.parametrize("name", BOARDS)
def test_each_start_has_other_random_bits(name, psk_file):
    """Sequence numbers, tokens and the TLS server's random bytes come from one seed."""
    seen = set()
    for _ in range(2):
        with Board(name, psk_file=psk_file) as board:
            identity, _, key = psk_file.read_text().splitlines()[1].partition(":")
            psk = PSK(identity, bytes.fromhex(key).decode())
            for _ in range(2):
                with board.shake_hands(psk) as peer:
                    seen.add(bytes(peer.server_hello.random))
            board.stop()
    assert len(seen) == 4


# Many connections


def come_and_go(board, index):
    """One of the ways to use a connection and to leave."""
    peer = board.dial()
    if index % 3 != 1:
        peer.handshake()
    if index % 3 == 2:
        assert peer.exchange(messages.get("/sensors/temperature")).dotted == "2.05"
    if index % 5 == 0:
        peer.send(messages.request(messages.RELEASE, "/"))
    peer.reset() if index % 2 else peer.close()


def test_two_hundred_comings_and_goings_leave_nothing_behind(board):
    for index in range(200):
        come_and_go(board, index)
    status = board.assert_nothing_left()
    for name in ("tcp", "segments", "frames", "heap", "arena"):
        assert status[name][3] == 0, f"{name} ran out: {status}"


def test_fifty_tls_connections_leave_nothing_behind(board, credentials):
    for index in range(50):
        with board.shake_hands(credentials.psk) as peer:
            peer.handshake()
            peer.expect_alive()
            if index % 2:
                peer.reset()
    status = board.assert_nothing_left()
    assert status["arena"][3] == 0, f"the arena ran out: {status}"


def test_ten_thousand_requests_on_all_connections(board):
    def ask(path):
        with board.connect() as peer:
            for _ in range(100 // board.connections):
                requests = [messages.get(path) for _ in range(100)]
                peer.send(*requests)
                waiting = {request.token for request in requests}
                for _ in requests:
                    answer = peer.receive()
                    waiting.remove(answer.token)
                    assert answer.dotted == "2.05", f"{answer}"

    paths = ["/sensors/temperature", "/sensors/humidity", "/actuators/led", "/log"]
    with concurrent.futures.ThreadPoolExecutor(board.connections) as pool:
        list(pool.map(ask, paths[:board.connections]))


def test_more_connections_than_places_wait_and_then_are_refused(board):
    peers = [board.connect() for _ in range(board.connections)]
    waiting = []
    for _ in range(board.waiting):
        waiting.append(board.dial())
        waiting[-1].send(messages.csm(), messages.get("/actuators/led"))
        waiting[-1].expect_silence(0.3)
    with board.dial() as refused, pytest.raises(ConnectionEnded):
        refused.receive()
    for peer in peers:
        peer.expect_alive()
    for peer in peers[:board.waiting]:
        peer.close()
    # In the order in which they came, and what they sent in the meantime is there.
    for peer in waiting:
        assert peer.receive().code == messages.CSM
        assert peer.receive().dotted == "2.05"
        peer.expect_alive()
    for peer in peers[board.waiting:] + waiting:
        peer.close()


# Peers that do not behave


def test_a_peer_that_does_not_read_makes_nobody_wait_and_loses_nothing(board):
    requests = [messages.get("/log") for _ in range(3000)]
    with board.connect() as other, board.dial(receive_buffer=4096) as peer:
        peer.handshake()
        expected = other.exchange(messages.get("/log")).payload
        pending = memoryview(b"".join(map(wire.encode, requests)))
        peer.socket.setblocking(False)
        for _ in range(30):
            try:
                pending = pending[peer.socket.send(pending):]
            except BlockingIOError:
                pass
            begin = time.monotonic()
            assert other.exchange(messages.get("/actuators/led")).dotted == "2.05"
            assert time.monotonic() - begin < 1, "another connection had to wait"
            time.sleep(0.02)
        peer.socket.settimeout(20)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            sending = pool.submit(peer.socket.sendall, pending)
            waiting = {request.token for request in requests}
            for _ in requests:
                answer = peer.receive(20)
                waiting.remove(answer.token)
                assert answer.payload == expected
            sending.result()
        peer.expect_alive()


def test_a_peer_that_sends_bytes_one_by_one_takes_no_memory_of_others(board):
    """Each byte is a frame: kept as such, a few of them would be all frames that lwIP has."""
    with board.connect() as slow, board.connect() as other:
        request = wire.encode(messages.echo(b"x" * 900))
        for index in range(len(request) - 1):
            slow.send(request[index:index + 1])
            if index % 50 == 0:
                other.expect_alive()
        slow.send(request[-1:])
        assert len(slow.receive().payload) == 900


def test_peers_that_vanish_with_requests_under_way_free_their_places(board):
    for index in range(12):
        peer = board.connect()
        peer.send(*[messages.get("/log") for _ in range(100)], messages.get("/slow?ms=5000"))
        if index % 2:
            peer.receive()
        peer.reset()


def test_peers_that_vanish_within_a_message_free_their_places(board):
    for index in range(12):
        peer = board.connect()
        peer.send(wire.encode(messages.echo(b"x" * 500))[:100])
        peer.reset() if index % 2 else peer.close()


def test_peers_that_vanish_within_the_tls_handshake_free_their_places(board, credentials):
    hello = bytes.fromhex("16030100")
    for index in range(12):
        peer = board.dial_secured()
        if index % 3:
            peer.send(hello[: index % 5])
        peer.reset() if index % 2 else peer.close()
    with board.shake_hands(credentials.psk) as peer:
        peer.handshake()


# Time


def test_an_idle_board_costs_little_processor_time(board):
    with board.connect():
        time.sleep(0.5)
        before = board.emulator_cpu_seconds
        time.sleep(3)
        # One interrupt a millisecond; a loop that never sleeps takes all.
        assert board.emulator_cpu_seconds - before < 1.0


def test_a_slow_answer_comes_when_it_is_due(board):
    with board.connect() as peer:
        begin = time.monotonic()
        assert peer.exchange(messages.get("/slow?ms=700")).dotted == "2.05"
        assert 0.65 < time.monotonic() - begin < 1.2


def test_the_clock_is_right(board):
    begin, start = board.status()["up"][0], time.monotonic()
    time.sleep(5)
    passed = board.status()["up"][0] - begin
    assert abs(passed / 1000 / (time.monotonic() - start) - 1) < 0.01


@pytest.mark.parametrize("shared_board", ["mps2-an386"], indirect=True, scope="module")
def test_an_idle_peer_is_pinged_and_stays(board):
    """On one board, for it takes a minute and the code is the same on all."""
    with board.connect() as peer:
        ping = peer.receive(within=75)
        assert ping.code == messages.PING
        peer.send(wire.Message(messages.PONG, ping.token))
        peer.expect_alive()


# The command


def test_a_signal_ends_the_emulator_too(psk_file):
    board = Board(BOARDS[0], psk_file=psk_file)
    assert board.stop() == 143


def test_the_emulator_does_not_survive_a_killed_command(psk_file):
    board = Board(BOARDS[0], psk_file=psk_file)
    emulator = board.emulator
    board.kill()
    until(lambda: not board.is_process(emulator), what="the end of QEMU")


# The board as a client


@pytest.mark.parametrize("name", BOARDS)
def test_the_board_dials_reports_and_comes_back(name, psk_file):
    """It puts its uptime to a server, pings it, and after a restart of the server it is there again."""
    server = HomeServer()
    with Board(name, "--dial", server.address_for_boards, psk_file=psk_file) as board:
        board.wait_for_line(r"^home: reported, answer 2\.01$", 20)
        board.wait_for_line(r"^home: pong$")
        assert int(libcoap_client("-m", "get", server.uri("/board/up")).stdout) > 0
        server.kill()
        board.wait_for_line(r"^home: closed$")
        board.wait_for_line(r"^home: nobody answers$", 20)
        server = HomeServer(server.address[1])
        until(lambda: board.stdout.count("home: connected") == 2, 70, "the second connection")
        until(lambda: board.stdout.count("answer 2.01") == 2, what="the report on it")
        # It serves others in the meantime.
        board.assert_serving()
        board.stop()
    server.kill()


@pytest.mark.parametrize("name", BOARDS)
def test_the_board_dials_over_tls_with_its_key(name, psk_file, credentials):
    """A server that has another key gets no report; one that has the board's does, and after a restart again."""
    port = closed_port()

    def serve(psk: PSK) -> Simulator:
        # libcoap's server does not answer ALPN, which is required on this port (RFC 8323 section 8.2).
        return Simulator("--psk", psk.option, listen=(f"coaps+tcp://127.0.0.1:{port}",))

    stranger = serve(PSK(credentials.psk.identity, "another key of 16"))
    with Board(name, "--dial", f"coaps+tcp://10.0.2.2:{port}", psk_file=psk_file) as board:
        board.wait_for_line(r"^home: TLS refused: ", 40)
        assert "home: connected" not in board.stdout
        stranger.kill()
        for count in (1, 2):
            server = serve(credentials.psk)
            until(lambda: board.stdout.count("home: connected") == count, 70, "a connection")
            reports = board.stdout.count("home: reported")
            until(lambda: board.stdout.count("home: reported") > reports, 20, "a report on it")
            server.kill()
        board.assert_serving()
        board.stop()
