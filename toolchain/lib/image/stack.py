"""The worst-case stack of an image: of the program and of what can interrupt it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .calls import CallGraph, Descent
from .code import Code
from .elf import Image

FRAME_OF_EXCEPTION = {"arm": 36, "riscv": 0}
"""What the processor pushes: on Cortex-M 32 bytes, and 4 when the stack was not aligned to 8. RISC-V pushes nothing."""
EXCEPTIONS = {
    1: "reset", 2: "non-maskable interrupt", 3: "hard fault", 4: "memory fault", 5: "bus fault", 6: "usage fault",
    11: "supervisor call", 12: "debug monitor", 14: "PendSV", 15: "SysTick",
}  # fmt: skip
NON_MASKABLE = 2
FAULTS = range(3, 7)
RESERVED = (7, 8, 9, 10, 13)


@dataclass
class Handler:
    address: int
    exceptions: list[str]
    level: str
    """interrupt, fault or non-maskable interrupt: those of a level do not interrupt each other."""
    total: int
    way: Descent


@dataclass
class OtherStack:
    """A function that is called after a change to another stack."""

    address: int
    total: int
    way: Descent


@dataclass
class Stack:
    start: Descent
    handlers: list[Handler] = field(default_factory=list)
    others: list[OtherStack] = field(default_factory=list)
    nesting: int = 1

    @property
    def roots(self) -> list[int]:
        return [self.start.function.address, *(h.address for h in self.handlers), *(o.address for o in self.others)]

    def on_top(self) -> list[Handler]:
        """The handlers that make the worst case: the deepest of each level, and of interrupts as many as can nest."""
        chosen = []
        for level, count in (("interrupt", self.nesting), ("fault", 1), ("non-maskable interrupt", 1)):
            of_level = sorted((h for h in self.handlers if h.level == level), key=lambda h: -h.total)
            chosen += of_level[:count]
        return chosen

    @property
    def total(self) -> int:
        return self.start.total + sum(handler.total for handler in self.on_top())


def vector_table(image: Image, code: Code) -> dict[int, int]:
    """The handlers of a Cortex-M by exception number: the table begins with the stack pointer and the reset handler."""
    if image.machine != "arm" or image.entry not in code.instructions:
        return {}
    for section in image.sections:
        if section.is_zero_filled or image.constant(section.address + 4) != image.entry | 1:
            continue
        size = max((s.size for s in image.symbols if s.address == section.address), default=0)
        found = {}
        for number in range(1, size // 4 if size else 16):
            word = image.constant(section.address + 4 * number)
            if word and word & 1 and word & ~1 in code.instructions:
                found[number] = word & ~1
        return found
    return {}


def _level(number: int) -> str:
    if number == NON_MASKABLE:
        return "non-maskable interrupt"
    return "fault" if number in FAULTS else "interrupt"


def start_of(image: Image, graph: CallGraph) -> int | None:
    """Where the program starts: the image's entry, or main in an image without start-up code."""
    if image.entry in graph.functions:
        return image.entry
    return next(iter(graph.names.matching("main") or graph.names.matching("*_main")), None)


def measure(image: Image, code: Code, graph: CallGraph, patterns: list[str], nesting: int) -> Stack | None:
    start = start_of(image, graph)
    if start is None:
        return None
    stack = Stack(graph.deepest(start), nesting=nesting)
    frame = FRAME_OF_EXCEPTION[image.machine]
    grouped: dict[tuple[int, str], list[str]] = {}
    for number, address in vector_table(image, code).items():
        if address != image.entry and number not in RESERVED:
            name = EXCEPTIONS.get(number, f"interrupt {number - 16}")
            grouped.setdefault((address, _level(number)), []).append(name)
    named = [address for pattern in patterns for address in graph.names.matching(pattern)]
    returning = [address for address, function in graph.functions.items() if function.is_exception_handler]
    for address in dict.fromkeys([*named, *returning]):
        grouped.setdefault((address, "interrupt"), ["trap"])
    for (address, level), names in grouped.items():
        way = graph.deepest(address)
        stack.handlers.append(Handler(address, names, level, frame + way.total, way))
    roots = [start, *(handler.address for handler in stack.handlers)]
    for address, depth in graph.others_stacks(roots):
        way = graph.deepest(address)
        stack.others.append(OtherStack(address, depth + way.total, way))
    return stack
