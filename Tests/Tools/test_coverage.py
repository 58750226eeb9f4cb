"""toolchain/lib/core_coverage.py on segments as llvm-cov gives them."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "toolchain" / "lib"))

import core_coverage  # noqa: E402

SOURCE = """\
func choose(_ isOne: Bool) -> Int {
  // Nothing here.
  if isOne {
    return 1
  }
  return 2
}
"""


def test_a_branch_that_was_not_taken_is_not_reached(tmp_path: Path):
    path = tmp_path / "Choice.swift"
    path.write_text(SOURCE)
    segments = [
        [1, 35, 3, True, True, False], [3, 12, 0, True, True, False], [5, 4, 3, True, False, False],
        [7, 2, 0, False, False, False],
    ]
    count, missed = core_coverage.unreached(path, segments)
    assert missed == [4] and count == 4


def test_ranges_of_lines():
    assert core_coverage.ranges([3, 4, 5, 9]) == "3-5, 9"
    assert core_coverage.ranges([]) == ""


def test_punctuation_is_no_code():
    assert not core_coverage.has_code("  }") and not core_coverage.has_code("  } // end") and not core_coverage.has_code("")
    assert core_coverage.has_code("  return") and core_coverage.has_code("  case .one: 1")
