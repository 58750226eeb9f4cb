"""toolchain/lib/module_map.py against a module whose bytes are known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def section(kind: int, content: bytes) -> bytes:
    return bytes([kind, len(content)]) + content


def text(value: bytes) -> bytes:
    return bytes([len(value)]) + value


NAMES = [b"$e10DeviceCore4CodeV", b"$e13BrowserModule4PageV", b"coap_start"]
# Three functions behind an imported one, with bodies of 2, 4 and 3 bytes.
MODULE = (
    b"\0asm\1\0\0\0"
    + section(1, b"\1\x60\0\0")
    + section(2, b"\2" + text(b"env") + text(b"memory") + b"\2\1\1\2" + text(b"env") + text(b"now") + b"\0\0")
    + section(3, b"\3\0\0\0")
    + section(10, b"\3" + text(b"\0\x0b") + text(b"\0\1\1\x0b") + text(b"\0\1\x0b"))
    + section(0, text(b"name") + section(1, b"\3" + b"".join(bytes([i + 1]) + text(n) for i, n in enumerate(NAMES))))
)


def run(path: Path, symbols: int) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, ROOT / "toolchain/lib/module_map.py", path, str(symbols)],
                          capture_output=True, text=True, timeout=30)


def test_functions_belong_to_their_modules_and_the_largest_come_first(tmp_path):
    (tmp_path / "a.wasm").write_bytes(MODULE)
    done = run(tmp_path / "a.wasm", 2)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "code 13" in lines[0] and "imports 26" in lines[0]
    assert lines[1] == "code:     BrowserModule 7, DeviceCore 2 in 3 functions"
    assert [line.split()[0] for line in lines[3:]] == ["4", "3"]
    assert lines[4].split() == ["3", "coap_start"]


def test_another_file_is_refused(tmp_path):
    (tmp_path / "b.wasm").write_bytes(b"\x7fELF and more")
    done = run(tmp_path / "b.wasm", 1)
    assert done.returncode == 1
    assert done.stderr.strip() == "module_map: this is no WebAssembly module"
