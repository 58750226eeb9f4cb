"""The command line."""

from __future__ import annotations

import argparse
import json
import os
import struct
import sys
from pathlib import Path

from .budget import KEYS, BadBudget, Budget
from .calls import CallGraph, Descent
from .code import Code
from .elf import STT_OBJECT, Image, NotAnImage
from .entries import Entries
from .frames import Frames
from .linker_map import LinkerMap
from .parts import Parts
from .report import Report
from .sizes import Item, Sizes
from .stack import Stack, measure
from .structures import structure
from .symbols import readable_names

CORE = "DeviceCore"
CONNECTION = "$e10DeviceCore10ConnectionVD"
DEEPEST_CALLS = 20_000
"""Functions are followed into those that they call: that many levels of Python's own stack."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="toolchain/lib/image",
        description="Flash, RAM and worst-case stack of a linked firmware image (Cortex-M or RISC-V), by part.",
        epilog=KEYS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, help="the linked ELF file")
    parser.add_argument("--map", type=Path, help="the map that lld has written (-Map): whose C code it is")
    parser.add_argument("--budget", type=Path, help="the board's budget.json; exit code 1 when it is exceeded")
    parser.add_argument("--no-limits", action="store_true", help="of the budget file take no limits")
    parser.add_argument("--symbols", type=int, default=0, metavar="N", help="the N biggest symbols")
    parser.add_argument("--part", help="of this part alone (30 without --symbols)")
    parser.add_argument("--fields", action="store_true", help="the fields of a connection's state")
    parser.add_argument(
        "--root", action="append", default=[], metavar="PATTERN", help="the deepest way down from this function"
    )
    parser.add_argument(
        "--entries", default=CORE, metavar="MODULE", help=f"the stack below each function of it (default {CORE})"
    )
    parser.add_argument("--lines", type=int, default=5, metavar="N", help="of them the N deepest (default 5)")
    parser.add_argument(
        "--pointers", action="store_true", help="functions that something points to: where indirect calls may lead"
    )
    parser.add_argument("--frames", action="store_true", help="the stack frame of every function, and nothing else")
    parser.add_argument(
        "--arena-high-water", type=int, metavar="N", help="bytes of the TLS arena that were in use, as measured"
    )
    parser.add_argument("--json", type=Path, metavar="F", help="the figures as JSON, too")
    options = parser.parse_args()
    if options.part and not options.symbols:
        options.symbols = 30
    return options


class Inspection:
    """Everything that is known of an image."""

    def __init__(self, file: Path, map_file: Path | None, budget: Budget):
        self.image = Image(file)
        self.budget = budget
        self.code = Code(self.image)
        self.frames = Frames(self.code)
        self.functions = {function.address: function for function in self.frames.all()}
        self.readable = readable_names(symbol.name for symbol in self.image.symbols)
        linker_map = LinkerMap(map_file, {section.name for section in self.image.sections})
        self.parts = Parts(self.image, linker_map)
        self.part_of_function = self._parts_of_functions()
        self.sizes = Sizes(self.image, self.parts, self._references())
        self.graph = CallGraph(self.frames, self.readable, budget.hints)
        self.stack: Stack | None = measure(self.image, self.code, self.graph, budget.handlers, budget.nesting)
        self.connection = structure(self.image, CONNECTION)

    def _parts_of_functions(self) -> dict[int, str]:
        found = {s.address: self.parts.of_symbol(s) for s in self.image.symbols if s.is_function}
        for address in self.functions:
            extent = self.code.extent_of(address)
            found.setdefault(address, found.get(extent.start if extent else address, ""))
        return found

    def _references(self) -> dict[int, str]:
        return {
            address: self.part_of_function[function.address]
            for function in self.functions.values()
            for address in function.constants
        }

    def pointed_to(self) -> list[str]:
        """Functions whose address is a constant, a variable's first value, or computed by code but for a call."""
        found = set()
        for function in self.functions.values():
            found |= {n & ~1 for n in function.constants} - {call.target for call in function.calls}
        for item in self.sizes.items:
            if item.is_in_flash and (item.address & ~1) not in self.functions:
                content = self.image.bytes_at(item.address, item.size) or b""
                aligned = content[-item.address % 4 :]
                found |= {word & ~1 for (word,) in struct.iter_unpack("<I", aligned[: len(aligned) & ~3])}
        names = (self.functions[address].name for address in found & self.functions.keys())
        return sorted(self.readable.get(name, name) for name in names)

    def entries(self, module: str) -> Entries:
        return Entries(self.graph, lambda address: self.part_of_function[address], module)

    def arena(self) -> list[Item]:
        variables = {s.name for s in self.image.symbols if s.kind == STT_OBJECT}
        return [
            item
            for item in self.sizes.items
            if item.is_in_ram and item.name in variables and self.graph.names.are(item.name, self.budget.arena_symbol)
        ]


