"""Observations: libcoap's client, aiocoap and a peer by hand against the simulator (RFC 7641, RFC 8323 section 7)."""

import asyncio
import re
import time

import aiocoap
import pytest

import messages
import wire
from block_transfers import (
    BLOCK2, ETAG, MAX_AGE, OBSERVE, block, download, image, observe, read_block, upload,
)
from harness import until
from peer import ConnectionEnded
from programs import Simulator, libcoap_client, start_libcoap_client

LAMP = "/actuators/led"
HUMIDITY = "/sensors/humidity"


@pytest.fixture(scope="module")
def fast():
    """Its sensors measure fifty times a second."""
    simulator = Simulator("--sensor-interval", "0.02", "--connections", 8, "--log-level", "info")
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, f"not ended in order: {simulator}"


@pytest.fixture
def slow(start_simulator):
    """Its sensors say nothing by themselves."""
    return start_simulator("--sensor-interval", 3600, "--connections", 8, "--log-level", "info")


def switch(peer, state: bytes) -> None:
    answer = peer.exchange(messages.request(messages.PUT, LAMP, payload=state))
    assert answer.dotted == "2.04", str(answer)


def observations(simulator) -> str:
    """What the log said last of how many there are."""
    return re.findall(r"observations(?: ended)?: \d+", simulator.stderr)[-1]


# libcoap


def test_libcoap_hears_a_hundred_measurements(fast):
    answer = libcoap_client("-s", "4", "-w", fast.uri(HUMIDITY))
    values = re.findall(r"^\d+\.\d %RH$", answer.stdout, re.MULTILINE)
    assert len(values) >= 100 and len(set(values)) > 20, f"{len(values)} values: {answer}"
    # It deregisters in the end.
    until(lambda: observations(fast) == "observations: 0", what="the end of the observation")


def test_libcoap_hears_of_another_client(slow):
    watcher = start_libcoap_client("-s", "3", "-w", slow.uri(LAMP))
    watcher.wait_for_line("^0$")
    for state in ["1", "0", "1"]:
        libcoap_client("-m", "put", "-t", "0", "-e", state, slow.uri(LAMP))
    watcher.wait()
    assert watcher.stdout.split()[:4] == ["0", "1", "0", "1"], str(watcher)


# aiocoap


def test_aiocoap_hears_a_hundred_measurements_and_cancels(fast):
    async def main():
        context = await aiocoap.Context.create_client_context(transports=["tcpclient"])
        try:
            message = aiocoap.Message(code=aiocoap.GET, uri=fast.uri(HUMIDITY), observe=0)
            request = context.request(message)
            first = await asyncio.wait_for(request.response, 10)
            assert first.opt.observe is not None and first.opt.max_age == 1
            values = []

            async def listen():
                async for notification in request.observation:
                    assert notification.code == aiocoap.CONTENT
                    values.append(notification.payload)
                    if len(values) == 100:
                        return

            await asyncio.wait_for(listen(), 20)
            request.observation.cancel()
            assert len(set(values)) > 20
            # The connection is as good as before.
            answer = context.request(aiocoap.Message(code=aiocoap.GET, uri=fast.uri("/time")))
            assert (await asyncio.wait_for(answer.response, 10)).code == aiocoap.CONTENT
        finally:
            await context.shutdown()

    asyncio.run(main())
    until(
        lambda: observations(fast) in ("observations: 0", "observations ended: 1"),
        what="the end of the observation",
    )


# By hand


@pytest.mark.rows("OB-01", "OB-06", "OB-07", "OB-13")
def test_a_lamp_that_one_client_switches_notifies_the_others(slow):
    with slow.connect() as watcher, slow.connect() as second, slow.connect() as other:
        begin = observe(LAMP)
        first = watcher.exchange(begin)
        assert (first.dotted, first.payload) == ("2.05", b"0") and first.values(OBSERVE), str(first)
        too = observe(LAMP)
        second.exchange(too)
        for state in [b"1", b"0", b"1"]:
            switch(other, state)
            for peer, token in [(watcher, begin.token), (second, too.token)]:
                note = peer.receive()
                assert (note.token, note.dotted, note.payload) == (token, "2.05", state)
                assert note.values(OBSERVE) and note.values(ETAG)
        # Nothing new is no news.
        switch(other, b"1")
        watcher.expect_silence()


