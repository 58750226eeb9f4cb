"""Attacks a live simulator in every way that limits can answer, beside a client that only wants to work.

  toolchain/hostile [--share F] [--list] [CASE...]

  --share F   of a million malformed messages over a hundred thousand connections, 0.1 by default
  --list      names the cases and ends

For each case: the requests a second of a well-behaved client, in short windows, in turn with the flood on the simulator
that it talks to and with the same flood on another simulator on the same processor, so that the flood costs the machine
the same in both. The ratio of the two medians is what the flood does to the client through the server. Then: the
simulator's memory against what it was after a first small flood, its free places, and whether it still ends in order.

Exit codes: 0 good, 1 a case failed, 64 wrong use.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import socket
import statistics
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Interop"))

import messages  # noqa: E402
import wire  # noqa: E402
from harness import end_everything, until  # noqa: E402
from peer import Peer  # noqa: E402
from programs import Simulator  # noqa: E402
from test_fuzz import mutated_vectors  # noqa: E402
from vectors import stream_vectors  # noqa: E402

CSM = wire.encode(messages.csm())
PLACES = 32
# A window is short, for there are many; a noisy machine makes single ones wrong.
WINDOW, WINDOWS = 0.5, 3
# What is promised, and what is called a failure: a machine with other work makes single medians wrong.
WANTED, LEAST = 0.9, 0.5
# In kilobytes. None is wanted, and what there was is printed; a page that the warming up has missed is no leak.
LARGEST_GROWTH = 128
# How long a slow peer stays, in seconds: the limits are a second, two for who does not read, and two more to linger.
STAY = 10.0

VECTORS = [vector.input[:4096] for vector in stream_vectors("ABCDEFGH")]
KEY = "device:00112233445566778899aabbccddeeff"


class Target(Simulator):
    """A simulator with all its listeners and short limits."""

    def __init__(self):
        super().__init__(
            "--connections", PLACES, "--csm-timeout", 1, "--message-timeout", 1, "--idle-timeout", 30,
            "--stall-timeout", 2, "--handshake-timeout", 1, "--psk", KEY, "--alpn-optional",
            listen=("coap+tcp://127.0.0.1:0", "coaps+tcp://127.0.0.1:0", "coap+ws://127.0.0.1:0"),
        )
        self.plain, self.secured, self.web = self.addresses

    @property
    def memory(self) -> int:
        """Resident, in kilobytes, of all pages."""
        return int(re.search(r"^Rss:\s+(\d+) kB", Path(f"/proc/{self.pid}/smaps_rollup").read_text(), re.MULTILINE)[1])

    def free_places(self) -> int:
        """How many connections are served at once now."""
        with contextlib.ExitStack() as held:
            for count in range(PLACES + 1):
                peer = held.enter_context(Peer.dial(self.plain))
                peer.socket.settimeout(1)
                try:
                    peer.handshake()
                except (AssertionError, OSError, TimeoutError):
                    return count
            return PLACES + 1


# The floods: each is called with a simulator and an event that ends it, and does one round


def dial(address) -> socket.socket:
    stream = socket.create_connection(address, 2)
    stream.settimeout(2)
    return stream


def hold(address, count: int, first: bytes, drip: bytes, ended: threading.Event) -> None:
    """Opens connections that say something, and then one byte a time."""
    streams = []
    try:
        for _ in range(count):
            with contextlib.suppress(OSError):
                stream = dial(address)
                stream.setblocking(False)
                if first:
                    stream.send(first)
                streams.append(stream)
        # Longer than every limit: it is the server that ends them.
        for at in range(round(STAY / 0.1)):
            if ended.wait(0.1):
                break
            for stream in streams:
                with contextlib.suppress(OSError):
                    stream.send(drip[at: at + 1])
    finally:
        for stream in streams:
            stream.close()


def more_than_places(target: Target, ended: threading.Event) -> None:
    hold(target.plain, PLACES * 3, CSM, b"\0", ended)


def no_csm(target: Target, ended: threading.Event) -> None:
    hold(target.plain, PLACES - 4, b"", b"", ended)


def slow_header(target: Target, ended: threading.Event) -> None:
    hold(target.plain, PLACES - 4, CSM, b"\xe4\x00\xff\x01\xde\xad\xbe\xef\x0b" + b"a" * 60, ended)


def slow_body(target: Target, ended: threading.Event) -> None:
    hold(target.plain, PLACES - 4, CSM + b"\xe1\x03\x00\x03\x42\xff", b"a" * 60, ended)


def slow_handshake(target: Target, ended: threading.Event) -> None:
    hold(target.secured, PLACES - 4, b"\x16\x03\x01\x02\x00\x01\x00\x01", b"\xfc\x03\x03" + b"a" * 60, ended)


def slow_upgrade(target: Target, ended: threading.Event) -> None:
    hold(target.web, PLACES - 4, b"GET /.well-known/coap HT", b"TP/1.1\r\nX-A: " + b"a" * 60, ended)


def slow_reader(target: Target, ended: threading.Event) -> None:
    """Asks for all that is large, and reads nothing."""
    ask = b"".join(wire.encode(messages.get("/log", token=bytes([index]))) for index in range(250)) * 6
    streams = []
    try:
        for _ in range(PLACES - 4):
            with contextlib.suppress(OSError):
                stream = socket.socket()
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                stream.settimeout(2)
                stream.connect(target.plain)
                streams.append(stream)
                stream.setblocking(False)
                stream.send(CSM + ask)
        ended.wait(STAY + 2)
    finally:
        for stream in streams:
            stream.close()


def malformed(target: Target, ended: threading.Event, seed: int | None = None) -> int:
    """A connection with ten messages that are mostly wrong; returns how many."""
    source = random.Random(seed)
    with contextlib.suppress(OSError), dial(target.plain) as stream:
        stream.sendall(b"".join(malformed_message(source) for _ in range(10)))
        stream.shutdown(socket.SHUT_WR)
        while stream.recv(65536):
            pass
    return 10


def malformed_message(source: random.Random) -> bytes:
    """A wrong TKL, option, length, code, or a piece of a vector that was changed; a CSM in front of some."""
    kinds = (
        lambda: CSM + bytes([source.choice([0x09, 0x0D, 0x0F]), 1]) + source.randbytes(15),
        lambda: CSM + b"\x21\x01\x42" + bytes([0xF0 | source.randrange(15), 0x61]),
        lambda: CSM + b"\x21\x01\x42\xbf\x61",
        lambda: CSM + b"\xf1" + source.randbytes(4) + b"\x02\x42",
        lambda: CSM + b"\x11\x01\x42\xff",
        lambda: b"\x50\xe1\xd1\x04\x01" + source.randbytes(3),
        lambda: CSM + bytes([0, 0xE0 | source.randrange(32)]),
        lambda: CSM + bytes([1, source.randrange(256), 7]),
        lambda: source.randbytes(source.randrange(1, 200)),
        lambda: mutated_vectors(source),
    )
    return source.choice(kinds)()


def client_hello() -> bytes:
    """With the suites for pre-shared keys (RFC 5246 section 7.4.1.2)."""
    suites = b"\xc0\xa8\x00\xa8\x00\xff"
    body = b"\x03\x03" + os.urandom(32) + b"\0" + len(suites).to_bytes(2) + suites + b"\x01\0"
    handshake = b"\x01" + len(body).to_bytes(3) + body
    return b"\x16\x03\x01" + len(handshake).to_bytes(2) + handshake


def hellos(target: Target, ended: threading.Event) -> None:
    """TLS handshakes that are begun and go no further: the server has done its part for nothing."""
    for _ in range(8):
        with contextlib.suppress(OSError), dial(target.secured) as stream:
            stream.sendall(client_hello())
            stream.recv(4096)


def tls_garbage(target: Target, ended: threading.Event) -> None:
    for _ in range(8):
        with contextlib.suppress(OSError), dial(target.secured) as stream:
            stream.sendall(b"\x16\x03\x03\x00\x40" + os.urandom(64))
            stream.recv(4096)


def malformed_round(target: Target, ended: threading.Event) -> None:
    for _ in range(20):
        malformed(target, ended)


# Those whose places have to be free again while they are still there
ENDED_BY_THE_SERVER = {no_csm, slow_header, slow_body, slow_handshake, slow_upgrade, slow_reader}

# Whether limits tell the flood from the client, so that it has to keep its throughput
CASES = {
    "more-than-places": (more_than_places, True), "no-csm": (no_csm, True), "slow-header": (slow_header, True),
    "slow-body": (slow_body, True), "slow-handshake": (slow_handshake, True), "slow-upgrade": (slow_upgrade, True),
    "slow-reader": (slow_reader, True), "malformed": (malformed_round, False), "hellos": (hellos, False),
    "tls-garbage": (tls_garbage, False),
}


class Client:
    """The well-behaved one: GETs on a connection of its own, one after the other, sixteen under way."""

    def __init__(self, target: Target):
        self.peer = Peer.dial(target.plain)
        self.peer.handshake()
        self.request = b"".join(
            wire.encode(messages.get("/sensors/temperature", token=bytes([1, index]))) for index in range(16))
        self.count = 0

    def work(self, seconds: float) -> float:
        """Requests a second."""
        start, done = time.monotonic(), 0
        while time.monotonic() - start < seconds:
            self.peer.send(self.request)
            for _ in range(16):
                answer = self.peer.receive(within=10)
                assert answer is not None and answer.dotted == "2.05", f"the client gets {answer}"
            done += 16
        return done / (time.monotonic() - start)


@contextlib.contextmanager
def flooded(flood, target: Target):
    """A process apart, so that the flood does not take the client's interpreter."""
    child = os.fork()
    if child == 0:
        ended = threading.Event()
        try:
            end = time.monotonic() + 60
            while time.monotonic() < end and os.getppid() != 1:
                flood(target, ended)
        finally:
            os._exit(0)
    try:
        yield
        assert os.waitpid(child, os.WNOHANG) == (0, 0), "the flood has ended by itself"
    finally:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, 9)
            os.waitpid(child, 0)


