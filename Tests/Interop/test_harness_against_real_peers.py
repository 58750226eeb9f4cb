"""The raw peer and the codec of these tests are right: two independent stacks understand them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

import messages
import wire
from peer import FakeServer
from programs import aiocoap_client, libcoap_client
from vectors import stream_vectors

pytestmark = pytest.mark.peers_only


@pytest.mark.parametrize("vector", stream_vectors(), ids=lambda vector: vector.id)
def test_codec_reads_and_writes_every_vector(vector):
    found, rest = wire.decode_all(vector.input, **vector.limits)
    told = " / ".join([str(message) for message in found] + ([rest] if rest else []))
    assert told == vector.decodes
    if rest is None:
        assert b"".join(wire.encode(message) for message in found) == vector.input


def test_raw_peer_talks_to_libcoap_server(libcoap_server):
    with libcoap_server.connect() as peer:
        assert peer.exchange(messages.get("/")).text.startswith("This is a test server")
        put = messages.request(messages.PUT, "/example_data", payload=b"x" * 300, content_format=0)
        assert peer.exchange(put).dotted in ("2.01", "2.04")
        assert peer.exchange(messages.get("/example_data")).payload == b"x" * 300
        assert peer.exchange(messages.get("/none")).dotted == "4.04"


def test_raw_peer_sees_libcoap_close_after_release(libcoap_server):
    with libcoap_server.connect() as peer:
        peer.send(messages.Message(messages.RELEASE))
        assert peer.receive_to_end() == []
        assert peer.ended == "fin"


def test_raw_peer_talks_to_aiocoap_server_one_byte_at_a_time(aiocoap_server):
    with aiocoap_server.dial() as peer:
        peer.send_split(wire.encode(messages.csm()) + wire.encode(messages.get("/time")))
        assert peer.receive().code == messages.CSM
        assert peer.receive().dotted == "2.05"
        peer.expect_alive()


def test_raw_peer_sees_the_abort_of_aiocoap(aiocoap_server):
    with aiocoap_server.connect() as peer:
        peer.send(bytes.fromhex("0901010203040506070809"))
        peer.expect_abort()
        assert peer.ended == "fin"


@pytest.mark.parametrize("client", [libcoap_client, aiocoap_client])
def test_fake_server_is_understood_by_independent_clients(client):
    with FakeServer() as server, ThreadPoolExecutor(1) as pool:
        running = pool.submit(client, server.uri("/a/b?x=1"))
        with server.accept() as peer:
            peer.handshake()
            request = peer.receive()
            assert request.values(messages.URI_PATH) == [b"a", b"b"]
            assert request.values(messages.URI_QUERY) == [b"x=1"]
            peer.send(messages.response(request, "2.05", b"from a fake", (messages.CONTENT_FORMAT, b"")))
            assert "from a fake" in running.result().stdout
