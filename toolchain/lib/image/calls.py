"""The call graph of an image, and the deepest way down from a function."""

from __future__ import annotations

import copy
import fnmatch
from dataclasses import dataclass
from typing import NamedTuple

from .frames import Call, Frames, Function

PATIENCE = 200_000
"""Steps through functions that call each other, before the sum of their frames stands for them."""


class Descent(NamedTuple):
    """A way down: this function, `depth` bytes of its frame, and below that the rest."""

    total: int
    function: Function
    depth: int
    rest: Descent | None

    def steps(self):
        step = self
        while step:
            yield step
            step = step.rest


class Names:
    """Functions by what people write: their symbol, or what `swift demangle` makes of it; with * and ? as wildcards."""

    def __init__(self, functions: dict[int, Function], readable: dict[str, str]):
        self._functions = functions
        self._readable = readable

    def readable(self, name: str) -> str:
        return self._readable.get(name, name)

    def are(self, name: str, pattern: str) -> bool:
        """Whether a symbol is what the pattern says."""
        return any(n == pattern or fnmatch.fnmatchcase(n, pattern) for n in (name, self.readable(name)))

    def matching(self, pattern: str) -> list[int]:
        return [address for address, function in self._functions.items() if self.are(function.name, pattern)]


@dataclass
class Hints:
    """What a budget file says that the image does not."""

    indirect: dict[str, list[str]]
    """Targets of indirect calls, by the calling function."""
    recursion: dict[str, int]
    """How often a function can be on the stack at once."""


