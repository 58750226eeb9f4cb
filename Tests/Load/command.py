"""What the commands of this folder share: how wrong use is told, and how one ends."""

from __future__ import annotations

import argparse
import signal
import sys

from harness import end_everything


class Parser(argparse.ArgumentParser):
    """Options in full; --help shows the module's text."""

    def __init__(self, name: str):
        super().__init__(prog=f"toolchain/{name}", add_help=False, allow_abbrev=False)
        self.name = name
        self.add_argument("--help", "-h", action="store_true")
        self.add_argument("--list", action="store_true")

    def error(self, message):
        print(f"{self.name}: {message} (see --help)", file=sys.stderr)
        sys.exit(64)


def run(main) -> None:
    """Runs it and ends with its exit code; what it started ends with it, whatever happens."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        end_everything()
        sys.exit(130)