def test_who_switches_the_lamp_is_notified_too(slow):
    with slow.connect() as peer:
        begin = observe(LAMP)
        peer.exchange(begin)
        switch(peer, b"1")
        assert (peer.receive().token, peer.bytes_received > 0) == (begin.token, True)


@pytest.mark.rows("OB-03")
def test_registering_again_with_the_token_is_no_second_observation(slow):
    with slow.connect() as watcher, slow.connect() as other:
        for _ in range(5):
            assert watcher.exchange(observe(LAMP, token=b"same")).values(OBSERVE)
        switch(other, b"1")
        assert watcher.receive().payload == b"1"
        watcher.expect_silence()


@pytest.mark.rows("OB-05", "O-08")
def test_deregistering_answers_plainly_and_ends_it(slow):
    with slow.connect() as watcher, slow.connect() as other:
        watcher.exchange(observe(LAMP, token=b"one"))
        watcher.exchange(observe(LAMP, token=b"two"))
        answer = watcher.exchange(observe(LAMP, 1, token=b"one"))
        assert answer.dotted == "2.05" and not answer.values(OBSERVE), str(answer)
        switch(other, b"1")
        assert watcher.receive().token == b"two"
        watcher.expect_silence()
        # Without an observation it is a plain GET.
        assert watcher.exchange(observe(LAMP, 1, token=b"none")).payload == b"1"


@pytest.mark.rows("OB-04")
def test_a_full_table_and_a_resource_without_notifications_answer_plainly(slow):
    with slow.connect() as watcher, slow.connect() as other:
        for number in range(20):
            answer = watcher.exchange(observe(LAMP, token=bytes([number])))
            assert answer.dotted == "2.05" and bool(answer.values(OBSERVE)) == (number < 16)
        switch(other, b"1")
        assert {watcher.receive().token[0] for _ in range(16)} == set(range(16))
        watcher.expect_silence()
        # Another connection has its own places, and one that becomes free can be had again.
        assert other.exchange(observe(LAMP)).values(OBSERVE)
        watcher.exchange(observe(LAMP, 1, token=b"\x03"))
        assert watcher.exchange(observe(LAMP, token=b"new")).values(OBSERVE)
        assert not watcher.exchange(observe("/log")).values(OBSERVE)
        assert not watcher.exchange(observe("/none")).values(OBSERVE)


def test_a_request_that_is_too_long_to_be_kept_is_answered_plainly(slow):
    with slow.connect() as watcher:
        answer = watcher.exchange(observe(f"{LAMP}?{'x' * 120}"))
        assert answer.dotted == "2.05" and not answer.values(OBSERVE), str(answer)


def test_ten_thousand_registrations_are_answered_and_take_no_memory(slow):
    with slow.connect() as watcher, slow.connect() as other:
        def register(first: int, count: int) -> int:
            requests = [observe(LAMP, token=n.to_bytes(4, "big")) for n in range(first, first + count)]
            watcher.send(*requests)
            return sum(bool(watcher.receive().values(OBSERVE)) for _ in requests)

        assert register(0, 500) == 16
        settled = slow.resident_kilobytes
        for first in range(500, 10_000, 500):
            assert register(first, 500) == 0
            assert other.exchange(messages.get(LAMP)).dotted == "2.05"
        assert slow.resident_kilobytes - settled < 1024, "memory grows"
        switch(other, b"1")
        assert len({watcher.receive().token for _ in range(16)}) == 16
        watcher.expect_silence()


