"""How the disassembler writes Thumb instructions."""

from __future__ import annotations

import re

CONDITIONS = "eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le"
BASES = (
    "push|pop|vpush|vpop|stmdb|ldm|ldmia|vldmia|vstmdb|strd|str|ldrd|ldr|movw|movt|mov|mvn|addw|add|subw|sub|rsb|neg"
    "|lsl|lsr|bfc|bic|adr|blx|bl|bx|b|cbnz|cbz|tbb|tbh|msr|trap|udf"
)
MNEMONIC = re.compile(rf"^({BASES})(s?)({CONDITIONS})?(?:\.[wn])?$")
FIRST_IS_READ = re.compile(r"^(str(?!ex)|stl(?!ex)|stm|cmp|cmn|tst|teq|pld)")
HAS_TWO_RESULTS = re.compile(r"^([us]mu?ll|[us]mlal|umaal|smls?ld|vmov|ldrexd|ldaexd)")
REGISTER = re.compile(r"^(r\d+|sp|lr|pc)$")
NAMES = {"r13": "sp", "r14": "lr", "r15": "pc", "sb": "r9", "sl": "r10", "fp": "r11", "ip": "r12"}
ORDER = {**{f"r{i}": i for i in range(13)}, "sp": 13, "lr": 14, "pc": 15}
BASE_AND_OFFSET = re.compile(r"^\[(\w+)(?:,\s*#(-?\w+))?\](!?)$")


def number(text: str) -> int:
    return int(text.lstrip("#"), 0)


def registers_in(text: str) -> list[str]:
    """The registers of a list in braces, in the order in which they lie in memory."""
    found = []
    for part in text.strip("{} ").split(","):
        first, _, last = part.strip().partition("-")
        if last:
            found += [f"{first[0]}{n}" for n in range(int(first[1:]), int(last[1:]) + 1)]
        elif first:
            found.append(NAMES.get(first, first))
    return sorted(found, key=lambda name: ORDER.get(name, 99))
