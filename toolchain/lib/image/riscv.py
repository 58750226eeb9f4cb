"""What RISC-V instructions do to the stack. The disassembler writes compressed instructions like the others."""

from __future__ import annotations

import re

from .code import Instruction
from .elf import Image
from .state import Flow, InTable, Link, OnStack, State, Value
from .values import aligned, shifted, total

STACK_ALIGNMENT = 16
LINKS = {"ra": Link("ra"), "t0": Link("t0")}
CHANGED_BY_CALLS = ("ra", *(f"t{i}" for i in range(7)), *(f"a{i}" for i in range(8)))
NORMAL = Flow()

NO_RESULT = re.compile(r"^(s[bhw]|fence.*|csr[wsc]i?)$")
BRANCH = re.compile(r"^b(eq|ne|lt|ge|gt|le)u?z?$")
INDEXED = re.compile(r"^(-?\w+)?\((\w+)\)$")


def number(text: str) -> int:
    return int(text, 0)


class Step:
    """One instruction applied to one state."""

    def __init__(self, image: Image):
        self.image = image

    def __call__(self, instruction: Instruction, state: State) -> Flow:
        mnemonic, operands = instruction.mnemonic, instruction.operands
        if BRANCH.match(mnemonic):
            return Flow(jump=number(operands[-1]))
        method = getattr(self, f"_{mnemonic}", None)
        if method:
            return method(instruction, operands, state) or NORMAL
        if operands and not NO_RESULT.match(mnemonic):
            self._write(operands[0], None, state)
            if mnemonic.startswith("csrrw") and operands[-1] == "sp":
                self._write("sp", None, state)
        return NORMAL

    def _write(self, register: str, value: Value, state: State):
        if register == "sp":
            state.move_stack_pointer(value)
        elif register != "zero":
            state.set(register, value)

    def _value(self, operand: str, state: State) -> Value:
        return 0 if operand == "zero" else state.get(operand)

    # Constants, addresses and arithmetic

    def _li(self, _, operands, state):
        self._write(operands[0], number(operands[1]) & 0xFFFFFFFF, state)

    def _lui(self, _, operands, state):
        self._write(operands[0], number(operands[1]) << 12 & 0xFFFFFFFF, state)

    def _auipc(self, instruction, operands, state):
        self._write(operands[0], instruction.address + (number(operands[1]) << 12) & 0xFFFFFFFF, state)

    def _mv(self, _, operands, state):
        self._write(operands[0], self._value(operands[1], state), state)

    def _addi(self, _, operands, state):
        self._write(operands[0], shifted(self._value(operands[1], state), number(operands[2])), state)

    def _add(self, _, operands, state):
        left, right = (self._value(operand, state) for operand in operands[1:])
        value = total(left, right)
        if value is None:
            value = self._near(left) or self._near(right) or self._table(left, right)
        self._write(operands[0], value, state)

    def _sub(self, _, operands, state):
        left, right = (self._value(operand, state) for operand in operands[1:])
        value = total(left, -right & 0xFFFFFFFF) if isinstance(right, int) else self._near(left)
        self._write(operands[0], value, state)

    def _near(self, value: Value) -> Value:
        is_address = isinstance(value, OnStack) and not value.shift
        return OnStack(value.depth, is_exact=False) if is_address else None

    def _table(self, left: Value, right: Value) -> Value:
        for value in (left, right):
            # The start of a table is added to what is read from it when that is a distance.
            if isinstance(value, InTable):
                return value
        start = left if isinstance(left, int) else right
        return InTable(start) if isinstance(start, int) else None

    def _andi(self, _, operands, state):
        value, mask, result = self._value(operands[1], state), number(operands[2]), None
        if isinstance(value, OnStack) and mask < 0:
            result = OnStack(aligned(value.depth, -mask, STACK_ALIGNMENT), is_exact=value.is_exact)
        self._write(operands[0], result, state)

    def _slli(self, _, operands, state):
        value, count, result = self._value(operands[1], state), number(operands[2]), None
        if isinstance(value, int):
            result = value << count & 0xFFFFFFFF
        elif isinstance(value, OnStack) and value.shift == count:
            result = OnStack(aligned(value.depth, 1 << count, STACK_ALIGNMENT), is_exact=value.is_exact)
        self._write(operands[0], result, state)

    def _srli(self, _, operands, state):
        value, count, result = self._value(operands[1], state), number(operands[2]), None
        if isinstance(value, int):
            result = value >> count
        elif isinstance(value, OnStack) and not value.shift:
            result = OnStack(value.depth, count, value.is_exact)
        self._write(operands[0], result, state)

    # Memory

    def _sw(self, _, operands, state):
        offset, base = INDEXED.match(operands[1]).groups()
        if base == "sp":
            state.save(state.depth - number(offset or "0"), self._value(operands[0], state))

    def _lw(self, _, operands, state):
        offset, base = INDEXED.match(operands[1]).groups()
        distance, value = number(offset or "0"), None
        if base == "sp":
            value = state.slots.get(state.depth - distance)
        else:
            start = self._value(base, state)
            if isinstance(start, int):
                value = self.image.constant(start + distance & 0xFFFFFFFF)
            elif isinstance(start, InTable) and not start.is_entry:
                value = InTable(start.address + distance, is_entry=True)
        self._write(operands[0], value, state)

    # Control flow

    def _go(self, value: Value, offset: int = 0) -> Flow:
        if isinstance(value, int):
            return Flow(falls=False, jump=value + offset & 0xFFFFFFFE)
        if isinstance(value, Link):
            return Flow(falls=False, returns=True)
        return Flow(falls=False, jumps_anywhere=True, may_be_table=True, indirect=value)

    def _j(self, _, operands, state):
        return Flow(falls=False, jump=number(operands[0]))

    def _jr(self, _, operands, state):
        indexed = INDEXED.match(operands[0])
        offset, register = indexed.groups() if indexed else (None, operands[0])
        return self._go(state.get(register), number(offset or "0"))

    def _ret(self, _, operands, state):
        return Flow(falls=False, returns=True)

    def _jal(self, _, operands, state):
        link, target = operands if len(operands) == 2 else ("ra", operands[0])
        return self._call(link, number(target))

    def _jalr(self, instruction, operands, state):
        link, place = operands if len(operands) == 2 else ("ra", operands[0])
        if link == "zero":
            return self._jr(instruction, [place], state)
        indexed = INDEXED.match(place)
        offset, register = indexed.groups() if indexed else (None, place)
        value = state.get(register)
        is_known = isinstance(value, int)
        return self._call(link, value + number(offset or "0") & 0xFFFFFFFE if is_known else None)

    def _call(self, link: str, target: int | None) -> Flow:
        # Code that was called through t0 is a part of this function, and keeps ra.
        clobbers = CHANGED_BY_CALLS if link == "ra" else tuple(r for r in CHANGED_BY_CALLS if r != "ra")
        return Flow(calls=True, target=target, clobbers=clobbers)

    def _mret(self, _, operands, state):
        return Flow(falls=False, returns=True, returns_from_exception=True)

    def _unimp(self, _, operands, state):
        return Flow(falls=False)

    _ebreak = _unimp
