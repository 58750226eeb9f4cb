"""The simulator on coap+ws against the `websockets` package: the same answers as over TCP, in any fragments."""

import random
import signal
import ssl

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

import messages
from programs import WebSocketSimulator, coap
from web_sockets import dial, to_web_socket


@pytest.fixture(scope="module")
def simulator(credentials):
    simulator = WebSocketSimulator(
        "--allow-origin", "https://page.example", "--connections", 8, "--max-message-size", 70000,
        credentials=credentials)
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


@pytest.mark.rows("W-01", "W-04", "W-05", "W-09", "W-10", "WS-06", "WS-10", "WS-22")
def test_a_request_is_answered(simulator):
    with dial(simulator.url) as peer:
        assert peer.handshake().uint(messages.MAX_MESSAGE_SIZE) == 70000
        assert peer.exchange(messages.get("/actuators/led")).text in "01"


@pytest.mark.rows("W-07", "W-12", "WS-14", "WS-16")
@pytest.mark.parametrize("seed", range(8))
def test_any_requests_in_any_fragments_have_the_same_answers_as_over_tcp(simulator, seed):
    draw = random.Random(seed)
    with dial(simulator.url, seed) as peer, simulator.connect() as reference:
        peer.handshake()
        for _ in range(60):
            size = draw.choice([0, 1, 11, 12, 13, 120, 126, 127, 268, 1000, 5000, 16000])
            request = draw.choice([
                messages.echo(draw.randbytes(size), token=draw.randbytes(draw.randrange(9))),
                messages.get("/none"), messages.get("/log"), messages.get("/.well-known/core"),
                messages.request(messages.PUT, "/actuators/led", payload=draw.choice([b"0", b"1", b"x"])),
                messages.ping(draw.randbytes(3)),
            ])
            assert str(peer.exchange(request)) == str(reference.exchange(request))
            if draw.random() < 0.3:
                peer.ping()


@pytest.mark.rows("W-05", "F-12")
def test_a_message_of_the_announced_size_is_taken(simulator):
    with dial(simulator.url) as peer:
        peer.handshake()
        request = messages.request(messages.PUT, "/none", token=b"tokn", payload=b"x" * 69988)
        assert len(to_web_socket(request)) == 70000
        assert peer.exchange(request).dotted == "4.04"
        peer.send(messages.request(messages.PUT, "/none", token=b"tokn", payload=b"x" * 69989))
        assert peer.receive().code == messages.ABORT
        with pytest.raises(ConnectionClosed) as closed:
            peer.receive()
        assert closed.value.rcvd.code == 1009


def test_many_requests_at_once_are_answered_in_order(simulator):
    with dial(simulator.url, 1) as peer:
        peer.handshake()
        requests = [messages.echo(b"%d" % number) for number in range(300)]
        for request in requests:
            peer.send(request)
        assert [peer.receive().payload for _ in requests] == [b"%d" % number for number in range(300)]


@pytest.mark.rows("WS-17", "WS-19")
def test_release_ends_with_1000_and_the_server_closes_first(simulator):
    with dial(simulator.url) as peer:
        peer.handshake()
        peer.send(messages.Message(messages.RELEASE))
        with pytest.raises(ConnectionClosed) as closed:
            peer.receive()
        assert closed.value.rcvd.code == 1000


@pytest.mark.rows("WS-17")
@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
def test_a_close_is_answered_with_its_code(simulator, code):
    with dial(simulator.url) as peer:
        peer.handshake()
        peer.connection.close(code, "done")
        assert peer.connection.close_code == code


def test_ctrl_c_releases_and_closes_with_1000():
    simulator = WebSocketSimulator()
    with dial(simulator.url) as peer:
        peer.handshake()
        simulator.send_signal(signal.SIGINT)
        assert peer.receive().code == messages.RELEASE
        peer.connection.close()
        assert peer.connection.close_code == 1000
    assert simulator.wait() == 0, str(simulator)


@pytest.mark.rows("WS-08")
def test_origins(simulator):
    with dial(simulator.url, origin="https://page.example") as peer:
        peer.handshake()
    with pytest.raises(InvalidStatus) as refused:
        with dial(simulator.url, origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403
    assert refused.value.response.body == b"pages of this origin are not allowed\n"


@pytest.mark.rows("W-02", "WS-07")
def test_subprotocols_and_paths(simulator):
    with dial(simulator.url, subprotocols=["chat", "coap"]) as peer:
        peer.handshake()
    for url, options, status in [
        (simulator.url, {"subprotocols": ["chat"]}, 400),
        (simulator.url, {"subprotocols": None}, 400),
        (simulator.url.replace("coap", "core"), {}, 404),
    ]:
        with pytest.raises(InvalidStatus) as refused:
            with dial(url, **options):
                pass
        assert refused.value.response.status_code == status


@pytest.mark.rows("WS-22")
def test_an_offered_extension_is_not_taken(simulator):
    with dial(simulator.url, compression="deflate") as peer:
        peer.handshake()
        assert peer.connection.protocol.extensions == []
        assert peer.exchange(messages.get("/log")).dotted == "2.05"


@pytest.mark.rows("U-16")
@pytest.mark.parametrize("protocols", [None, ["http/1.1"], ["h2", "http/1.1"]])
def test_tls_below_whatever_is_offered_by_alpn(simulator, credentials, protocols):
    context = ssl.create_default_context(cafile=str(credentials.ca.certificate))
    if protocols:
        context.set_alpn_protocols(protocols)
    with dial(simulator.secured_url, 3, ssl=context) as peer:
        peer.handshake()
        assert peer.exchange(messages.get("/log")).dotted == "2.05"
        assert peer.connection.socket.selected_alpn_protocol() is None


@pytest.mark.rows("K-06", "K-07")
def test_our_client_over_websockets_and_tls(simulator, credentials):
    plain, secured = simulator.address[1], simulator.secured_address[1]
    for path, expected in [("/time", "Z"), ("/log", "\n")]:
        answer = coap("get", f"coap+ws://127.0.0.1:{plain}{path}")
        assert answer.code == 0 and expected in answer.stdout, str(answer)
        answer = coap(
            "get", f"coaps+ws://localhost:{secured}{path}", "--ca", credentials.ca.certificate)
        assert answer.code == 0 and expected in answer.stdout, str(answer)
    answer = coap("get", f"coap+ws://127.0.0.1:{plain}/actuators/led", "--trace")
    assert "-> 0.01 GET" in answer.stderr and "<- 2.05 Content" in answer.stderr, str(answer)
    answer = coap("ping", f"coap+ws://127.0.0.1:{plain}", "--count", "3")
    assert answer.code == 0, str(answer)
    answer = coap("get", f"coaps+ws://localhost:{secured}/time")
    assert answer.code == 1 and "certificate" in answer.stderr, str(answer)
