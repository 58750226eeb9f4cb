"""The map that lld writes with -Map: which object file each byte of the image came from."""

from __future__ import annotations

import bisect
import re
from pathlib import Path
from typing import NamedTuple

# VMA, LMA, size, alignment; then, by how far it is indented, an output section or an input section as FILE:(SECTION).
LINE = re.compile(r"^ *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +\d+ (?:(\S+)| {8}(\S.*):\(.*\))$")


class Chunk(NamedTuple):
    start: int
    end: int
    file: str


class LinkerMap:
    def __init__(self, path: Path | None, sections: set[str]):
        """`sections` are the names of those that take memory of the device: others have addresses, too."""
        self._chunks: list[Chunk] = []
        is_in_memory = False
        for line in path.read_text().splitlines() if path else []:
            match = LINE.match(line)
            if not match:
                continue
            if match[3]:
                is_in_memory = match[3] in sections
            elif is_in_memory and int(match[2], 16) and not match[4].startswith("<"):
                start = int(match[1], 16)
                self._chunks.append(Chunk(start, start + int(match[2], 16), match[4]))
        self._chunks.sort()

    def file_at(self, address: int) -> str | None:
        """The object file, or the archive with its member in parentheses."""
        index = bisect.bisect_right(self._chunks, (address, 1 << 33, "")) - 1
        if index < 0 or address >= self._chunks[index].end:
            return None
        return self._chunks[index].file
