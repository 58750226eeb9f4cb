"""The programs under test and the independent peers, each started and addressed in one way."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import messages
from harness import PATIENCE, REPOSITORY, Process, run
from peer import Peer, closed_port

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

    def uri(self, path: str = "/") -> str:
        host, port = self.address
        return f"coap+tcp://{f'[{host}]' if ':' in host else host}:{port}{path}"

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
                r"^listening on coap\+tcp://(.+):([0-9]+)$", self.stdout, re.MULTILINE
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


class LibcoapServer(Server):
    """Debian's coap-server, plain TCP."""

    def __init__(self):
        self.address = ("127.0.0.1", closed_port())
        super().__init__(
            [_installed("coap-server-openssl"), "-A", "127.0.0.1"]
            + ["-p", self.address[1], "-d", 100, "-v", 7]
        )
        self.wait_for_line(rf"created TCP +endpoint 127\.0\.0\.1:{self.address[1]}$")


class AiocoapServer(Server):
    """The aiocoap server of this folder."""

    def __init__(self):
        super().__init__([sys.executable, AIOCOAP_SERVER])
        found = self.wait_for_line(r"^listening on coap\+tcp://127\.0\.0\.1:([0-9]+)$")
        self.address = ("127.0.0.1", int(found[1]))


def coap(*arguments, stdin: bytes | None = None, within: float = PATIENCE) -> Process:
    """Our client, run to its end."""
    return run([coap_binary(), *arguments], stdin, within)


def start_coap(*arguments) -> Process:
    """Our client, left running while the test plays its server."""
    return Process([coap_binary(), *arguments])


def libcoap_client(*arguments, within: float = PATIENCE) -> Process:
    """libcoap's client, run to its end. It exits 0 whatever happened: look at what it printed."""
    return run([_installed("coap-client-openssl"), "-B", "5", *arguments], within=within)


def start_libcoap_client(*arguments) -> Process:
    return Process([_installed("coap-client-openssl"), "-B", "8", *arguments])


def aiocoap_client(*arguments, within: float = 20.0) -> Process:
    """aiocoap's command-line client, run to its end."""
    return run([Path(sys.executable).with_name("aiocoap-client"), *arguments], within=within)
