"""An aiocoap server on CoAP over TCP for our client; prints its address once it listens.

    aiocoap_server.py [CERTIFICATE KEY]         with both PEM files: CoAP over TLS
    aiocoap_server.py --ws                      CoAP over WebSockets
"""

import asyncio
import datetime
import socket
import ssl
import sys

import aiocoap
from aiocoap import resource

TEXT = 0


class Time(resource.Resource):
    async def render_get(self, request):
        now = datetime.datetime.now().strftime("%Y-%m-%d %H:%M")
        return aiocoap.Message(payload=now.encode(), content_format=TEXT)


class Store(resource.Resource):
    """Keeps what was PUT, with its Content-Format; DELETE empties it."""

    value, content_format = b"", TEXT

    async def render_get(self, request):
        return aiocoap.Message(payload=self.value, content_format=self.content_format)

    async def render_put(self, request):
        self.value, self.content_format = request.payload, request.opt.content_format
        return aiocoap.Message(code=aiocoap.CHANGED)

    async def render_delete(self, request):
        self.value = b""
        return aiocoap.Message(code=aiocoap.DELETED)


class Echo(resource.Resource):
    """POST, FETCH, PATCH and iPATCH answer with the name of the method and the request's payload."""

    async def _answer(self, request):
        return aiocoap.Message(
            code=aiocoap.CONTENT if request.code == aiocoap.FETCH else aiocoap.CHANGED,
            payload=f"{request.code.name} ".encode() + request.payload,
            content_format=request.opt.content_format,
        )

    render_post = render_fetch = render_patch = render_ipatch = _answer


class Slow(resource.Resource):
    async def render_get(self, request):
        await asyncio.sleep(1)
        return aiocoap.Message(payload=b"patience", content_format=TEXT)


class Broken(resource.Resource):
    async def render_get(self, request):
        return aiocoap.Message(code=aiocoap.INTERNAL_SERVER_ERROR, payload=b"out of order")


def tls_context(certificate, key):
    """aiocoap has no credentials for TLS servers: the context says everything, ALPN included."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["coap"])
    return context


async def main(files):
    site = resource.Site()
    site.add_resource([".well-known", "core"], resource.WKCResource(site.get_resources_as_linkheader))
    for name, kind in {
        "time": Time, "store": Store, "echo": Echo, "slow": Slow, "broken": Broken
    }.items():
        site.add_resource([name], kind())

    # aiocoap cannot listen on port 0, but shares a port that is already reserved.
    reservation = socket.socket()
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reservation.bind(("127.0.0.1", 0))
    host, port = reservation.getsockname()
    bind, options, scheme = port, {"transports": ["tcpserver"]}, "coap+tcp"
    if files == ["--ws"]:
        # It listens 3000 above the port that it is told, and shares none.
        bind, options, scheme = port - 3000, {"transports": ["ws"]}, "coap+ws"
        reservation.close()
    elif files:
        # Its TLS transport listens on the port after the one it is told.
        bind = port - 1
        options = {"transports": ["tlsserver"], "_ssl_context": tls_context(*files)}
        scheme = "coaps+tcp"
    await aiocoap.Context.create_server_context(site, bind=(host, bind), **options)
    print(f"listening on {scheme}://{host}:{port}", flush=True)
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1:]))
    except KeyboardInterrupt:
        pass
