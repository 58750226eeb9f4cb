"""Default Uri-Host: what TLS has already said by SNI is not said again (RFC 8323 section 8.5)."""

import pytest

from messages import URI_HOST, URI_PATH, URI_PORT
from peer import FakeServer
from programs import start_coap
from tls_peers import FakeTLSServer, serve_one, server_context

rows = pytest.mark.rows


def request_of(credentials, *options, host=None, listen="127.0.0.1", keys="psk", path="/a/b?x=1"):
    """What a server of coaps+tcp receives, and the server names that came before it."""
    with FakeTLSServer(listen) as server:
        ours = {
            "psk": ("--psk", credentials.psk.option),
            "certificate": ("--ca", credentials.ca.certificate),
        }[keys]
        process = start_coap("get", server.uri(path, host), *ours, *options)
        if keys == "psk":
            peer = server.accept_psk(credentials.psk)
        else:
            peer = server.accept_ssl(server_context(credentials.server))
        with peer:
            request = serve_one(peer)
            assert process.wait() == 0, str(process)
    return request, [] if keys == "certificate" else peer.client_hello.server_names


@rows("U-21", "TL-14")
@pytest.mark.parametrize("keys", ["psk", "certificate"])
@pytest.mark.parametrize("host", ["localhost", "LocalHost"])
def test_a_name_that_is_the_server_name_is_not_repeated(credentials, keys, host):
    request, names = request_of(credentials, host=host, keys=keys)
    assert request.values(URI_HOST) == [] and request.values(URI_PORT) == []
    assert request.values(URI_PATH) == [b"a", b"b"]
    assert keys == "certificate" or names == [b"localhost"]


@rows("U-20")
@pytest.mark.parametrize("listen", ["127.0.0.1", "::1"])
def test_an_address_is_the_default_as_without_tls(credentials, listen):
    request, names = request_of(credentials, listen=listen)
    assert request.values(URI_HOST) == [] and request.values(URI_PORT) == []
    assert names == []


@rows("U-21")
def test_a_host_that_is_not_the_server_name_is_sent(credentials):
    request, names = request_of(credentials, "--server-name", "lamp.example", host="localhost")
    assert names == [b"lamp.example"]
    assert request.values(URI_HOST) == [b"localhost"]


@rows("U-20", "U-21")
def test_an_address_that_is_not_the_server_name_is_sent(credentials):
    request, names = request_of(credentials, "--server-name", "lamp.example")
    assert names == [b"lamp.example"]
    assert request.values(URI_HOST) == [b"127.0.0.1"]


@rows("U-20")
def test_without_tls_the_name_is_sent():
    with FakeServer() as server:
        process = start_coap("get", server.uri("/x", "localhost"))
        with server.accept() as peer:
            request = serve_one(peer)
            assert process.wait() == 0, str(process)
    assert request.values(URI_HOST) == [b"localhost"]
