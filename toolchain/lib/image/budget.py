"""The budget of a board: Boards/BOARD/budget.json."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from .calls import Hints

KEYS = """\
Keys of a budget file. Limits are in bytes; a missing one is no limit. toolchain/build takes them for the board's
firmware alone; what stands below them helps with every image.

  flash          code, constants and the first values of variables
  static_ram     variables, without the stack
  stack          the worst case of the program with one interrupt and one fault on top
  ram            static_ram and the memory that is reserved for stacks
  arena          the memory of TLS, which lies in static_ram
  core_stack     the worst case below any function of DeviceCore, without what it calls in other modules
  parts          flash by part: {"DeviceCore": 16384}
  connection_state  DeviceCore's Connection: the state of a connection without its buffers
  unresolved     how many indirect calls and endless recursions below the roots may be left open (a count)

  goals          limits that are not reached yet, {"connection_state": 128}: what is above is said and fails nothing

  arena_symbol   the variables that are the arena, default *arena*
  handlers       functions that are exception handlers, besides those that are found
  nesting        how many interrupts can be active at once: one for each priority in use, default 1
  indirect       targets of indirect calls by calling function: {"ssl_*": ["seeded_random"]}, [] for none
  recursion      how often a function can be on the stack at once: {"tcp_input": 1}

Functions are named by their symbol or by what swift demangle --simplified makes of it, with * and ? as wildcards."""

LIMITS = ("flash", "static_ram", "stack", "ram", "arena", "core_stack", "connection_state", "unresolved")


class BadBudget(Exception):
    """The file has a key or a value that is none."""


class Goal(int):
    """A limit that is not reached yet."""


@dataclass
class Budget:
    limits: dict[str, int] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    arena_symbol: str = "*arena*"
    handlers: list[str] = field(default_factory=list)
    nesting: int = 1
    hints: Hints = field(default_factory=lambda: Hints({}, {}))

    @staticmethod
    def read(path: Path | None, has_limits: bool) -> Budget:
        if path is None:
            return Budget()
        try:
            content = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise BadBudget(f"{path}: {error}") from error
        limits = {key: content.pop(key) for key in LIMITS if key in content}
        parts = content.pop("parts", {})
        goals = content.pop("goals", {})
        for name, limit in goals.items():
            if name not in LIMITS or name in limits or not isinstance(limit, int):
                raise BadBudget(f"{path}: goals: {name} is no limit, or one already")
            limits[name] = Goal(limit)
        hints = Hints(content.pop("indirect", {}), content.pop("recursion", {}))
        budget = Budget(limits, parts, hints=hints)
        for key in ("arena_symbol", "handlers", "nesting"):
            setattr(budget, key, content.pop(key, getattr(budget, key)))
        if content:
            raise BadBudget(f"{path}: unknown keys {', '.join(content)} (see --help)")
        budget._check(path)
        if not has_limits:
            budget.limits, budget.parts = {}, {}
        return budget

    def _check(self, path: Path):
        for name, limit in [*self.limits.items(), *self.parts.items(), *self.hints.recursion.items()]:
            if not isinstance(limit, int) or limit < 0:
                raise BadBudget(f"{path}: {name} is not a number of bytes")
        for caller, targets in self.hints.indirect.items():
            if not isinstance(targets, list):
                raise BadBudget(f"{path}: indirect: {caller} needs a list of functions")
