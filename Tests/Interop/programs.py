"""The programs under test and the independent peers, each started and addressed in one way."""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import sys
import time
from pathlib import Path

import messages
from harness import PATIENCE, REPOSITORY, Process, run
from peer import Peer, closed_port
from tls_credentials import PSK, Credentials
from tls_peers import PSKPeer, SSLPeer, client_context

AIOCOAP_SERVER = Path(__file__).with_name("aiocoap_server.py")


def _built(variable: str, default: str) -> Path:
    path = REPOSITORY / os.environ.get(variable, default)
    assert os.access(path, os.X_OK), f"{path} is missing: build it or set {variable}"
    return path


def _installed(name: str) -> str:
    path = shutil.which(name)
    assert path, f"{name} is missing: run toolchain/lib/peers.sh"
    return path


def coap_binary() -> Path:
    return _built("COAP_BIN", ".build/release/coap")


def simulator_binary() -> Path:
    return _built("SIMULATOR_BIN", ".build/release/simulator")


class Server(Process):
    """A server process with the address that it listens on."""

    address: tuple[str, int]
    scheme = "coap+tcp"

    def uri(self, path: str = "/", host: str | None = None) -> str:
        host, port = host or self.address[0], self.address[1]
        return f"{self.scheme}://{f'[{host}]' if ':' in host else host}:{port}{path}"

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.kill()

    def dial(self, **options) -> Peer:
        """A raw connection on which nothing has been said."""
        return Peer.dial(self.address, **options)

    def connect(self, capabilities: messages.Message | None = None) -> Peer:
        """A raw connection after both CSMs."""
        peer = self.dial()
        peer.handshake(capabilities)
        return peer


class Simulator(Server):
    """`simulator serve` on free ports, ready."""

    def __init__(self, *options, listen: tuple[str, ...] = ("coap+tcp://127.0.0.1:0",)):
        arguments = [simulator_binary(), "serve"]
        for uri in listen:
            arguments += ["--listen", uri]
        super().__init__([*arguments, *options])
        self.wait_for_line(r"^ready$")
        self.addresses = [
            (host.strip("[]"), int(port))
            for host, port in re.findall(
                r"^listening on coaps?\+(?:tcp|ws)://(.+):([0-9]+)$", self.stdout, re.MULTILINE
            )
        ]
        assert len(self.addresses) == len(listen), f"one line a listener is missing: {self}"
        self.address = self.addresses[0]

    def assert_serving(self) -> None:
        """Still there, and a new connection gets its answer."""
        assert self.is_running, f"the simulator ended: {self}"
        with self.connect() as peer:
            answer = peer.exchange(messages.get("/actuators/led"))
            assert answer.dotted == "2.05", f"{answer} from {self}"


class TLSSimulator(Simulator):
    """`simulator serve` on coaps+tcp with the run's pre-shared key, server certificate, or both."""

    scheme = "coaps+tcp"

    def __init__(
        self,
        credentials: Credentials,
        *options,
        psk: bool = True,
        certificate: bool = False,
        listen: tuple[str, ...] = ("coaps+tcp://127.0.0.1:0",),
    ):
        self.credentials, self.has_psk = credentials, psk
        keys = ["--psk", credentials.psk.option] if psk else []
        keys += credentials.server.options if certificate else ()
        super().__init__(*keys, *options, listen=listen)

    def dial_psk(self, psk: PSK | None = None, **hello) -> PSKPeer:
        """After the TLS handshake, before any CSM."""
        return PSKPeer.open(self.address, psk or self.credentials.psk, **hello)

    def dial_ssl(self, server_name: str | None = "localhost", **context) -> SSLPeer:
        context = client_context(self.credentials, **context)
        return SSLPeer.open(self.address, context, server_name)

    def expect_failure(self, *words: str) -> None:
        """The last failed handshake in the log is named with these words, at once or in a moment."""

        def last() -> str:
            found = re.findall(r"connection \d+: TLS failed: (.*)", self.stderr)
            return found[-1] if found else "nothing"

        deadline = time.monotonic() + 3
        while not all(word.lower() in last().lower() for word in words):
            assert time.monotonic() < deadline, f"{last()!r} instead of {words} in the log"
            time.sleep(0.01)

    def connect(self, capabilities: messages.Message | None = None) -> Peer:
        peer = self.dial_psk() if self.has_psk else self.dial_ssl()
        peer.handshake(capabilities)
        return peer


class WebSocketSimulator(Simulator):
    """`simulator serve` on coap+ws, and on coap+tcp to compare with; with a certificate also on coaps+ws."""

    scheme = "coap+ws"

    def __init__(self, *options, credentials: Credentials | None = None):
        listen = ("coap+ws://127.0.0.1:0", "coap+tcp://127.0.0.1:0")
        if credentials:
            listen += ("coaps+ws://127.0.0.1:0",)
            options += tuple(credentials.server.options)
        super().__init__(*options, "--log-level", "info", listen=listen)
        self.plain_address = self.addresses[1]
        self.secured_address = self.addresses[2] if credentials else None

    def dial(self, **options) -> Peer:
        """Plain CoAP over TCP, on the other listener."""
        return Peer.dial(self.plain_address, **options)

    @property
    def url(self) -> str:
        """As the `websockets` package wants it."""
        return f"ws://{self.address[0]}:{self.address[1]}/.well-known/coap"

    @property
    def secured_url(self) -> str:
        return f"wss://localhost:{self.secured_address[1]}/.well-known/coap"

    def expect_log(self, words: str) -> None:
        """The words come into the log, at once or in a moment."""
        deadline = time.monotonic() + 3
        while words not in self.stderr:
            assert time.monotonic() < deadline, f"{words!r} is not in the log of {self}"
            time.sleep(0.01)


