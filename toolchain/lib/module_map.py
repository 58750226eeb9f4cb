"""Where the bytes of a WebAssembly module are: by section, by Swift module, and the largest functions.

  module_map.py MODULE SYMBOLS

  MODULE    a file with a name section
  SYMBOLS   how many functions are listed
"""

from __future__ import annotations

import collections
import pathlib
import re
import subprocess
import sys

SECTIONS = {1: "types", 2: "imports", 3: "function types", 5: "memory", 6: "globals", 7: "exports", 9: "tables",
            10: "code", 11: "data", 12: "data count"}


class Reader:
    """Bytes from front to end."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        """Unsigned LEB128."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count:self.at]

    def sized(self) -> "Reader":
        return Reader(self.take(self.number()))

    def __bool__(self) -> bool:
        return self.at < len(self.data)


def imported_functions(section: Reader) -> int:
    """How many functions come before those of the code section. Only functions and memories are imported here."""
    count = 0
    for _ in range(section.number()):
        section.sized(), section.sized()
        if section.byte() == 0:
            section.number()
            count += 1
        else:
            if section.byte() & 1:
                section.number()
            section.number()
    return count


def function_names(custom: Reader) -> dict[int, str]:
    while custom:
        kind, content = custom.byte(), custom.sized()
        if kind == 1:
            return {content.number(): content.sized().data.decode() for _ in range(content.number())}
    return {}


def read(module: bytes) -> tuple[dict[str, int], list[tuple[int, str]]]:
    """The sizes of the sections, and of the functions with their names as they are in the file."""
    reader, sections, sizes, names, imported = Reader(module), {}, [], {}, 0
    if reader.take(8) != b"\0asm\1\0\0\0":
        sys.exit("module_map: this is no WebAssembly module")
    while reader:
        kind, content = reader.byte(), reader.sized()
        if kind == 0:
            if content.sized().data == b"name":
                names = function_names(content)
            continue
        sections[SECTIONS.get(kind, str(kind))] = len(content.data)
        if kind == 2:
            imported = imported_functions(content)
        if kind == 10:
            sizes = [len(content.sized().data) for _ in range(content.number())]
    return sections, [(size, names.get(imported + index, "?")) for index, size in enumerate(sizes)]


def demangled(names: list[str]) -> list[str]:
    done = subprocess.run(["swift", "demangle", "--compact", "--simplified"], input="\n".join(names), text=True,
                          capture_output=True, check=True)
    # The compiler's own numbers of files say nothing.
    return [re.sub(r" in _[0-9A-F]{32}", "", line) for line in done.stdout.splitlines()]


def owner(name: str) -> str:
    """The module that a function's mangled name begins with."""
    match = re.match(r"\$[sSe](\d+)", name)
    if match:
        start = match.end()
        return name[start:start + int(match[1])]
    return "BrowserModule" if name.startswith("coap_") else "other"


def main() -> None:
    module, limit = pathlib.Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
    sections, functions = read(module)
    modules = collections.Counter()
    for size, name in functions:
        modules[owner(name)] += size
    functions.sort(key=lambda function: (-function[0], function[1]))
    print("sections:", ", ".join(f"{name} {size:,}" for name, size in sorted(sections.items(), key=lambda s: -s[1])))
    print("code:    ", ", ".join(f"{name} {size:,}" for name, size in modules.most_common()),
          f"in {len(functions)} functions")
    print()
    shown = functions[:limit]
    for (size, _), name in zip(shown, demangled([name for _, name in shown])):
        print(f"{size:6,}  {name[:110]}")


main()
