"""The messages that the tests send, and the numbers that they look for."""

from __future__ import annotations

import itertools

from wire import Message, code, uint

GET, POST, PUT, DELETE = code("0.01"), code("0.02"), code("0.03"), code("0.04")
CSM, PING, PONG = code("7.01"), code("7.02"), code("7.03")
RELEASE, ABORT = code("7.04"), code("7.05")

# CSM, Ping/Pong, Abort and Release give their own meaning to number 2 and 4 (RFC 8323 section 5.2).
MAX_MESSAGE_SIZE = CUSTODY = BAD_CSM_OPTION = ALTERNATIVE_ADDRESS = 2
BLOCK_WISE_TRANSFER = HOLD_OFF = 4
EXTENDED_TOKEN_LENGTH = 6

URI_HOST, URI_PORT, URI_PATH, URI_QUERY = 3, 7, 11, 15
CONTENT_FORMAT, ACCEPT, SIZE1 = 12, 17, 60
IF_MATCH, ETAG, IF_NONE_MATCH, OBSERVE, MAX_AGE, HOP_LIMIT = 1, 4, 5, 6, 14, 16
BLOCK2, BLOCK1, SIZE2, ECHO, NO_RESPONSE = 23, 27, 28, 252, 258
BERT = 7
TEXT_PLAIN, LINK_FORMAT, SENML_CBOR = 0, 40, 112

LARGE = 1 << 20
"""What a test peer announces unless the test is about sizes."""

_tokens = itertools.count(1)


def fresh_token() -> bytes:
    """Four bytes that no other request of this run has."""
    return (0xA0000000 + next(_tokens)).to_bytes(4, "big")


def csm(max_message_size: int | None = LARGE, *, block_wise: bool = True) -> Message:
    options = []
    if max_message_size is not None:
        options.append((MAX_MESSAGE_SIZE, uint(max_message_size)))
    if block_wise:
        options.append((BLOCK_WISE_TRANSFER, b""))
    return Message(CSM, options=tuple(options))


def ping(token: bytes = b"", *, custody: bool = False) -> Message:
    return Message(PING, token, ((CUSTODY, b""),) if custody else ())


def request(
    method: int,
    path: str,
    *,
    token: bytes | None = None,
    payload: bytes = b"",
    content_format: int | None = None,
    accept: int | None = None,
    extra: tuple[tuple[int, bytes], ...] = (),
) -> Message:
    """A request for `/a/b?x=1`; the path is taken as it is, without percent-decoding."""
    path, _, query = path.partition("?")
    options = [(URI_PATH, segment.encode()) for segment in path.strip("/").split("/") if segment]
    options += [(URI_QUERY, argument.encode()) for argument in query.split("&") if argument]
    if content_format is not None:
        options.append((CONTENT_FORMAT, uint(content_format)))
    if accept is not None:
        options.append((ACCEPT, uint(accept)))
    options += extra
    options.sort(key=lambda option: option[0])
    return Message(
        method, fresh_token() if token is None else token, tuple(options), payload
    )


def get(path: str, **fields) -> Message:
    return request(GET, path, **fields)


def echo(payload: bytes, **fields) -> Message:
    return request(POST, "/echo", payload=payload, content_format=TEXT_PLAIN, **fields)


def block(number: int, more: bool, exponent: int) -> bytes:
    """The value of Block1 or Block2 (RFC 7959 section 2.2); the exponent 7 is BERT."""
    return uint(number << 4 | more << 3 | exponent)


def block_of(message: Message, option: int) -> tuple[int, bool, int] | None:
    """Number, more and exponent of Block1 or Block2."""
    value = message.uint(option)
    return None if value is None else (value >> 4, bool(value & 8), value & 7)


def response(to: Message, dotted: str, payload: bytes = b"", *options: tuple[int, bytes]) -> Message:
    return Message(code(dotted), to.token, tuple(options), payload)
