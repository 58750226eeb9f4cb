"""The figures for people at a terminal."""

from __future__ import annotations

import sys

from .budget import Budget, Goal
from .calls import CallGraph, Descent
from .entries import Entries
from .sizes import CONSTANTS, Item, Sizes, Totals
from .stack import Stack
from .structures import Structure

BAR = 20
WIDTH = 100


class Paint:
    def __init__(self, is_on: bool):
        self.bold, self.red, self.green, self.faint, self.plain = (
            ("\033[1m", "\033[31m", "\033[32m", "\033[2m", "\033[0m") if is_on else ("",) * 5
        )


class Report:
    """Prints, and remembers what was over its limit, and what misses a goal."""

    def __init__(self):
        self.paint = Paint(sys.stdout.isatty())
        self.over: list[str] = []
        self.missed: list[str] = []

    def heading(self, text: str):
        print(f"\n{self.paint.bold}{text}{self.paint.plain}")

    def note(self, text: str):
        print(f"  {self.paint.faint}{text}{self.paint.plain}")

    def figure(self, name: str, value: int, limit: int | None = None, at_least: bool = False):
        """A line with a figure and, if there is a limit, how much of it is used."""
        line = f"  {name:<30}{'>= ' if at_least else '':>3}{value:>9,}"
        if limit is not None:
            share = value / limit if limit else float(value > 0)
            is_over = value > limit
            if is_over:
                found = self.missed if isinstance(limit, Goal) else self.over
                found.append(f"{name}: {value:,} of {limit:,}, {value - limit:,} too many")
            colour = self.paint.red if is_over else self.paint.green
            filled = min(BAR, round(share * BAR))
            line += f" of {limit:>9,} {colour}[{'#' * filled}{'-' * (BAR - filled)}] {share:>4.0%}{self.paint.plain}"
            word = "over the goal" if isinstance(limit, Goal) else "over"
            line += f" {self.paint.red}{word}{self.paint.plain}" if is_over else ""
        print(line)

    # Memory

    def memory(self, sizes: Sizes, budget: Budget, arena: list[Item], high_water: int | None):
        self.heading("Memory, in bytes")
        self.figure("flash", sizes.flash, budget.limits.get("flash"))
        self.figure("static RAM", sizes.static_ram, budget.limits.get("static_ram"))
        self.figure("RAM with the stacks", sizes.static_ram + sizes.stack, budget.limits.get("ram"))
        self._arena(budget, arena, high_water)

    def _arena(self, budget: Budget, arena: list[Item], high_water: int | None):
        size = sum(item.size for item in arena)
        if arena:
            self.figure("TLS arena", size, budget.limits.get("arena"))
        elif budget.limits.get("arena") is not None and high_water is None:
            self.note(f"TLS arena: no variable {budget.arena_symbol} in this image")
        limit = min([n for n in (budget.limits.get("arena"), size or None) if n is not None], default=None)
        if high_water is not None:
            self.figure("TLS arena, high-water mark", high_water, limit)
        elif limit is not None:
            self.note("its high-water mark was not measured: --arena-high-water N holds it against this")

    def parts(self, parts: dict[str, Totals], limits: dict[str, int], has_map: bool):
        self.heading("By part" + ("" if has_map else ", without a linker map: C code is by source file"))
        print(f"  {'':<30}   {'flash':>9} {'RAM':>9}")
        for part, totals in parts.items():
            print(f"  {part:<30}   {totals.flash:>9,} {totals.ram:>9,}")
        for part, limit in limits.items():
            self.figure(f"{part}, flash", parts.get(part, Totals()).flash, limit)
        if CONSTANTS in parts:
            self.note(f"{CONSTANTS}: strings and tables that no code was seen to refer to directly")

    def connection(self, structure: Structure | None, limit: int | None, has_fields: bool):
        if structure is None:
            if limit is not None:
                self.note("state of a connection: this image's debug information does not say it")
            return
        self.heading("State of a connection without its buffers, in bytes")
        self.figure("Connection", structure.size, limit)
        for name, size in [*structure.fields, ("alignment", structure.padding)] if has_fields else []:
            print(f"  {size:>16,}  {name}")

    def symbols(self, items: list[Item], readable: dict[str, str], part: str | None):
        self.heading(f"The biggest symbols of {part}" if part else "The biggest symbols")
        for item in items:
            where = "/".join(["flash"] * item.is_in_flash + ["RAM"] * item.is_in_ram)
            name = readable.get(item.name, item.name)
            print(f"  {item.size:>9,} {where:<9} {item.part:<16} {shortened(name, WIDTH - 39)}")

    # Stack

    def stack(self, stack: Stack, graph: CallGraph, budget: Budget, reserved: int):
        self.heading("Worst-case stack, in bytes")
        is_open = bool(self._open_ends(graph, stack.roots))
        self.way("the program", stack.start, graph, is_open)
        on_top = stack.on_top()
        for handler in sorted(stack.handlers, key=lambda h: -h.total):
            names = ", ".join(handler.exceptions[:2]) + (" ..." if len(handler.exceptions) > 2 else "")
            mark = "" if handler in on_top else ", not on top of a deeper one"
            function = graph.names.readable(handler.way.function.name)
            print(f"  {handler.total:>8,}  {handler.level}: {function} ({names}){mark}")
        for other in stack.others:
            print(f"  {other.total:>8,}  on a stack of its own: {graph.names.readable(other.way.function.name)}")
        print()
        limits = [n for n in (budget.limits.get("stack"), reserved or None) if n is not None]
        self.figure("stack, all told", stack.total, min(limits, default=None), at_least=is_open)
        if reserved:
            self.note(f"{reserved:,} bytes are reserved for it")
        self.unresolved(graph, stack.roots, budget)

    def way(self, title: str, way: Descent, graph: CallGraph, is_open: bool = False):
        print(f"  {'>= ' if is_open else ''}{way.total:>8,}  {title}:")
        for step in way.steps():
            print(f"  {step.depth:>16,}  {shortened(graph.names.readable(step.function.name), WIDTH - 20)}")

    def _open_ends(self, graph: CallGraph, roots: list[int]) -> list[str]:
        below = graph.below(roots)
        found = [f"indirect call: {self._named(graph, a)}, {graph.unresolved(a)}" for a in below if graph.unresolved(a)]
        for members in graph.unbounded_cycles(roots):
            names = sorted(self._named(graph, address) for address in members)
            found.append(f"recursion: {', '.join(names[:6])}" + (" ..." if len(names) > 6 else ""))
        dynamic = [a for a in below if graph.functions[a].is_dynamic]
        found += [f"room of computed size: {self._named(graph, a)}" for a in dynamic]
        unclear = [a for a in below if graph.functions[a].is_unclear]
        return sorted(found) + [f"not understood: {self._named(graph, a)}" for a in unclear]

    def _named(self, graph: CallGraph, address: int) -> str:
        return shortened(graph.names.readable(graph.functions[address].name), 60)

    def unresolved(self, graph: CallGraph, roots: list[int], budget: Budget):
        """What the figure leaves out, which budget.json can tell."""
        found = self._open_ends(graph, roots)
        if found or budget.limits.get("unresolved") is not None:
            self.figure("left open", len(found), budget.limits.get("unresolved"))
        for line in found:
            print(f"    {line}")
        for line in graph.unused_hints:
            self.note(f"budget.json, {line}")
        if graph.was_cut_short:
            self.note("a cycle has too many ways: the sum of its frames stands for it")

    def listing(self, title: str, lines: list[str]):
        self.heading(title)
        for line in lines:
            print(f"  {shortened(line, WIDTH - 2)}")

    def entries(self, module: str, entries: Entries, graph: CallGraph, count: int, limit: int | None):
        self.heading(f"Stack below the functions of {module} that other code calls, in bytes")
        if not entries.entries:
            self.note("there are none")
            return
        print(f"  {'own part':>9} {'in all':>9}")
        for entry in entries.entries[:count]:
            name = graph.names.readable(graph.functions[entry.address].name)
            print(f"  {entry.own.total:>9,} {entry.all.total:>9,}  {shortened(name, WIDTH - 23)}")
        if len(entries.entries) > count:
            self.note(f"and {len(entries.entries) - count} more that take less")
        self.figure(f"{module}, any call", entries.entries[0].own.total, limit)
        self.way("the deepest", entries.entries[0].own, graph)

    def verdict(self):
        if self.missed:
            self.heading("Goals that are missed")
            for line in self.missed:
                print(f"  {self.paint.red}{line}{self.paint.plain}")
        if self.over:
            self.heading("Over budget")
            for line in self.over:
                print(f"  {self.paint.red}{line}{self.paint.plain}")


def shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
