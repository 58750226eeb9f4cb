"""Which lines of the core no test reaches: llvm-cov's export, file by file."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path


def ranges(numbers: list[int]) -> str:
    """12-14, 20"""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in parts)


def counts(segments: list[list]) -> dict[int, int]:
    """How often each line was run that has code: the largest count of what stands on it.

    A segment is [line, column, count, has a count, is the entry of a region, is a gap]; it goes on to the next one.
    """
    found: dict[int, int] = {}
    for segment, after in zip(segments, segments[1:], strict=False):
        line, _, count, has_count = segment[:4]
        is_gap = len(segment) > 5 and segment[5]
        if not has_count or is_gap:
            continue
        last = after[0] if after[1] > 1 else after[0] - 1
        for number in range(line, max(line, last) + 1):
            # The line on which the next segment begins belongs to both.
            found[number] = max(found.get(number, 0), count)
    return found


def has_code(text: str) -> bool:
    """Whether a line has more than punctuation."""
    text = text.split("//")[0].strip()
    return bool(text.strip("{}()[], ")) and text not in ("} else {", "default:", "else {")


def unreached(path: Path, segments: list[list]) -> tuple[int, list[int]]:
    """How many lines have code, and which of them no test reached."""
    lines = path.read_text().splitlines()
    found = {number: count for number, count in counts(segments).items() if has_code(lines[number - 1])}
    return len(found), sorted(number for number, count in found.items() if count == 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True, help="llvm-cov")
    parser.add_argument("--profile", required=True, type=Path)
    parser.add_argument("--binary", required=True, type=Path)
    parser.add_argument("--folder", required=True, type=Path, help="whose files are looked at")
    parser.add_argument("--lines", action="store_true", help="show the lines that were not reached")
    options = parser.parse_args()
    done = subprocess.run(
        [options.tool, "export", options.binary, "-instr-profile", options.profile, options.folder],
        stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit("coverage: llvm-cov failed")
    total, total_missed = 0, 0
    for file in sorted(json.loads(done.stdout)["data"][0]["files"], key=lambda file: file["filename"]):
        path = Path(file["filename"])
        count, missed = unreached(path, file["segments"])
        total, total_missed = total + count, total_missed + len(missed)
        if count > 0:
            name = str(path.relative_to(options.folder))
            print(f"{name:52} {count:5} lines {len(missed):4} not reached {100 * (count - len(missed)) / count:6.1f} %")
        if options.lines:
            lines = path.read_text().splitlines()
            for number in missed:
                print(f"    {number:4}: {lines[number - 1].strip()}")
        elif missed:
            print(f"    {ranges(missed)}")
    if total == 0:
        sys.exit("coverage: no file of the core was measured")
    print(f"coverage: {total - total_missed} of {total} lines, {100 * (total - total_missed) / total:.1f} %")


if __name__ == "__main__":
    main()
