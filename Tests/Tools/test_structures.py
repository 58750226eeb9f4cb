"""toolchain/lib/image/structures against a Swift program whose types have a known size. Needs the Swift toolchain."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "toolchain" / "lib"))

from image.elf import Image  # noqa: E402
from image.structures import structure  # noqa: E402

TOOLS = Path(shutil.which("swift") or "swift").resolve().parent
SOURCE = """
public enum Reason { case none, number(UInt32), other }
public struct Inner { var first: UInt32 = 1; var second: UInt16 = 2 }
public struct State {
  enum Phase: UInt8 { case one, two }
  var phase = Phase.one
  var count: UInt32 = 0
  var flag: UInt8 = 0
  var inner = Inner()
  var reason = Reason.none
  var last: UInt16 = 0
}
nonisolated(unsafe) public var state = State()
@c(main) public func main() -> UInt32 {
  state.count += 1
  state.reason = .number(state.count)
  return state.count + UInt32(state.inner.second)
}
"""


@pytest.fixture(scope="module", params=["armv6m-none-none-eabi", "armv7em-none-none-eabi", "riscv32-none-none-eabi"])
def image(request, tmp_path_factory) -> Image:
    directory = tmp_path_factory.mktemp("structures")
    (directory / "Probe.swift").write_text(SOURCE)
    compile_it = [
        "swiftc", "-target", request.param, "-enable-experimental-feature", "Embedded", "-wmo", "-Osize", "-g",
        "-parse-as-library", "-module-name", "Probe", "-Xfrontend", "-disable-stack-protector", "-no-allocations",
        "-c", "Probe.swift", "-o", "probe.o",
    ]  # fmt: skip
    link_it = ["ld.lld", "-e", "main", "-Ttext=0x10000", "--unresolved-symbols=ignore-all", "probe.o", "-o", "probe.elf"]
    for command in (compile_it, link_it):
        done = subprocess.run(
            [TOOLS / command[0], *command[1:]], cwd=directory, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return Image(directory / "probe.elf")


def test_structure_hasItsSizeAndThoseOfItsFields(image):
    found = structure(image, "$e5Probe5StateVD")
    # phase at 0, count at 4, flag at 8, inner at 12, reason at 20 and last at 26.
    assert found.size == 28
    assert found.fields == [("inner", 6), ("reason", 5), ("count", 4), ("last", 2), ("phase", 1), ("flag", 1)]
    assert found.padding == 28 - 19


def test_structureThatIsNotThere_isNone(image):
    assert structure(image, "$e5Probe5OtherVD") is None
