"""Microcontroller boards in QEMU, as `toolchain/run` starts them."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import messages
from harness import PATIENCE, REPOSITORY, until
from peer import Peer, closed_port
from programs import LibcoapServer, Server
from tls_credentials import PSK, Certified, Credentials
from tls_peers import PSKPeer, SSLPeer, client_context

BUILD_TIME = 900.0
"""The longest that a build from nothing may take on a slow machine, in seconds."""

PLACES = {"lm3s6965evb": (2, 1)}
"""How many connections a board serves at a time, and how many more wait, where it is less than four and two."""


class Board(Server):
    """`toolchain/run BOARD` on free ports, ready; its console is standard output."""

    def __init__(
        self,
        name: str,
        *options,
        psk_file: Path | None = None,
        certified: Certified | None = None,
        trust: Certified | None = None,
        serves: bool = True,
    ):
        self.name = name
        self.connections, self.waiting = PLACES.get(name, (4, 2))
        keys = ["--psk-file", psk_file] if psk_file else []
        keys += ["--certificate", certified.certificate, "--key", certified.key] if certified else []
        keys += ["--trust", trust.certificate] if trust else []
        super().__init__(
            [REPOSITORY / "toolchain" / "run", name]
            + ["--tcp-port", 0, "--tls-port", 0, *keys, *options]
        )
        if serves:
            self.wait_for_line(r"^Ctrl-C stops it\.$", BUILD_TIME)
            self.address = ("127.0.0.1", self._port("coap"))
            self.secured_address = ("127.0.0.1", self._port("coaps"))
            # Certificates stay in memory from the start.
            self.resting_arena = self.status()["arena"][0]

    def _port(self, scheme: str) -> int:
        return int(re.search(rf"{scheme}\+tcp://127\.0\.0\.1:([0-9]+)/", self.stdout)[1])

    def secured_uri(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"coaps+tcp://{host}:{self.secured_address[1]}{path}"

    @property
    def emulator(self) -> int:
        """The process id of QEMU."""
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                text = entry.read_text()
            except OSError:
                continue
            name, parent = re.search(r"\((.*)\) \S (\d+)", text).groups()
            if int(parent) == self.pid and name.startswith("qemu-system"):
                return int(entry.parent.name)
        raise AssertionError(f"no QEMU under {self}")

    @property
    def emulator_cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.emulator}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def stop(self, number: signal.Signals = signal.SIGTERM, within: float = PATIENCE) -> int:
        emulator = self.emulator
        code = super().stop(number, within)
        until(lambda: not Board.is_process(emulator), what="the end of QEMU")
        return code

    @staticmethod
    def is_process(number: int) -> bool:
        """Whether there is one that runs; one that has ended and was not waited for does not."""
        try:
            text = Path(f"/proc/{number}/stat").read_text()
        except OSError:
            return False
        return text.rpartition(") ")[2][0] != "Z"

    # Between the host and the board is QEMU's user network. Its listening sockets hold one connection that was
    # not accepted yet, and forget others for a second or more: one that is opened gets time to be accepted.

    def dial(self, **options) -> Peer:
        return self._accepted(super().dial(**options))

    def dial_secured(self) -> Peer:
        """Before the TLS handshake."""
        return self._accepted(Peer.dial(self.secured_address))

    def shake_hands(self, psk: PSK, **hello) -> PSKPeer:
        """After the TLS handshake, before any CSM."""
        return PSKPeer.open(self.secured_address, psk, **hello)

    def dial_ssl(self, credentials: Credentials, **context) -> SSLPeer:
        """After the TLS handshake with certificates, before any CSM."""
        context = client_context(credentials, **context)
        return SSLPeer.open(self.secured_address, context, "localhost")

    @staticmethod
    def _accepted(peer: Peer) -> Peer:
        time.sleep(0.01)
        return peer

    def status(self) -> dict[str, list[int]]:
        """What `/status` says, by name: of a memory what is used, was used, there is, was missing."""
        with self.connect() as peer:
            answer = peer.exchange(messages.get("/status"))
        assert answer.dotted == "2.05", f"no status: {answer}"
        lines = [line.split() for line in answer.payload.decode().splitlines()]
        return {name: [int(number) for number in numbers] for name, *numbers in lines}

    def assert_serving(self) -> None:
        """It still answers, and no fault was reported."""
        assert "fault:" not in self.stdout, f"the board faulted: {self}"
        with self.connect() as peer:
            peer.expect_alive()
            answer = peer.exchange(messages.get("/sensors/temperature"))
            assert answer.dotted == "2.05", f"{answer}"

    def assert_nothing_left(self, within: float = 40.0) -> dict[str, list[int]]:
        """No connection but the one that asks, nothing that waits to be sent. Returns the status."""

        def clean() -> dict[str, list[int]] | None:
            status = self.status()
            held = [status[name][0] for name in ("heap", "segments", "frames")]
            held.append(status["arena"][0] - self.resting_arena)
            return status if status["connections"] == [1] and not any(held) else None

        return until(clean, within, "the end of every connection", every=0.2)


class HomeServer(LibcoapServer):
    """Debian's coap-server where a board dials it, on a port of its own or on one that it had before."""

    def __init__(self, port: int | None = None):
        self.address = ("127.0.0.1", port or closed_port())
        Server.__init__(
            self,
            ["coap-server-openssl", "-A", "127.0.0.1", "-p", self.address[1], "-d", 100, "-v", 7],
        )
        self.wait_for_line(rf"created TCP +endpoint 127\.0\.0\.1:{self.address[1]}$")

    @property
    def address_for_boards(self) -> str:
        """What it is called in QEMU's user network."""
        return f"10.0.2.2:{self.address[1]}"
