"""Bytes of flash and of RAM, in all and by part. Every byte of the image's sections is counted once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .elf import STT_OBJECT, Image, Section, Symbol
from .parts import UNKNOWN, Parts

ALIGNMENT = "alignment"
STACK = "stack"
CONSTANTS = "unnamed constants"
MODULE_HASHES = "Swift module hashes"


class Item(NamedTuple):
    """Memory of one symbol, or memory between symbols."""

    name: str
    address: int
    size: int
    part: str
    is_in_flash: bool
    is_in_ram: bool


@dataclass
class Totals:
    flash: int = 0
    ram: int = 0


def is_stack(section: Section) -> bool:
    return "stack" in section.name


def is_in_ram(section: Section) -> bool:
    return section.is_zero_filled or section.is_writable


def is_filler(content: bytes | None, size: int) -> bool:
    """A few bytes, or one word over and over: zeros, or the trap with which linkers fill code."""
    return size < 8 or content is not None and content == (content[:4] * (size // 4 + 1))[:size]


class Sizes:
    """`references` are addresses that code of a part uses; they tell whose a constant without a symbol is."""

    def __init__(self, image: Image, parts: Parts, references: dict[int, str]):
        self._image = image
        self._parts = parts
        self._references = references
        self.flash = sum(s.size for s in image.sections if not s.is_zero_filled)
        self.stack = sum(s.size for s in image.sections if is_stack(s))
        self.static_ram = sum(s.size for s in image.sections if is_in_ram(s) and not is_stack(s))
        # What the program runs on: .stack where there are others too, for faults.
        stacks = {s.name: s.size for s in image.sections if is_stack(s)}
        self.main_stack = stacks.get(".stack", self.stack)
        self.items = [item for section in image.sections for item in self._items_of(section)]

    def by_part(self) -> dict[str, Totals]:
        found: dict[str, Totals] = {}
        for item in self.items:
            totals = found.setdefault(item.part, Totals())
            totals.flash += item.size * item.is_in_flash
            totals.ram += item.size * item.is_in_ram
        return dict(sorted(found.items(), key=lambda pair: (-pair[1].flash, -pair[1].ram)))

    def largest(self, count: int, part: str | None = None) -> list[Item]:
        candidates = [item for item in self.items if item.part == part or part is None and item.part != STACK]
        return sorted(candidates, key=lambda item: (-item.size, item.address))[:count]

    def _items_of(self, section: Section):
        def item(name: str, start: int, end: int, part: str) -> Item:
            return Item(name, start, end - start, part, not section.is_zero_filled, is_in_ram(section))

        if is_stack(section):
            yield item(section.name, section.address, section.end, STACK)
            return
        if section.name == ".swift_modhash":
            yield item(section.name, section.address, section.end, MODULE_HASHES)
            return
        at = section.address
        for symbol in self._symbols_of(section):
            if symbol.address + symbol.size <= at:
                continue  # another name
            if symbol.address > at:
                yield from (item(*gap) for gap in self._between(section, at, symbol.address))
            start, at = max(at, symbol.address), min(symbol.address + symbol.size, section.end)
            yield item(symbol.name, start, at, self._parts.of_symbol(symbol))
        if at < section.end:
            yield from (item(*gap) for gap in self._between(section, at, section.end))

    def _symbols_of(self, section: Section) -> list[Symbol]:
        found = [
            symbol
            for symbol in self._image.symbols
            if symbol.size and section.address <= symbol.address < section.end
            and (symbol.is_function or symbol.kind == STT_OBJECT)
        ]
        return sorted(found, key=lambda symbol: (symbol.address, -symbol.size))

    def _between(self, section: Section, start: int, end: int):
        """Memory without a symbol: padding, and constants, which begin where code refers to them."""
        content = self._image.bytes_at(start, end - start)
        if is_filler(content, end - start):
            yield f"{section.name} alignment", start, end, ALIGNMENT
            return
        cuts = sorted(address for address in self._references if start < address < end)
        for low, high in zip([start, *cuts], [*cuts, end]):
            part = self._parts.of_address(low) or self._references.get(low)
            unnamed = UNKNOWN if section.is_zero_filled or section.is_writable else CONSTANTS
            yield f"{section.name} at {low:#x}", low, high, part or unnamed
