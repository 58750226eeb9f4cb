"""An aiocoap server on CoAP over TCP for our client; prints its address once it listens.

    aiocoap_server.py [CERTIFICATE KEY]         with both PEM files: CoAP over TLS
    aiocoap_server.py --ws                      CoAP over WebSockets
"""

import asyncio
import datetime
import hashlib
import itertools
import socket
import ssl
import sys

import aiocoap
from aiocoap import resource

TEXT, OCTETS = 0, 42

LARGE = bytes(range(251)) * 4178
"""1 MiB and a little more, so that the last block is not full."""


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


class Large(resource.Resource):
    """A body of 1 MiB with an ETag: 2.03 for who has it."""

    async def render_get(self, request):
        answer = aiocoap.Message(payload=LARGE, content_format=OCTETS)
        resource.hashing_etag(request, answer)
        return answer


class Upload(resource.Resource):
    """Takes a body by PUT or POST; GET says how long it was and its SHA-256."""

    summary = b"nothing"

    async def render_put(self, request):
        digest = hashlib.sha256(request.payload).hexdigest()
        self.summary = f"{len(request.payload)} {digest}".encode()
        return aiocoap.Message(code=aiocoap.CHANGED)

    async def render_post(self, request):
        """The body comes back, in blocks if need be."""
        return aiocoap.Message(code=aiocoap.CHANGED, payload=request.payload)

    async def render_get(self, request):
        return aiocoap.Message(payload=self.summary, content_format=TEXT)


class Counter(resource.ObservableResource):
    """Counts as long as somebody looks; `size` is that of the text in bytes."""

    def __init__(self, interval, size):
        super().__init__()
        self.number, self.interval, self.size = 0, interval, size
        self.task = None

    def update_observation_count(self, count):
        if count and not self.task:
            self.task = asyncio.get_running_loop().create_task(self._count())
        if not count and self.task:
            self.task.cancel()
            self.task = None

    async def _count(self):
        while True:
            await asyncio.sleep(self.interval)
            self.number += 1
            self.updated_state()

    async def render_get(self, request):
        text = f"{self.number} ".ljust(self.size, ".").rstrip(" ")
        return aiocoap.Message(payload=text.encode(), content_format=TEXT)


class Observers(resource.Resource):
    """How many observe the counter."""

    def __init__(self, counter):
        super().__init__()
        self.counter = counter

    async def render_get(self, request):
        return aiocoap.Message(payload=b"0" if self.counter.task is None else b"1", content_format=TEXT)


class Fresh(resource.Resource):
    """A request counts only with the Echo value that was given out last (RFC 9175)."""

    numbers = itertools.count(1)
    expected = None

    async def render_get(self, request):
        if request.opt.echo is not None and request.opt.echo == self.expected:
            return aiocoap.Message(payload=b"fresh", content_format=TEXT)
        self.expected = f"echo {next(self.numbers)}".encode()
        return aiocoap.Message(code=aiocoap.UNAUTHORIZED, echo=self.expected)


class Busy(resource.Resource):
    """Refuses two of three requests with 4.29, to be tried again after a second."""

    requests = itertools.count(1)

    async def render_get(self, request):
        if next(self.requests) % 3:
            return aiocoap.Message(
                code=aiocoap.TOO_MANY_REQUESTS, payload=b"slower", max_age=1, content_format=TEXT
            )
        return aiocoap.Message(payload=b"at last", content_format=TEXT)


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
        "time": Time, "store": Store, "echo": Echo, "slow": Slow, "broken": Broken,
        "large": Large, "upload": Upload, "fresh": Fresh, "busy": Busy,
    }.items():
        site.add_resource([name], kind())
    counter = Counter(0.05, 0)
    site.add_resource(["counter"], counter)
    site.add_resource(["observers"], Observers(counter))
    site.add_resource(["large-counter"], Counter(0.5, 200_000))

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
