"""How much stack each function takes, and what it calls at which depth: by following its instructions."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import riscv, thumb
from .code import Code, Extent
from .state import Flow, InTable, Link, State

PROCESSORS = {"arm": thumb, "riscv": riscv}
SHARED_CODE = "OUTLINED_FUNCTION_"
"""Functions of this name are pieces that the compiler cut out of others: they share the caller's registers."""
SMALLEST_ADDRESS = 255
NESTED = 4
"""Levels of shared code in shared code."""
ROUNDS = 8
"""Code whose stack pointer does not agree with itself so often is not understood."""


@dataclass
class Call:
    address: int
    depth: int
    """Bytes of the caller's frame at this instruction."""
    target: int | None
    """The entry of the called function, or None when only the running program knows."""
    is_tail: bool = False
    elsewhere: bool = False
    """It happens on another stack, which the function has changed to."""


@dataclass
class Function:
    name: str
    address: int
    frame: int = 0
    """The largest number of bytes that it takes itself, with saved registers."""
    reach: int = 0
    """The same with the shared code that it calls."""
    calls: list[Call] = field(default_factory=list)
    returns: bool = False
    leaves: int = 0
    """Bytes that it leaves on the stack when it returns: for code that saves registers for others."""
    is_dynamic: bool = False
    """It takes more by a size that the program computes."""
    changes_stack: bool = False
    is_exception_handler: bool = False
    constants: set[int] = field(default_factory=set)
    """Numbers that it computes which may be addresses."""
    is_unclear: bool = False
    """The depth of the stack differs between ways to one instruction, or more is taken away than was there."""


class Frames:
    """All functions of an image, each followed once."""

    def __init__(self, code: Code):
        self.code = code
        self.processor = PROCESSORS[code.image.machine]
        self.step = self.processor.Step(code.image)
        self._known: dict[int, Function] = {}

    def function(self, address: int) -> Function | None:
        """The function that starts at `address`, None when there is no code."""
        known = self._known.get(address)
        if known is None and address in self.code.instructions:
            extent = self.code.extent_of(address) or Extent(f"code at {address:#x}", address, 1 << 32)
            name = extent.name
            if address != extent.start:
                name += f"+{address - extent.start:#x}"
            # Until it is known, a function that calls itself is taken to return and to leave nothing.
            known = self._known[address] = Function(name, address, returns=True)
            _Walk(self, extent, known).run()
        return known

    def all(self) -> list[Function]:
        """Every function of the symbol table and what they call besides."""
        for address in self.code.extents:
            self.function(address)
        return list(self._known.values())


