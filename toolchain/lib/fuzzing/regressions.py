"""Inputs that once broke a rule, kept as text: comment lines with "#", then hexadecimal."""

from __future__ import annotations

import hashlib
import textwrap
from pathlib import Path


def read(path: Path) -> bytes:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return bytes.fromhex("".join(lines))


def all_of(folder: Path, target: str) -> list[Path]:
    return sorted((folder / target).glob("*.hex"))


def keep(folder: Path, target: str, data: bytes, reason: str) -> Path:
    """Saves an input under a name that its bytes give it."""
    path = folder / target / f"{hashlib.sha256(data).hexdigest()[:12]}.hex"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = textwrap.wrap(data.hex(), 100) or [""]
    path.write_text(f"# {reason}\n" + "\n".join(lines) + "\n")
    return path
