"""The instructions of an image and the functions that they form."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from typing import NamedTuple

from .elf import Image
from .toolset import llvm_tool, output_of

LINE = re.compile(r"^ *([0-9a-f]+):\s+\t(<unknown>|[a-z]\S*)(?:\t([^@<]*))?")
BETWEEN_OPERANDS = re.compile(r",\s*(?![^\[{]*[\]}])")


class Instruction(NamedTuple):
    address: int
    next: int
    mnemonic: str
    operands: list[str]


@dataclass(frozen=True)
class Extent:
    """A function as the symbol table has it."""

    name: str
    start: int
    end: int


class Code:
    def __init__(self, image: Image):
        self.image = image
        self.instructions: dict[int, Instruction] = {}
        self._read(output_of(llvm_tool("objdump"), "--disassemble", "--no-show-raw-insn", str(image.path)))
        self.addresses = sorted(self.instructions)
        self._find_functions()

    def _read(self, listing: str):
        for line in listing.splitlines():
            match = LINE.match(line)
            if match:
                address = int(match[1], 16)
                operands = BETWEEN_OPERANDS.split(match[3].strip()) if match[3] else []
                following = address + self._size_of_instruction(address)
                self.instructions[address] = Instruction(address, following, match[2], operands)

    def _size_of_instruction(self, address: int) -> int:
        first = int.from_bytes(self.image.bytes_at(address, 2) or b"", "little")
        if self.image.machine == "riscv":
            return 4 if first & 3 == 3 else 2
        return 4 if first >> 11 in (0x1D, 0x1E, 0x1F) else 2

    def _find_functions(self):
        """Symbols of functions; of labels in assembly only what no function covers."""
        typed = [s for s in self.image.symbols if s.is_function and s.address in self.instructions]
        covered = sorted((s.address, s.address + s.size) for s in typed)
        starts = [start for start, _ in covered]

        def is_covered(address: int) -> bool:
            index = bisect.bisect_right(starts, address) - 1
            return index >= 0 and (address < covered[index][1] or address == starts[index])

        names: dict[int, str] = {}
        sizes: dict[int, int] = {}
        for symbol in typed:
            # Of two names for one function, the one that other objects see.
            if symbol.address not in names or not symbol.is_local:
                names[symbol.address] = symbol.name
            sizes[symbol.address] = max(symbol.size, sizes.get(symbol.address, 0))
        for symbol in self.image.symbols:
            is_label = symbol.kind == 0 and not symbol.is_local
            if is_label and symbol.address in self.instructions and not is_covered(symbol.address):
                names.setdefault(symbol.address, symbol.name)

        self._starts = sorted(names)
        self.extents = {}
        for start, following in zip(self._starts, self._starts[1:] + [1 << 32]):
            section = self.image.section_at(start)
            end = start + sizes.get(start, 0) or following
            if not sizes.get(start):
                end = min(following, section.end)
            self.extents[start] = Extent(names[start], start, end)

    def extent_of(self, address: int) -> Extent | None:
        """The function that `address` lies in."""
        index = bisect.bisect_right(self._starts, address) - 1
        if index < 0:
            return None
        extent = self.extents[self._starts[index]]
        return extent if address < extent.end else None

    def is_function(self, address: int) -> bool:
        return address in self.extents

    def within(self, extent: Extent) -> list[int]:
        """The addresses of the instructions of a function."""
        low = bisect.bisect_left(self.addresses, extent.start)
        return self.addresses[low : bisect.bisect_left(self.addresses, extent.end)]
