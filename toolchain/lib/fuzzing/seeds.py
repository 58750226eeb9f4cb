"""The corpus that each target begins with: the vectors, in the form that the target reads.

What stands in front of the bytes from the peer are the target's choices; see the targets in
Tests/Fuzz/Targets/Sources/fuzz.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

LARGEST = 3500


def expand(text: str) -> bytes:
    return bytes.fromhex(re.sub(r"\{([0-9a-f]{2})\*(\d+)\}", lambda match: match[1] * int(match[2]), text))


def body_of(message: bytes) -> bytes | None:
    """Options and payload of a message on a stream whose body is short."""
    length, start = message[0] >> 4, 2
    if length == 13:
        start = 3
    elif length > 13:
        return None
    return message[start + (message[0] & 15):]


def stream_seeds(vectors: list[dict]) -> list[bytes]:
    """Choices: limits, room to send, what is under way, how it ends, how it is cut (three bytes)."""
    csm, seeds = bytes.fromhex("60e124ffffffff20"), []
    for vector in vectors:
        if vector["config"].get("role", "stream") != "stream" or vector["group"] == "U":
            continue
        data = expand(vector["input"])
        seeds.append(bytes([0, 200, 1, 3, 0, 0, 0]) + data)
        seeds.append(bytes([4, 60, 2, 4, 5, 1, 7]) + csm + data)
    # Answers to what a client has under way, with its first tokens, and blocks of a file for a server.
    answers = ["4445500000016105ff61", "d50645500000002102ff" + "61" * 16, "345f50000001d10e0a", "044450000002"]
    for first in range(4):
        parts = bytes.fromhex("".join(answers[first:] + answers[:first]))
        seeds.append(bytes([0, 200, 13, 1, 0, 0, 0]) + parts)
    for text in ("d10c0366b166d10301ff" + "2b" * 9, "41016660516660", "5101663160516660", "5102 6eb16eff41"):
        seeds.append(bytes([0, 200, 1, 1, 4, 1, 2]) + expand(text.replace(" ", "")))
    return seeds


def frame_seeds(vectors: list[dict], role: str) -> list[bytes]:
    """Choices: limits and what is under way, how it ends, how it is cut."""
    return [
        bytes([choice, 2, cut, 0, 1]) + expand(vector["input"])
        for vector in vectors if vector["config"].get("role") == role for choice, cut in ((0, 0), (48, 2))
    ]


def handshake_seeds(handshakes: list[dict], role: str) -> list[bytes]:
    """Choices: room for a line, how it is cut."""
    return [
        bytes([0, 2, 0, 1]) + text.encode("latin-1", "replace")
        for handshake in handshakes if handshake["role"] == role for text in handshake["texts"]
    ]


def seeds(target: str, folder: Path) -> list[bytes]:
    """Those of a target, from the two files in `folder`."""
    vectors = json.loads((folder / "vectors.json").read_text())
    handshakes = json.loads((folder / "handshakes.json").read_text())
    messages = [expand(vector["input"]) for vector in vectors if vector["config"].get("role", "stream") == "stream"]
    bodies = [body for message in messages if message and (body := body_of(message)) is not None]
    match target:
        case "server" | "client":
            found = stream_seeds(vectors)
        case "websocket-server":
            found = frame_seeds(vectors, "wsServer")
        case "websocket-client":
            found = frame_seeds(vectors, "wsClient")
        case "upgrade-server":
            found = handshake_seeds(handshakes, "wsServer")
        case "upgrade-client":
            found = handshake_seeds(handshakes, "wsClient")
        case "options":
            found = [bytes([code, 200]) + body for body in bodies for code in (1, 0x45, 0xE1)]
        case "decoder":
            found = [bytes([choice]) + message for message in messages for choice in (0, 3, 7, 15)]
        case "uri":
            uris = [vector["config"]["uri"] for vector in vectors if "uri" in vector["config"]]
            found = [bytes([choice]) + uri.encode() for uri in uris for choice in (0, 7)]
            found += [bytes([8 + 16 * scheme]) + body for body in bodies for scheme in range(4)]
        case "links":
            texts = ("rt=light", "rt=li*", "if=core.a", "ct=0", "rel=hosts", "title=A lamp", "sz=4096", "obs", "obs=",
                     "href=/lamp", "href=/l*", "href=*", "rt=*", "a&b", "=", "rt", "")
            found = [bytes([split]) + text.encode() for text in texts for split in (0, 1)]
        case "blocks":
            # A GET of the file's blocks, a PUT in blocks, an observation; and parts for a client.
            server = bytes([1, 63, 200, 2, 100, 250])
            client = bytes([0, 1, 200, 1, 2, 30])
            get = bytes([255, 0, 0, 0, 16, 2, 0, 0, 0])
            put = bytes([255, 0, 2, 0, 32, 2, 0, 0, 1])
            found = [server + get * 6, server + put * 9, server + bytes([255, 3, 0, 64, 0, 0, 0, 0, 16]) * 5,
                     client + bytes([0, 0, 4, 60, 6, 0, 0, 0]) * 6, client + bytes([1, 5, 8, 2, 0, 1]) * 6]
        case "capabilities":
            found = [bytes([0, 1, 0, 2, 0, 0, 2, 4, 0, 3, 0, 0]), bytes([1, 1, 0, 1, 5, 0, 3, 1, 44, 11, 12, 0, 1, 10, 0])]
        case _:
            found = [bytes([0xC0])]
    return [seed for seed in found if len(seed) <= LARGEST]
