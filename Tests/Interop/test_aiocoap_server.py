"""Our `coap` against an aiocoap server, which aborts on anything that is not in order."""

import re

import pytest

from programs import coap


def test_get_prints_the_payload(aiocoap_server):
    answer = coap("get", aiocoap_server.uri("/time"))
    assert answer.code == 0, str(answer)
    assert re.match(r"\d{4}-\d\d-\d\d", answer.stdout), str(answer)


def test_put_get_and_delete(aiocoap_server):
    store = aiocoap_server.uri("/store")
    assert coap("put", store, "--payload", "kept", "--content-format", "0").code == 0
    assert coap("get", store).stdout.strip() == "kept"
    assert coap("delete", store).code == 0
    assert coap("get", store).stdout.strip() == ""


@pytest.mark.parametrize("method", ["post", "fetch", "patch", "ipatch"])
def test_each_method_with_a_payload_arrives_as_itself(aiocoap_server, method):
    answer = coap(
        method, aiocoap_server.uri("/echo"), "--payload", "of the client", "--content-format", "0"
    )
    assert answer.code == 0, str(answer)
    assert answer.stdout.strip().lower() == f"{method} of the client", str(answer)


def test_a_thousand_bytes_come_back_unchanged(aiocoap_server):
    payload = "".join(chr(97 + index % 26) for index in range(1000))
    store = aiocoap_server.uri("/store")
    assert coap("put", store, "--payload", payload, "--content-format", "0").code == 0
    assert coap("get", store).stdout.strip() == payload


def test_a_slow_answer_is_waited_for(aiocoap_server):
    assert coap("get", aiocoap_server.uri("/slow")).stdout.strip() == "patience"


def test_a_missing_resource_is_exit_code_4(aiocoap_server):
    answer = coap("get", aiocoap_server.uri("/none"))
    assert answer.code == 4 and "4.04" in answer.stderr, str(answer)


def test_a_server_error_is_exit_code_5_with_its_text(aiocoap_server):
    answer = coap("get", aiocoap_server.uri("/broken"))
    assert answer.code == 5, str(answer)
    assert "5.00" in answer.stderr and "out of order" in answer.stderr, str(answer)


def test_ping_counts_round_trips(aiocoap_server):
    answer = coap("ping", aiocoap_server.uri("/"), "--count", "2")
    assert answer.code == 0, str(answer)
    assert len(re.findall(r"\d+(?:\.\d+)?\s?(?:ms|µs|us|s)\b", answer.stdout)) >= 2, str(answer)
