"""`/.well-known/core` of the simulator with and without a filter, asked by libcoap, aiocoap and byte by byte."""

import asyncio
import re

import aiocoap
import pytest

import messages
from programs import aiocoap_client, libcoap_client

SENSORS = {"/sensors/temperature", "/sensors/humidity"}
LED = {"/actuators/led"}
LISTED = SENSORS | LED | {"/time", "/echo", "/log", "/slow"}

FILTERS = [
    ("rt=sensor.temperature", {"/sensors/temperature"}),
    ("rt=temperature-c", {"/sensors/temperature"}),
    ("rt=temperature*", {"/sensors/temperature"}),
    ("rt=sensor.*", SENSORS),
    ("rt=actuator.light", LED),
    ("ct=112", SENSORS),
    ("href=/actuators/led", LED),
    ("href=/sensors/*", SENSORS),
    ("title=a%20large%20text", {"/log"}),
    ("rt=sensor", set()),
    ("foo=*", set()),
]


def targets(links: str) -> set[str]:
    """What the links of a text point to. No target of the simulator has a comma or a quotation mark."""
    return set(re.findall(r"(?:^|,)<([^>]*)>", links))


def attributes_of(link: str) -> dict[str, str]:
    """The attributes of one link, by name."""
    return dict(re.findall(r';(\w+)(?:="?([^";]*)"?)?', link))


@pytest.mark.rows("LF-02", "LF-03", "LF-04", "LF-09")
@pytest.mark.parametrize("query, expected", FILTERS)
def test_libcoap_finds_what_it_looks_for(simulator, query, expected):
    answer = libcoap_client("-m", "get", simulator.uri(f"/.well-known/core?{query}"))
    assert targets(answer.stdout.strip()) == expected, str(answer)
    assert not answer.stderr, str(answer)


@pytest.mark.rows("LF-02", "LF-03", "LF-04", "LF-09")
def test_aiocoap_finds_what_it_looks_for(simulator):
    async def main():
        context = await aiocoap.Context.create_client_context(transports=["tcpclient"])
        try:
            for query, expected in FILTERS:
                uri = simulator.uri(f"/.well-known/core?{query}")
                message = aiocoap.Message(code=aiocoap.GET, uri=uri)
                answer = await asyncio.wait_for(context.request(message).response, 20)
                assert answer.code == aiocoap.CONTENT, f"{query}: {answer}"
                assert int(answer.opt.content_format) == messages.LINK_FORMAT
                assert targets(answer.payload.decode()) == expected, query
        finally:
            await context.shutdown()

    asyncio.run(main())


@pytest.mark.rows("LF-02")
def test_the_aiocoap_command_shows_the_link(simulator):
    answer = aiocoap_client(simulator.uri("/.well-known/core?rt=actuator.light"))
    assert answer.code == 0 and "/actuators/led" in answer.stdout, str(answer)
    assert "/sensors/" not in answer.stdout, str(answer)


@pytest.mark.rows("LF-01")
def test_the_link_of_a_sensor_says_what_it_is(simulator):
    answer = libcoap_client("-m", "get", simulator.uri("/.well-known/core?href=/sensors/humidity"))
    attributes = attributes_of(answer.stdout)
    assert attributes["rt"] == "sensor.humidity" and attributes["ct"] == "0 112", str(answer)


@pytest.mark.rows("LF-01", "LF-05")
@pytest.mark.parametrize("query", ["", "?obs", "?rt=none&ct=0", "?rt=sensor.*&rt=sensor.*"])
def test_without_one_usable_query_everything_is_shown(simulator, query):
    with simulator.connect() as peer:
        answer = peer.exchange(messages.get(f"/.well-known/core{query}"))
    assert answer.dotted == "2.05"
    assert LISTED <= targets(answer.payload.decode()), answer


@pytest.mark.rows("LF-03", "LF-09")
@pytest.mark.parametrize("query", ["rt=none", "rt=Actuator.light", "rt=actuator%2elight", "foo=bar", "=*"])
def test_no_match_is_a_content_without_payload(simulator, query):
    """The bytes on the wire are what is compared: a percent sign in them is a percent sign."""
    with simulator.connect() as peer:
        answer = peer.exchange(messages.get(f"/.well-known/core?{query}"))
    assert answer.dotted == "2.05" and answer.payload == b"", answer
    assert answer.uint(messages.CONTENT_FORMAT) == messages.LINK_FORMAT


@pytest.mark.rows("LF-03")
def test_queries_of_every_length_leave_the_connection_sound(simulator):
    with simulator.connect() as peer:
        for length in [0, 1, 2, 3, 12, 13, 14, 200, 255]:
            for text in [b"*", b"=", b"rt=", b"href=/", b"rt=*"]:
                query = (text + b"*" * length)[:length]
                asked = messages.get("/.well-known/core", extra=((messages.URI_QUERY, query),))
                assert peer.exchange(asked).dotted == "2.05", query
