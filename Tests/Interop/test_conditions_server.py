"""ETag, If-Match, If-None-Match, Echo and 4.29: libcoap's client, aiocoap and a peer by hand against the simulator."""

import asyncio
import re
import time

import aiocoap
import pytest

import messages
from block_transfers import (
    ECHO, ETAG, IF_MATCH, IF_NONE_MATCH, MAX_AGE, image, put_block, upload,
)
from harness import until
from programs import libcoap_client

LAMP, LOCK = "/actuators/led", "/actuators/lock"
EMPTY = b""


def put(path: str, payload: bytes, *extra: tuple[int, bytes]):
    return messages.request(messages.PUT, path, payload=payload, extra=extra)


@pytest.fixture
def peer(simulator):
    with simulator.connect() as peer:
        assert peer.exchange(put(LAMP, b"0")).dotted == "2.04"
        yield peer


def tag(peer, path: str = LAMP) -> bytes:
    (value,) = peer.exchange(messages.get(path)).values(ETAG)
    return value


# ETag, If-Match, If-None-Match (RFC 7252 sections 5.10.6 and 5.10.8)


def test_who_has_the_state_gets_2_03_until_it_changes(peer):
    old = tag(peer)
    valid = peer.exchange(messages.get(LAMP, extra=((ETAG, old),)))
    assert (valid.dotted, valid.payload, valid.values(ETAG)) == ("2.03", b"", [old])
    # One of several is enough.
    several = messages.get(LAMP, extra=((ETAG, b"other"), (ETAG, old)))
    assert peer.exchange(several).dotted == "2.03"
    peer.exchange(put(LAMP, b"1"))
    changed = peer.exchange(messages.get(LAMP, extra=((ETAG, old),)))
    assert (changed.dotted, changed.payload) == ("2.05", b"1") and changed.values(ETAG) != [old]


def test_the_lamp_is_switched_only_from_the_state_that_was_meant(peer):
    off = tag(peer)
    assert peer.exchange(put(LAMP, b"1", (IF_MATCH, off))).dotted == "2.04"
    refused = peer.exchange(put(LAMP, b"0", (IF_MATCH, off)))
    assert refused.dotted == "4.12", str(refused)
    assert peer.exchange(messages.get(LAMP)).payload == b"1", "switched all the same"
    assert peer.exchange(put(LAMP, b"0", (IF_MATCH, off), (IF_MATCH, tag(peer)))).dotted == "2.04"
    assert peer.exchange(put(LAMP, b"1", (IF_MATCH, EMPTY))).dotted == "2.04"


def test_if_none_match_refuses_what_exists(peer):
    assert peer.exchange(put(LAMP, b"1", (IF_NONE_MATCH, EMPTY))).dotted == "4.12"
    assert peer.exchange(messages.get(LAMP)).payload == b"0"


@pytest.mark.rows("BL-19")
def test_an_image_is_created_once_when_the_client_says_so(start_simulator):
    simulator = start_simulator()
    body, condition = image(5000), (IF_NONE_MATCH, EMPTY)
    with simulator.connect() as peer:
        # If-Match with nothing there; If-None-Match stands in the first block.
        assert peer.exchange(put("/firmware", b"x", (IF_MATCH, EMPTY))).dotted == "4.12"
        assert peer.exchange(put_block("/firmware", body, 0, extra=(condition,))).dotted == "2.31"
        for number in range(1, 5):
            answer = peer.exchange(put_block("/firmware", body, number))
        assert answer.dotted == "2.01", str(answer)
        assert peer.exchange(put_block("/firmware", body, 0, extra=(condition,))).dotted == "4.12"
        assert upload(peer, "/firmware", body).dotted == "2.04"


def test_libcoap_meets_conditions(simulator, peer):
    off = tag(peer)
    uri = simulator.uri(LAMP)
    # What it prints of 2.03 is nothing.
    valid = libcoap_client("-v", "7", "-O", f"4,0x{off.hex()}", uri)
    assert re.search(r"c:2\.03 ", valid.stdout), str(valid)
    first = libcoap_client("-m", "put", "-e", "1", "-O", f"1,0x{off.hex()}", uri)
    assert not first.stderr, str(first)
    second = libcoap_client("-m", "put", "-e", "1", "-O", f"1,0x{off.hex()}", uri)
    assert "4.12" in second.stderr, str(second)


