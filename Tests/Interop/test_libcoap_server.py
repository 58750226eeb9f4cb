"""Our `coap` against libcoap's server (Debian 4.3.1), which loses framing when a header is split."""

import re

import pytest

from programs import coap


def test_get_prints_the_payload_and_nothing_else(libcoap_server):
    answer = coap("get", libcoap_server.uri("/time"))
    assert answer.code == 0, str(answer)
    assert re.search(r"\d\d:\d\d:\d\d", answer.stdout), str(answer)
    assert not answer.stderr, str(answer)


def test_get_of_the_root_and_of_discovery(libcoap_server):
    assert "libcoap" in coap("get", libcoap_server.uri("/")).stdout
    assert "</time>" in coap("get", libcoap_server.uri("/.well-known/core")).stdout


def test_a_query_is_sent(libcoap_server):
    answer = coap("get", libcoap_server.uri("/time?ticks"))
    assert re.fullmatch(r"\d+", answer.stdout.strip()), str(answer)


def test_put_then_get_returns_what_was_put(libcoap_server):
    put = coap("put", libcoap_server.uri("/example_data"), "--payload", "grüße", "--content-format", "0")
    assert put.code == 0, str(put)
    assert coap("get", libcoap_server.uri("/example_data")).stdout.strip() == "grüße"


def test_a_resource_is_created_read_and_deleted(libcoap_server):
    uri = libcoap_server.uri("/mine/of/ours")
    assert coap("put", uri, "--payload", "x" * 500, "--content-format", "0").code == 0
    assert coap("get", uri).stdout.strip() == "x" * 500
    assert coap("delete", uri).code == 0
    assert coap("get", uri).code == 4


@pytest.mark.parametrize(
    "code, arguments, path",
    [
        ("4.04", ["get"], "/none"),
        ("4.05", ["post", "--payload", "x"], "/time"),
        ("4.05", ["patch", "--payload", "x"], "/time"),
        ("4.05", ["ipatch", "--payload", "x"], "/time"),
    ],
)
def test_a_client_error_is_exit_code_4_with_the_reason_on_stderr(
    libcoap_server, code, arguments, path
):
    command, *options = arguments
    answer = coap(command, libcoap_server.uri(path), *options)
    assert answer.code == 4, str(answer)
    assert code in answer.stderr, str(answer)
    assert not answer.stdout, str(answer)


@pytest.mark.rows("P-09")
def test_pongs_that_lost_their_token_count(libcoap_server):
    answer = coap("ping", libcoap_server.uri("/"), "--count", "3")
    assert answer.code == 0, str(answer)
    times = re.findall(r"\d+(?:\.\d+)?\s?(?:ms|µs|us|s)\b", answer.stdout)
    assert len(times) >= 3, str(answer)


def test_a_separate_answer_is_waited_for(libcoap_server):
    assert coap("get", libcoap_server.uri("/async?1")).stdout.strip() == "done"


def test_twenty_runs_in_a_row_never_lose_framing(libcoap_server):
    for index in range(20):
        answer = coap("get", libcoap_server.uri("/time"))
        assert answer.code == 0, f"run {index}: {answer}"
