"""TLS peers of which every byte is the test's choice, and a relay that sees and changes what passes.

`SSLPeer` is Python's ssl module (OpenSSL) with certificates. `PSKPeer` is TLS 1.2 with a pre-shared
key in a few lines, in both roles: each record and handshake message is in the hands of the test.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import messages
import tls_wire
import wire
from peer import SOON, ConnectionEnded, FakeServer, Peer
from tls_credentials import PSK, Certified, Credentials
from tls_wire import Alert, ClientHello, Record, ServerHello
from wire import Message


def _joined(items: tuple[Message | bytes, ...]) -> bytes:
    return b"".join(item if isinstance(item, bytes) else wire.encode(item) for item in items)


class SSLPeer(Peer):
    """A connection of Python's ssl module; `ended` is also "close_notify" or the text of an alert."""

    socket: ssl.SSLSocket

    @classmethod
    def open(
        cls,
        address: tuple[str, int],
        context: ssl.SSLContext,
        server_name: str | None = None,
        session: ssl.SSLSession | None = None,
    ) -> "SSLPeer":
        """Dials and shakes hands; raises `ssl.SSLError` when that fails."""
        connection = socket.create_connection(address, SOON)
        try:
            return cls(
                context.wrap_socket(
                    connection, server_hostname=server_name, suppress_ragged_eofs=False,
                    session=session,
                )
            )
        except BaseException:
            connection.close()
            raise

    def _fill(self, deadline: float) -> bool:
        if self.ended:
            raise ConnectionEnded(self.ended)
        left = max(0.0, deadline - time.monotonic())
        if not self.socket.pending() and not select.select([self.socket], [], [], left)[0]:
            return False
        # A record may be there in part only, or be a ticket.
        self.socket.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            data = self.socket.recv(1 << 16)
        except TimeoutError:
            return False
        except ConnectionResetError:
            self.ended = "reset"
        except ssl.SSLEOFError:
            self.ended = "fin"
        except ssl.SSLError as error:
            self.ended = str(error.reason)
        else:
            if data:
                self._undecoded += data
                self.bytes_received += len(data)
                return True
            self.ended = "close_notify"
        finally:
            self.socket.settimeout(SOON)
        raise ConnectionEnded(self.ended)

    def finish_sending(self) -> None:
        """Our close_notify; waits for the other end's."""
        with contextlib.suppress(OSError):
            self.socket.unwrap()


def client_context(
    credentials: Credentials, *, alpn: tuple[str, ...] = ("coap",), client: Certified | None = None,
    ciphers: str | None = None,
) -> ssl.SSLContext:
    """TLS 1.2, trusting the CA of the run."""
    context = ssl.create_default_context(cafile=str(credentials.ca.certificate))
    context.hostname_checks_common_name = False
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if client:
        context.load_cert_chain(client.certificate, client.key)
    if ciphers:
        context.set_ciphers(ciphers)
    return context


