"""toolchain/cross finds an allocator in an object file, however much else its module defines."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# An llvm-nm that says what a file beside the object says.
NM = """#!/bin/sh
for last; do :; done
case $1 in --defined-only) cat "$last.defined" ;; *) cat "$last.undefined" ;; esac
"""


def check(folder: Path, defined: list[str], undefined: list[str]) -> subprocess.CompletedProcess:
    nm = folder / "nm"
    nm.write_text(NM)
    nm.chmod(0o755)
    (folder / "a.o.defined").write_text("".join(f"{name}\n" for name in defined))
    (folder / "a.o.undefined").write_text("".join(f"{name}\n" for name in undefined))
    cross = ROOT / "toolchain/cross"
    script = f"""
        source <(sed -n '/^forbidden=/p; /^check_objects()/,/^}}/p' {cross})
        bad() {{ echo "$@"; }}
        nm={nm} check_objects core Module {folder / 'a.o'}
    """
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, timeout=60)


# Of the largest modules the names take more than an argument of a command may have, which is 128 KiB.
@pytest.mark.parametrize("count", [1, 20_000])
class TestForbiddenSymbols:
    def test_anAllocator_isFound(self, tmp_path, count):
        found = check(tmp_path, [f"a_function_{number}" for number in range(count)], ["memcpy", "malloc", "swift_release"])
        assert found.returncode == 1
        assert found.stdout.splitlines() == ["core Module: a.o needs malloc", "core Module: a.o needs swift_release"]

    def test_whatTheModuleHasItself_isNone(self, tmp_path, count):
        names = [f"a_function_{number}" for number in range(count)]
        found = check(tmp_path, [*names, "swift_release"], ["memcpy", "swift_release"])
        assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
