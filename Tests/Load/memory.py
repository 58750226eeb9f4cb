"""What memory a simulator has taken, and how all that anybody may need is taken before that is compared.

The memory of a place is pages that the system hands out when they are first touched. So what a flood seems to take says
nothing before each place was in use in every way, all at once.
"""

from __future__ import annotations

import contextlib
import ctypes
import re
from collections.abc import Callable
from pathlib import Path

import block_transfers
import messages

# A first time takes most, a second one what chance has left, and mostly the third takes nothing.
MOST_ROUNDS = 6
# The largest that the simulator puts together from blocks, and keeps of an answer (--body-memory), in bytes
LARGEST_BODY = 65_536
LARGEST_MESSAGE = 8_000
OBSERVATIONS = 16
PR_SET_THP_DISABLE = 41


def written_kilobytes(pid: int) -> int:
    """Pages that it has written. Those of the program's file come as they are first run, sixteen at a time, and could be
    dropped at any moment: they are no memory that it takes."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(size) for size in re.findall(r"^(?:Anonymous|Swap):\s+(\d+) kB", text, re.MULTILINE))


def use_small_pages() -> None:
    """For this process and all that it starts. The kernel may otherwise put a huge page in the place of a few small ones at
    any time, and that is two megabytes which nobody took."""
    ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, *map(ctypes.c_ulong, (1, 0, 0, 0)))


def take_all(pid: int, ways: list[Callable[[], None]], rounds: int = MOST_ROUNDS) -> None:
    """Takes every place at once in every way, until a round has had all of them and took no more memory."""
    for number in range(rounds):
        before, has_all = written_kilobytes(pid), True
        for way in ways:
            try:
                way()
            except Exception:  # noqa: BLE001: whatever went wrong, the round does not count
                has_all = False
        if number > 0 and has_all and written_kilobytes(pid) <= before:
            return


def hold_all(places: int, opened, use) -> None:
    """As many peers as there are places, each of which uses its own while all the others are there."""
    with contextlib.ExitStack() as held:
        peers = []
        for _ in range(places):
            peers.append(held.enter_context(opened()))
            peers[-1].handshake()
        for peer in peers:
            use(peer)


def use_everything(peer) -> None:
    """Answers that fill the output, a body in blocks and an answer as large as they may be, and all observations."""
    peer.send(*(messages.get("/log", token=bytes([number])) for number in range(8)))
    for _ in range(8):
        peer.receive()
    answer = block_transfers.upload(
        peer, "/echo", bytes(LARGEST_BODY), block_transfers.BERT, count=8, method=messages.POST)
    assert answer.dotted == "2.04", f"{answer}"
    # Last: what is told from now on may come before an answer.
    peer.send(*(block_transfers.observe("/actuators/led") for _ in range(OBSERVATIONS)))
    for _ in range(OBSERVATIONS):
        peer.receive()


def use_largest_message(peer) -> None:
    assert peer.exchange(messages.echo(b"x" * LARGEST_MESSAGE)).dotted == "2.04"