def server_context(
    certified: Certified, *, alpn: tuple[str, ...] = ("coap",), ca: Certified | None = None,
    version: ssl.TLSVersion | None = None,
) -> ssl.SSLContext:
    """With `ca`, a certificate is demanded of the client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified.certificate, certified.key)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if ca:
        context.load_verify_locations(ca.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    if version:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    return context


class AlertReceived(Exception):
    """The other end sent an alert where something else was awaited."""

    def __init__(self, alert: Alert):
        super().__init__(str(alert))
        self.alert = alert


class PSKPeer(Peer):
    """TLS 1.2 with PSK_WITH_AES_128_CCM_8 or PSK_WITH_AES_128_GCM_SHA256.

    `received` are the records as they came, `alerts` what was in those of type alert. After the
    handshake it is a `Peer`: `send`, `receive` and the rest go through the records.
    """

    def __init__(self, connection: socket.socket, psk: PSK):
        super().__init__(connection)
        self.psk = psk
        self.received: list[Record] = []
        self.sent: list[bytes] = []
        self.alerts: list[Alert] = []
        self.handshakes: list[tuple[int, bytes]] = []
        """Handshake messages that came after the handshake."""
        self.client_hello: ClientHello | None = None
        self.server_hello: ServerHello | None = None
        self.is_established = False
        self.max_plaintext = 0
        """The largest content of an application data record that came."""
        self._transcript = b""
        self._raw = bytearray()
        self._pending = bytearray()
        self._reading: tls_wire.Protection | None = None
        self._writing: tls_wire.Protection | None = None

    @classmethod
    def open(cls, address: tuple[str, int], psk: PSK, **hello) -> "PSKPeer":
        """Dials and shakes hands; raises `AlertReceived` or `ConnectionEnded` when that fails."""
        peer = cls(Peer.dial(address).socket, psk)
        try:
            peer.shake_hands(hello_of_client(**hello))
        except BaseException:
            peer.close()
            raise
        return peer

    # Records

    def send_raw(self, data: bytes) -> None:
        self.sent.append(data)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def record(self, type_: int, content: bytes) -> Record:
        """As it goes out: protected, once our ChangeCipherSpec is out."""
        return self._writing.seal(type_, content) if self._writing else Record(type_, content)

    def send_record(self, type_: int, content: bytes) -> None:
        self.send_raw(self.record(type_, content).encode())

    def send_alert(self, name: str, level: int = tls_wire.FATAL) -> None:
        self.send_record(tls_wire.ALERT, Alert(level, tls_wire.NUMBERS[name]).encode())

    def close_notify(self) -> None:
        self.send_alert("close_notify", tls_wire.WARNING)

    def next_record(self, within: float = SOON) -> tuple[int, bytes] | None:
        """Type and content of the next record, None when the time is over; keeps alerts."""
        deadline = time.monotonic() + within
        while not (found := tls_wire.split_records(bytes(self._raw)))[0]:
            if self.ended:
                raise ConnectionEnded(self.ended)
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self.socket], [], [], left)[0]:
                return None
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionResetError:
                self.ended = "reset"
                continue
            if not data:
                self.ended = "fin"
            self._raw += data
        record = found[0][0]
        del self._raw[: 5 + len(record.fragment)]
        self.received.append(record)
        content = self._reading.open(record) if self._reading else record.fragment
        if record.type == tls_wire.ALERT:
            self.alerts.append(Alert.decode(content))
        return record.type, content

    # The handshake, in steps

    def _send_handshake(self, *items: bytes) -> None:
        self._transcript += b"".join(items)
        self.send_record(tls_wire.HANDSHAKE, b"".join(items))

    def _handshake(self, *wanted: int) -> tuple[int, bytes]:
        """The next handshake message, which must be one of these types."""
        deadline = time.monotonic() + SOON
        while True:
            size = 4 + int.from_bytes(self._pending[1:4], "big")
            if len(self._pending) >= max(4, size):
                break
            found = self.next_record(deadline - time.monotonic())
            assert found, f"no handshake message within {SOON} s"
            if found[0] == tls_wire.ALERT:
                raise AlertReceived(self.alerts[-1])
            assert found[0] == tls_wire.HANDSHAKE, f"not a handshake message: {found}"
            self._pending += found[1]
        message = bytes(self._pending[:size])
        del self._pending[:size]
        assert message[0] in wanted, f"type {message[0]} instead of {wanted}: {message.hex()}"
        if message[0] != tls_wire.FINISHED:
            self._transcript += message
        return message[0], message[4:]

    def shake_hands(self, hello: ClientHello | None = None) -> None:
        """The whole handshake as the client."""
        self.send_hello(hello or hello_of_client())
        self.receive_server_flight()
        self.send_second_flight()
        self.receive_finish()

    def send_hello(self, hello: ClientHello) -> None:
        self.client_hello = hello
        self._transcript += hello.encode()
        self.send_raw(hello.record())

    def receive_server_flight(self) -> ServerHello:
        self.server_hello = ServerHello.decode(self._handshake(tls_wire.SERVER_HELLO)[1])
        types = tls_wire.SERVER_KEY_EXCHANGE, tls_wire.SERVER_HELLO_DONE
        while self._handshake(*types)[0] != tls_wire.SERVER_HELLO_DONE:
            pass
        return self.server_hello

    def second_flight(self, *, spoil_finished: bool = False) -> bytes:
        """ClientKeyExchange, ChangeCipherSpec and Finished as one run of records."""
        identity = tls_wire.sized(2, self.psk.identity.encode())
        exchange = tls_wire.handshake(tls_wire.CLIENT_KEY_EXCHANGE, identity)
        self._transcript += exchange
        self._derive()
        data = Record(tls_wire.HANDSHAKE, exchange).encode()
        return data + self._finish("client finished", spoil_finished)

    def send_second_flight(self, **changes) -> None:
        self.send_raw(self.second_flight(**changes))

    def receive_finish(self) -> None:
        self._receive_finished("server finished")
        self.is_established = True

    def serve(
        self,
        *,
        suite: int = tls_wire.PSK_CCM_8,
        alpn: str | None = "coap",
        extensions: tuple[tuple[int, bytes], ...] = (),
        before_finish: Callable[["PSKPeer"], None] | None = None,
    ) -> ClientHello:
        """The whole handshake as the server. Answers what the client offered as OpenSSL would."""
        hello = self.receive_hello()
        answers = [(tls_wire.RENEGOTIATION_INFO, b"\0")]
        if hello.extension(tls_wire.EXTENDED_MASTER_SECRET) is not None:
            answers.append((tls_wire.EXTENDED_MASTER_SECRET, b""))
        if alpn is not None and hello.alpn:
            answers.append(tls_wire.alpn(alpn))
        answers += extensions
        # The other end's random must differ, or both directions share all else.
        self.server_hello = ServerHello(suite, tuple(answers), random=os.urandom(32))
        self._send_handshake(
            self.server_hello.encode(), tls_wire.handshake(tls_wire.SERVER_HELLO_DONE, b"")
        )
        exchange = self._handshake(tls_wire.CLIENT_KEY_EXCHANGE)[1]
        self.identity = tls_wire.Reader(exchange).vector(2)
        self._derive(is_client=False)
        self._receive_finished("client finished")
        if before_finish:
            before_finish(self)
        self.send_raw(self._finish("server finished"))
        self.is_established = True
        return hello

    def receive_hello(self) -> ClientHello:
        self.client_hello = ClientHello.decode(self._handshake(tls_wire.CLIENT_HELLO)[1])
        return self.client_hello

    def _derive(self, is_client: bool = True) -> None:
        premaster = tls_wire.psk_premaster(self.psk.key)
        randoms = self.client_hello.random, self.server_hello.random
        if self.server_hello.extension(tls_wire.EXTENDED_MASTER_SECRET) is not None:
            seed = tls_wire.sha256(self._transcript)
            self._master = tls_wire.prf(premaster, b"extended master secret", seed, 48)
        else:
            self._master = tls_wire.prf(premaster, b"master secret", b"".join(randoms), 48)
        block = tls_wire.prf(self._master, b"key expansion", randoms[1] + randoms[0], 40)
        suite = self.server_hello.suite
        client = tls_wire.Protection(suite, block[:16], block[32:36])
        server = tls_wire.Protection(suite, block[16:32], block[36:40])
        self._next = (server, client) if is_client else (client, server)

    def _verify_data(self, label: str) -> bytes:
        seed = tls_wire.sha256(self._transcript)
        return tls_wire.prf(self._master, label.encode(), seed, 12)

    def _finish(self, label: str, spoil: bool = False) -> bytes:
        verify = self._verify_data(label)
        if spoil:
            verify = bytes([verify[0] ^ 1]) + verify[1:]
        finished = tls_wire.handshake(tls_wire.FINISHED, verify)
        self._transcript += finished
        data = Record(tls_wire.CHANGE_CIPHER_SPEC, b"\1").encode()
        self._writing = self._next[1]
        return data + self.record(tls_wire.HANDSHAKE, finished).encode()

    def _receive_finished(self, label: str) -> None:
        while True:
            found = self.next_record()
            assert found, "no ChangeCipherSpec"
            if found[0] == tls_wire.ALERT:
                raise AlertReceived(self.alerts[-1])
            if found == (tls_wire.CHANGE_CIPHER_SPEC, b"\1"):
                break
            # A session ticket comes before the server's ChangeCipherSpec.
            assert found[0] == tls_wire.HANDSHAKE and not self._pending, f"{found}"
            assert found[1][0] == tls_wire.NEW_SESSION_TICKET, f"{found}"
            self._transcript += found[1]
        self._reading = self._next[0]
        expected = self._verify_data(label)
        _, verify = self._handshake(tls_wire.FINISHED)
        assert hmac.compare_digest(verify, expected), "the other end's Finished is wrong"
        self._transcript += tls_wire.handshake(tls_wire.FINISHED, verify)

    # A Peer over it

    def send(self, *items: Message | bytes) -> None:
        data = _joined(items)
        while data:
            self.send_record(tls_wire.APPLICATION_DATA, data[: tls_wire.MAX_FRAGMENT])
            data = data[tls_wire.MAX_FRAGMENT :]

    def _fill(self, deadline: float) -> bool:
        found = self.next_record(max(0.0, deadline - time.monotonic()))
        if found is None:
            return False
        type_, content = found
        if type_ == tls_wire.APPLICATION_DATA:
            self._undecoded += content
            self.bytes_received += len(content)
            self.max_plaintext = max(self.max_plaintext, len(content))
        elif type_ == tls_wire.HANDSHAKE:
            self.handshakes.append((content[0], content[4:]))
        return True

    def finish_sending(self) -> None:
        """Our close_notify, then our FIN."""
        self.close_notify()
        super().finish_sending()

    def expect_alert(self, name: str, within: float = SOON) -> Alert:
        """Nothing but this fatal alert, then the end of the connection."""
        deadline = time.monotonic() + within
        try:
            while True:
                left = max(0.0, deadline - time.monotonic())
                assert self.next_record(left), f"not closed within {within} s; {self.alerts}"
        except ConnectionEnded:
            pass
        assert not self._raw, f"closed in the middle of a record: {self._raw.hex()}"
        texts = [str(alert) for alert in self.alerts if alert.number != 0]
        assert texts == [str(tls_wire.fatal(name))], f"{texts} instead of {name}"
        return self.alerts[-1]

    def receive_to_end(self, within: float = SOON) -> list[Message]:
        found = super().receive_to_end(within)
        assert not self._raw, f"closed in the middle of a record: {self._raw.hex()}"
        assert not any(alert.is_fatal for alert in self.alerts), f"{self.alerts}"
        return found


def hello_of_client(
    *,
    suites: tuple[int, ...] = (tls_wire.PSK_CCM_8,),
    alpn: tuple[str, ...] = ("coap",),
    server_name: str | None = None,
    extended_master_secret: bool = True,
    extensions: tuple[tuple[int, bytes], ...] = (),
    **fields,
) -> ClientHello:
    """What a well-behaved client sends, with changes."""
    found = [tls_wire.server_name(server_name)] if server_name else []
    if alpn:
        found.append(tls_wire.alpn(*alpn))
    if extended_master_secret:
        found.append((tls_wire.EXTENDED_MASTER_SECRET, b""))
    hello = ClientHello(
        (*suites, tls_wire.RENEGOTIATION_INFO_SCSV), (*found, *extensions), random=os.urandom(32)
    )
    return replace(hello, **fields)


def certificate_hello(**fields) -> ClientHello:
    """A ClientHello for suites with certificates, as far as a server needs it to choose."""
    extensions = (
        (tls_wire.SUPPORTED_GROUPS, tls_wire.sized(2, b"\x00\x17")),
        (tls_wire.POINT_FORMATS, tls_wire.sized(1, b"\0")),
        (tls_wire.SIGNATURE_ALGORITHMS, tls_wire.sized(2, b"\x04\x03")),
        *fields.pop("extensions", ()),
    )
    fields.setdefault("suites", (tls_wire.ECDHE_ECDSA_GCM, tls_wire.ECDHE_ECDSA_CCM_8))
    return hello_of_client(extensions=extensions, **fields)


def answer_to(address: tuple[str, int], data: bytes, *, to_end: bool = False) -> bytes:
    """What a server says to these bytes until it closes.

    Without `to_end`, ServerHelloDone and silence are an end as well.
    """
    done = tls_wire.handshake(tls_wire.SERVER_HELLO_DONE, b"")
    received, deadline = bytearray(), time.monotonic() + SOON
    with contextlib.closing(socket.create_connection(address, SOON)) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(data)
        while to_end or not received.endswith(done):
            quiet = 0.3 if received and not to_end else max(0.0, deadline - time.monotonic())
            if not select.select([connection], [], [], quiet)[0]:
                assert not to_end, f"not closed within {SOON} s after {data[:40].hex()}"
                break
            try:
                chunk = connection.recv(1 << 16)
            except ConnectionResetError:
                break
            if not chunk:
                break
            received += chunk
    return bytes(received)


def alert_to(address: tuple[str, int], data: bytes) -> Alert:
    """The fatal alert with which a server refuses these bytes; it closes, and says nothing else."""
    records = tls_wire.records_of(answer_to(address, data, to_end=True))
    assert [record.type for record in records] == [tls_wire.ALERT], f"not one alert: {records}"
    alert = Alert.decode(records[0].fragment)
    assert alert.is_fatal, str(alert)
    return alert


def serve_one(peer: Peer, payload: bytes = b"fine") -> Message:
    """The server of one request, from the CSMs to both ends' close_notify; returns the request."""
    peer.handshake()
    # libcoap over GnuTLS now and then sends a second CSM.
    while (request := peer.receive()).code >> 5 == 7:
        assert request.code == messages.CSM, f"{request}"
    peer.send(messages.response(request, "2.05", payload))
    with contextlib.suppress(ConnectionEnded):
        while peer.receive().code != messages.RELEASE:
            pass
    peer.finish_sending()
    return request


