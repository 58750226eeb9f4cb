"""For the tests of toolchain/hostile and toolchain/soak: a server with a fault, started in place of the simulator.

The environment variable PLANT says which fault: leak (keeps 64 kB of each connection), wrong (answers 4.04), slow (does
nothing else for a moment when somebody comes), patient (ends nobody), none.
"""

import asyncio
import os
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Interop"))

import messages  # noqa: E402
import wire  # noqa: E402

PLANT = os.environ.get("PLANT", "none")
KEPT = []
PLACES = asyncio.Semaphore(int(sys.argv[sys.argv.index("--connections") + 1]))


def answer(message: wire.Message) -> bytes:
    if message.code >> 5 == 0 and message.code:
        return wire.encode(messages.response(message, "4.04" if PLANT == "wrong" else "2.05", b"0"))
    return wire.encode(wire.Message(messages.PONG, message.token)) if message.code == messages.PING else b""


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if PLANT == "leak":
        KEPT.append(os.urandom(65536))
    writer.write(wire.encode(messages.csm()))
    data = b""
    while more := await reader.read(65536):
        data += more
        while data:
            try:
                message, size = wire.decode(data, max_message_size=1 << 20)
            except wire.Incomplete:
                break
            if message.code == messages.RELEASE:
                return
            data = data[size:]
            writer.write(answer(message))
        await writer.drain()


async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if PLANT == "slow":
        time.sleep(0.01)
    try:
        async with PLACES:
            await serve(reader, writer)
    except (wire.FormatError, OSError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Neither TLS nor WebSockets are here."""
    writer.close()


async def main() -> None:
    for scheme in re.findall(r"--listen (\S+)://", " ".join(sys.argv)):
        server = await asyncio.start_server(accept if scheme == "coap+tcp" else refuse, "127.0.0.1", 0, backlog=200)
        print(f"listening on {scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
