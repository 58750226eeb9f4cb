"""What is known about the processor at one instruction of a function, as far as the stack needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class OnStack(NamedTuple):
    """An address `depth` bytes below the stack pointer that the function was entered with, shifted right by `shift`."""

    depth: int
    shift: int = 0
    is_exact: bool = True
    """False when a number that is not known has been added, or taken away: room whose size the program computes."""


class Link(NamedTuple):
    """The address that the function was called from. Processors with two link registers number them."""

    register: str


class InTable(NamedTuple):
    """An unknown place in a table at `address`, or, when `is_entry`, what is read there."""

    address: int
    is_entry: bool = False


Value = int | OnStack | Link | InTable | None
"""An int is a constant; None is anything."""


class State:
    __slots__ = ("depth", "registers", "slots", "elsewhere", "is_dynamic", "supposed")

    def __init__(self, depth=0, registers=None, slots=None, elsewhere=False, is_dynamic=False):
        self.depth: int = depth
        self.registers: dict[str, Value] = registers or {}
        # Saved registers by the depth of their word.
        self.slots: dict[int, Value] = slots or {}
        # The stack pointer has been set to another stack.
        self.elsewhere: bool = elsewhere
        # Room of a size that is not known has been taken, and is left out of `depth`.
        self.is_dynamic: bool = is_dynamic
        # The state if this condition holds, in the middle of conditional instructions.
        self.supposed: tuple[str, State] | None = None

    def copy(self) -> State:
        return State(self.depth, dict(self.registers), dict(self.slots), self.elsewhere, self.is_dynamic)

    def become(self, other: State):
        self.__init__(other.depth, dict(other.registers), dict(other.slots), other.elsewhere, other.is_dynamic)

    def supposing(self, condition: str) -> State:
        """A state of its own for what happens under this condition. The caller says when it is still one of two."""
        supposed, self.supposed = self.supposed, None
        if supposed and supposed[0] == condition:
            return supposed[1]
        if supposed:
            self.merge(supposed[1])
        return self.copy()

    def settle(self):
        """Conditional instructions are over: from here on it may be either."""
        if self.supposed:
            self.merge(self.supposed[1])
            self.supposed = None

    def get(self, register: str) -> Value:
        return OnStack(self.depth) if register == "sp" else self.registers.get(register)

    def set(self, register: str, value: Value):
        if value is None:
            self.registers.pop(register, None)
        else:
            self.registers[register] = value

    def save(self, depth: int, value: Value):
        if value is None:
            self.slots.pop(depth, None)
        else:
            self.slots[depth] = value

    def move_stack_pointer(self, value: Value):
        if isinstance(value, OnStack) and not value.shift:
            self.depth = value.depth
            self.is_dynamic = self.is_dynamic or not value.is_exact
        elif not self.is_dynamic:
            # Where there is dynamic room, the old stack pointer comes back from memory.
            self.elsewhere, self.depth = True, 0

    def forget(self, registers):
        for register in registers:
            self.registers.pop(register, None)

    def merge(self, other: State) -> bool:
        """Keeps what both know, and the deeper stack. Says whether that changed anything."""
        changed = other.is_dynamic and not self.is_dynamic
        self.is_dynamic = self.is_dynamic or other.is_dynamic
        for own, others in ((self.registers, other.registers), (self.slots, other.slots)):
            for name in [name for name, value in own.items() if others.get(name) != value]:
                del own[name]
                changed = True
        if self.elsewhere and not other.elsewhere:
            self.elsewhere, self.depth, changed = False, other.depth, True
        elif self.elsewhere == other.elsewhere and other.depth > self.depth:
            self.depth, changed = other.depth, True
        return changed


@dataclass
class Flow:
    """Where an instruction leads to."""

    falls: bool = True
    """The next instruction may follow."""
    jump: int | None = None
    """A jump or tail call to a known address."""
    calls: bool = False
    target: int | None = None
    """Of a call; None when only the running program knows."""
    jumps_anywhere: bool = False
    """A tail call or a jump through a table."""
    indirect: Value = None
    """What is known of the address that it jumps to."""
    is_table: bool = False
    """It is certainly a jump through a table."""
    may_be_table: bool = False
    """It looks the same as a tail call, which no function makes before it has given its frame back."""
    returns: bool = False
    returns_from_exception: bool = False
    depth: int | None = None
    """Of the stack after it when that is not the state's: it may not have happened."""
    clobbers: tuple[str, ...] = field(default=())
    """Registers that a called function may change."""
