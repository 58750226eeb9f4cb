"""What a linked firmware image costs: flash, RAM and worst-case stack, read from the ELF file alone.

    elf, code            sections, symbols, instructions (by llvm-objdump)
    thumb, riscv         what one instruction does to what is known: state, values
    frames               each function followed along all its ways: its frame, and its calls with their depth
    calls                the call graph: the deepest way down, recursion, indirect calls
    stack, entries       the worst case of the program with its interrupts, and below the functions of one module
    sizes, parts         bytes by symbol and by part of the firmware: linker_map, symbols
    structures           bytes of one type and its fields, from the debug information
    budget, report, command

What is not seen: calls by address are found only where the address is a constant in the same function, or where the
budget file says it; room that a program takes by a computed size (alloca) is left out and said; code that changes to a
stack that is no exception's (an RTOS) is followed, but its stacks are not told apart; on a Cortex-M with a
floating-point unit in use the processor pushes 72 bytes more for an exception than is counted here. Longest ways are
taken as if every way through a function were possible, so the figure is an upper bound.
"""
