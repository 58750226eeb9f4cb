"""TLS 1.2 on the wire, written from the RFC texts: records, hellos, alerts, PSK record protection.

RFC 5246 (TLS 1.2), RFC 6066 (server_name, max_fragment_length), RFC 7301 (ALPN), RFC 7627 (extended
master secret), RFC 4279 and 5487 (PSK, GCM), RFC 6655 (CCM_8).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM

TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 = 0x0301, 0x0302, 0x0303, 0x0304
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = range(20, 25)
HELLO_REQUEST, CLIENT_HELLO, SERVER_HELLO, NEW_SESSION_TICKET = 0, 1, 2, 4
CERTIFICATE, SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST, SERVER_HELLO_DONE = 11, 12, 13, 14
CERTIFICATE_VERIFY, CLIENT_KEY_EXCHANGE, FINISHED = 15, 16, 20

MAX_FRAGMENT = 1 << 14
WARNING, FATAL = 1, 2

# Suites, by the names of the IANA registry without TLS_.
PSK_GCM, PSK_CCM_8, ECDHE_PSK_CHACHA20 = 0x00A8, 0xC0A8, 0xCCAC
ECDHE_ECDSA_GCM, ECDHE_ECDSA_CCM_8, ECDHE_RSA_GCM = 0xC02B, 0xC0AE, 0xC02F
RENEGOTIATION_INFO_SCSV = 0x00FF

# Extensions
SERVER_NAME, MAX_FRAGMENT_LENGTH, TRUNCATED_HMAC, SUPPORTED_GROUPS, POINT_FORMATS = 0, 1, 4, 10, 11
SIGNATURE_ALGORITHMS, HEARTBEAT_EXTENSION, ALPN, ENCRYPT_THEN_MAC = 13, 15, 16, 22
EXTENDED_MASTER_SECRET, SESSION_TICKET, PRE_SHARED_KEY, EARLY_DATA = 23, 35, 41, 42
SUPPORTED_VERSIONS, RENEGOTIATION_INFO = 43, 0xFF01

ECDSA_SHA256, RSA_SHA256, SECP256R1 = 0x0403, 0x0401, 23

ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow",
    40: "handshake_failure", 42: "bad_certificate", 43: "unsupported_certificate",
    44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown",
    47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error",
    51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security",
    80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled",
    100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension",
    112: "unrecognized_name", 115: "unknown_psk_identity", 116: "certificate_required",
    120: "no_application_protocol",
}
NUMBERS = {name: number for number, name in ALERTS.items()}


class FormatError(Exception):
    """The bytes are no TLS."""


# Vectors

def sized(width: int, data: bytes) -> bytes:
    """`data` behind its length in `width` bytes."""
    return len(data).to_bytes(width, "big") + data


class Reader:
    """Takes bytes off the front; what is missing is a `FormatError`."""

    def __init__(self, data: bytes):
        self.data, self.position = bytes(data), 0

    def take(self, count: int) -> bytes:
        if self.position + count > len(self.data):
            raise FormatError(f"{count} bytes wanted at {self.position} of {self.data.hex()}")
        self.position += count
        return self.data[self.position - count : self.position]

    def uint(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def vector(self, width: int) -> bytes:
        return self.take(self.uint(width))

    @property
    def is_at_end(self) -> bool:
        return self.position == len(self.data)

    def end(self) -> None:
        if not self.is_at_end:
            raise FormatError(f"bytes after the end: {self.data[self.position :].hex()}")


def numbers(data: bytes, width: int = 2) -> list[int]:
    return [int.from_bytes(data[at : at + width], "big") for at in range(0, len(data), width)]


# Records

@dataclass(frozen=True)
class Record:
    type: int
    fragment: bytes
    version: int = TLS_1_2

    def encode(self) -> bytes:
        return bytes([self.type]) + self.version.to_bytes(2, "big") + sized(2, self.fragment)


def split_records(data: bytes) -> tuple[list[Record], bytes]:
    """The complete records, and the bytes of the unfinished one."""
    records, position = [], 0
    while len(data) - position >= 5:
        type_, size = data[position], int.from_bytes(data[position + 3 : position + 5], "big")
        if not CHANGE_CIPHER_SPEC <= type_ <= HEARTBEAT or data[position + 1] != 3:
            raise FormatError(f"no record: {data[position : position + 5].hex()}")
        if len(data) - position - 5 < size:
            break
        version = int.from_bytes(data[position + 1 : position + 3], "big")
        records.append(Record(type_, bytes(data[position + 5 : position + 5 + size]), version))
        position += 5 + size
    return records, bytes(data[position:])


def records_of(data: bytes) -> list[Record]:
    """All records; the bytes must end with one."""
    records, rest = split_records(data)
    if rest:
        raise FormatError(f"cut in a record: {rest.hex()}")
    return records


@dataclass(frozen=True)
class Alert:
    level: int
    number: int

    @classmethod
    def decode(cls, fragment: bytes) -> "Alert":
        if len(fragment) != 2 or fragment[0] not in (WARNING, FATAL):
            raise FormatError(f"no alert: {fragment.hex()}")
        return cls(*fragment)

    def encode(self) -> bytes:
        return bytes([self.level, self.number])

    def record(self, version: int = TLS_1_2) -> bytes:
        return Record(ALERT, self.encode(), version).encode()

    @property
    def is_fatal(self) -> bool:
        return self.level == FATAL

    def __str__(self) -> str:
        level = {WARNING: "warning", FATAL: "fatal"}[self.level]
        return f"{level} {self.number} {ALERTS.get(self.number, 'unknown')}"


def fatal(name: str) -> Alert:
    return Alert(FATAL, NUMBERS[name])


def handshake(type_: int, body: bytes) -> bytes:
    """A handshake message with its header."""
    return bytes([type_]) + sized(3, body)


def handshakes_of(records: list[Record]) -> list[tuple[int, bytes]]:
    """Type and body of the handshake messages up to the first ChangeCipherSpec, defragmented."""
    data = bytearray()
    for record in records:
        if record.type == CHANGE_CIPHER_SPEC:
            break
        if record.type == HANDSHAKE:
            data += record.fragment
    reader, found = Reader(data), []
    while not reader.is_at_end:
        found.append((reader.uint(1), reader.vector(3)))
    return found


# Hellos

Extensions = tuple[tuple[int, bytes], ...]


def _extensions(reader: Reader) -> Extensions:
    if reader.is_at_end:
        return ()
    inner, found = Reader(reader.vector(2)), []
    while not inner.is_at_end:
        found.append((inner.uint(2), inner.vector(2)))
    types = [type_ for type_, _ in found]
    if len(set(types)) != len(types):
        raise FormatError(f"an extension twice: {types}")
    return tuple(found)


def _encode_extensions(extensions: Extensions) -> bytes:
    if not extensions:
        return b""
    items = (type_.to_bytes(2, "big") + sized(2, body) for type_, body in extensions)
    return sized(2, b"".join(items))


def server_name(name: str) -> tuple[int, bytes]:
    return SERVER_NAME, sized(2, b"\0" + sized(2, name.encode()))


def alpn(*protocols: str | bytes) -> tuple[int, bytes]:
    names = [name.encode() if isinstance(name, str) else name for name in protocols]
    return ALPN, sized(2, b"".join(sized(1, name) for name in names))


class _Hello:
    extensions: Extensions

    def extension(self, type_: int) -> bytes | None:
        return next((body for candidate, body in self.extensions if candidate == type_), None)

    @property
    def extension_types(self) -> list[int]:
        return [type_ for type_, _ in self.extensions]

    @property
    def alpn(self) -> list[bytes] | None:
        body = self.extension(ALPN)
        if body is None:
            return None
        outer = Reader(body)
        reader, found = Reader(outer.vector(2)), []
        outer.end()
        while not reader.is_at_end:
            found.append(reader.vector(1))
        return found


@dataclass(frozen=True)
class ClientHello(_Hello):
    suites: tuple[int, ...]
    extensions: Extensions = ()
    version: int = TLS_1_2
    random: bytes = bytes(range(32))
    session_id: bytes = b""
    compressions: bytes = b"\0"

    @classmethod
    def decode(cls, body: bytes) -> "ClientHello":
        reader = Reader(body)
        version, random, session = reader.uint(2), reader.take(32), reader.vector(1)
        suites, compressions = tuple(numbers(reader.vector(2))), reader.vector(1)
        hello = cls(suites, _extensions(reader), version, random, session, compressions)
        reader.end()
        return hello

    def encode(self) -> bytes:
        """The handshake message."""
        suites = b"".join(suite.to_bytes(2, "big") for suite in self.suites)
        body = self.version.to_bytes(2, "big") + self.random + sized(1, self.session_id)
        body += sized(2, suites) + sized(1, self.compressions)
        return handshake(CLIENT_HELLO, body + _encode_extensions(self.extensions))

    def record(self, record_version: int = TLS_1_0) -> bytes:
        return Record(HANDSHAKE, self.encode(), record_version).encode()

    @property
    def server_names(self) -> list[bytes]:
        body = self.extension(SERVER_NAME)
        if body is None:
            return []
        outer = Reader(body)
        reader, found = Reader(outer.vector(2)), []
        outer.end()
        while not reader.is_at_end:
            if reader.uint(1) != 0:
                raise FormatError("a server name of an unknown type")
            found.append(reader.vector(2))
        return found

    def _list(self, type_: int, size: int, width: int = 2) -> list[int] | None:
        body = self.extension(type_)
        if body is None:
            return None
        reader = Reader(body)
        found = numbers(reader.vector(size), width)
        reader.end()
        return found

    @property
    def signature_algorithms(self) -> list[int] | None:
        return self._list(SIGNATURE_ALGORITHMS, 2)

    @property
    def groups(self) -> list[int] | None:
        return self._list(SUPPORTED_GROUPS, 2)

    @property
    def point_formats(self) -> list[int] | None:
        return self._list(POINT_FORMATS, 1, 1)


@dataclass(frozen=True)
class ServerHello(_Hello):
    suite: int
    extensions: Extensions = ()
    version: int = TLS_1_2
    random: bytes = bytes(range(100, 132))
    session_id: bytes = b""
    compression: int = 0

    @classmethod
    def decode(cls, body: bytes) -> "ServerHello":
        reader = Reader(body)
        version, random, session = reader.uint(2), reader.take(32), reader.vector(1)
        suite, compression = reader.uint(2), reader.uint(1)
        hello = cls(suite, _extensions(reader), version, random, session, compression)
        reader.end()
        return hello

    def encode(self) -> bytes:
        """The handshake message."""
        body = self.version.to_bytes(2, "big") + self.random + sized(1, self.session_id)
        body += self.suite.to_bytes(2, "big") + bytes([self.compression])
        return handshake(SERVER_HELLO, body + _encode_extensions(self.extensions))

    def record(self) -> bytes:
        return Record(HANDSHAKE, self.encode()).encode()


def client_hello(data: bytes) -> ClientHello:
    """The ClientHello that a stream from a client begins with."""
    type_, body = handshakes_of(split_records(data)[0])[0]
    if type_ != CLIENT_HELLO:
        raise FormatError(f"handshake message {type_} instead of a ClientHello")
    return ClientHello.decode(body)


def server_hello(data: bytes) -> ServerHello:
    """The ServerHello that a stream from a server begins with."""
    messages = handshakes_of(split_records(data)[0])
    if not messages or messages[0][0] != SERVER_HELLO:
        raise FormatError(f"no ServerHello: {data[:40].hex()}")
    return ServerHello.decode(messages[0][1])


# Keys (RFC 5246 sections 5, 6.3 and 8.1, RFC 4279 section 2)

def prf(secret: bytes, label: bytes, seed: bytes, size: int) -> bytes:
    """P_SHA256, the PRF of every suite here."""
    seed = label + seed
    out, a = b"", seed
    while len(out) < size:
        a = hmac.digest(secret, a, "sha256")
        out += hmac.digest(secret, a + seed, "sha256")
    return out[:size]


def psk_premaster(key: bytes) -> bytes:
    return sized(2, bytes(len(key))) + sized(2, key)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@dataclass
class Protection:
    """One direction of AES-128-GCM or AES-128-CCM_8 (RFC 5288 section 3, RFC 6655 section 4)."""

    suite: int
    key: bytes
    salt: bytes
    sequence: int = 0
    _cipher: object = field(init=False, repr=False)

    def __post_init__(self):
        self._cipher = AESGCM(self.key) if self.suite == PSK_GCM else AESCCM(self.key, tag_length=8)

    def _additional(self, type_: int, size: int) -> bytes:
        counter = self.sequence.to_bytes(8, "big")
        self.sequence += 1
        return counter + bytes([type_]) + TLS_1_2.to_bytes(2, "big") + size.to_bytes(2, "big")

    def seal(self, type_: int, content: bytes) -> Record:
        explicit = self.sequence.to_bytes(8, "big")
        additional = self._additional(type_, len(content))
        sealed = self._cipher.encrypt(self.salt + explicit, content, additional)
        return Record(type_, explicit + sealed)

    def open(self, record: Record) -> bytes:
        explicit, sealed = record.fragment[:8], record.fragment[8:]
        tag = 16 if self.suite == PSK_GCM else 8
        additional = self._additional(record.type, len(sealed) - tag)
        try:
            return self._cipher.decrypt(self.salt + explicit, sealed, additional)
        except InvalidTag:
            raise FormatError(f"a record that does not authenticate: {record}") from None
