"""aiocoap on coap+ws and coaps+ws, in both directions."""

import asyncio
import json
import re

import aiocoap
import pytest

from programs import AiocoapServer, WebSocketSimulator, aiocoap_client, coap


@pytest.fixture(scope="module")
def simulator(credentials):
    simulator = WebSocketSimulator(credentials=credentials)
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


@pytest.fixture(scope="module")
def server():
    server = AiocoapServer(web_socket=True)
    yield server
    server.kill()


# Its client


def test_its_command_reads_from_the_simulator(simulator):
    answer = aiocoap_client(simulator.uri("/sensors/temperature"))
    assert answer.code == 0 and re.match(r"[\d.]+ Cel", answer.stdout), str(answer)


def test_its_command_over_tls(simulator, credentials, tmp_path):
    host = f"localhost:{simulator.secured_address[1]}"
    entry = {f"coaps+ws://{host}/*": {"tlscert": {"certfile": str(credentials.ca.certificate)}}}
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps(entry))
    answer = aiocoap_client(f"coaps+ws://{host}/sensors/temperature", "--credentials", file)
    assert answer.code == 0 and re.match(r"[\d.]+ Cel", answer.stdout), str(answer)


def test_its_library_with_many_requests_on_one_connection(simulator):
    async def main():
        context = await aiocoap.Context.create_client_context(transports=["ws"])

        async def ask(method, path, **fields):
            message = aiocoap.Message(code=method, uri=simulator.uri(path), **fields)
            return await asyncio.wait_for(context.request(message).response, 20)

        try:
            await ask(aiocoap.GET, "/time")
            for size in [0, 1, 11, 12, 100, 123, 124, 1000]:
                payload = bytes(index & 0xFF for index in range(size))
                answer = await ask(aiocoap.POST, "/echo", payload=payload)
                assert answer.code == aiocoap.CHANGED and answer.payload == payload
            answers = await asyncio.gather(*[ask(aiocoap.GET, "/actuators/led") for _ in range(50)])
            assert all(answer.code == aiocoap.CONTENT for answer in answers)
            assert (await ask(aiocoap.GET, "/none")).code == aiocoap.NOT_FOUND
        finally:
            await context.shutdown()

    asyncio.run(main())


# Its server


def test_our_client_reads_from_it(server):
    answer = coap("get", server.uri("/time"))
    assert answer.code == 0 and re.match(r"\d{4}-\d\d-\d\d", answer.stdout), str(answer)


def test_our_client_puts_gets_and_deletes(server):
    store = server.uri("/store")
    payload = "".join(chr(97 + index % 26) for index in range(1000))
    assert coap("put", store, "--payload", payload, "--content-format", "0").code == 0
    assert coap("get", store).stdout.strip() == payload
    assert coap("delete", store).code == 0
    assert coap("get", store).stdout.strip() == ""


@pytest.mark.parametrize("method", ["post", "fetch", "patch", "ipatch"])
def test_each_method_arrives_as_itself(server, method):
    answer = coap(method, server.uri("/echo"), "--payload", "of the client", "--content-format", "0")
    assert answer.code == 0, str(answer)
    assert answer.stdout.strip().lower() == f"{method} of the client", str(answer)


def test_our_client_pings_it(server):
    answer = coap("ping", server.uri("/"), "--count", "3")
    assert answer.code == 0 and answer.stdout.count("pong") >= 3, str(answer)
