"""What peers do by hand in the soak. Each is done to a subject, and raises when something is not as it must be."""

from __future__ import annotations

import contextlib
import random
import time

import block_transfers
import messages
import web_sockets
import wire
from block_transfers import OBSERVE, observe, sha256
from peer import ConnectionEnded, Peer
from subjects import Subject

LED = "/actuators/led"
# How long a notification may take, in seconds: a sensor measures each second, and may measure the same a few times.
NOTICE = 40


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
    with subject.peer() as peer:
        answer = peer.exchange(messages.request(messages.PUT, LED, payload=source.choice([b"0", b"1"])))
        assert answer.dotted == "2.04", f"{answer}"


def hear(peer, within: float) -> wire.Message:
    """The next message; who only listens is asked whether it is there, and says so."""
    while (message := peer.receive(within=within)).code == messages.PING:
        peer.send(wire.Message(messages.PONG, message.token))
    return message


def watch(peer, path: str, change=lambda first: None) -> None:
    """Registers, waits for a state that is not the first one, deregisters and hears no more of it."""
    begin = observe(path)
    peer.send(begin)
    first = note = hear(peer, NOTICE)
    assert first.dotted == "2.05" and first.token == begin.token and first.values(OBSERVE), f"{first}"
    end = time.monotonic() + NOTICE
    while note.payload == first.payload:
        assert time.monotonic() < end, f"nothing but {first.payload!r} within {NOTICE} s"
        # Somebody else may change it back before it is told.
        change(first)
        try:
            note = hear(peer, 3)
        except (AssertionError, TimeoutError):
            continue
        assert note.dotted == "2.05" and note.token == begin.token and note.values(OBSERVE), f"{note}"
    peer.send(observe(path, 1, token=begin.token))
    while (answer := hear(peer, NOTICE)).values(OBSERVE):
        assert time.monotonic() < end + NOTICE, "it goes on in spite of the deregistration"
    assert answer.dotted == "2.05" and answer.token == begin.token, f"{answer}"
    # In order: what comes now is the answer, and no notification stands before it.
    after = messages.get(LED)
    peer.send(after)
    answer = hear(peer, NOTICE)
    assert answer.dotted == "2.05" and answer.token == after.token, f"{answer}"


def observe_sensor(subject: Subject, source: random.Random) -> None:
    with subject.peer() as peer:
        watch(peer, subject.sensor)


def observe_led(subject: Subject, source: random.Random) -> None:
    with subject.peer() as peer, subject.peer() as other:
        def change(first: wire.Message) -> None:
            wanted = b"0" if first.payload == b"1" else b"1"
            answer = other.exchange(messages.request(messages.PUT, LED, payload=wanted))
            assert answer.dotted == "2.04", f"{answer}"

        watch(peer, LED, change)


def download(subject: Subject, source: random.Random) -> None:
    with subject.peer() as peer:
        body = block_transfers.download(peer, "/log", source.choice([2, 4, 6]))
        assert body == block_transfers.log_text(1024 if subject.is_board else 8192), "another log"


def upload(subject: Subject, source: random.Random) -> None:
    data, szx = source.randbytes(source.randrange(1, 40_000)), source.choice([4, 5, 6])
    with subject.upload, subject.peer() as peer:
        send_image(peer, data, szx)


def send_image(peer, data: bytes, szx: int) -> None:
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
    assert sha256(data) in found, found


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


# The same on WebSockets, in fragments from the same seed


@contextlib.contextmanager
def web_peer(subject: Subject, source: random.Random):
    with web_sockets.dial(subject.web_url, source.randrange(1 << 30), open_timeout=20) as peer:
        peer.handshake()
        yield peer


def web_get(subject: Subject, source: random.Random) -> None:
    with web_peer(subject, source) as peer:
        for _ in range(source.randrange(1, 20)):
            answer = peer.exchange(messages.get(subject.sensor))
            assert answer.dotted == "2.05" and answer.payload, f"{answer}"
        peer.ping()


def web_observe(subject: Subject, source: random.Random) -> None:
    with web_peer(subject, source) as peer:
        watch(peer, subject.sensor)


def web_upload(subject: Subject, source: random.Random) -> None:
    data, szx = source.randbytes(source.randrange(1, 20_000)), source.choice([5, 6])
    with subject.upload, web_peer(subject, source) as peer:
        send_image(peer, data, szx)


def web_download(subject: Subject, source: random.Random) -> None:
    with web_peer(subject, source) as peer:
        body = block_transfers.download(peer, "/log", source.choice([4, 6]))
        assert body == block_transfers.log_text(8192), "another log"


BY_HAND = {
    get: 20, pipeline: 12, ping: 10, switch: 8, observe_sensor: 6, observe_led: 6, download: 4, upload: 4, abandon: 4,
    garbage: 8, vanish: 8, release: 8,
}
BY_WEB_SOCKET = {web_get: 6, web_observe: 3, web_upload: 3, web_download: 2}
