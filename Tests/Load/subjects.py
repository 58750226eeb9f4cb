"""What the soak uses: a simulator with all its listeners, and boards in QEMU."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

import web_sockets
import wire
from boards import Board
from memory import hold_all, take_all, use_everything, use_largest_message, written_kilobytes
from peer import Peer
from programs import Simulator
from tls_credentials import fresh_psk
from tls_peers import PSKPeer

WORKERS, PLACES = 3, 20
KEY = fresh_psk("soak")
# In seconds. How long a peer may say nothing to the simulator until it is asked, and may leave its output unread.
KEEP_ALIVE, STALL = 2, 5
# The same on boards (Boards/firmware/Firmware.swift and the limits' defaults); then how long a Ping may stay unanswered,
# and how long a close may take.
BOARD_KEEP_ALIVE, BOARD_STALL = 60, 60
PING, CLOSE = 20, 5
# The longest wait for an answer, in seconds
PATIENCE = 20
# In kilobytes, after every place was in use in every way and after the first seconds
LARGEST_GROWTH = 256


class PatientPeer(Peer):
    """One that gives a machine time which does much else."""

    def receive(self, within: float = PATIENCE) -> wire.Message:
        return super().receive(within)

    def exchange(self, request: wire.Message, within: float = PATIENCE) -> wire.Message:
        return super().exchange(request, within)


class Subject:
    """Addresses, how to name them, and what it must be like in the end."""

    def __init__(self, name: str, server, plain, secured, web=None):
        self.name, self.server, self.plain, self.secured, self.web = name, server, plain, secured, web
        self.sensor = "/sensors/temperature"
        self.is_board = isinstance(server, Board)
        self.uri = f"coap+tcp://{plain[0]}:{plain[1]}"
        self.secured_uri = f"coaps+tcp://{secured[0]}:{secured[1]}"
        self.web_uri = f"coap+ws://{web[0]}:{web[1]}" if web else None
        self.web_url = f"ws://{web[0]}:{web[1]}/.well-known/coap" if web else None
        # An operation has two connections at most. Where a board has few places the next one waits, and is forgotten or sent
        # away when too many do; that is not what is tried here.
        self.places = threading.Semaphore(server.connections // 2 if self.is_board else WORKERS)
        # A silent peer keeps its place for long.
        self.has_place_for_silence = not self.is_board or server.connections > 2
        # One image is taken at a time.
        self.upload = threading.Lock()
        # Memory over time: seconds and kilobytes
        self.memory: list[tuple[float, int]] = []

    def dial(self, **options) -> Peer:
        peer = PatientPeer.dial(self.plain, **options)
        # Between the host and a board is QEMU's network, which lets a new connection wait for a moment.
        if self.is_board:
            time.sleep(0.01)
        peer.socket.settimeout(PATIENCE)
        return peer

    def peer(self, **options) -> Peer:
        peer = self.dial(**options)
        peer.handshake()
        return peer

    @property
    def quiet_limit(self) -> float:
        """After how long a peer that says nothing has to be gone."""
        return (BOARD_KEEP_ALIVE if self.is_board else KEEP_ALIVE) + PING + CLOSE

    @property
    def stall_limit(self) -> float:
        """The same for one that reads nothing of much output."""
        return (BOARD_STALL if self.is_board else STALL) + CLOSE

    def sample(self, at: float) -> None:
        if not self.is_board:
            self.memory.append((at, written_kilobytes(self.server.pid)))

    def warm(self) -> None:
        """The simulator's: takes all memory that anybody may need; see memory.py."""
        take_all(self.server.pid, [
            lambda: hold_all(PLACES, self.dial, use_everything),
            lambda: hold_all(PLACES, lambda: PSKPeer.open(self.secured, KEY), use_largest_message),
            lambda: hold_all(PLACES, lambda: web_sockets.dial(self.web_url), use_largest_message),
        ])

    def expect_nothing_left(self) -> None:
        """Prints its figures; raises when something is left, or more than there was."""
        if self.is_board:
            status = self.server.assert_nothing_left(60)
            self.server.assert_serving()
            arena = status["arena"]
            print(f"{self.name}: nothing is left; TLS arena {arena[1]:,} of {arena[2]:,} bytes at most, "
                  f"failed {arena[3]} times")
            for name, numbers in status.items():
                print(f"{'':<12} {name:<14} {' '.join(map(str, numbers))}")
            assert arena[3] == 0, "the arena was too small"
            return
        with contextlib.ExitStack() as held:
            for _ in range(PLACES):
                held.enter_context(self.peer())
        self.server.assert_serving()
        first, last = self.memory[0][1], written_kilobytes(self.server.pid)
        middle, most = self.memory[len(self.memory) // 2][1], max(kilobytes for _, kilobytes in self.memory)
        print(f"{self.name}: all {PLACES} places are free; memory {first:,} kB after the first seconds, {middle:,} kB in the "
              f"middle, {last:,} kB in the end, {most:,} kB at most")
        assert last - first <= LARGEST_GROWTH, f"memory has grown by {last - first} kB"
        assert self.server.stop() == 0, "it did not end in order"


def start_simulator() -> Subject:
    server = Simulator(
        "--connections", PLACES, "--psk", KEY.option, "--alpn-optional", "--message-timeout", 5,
        "--keep-alive", KEEP_ALIVE, "--stall-timeout", STALL,
        listen=("coap+tcp://127.0.0.1:0", "coaps+tcp://127.0.0.1:0", "coap+ws://127.0.0.1:0"))
    return Subject("simulator", server, *server.addresses)


def start_board(name: str, folder: Path) -> Subject:
    keys = folder / "keys"
    keys.write_text(f"{KEY.option}\n")
    board = Board(name, psk_file=keys)
    return Subject(name, board, board.address, board.secured_address)
