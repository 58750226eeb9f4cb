"""The stack below the functions of one module: what a call into it can cost, whoever calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .calls import CallGraph, Descent
from .frames import SHARED_CODE
from .parts import LIBRARY, SWIFT

HELPERS = {SWIFT, LIBRARY}


@dataclass
class Entry:
    address: int
    own: Descent
    """Without what the module calls in other modules."""
    all: Descent


class Entries:
    """Functions of a module that code outside of it calls, the deepest first.

    The module's own part is what it and the Swift and C libraries put on the stack. Calls to other modules are left out
    of it: generic code calls the program's resources and the port back.
    """

    def __init__(self, graph: CallGraph, part_of: Callable[[int], str], module: str):
        inside = {address for address in graph.functions if part_of(address) == module}
        helpers = {address for address in graph.functions if part_of(address) in HELPERS}
        alone = graph.restricted(inside | helpers)
        callers = graph.callers()
        roots = [
            address
            for address in inside
            if not graph.functions[address].name.startswith(SHARED_CODE)
            and (address not in callers or not inside.issuperset(callers[address]))
        ]
        found = [Entry(address, alone.deepest(address), graph.deepest(address)) for address in roots]
        self.entries = sorted(found, key=lambda entry: (-entry.own.total, -entry.all.total))
