"""Arithmetic with what is known of registers."""

from __future__ import annotations

from .state import InTable, OnStack, Value


def shifted(value: Value, by: int) -> Value:
    """`value` plus a constant."""
    if isinstance(value, int):
        return (value + by) & 0xFFFFFFFF
    if isinstance(value, OnStack) and not value.shift:
        return OnStack(value.depth - by, is_exact=value.is_exact)
    if isinstance(value, InTable) and not value.is_entry:
        return InTable(value.address + by)
    return None


def total(left: Value, right: Value) -> Value:
    if isinstance(right, int):
        return shifted(left, signed(right))
    if isinstance(left, int):
        return shifted(right, signed(left))
    return None


def signed(value: int) -> int:
    return value - (1 << 32) if value >> 31 else value


def aligned(depth: int, to: int, stack_alignment: int) -> int:
    """The deepest that a stack pointer at `depth` can get when its low bits are cleared."""
    entries = range(0, max(to, stack_alignment), stack_alignment)
    return max(depth + (entry - depth) % to for entry in entries)
