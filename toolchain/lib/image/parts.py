"""Which part of a firmware a symbol or a piece of memory belongs to.

A Swift symbol belongs to the module that its code was written in, wherever it was compiled: a specialisation of generic
code to the module of the generic code, a method in an extension to the module of the extension. Code that was inlined
belongs to the function that it was inlined into. Everything else belongs to its object file, which only a linker map
tells for sure.
"""

from __future__ import annotations

import re
from collections import Counter

from .elf import Image, Symbol
from .linker_map import LinkerMap
from .symbols import modules

SWIFT = "Swift library"
LIBRARY = "C library"
BOARD = "board"
CONSTANTS = "constants of Swift"
UNKNOWN = "unknown"
LIBRARIES = [
    (re.compile(r"mbed", re.I), "mbedTLS"),
    (re.compile(r"lwip", re.I), "lwIP"),
    (re.compile(r"^(c|m|g|gcc|nosys|semihost|clang_rt\..*|compiler_rt.*)$"), LIBRARY),
]
ARCHIVE = re.compile(r"(?:lib)?([^/]+)\.a\((.*)\)$")
TARGET = re.compile(r"/([^/]+)\.build/")
RUNTIME = re.compile(r"^_?swift_")


def part_of_module(module: str) -> str:
    if module == "Swift" or module.startswith("_"):
        return SWIFT
    return BOARD if module == "Board" else module


class Parts:
    def __init__(self, image: Image, linker_map: LinkerMap):
        self._map = linker_map
        self._modules = modules(symbol.name for symbol in image.symbols)
        self._swift_modules = set(self._modules.values())
        self._of_local_file = self._find_local_files(image.symbols)

    def _find_local_files(self, symbols: list[Symbol]) -> dict[str, str]:
        """Without a linker map: a local symbol is of the module that most symbols of its object file are of."""
        votes: dict[str, Counter] = {}
        for symbol in symbols:
            if symbol.file and symbol.name in self._modules:
                votes.setdefault(symbol.file, Counter())[self._modules[symbol.name]] += 1
        return {file: part_of_module(count.most_common(1)[0][0]) for file, count in votes.items()}

    def of_symbol(self, symbol: Symbol) -> str:
        module = self._modules.get(symbol.name)
        if module:
            return part_of_module(module)
        if RUNTIME.match(symbol.name):
            return SWIFT
        return self.of_address(symbol.address) or self._of_local_file.get(symbol.file) or symbol.file or UNKNOWN

    def of_address(self, address: int) -> str | None:
        file = self._map.file_at(address)
        return self._of_file(file) if file else None

    def _of_file(self, file: str) -> str:
        archive = ARCHIVE.search(file)
        if archive:
            name, member = archive.groups()
            if member.startswith("CLwIP"):
                return "PortLwIP"  # its C part, which is compiled with lwIP
            return next((part for pattern, part in LIBRARIES if pattern.search(name)), name)
        # What the linker compiled of all modules: code has its module in its name, strings and tables have not.
        if file.endswith(".lto.o"):
            return CONSTANTS
        target = TARGET.search(file)
        if not target:
            return file.rpartition("/")[2]
        name = target[1]
        if name in self._swift_modules:
            return part_of_module(name)
        return BOARD if name == "BoardSupport" else name
