"""Credentials on the command line: what cannot be used is one clear line, and nothing is sent."""

import pytest

from harness import assert_one_clear_line, run
from programs import TLSSimulator, coap, simulator_binary

LISTEN = "--listen", "coaps+tcp://127.0.0.1:0"
URI = "coaps+tcp://127.0.0.1:1/x"


def serve(*arguments):
    """A run that should refuse to start."""
    return run([simulator_binary(), "serve", *LISTEN, *arguments])


def assert_refused(answer, *words) -> None:
    assert answer.code in (1, 64), str(answer)
    assert_one_clear_line(answer, *words)


BAD_KEYS = {
    "no colon": "identity",
    "no key": "identity:",
    "no identity": ":00ff",
    "odd digits": "identity:123",
    "not hexadecimal": "identity:12xy",
    "spaces": "identity:12 34",
    "an identity of 129 bytes": "i" * 129 + ":00ff",
    "an identity of 65 letters of 2 bytes": "ü" * 65 + ":00ff",
    "a key of 65 bytes": "identity:" + "ab" * 65,
    "empty": "",
}


@pytest.mark.parametrize("text", BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_pre_shared_key_that_is_none_is_refused(text):
    assert_refused(serve("--psk", text))
    assert_refused(coap("get", URI, "--psk", text))


# An empty variable is none.
@pytest.mark.parametrize("text", list(BAD_KEYS.values())[:-1], ids=list(BAD_KEYS)[:-1])
def test_a_pre_shared_key_in_the_environment_that_is_none_is_refused(text):
    answer = run(["env", f"COAP_PSK={text}", simulator_binary(), "serve", *LISTEN])
    assert_refused(answer, "COAP_PSK")


@pytest.mark.parametrize("text", BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_pre_shared_key_in_a_file_that_is_none_is_refused_with_its_line(credentials, text):
    if not text:
        file = credentials.psk_file("# nothing but a comment\n\n")
        assert_refused(serve("--psk-file", file))
        assert_refused(coap("get", URI, "--psk-file", file))
        return
    file = credentials.psk_file(f"# keys\n\ngood:00ff\n{text}\n")
    assert_refused(serve("--psk-file", file), "4")
    assert_refused(coap("get", URI, "--psk-file", file), "4")


@pytest.mark.parametrize(
    "text",
    [
        "i:00", "i:" + "ab" * 64, "i" * 128 + ":00ff", "ü" * 64 + ":00FF", "with space:aBcD",
        "# only\n\n  \ni:00ff", "i:00ff\r\nj:11ee\r\n", "a:00\nb:11\nc:22",
    ],
    ids=[
        "one byte", "64 bytes", "an identity of 128 bytes", "letters of 2 bytes", "a space",
        "comments", "CR LF", "three keys",
    ],
)
def test_a_psk_file_in_order_is_taken(credentials, text):
    simulator = TLSSimulator(credentials, "--psk-file", credentials.psk_file(text))
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


def test_a_client_has_one_key(credentials):
    file = credentials.psk_file("a:00\nb:11\n")
    assert_refused(coap("get", URI, "--psk-file", file), str(file))
    assert_refused(coap("get", URI, "--psk", "a:00", "--psk-file", file))


def test_an_identity_may_contain_colons_or_they_are_refused(credentials):
    """The key has none, so the last one can be the separator."""
    answer = coap("get", URI, "--psk", "urn:dev:1:00ff", "--connect-timeout", "1")
    assert answer.code in (1, 64), str(answer)
    assert_one_clear_line(answer)


@pytest.mark.parametrize("option", ["--psk-file", "--ca", "--cert"])
def test_a_file_that_is_not_there_is_named(credentials, option):
    missing = credentials.folder / "missing"
    more = ("--key", credentials.server.key) if option == "--cert" else ()
    own = credentials.server.options if option == "--ca" else ()
    assert_refused(serve(*own, option, missing, *more), str(missing))
    assert_refused(coap("get", URI, option, missing, *more), str(missing))


def test_a_folder_is_no_file(credentials):
    assert_refused(serve("--psk-file", credentials.folder), str(credentials.folder))
    assert_refused(coap("get", URI, "--ca", credentials.folder), str(credentials.folder))


@pytest.mark.parametrize("content", ["empty", "nonsense", "a key", "cut"])
def test_a_certificate_that_is_none_is_refused_with_its_name(credentials, tmp_path, content):
    good = credentials.server.certificate.read_bytes()
    file = tmp_path / "certificate.pem"
    file.write_bytes({
        "empty": b"", "nonsense": b"no certificate\n" * 20,
        "a key": credentials.server.key.read_bytes(), "cut": good[: len(good) // 2],
    }[content])
    assert_refused(serve("--cert", file, "--key", credentials.server.key), str(file))
    assert_refused(coap("get", URI, "--cert", file, "--key", credentials.server.key), str(file))
    assert_refused(coap("get", URI, "--ca", file), str(file))
    assert_refused(
        serve(*credentials.server.options, "--ca", file), str(file)
    )


@pytest.mark.parametrize("content", ["empty", "nonsense", "a certificate", "cut", "encrypted"])
def test_a_key_that_is_none_is_refused_with_its_name(credentials, tmp_path, content):
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption, Encoding, PrivateFormat,
    )

    good = credentials.server.key.read_bytes()
    file = tmp_path / "key.pem"
    file.write_bytes({
        "empty": b"", "nonsense": b"no key\n" * 20,
        "a certificate": credentials.server.certificate.read_bytes(), "cut": good[: len(good) // 2],
        "encrypted": credentials.server.private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")
        ),
    }[content])
    arguments = "--cert", credentials.server.certificate, "--key", file
    assert_refused(serve(*arguments), str(file))
    assert_refused(coap("get", URI, *arguments), str(file))


def test_a_key_of_another_certificate_is_refused(credentials):
    arguments = "--cert", credentials.server.certificate, "--key", credentials.other_server.key
    assert_refused(serve(*arguments), "key")
    assert_refused(coap("get", URI, *arguments), "key")


def test_certificate_and_key_come_in_pairs(credentials):
    certificate = "--cert", credentials.server.certificate
    key = "--key", credentials.server.key
    assert_refused(serve(*certificate), "--key")
    for arguments in key, (*certificate, *key, *certificate), (*certificate, *key, *key):
        assert_refused(serve(*arguments), "--cert")
    assert_refused(coap("get", URI, *certificate), "--key")
    assert_refused(coap("get", URI, *key), "--cert")


def test_tls_without_any_credential_is_refused():
    assert_refused(serve(), "--psk", "--cert")
    plain = "--listen", "coap+tcp://127.0.0.1:0"
    assert_refused(run([simulator_binary(), "serve", *plain, *LISTEN]), "--psk")


def test_credentials_without_a_tls_listener_are_refused_or_unused(credentials):
    # They are of no use: whatever it does, it must not listen without TLS where TLS was meant.
    answer = run(
        [simulator_binary(), "serve", "--listen", "coap+tcp://192.0.2.1:0", "--psk", "a:00"]
    )
    assert_refused(answer)


def test_require_client_cert_needs_ca_and_cert(credentials):
    assert_refused(serve(*credentials.server.options, "--require-client-cert"), "--ca")


def test_a_client_authority_without_a_certificate_of_its_own_is_refused(credentials):
    ca = "--ca", credentials.ca.certificate
    assert_refused(serve(*ca), "--cert")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--max-fragment-length", "511"],
        ["--max-fragment-length", "8192"],
        ["--max-fragment-length", "0"],
        ["--max-fragment-length", "many"],
        ["--handshake-timeout", "-1"],
        ["--handshake-timeout", "nan"],
        ["--handshake-timeout", "soon"],
        ["--server-name", ""],
        ["--server-name", "x" * 256],
    ],
    ids=lambda arguments: " ".join(arguments)[:40],
)
def test_a_bad_option_is_exit_code_64(arguments):
    answer = coap("get", URI, "--psk", "a:00", *arguments)
    assert answer.code == 64, str(answer)
    assert_one_clear_line(answer)


@pytest.mark.parametrize("value", ["-1", "nan", "soon", "1e300"])
def test_a_bad_handshake_timeout_of_the_simulator_is_exit_code_64(value):
    answer = serve("--psk", "a:00", "--handshake-timeout", value)
    assert answer.code == 64, str(answer)
    assert_one_clear_line(answer)


def test_tls_beyond_loopback_needs_no_allow_plain(credentials):
    simulator = TLSSimulator(credentials, listen=("coaps+tcp://0.0.0.0:0",))
    simulator.address = ("127.0.0.1", simulator.address[1])
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


def test_connection_refused_is_one_clear_line(credentials):
    answer = coap("get", URI, "--psk", credentials.psk.option)
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "refused")
