"""Our `coap` on coap+ws against servers of the `websockets` package, and against servers that are none."""

import base64
import hashlib
import random
import socket

import pytest
from websockets.exceptions import ConnectionClosed

import messages
from harness import assert_one_clear_line
from programs import coap, start_coap
from web_sockets import ACCEPT, frame, serving


def answering(answer):
    """A handler that exchanges CSMs and then gives each request to `answer`, until the client is gone."""

    def handle(peer):
        peer.handshake()
        try:
            while True:
                request = peer.receive()
                if request.code == messages.RELEASE:
                    return peer.connection.close()
                answer(peer, request)
        except ConnectionClosed:
            pass

    return handle


def uri(address, path="/x") -> str:
    return f"coap+ws://{address[0]}:{address[1]}{path}"


@pytest.mark.rows("W-01", "W-02", "W-03", "WS-01", "WS-09")
def test_what_the_client_asks_for():
    seen = []

    def answer(peer, request):
        seen.append((peer.connection.request, request))
        peer.send(messages.response(request, "2.05", b"done"))

    with serving(answering(answer)) as (address, failures):
        reply = coap("get", uri(address, "/a/b?c"))
        assert reply.code == 0 and reply.stdout == "done", str(reply)
    assert not failures
    http, request = seen[0]
    assert http.path == "/.well-known/coap"
    assert http.headers["Host"] == f"{address[0]}:{address[1]}"
    assert http.headers["Sec-WebSocket-Protocol"] == "coap"
    assert "Sec-WebSocket-Extensions" not in http.headers and "Origin" not in http.headers
    assert request.values(messages.URI_PATH) == [b"a", b"b"]
    assert not request.values(messages.URI_HOST) and not request.values(messages.URI_PORT)


@pytest.mark.rows("W-07", "W-13", "WS-14", "WS-16")
@pytest.mark.parametrize("seed", range(8))
def test_answers_in_any_fragments_with_pings_between_are_the_same(seed):
    payload = random.Random(seed).randbytes(random.Random(seed).choice([0, 1, 200, 66_000, 300_000]))

    def answer(peer, request):
        assert request.payload == b"what goes up"
        peer.ping()
        peer.send(messages.response(request, "2.04", payload))

    with serving(answering(answer), seed=seed) as (address, failures):
        reply = coap("post", uri(address), "--payload", "what goes up", "--max-message-size", "400000")
        assert reply.code == 0 and reply.stdout_bytes == payload, str(reply)[:500]
    assert not failures


@pytest.mark.rows("WS-09")
def test_no_mask_is_used_twice():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = start_coap("ping", uri(listener.getsockname()), "--count", "12", "--interval", "0.01")
        connection, data = handshake(listener)
        masks = []
        for _ in range(10):
            while len(data) < 6 or len(data) < 6 + data[1] % 128:
                data += connection.recv(4096)
            size = data[1] % 128
            masks.append(data[2:6])
            body = bytes(byte ^ masks[-1][i % 4] for i, byte in enumerate(data[6 : 6 + size]))
            data = data[6 + size :]
            if body[1] == messages.CSM:
                connection.sendall(frame(0x82, b"\x00\xe1", None))
            elif body[1] == messages.PING:
                connection.sendall(frame(0x82, bytes([body[0], messages.PONG]) + body[2 : 2 + body[0]], None))
        assert len(set(masks)) == len(masks)
        connection.close()
        client.wait()


@pytest.mark.rows("WS-17", "WS-19")
def test_the_client_closes_with_1000():
    codes = []

    def handle(peer):
        peer.handshake()
        request = peer.receive()
        peer.send(messages.response(request, "2.05", b"done"))
        assert peer.receive().code == messages.RELEASE
        with pytest.raises(ConnectionClosed):
            peer.connection.close(1000)
            peer.receive()
        codes.append(peer.connection.close_code)

    with serving(handle) as (address, failures):
        assert coap("get", uri(address)).code == 0
    assert codes == [1000] and not failures


# Servers that are none


def handshake(listener, accept=ACCEPT, extra=""):
    """Accepts, and answers a request; with no `accept` the right one."""

    connection, _ = listener.accept()
    connection.settimeout(5)
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(4096)
    key = next(
        line.split()[1] for line in head.decode().split("\r\n") if line.startswith("Sec-WebSocket-Key"))
    if accept is ACCEPT:
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        accept = base64.b64encode(digest).decode()
    connection.sendall(
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: coap\r\n{extra}\r\n").encode())
    return connection, head.partition(b"\r\n\r\n")[2]


@pytest.mark.rows("WS-04")
@pytest.mark.parametrize("accept, extra, words", [
    ("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "", "Sec-WebSocket-Accept"),
    (ACCEPT, "Sec-WebSocket-Extensions: permessage-deflate\r\n", "extension"),
    (ACCEPT, "Sec-WebSocket-Protocol: chat\r\n", "subprotocol"),
])
def test_a_wrong_101_is_a_clear_failure(accept, extra, words):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = start_coap("get", uri(listener.getsockname()))
        connection, _ = handshake(listener, accept, extra)
        assert client.wait() == 1
        assert_one_clear_line(client, words)
        connection.close()


@pytest.mark.parametrize("answer, words", [
    (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
    (b"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", "301"),
    (b"SSH-2.0-OpenSSH_9.2p1\r\nmore\r\n", "not an HTTP response"),
    (b"", "closed"),
    (b"HTTP/1.1 101 -\r\nX: " + b"y" * 20000, "too large"),
])
def test_another_server_is_a_clear_failure(answer, words):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = start_coap("get", uri(listener.getsockname()))
        connection, _ = listener.accept()
        connection.recv(4096)
        connection.sendall(answer)
        if not answer:
            connection.close()
        assert client.wait() == 1
        assert_one_clear_line(client, words)
        connection.close()


@pytest.mark.rows("W-05", "WS-11", "WS-12", "WS-13", "WS-21")
@pytest.mark.parametrize("data, code, words", [
    (frame(0x82, b"\x00\x45"), 1002, "mask"),
    (frame(0x81, b"hello", None), 1003, "text"),
    (frame(0xC2, b"\x00\x45", None), 1002, "reserved bits"),
    (bytes.fromhex("827f1000000000000000"), 1009, "larger"),
    (bytes.fromhex("8204114501ff"), 1002, "Len"),
    (bytes.fromhex("8200"), 1002, "ends within"),
])
def test_a_bad_frame_is_a_clear_failure_and_the_right_code(data, code, words):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = start_coap("get", uri(listener.getsockname()))
        connection, received = handshake(listener)
        connection.sendall(frame(0x82, b"\x00\xe1", None) + data)
        while more := connection.recv(4096):
            received += more
            if received[-8:-6] == b"\x88\x82":
                break
        mask, body = received[-6:-2], received[-2:]
        assert bytes(a ^ b for a, b in zip(body, mask)) == code.to_bytes(2, "big")
        connection.close()
        assert client.wait() == 1
        assert_one_clear_line(client, words)


def test_a_server_that_says_nothing_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = start_coap("get", uri(listener.getsockname()), "--handshake-timeout", "0.5")
        connection, _ = listener.accept()
        assert client.wait() == 1
        assert_one_clear_line(client, "0.5 s")
        connection.close()