class FakeTLSServer(FakeServer):
    """A listening socket; what is accepted has done its handshake."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0):
        if port == 0:
            super().__init__(host)
        else:
            self.host, self.port = host, port
            self.socket = socket.create_server((host, port))

    def uri(self, path: str = "/", host: str | None = None) -> str:
        return super().uri(path, host).replace("coap+tcp", "coaps+tcp", 1)

    def accept_raw(self, within: float = SOON) -> Peer:
        return super().accept(within)

    def accept_ssl(self, context: ssl.SSLContext, within: float = SOON) -> SSLPeer:
        """Raises `ssl.SSLError` when the handshake fails."""
        raw = self.accept_raw(within)
        try:
            return SSLPeer(
                context.wrap_socket(raw.socket, server_side=True, suppress_ragged_eofs=False)
            )
        except BaseException:
            raw.close()
            raise

    def accept_psk(self, psk: PSK, within: float = SOON, **answers) -> PSKPeer:
        peer = PSKPeer(self.accept_raw(within).socket, psk)
        try:
            peer.serve(**answers)
        except BaseException:
            peer.close()
            raise
        return peer


# The relay

SERVER, CLIENT = "to the server", "to the client"


class Cut(Exception):
    """Raised by a change: these bytes still go on, then both ends get FIN."""

    def __init__(self, last: bytes = b"", *, reset: bool = False):
        super().__init__(last)
        self.last, self.reset = last, reset


class Passage:
    """One connection through the relay: the bytes that came for each side, and who ended first."""

    def __init__(self, client: socket.socket, server: socket.socket):
        self.sockets = {SERVER: server, CLIENT: client}
        """By the direction in which one writes to them."""
        self.bytes = {SERVER: bytearray(), CLIENT: bytearray()}
        self.ended: list[str] = []
        """The directions that are at their end, in order."""

    def records(self, towards: str) -> list[Record]:
        return tls_wire.split_records(bytes(self.bytes[towards]))[0]

    @property
    def client_hello(self) -> ClientHello:
        return tls_wire.client_hello(bytes(self.bytes[SERVER]))

    @property
    def server_hello(self) -> ServerHello:
        return tls_wire.server_hello(bytes(self.bytes[CLIENT]))

    def plain_alerts(self, towards: str) -> list[Alert]:
        """Those before that side's ChangeCipherSpec."""
        found = []
        for record in self.records(towards):
            if record.type == tls_wire.CHANGE_CIPHER_SPEC:
                break
            if record.type == tls_wire.ALERT:
                found.append(Alert.decode(record.fragment))
        return found

    @property
    def is_over(self) -> bool:
        return len(self.ended) == 2


