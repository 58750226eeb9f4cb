"""The rows of Tests/Vectors/vectors.json: the project's one table of wire vectors."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import wire

FILE = Path(__file__).resolve().parent.parent / "Vectors" / "vectors.json"


def expand(text: str) -> str:
    """`e1{41*3}` -> `e1414141`."""
    return re.sub(
        r"\{([0-9a-f]+)\*([0-9]+)\}", lambda match: match[1] * int(match[2]), text
    )


@dataclass(frozen=True)
class Vector:
    id: str
    group: str
    input: bytes
    decodes: str
    expect: dict
    out: bytes | None
    max_message_size: int
    max_token_length: int

    @property
    def limits(self) -> dict[str, int]:
        return {
            "max_message_size": self.max_message_size,
            "max_token_length": self.max_token_length,
        }

    @property
    def reply_codes(self) -> list[set[str]]:
        """For each expected answer the codes that may stand there."""
        return [set(codes.split("|")) for codes in self.expect.get("codes", [])]


def _vector(row: dict) -> Vector:
    config = row.get("config", {})
    return Vector(
        id=row["id"],
        group=row["group"],
        input=bytes.fromhex(expand(row["input"])),
        decodes=expand(row["decodes"]),
        expect=row["expect"],
        out=bytes.fromhex(expand(row["out"])) if "out" in row else None,
        max_message_size=config.get("maxMessageSize", wire.BASE_MESSAGE_SIZE),
        max_token_length=config.get("maxTokenLength", wire.BASE_TOKEN_LENGTH),
    )


def stream_vectors(groups: str = "ABCDEFGHU") -> list[Vector]:
    """The rows that are bytes of a TCP stream (group W is WebSocket frames)."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return [_vector(row) for row in rows if row["group"] in groups]
