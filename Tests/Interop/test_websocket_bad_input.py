"""What is wrong on coap+ws: the right answer, and afterwards the one slot is free again."""

import json
import re
import socket
from pathlib import Path

import pytest

import messages
from programs import WebSocketSimulator
from vectors import expand
from web_sockets import RawWebSocket, dial, frame, request

VECTORS = Path(__file__).resolve().parent.parent / "Vectors"


@pytest.fixture(scope="module")
def simulator():
    # One connection at a time: what is not given back is missing at once.
    simulator = WebSocketSimulator("--connections", 1, "--max-message-size", 1152)
    yield simulator
    assert simulator.stop() == 0, str(simulator)


@pytest.fixture(autouse=True)
def slot_is_free_again(simulator):
    yield
    with dial(simulator.url) as peer:
        peer.handshake()
        assert peer.exchange(messages.get("/actuators/led")).dotted == "2.05"


def frame_vectors() -> list[dict]:
    """Group W, but for what is about another Max-Message-Size."""
    rows = json.loads((VECTORS / "vectors.json").read_text(encoding="utf-8"))
    return [row for row in rows if row["group"] == "W" and "maxMessageSize" not in row["config"]]


def as_from_a_client(row) -> bytes | None:
    """The frames of a row that is about a client, sent to a server: masked. None when that changes the row."""
    data, out = bytes.fromhex(expand(row["input"])), b""
    while len(data) >= 2:
        size, head = data[1], 2
        if size in (126, 127):
            width = 2 if size == 126 else 8
            size, head = int.from_bytes(data[2 : 2 + width], "big"), 2 + width
        if size > 100_000:
            return data[:1] + bytes([data[1] | 0x80]) + data[2:]
        body = data[head : head + size]
        out += data[:1] + bytes([data[1] | 0x80]) + data[2:head] + b"\0\0\0\0" + body
        data = data[head + size :]
    return out


def closes(peer: RawWebSocket, code: int, *, abort: bool) -> None:
    first, body = peer.read_frame()
    if abort:
        assert first == 0x82 and body[1] == messages.ABORT and len(body) > 3, body
        first, body = peer.read_frame()
    assert (first, body) == (0x88, code.to_bytes(2, "big")), (first, body)
    peer.socket.shutdown(socket.SHUT_WR)
    assert peer.read_to_end() == b""


def ready(simulator) -> RawWebSocket:
    peer = RawWebSocket(simulator.address)
    peer.open()
    peer.send(frame(0x82, b"\x00\xe1"))
    assert peer.read_frame()[1][1] == messages.CSM
    return peer


@pytest.mark.parametrize(
    "row", frame_vectors(), ids=lambda row: row["id"])
def test_every_vector_of_group_w(simulator, row):
    data = bytes.fromhex(expand(row["input"]))
    if row["config"]["role"] == "wsClient":
        data = as_from_a_client(row)
    expect = row["expect"]
    with ready(simulator) as peer:
        peer.send(data)
        if expect["kind"] == "wsClose":
            return closes(peer, expect["code"], abort=expect["abort"])
        if row["id"] == "V-W07":
            assert peer.read_frame() == (0x8A, b"hi")
        elif row["id"] == "V-W26":
            assert peer.read_frame()[1] == b"\x01\xe3\x42"
        # Still in step.
        peer.send(frame(0x89, b"still there"))
        assert peer.read_frame() == (0x8A, b"still there")


def handshakes():
    rows = json.loads((VECTORS / "handshakes.json").read_text())
    for row in rows:
        # H17 and H18 are about another list of origins, H19 about less memory for a line.
        if row["role"] == "wsServer" and row["id"] not in ("H17", "H18", "H19"):
            for index, text in enumerate(row["texts"]):
                yield pytest.param(row, text, id=f"{row['id']}-{index}")


def unroll(text: str) -> bytes:
    return re.sub(r"\{(.)\*(\d+)\}", lambda match: match[1] * int(match[2]), text).encode()