def way_as_json(way: Descent, readable: dict[str, str]) -> dict:
    steps = [{"function": readable.get(s.function.name, s.function.name), "bytes": s.depth} for s in way.steps()]
    return {"bytes": way.total, "way": steps}


def as_json(inspection: Inspection, entries: Entries, arena: list[Item], report: Report) -> dict:
    sizes, graph, readable, stack = inspection.sizes, inspection.graph, inspection.readable, inspection.stack
    below = graph.below(stack.roots) if stack else set()
    return {
        "flash": sizes.flash,
        "static_ram": sizes.static_ram,
        "stack_reserved": sizes.stack,
        "arena": sum(item.size for item in arena),
        "parts": {part: {"flash": t.flash, "ram": t.ram} for part, t in sizes.by_part().items()},
        "stack": stack and {
            "bytes": stack.total,
            "program": way_as_json(stack.start, readable),
            "handlers": [
                {"level": h.level, "exceptions": h.exceptions, **way_as_json(h.way, readable), "bytes": h.total}
                for h in stack.handlers
            ],
            "other_stacks": [{**way_as_json(o.way, readable), "bytes": o.total} for o in stack.others],
            "indirect": {
                readable.get(graph.functions[a].name, graph.functions[a].name): graph.unresolved(a)
                for a in sorted(below)
                if graph.unresolved(a)
            },
            "recursion": [
                sorted(readable.get(graph.functions[a].name, graph.functions[a].name) for a in members)
                for members in graph.unbounded_cycles(stack.roots)
            ],
        },
        "entries": [
            {
                "function": readable.get(name := graph.functions[entry.address].name, name),
                "own": way_as_json(entry.own, readable),
                "bytes": entry.all.total,
            }
            for entry in entries.entries
        ],
        "connection_state": inspection.connection and inspection.connection.size,
        "over": report.over,
        "missed": report.missed,
    }  # fmt: skip


def print_frames(inspection: Inspection):
    for function in sorted(inspection.functions.values(), key=lambda f: (-f.frame, f.address)):
        print(f"{function.frame:>8} {inspection.readable.get(function.name, function.name)}")


def run(options: argparse.Namespace) -> int:
    budget = Budget.read(options.budget, has_limits=not options.no_limits)
    inspection = Inspection(options.file, options.map, budget)
    if options.frames:
        print_frames(inspection)
        return 0
    report, graph = Report(), inspection.graph
    sizes, stack, arena = inspection.sizes, inspection.stack, inspection.arena()
    report.memory(sizes, budget, arena, options.arena_high_water)
    report.parts(sizes.by_part(), budget.parts, options.map is not None)
    report.connection(inspection.connection, budget.limits.get("connection_state"), options.fields)
    if options.symbols:
        report.symbols(sizes.largest(options.symbols, options.part), inspection.readable, options.part)
    if stack:
        report.stack(stack, graph, budget, sizes.main_stack)
    if options.pointers:
        report.listing("Functions that something points to", inspection.pointed_to())
    entries = inspection.entries(options.entries)
    limit = budget.limits.get("core_stack") if options.entries == CORE else None
    report.entries(options.entries, entries, graph, options.lines, limit)
    for pattern in options.root:
        ways = sorted((graph.deepest(address) for address in graph.names.matching(pattern)), key=lambda w: -w.total)
        report.heading(f"Stack below {pattern}, in bytes")
        for way in ways[:1]:
            report.way(f"the deepest of {len(ways)}", way, graph)
            report.unresolved(graph, [way.function.address], Budget())
        if not ways:
            report.note("there is no such function")
    report.verdict()
    if options.json:
        content = as_json(inspection, entries, arena, report)
        options.json.write_text(json.dumps(content, indent=2) + "\n")
    return 1 if report.over else 0


def main() -> int:
    sys.setrecursionlimit(DEEPEST_CALLS)
    try:
        return run(arguments())
    except BrokenPipeError:  # who reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (NotAnImage, BadBudget, OSError) as error:
        print(f"image: {error}", file=sys.stderr)
        return 2
