"""aiocoap over TLS with certificates, in both directions."""

import asyncio
import json
import re

import aiocoap
import pytest

from harness import assert_one_clear_line
from programs import TLSSimulator, aiocoap_client, coap


@pytest.fixture(scope="module")
def simulator(credentials):
    simulator = TLSSimulator(credentials, psk=False, certificate=True)
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


@pytest.fixture
def trust(credentials):
    return "--ca", credentials.ca.certificate


def entry(simulator, authority) -> dict:
    host = f"localhost:{simulator.address[1]}"
    return {f"coaps+tcp://{host}/*": {"tlscert": {"certfile": str(authority.certificate)}}}


# Its server


@pytest.mark.rows("U-16")
def test_our_client_reads_from_it_with_alpn(aiocoap_tls_server, trust):
    for host in [None, "localhost"]:
        answer = coap("get", aiocoap_tls_server.uri("/time", host), "-v", *trust)
        assert answer.code == 0, str(answer)
        assert re.match(r"\d{4}-\d\d-\d\d", answer.stdout), str(answer)
        assert "ECDHE-ECDSA" in answer.stderr, str(answer)


def test_our_client_puts_and_gets(aiocoap_tls_server, trust):
    store = aiocoap_tls_server.uri("/store")
    assert coap("put", store, "--payload", "kept", "--content-format", "0", *trust).code == 0
    assert coap("get", store, *trust).stdout.strip() == "kept"
    answer = coap("ping", aiocoap_tls_server.uri("/"), "--count", "2", *trust)
    assert answer.code == 0, str(answer)


@pytest.mark.rows("TL-12")
def test_our_client_resumes(aiocoap_tls_server, trust, tmp_path):
    for expected in [False, True]:
        answer = coap(
            "get", aiocoap_tls_server.uri("/time"), "-v", *trust, "--session", tmp_path / "session"
        )
        assert answer.code == 0 and ("resumed" in answer.stderr) is expected, str(answer)


def test_our_client_does_not_trust_another_authority(aiocoap_tls_server, credentials):
    uri = aiocoap_tls_server.uri("/time")
    answer = coap("get", uri, "--ca", credentials.other_ca.certificate)
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "not signed by a trusted")


# Its client


def test_the_command_reads(simulator, credentials, tmp_path):
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps(entry(simulator, credentials.ca)))
    uri = simulator.uri("/sensors/temperature", "localhost")
    answer = aiocoap_client("--credentials", file, uri)
    assert re.fullmatch(r"-?\d+(\.\d+)? Cel", answer.stdout.strip()), str(answer)


def test_the_library_reads_and_posts_on_one_connection(simulator, credentials):
    async def main():
        context = await aiocoap.Context.create_client_context(transports=["tlsclient"])
        context.client_credentials.load_from_dict(entry(simulator, credentials.ca))

        async def ask(method, path, **fields):
            message = aiocoap.Message(code=method, uri=simulator.uri(path, "localhost"), **fields)
            return await asyncio.wait_for(context.request(message).response, 20)

        try:
            assert (await ask(aiocoap.GET, "/time")).code == aiocoap.CONTENT
            assert len((await ask(aiocoap.GET, "/log")).payload) > 4096

            async def echo(index):
                payload = f"number {index}".encode()
                answer = await ask(aiocoap.POST, "/echo", payload=payload, content_format=0)
                assert answer.payload == payload

            await asyncio.gather(*map(echo, range(100)))
        finally:
            await context.shutdown()

    asyncio.run(main())


def test_the_command_does_not_trust_another_authority(simulator, credentials, tmp_path):
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps(entry(simulator, credentials.other_ca)))
    answer = aiocoap_client("--credentials", file, simulator.uri("/time", "localhost"))
    assert answer.code != 0 and "2.05" not in answer.stdout, str(answer)
