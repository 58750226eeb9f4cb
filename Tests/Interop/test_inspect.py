"""`coap inspect` against the independent codec of these tests: every vector, and mutations of them."""

import json
import random

import pytest

import wire
from harness import assert_one_clear_line
from programs import coap
from vectors import stream_vectors


def inspect(inputs: list[bytes], max_message_size: int, max_token_length: int) -> list[list[dict]]:
    """One JSON array for each input, all from one run."""
    lines = "".join(data.hex() + "\n" for data in inputs)
    answer = coap(
        "inspect", "--json", "--max-message-size", max_message_size,
        "--max-token-length", max_token_length, "-",
        stdin=lines.encode(), within=30,
    )
    assert answer.code in (0, 1), str(answer)
    results = [json.loads(line) for line in answer.stdout.splitlines()]
    assert len(results) == len(inputs), f"{len(results)} lines for {len(inputs)} inputs: {answer}"
    return results


def assert_same(data: bytes, items: list[dict], limits: dict[str, int]) -> None:
    """What the Swift decoder told is what ours finds."""
    messages, rest = wire.decode_all(data, **limits)
    where = f"{data[:80].hex()}: {items}"
    ending = items[-1] if items and "code" not in items[-1] else None
    told = items[:-1] if ending is not None else items
    assert [as_message(item) for item in told] == messages, where
    if rest is None:
        assert ending is None, where
    elif rest == "INCOMPLETE":
        assert ending == {"incomplete": True}, where
    elif rest == "ERR:tkl" and ending == {"incomplete": True}:
        # A decoder may wait for the whole header before it judges the token length.
        start = sum(len(wire.encode(message)) for message in messages)
        assert len(data) - start < 8, where
    else:
        assert set(ending) == {"error", "offset"} and ending["error"], f"{rest}: {where}"
        start = sum(len(wire.encode(message)) for message in messages)
        assert start <= ending["offset"] <= len(data), where


def as_message(item: dict) -> wire.Message:
    options = tuple(
        (option["number"], bytes.fromhex(option["value"])) for option in item.get("options", [])
    )
    return wire.Message(
        wire.code(item["code"]),
        bytes.fromhex(item.get("token", "")),
        options,
        bytes.fromhex(item.get("payload", "")),
    )


LIMITS = sorted({(v.max_message_size, v.max_token_length) for v in stream_vectors()})


@pytest.mark.parametrize("limits", LIMITS, ids=lambda pair: "size {} token {}".format(*pair))
def test_every_vector_is_decoded_as_its_row_says(limits):
    rows = [v for v in stream_vectors() if (v.max_message_size, v.max_token_length) == limits]
    for vector, items in zip(rows, inspect([v.input for v in rows], *limits), strict=True):
        assert_same(vector.input, items, vector.limits)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("limits", [(1152, 8), (1152, 300)], ids=str)
def test_mutated_vectors_are_decoded_alike(limits, seed):
    source = random.Random(seed)
    vectors = [v.input for v in stream_vectors() if len(v.input) < 600]
    inputs = []
    while len(inputs) < 1000:
        data = bytearray(b"".join(source.choices(vectors, k=source.randint(1, 3))))
        for _ in range(source.randint(1, 3)):
            data[source.randrange(len(data))] = source.choice(
                [0, 8, 9, 0x0D, 0x0E, 0x0F, 0xD0, 0xE0, 0xF0, 0xFF, source.randrange(256)]
            )
        inputs.append(bytes(data[: source.randint(1, len(data))]))
    names = {"max_message_size": limits[0], "max_token_length": limits[1]}
    for data, items in zip(inputs, inspect(inputs, *limits), strict=True):
        assert_same(data, items, names)


def test_limits_default_to_the_base_values():
    for data in ["0901010203040506070809", "e4036c4501020304ff"]:
        answer = coap("inspect", "--json", data)
        assert "error" in json.loads(answer.stdout.splitlines()[-1]), str(answer)


def test_one_line_is_read_from_the_argument_too():
    answer = coap("inspect", "--json", "01e242")
    item = json.loads(answer.stdout)
    assert (item["code"], item["token"]) == ("7.02", "42"), str(answer)


@pytest.mark.parametrize(
    "data, words",
    [
        ("d40901deadbeefb773656e736f72730474656d7046756e69743d632132",
         ["GET", "deadbeef", "Uri-Path", "sensors", "temp", "Uri-Query", "unit=c", "Accept"]),
        ("50e12380010020", ["CSM", "Max-Message-Size", "8388864", "Block-Wise-Transfer"]),
        ("d004e52101ff756e6b6e6f776e206f7074696f6e", ["Abort", "Bad-CSM-Option", "unknown option"]),
        ("11e24220", ["Ping", "Custody", "42"]),
    ],
)
def test_people_get_every_field_named(data, words):
    answer = coap("inspect", data)
    assert answer.code == 0, str(answer)
    for word in words:
        assert word in answer.stdout, f"{word} is missing: {answer}"


@pytest.mark.parametrize("data", ["110101f0", "0901010203040506070809", "1045ff", "0100aa"])
def test_the_first_fault_is_pointed_at(data):
    answer = coap("inspect", data)
    assert answer.code == 1, str(answer)
    assert answer.stderr.strip(), str(answer)


@pytest.mark.parametrize("data", ["0", "xy", "00 e", "00e1zz"])
def test_what_is_no_hex_is_one_clear_line(data):
    answer = coap("inspect", data)
    assert answer.code in (1, 64), str(answer)
    assert_one_clear_line(answer)


def test_blanks_between_bytes_are_allowed():
    assert coap("inspect", "--json", "01 e2 42").stdout == coap("inspect", "--json", "01e242").stdout
