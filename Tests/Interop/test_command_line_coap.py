"""The command line of `coap`: help, wrong usage, wrong URIs. Nothing is ever sent for these."""

import pytest

from harness import assert_one_clear_line
from programs import coap

METHODS = ["get", "put", "post", "delete", "fetch", "patch", "ipatch"]
COMMANDS = [*METHODS, "observe", "discover", "ping", "inspect"]
URI = "coap+tcp://127.0.0.1:1/x"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_subcommand_has_help(command):
    answer = coap(command, "--help")
    assert answer.code == 0, str(answer)
    assert command in answer.stdout and len(answer.stdout.splitlines()) >= 3, str(answer)
    assert not answer.stderr, str(answer)


def test_the_help_names_every_subcommand():
    answer = coap("--help")
    assert answer.code == 0, str(answer)
    for command in COMMANDS:
        assert command in answer.stdout, str(answer)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["get"],
        ["get", URI, "superfluous"],
        ["get", "--no-such-option", URI],
        ["put", URI, "--payload"],
        ["put", URI, "--payload", "x", "--content-format", "65536"],
        ["put", URI, "--payload", "x", "--content-format", "-1"],
        ["put", URI, "--payload", "x", "--content-format", "nonsense"],
        ["put", URI, "--payload", "x", "--file", "y"],
        ["get", URI, "--block-size", "100"],
        ["get", URI, "--block-size", "2048"],
        ["get", URI, "--etag", ""],
        ["get", URI, "--etag", "010203040506070809"],
        ["get", URI, "--etag", "xyz"],
        ["put", URI, "--if-match", "010203040506070809"],
        ["get", URI, "--hop-limit", "0"],
        ["get", URI, "--hop-limit", "256"],
        ["get", URI, "--token-state", "00" * 61],
        ["get", URI, "--retry", "-1"],
        ["put", URI, "--no-response", "3"],
        ["put", URI, "--no-response", ""],
        ["observe"],
        ["observe", URI, "--count", "0"],
        ["observe", URI, "--for", "0"],
        ["discover"],
        ["discover", ""],
        ["discover", "not a host"],
        ["discover", "http://127.0.0.1"],
        ["ping", URI, "--count", "0"],
        ["ping", URI, "--count", "many"],
        ["inspect"],
        ["inspect", "--max-message-size", "x", "00e1"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_64(arguments):
    answer = coap(*arguments)
    assert answer.code == 64, str(answer)
    assert answer.stderr.strip() and not answer.stdout.strip(), str(answer)
    assert len(answer.stderr) < 2000 and "Fatal error" not in answer.stderr, str(answer)


@pytest.mark.parametrize(
    "uri, word",
    [
        ("http://127.0.0.1/x", "http"),
        ("coap+wss://127.0.0.1/x", "coaps+ws"),
        ("127.0.0.1/x", "scheme"),
        ("coap+tcp:///x", "host"),
        ("coap+tcp://", "host"),
        ("coap+tcp://127.0.0.1:99999/x", "port"),
        ("coap+tcp://127.0.0.1:abc/x", "port"),
        ("coap+tcp://127.0.0.1/x#fragment", "fragment"),
        ("coap+tcp://[::1/x", ""),
        ("coap+tcp://127.0.0.1/%zz", ""),
        ("coap+tcp://127.0.0.1/%4", ""),
        ("coap+tcp://127.0.0.1/..", ""),
        ("coap+tcp://127.0.0.1/" + "p" * 256, ""),
        ("", ""),
    ],
)
def test_a_uri_that_is_none_is_one_clear_line(uri, word):
    answer = coap("get", uri)
    assert answer.code in (1, 64), str(answer)
    assert_one_clear_line(answer, word)
