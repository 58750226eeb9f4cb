"""Bodies in blocks and observations by hand: RFC 7959 section 2.2, RFC 8323 section 6, RFC 7641 section 2."""

from __future__ import annotations

import hashlib

import messages
from peer import Peer
from wire import Message, uint

IF_MATCH, ETAG, IF_NONE_MATCH, OBSERVE, MAX_AGE = 1, 4, 5, 6, 14
BLOCK2, BLOCK1, SIZE2, ECHO, REQUEST_TAG = 23, 27, 28, 252, 292
MEBIBYTE = 1 << 20
BERT = 7


def block(number: int, *, more: bool = False, szx: int = 6) -> bytes:
    """The value of Block1 or Block2."""
    return uint(number << 4 | more << 3 | szx)


def read_block(message: Message, option: int) -> tuple[int, bool, int]:
    """Number, whether more follows, and SZX."""
    value = message.uint(option)
    assert value is not None, f"no block option {option}: {message}"
    return value >> 4, bool(value & 8), value & 7


def unit(szx: int) -> int:
    """The bytes of one block."""
    return 1 << min(szx, 6) + 4


def get_block(path: str, number: int, *, szx: int = 6, **fields) -> Message:
    extra = ((BLOCK2, block(number, szx=szx)),) + fields.pop("extra", ())
    return messages.get(path, extra=extra, **fields)


def put_block(
    path: str, body: bytes, number: int, *, szx: int = 6, count: int = 1, method=messages.PUT,
    extra: tuple[tuple[int, bytes], ...] = (), **fields,
) -> Message:
    """Block `number` of `body`, or `count` blocks at once for BERT; M as it has to be."""
    start, end = number * unit(szx), (number + count) * unit(szx)
    value = block(number, more=end < len(body), szx=szx)
    return messages.request(
        method, path, payload=body[start:end], extra=((BLOCK1, value), *extra), **fields
    )


def download(peer: Peer, path: str, szx: int = 6, check=lambda: None) -> bytes:
    """A whole body, block by block; `check` is called before each request."""
    body, tags, more = b"", set(), True
    while more:
        check()
        answer = peer.exchange(get_block(path, len(body) // unit(szx), szx=szx))
        assert answer.dotted == "2.05", f"{answer} after {len(body)} bytes"
        number, more, szx = read_block(answer, BLOCK2)
        assert number * unit(szx) == len(body), f"another block than asked for: {answer}"
        body += answer.payload
        tags.add(tuple(answer.values(ETAG)))
    assert len(tags) == 1, "the ETag changed on the way"
    return body


def upload(
    peer: Peer, path: str, body: bytes, szx: int = 6, *, count: int = 1, check=lambda: None, **fields
) -> Message:
    """Sends a body block by block and returns the answer to the last one."""
    number = 0
    while True:
        check()
        part = put_block(path, body, number, szx=szx, count=count, **fields)
        answer = peer.exchange(part)
        if (number + count) * unit(szx) >= len(body):
            return answer
        assert answer.dotted == "2.31", f"{answer} to block {number}"
        assert answer.values(BLOCK1) == part.values(BLOCK1) and not answer.payload, f"{answer}"
        number += count


def observe(path: str, action: int = 0, **fields) -> Message:
    """GET that registers, or with 1 deregisters."""
    return messages.get(path, extra=((OBSERVE, uint(action)),) + fields.pop("extra", ()), **fields)


def log_text(size: int) -> bytes:
    """What /log holds when it is so long."""
    lines = (f"line {100000 + line % 900000} of the device's log\n" for line in range(size // 32))
    return "".join(lines).encode() + b"." * (size % 32)


def image(size: int = MEBIBYTE, seed: int = 0) -> bytes:
    """Bytes that repeat nowhere."""
    return hashlib.shake_256(seed.to_bytes(4, "big")).digest(size)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def firmware_status(simulator) -> list[str]:
    """The lines of /firmware/status, asked for on a connection of its own."""
    with simulator.connect() as peer:
        answer = peer.exchange(messages.get("/firmware/status"))
    assert answer.dotted == "2.05", str(answer)
    return answer.text.splitlines()


def complete(data: bytes) -> list[str]:
    """What /firmware/status says when `data` has come."""
    return ["complete", f"size {len(data)}", f"sha256 {sha256(data)}"]
