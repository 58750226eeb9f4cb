"""Size and fields of a Swift structure, from the image's debug information (DWARF 4, which the Swift compiler writes).

Only types that are not generic have their size there.
"""

from __future__ import annotations

from dataclasses import dataclass

from .elf import Image, NotAnImage

STRUCTURE, MEMBER = 0x13, 0x0D
BYTE_SIZE, LOCATION, NAME, TYPE, LINKAGE_NAME = 0x0B, 0x38, 0x03, 0x49, 0x6E
FIXED_FORMS = {0x01: 4, 0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8, 0x0C: 1, 0x0E: 4, 0x10: 4, 0x11: 1, 0x12: 2, 0x13: 4, 0x14: 8,
               0x17: 4, 0x19: 0, 0x20: 8}  # fmt: skip
STRING, TEXT_OFFSET = 0x08, 0x0E
NUMBERS, SIGNED = {0x0F, 0x15}, 0x0D
BLOCKS = {0x0A: 1, 0x03: 2, 0x04: 4}
BLOCK, EXPRESSION = 0x09, 0x18


@dataclass
class Structure:
    size: int
    fields: list[tuple[str, int]]
    """Names and sizes, the largest first. Where they lie is not said: the compiler writes other offsets than it uses."""

    @property
    def padding(self) -> int:
        return self.size - sum(size for _, size in self.fields)


class Reader:
    def __init__(self, content: bytes, at: int = 0):
        self.content, self.at = content, at

    def number(self, size: int) -> int:
        self.at += size
        return int.from_bytes(self.content[self.at - size : self.at], "little")

    def uleb(self) -> int:
        value = shift = 0
        while True:
            byte = self.content[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def text(self) -> str:
        end = self.content.index(b"\0", self.at)
        found = self.content[self.at : end].decode("utf-8", "replace")
        self.at = end + 1
        return found

    def value(self, form: int, texts: bytes) -> int | str:
        if form == STRING:
            return self.text()
        if form == TEXT_OFFSET:
            return Reader(texts, self.number(4)).text()
        if form in FIXED_FORMS:
            return self.number(FIXED_FORMS[form])
        if form in NUMBERS or form == SIGNED:
            return self.uleb()
        if form in BLOCKS:
            size = self.number(BLOCKS[form])
        elif form in (BLOCK, EXPRESSION):
            size = self.uleb()
        else:
            raise NotAnImage(f"debug information of a form that is not known: {form:#x}")
        self.at += size
        return 0


def structure(image: Image, symbol: str) -> Structure | None:
    """The structure with this mangled name; None when nothing is said of its size."""
    info, forms, texts = (image.debug_bytes(f".debug_{name}") for name in ("info", "abbrev", "str"))
    if symbol.encode() not in texts:
        return None
    reader = Reader(info)
    while reader.at < len(info):
        start = reader.at
        end = start + 4 + reader.number(4)
        # Version 5 is what clang writes for C.
        if reader.number(2) == 4:
            shapes = _shapes(forms, reader.number(4))
            reader.number(1)
            found = _find(reader, start, end, shapes, texts, symbol)
            if found:
                return found
        reader.at = end
    return None


def _shapes(forms: bytes, at: int) -> dict[int, tuple[int, bool, list[tuple[int, int]]]]:
    """Of each kind of entry: its tag, whether there are entries within it, and its attributes with their forms."""
    reader, found = Reader(forms, at), {}
    while code := reader.uleb():
        tag, has_children = reader.uleb(), bool(reader.number(1))
        attributes = []
        while (pair := (reader.uleb(), reader.uleb())) != (0, 0):
            attributes.append(pair)
        found[code] = tag, has_children, attributes
    return found


def _find(reader: Reader, start: int, end: int, shapes: dict, texts: bytes, symbol: str) -> Structure | None:
    """The structure in one unit, which has the types of its fields as well, before it or behind."""
    sizes: dict[int, int] = {}
    members: list[tuple[str, int]] = []
    size, depth, inside = 0, 0, None
    while reader.at < end:
        place = reader.at - start
        code = reader.uleb()
        if code == 0:
            depth -= 1
            if depth == inside:
                inside = None
            continue
        tag, has_children, attributes = shapes[code]
        values = {name: reader.value(form, texts) for name, form in attributes}
        if BYTE_SIZE in values:
            sizes[place] = values[BYTE_SIZE]
        if tag == MEMBER and inside is not None and depth == inside + 1 and LOCATION in values:
            members.append((values.get(NAME, ""), values.get(TYPE, 0)))
        if tag == STRUCTURE and not size and values.get(LINKAGE_NAME) == symbol and values.get(BYTE_SIZE):
            size, inside = values[BYTE_SIZE], depth if has_children else None
        depth += has_children
    fields = [(name, sizes.get(place, 0)) for name, place in members]
    return Structure(size, sorted(fields, key=lambda each: -each[1])) if size else None