@pytest.mark.parametrize("row, text", list(handshakes()))
def test_every_handshake(simulator, row, text):
    with RawWebSocket(simulator.address) as peer:
        peer.send(unroll(text) + bytes.fromhex(row.get("frames", "")))
        if row["outcome"] == "accept":
            head = peer.read_head().decode()
            assert head.startswith("HTTP/1.1 101 ")
            assert row.get("accept", "") in head
            assert peer.read_frame()[1][1] == messages.CSM
        else:
            peer.socket.shutdown(socket.SHUT_WR)
            answer = peer.read_to_end().decode()
            assert answer.startswith(f"HTTP/1.1 {row['status']} "), answer
            body = answer.partition("\r\n\r\n")[2]
            assert body.endswith("\n") and body.count("\n") == 1, answer


def test_header_lines_without_end(simulator):
    for more in ["Sec-WebSocket-Protocol: " + "x" * 5000, "X: " + "x" * 20000, "X: x\r\n" * 5000]:
        with RawWebSocket(simulator.address) as peer:
            peer.send(request(more))
            assert peer.read_head().startswith(b"HTTP/1.1 431 ")
            peer.socket.shutdown(socket.SHUT_WR)
            assert peer.read_to_end() == b"header too large\n"


@pytest.mark.rows("WS-21")
def test_a_frame_of_2_to_the_60_is_refused_from_its_header(simulator):
    with ready(simulator) as peer:
        peer.send(bytes.fromhex("82ff1000000000000000"))
        closes(peer, 1009, abort=True)
    simulator.expect_log("WebSocket failed: message larger than announced")


@pytest.mark.rows("WS-21")
def test_endless_fragments_are_refused(simulator):
    with ready(simulator) as peer:
        peer.send(frame(0x02, b"\x00\x01"))
        for _ in range(115):
            peer.send(frame(0x00, b"0123456789"))
        peer.send(frame(0x00, b"0123456789"))
        closes(peer, 1009, abort=True)


@pytest.mark.rows("WS-21")
def test_endless_empty_fragments_are_refused(simulator):
    with ready(simulator) as peer:
        peer.send(frame(0x02) + 64 * frame(0x00))
        closes(peer, 1008, abort=False)


def test_a_client_that_goes_in_the_middle_of_a_message(simulator):
    for data in [frame(0x82, b"\x01\x02\x07" + b"x" * 500)[:200], frame(0x02, b"\x01\x02"), b"\x82"]:
        peer = ready(simulator)
        peer.send(data)
        peer.socket.close()


def test_a_client_that_goes_in_the_handshake(simulator):
    for count in [0, 1, 40, 150]:
        with RawWebSocket(simulator.address) as peer:
            peer.send(request()[:count])


def test_a_handshake_that_stalls_is_given_up():
    simulator = WebSocketSimulator("--connections", 1, "--handshake-timeout", "0.5")
    with RawWebSocket(simulator.address) as peer:
        peer.send(request()[:60])
        assert peer.read_to_end() == b""
    simulator.wait_for_line("WebSocket failed: the WebSocket handshake was not over in time", on="stderr")
    with dial(simulator.url) as peer:
        peer.handshake()
    assert simulator.stop() == 0, str(simulator)


def test_a_flood_of_pings_is_answered(simulator):
    with ready(simulator) as peer:
        for _ in range(200):
            peer.send(frame(0x89, b"x" * 125) * 20)
        peer.send(frame(0x89, b"last"))
        while peer.read_frame() != (0x8A, b"last"):
            pass


def test_a_client_that_does_not_read_its_pongs_is_closed_in_the_end():
    simulator = WebSocketSimulator("--connections", 1, "--idle-timeout", "1", "--release-timeout", "0.5")
    with ready(simulator) as peer:
        peer.socket.settimeout(0.5)
        try:
            for _ in range(20000):
                peer.send(frame(0x89, b"x" * 125))
        except (TimeoutError, ConnectionError):
            pass
        with dial(simulator.url) as other:
            other.handshake()
    assert simulator.stop() == 0, str(simulator)