class CallGraph:
    def __init__(self, frames: Frames, readable: dict[str, str], hints: Hints):
        self.functions = {function.address: function for function in frames.all()}
        self.names = Names(self.functions, readable)
        self.unused_hints: list[str] = []
        self._set_limits(hints)
        self._set_targets(hints)
        self._find_cycles()
        self._deepest: dict[int, Descent] = {}
        self.was_cut_short: set[int] = set()
        """Cycles, by the address of one function, for which the sum of the frames was taken."""

    def _set_limits(self, hints: Hints):
        self._limits: dict[int, int] = {}
        for pattern, count in hints.recursion.items():
            matching = self.names.matching(pattern)
            if not matching:
                self.unused_hints.append(f"recursion: no function {pattern}")
            self._limits.update((address, count) for address in matching)

    def _set_targets(self, hints: Hints):
        self._hinted: dict[int, list[int]] = {}
        for pattern, targets in hints.indirect.items():
            callers = [a for a in self.names.matching(pattern) if self._has_indirect_calls(self.functions[a])]
            if not callers:
                self.unused_hints.append(f"indirect: no function {pattern} with an indirect call")
            addresses = []
            for target in targets:
                matching = self.names.matching(target)
                addresses += matching
                if not matching:
                    self.unused_hints.append(f"indirect: {pattern} calls no function {target}")
            for caller in callers:
                self._hinted.setdefault(caller, []).extend(addresses)
        self._edges = {address: self._calls_of(function) for address, function in self.functions.items()}

    @staticmethod
    def _has_indirect_calls(function: Function) -> bool:
        return any(call.target is None for call in function.calls)

    def _calls_of(self, function: Function) -> list[tuple[Call, int]]:
        """Calls on the same stack with their targets; without those that are not known."""
        found = []
        for call in function.calls:
            if call.elsewhere:
                continue
            targets = self._hinted.get(function.address, []) if call.target is None else [call.target]
            found += [(call, target) for target in targets if target in self.functions]
        return found

    def unresolved(self, address: int) -> int:
        """How many indirect calls of a function are not known."""
        if address in self._hinted:
            return 0
        return sum(call.target is None for call in self.functions[address].calls)

    def others_stacks(self, roots) -> list[tuple[int, int]]:
        """Functions that are called on another stack below the roots, with what the caller has put there before."""
        found = {}
        for address in self.below(roots):
            for call in self.functions[address].calls:
                if call.elsewhere and call.target in self.functions:
                    found[call.target] = max(call.depth, found.get(call.target, 0))
        return sorted(found.items())

    def below(self, roots) -> set[int]:
        """The roots and all that can be called below them."""
        seen, pending = set(), list(roots)
        while pending:
            address = pending.pop()
            if address not in seen:
                seen.add(address)
                pending += [target for _, target in self._edges[address]]
        return seen

    def restricted(self, allowed: set[int]) -> CallGraph:
        """The same without calls of functions other than these."""
        other = copy.copy(self)
        other._edges = {
            address: [(call, target) for call, target in edges if target in allowed]
            for address, edges in self._edges.items()
        }
        other._deepest, other.was_cut_short = {}, set()
        other._find_cycles()
        return other

    def callers(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        for address, edges in self._edges.items():
            for _, target in edges:
                found.setdefault(target, set()).add(address)
        return found

    # Cycles

    def _find_cycles(self):
        """Tarjan's strongly connected components, without recursion."""
        self._cycle_of: dict[int, int] = {}
        self.cycles: dict[int, list[int]] = {}
        index: dict[int, int] = {}
        low: dict[int, int] = {}
        stack: list[int] = []
        for root in self._edges:
            if root in index:
                continue
            work = [(root, iter(self._edges[root]))]
            index[root] = low[root] = len(index)
            stack.append(root)
            while work:
                address, edges = work[-1]
                for _, target in edges:
                    if target not in index:
                        index[target] = low[target] = len(index)
                        stack.append(target)
                        work.append((target, iter(self._edges[target])))
                        break
                    if target not in self._cycle_of:
                        low[address] = min(low[address], index[target])
                else:
                    work.pop()
                    if work:
                        low[work[-1][0]] = min(low[work[-1][0]], low[address])
                    if low[address] == index[address]:
                        self._close(address, stack)

    def _close(self, address: int, stack: list[int]):
        members = []
        while not members or members[-1] != address:
            members.append(stack.pop())
            self._cycle_of[members[-1]] = address
        if len(members) > 1 or any(target == address for _, target in self._edges[address]):
            self.cycles[address] = members

    def unbounded_cycles(self, roots) -> list[list[int]]:
        """Functions below the roots that can call each other without end, as far as the budget file says."""
        below = self.below(roots)
        return [
            members
            for members in self.cycles.values()
            if below.intersection(members) and self._has_cycle([m for m in members if m not in self._limits])
        ]

    def _has_cycle(self, members: list[int]) -> bool:
        """Whether there is still one among these when the rest of it is bounded."""
        left = set(members)
        while left:
            leaves = {m for m in left if not any(target in left for _, target in self._edges[m])}
            if not leaves:
                return True
            left -= leaves
        return False

    # The deepest way

    def deepest(self, address: int) -> Descent:
        known = self._deepest.get(address)
        if known is None:
            known = self._deepest[address] = self._search(address)
        return known

    def _search(self, address: int) -> Descent:
        cycle = self._cycle_of[address]
        if cycle in self.cycles:
            self._steps = 0
            found = self._around(address, cycle, {})
            return found if found else self._sum_of(address, cycle)
        function = self.functions[address]
        best = Descent(function.reach, function, function.reach, None)
        for call, target in self._edges[address]:
            below = self.deepest(target)
            if call.depth + below.total > best.total:
                best = Descent(call.depth + below.total, function, call.depth, below)
        return best

    def _around(self, address: int, cycle: int, times: dict[int, int]) -> Descent | None:
        """Every way through a cycle that has each function on the stack once, or as often as the budget file says."""
        self._steps += 1
        if self._steps > PATIENCE:
            return None
        function = self.functions[address]
        best = Descent(function.reach, function, function.reach, None)
        times[address] = times.get(address, 0) + 1
        for call, target in self._edges[address]:
            if self._cycle_of[target] != cycle:
                steps = self._steps
                below = self.deepest(target)
                self._steps = steps
            elif times.get(target, 0) < self._limits.get(target, 1):
                below = self._around(target, cycle, times)
                if below is None:
                    return None
            else:
                continue
            if call.depth + below.total > best.total:
                best = Descent(call.depth + below.total, function, call.depth, below)
        times[address] -= 1
        return best

    def _sum_of(self, address: int, cycle: int) -> Descent:
        """An upper bound: every function of the cycle at its deepest, and below that the deepest way out of it."""
        self.was_cut_short.add(cycle)
        below = None
        for member in self.cycles[cycle]:
            for call, target in self._edges[member]:
                if self._cycle_of[target] != cycle:
                    way = self.deepest(target)
                    below = way if below is None or way.total > below.total else below
        total = below.total if below else 0
        for member in [m for m in self.cycles[cycle] if m != address] + [address]:
            function = self.functions[member]
            depth = function.reach * self._limits.get(member, 1)
            total += depth
            below = Descent(total, function, depth, below)
        return below
