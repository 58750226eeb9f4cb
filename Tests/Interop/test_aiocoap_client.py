"""aiocoap (its library and its command) against the simulator."""

import asyncio
import re

import aiocoap
import pytest

from programs import aiocoap_client


def converse(simulator, conversation):
    """Runs `conversation(ask)` on one connection of an aiocoap context."""

    async def main():
        context = await aiocoap.Context.create_client_context(transports=["tcpclient"])

        async def ask(method, uri, **fields):
            message = aiocoap.Message(code=method, uri=uri, **fields)
            return await asyncio.wait_for(context.request(message).response, 20)

        try:
            # aiocoap dials once for each request that it makes before its first connection is up,
            # and cuts large bodies into blocks until it has seen the CSM.
            await ask(aiocoap.GET, simulator.uri("/time"))
            return await conversation(ask)
        finally:
            await context.shutdown()

    return asyncio.run(main())


def test_each_sensor_has_a_text_and_a_senml_form(simulator):
    async def conversation(ask):
        for path in ["/sensors/temperature", "/sensors/humidity"]:
            text = await ask(aiocoap.GET, simulator.uri(path))
            assert int(text.opt.content_format) == 0
            float(text.payload.split()[0])
            senml = await ask(aiocoap.GET, simulator.uri(path), accept=112)
            assert int(senml.opt.content_format) == 112
            assert senml.payload[0] >> 5 == 4, "a SenML pack is a CBOR array"

    converse(simulator, conversation)


def test_refusals_have_their_code(simulator):
    async def conversation(ask):
        temperature = simulator.uri("/sensors/temperature")
        assert (await ask(aiocoap.GET, simulator.uri("/none"))).code == aiocoap.NOT_FOUND
        assert (await ask(aiocoap.PUT, temperature)).code == aiocoap.METHOD_NOT_ALLOWED
        refused = await ask(aiocoap.GET, temperature, accept=65001)
        assert refused.code == aiocoap.NOT_ACCEPTABLE

    converse(simulator, conversation)


def test_put_switches_the_led(simulator):
    async def conversation(ask):
        led = simulator.uri("/actuators/led")
        for state in [b"1", b"0"]:
            assert (await ask(aiocoap.PUT, led, payload=state)).code == aiocoap.CHANGED
            assert (await ask(aiocoap.GET, led)).payload == state
        assert (await ask(aiocoap.PUT, led, payload=b"2")).code == aiocoap.BAD_REQUEST

    converse(simulator, conversation)


def test_three_hundred_pipelined_requests_each_get_their_own_answer(simulator):
    async def conversation(ask):
        async def one(index):
            payload = f"number {index}".encode()
            answer = await ask(
                aiocoap.POST, simulator.uri("/echo"), payload=payload, content_format=0
            )
            assert answer.payload == payload

        await asyncio.gather(*map(one, range(300)))

    converse(simulator, conversation)


def test_echo_of_every_size_up_to_what_the_simulator_announces(simulator):
    with simulator.dial() as peer:
        announced = peer.handshake().uint(2)
    # aiocoap leaves 28 bytes for the header and never sends more in one message.
    largest = (announced - 128) // 1024 * 1024 + 100

    async def conversation(ask):
        for size in sorted({1, 11, 12, 13, 252, 267, 268, 269, 270, 1000, largest}):
            payload = bytes(index % 251 for index in range(size))
            answer = await ask(
                aiocoap.POST, simulator.uri("/echo"), payload=payload, content_format=42
            )
            assert answer.payload == payload, f"echo of {size} bytes: {answer}"
            assert int(answer.opt.content_format) == 42

    converse(simulator, conversation)


@pytest.mark.rows("T-11")
def test_a_fast_resource_overtakes_a_slow_one(simulator):
    async def conversation(ask):
        order = []

        async def one(path):
            await ask(aiocoap.GET, simulator.uri(path))
            order.append(path)

        await asyncio.gather(one("/slow?ms=400"), one("/time"))
        assert order == ["/time", "/slow?ms=400"]

    converse(simulator, conversation)


def test_eight_contexts_at_once(simulator):
    async def main():
        async def one():
            context = await aiocoap.Context.create_client_context(transports=["tcpclient"])
            try:
                for _ in range(20):
                    message = aiocoap.Message(code=aiocoap.GET, uri=simulator.uri("/log"))
                    answer = await asyncio.wait_for(context.request(message).response, 20)
                    assert len(answer.payload) > 4096
            finally:
                await context.shutdown()

        await asyncio.gather(*(one() for _ in range(8)))

    asyncio.run(main())


def test_the_command_prints_the_value(simulator):
    answer = aiocoap_client(simulator.uri("/sensors/temperature"))
    assert answer.code == 0, str(answer)
    assert re.fullmatch(r"-?\d+(\.\d+)? Cel", answer.stdout.strip()), str(answer)


def test_the_command_reports_a_missing_resource(simulator):
    answer = aiocoap_client(simulator.uri("/none"))
    assert answer.code != 0 and "4.04" in answer.stderr, str(answer)


def test_the_command_reads_over_ipv6(start_simulator):
    simulator = start_simulator(listen=("coap+tcp://[::1]:0",))
    answer = aiocoap_client(simulator.uri("/actuators/led"))
    assert answer.stdout.strip() in ("0", "1"), str(answer)
