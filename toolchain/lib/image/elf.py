"""A linked 32-bit little-endian ELF file: sections, symbols and the words of its read-only memory."""

from __future__ import annotations

import bisect
import struct
from dataclasses import dataclass
from pathlib import Path

MACHINES = {40: "arm", 243: "riscv"}
SHT_SYMTAB, SHT_NOBITS = 2, 8
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR = 1, 2, 4
STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE = 1, 2, 3, 4


class NotAnImage(Exception):
    """The file is no ELF file of a supported processor."""


@dataclass(frozen=True)
class Section:
    name: str
    address: int
    size: int
    offset: int
    flags: int
    is_zero_filled: bool

    @property
    def end(self) -> int:
        return self.address + self.size

    @property
    def is_writable(self) -> bool:
        return bool(self.flags & SHF_WRITE)

    @property
    def is_code(self) -> bool:
        return bool(self.flags & SHF_EXECINSTR)


@dataclass(frozen=True)
class Symbol:
    name: str
    address: int
    size: int
    kind: int
    is_local: bool
    file: str
    """The source or object file of a local symbol, when the image says it."""

    @property
    def is_function(self) -> bool:
        return self.kind == STT_FUNC


class Image:
    """`sections` are those that take memory of the device, by address."""

    def __init__(self, path: Path):
        self.path = Path(path)
        self._bytes = self.path.read_bytes()
        if self._bytes[:6] != b"\x7fELF\x01\x01":
            raise NotAnImage(f"{path} is not a 32-bit little-endian ELF file")
        header = struct.unpack_from("<HHIIIIIHHHHHH", self._bytes, 16)
        self.machine = MACHINES.get(header[1], "")
        if not self.machine:
            raise NotAnImage(f"{path} is for processor {header[1]}: only Arm and RISC-V are known")
        self.entry = self.code_address(header[3])
        self._read_sections(offset=header[5], count=header[11], names=header[12])

    def code_address(self, value: int) -> int:
        """A code pointer without the bit that says Thumb."""
        return value & ~1

    def _read_sections(self, offset: int, count: int, names: int):
        headers = [struct.unpack_from("<10I", self._bytes, offset + 40 * index) for index in range(count)]
        name_table = headers[names][4]
        every = [
            Section(self._text(name_table + h[0]), h[3], h[5], h[4], h[2], h[1] == SHT_NOBITS)
            for h in headers
        ]
        self.sections = sorted(
            (s for s in every if s.flags & SHF_ALLOC and s.size), key=lambda s: (s.address, s.offset)
        )
        self._addresses = [section.address for section in self.sections]
        self._debug = {s.name: s for s in every if s.name.startswith(".debug_")}
        self.symbols: list[Symbol] = []
        for header in headers:
            if header[1] == SHT_SYMTAB:
                self._read_symbols(header, strings=headers[header[6]][4])

    def _read_symbols(self, header: tuple, strings: int):
        file = ""
        for at in range(header[4], header[4] + header[5], 16):
            name, value, size, info, _, section = struct.unpack_from("<IIIBBH", self._bytes, at)
            kind, is_local = info & 15, info >> 4 == 0
            text = self._text(strings + name)
            if kind == STT_FILE:
                file = text
            elif section and kind != STT_SECTION and text:
                if kind == STT_FUNC:
                    value = self.code_address(value)
                self.symbols.append(Symbol(text, value, size, kind, is_local, file if is_local else ""))

    def _text(self, offset: int) -> str:
        return self._bytes[offset : self._bytes.index(b"\0", offset)].decode("utf-8", "replace")

    def section_at(self, address: int) -> Section | None:
        index = bisect.bisect_right(self._addresses, address) - 1
        if index >= 0 and address < self.sections[index].end:
            return self.sections[index]
        return None

    def bytes_at(self, address: int, count: int) -> bytes | None:
        """Contents that are in the file, None elsewhere."""
        section = self.section_at(address)
        if section is None or section.is_zero_filled or address + count > section.end:
            return None
        offset = section.offset + address - section.address
        return self._bytes[offset : offset + count]

    def debug_bytes(self, name: str) -> bytes:
        """A section of the debug information, empty when there is none."""
        section = self._debug.get(name)
        return self._bytes[section.offset : section.offset + section.size] if section else b""

    def constant(self, address: int) -> int | None:
        """The word at `address` when the program cannot change it."""
        section = self.section_at(address)
        if section is None or section.is_writable:
            return None
        word = self.bytes_at(address, 4)
        return int.from_bytes(word, "little") if word else None
