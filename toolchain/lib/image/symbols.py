"""Swift's symbols for people: readable names and the modules that the code was written in."""

from __future__ import annotations

import re

from .toolset import demangle

MANGLED = re.compile(r"^\$[esS]")
NOT_THE_SUBJECT = re.compile(r"Specialization|Merged|Suffix|Attribute|Thunk$")
NODE = re.compile(r'^(\s*)kind=(\w+)(?:, text="(.*)")?')


def readable_names(names) -> dict[str, str]:
    mangled = sorted({name for name in names if MANGLED.match(name)})
    if not mangled:
        return {}
    lines = demangle(mangled, "--simplified", "--compact").splitlines()
    return dict(zip(mangled, lines))


def modules(names) -> dict[str, str]:
    """The module of each Swift symbol: of an extension the one that it stands in, of a specialisation that of the
    generic code."""
    mangled = sorted({name for name in names if MANGLED.match(name)})
    found = {}
    trees = demangle(mangled, "--tree-only").split("Demangling for ") if mangled else []
    for tree in trees[1:]:
        name, _, body = tree.partition("\n")
        module = _first_module(body.splitlines())
        if module:
            found[name.strip()] = module
    return found


def _first_module(lines: list[str]) -> str | None:
    skipped = None
    for line in lines:
        match = NODE.match(line)
        if not match:
            continue
        indent, kind, text = len(match[1]), match[2], match[3]
        if skipped is not None and indent > skipped:
            continue
        skipped = indent if NOT_THE_SUBJECT.search(kind) else None
        if kind == "Module" and skipped is None:
            return text
    return None