def in_aiocoap(conversation):
    """Runs `conversation(ask)` in an aiocoap context."""

    async def main():
        context = await aiocoap.Context.create_client_context(transports=["tcpclient"])

        async def ask(method, uri, **fields):
            options = fields.pop("options", {})
            message = aiocoap.Message(code=method, uri=uri, **fields)
            for name, value in options.items():
                setattr(message.opt, name, value)
            return await asyncio.wait_for(context.request(message).response, 10)

        try:
            await conversation(ask)
        finally:
            await context.shutdown()

    asyncio.run(main())


def test_aiocoap_meets_conditions(simulator, peer):
    async def conversation(ask):
        uri = simulator.uri(LAMP)
        off = (await ask(aiocoap.GET, uri)).opt.etag
        assert (await ask(aiocoap.GET, uri, options={"etags": [off]})).code == aiocoap.VALID
        for expected in [aiocoap.CHANGED, aiocoap.PRECONDITION_FAILED]:
            answer = await ask(aiocoap.PUT, uri, payload=b"1", options={"if_match": [off]})
            assert answer.code == expected
        answer = await ask(aiocoap.PUT, uri, payload=b"0", options={"if_none_match": True})
        assert answer.code == aiocoap.PRECONDITION_FAILED

    in_aiocoap(conversation)


# Echo (RFC 9175 section 2)


def challenge(peer, payload: bytes = b"0", *extra) -> bytes:
    """The value that the lock wants to see."""
    answer = peer.exchange(put(LOCK, payload, *extra))
    assert answer.dotted == "4.01", str(answer)
    (value,) = answer.values(ECHO)
    assert 1 <= len(value) <= 40
    return value


def state(peer) -> bytes:
    return peer.exchange(messages.get(LOCK)).payload


@pytest.mark.rows("E-03")
def test_the_lock_opens_for_a_fresh_request_only(peer):
    before = state(peer)
    other = b"10"[before == b"1":][:1]
    value = challenge(peer, other)
    assert state(peer) == before, "opened without being shown that it is meant now"
    for wrong in [b"\0", value[:-1], value + b"\0", bytes(8), bytes(40)]:
        challenge(peer, other, (ECHO, wrong))
    assert state(peer) == before
    assert peer.exchange(put(LOCK, other, (ECHO, value))).dotted == "2.04"
    assert state(peer) == other
    # What was used once is not fresh any more, and the next one is another one.
    assert challenge(peer, before, (ECHO, value)) != value
    assert state(peer) == other


@pytest.mark.rows("E-03")
def test_a_request_that_was_fresh_ten_seconds_ago_is_stale(peer):
    before = state(peer)
    value = challenge(peer)
    time.sleep(10.1)
    assert challenge(peer, b"0", (ECHO, value)) != value
    assert state(peer) == before


def test_nonsense_is_refused_before_freshness_is_asked_for(peer):
    assert peer.exchange(put(LOCK, b"2")).dotted == "4.00"
    assert peer.exchange(messages.request(messages.PUT, LOCK, payload=b"1", content_format=50)).dotted == "4.15"


def test_libcoap_shows_the_echo_by_itself(simulator, peer):
    for wanted in ["0", "1"]:
        answer = libcoap_client("-m", "put", "-e", wanted, "-t", "0", simulator.uri(LOCK))
        assert state(peer) == wanted.encode(), str(answer)


def test_aiocoap_shows_the_echo_when_it_is_told_to(simulator, peer):
    async def conversation(ask):
        for wanted in [b"0", b"1"]:
            answer = await ask(aiocoap.PUT, simulator.uri(LOCK), payload=wanted)
            assert answer.code == aiocoap.UNAUTHORIZED
            fresh = {"echo": answer.opt.echo}
            answer = await ask(aiocoap.PUT, simulator.uri(LOCK), payload=wanted, options=fresh)
            assert answer.code == aiocoap.CHANGED
            assert state(peer) == wanted

    in_aiocoap(conversation)


# 4.29 (RFC 8516)


def test_who_comes_too_often_hears_when_to_come_again(peer):
    until(lambda: peer.exchange(messages.get("/limited")).dotted == "2.05", 4, "the first answer")
    refused = peer.exchange(messages.get("/limited"))
    assert refused.dotted == "4.29" and refused.uint(MAX_AGE) in (1, 2), str(refused)
    time.sleep(refused.uint(MAX_AGE))
    assert peer.exchange(messages.get("/limited")).dotted == "2.05"