class _Walk:
    """Follows one function along all its ways. What the image's entry does to the stack pointer sets the stack up."""

    def __init__(self, frames: Frames, extent: Extent, function: Function):
        self.frames = frames
        self.code = frames.code
        self.processor = frames.processor
        self.extent = extent
        self.function = function
        self.addresses = self.code.within(extent)
        # States where ways meet, that is, at the targets of jumps.
        self.states: dict[int, State] = {}
        self.meetings: dict[int, int] = {}
        self.seen: set[int] = set()
        # By address; in shared code, by the addresses of the calls that lead there before it.
        self.calls: dict[tuple[int, ...], Call] = {}
        self.pending: list[tuple[int, State]] = []
        # At a jump through a table, at one that looked like a tail call, after a call that does not return.
        self.at_tables: dict[int, State] = {}
        self.at_tail_calls: dict[int, State] = {}
        self.resumed: dict[int, State] = {}
        # Bytes that are still on the stack at each return.
        self.returned: list[int] = []

    def run(self):
        self._find_jump_targets()
        self.sets_stack_up = self.function.address == self.code.image.entry
        self.pending.append((self.function.address, State(registers=dict(self.processor.LINKS))))
        self._drain()
        self._reach_the_rest()
        function = self.function
        function.returns = bool(self.returned)
        function.leaves = max(self.returned, default=0)
        function.calls = [self.calls[place] for place in sorted(self.calls)]
        function.reach = max(function.reach, function.frame)

    def _find_jump_targets(self):
        self.targets = {self.function.address}
        for address in self.addresses:
            instruction = self.code.instructions[address]
            if instruction.mnemonic[0] in "bcj":
                flow = self.frames.step(instruction, State())
                if flow.jump is not None:
                    self.targets.add(flow.jump)

    def _drain(self):
        while self.pending:
            address, state = self.pending.pop()
            while self._visit(address, state):
                address = self.code.instructions[address].next

    def _visit(self, address: int, state: State) -> bool:
        """Applies one instruction, and says whether the next one follows in the same state."""
        if address in self.targets or address in self.states:
            met = self.states.get(address)
            if met is None:
                self.states[address] = state.copy()
            else:
                if met.depth != state.depth and met.elsewhere == state.elsewhere:
                    self.function.is_unclear = True
                    self.meetings[address] = self.meetings.get(address, 0) + 1
                    if self.meetings[address] > ROUNDS:
                        return False
                if not met.merge(state):
                    return False
                state.become(met)
        instruction = self.code.instructions.get(address)
        if instruction is None:
            return False
        self.seen.add(address)
        flow = self._apply(instruction, state)
        self._note(state)
        return self._follow(instruction, flow, state)

    def _apply(self, instruction, state: State) -> Flow:
        flow = self.frames.step(instruction, state)
        if instruction.operands:
            value = state.registers.get(instruction.operands[0])
            if isinstance(value, int) and value > SMALLEST_ADDRESS:
                self.function.constants.add(value)
        return flow

    def _note(self, state: State):
        function = self.function
        if state.elsewhere and self.sets_stack_up:
            state.elsewhere = False
        function.changes_stack |= state.elsewhere
        function.is_dynamic |= state.is_dynamic
        if state.depth < 0 and not function.name.startswith(SHARED_CODE):
            function.is_unclear = True
        if not state.elsewhere:
            function.frame = max(function.frame, state.depth)

    def _follow(self, instruction, flow: Flow, state: State) -> bool:
        if flow.calls:
            return self._call(instruction, flow, state)
        if flow.returns:
            depth = state.depth if flow.depth is None else flow.depth
            self.returned.append(0 if state.elsewhere else depth)
            self.function.is_exception_handler |= flow.returns_from_exception
        if flow.jump is not None:
            self._jump(instruction, flow.jump, state)
        if flow.jumps_anywhere:
            self._jump_anywhere(instruction, flow, state)
        if not flow.falls:
            return False
        if instruction.next >= self.extent.end:
            self._jump(instruction, instruction.next, state)
            return False
        return True

    def _contains(self, address: int) -> bool:
        return self.extent.start <= address < self.extent.end

    def _jump(self, instruction, target: int, state: State):
        if self._contains(target) and (target != self.extent.start or self.function.address == target):
            self.targets.add(target)
            self.pending.append((target, state.copy()))
        elif target in self.code.instructions:
            self._note_call(instruction.address, target, state, is_tail=True)

    def _jump_anywhere(self, instruction, flow: Flow, state: State):
        has_frame = state.depth and not state.elsewhere
        if flow.is_table or flow.may_be_table and (has_frame or self._is_own_table(flow)):
            self.at_tables[instruction.address] = state.copy()
        else:
            self.at_tail_calls[instruction.address] = state.copy()
            self._note_call(instruction.address, None, state, is_tail=True)

    def _is_own_table(self, flow: Flow) -> bool:
        """The register holds an entry of a table whose first entry leads into this function."""
        place = flow.indirect
        if not isinstance(place, InTable) or not place.is_entry:
            return False
        first = self.code.image.constant(place.address)
        if first is None:
            return False
        return self._contains(first & ~1) or self._contains(place.address + first & 0xFFFFFFFE)

    def _note_call(self, address: int, target: int | None, state: State, is_tail=False, via: tuple = ()):
        call = Call(address, state.depth, target, is_tail, state.elsewhere)
        before = self.calls.get((*via, address))
        if before and before.elsewhere == call.elsewhere:
            call.depth = max(call.depth, before.depth)
        self.calls[(*via, address)] = call
        if is_tail:
            callee = self.frames.function(target) if target is not None else None
            if callee is None or callee.returns:
                leaves = callee.leaves if callee else 0
                self.returned.append(0 if state.elsewhere else state.depth + leaves)

    def _call(self, instruction, flow: Flow, state: State) -> bool:
        target = flow.target
        if target is not None and self._contains(target) and target != self.extent.start:
            # A far jump of Cortex-M0, or a subroutine in assembly, which the end of the walk goes on after.
            self.resumed.setdefault(instruction.next, state.copy())
            self._jump(instruction, target, state)
            return False
        if not self._apply_call(instruction, flow, state, via=()):
            self.resumed.setdefault(instruction.next, state.copy())
            return False
        # After a call at its very end a function does not go on.
        return instruction.next < self.extent.end

    def _apply_call(self, instruction, flow: Flow, state: State, via: tuple) -> bool:
        """Notes a call, brings the state to what it is afterwards, and says whether there is an afterwards."""
        callee = self.frames.function(flow.target) if flow.target is not None else None
        if callee and callee.name.startswith(SHARED_CODE):
            inside = state.copy()
            if self._apply_shared_code(callee.address, inside, (*via, instruction.address)):
                state.become(inside)
                return True
            state.forget([name for name, value in state.registers.items() if isinstance(value, int)])
        self._note_call(instruction.address, flow.target, state, via=via)
        state.forget(flow.clobbers)
        if callee:
            state.depth += callee.leaves
        return callee is None or callee.returns

    def _apply_shared_code(self, address: int, state: State, via: tuple) -> bool:
        """Follows a piece of code that has been cut out of this function. Is false when that is not straight code."""
        for register, link in self.processor.LINKS.items():
            # The call has put the way back there, over what the register was used for before.
            if not isinstance(state.registers.get(register), Link):
                state.registers[register] = link
        if len(via) > NESTED:
            return False
        while (instruction := self.code.instructions.get(address)) is not None:
            flow = self._apply(instruction, state)
            self.function.reach = max(self.function.reach, state.depth)
            if flow.returns and not flow.falls:
                return True
            if flow.jump is not None and not flow.falls:
                tail_call = Flow(target=flow.jump, clobbers=self.processor.CHANGED_BY_CALLS)
                return self._apply_call(instruction, tail_call, state, via)
            if flow.calls:
                if not self._apply_call(instruction, flow, state, via):
                    return False
            elif not flow.falls or flow.jump is not None or flow.returns:
                return False
            address = instruction.next
        return False

    def _reach_the_rest(self):
        """Code that only a table leads to, or that stands after a call that was taken not to return."""
        for address in self.addresses:
            if address in self.seen:
                continue
            state = self.resumed.get(address)
            if state is None:
                jumps = self.at_tables or self.at_tail_calls
                before = [jump for jump in jumps if jump < address]
                state = jumps[max(before)] if before else None
            if state is not None:
                self.targets.add(address)
                self.pending.append((address, state.copy()))
                self._drain()
