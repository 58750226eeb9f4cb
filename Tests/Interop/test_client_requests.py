"""What our client puts on the wire, seen by a raw server."""

import pytest

import messages
import wire
from messages import CONTENT_FORMAT, URI_HOST, URI_PATH, URI_PORT, URI_QUERY
from peer import FakeServer
from programs import start_coap

rows = pytest.mark.rows


def ask(*arguments, path="/", host=None, answer="2.05", payload=b"", options=()):
    """Runs `coap METHOD URI ...` against a raw server; returns its CSM, its request, the process."""
    with FakeServer() as server:
        method, *rest = arguments
        process = start_coap(method, server.uri(path, host), *rest)
        with server.accept() as peer:
            peer.send(messages.csm())
            capabilities, request = peer.receive(), peer.receive()
            peer.send(messages.response(request, answer, payload, *options))
            process.wait()
    return capabilities, request, process


@rows("T-01", "C-01", "C-13")
def test_the_first_message_is_a_csm_with_size_and_block_wise_transfer():
    capabilities, _, process = ask("get")
    assert capabilities.code == messages.CSM
    assert capabilities.uint(messages.MAX_MESSAGE_SIZE) >= 1152
    assert capabilities.values(messages.BLOCK_WISE_TRANSFER) == [b""]
    assert process.code == 0, str(process)


@rows("T-03")
def test_the_csm_does_not_wait_for_that_of_the_server():
    with FakeServer() as server:
        process = start_coap("get", server.uri())
        with server.accept() as peer:
            assert peer.receive(2).code == messages.CSM
        process.wait()


@rows("L-04", "X-14")
@pytest.mark.parametrize("run", range(3))
def test_a_request_never_has_the_empty_token(run):
    _, request, _ = ask("get")
    assert 1 <= len(request.token) <= 8


@pytest.mark.parametrize(
    "method, code",
    [
        ("get", "0.01"), ("post", "0.02"), ("put", "0.03"), ("delete", "0.04"),
        ("fetch", "0.05"), ("patch", "0.06"), ("ipatch", "0.07"),
    ],
)
def test_each_method_has_its_code(method, code):
    _, request, process = ask(method, answer="2.05" if method in ("get", "fetch") else "2.04")
    assert request.dotted == code
    assert process.code == 0, str(process)


@rows("X-10")
def test_payload_and_content_format_are_carried():
    _, request, _ = ask("put", "--payload", "1", "--content-format", "0", answer="2.04")
    assert request.payload == b"1"
    assert request.values(CONTENT_FORMAT) == [b""], "format 0 is an empty uint"
    _, request, _ = ask("post", "--payload", "ü", "--content-format", "11542", answer="2.04")
    assert request.payload == "ü".encode()
    assert request.uint(CONTENT_FORMAT) == 11542


@rows("X-46", "X-47")
@pytest.mark.parametrize(
    "path, segments, arguments",
    [
        ("", [], []),
        ("/", [], []),
        ("/a/b", [b"a", b"b"], []),
        ("/a/", [b"a", b""], []),
        ("//", [b"", b""], []),
        ("/%2F/caf%C3%A9", [b"/", "café".encode()], []),
        ("/?", [], [b""]),
        ("/s?x=1&y", [b"s"], [b"x=1", b"y"]),
        ("/?%26=/?", [], [b"&=/?"]),
        ("/" + "p" * 255, [b"p" * 255], []),
    ],
)
def test_the_uri_becomes_options(path, segments, arguments):
    _, request, _ = ask("get", path=path)
    assert request.values(URI_PATH) == segments
    assert request.values(URI_QUERY) == arguments
    assert request.values(URI_HOST) == [] and request.values(URI_PORT) == []


@rows("X-46", "AMB-13")
def test_a_host_name_is_resolved_and_sent_in_lower_case():
    _, request, process = ask("get", host="LocalHost")
    assert request.values(URI_HOST) == [b"localhost"]
    assert process.code == 0, str(process)


@rows("X-50")
def test_the_scheme_is_case_insensitive():
    with FakeServer() as server:
        process = start_coap("get", server.uri().replace("coap+tcp", "CoAP+TCP"))
        with server.accept() as peer:
            peer.handshake()
            peer.send(messages.response(peer.receive(), "2.05", b"ok"))
            assert process.wait() == 0, str(process)


def test_ipv6_literals_are_dialled():
    with FakeServer("::1") as server:
        process = start_coap("get", server.uri())
        with server.accept() as peer:
            peer.handshake()
            request = peer.receive()
            assert request.values(URI_HOST) == []
            peer.send(messages.response(request, "2.05", b"six"))
            assert process.wait() == 0, str(process)
    assert process.stdout.strip() == "six"


@rows("T-02", "C-08", "C-12")
def test_a_request_above_the_base_size_is_not_sent_to_a_server_that_announced_nothing():
    with FakeServer() as server:
        process = start_coap("put", server.uri("/x"), "--payload", "y" * 1200)
        with server.accept() as peer:
            peer.handshake(messages.csm(None, block_wise=False))
            found = peer.receive_to_end()
        assert process.wait() == 1, str(process)
    assert all(len(wire.encode(message)) <= 1152 for message in found)
    assert "size" in process.stderr.lower() or "large" in process.stderr.lower(), str(process)


@rows("C-09", "C-12", "T-06")
@pytest.mark.parametrize("size", [0, 16, 40])
def test_a_request_above_the_announced_size_is_not_sent(size):
    """Not even the smallest block fits into these."""
    with FakeServer() as server:
        process = start_coap("put", server.uri("/x"), "--payload", "y" * 300)
        with server.accept() as peer:
            peer.handshake(messages.csm(size))
            found = peer.receive_to_end()
        assert process.wait() == 1, str(process)
    for message in found:
        assert len(wire.encode(message)) <= size, f"{message} is larger than {size} bytes"


@rows("C-12")
def test_a_request_that_just_fits_is_sent():
    with FakeServer() as server:
        process = start_coap("put", server.uri("/x"), "--payload", "y" * 20)
        with server.accept() as peer:
            peer.handshake(messages.csm(64))
            request = peer.receive()
            peer.send(messages.response(request, "2.04"))
            assert process.wait() == 0, str(process)
