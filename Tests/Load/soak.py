"""Lets all kinds of clients use a simulator and boards in QEMU for a while, and looks whether anything is lost or left.

  toolchain/soak [--minutes N] [--board BOARD]... [--seed S]

  --minutes N     how long, 2 by default
  --board BOARD   a folder of Boards/ that runs in QEMU, mps2-an386 by default; repeatable; none for the simulator alone
  --seed S        of what is done in which order, 1 by default

Prints a line now and then, and in the end a table: operations by kind, failures, latency, the simulator's memory at the
beginning and the end, free places, and the boards' own figures.

Exit codes: 0 good, 1 something failed, 64 wrong use.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Interop"))

import block_transfers  # noqa: E402
import messages  # noqa: E402
import wire  # noqa: E402
from boards import Board  # noqa: E402
from harness import end_everything, run, until  # noqa: E402
from peer import ConnectionEnded, Peer  # noqa: E402
from programs import Simulator, coap, libcoap_client, aiocoap_client  # noqa: E402

WORKERS = 3
KEY = "00112233445566778899aabbccddeeff"
IDENTITY = "soak"


class Subject:
    """What is used: its addresses and how to name them, and what it must be like in the end."""

    def __init__(self, name: str, server, plain, secured, sensor: str):
        self.name, self.server, self.plain, self.secured, self.sensor = name, server, plain, secured, sensor
        self.is_board = isinstance(server, Board)
        self.uri = f"coap+tcp://{plain[0]}:{plain[1]}"
        self.secured_uri = f"coaps+tcp://{secured[0]}:{secured[1]}"
        # A board has four places; who comes fifth waits, and is not what is tried here.
        self.places = threading.Semaphore(2 if self.is_board else WORKERS)
        self.upload = threading.Lock()

    def peer(self) -> Peer:
        peer = Peer.dial(self.plain)
        # Between the host and a board is QEMU's network, which lets a new connection wait for a moment.
        if self.is_board:
            time.sleep(0.01)
        peer.socket.settimeout(20)
        peer.handshake()
        return peer


# Operations: each is done to a subject, and raises when something is not as it must be


def get(subject: Subject, source: random.Random) -> None:
    with subject.peer() as peer:
        for _ in range(source.randrange(1, 20)):
            answer = peer.exchange(messages.get(subject.sensor))
            assert answer.dotted == "2.05" and answer.payload, f"{answer}"


def pipeline(subject: Subject, source: random.Random) -> None:
    count = source.randrange(2, 30)
    with subject.peer() as peer:
        peer.send(b"".join(wire.encode(messages.get(subject.sensor, token=bytes([9, n]))) for n in range(count)))
        tokens = {peer.receive(within=20).token for _ in range(count)}
        assert len(tokens) == count


def ping(subject: Subject, source: random.Random) -> None:
    with subject.peer() as peer:
        token = source.randbytes(source.randrange(0, 9))
        peer.send(messages.ping(token))
        answer = peer.receive(within=20)
        assert answer.dotted == "7.03" and answer.token == token


def switch(subject: Subject, source: random.Random) -> None:
    wanted = source.choice([b"0", b"1"])
    path = "/actuators/led"
    with subject.peer() as peer:
        answer = peer.exchange(messages.request(messages.PUT, path, payload=wanted))
        assert answer.dotted == "2.04", f"{answer}"


def observe(subject: Subject, source: random.Random) -> None:
    with subject.peer() as peer:
        first = peer.exchange(block_transfers.observe(subject.sensor))
        assert first.dotted == "2.05" and first.values(6), f"{first}"


def download(subject: Subject, source: random.Random) -> None:
    with subject.peer() as peer:
        body = block_transfers.download(peer, "/log", source.choice([2, 4, 6]))
        assert body, "an empty log"


def upload(subject: Subject, source: random.Random) -> None:
    data = source.randbytes(source.randrange(1, 40_000))
    with subject.upload, subject.peer() as peer:
        szx = source.choice([4, 5, 6])
        for attempt in range(50):
            try:
                answer = block_transfers.upload(peer, "/firmware", data, szx)
            except AssertionError as error:
                # One that was broken off a moment ago may still be there: 5.03 until the server has seen its end.
                if "5.03" not in str(error) or attempt == 49:
                    raise
                time.sleep(0.1)
                continue
            if answer.dotted != "5.03":
                break
            time.sleep(0.1)
        assert answer.dotted in ("2.01", "2.04"), f"{answer}"
        found = peer.exchange(messages.get("/firmware/status")).payload.decode()
        assert block_transfers.sha256(data) in found, found


def abandon(subject: Subject, source: random.Random) -> None:
    """A body of which only the beginning comes, then a reset."""
    with subject.upload:
        peer = subject.peer()
        peer.send(block_transfers.put_block("/firmware", source.randbytes(3000), 0))
        peer.receive(within=20)
        peer.reset()


def garbage(subject: Subject, source: random.Random) -> None:
    with Peer.dial(subject.plain) as peer:
        peer.send(wire.encode(messages.csm()) + source.randbytes(source.randrange(1, 300)))
        peer.finish_sending()
        with contextlib.suppress(ConnectionEnded, AssertionError):
            peer.receive_to_end(10)


def vanish(subject: Subject, source: random.Random) -> None:
    """Ends without a word, in the middle of a message."""
    peer = subject.peer()
    peer.send(b"\xd4\x20\x01"[: source.randrange(1, 4)])
    peer.reset()


def release(subject: Subject, source: random.Random) -> None:
    with subject.peer() as peer:
        peer.send(wire.encode(messages.get(subject.sensor)) + bytes([0, 0xE4]))
        answers = peer.receive_to_end(20)
        assert [answer.dotted for answer in answers][:1] == ["2.05"], f"{answers}"


def ours(subject: Subject, source: random.Random) -> None:
    process = coap("get", subject.uri + subject.sensor, within=40)
    assert process.code == 0, f"{process}"


def ours_secured(subject: Subject, source: random.Random) -> None:
    process = coap("get", subject.secured_uri + subject.sensor, "--psk", f"{IDENTITY}:{KEY}", within=60)
    assert process.code == 0, f"{process}"


def libcoap(subject: Subject, source: random.Random) -> None:
    process = libcoap_client("-m", "get", subject.uri + subject.sensor, within=40)
    assert process.stdout.strip(), f"{process}"


def aiocoap(subject: Subject, source: random.Random) -> None:
    process = aiocoap_client(subject.uri + subject.sensor, within=60)
    assert process.code == 0 and process.stdout.strip(), f"{process}"


OPERATIONS = {
    get: 20, pipeline: 12, ping: 10, switch: 8, observe: 8, download: 4, upload: 4, abandon: 4, garbage: 8, vanish: 8,
    release: 8, ours: 3, ours_secured: 3, libcoap: 2, aiocoap: 1,
}
# What boards do not have.
NOT_ON_BOARDS = {upload, abandon, download}


class Soak:
    def __init__(self, subjects: list[Subject], seconds: float, seed: int):
        self.subjects, self.seed = subjects, seed
        self.start = time.monotonic()
        self.end = self.start + seconds
        self.lock = threading.Lock()
        self.times: dict[tuple[str, str], list[float]] = collections.defaultdict(list)
        self.failures: list[str] = []

    def work(self, subject: Subject, worker: int) -> None:
        source = random.Random(f"{self.seed} {subject.name} {worker}")
        operations = [each for each in OPERATIONS if not (subject.is_board and each in NOT_ON_BOARDS)]
        weights = [OPERATIONS[each] for each in operations]
        step = 0
        while time.monotonic() < self.end:
            operation = source.choices(operations, weights)[0]
            step += 1
            start = time.monotonic()
            try:
                with subject.places:
                    start = time.monotonic()
                    operation(subject, source)
            except Exception as error:  # noqa: BLE001: whatever it is, it is a finding
                with self.lock:
                    self.failures.append(
                        f"{subject.name}, worker {worker}, step {step}, after {start - self.start:.0f} s: "
                        f"{operation.__name__}: {type(error).__name__} {str(error)[:300]}")
                continue
            with self.lock:
                self.times[subject.name, operation.__name__].append(time.monotonic() - start)

    def run(self) -> None:
        workers = [
            threading.Thread(target=self.work, args=(subject, index), daemon=True)
            for subject in self.subjects for index in range(WORKERS)
        ]
        for worker in workers:
            worker.start()
        is_terminal = sys.stderr.isatty()
        while any(worker.is_alive() for worker in workers):
            time.sleep(1 if is_terminal else 10)
            spent, total = time.monotonic() - self.start, self.end - self.start
            with self.lock:
                count = sum(map(len, self.times.values()))
                text = f"{min(spent, total):.0f} of {total:.0f} s, {count} operations, {len(self.failures)} failed"
            print(f"\r\033[K{text}" if is_terminal else text, end="" if is_terminal else "\n", file=sys.stderr, flush=True)
            if spent > total + 120:
                self.failures.append("a worker hangs")
                break
        if is_terminal:
            print("\r\033[K", end="", file=sys.stderr)

    def report(self) -> None:
        print(f"{'':<12} {'operation':<14} {'count':>7} {'median':>10} {'99 %':>10}")
        for (subject, name), times in sorted(self.times.items()):
            times.sort()
            last = times[max(0, len(times) - 1 - len(times) // 100)]
            print(f"{subject:<12} {name:<14} {len(times):>7} {statistics.median(times) * 1e3:>7.1f} ms {last * 1e3:>7.1f} ms")
        for failure in self.failures[:20]:
            print(failure)


def start_simulator() -> Subject:
    server = Simulator(
        "--connections", 16, "--psk", f"{IDENTITY}:{KEY}", "--alpn-optional", "--message-timeout", 5,
        listen=("coap+tcp://127.0.0.1:0", "coaps+tcp://127.0.0.1:0"))
    return Subject("simulator", server, *server.addresses, "/sensors/temperature")


def start_board(name: str, folder: Path) -> Subject:
    keys = folder / "keys"
    keys.write_text(f"{IDENTITY}:{KEY}\n")
    board = Board(name, psk_file=keys)
    return Subject(name, board, board.address, board.secured_address, "/sensors/temperature")


def resident(process) -> int:
    return process.resident_kilobytes


def expect_nothing_left(soak: Soak, subject: Subject, settled: int) -> None:
    try:
        if subject.is_board:
            status = subject.server.assert_nothing_left(60)
            subject.server.assert_serving()
            print(f"{subject.name}: TLS arena {status['arena'][1]:,} of {status['arena'][2]:,} bytes at most, "
                  f"failed {status['arena'][3]} times")
            assert status["arena"][3] == 0, "the arena was too small"
        else:
            with contextlib.ExitStack() as held:
                for _ in range(16):
                    held.enter_context(subject.peer())
            subject.server.assert_serving()
            now = resident(subject.server)
            print(f"{subject.name}: all 16 places are free, memory {settled:,} kB after the first seconds, {now:,} kB now")
            assert now - settled < 1024, f"memory has grown by {now - settled} kB"
            assert subject.server.stop() == 0, "it did not end in order"
    except (AssertionError, OSError, TimeoutError) as error:
        soak.failures.append(f"{subject.name}, in the end: {str(error)[:400]}")


def arguments() -> argparse.Namespace:
    class Parser(argparse.ArgumentParser):
        def error(self, message):
            print(f"soak: {message} (see --help)", file=sys.stderr)
            sys.exit(64)

    parser = Parser(prog="toolchain/soak", add_help=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--board", action="append")
    options = parser.parse_args()
    if options.minutes <= 0:
        parser.error("--minutes is above 0")
    options.board = [name for name in options.board or ["mps2-an386"] if name != "none"]
    for name in options.board:
        if not (ROOT / "Boards" / name / "board.sh").exists():
            parser.error(f"there is no board {name} that runs in QEMU")
    return options


def main() -> int:
    options = arguments()
    if options.help:
        print(__doc__.strip())
        return 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            subjects = [start_simulator()] + [start_board(name, Path(folder)) for name in options.board]
            # Every page that will be touched is touched in the first seconds.
            warm = Soak(subjects[:1], min(10.0, options.minutes * 12), options.seed + 1000)
            warm.run()
            settled = resident(subjects[0].server)
            soak = Soak(subjects, options.minutes * 60, options.seed)
            soak.failures += warm.failures
            soak.run()
            for subject in subjects:
                expect_nothing_left(soak, subject, settled)
            soak.report()
        finally:
            end_everything()
    count = sum(map(len, soak.times.values()))
    if soak.failures:
        print(f"to see it again: toolchain/soak --minutes {options.minutes:g} --seed {options.seed}")
    print(f"soak: {count} passed, {len(soak.failures)} failed")
    return int(bool(soak.failures))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        end_everything()
        sys.exit(130)
