"""The programs of the Swift toolchain that are run on an image."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

COMMON = Path(__file__).resolve().parent.parent / "common.sh"


@functools.cache
def llvm_tool(name: str) -> str:
    """The path of llvm-NAME, found as the shell commands find it."""
    script = 'source "$1" && llvm_tool "$2"'
    found = subprocess.run(
        ["bash", "-c", script, "bash", str(COMMON), name], capture_output=True, text=True, check=False
    )
    if found.returncode:
        raise FileNotFoundError(found.stderr.strip() or f"llvm-{name} is missing")
    return found.stdout.strip()


def output_of(*command: str, text: str = "") -> str:
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def demangle(names: list[str], *options: str) -> str:
    return output_of("swift", "demangle", *options, text="\n".join(names) + "\n")