@pytest.mark.rows("OB-08", "M-05")
def test_notifications_keep_the_format_of_the_first(fast):
    with fast.connect() as watcher:
        watcher.send(observe(HUMIDITY, accept=112))
        values = set()
        # The value stands still for ten seconds at the most.
        while len(values) < 2:
            note = watcher.receive()
            assert note.values(OBSERVE) and note.uint(messages.CONTENT_FORMAT) == 112, str(note)
            assert note.uint(MAX_AGE) == 1
            values.add(note.payload)


def test_a_refused_registration_is_none(slow):
    with slow.connect() as watcher:
        answer = watcher.exchange(observe(HUMIDITY, accept=65001))
        assert answer.dotted == "4.06" and not answer.values(OBSERVE)
        assert "observations" not in slow.stderr


@pytest.mark.rows("BL-14")
def test_a_large_notification_brings_its_first_block(slow):
    path, body = "/firmware/status", image(3000)
    with slow.connect() as watcher, slow.connect() as other:
        upload(other, "/firmware", image(10))
        begin = observe(path, extra=((BLOCK2, block(0, szx=1)),))
        first = watcher.exchange(begin)
        assert read_block(first, BLOCK2) == (0, True, 1) and first.values(OBSERVE)
        upload(other, "/firmware", body)
        notes = []
        while not notes or not notes[-1].text.startswith("complete"):
            notes.append(watcher.receive())
            assert notes[-1].token == begin.token and len(notes[-1].payload) == 32
            assert read_block(notes[-1], BLOCK2) == (0, True, 1) and notes[-1].values(OBSERVE)
        assert notes[0].text.startswith("receiving")
        assert download(watcher, path, szx=1).decode().splitlines()[1] == "size 3000"


# Back-pressure


@pytest.mark.rows("OB-12", "OB-13")
def test_a_slow_reader_gets_the_latest_state_and_not_all_before(slow):
    switches, requests = 401, [messages.get("/log") for _ in range(1500)]
    with slow.dial(receive_buffer=4096) as watcher, slow.connect() as other:
        watcher.handshake()
        begin = observe(LAMP)
        watcher.exchange(begin)
        # 12 MB of answers that wait for the reader: more than all buffers hold.
        watcher.send(b"".join(map(wire.encode, requests)))
        time.sleep(0.3)
        settled = slow.resident_kilobytes
        for number in range(switches):
            switch(other, b"01"[number % 2 - 1:][:1])
        assert slow.resident_kilobytes - settled < 1024, "notifications pile up"
        logs, notes = 0, []
        while logs < len(requests) or not notes:
            answer = watcher.receive(20)
            if answer.token == begin.token:
                notes.append(answer.payload)
            else:
                logs += 1
        state = other.exchange(messages.get(LAMP)).payload
        watcher.expect_silence()
    assert notes[-1] == state == b"1" and len(notes) < 20, notes


# The end of a connection


@pytest.mark.rows("O-09")
@pytest.mark.parametrize("end", ["reset", "close"])
def test_a_connection_that_ends_takes_its_observations_along(start_simulator, end):
    simulator = start_simulator(
        "--sensor-interval", "0.002", "--connections", 2, "--log-level", "info"
    )
    for _ in range(3):
        with simulator.connect() as peer:
            for number in range(16):
                # Between the answers come notifications.
                peer.send(observe(HUMIDITY, token=bytes([number])))
            seen = set()
            until(lambda: seen.add(peer.receive().token) or len(seen) == 16, what="every answer")
            for _ in range(160):
                peer.receive()
            getattr(peer, end)()
        until(lambda: "ended: 16" in observations(simulator), what="the end of the connection")
        before = simulator.wake_ups
        time.sleep(0.5)
        assert simulator.wake_ups - before <= 1, "work goes on for nobody"
    assert simulator.stderr.count("observations ended: 16") == 3


def test_release_ends_observations_and_says_nothing_more(fast):
    with fast.connect() as peer:
        peer.send(observe(HUMIDITY))
        for _ in range(3):
            peer.receive()
        peer.send(wire.Message(messages.RELEASE))
        with pytest.raises(ConnectionEnded):
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline:
                assert peer.receive(2).dotted == "2.05"
