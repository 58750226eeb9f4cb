"""Which test proves which rule: reads the tags of the tests and prints the table of Tests/Conformance.

  toolchain/conformance [--missing | --row ID] [--json] [--check] [--write]

  --missing   only the rows that no test proves
  --row ID    one row, with its tests in full, as F-12
  --json      for machines: an object with "counts" and "rows"
  --check     besides: fails when a row is missing, a tag is wrong, or Tests/Conformance/table.md is not what it would be
  --write     writes Tests/Conformance/table.md

A row of Tests/Conformance/rows.json is one rule of RFC 8323 or a companion. It is proven when a test names it: a scenario
or a Swift test in a comment above it or in it (`// F-12 T-07: why`), a live test in `@pytest.mark.rows("F-12")`, a vector in its rows. It is
deliberately not done when rows.json gives the reason. Otherwise it is missing.

Exit codes: 0 good, 1 something is missing or wrong, 64 wrong use.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ID = re.compile(r"\b([A-Z]{1,2}-\d\d)\b")
SWIFT_FUNCTION = re.compile(r"^\s*(?:@\w+(?:\(.*\))?\s+)*(?:(?:private|static|public|mutating|fileprivate)\s+)*func (\w+|`[^`]+`)")
NAMES = {"proven": "proven", "not done": "deliberately not done", "missing": "missing"}


class Wrong(Exception):
    """What is wrong, in a line for a person."""


# Reading


def read_rows(root: Path) -> dict[str, dict]:
    """The rows by id, in order."""
    file = root / "Tests/Conformance/rows.json"
    rows = {}
    for row in json.loads(file.read_text()):
        if row["id"] in rows:
            raise Wrong(f"rows.json has {row['id']} twice")
        if not row["requirement"].strip() or row.get("not done", "reason").strip() == "":
            raise Wrong(f"rows.json: {row['id']} lacks its requirement or its reason")
        rows[row["id"]] = row
    return rows


def swift_tags(file: Path, is_test) -> list[tuple[str, str, int]]:
    """(row, test, line) of the comments above and in functions that are tests."""
    found, above, test = [], [], None
    attributes = ""
    for number, line in enumerate(file.read_text().splitlines(), 1):
        text = line.strip()
        function = SWIFT_FUNCTION.match(line)
        if function:
            name = function[1].strip("`")
            test = name if is_test(line, attributes) else None
            found += [(row, test, at) for row, at in above if test]
            above, attributes = [], ""
        elif text.startswith("//"):
            rows = [(row, number) for row in ID.findall(text)]
            # A comment in front of the next function, or in this one: what follows it tells.
            above += rows
        elif text.startswith("@"):
            attributes += text
        elif text:
            # Code: the comments before it belong to the function around it.
            found += [(row, test, at) for row, at in above if test and line.startswith(" ")]
            above, attributes = [], ""
            if '"' in text and test:
                found += [(row, test, number) for part in re.findall(r'"([^"]*)"', text) for row in ID.findall(part)]
    return found


def python_tags(file: Path) -> list[tuple[str, str, int]]:
    """(row, test, line) of the marks `rows` of tests, of their parameters and of the whole file."""

    def marked(node) -> list[tuple[str, int]]:
        return [
            (argument.value, call.lineno)
            for call in ast.walk(node)
            if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) == "rows"
            for argument in call.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]

    found, whole = [], []
    tree = ast.parse(file.read_text(), str(file))
    constants = {
        target.id: node.value for node in tree.body if isinstance(node, ast.Assign)
        for target in node.targets if isinstance(target, ast.Name)
    }
    if "pytestmark" in constants:
        whole = marked(constants["pytestmark"])
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
            continue
        for decorator in node.decorator_list:
            found += [(row, node.name, line) for row, line in marked(decorator)]
            # The list of parameters may be a constant of the file.
            for name in ast.walk(decorator):
                if isinstance(name, ast.Name) and name.id in constants:
                    found += [(row, node.name, line) for row, line in marked(constants[name.id])]
        found += [(row, node.name, line) for row, line in whole]
    return found


def read_tags(root: Path) -> list[tuple[str, str, str]]:
    """(row, test, place): the test as FILE: NAME."""
    tags = []

    def add(file: Path, found: list[tuple[str, str, int]]) -> None:
        name = file.relative_to(root / "Tests").as_posix()
        tags.extend((row, f"{name}: {test}", f"Tests/{name}:{line}") for row, test, line in found)

    for file in sorted((root / "Tests/Scenarios").glob("*.swift")):
        add(file, swift_tags(file, lambda line, _: "_ check: inout Checker)" in line and "private" not in line))
    for file in sorted((root / "Tests/PortTests").rglob("*.swift")):
        add(file, swift_tags(file, lambda line, attributes: "@Test" in line or "@Test" in attributes))
    for file in sorted((root / "Tests/Interop").glob("test_*.py")):
        add(file, python_tags(file))
    # Each vector is decoded and handled by the scenarios of its group.
    for vector in json.loads((root / "Tests/Vectors/vectors.json").read_text()):
        name = vector["id"]
        tags.extend((row, f"Vectors/vectors.json: {name}", f"Tests/Vectors/vectors.json, {name}")
                    for row in vector.get("rows", ()))
    return tags


# Judging


def judge(rows: dict[str, dict], tags: list[tuple[str, str, str]]) -> tuple[list[dict], list[str]]:
    """The table, and what is wrong with the tags."""
    tests, wrong = defaultdict(dict), []
    for row, test, place in tags:
        # Marks name vectors and ambiguities too.
        if row.startswith(("V-", "AMB-")):
            continue
        if row not in rows:
            wrong.append(f"{place}: there is no row {row} in Tests/Conformance/rows.json")
        else:
            tests[row][test] = None
    table = []
    for name, row in rows.items():
        proofs = list(tests[name])
        if "not done" in row and proofs:
            wrong.append(f"{name} is not done, says rows.json, but {proofs[0]} names it")
        state = "not done" if "not done" in row else "proven" if proofs else "missing"
        table.append({**row, "state": state, "tests": proofs})
    return table, wrong


def count(table: list[dict]) -> dict[str, int]:
    return {state: sum(row["state"] == state for row in table) for state in NAMES}


# Printing


def as_markdown(table: list[dict]) -> str:
    counts = count(table)
    lines = [
        "# Which test proves which rule", "",
        "Made by `toolchain/conformance --write` from the tags of the tests and `rows.json`. A test is named once for each "
        "rule that it shows.", "",
        ", ".join(f"{counts[state]} {name}" for state, name in NAMES.items()) + ".", "",
        "| row | where | level | who | rule | proven by |", "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in table:
        if row["state"] == "not done":
            proof = f"not done: {row['not done']}"
        else:
            by_file = defaultdict(list)
            for test in row["tests"]:
                file, _, name = test.partition(": ")
                by_file[file].append(name)
            proof = "; ".join(f"{file}: {', '.join(names)}" for file, names in by_file.items()) or "**missing**"
        cells = [row["id"], row["section"], row["level"], row["role"], row["requirement"], proof]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def show(table: list[dict], is_whole: bool) -> None:
    is_terminal = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = os.get_terminal_size().columns if sys.stdout.isatty() else 120
    colours = {"proven": "32", "not done": "33", "missing": "31"}
    for row in table:
        state = row["state"]
        mark = f"{state:<9}"
        if is_terminal:
            mark = f"\033[{colours[state]}m{mark}\033[0m"
        proof = f"{len(row['tests'])} tests" if row["tests"] else ""
        rest = width - 28 if not is_whole else None
        text = row["requirement"]
        if rest and len(text) > rest:
            text = text[: rest - 1] + "…"
        print(f"{row['id']:<6} {mark} {proof:>9}  {text}")
        if is_whole:
            print(f"       RFC section {row['section']}, {row['level']}, {row['role']}")
            for test in row["tests"]:
                print(f"       Tests/{test}")
            if "not done" in row:
                print(f"       because: {row['not done']}")


def arguments() -> argparse.Namespace:
    class Parser(argparse.ArgumentParser):
        def error(self, message):
            print(f"conformance: {message} (see --help)", file=sys.stderr)
            sys.exit(64)

    parser = Parser(prog="toolchain/conformance", add_help=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--missing", action="store_true")
    parser.add_argument("--row")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    if options.help:
        print(__doc__.strip())
        return 0
    try:
        rows = read_rows(options.root)
        if options.row and options.row not in rows:
            print(f"conformance: there is no row {options.row}", file=sys.stderr)
            return 64
        table, wrong = judge(rows, read_tags(options.root))
    except (Wrong, OSError, KeyError, json.JSONDecodeError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 1

    file = options.root / "Tests/Conformance/table.md"
    if options.write:
        file.write_text(as_markdown(table))
    elif options.check and (not file.exists() or file.read_text() != as_markdown(table)):
        wrong.append("Tests/Conformance/table.md is not up to date: a test has a new name or other rows; "
                     "look at toolchain/conformance --write and git diff")
    shown = [
        row for row in table
        if (not options.missing or row["state"] == "missing") and (not options.row or row["id"] == options.row)
    ]
    counts = count(table)
    if options.json:
        print(json.dumps({"counts": counts, "rows": shown, "wrong": wrong}, indent=1, ensure_ascii=False))
    else:
        show(shown, bool(options.row))
        if not options.row:
            print(f"\nconformance: " + ", ".join(f"{counts[state]} {name}" for state, name in NAMES.items()))
        for line in wrong:
            print(f"conformance: {line}", file=sys.stderr)
    return int(bool(wrong) or counts["missing"] > 0) if options.check else int(bool(wrong))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)