class LibcoapServer(Server):
    """Debian's coap-server, plain TCP."""

    def __init__(self):
        self.address = ("127.0.0.1", closed_port())
        super().__init__(
            [_installed("coap-server-openssl"), "-A", "127.0.0.1"]
            + ["-p", self.address[1], "-d", 100, "-v", 7]
        )
        self.wait_for_line(rf"created TCP +endpoint 127\.0\.0\.1:{self.address[1]}$")


def _pair_of_ports() -> int:
    """A port where nothing listens, nor on the next one; below those that the kernel gives away."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
        return port


class LibcoapTLSServer(Server):
    """Debian's coap-server over OpenSSL or GnuTLS; `options` are its credentials."""

    scheme = "coaps+tcp"

    def __init__(self, library: str, *options):
        # TLS is on the port after the one that it is told.
        port = _pair_of_ports()
        self.address = ("127.0.0.1", port + 1)
        super().__init__(
            [_installed(f"coap-server-{library}"), "-A", "127.0.0.1", "-p", port]
            + ["-d", 100, "-v", 7, *options]
        )
        self.wait_for_line(rf"created TLS +endpoint 127\.0\.0\.1:{port + 1}$")


class AiocoapServer(Server):
    """The aiocoap server of this folder; with a certificate it speaks TLS, or else WebSockets if told so."""

    def __init__(self, *certificate, web_socket: bool = False):
        if certificate:
            self.scheme = "coaps+tcp"
        if web_socket:
            self.scheme, certificate = "coap+ws", ("--ws",)
        super().__init__([sys.executable, AIOCOAP_SERVER, *certificate])
        found = self.wait_for_line(r"^listening on coaps?\+(?:tcp|ws)://127\.0\.0\.1:([0-9]+)$")
        self.address = ("127.0.0.1", int(found[1]))


class OpensslServer(Server):
    """`openssl s_server`. It waits for lines to send back reversed, so it never speaks CoAP."""

    scheme = "coaps+tcp"

    def __init__(self, *options):
        self.address = ("127.0.0.1", _pair_of_ports())
        version = [] if "-tls1_1" in options else ["-tls1_2"]
        super().__init__(
            [_installed("openssl"), "s_server", "-accept", f"127.0.0.1:{self.address[1]}"]
            # Without -rev it reads standard input, and ends with it.
            + [*version, "-rev", *options]
        )
        self.wait_for_line(r"^ACCEPT$")


def coap(*arguments, stdin: bytes | None = None, within: float = PATIENCE) -> Process:
    """Our client, run to its end."""
    return run([coap_binary(), *arguments], stdin, within)


def start_coap(*arguments, environment: dict[str, str] | None = None) -> Process:
    """Our client, left running while the test plays its server."""
    variables = [f"{name}={value}" for name, value in (environment or {}).items()]
    return Process([*(["env", *variables] if variables else []), coap_binary(), *arguments])


def libcoap_client(*arguments, within: float = PATIENCE) -> Process:
    """libcoap's client, run to its end. It exits 0 whatever happened: look at what it printed."""
    return run([_installed("coap-client-openssl"), "-B", "5", *arguments], within=within)


def libcoap_tls_client(library: str, *arguments, within: float = PATIENCE) -> Process:
    return run([_installed(f"coap-client-{library}"), "-B", "5", *arguments], within=within)


def openssl_client(address: tuple[str, int], *options, stdin=b"", within=PATIENCE) -> Process:
    """`openssl s_client` for TLS 1.2 unless the options say otherwise, run to its end."""
    host, port = address
    versions = {"-tls1", "-tls1_1", "-tls1_3"} & set(options)
    arguments = ["s_client", "-connect", f"{f'[{host}]' if ':' in host else host}:{port}"]
    arguments += [] if versions else ["-tls1_2"]
    return run([_installed("openssl"), *arguments, *options], stdin, within)


def gnutls_client(address: tuple[str, int], *options, stdin=b"", within=PATIENCE) -> Process:
    """`gnutls-cli`, run to its end."""
    host, port = address
    return run([_installed("gnutls-cli"), "--port", port, *options, host], stdin, within)


def start_libcoap_client(*arguments) -> Process:
    return Process([_installed("coap-client-openssl"), "-B", "8", *arguments])


def aiocoap_client(*arguments, within: float = 20.0) -> Process:
    """aiocoap's command-line client, run to its end."""
    return run([Path(sys.executable).with_name("aiocoap-client"), *arguments], within=within)
