"""Fixtures: one shared simulator, simulators and peers of a test's own, and nothing left running."""

import pytest

import harness
from programs import (
    AiocoapServer, LibcoapServer, LibcoapTLSServer, Simulator, TLSSimulator, coap_binary,
    simulator_binary,
)
from tls_credentials import Credentials


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Nothing is skipped because a program is missing: that is one clear error."""
    ours = any("peers_only" not in item.keywords for item in items)
    if ours and not config.option.collectonly:
        try:
            coap_binary(), simulator_binary()
        except AssertionError as error:
            raise pytest.UsageError(str(error)) from None


@pytest.fixture(scope="session", autouse=True)
def nothing_left_running():
    yield
    left = harness.end_everything()
    assert not left, f"still running at the end: {left}"


@pytest.fixture(scope="module")
def shared_simulator():
    simulator = Simulator("--seed", "1", "--connections", 32)
    yield simulator
    assert simulator.stop() == 0, f"not ended in order: {simulator}"


@pytest.fixture
def simulator(shared_simulator):
    """The default simulator of a test file; whatever a test did to it, it must go on serving."""
    yield shared_simulator
    shared_simulator.assert_serving()


@pytest.fixture
def start_simulator():
    """`start_simulator("--idle-timeout", 1)`: a simulator of the test's own, still sound afterwards."""
    started = []

    def start(*options, **keywords) -> Simulator:
        started.append(Simulator(*options, **keywords))
        return started[-1]

    yield start
    codes = []
    for simulator in started:
        if simulator.is_running:
            codes.append((simulator.stop(), simulator))
    for code, simulator in codes:
        assert code == 0, f"not ended in order: {simulator}"


@pytest.fixture(scope="module")
def libcoap_server():
    server = LibcoapServer()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def aiocoap_server():
    server = AiocoapServer()
    yield server
    server.kill()


# TLS


@pytest.fixture(scope="session")
def credentials(tmp_path_factory):
    """Every key and certificate, made anew."""
    return Credentials(tmp_path_factory.mktemp("credentials"))


@pytest.fixture(scope="module")
def shared_tls_simulator(credentials):
    simulator = TLSSimulator(
        credentials, "--seed", "1", "--connections", 32, "--log-level", "info", certificate=True
    )
    yield simulator
    assert simulator.stop() == 0, f"not ended in order: {simulator}"


@pytest.fixture
def tls_simulator(shared_tls_simulator):
    """One for a test file, with a pre-shared key and a certificate; it must go on serving."""
    yield shared_tls_simulator
    shared_tls_simulator.assert_serving()


@pytest.fixture
def start_tls_simulator(credentials):
    """`start_tls_simulator("--alpn-optional")`: one of the test's own, sound afterwards."""
    started = []

    def start(*options, **keywords) -> TLSSimulator:
        started.append(TLSSimulator(credentials, *options, **keywords))
        return started[-1]

    yield start
    codes = [(each.stop(), each) for each in started if each.is_running]
    for code, simulator in codes:
        assert code == 0, f"not ended in order: {simulator}"


@pytest.fixture(scope="module", params=["openssl", "gnutls"])
def libcoap_psk_server(request, credentials):
    server = LibcoapTLSServer(request.param, "-k", credentials.psk.text, "-h", "hint")
    yield server
    server.kill()


@pytest.fixture(scope="module", params=["openssl", "gnutls"])
def libcoap_certificate_server(request, credentials):
    server = LibcoapTLSServer(
        request.param, "-c", credentials.server.both, "-C", credentials.ca.certificate, "-n"
    )
    yield server
    server.kill()


@pytest.fixture(scope="module")
def aiocoap_tls_server(credentials):
    server = AiocoapServer(credentials.server.certificate, credentials.server.key)
    yield server
    server.kill()
