"""What Thumb and Thumb-2 instructions do to the stack."""

from __future__ import annotations

from .code import Instruction
from .elf import Image
from .state import Flow, Link, OnStack, State, Value
from .thumb_syntax import (
    BASE_AND_OFFSET,
    FIRST_IS_READ,
    HAS_TWO_RESULTS,
    MNEMONIC,
    NAMES,
    REGISTER,
    number,
    registers_in,
)
from .values import aligned, total

STACK_ALIGNMENT = 8
LINKS = {"lr": Link("lr")}
CHANGED_BY_CALLS = ("r0", "r1", "r2", "r3", "r12", "lr")
NORMAL = Flow()


class Step:
    """One instruction applied to one state."""

    def __init__(self, image: Image):
        self.image = image

    def __call__(self, instruction: Instruction, state: State) -> Flow:
        match = MNEMONIC.match(instruction.mnemonic)
        operands = [NAMES.get(operand, operand) for operand in instruction.operands]
        if not match:
            return self._other(instruction.mnemonic, operands, state)
        base, _, condition = match.groups()
        if not condition:
            state.settle()
            return self._apply(base, instruction, operands, state)
        # Either it happens, and what follows under the same condition too, or not.
        happened = state.supposing(condition)
        flow = self._apply(base, instruction, operands, happened)
        if flow.falls and not flow.calls:
            state.supposed = (condition, happened)
        elif not flow.falls:
            flow.falls, flow.depth = True, happened.depth
        return flow

    def _other(self, mnemonic: str, operands: list[str], state: State) -> Flow:
        if mnemonic.startswith("ldm"):
            written = registers_in(operands[-1])
        elif FIRST_IS_READ.match(mnemonic):
            written = []
        else:
            written = operands[: 2 if HAS_TWO_RESULTS.match(mnemonic) else 1]
        for operand in operands:
            # Write-back of an address.
            if operand.endswith("!") or (operand.startswith("[") and operand is not operands[-1]):
                written.append(operand.strip("[]!").split(",")[0])
        for operand in written:
            if operand == "sp":
                self._write("sp", None, state)
            elif REGISTER.match(operand):
                state.set(operand, None)
        return NORMAL

    def _apply(self, base: str, instruction: Instruction, operands: list[str], state: State) -> Flow:
        method = getattr(self, f"_{base}", None)
        if method:
            return method(instruction, operands, state) or NORMAL
        return self._other(base, operands, state)

    # Pushing and popping

    def _store_list(self, names: list[str], state: State):
        state.depth += sum(8 if name[0] == "d" else 4 for name in names)
        for index, name in enumerate(names):
            state.save(state.depth - 4 * index, None if name[0] in "ds" and name != "sp" else state.get(name))

    def _load_list(self, names: list[str], state: State) -> Flow | None:
        values = [state.slots.get(state.depth - 4 * index) for index in range(len(names))]
        state.depth -= sum(8 if name[0] == "d" else 4 for name in names)
        for name, value in zip(names, values):
            if name == "pc":
                # A veneer pushes the address that it jumps to.
                return self._go(value) if isinstance(value, int) else Flow(falls=False, returns=True)
            if name[0] in "rl":
                state.set(name, value)
        return None

    def _push(self, _, operands, state):
        self._store_list(registers_in(", ".join(operands)), state)

    def _pop(self, _, operands, state):
        return self._load_list(registers_in(", ".join(operands)), state)

    _vpush, _vpop = _push, _pop

    def _stmdb(self, instruction, operands, state):
        if operands[0] != "sp!":
            return self._other("stmdb", operands, state)
        return self._push(instruction, operands[1:], state)

    def _ldm(self, instruction, operands, state):
        if operands[0] != "sp!":
            return self._other("ldm", operands, state)
        return self._pop(instruction, operands[1:], state)

    _vstmdb, _ldmia, _vldmia = _stmdb, _ldm, _ldm

    def _store(self, count: int, operands: list[str], state: State):
        match = BASE_AND_OFFSET.match(operands[count])
        if match and match[1] == "sp":
            offset = number(match[2]) if match[2] else 0
            if len(operands) > count + 1:  # str r0, [sp], #4
                after = number(operands[count + 1])
            else:
                after = offset if match[3] else 0
            for index in range(count):
                state.save(state.depth - offset - 4 * index, state.get(operands[index]))
            state.depth -= after
        elif match and (match[3] or len(operands) > count + 1):
            state.set(match[1], None)

    def _str(self, _, operands, state):
        self._store(1, operands, state)

    def _strd(self, _, operands, state):
        self._store(2, operands, state)

    def _load(self, count: int, instruction: Instruction, operands: list[str], state: State) -> Flow | None:
        values: list[Value] = [None] * count
        match = BASE_AND_OFFSET.match(operands[count])
        if match:
            offset = number(match[2]) if match[2] else 0
            is_later = len(operands) > count + 1
            if match[1] == "sp":
                values = [state.slots.get(state.depth - offset - 4 * index) for index in range(count)]
                state.depth -= number(operands[count + 1]) if is_later else offset if match[3] else 0
            else:
                pc = (instruction.address + 4) & ~3
                start = pc if match[1] == "pc" else state.get(match[1])
                if isinstance(start, int):
                    values = [self.image.constant(start + offset + 4 * index) for index in range(count)]
                if is_later or match[3]:
                    state.set(match[1], None)
        for name, value in zip(operands, values):
            if name == "pc":
                if isinstance(value, int):
                    return self._go(value)
                if match and match[1] == "sp":
                    return Flow(falls=False, returns=True)
                return Flow(falls=False, jumps_anywhere=True, is_table=not match)
            self._write(name, value, state)
        return None

    def _ldr(self, instruction, operands, state):
        return self._load(1, instruction, operands, state)

    def _ldrd(self, instruction, operands, state):
        return self._load(2, instruction, operands, state)

    # Arithmetic

    def _write(self, register: str, value: Value, state: State):
        if register != "sp":
            state.set(register, value)
        else:
            state.move_stack_pointer(value)

    def _value(self, operand: str, state: State) -> Value:
        if operand.startswith("#"):
            return number(operand) & 0xFFFFFFFF
        return state.get(operand)

    def _mov(self, _, operands, state):
        if operands[0] == "pc":
            return self._go(state.get(operands[1]), is_table=True)
        self._write(operands[0], self._value(operands[1], state) if len(operands) == 2 else None, state)

    _movw = _mov

    def _movt(self, _, operands, state):
        low = state.get(operands[0])
        high = number(operands[1]) << 16
        state.set(operands[0], high | low & 0xFFFF if isinstance(low, int) else None)

    def _mvn(self, _, operands, state):
        value = self._value(operands[1], state) if len(operands) == 2 else None
        self._write(operands[0], value ^ 0xFFFFFFFF if isinstance(value, int) else None, state)

    def _rsb(self, _, operands, state):
        value = state.get(operands[1])
        is_negation = operands[2:] == ["#0x0"] and isinstance(value, int)
        self._write(operands[0], -value & 0xFFFFFFFF if is_negation else None, state)

    def _neg(self, instruction, operands, state):
        self._rsb(instruction, [*operands, "#0x0"], state)

    def _add(self, instruction, operands, state):
        target, *rest = operands
        if target == "pc":
            return Flow(falls=False, jumps_anywhere=True, is_table=True)
        if len(rest) == 1:
            rest.insert(0, target)
        if len(rest) != 2:  # a shifted register
            return self._unknown_sum(rest, target, state)
        left, right = (self._value(operand, state) for operand in rest)
        pc = instruction.address + 4
        if "pc" in rest:
            left, right = (pc & ~3, right) if rest[0] == "pc" else (left, pc)
        value = total(left, right)
        if value is None:
            return self._unknown_sum(rest, target, state)
        self._write(target, value, state)

    _addw = _add

    def _unknown_sum(self, operands: list[str], target: str, state: State):
        """Something that is not known is added to one of the operands, or taken from it."""
        values = (self._value(operand, state) for operand in operands)
        near = next((value for value in values if isinstance(value, OnStack) and not value.shift), None)
        self._write(target, near and OnStack(near.depth, is_exact=False), state)

    def _sub(self, _, operands, state):
        target, *rest = operands
        if len(rest) == 1:
            rest.insert(0, target)
        if len(rest) != 2:
            return self._unknown_sum(rest[:1], target, state)
        left, right = (self._value(operand, state) for operand in rest)
        value = total(left, -right & 0xFFFFFFFF) if isinstance(right, int) else None
        if value is None:
            return self._unknown_sum(rest[:1], target, state)
        self._write(target, value, state)

    _subw = _sub

    def _lsl(self, _, operands, state):
        self._shift(operands, state, left=True)

    def _lsr(self, _, operands, state):
        self._shift(operands, state, left=False)

    def _shift(self, operands: list[str], state: State, left: bool):
        target, source, by = (operands if len(operands) == 3 else [operands[0], *operands])
        value, result = state.get(source), None
        if by.startswith("#"):
            count = number(by)
            if isinstance(value, int):
                result = value << count & 0xFFFFFFFF if left else value >> count
            elif isinstance(value, OnStack) and not left and not value.shift:
                result = OnStack(value.depth, count, value.is_exact)
            elif isinstance(value, OnStack) and left and value.shift == count:
                result = self._aligned(value, 1 << count)
        self._write(target, result, state)

    def _aligned(self, value: OnStack, to: int) -> OnStack:
        return OnStack(aligned(value.depth, to, STACK_ALIGNMENT), is_exact=value.is_exact)

    def _bfc(self, _, operands, state):
        value = state.get(operands[0])
        if isinstance(value, OnStack) and number(operands[1]) == 0:
            width = 1 << number(operands[2])
            self._write(operands[0], self._aligned(value, width), state)
        else:
            self._write(operands[0], None, state)

    def _bic(self, _, operands, state):
        target, source, mask = (operands if len(operands) == 3 else [operands[0], *operands])[:3]
        value = state.get(source)
        if isinstance(value, OnStack) and mask.startswith("#") and number(mask) & (number(mask) + 1) == 0:
            self._write(target, self._aligned(value, number(mask) + 1), state)
        else:
            self._write(target, None, state)

    def _adr(self, instruction, operands, state):
        offset = operands[1].lstrip("#")
        state.set(operands[0], ((instruction.address + 4) & ~3) + int(offset, 0))

    # Control flow

    def _go(self, value: Value, is_table: bool = False) -> Flow:
        """A jump to an address in a register."""
        if isinstance(value, int):
            return Flow(falls=False, jump=value & ~1)
        if isinstance(value, Link):
            return Flow(falls=False, returns=True)
        return Flow(falls=False, jumps_anywhere=True, is_table=is_table)

    def _b(self, _, operands, state):
        return Flow(falls=False, jump=number(operands[0]))

    def _cbz(self, _, operands, state):
        return Flow(jump=number(operands[1]))

    _cbnz = _cbz

    def _bl(self, _, operands, state):
        return Flow(calls=True, target=number(operands[0]), clobbers=CHANGED_BY_CALLS)

    def _blx(self, _, operands, state):
        value = state.get(operands[0])
        target = value & ~1 if isinstance(value, int) else None
        return Flow(calls=True, target=target, clobbers=CHANGED_BY_CALLS)

    def _bx(self, _, operands, state):
        # Whatever code does with lr, it goes back to the caller with it.
        return Flow(falls=False, returns=True) if operands[0] == "lr" else self._go(state.get(operands[0]))

    def _tbb(self, _, operands, state):
        return Flow(falls=False, jumps_anywhere=True, is_table=True)

    _tbh = _tbb

    def _msr(self, _, operands, state):
        if operands[0].lower() == "msp":
            state.move_stack_pointer(None)

    def _trap(self, _, operands, state):
        return Flow(falls=False)

    _udf = _trap