def pin(target: Target, processor: int) -> None:
    with contextlib.suppress(OSError):
        os.sched_setaffinity(target.pid, {processor})


def run_case(name: str, share: float) -> tuple[bool, str]:
    flood, is_told_apart = CASES[name]
    target, other = Target(), Target()
    last = (os.cpu_count() or 1) - 1
    try:
        for simulator in (target, other):
            pin(simulator, last)
        # So that every page that is ever touched has been.
        warm(target)
        rounds = [threading.Thread(target=flood, args=(each, threading.Event()), daemon=True) for each in (target, other)]
        for each in rounds:
            each.start()
        if flood in ENDED_BY_THE_SERVER:
            time.sleep(1)
            until(lambda: target.free_places() >= PLACES, STAY - 1.5, "free places while the slow ones are there")
            assert rounds[0].is_alive(), "the slow ones have left by themselves"
        for each in rounds:
            each.join(STAY + 10)
        until(lambda: target.free_places() >= PLACES, 20, "free places")
        before = target.memory
        client = Client(target)
        attacked, spared = [], []
        for _ in range(WINDOWS):
            with flooded(flood, other):
                time.sleep(0.2)
                spared.append(client.work(WINDOW))
            with flooded(flood, target):
                time.sleep(0.2)
                attacked.append(client.work(WINDOW))
        ratio = statistics.median(attacked) / statistics.median(spared)
        detail = ""
        if name == "malformed":
            connections = round(100_000 * share)
            for seed in range(connections):
                malformed(target, threading.Event(), seed)
            detail = f", {connections * 10:,} messages sent over {connections:,} connections"
        client.peer.close()
        until(lambda: target.free_places() >= PLACES, 20, "free places")
        grown = target.memory - before
        target.assert_serving()
        code = target.stop()
        faults = []
        if is_told_apart and ratio < LEAST:
            faults.append(f"the client keeps {ratio:.0%}")
        if grown > LARGEST_GROWTH:
            faults.append(f"memory has grown by {grown} kB")
        if code != 0:
            faults.append(f"it ended with {code}")
        mark = "" if not is_told_apart else " (wanted: 90 %)" if ratio < WANTED else ""
        line = f"client keeps {ratio:>4.0%}{mark}, memory {before} kB {grown:+d}{detail}"
        return not faults, line + "".join(f"; {fault}" for fault in faults)
    except AssertionError as error:
        return False, str(error).splitlines()[0]
    finally:
        target.kill()
        other.kill()


