"""What whole clients do in the soak: our own, libcoap's and aiocoap's."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from pathlib import Path

import aiocoap as library
import messages
from block_transfers import log_text, sha256
from operations import LED, NOTICE
from programs import aiocoap_client, coap, libcoap_client, start_libcoap_client
from subjects import KEY, Subject

# A body that was broken off a moment ago may still be there (5.03), and these clients do not try again by themselves.
UPLOADS = 20


def ours(subject: Subject, source: random.Random) -> None:
    process = coap("get", subject.uri + subject.sensor, within=40)
    assert process.code == 0, f"{process}"


def ours_secured(subject: Subject, source: random.Random) -> None:
    process = coap("get", subject.secured_uri + subject.sensor, "--psk", KEY.option, within=60)
    assert process.code == 0, f"{process}"


def ours_web(subject: Subject, source: random.Random) -> None:
    process = coap("get", subject.web_uri + subject.sensor, within=40)
    assert process.code == 0, f"{process}"


def wanted_log(subject: Subject) -> bytes:
    return log_text(1024 if subject.is_board else 8192)


def expect_image(subject: Subject, data: bytes, process) -> None:
    found = libcoap_client("-m", "get", subject.uri + "/firmware/status", within=40).stdout
    assert sha256(data) in found, f"{found}, after {process}"


def libcoap(subject: Subject, source: random.Random) -> None:
    process = libcoap_client("-m", "get", subject.uri + subject.sensor, within=40)
    assert process.stdout.strip(), f"{process}"


def libcoap_blocks_down(subject: Subject, source: random.Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log"
        process = libcoap_client("-b", source.choice(["64", "256", "1024"]), "-o", file, subject.uri + "/log", within=60)
        assert file.exists() and file.read_bytes() == wanted_log(subject), f"{process}"


def libcoap_blocks_up(subject: Subject, source: random.Random) -> None:
    data = source.randbytes(source.randrange(2000, 20_000))
    with subject.upload, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "image"
        file.write_bytes(data)
        for _ in range(UPLOADS):
            process = libcoap_client("-m", "put", "-t", "42", "-f", file, subject.uri + "/firmware", within=60)
            if not process.stderr.startswith("5.03"):
                break
            time.sleep(0.3)
        expect_image(subject, data, process)


def libcoap_observe(subject: Subject, source: random.Random) -> None:
    """The lamp, which is switched until both states were shown; it deregisters by itself."""
    process = start_libcoap_client("-s", "2", "-w", subject.uri + LED)
    try:
        with subject.peer() as other:
            process.wait_for_line("^[01]$", 20)
            while process.is_running and not {"0", "1"} <= set(process.stdout.split()):
                last = process.stdout.split()[-1]
                wanted = b"0" if last == "1" else b"1"
                assert other.exchange(messages.request(messages.PUT, LED, payload=wanted)).dotted == "2.04"
                time.sleep(0.1)
        assert process.wait(30) == 0 and {"0", "1"} <= set(process.stdout.split()), f"{process}"
    finally:
        process.kill()


def aiocoap(subject: Subject, source: random.Random) -> None:
    process = aiocoap_client(subject.uri + subject.sensor, within=60)
    assert process.code == 0 and process.stdout.strip(), f"{process}"


def aiocoap_web(subject: Subject, source: random.Random) -> None:
    process = aiocoap_client(subject.web_uri + subject.sensor, within=60)
    assert process.code == 0 and process.stdout.strip(), f"{process}"


def converse(subject: Subject, conversation) -> None:
    """`conversation(context, ask)` on one connection of an aiocoap context."""

    async def main():
        context = await library.Context.create_client_context(transports=["tcpclient"])

        async def ask(method, path, **fields):
            message = library.Message(code=method, uri=subject.uri + path, **fields)
            return await asyncio.wait_for(context.request(message).response, 30)

        try:
            # It dials once for each request before its first connection is up.
            await ask(library.GET, "/actuators/led")
            await conversation(context, ask)
        finally:
            await context.shutdown()

    asyncio.run(main())


def aiocoap_blocks_down(subject: Subject, source: random.Random) -> None:
    async def conversation(context, ask):
        answer = await ask(library.GET, "/log")
        assert answer.payload == wanted_log(subject), f"{answer}"

    converse(subject, conversation)


def aiocoap_blocks_up(subject: Subject, source: random.Random) -> None:
    data = source.randbytes(source.randrange(2000, 20_000))

    async def conversation(context, ask):
        for _ in range(UPLOADS):
            answer = await ask(library.PUT, "/firmware", payload=data)
            if answer.code != library.SERVICE_UNAVAILABLE:
                break
            await asyncio.sleep(0.3)
        assert answer.code.is_successful(), f"{answer}"
        found = await ask(library.GET, "/firmware/status")
        assert sha256(data) in found.payload.decode(), f"{found.payload}"

    with subject.upload:
        converse(subject, conversation)


def aiocoap_observe(subject: Subject, source: random.Random) -> None:
    """Until another state than the first one comes. It does not deregister: its connection ends."""

    async def conversation(context, ask):
        request = context.request(library.Message(code=library.GET, uri=subject.uri + subject.sensor, observe=0))
        first = await asyncio.wait_for(request.response, 20)
        assert first.opt.observe is not None, f"{first}"

        async def another():
            async for note in request.observation:
                if note.payload != first.payload:
                    return

        await asyncio.wait_for(another(), NOTICE)
        request.observation.cancel()

    converse(subject, conversation)


BY_PROGRAMS = {
    ours: 3, ours_secured: 3, libcoap: 2, libcoap_blocks_down: 2, libcoap_blocks_up: 2, libcoap_observe: 1, aiocoap: 1,
    aiocoap_blocks_down: 2, aiocoap_blocks_up: 2, aiocoap_observe: 1,
}
BY_PROGRAMS_ON_WEB_SOCKETS = {ours_web: 2, aiocoap_web: 1}