Change = Callable[[Passage, str, bytes], bytes]


class Relay:
    """Listens on a port of its own and connects on to `address`. All in one thread of its own."""

    def __init__(self, address: tuple[str, int], change: Change | None = None):
        self.target, self.change = address, change
        self.passages: list[Passage] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()[:2]
        self.port = self.address[1]
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Relay":
        return self

    def __exit__(self, *_) -> None:
        self._is_over.set()
        self._thread.join(SOON)
        self._listener.close()
        for passage in self.passages:
            for connection in passage.sockets.values():
                connection.close()

    def uri(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"coaps+tcp://{host}:{self.port}{path}"

    @property
    def passage(self) -> Passage:
        """The one connection that there was."""
        assert len(self.passages) == 1, f"{len(self.passages)} connections"
        return self.passages[0]

    def wait_until_over(self, within: float = SOON) -> Passage:
        """Both ends have closed."""
        deadline = time.monotonic() + within
        while not (self.passages and self.passage.is_over):
            assert time.monotonic() < deadline, f"not over within {within} s"
            time.sleep(0.005)
        return self.passage

    def _run(self) -> None:
        sources: dict[socket.socket, tuple[Passage, str]] = {}
        while not self._is_over.is_set():
            for ready in select.select([self._listener, *sources], [], [], 0.02)[0]:
                if ready is self._listener:
                    client = ready.accept()[0]
                    passage = Passage(client, socket.create_connection(self.target, SOON))
                    for towards, source in (SERVER, client), (CLIENT, passage.sockets[SERVER]):
                        source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        sources[source] = passage, towards
                    self.passages.append(passage)
                elif ready in sources:
                    self._move(ready, *sources[ready], sources)

    def _move(self, source: socket.socket, passage: Passage, towards: str, sources: dict) -> None:
        try:
            data = source.recv(1 << 16)
        except OSError:
            data = b""
        target = passage.sockets[towards]
        with contextlib.suppress(OSError):
            if not data:
                del sources[source]
                passage.ended.append(towards)
                target.shutdown(socket.SHUT_WR)
                return
            try:
                changed = self.change(passage, towards, data) if self.change else data
            except Cut as cut:
                passage.bytes[towards] += data
                target.sendall(cut.last)
                for connection in passage.sockets.values():
                    sources.pop(connection, None)
                    if cut.reset:
                        linger = struct.pack("ii", 1, 0)
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        connection.close()
                    else:
                        connection.shutdown(socket.SHUT_WR)
                passage.ended = [SERVER, CLIENT]
                return
            passage.bytes[towards] += data
            target.sendall(changed)


def cut_after(towards: str, count: int, *, reset: bool = False) -> Change:
    """So many bytes pass in one direction, then the connection ends."""

    def change(passage: Passage, direction: str, data: bytes) -> bytes:
        if direction != towards:
            return data
        left = count - len(passage.bytes[towards])
        if len(data) >= left:
            raise Cut(data[:left], reset=reset)
        return data

    return change


def hold_after(towards: str, count: int) -> Change:
    """So many bytes pass in one direction, and nothing behind them, but the connection stays."""

    def change(passage: Passage, direction: str, data: bytes) -> bytes:
        if direction != towards:
            return data
        return data[: max(0, count - len(passage.bytes[towards]))]

    return change


def flip_bit(towards: str, type_: int, index: int = 0, *, at: int = -1) -> Change:
    """Changes one bit in a record: the `index`-th of this type, byte `at` of its fragment."""

    def change(passage: Passage, direction: str, data: bytes) -> bytes:
        if direction != towards:
            return data
        before = len(passage.bytes[towards])
        position, seen, changed = 0, 0, bytearray(data)
        for record in tls_wire.split_records(bytes(passage.bytes[towards]) + data)[0]:
            start = position + 5
            position = start + len(record.fragment)
            if record.type != type_:
                continue
            if seen == index and at < len(record.fragment):
                place = range(start, position)[at] - before
                if 0 <= place < len(data):
                    changed[place] ^= 1
            seen += 1
        return bytes(changed)

    return change
