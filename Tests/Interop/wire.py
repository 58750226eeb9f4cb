"""CoAP over TCP on the wire: a small codec written from the RFC texts, independent of the Swift one.

RFC 8323 section 3.2 (framing), RFC 7252 section 3.1 (options), RFC 8974 section 2.1 (longer tokens).
"""

from __future__ import annotations

from dataclasses import dataclass

BASE_MESSAGE_SIZE = 1152
BASE_TOKEN_LENGTH = 8


def code(dotted: str) -> int:
    """`"2.05"` -> 0x45."""
    class_, detail = dotted.split(".")
    return int(class_) << 5 | int(detail)


def dotted(number: int) -> str:
    """0x45 -> `"2.05"`."""
    return f"{number >> 5}.{number & 31:02}"


class FormatError(Exception):
    """The bytes are no message. `reason` is a short word as in vectors.json."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Incomplete(Exception):
    """More bytes are needed to tell."""


@dataclass(frozen=True)
class Message:
    """One message as it stands on the wire; options as (number, value) in ascending order."""

    code: int
    token: bytes = b""
    options: tuple[tuple[int, bytes], ...] = ()
    payload: bytes = b""

    @property
    def dotted(self) -> str:
        return dotted(self.code)

    @property
    def text(self) -> str:
        """The payload as UTF-8, strictly."""
        return self.payload.decode("utf-8")

    def values(self, number: int) -> list[bytes]:
        return [value for candidate, value in self.options if candidate == number]

    def uint(self, number: int) -> int | None:
        """The first value of an option as an unsigned integer."""
        values = self.values(number)
        return int.from_bytes(values[0], "big") if values else None

    def __str__(self) -> str:
        """The notation of vectors.json: `2.05 T:01 O:12=28 P:4:3c2f613e`."""
        options = ",".join(f"{number}={value.hex()}" for number, value in self.options)
        payload = f"P:{len(self.payload)}"
        if 0 < len(self.payload) <= 16:
            payload += ":" + self.payload.hex()
        return f"{self.dotted} T:{self.token.hex() or '-'} O:{options or '-'} {payload}"


def uint(value: int) -> bytes:
    """The shortest big-endian form; 0 is no byte at all (RFC 7252 section 3.2)."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _nibble(value: int, *, wide: bool = False) -> tuple[int, bytes]:
    """The nibble and the extra bytes of a length, delta or token length; `wide` adds the 15-form."""
    if value < 13:
        return value, b""
    if value < 269:
        return 13, (value - 13).to_bytes(1, "big")
    if value < 65805:
        return 14, (value - 269).to_bytes(2, "big")
    if not wide:
        raise ValueError(f"{value} does not fit")
    return 15, (value - 65805).to_bytes(4, "big")


def encode_options(options: tuple[tuple[int, bytes], ...]) -> bytes:
    out, previous = bytearray(), 0
    for number, value in sorted(options, key=lambda option: option[0]):
        delta, delta_extra = _nibble(number - previous)
        length, length_extra = _nibble(len(value))
        out += bytes([delta << 4 | length]) + delta_extra + length_extra + value
        previous = number
    return bytes(out)


def encode(message: Message) -> bytes:
    body = encode_options(message.options)
    if message.payload:
        body += b"\xff" + message.payload
    length, length_extra = _nibble(len(body), wide=True)
    token_length, token_extra = _nibble(len(message.token))
    head = bytes([length << 4 | token_length]) + length_extra + bytes([message.code])
    return head + token_extra + message.token + body


class _Reader:
    """Takes bytes off the front; what is missing raises `missing`."""

    def __init__(self, data: bytes, missing: Exception):
        self.data, self.position, self.missing = data, 0, missing

    def take(self, count: int) -> bytes:
        if self.position + count > len(self.data):
            raise self.missing
        self.position += count
        return self.data[self.position - count : self.position]

    def extended(self, nibble: int) -> int:
        if nibble < 13:
            return nibble
        count, base = {13: (1, 13), 14: (2, 269), 15: (4, 65805)}[nibble]
        return base + int.from_bytes(self.take(count), "big")


def decode_body(body: bytes) -> tuple[tuple[tuple[int, bytes], ...], bytes]:
    """Options and payload of a complete body."""
    reader, options, number = _Reader(body, FormatError("opt-trunc")), [], 0
    while reader.position < len(body):
        first = reader.take(1)[0]
        if first == 0xFF:
            if reader.position == len(body):
                raise FormatError("marker-empty")
            return tuple(options), body[reader.position :]
        if first >> 4 == 15:
            raise FormatError("opt-delta15")
        if first & 15 == 15:
            raise FormatError("opt-len15")
        number += reader.extended(first >> 4)
        length = reader.extended(first & 15)
        if number > 65535:
            raise FormatError("opt-overflow")
        options.append((number, reader.take(length)))
    return tuple(options), b""


def decode(
    data: bytes,
    max_message_size: int = BASE_MESSAGE_SIZE,
    max_token_length: int = BASE_TOKEN_LENGTH,
) -> tuple[Message, int]:
    """The first message of `data` and its size in bytes.

    Raises `FormatError` as early as the bytes allow (an oversize from the length prefix alone),
    else `Incomplete`.
    """
    reader = _Reader(data, Incomplete())
    first = reader.take(1)[0]
    token_nibble = first & 15
    if token_nibble == 15 or min(token_nibble, 13) > max_token_length:
        raise FormatError("tkl")
    body_length = reader.extended(first >> 4)
    shortest_token = {13: 13, 14: 269}.get(token_nibble, token_nibble)
    if reader.position + 1 + shortest_token + body_length > max_message_size:
        raise FormatError(f"oversize:{reader.position + 1 + shortest_token + body_length}")
    message_code = reader.take(1)[0]
    token_length = reader.extended(token_nibble)
    if token_length > max_token_length:
        raise FormatError("tkl")
    size = reader.position + token_length + body_length
    if size > max_message_size:
        raise FormatError(f"oversize:{size}")
    token = reader.take(token_length)
    body = reader.take(body_length)
    if message_code == 0 and (token or body):
        raise FormatError("empty-not-empty")
    options, payload = decode_body(body)
    return Message(message_code, token, options, payload), size


def decode_all(data: bytes, **limits: int) -> tuple[list[Message], str | None]:
    """Every message of `data`, then `None`, `"INCOMPLETE"` or `"ERR:<reason>"`."""
    messages = []
    while data:
        try:
            message, size = decode(data, **limits)
        except Incomplete:
            return messages, "INCOMPLETE"
        except FormatError as error:
            return messages, f"ERR:{error.reason}"
        messages.append(message)
        data = data[size:]
    return messages, None