def warm(target: Target) -> None:
    """Uses all places at once, with all that touches memory."""
    with contextlib.ExitStack() as held:
        for _ in range(PLACES):
            with contextlib.suppress(AssertionError, OSError):
                peer = held.enter_context(Peer.dial(target.plain))
                peer.handshake()
                peer.send(b"".join(wire.encode(messages.get("/log", token=bytes([n]))) for n in range(8)))
                peer.send(wire.encode(messages.echo(b"x" * 8000)))
        time.sleep(0.5)
    for seed in range(300):
        malformed(target, threading.Event(), seed)
    # Every place for a TLS session, begun and gone wrong.
    streams = []
    for _ in range(PLACES):
        with contextlib.suppress(OSError):
            streams.append(dial(target.secured))
            streams[-1].sendall(client_hello())
    for stream in streams:
        with contextlib.suppress(OSError):
            stream.recv(4096)
            stream.sendall(os.urandom(200))
            stream.recv(4096)
        stream.close()
    for _ in range(5):
        hellos(target, threading.Event())
        tls_garbage(target, threading.Event())


def arguments() -> argparse.Namespace:
    class Parser(argparse.ArgumentParser):
        def error(self, message):
            print(f"hostile: {message} (see --help)", file=sys.stderr)
            sys.exit(64)

    parser = Parser(prog="toolchain/hostile", add_help=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_args()
    for case in options.cases:
        if case not in CASES:
            parser.error(f"there is no case {case}; there are: {' '.join(CASES)}")
    if not 0 <= options.share <= 1:
        parser.error("--share is from 0 to 1")
    return options


def main() -> int:
    options = arguments()
    if options.help:
        print(__doc__.strip())
        return 0
    if options.list:
        print("\n".join(CASES))
        return 0
    passed = failed = 0
    try:
        for name in options.cases or CASES:
            is_good, line = run_case(name, options.share)
            passed, failed = passed + is_good, failed + (not is_good)
            print(f"{name:<17} {'ok    ' if is_good else 'FAILED'} {line}", flush=True)
    finally:
        end_everything()
    print(f"hostile: {passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
