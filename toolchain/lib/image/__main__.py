"""python3 toolchain/lib/image FILE: what a linked firmware image costs."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from image.command import main  # noqa: E402

sys.exit(main())
