"""The command line of `simulator serve`: help, refusals in one line, and what it prints."""

import socket

import pytest

import messages
from harness import assert_one_clear_line, run
from programs import Simulator, simulator_binary

ANY_PORT = "coap+tcp://127.0.0.1:0"


def serve(*arguments):
    """A run that should refuse to start."""
    return run([simulator_binary(), "serve", *arguments])


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"]], ids=" ".join)
def test_help_is_printed(arguments):
    answer = run([simulator_binary(), *arguments])
    assert answer.code == 0, str(answer)
    assert "serve" in answer.stdout and not answer.stderr, str(answer)


def test_the_help_names_every_option():
    answer = run([simulator_binary(), "serve", "--help"])
    for option in [
        "--listen", "--allow-plain", "--connections", "--max-message-size", "--drain", "--seed",
        "--csm-timeout", "--message-timeout", "--idle-timeout", "--release-timeout",
        "--legacy-peers", "--stall-timeout", "--max-token-length", "--log-level", "--trace",
        "--body-memory", "--bodies", "--body-timeout", "--observers", "--sensor-interval", "--log-size",
        "--max-firmware-size",
    ]:
        assert option in answer.stdout, str(answer)


def test_a_port_in_use_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = serve("--listen", f"coap+tcp://127.0.0.1:{port}")
    assert answer.code in (1, 64), str(answer)
    assert_one_clear_line(answer, str(port), "in use")


@pytest.mark.rows("K-01", "K-05")
@pytest.mark.parametrize("address", ["0.0.0.0", "[::]"])
def test_plain_text_beyond_loopback_needs_to_be_allowed(address):
    answer = serve("--listen", f"coap+tcp://{address}:0")
    assert answer.code in (1, 64), str(answer)
    assert_one_clear_line(answer, "--allow-plain")


def test_plain_text_beyond_loopback_can_be_allowed():
    simulator = Simulator("--allow-plain", listen=("coap+tcp://0.0.0.0:0",))
    simulator.address = ("127.0.0.1", simulator.address[1])
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:0", "coap://127.0.0.1:0", "coap+wss://127.0.0.1:0", "127.0.0.1:5683",
        "coap+tcp://", "coap+tcp://127.0.0.1:99999", "coap+tcp://127.0.0.1:x",
        "coap+tcp://192.0.2.1:0", "coap+tcp://127.0.0.1:0/path", "",
    ],
)
def test_a_listener_that_cannot_be_is_one_clear_line(uri):
    answer = serve("--allow-plain", "--listen", uri)
    assert answer.code in (1, 64), str(answer)
    assert_one_clear_line(answer)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-option"],
        ["--listen"],
        ["superfluous"],
        ["--connections", "0"],
        ["--connections", "-1"],
        ["--connections", "many"],
        ["--max-message-size", "-1"],
        ["--max-message-size", "99999999999999999999"],
        ["--idle-timeout", "-1"],
        ["--idle-timeout", "soon"],
        ["--csm-timeout", "nan"],
        ["--csm-timeout", "1e300"],
        ["--message-timeout", "inf"],
        ["--drain", "-5"],
        ["--seed", "x"],
        ["--log-level", "shouting"],
        ["--body-memory", "-1"],
        ["--bodies", "1001"],
        ["--observers", "10001"],
        ["--sensor-interval", "0"],
        ["--log-size", "1073741825"],
        ["--max-firmware-size", "0"],
    ],
    ids=" ".join,
)
def test_a_bad_option_is_exit_code_64(arguments):
    answer = serve("--listen", ANY_PORT, *arguments)
    assert answer.code == 64, str(answer)
    assert_one_clear_line(answer)


def test_the_second_listener_failing_ends_the_first(start_simulator):
    simulator = start_simulator()
    taken = f"coap+tcp://127.0.0.1:{simulator.address[1]}"
    answer = serve("--listen", ANY_PORT, "--listen", taken)
    assert answer.code in (1, 64) and "ready" not in answer.stdout, str(answer)


def test_trace_shows_messages_in_both_directions_one_line_each(start_simulator):
    simulator = start_simulator("--trace")
    request = messages.get("/actuators/led")
    with simulator.connect() as peer:
        peer.exchange(request)
    simulator.stop()
    lines = [
        line
        for line in (simulator.stdout + simulator.stderr).splitlines()
        if request.token.hex() in line
    ]
    assert len(lines) == 2, str(simulator)
    assert "GET" in lines[0] or "0.01" in lines[0], str(simulator)
    assert "2.05" in lines[1], str(simulator)


def test_trace_of_hostile_text_stays_one_line(start_simulator):
    simulator = start_simulator("--trace")
    with simulator.connect() as peer:
        peer.exchange(messages.echo(b"\n\x1b[2J\r\x07", token=b"\xaa\xbb\xcc\xdd"))
    simulator.stop()
    output = simulator.stdout + simulator.stderr
    assert not set(output) & {"\x1b", "\x07", "\r"}, repr(output)
    assert sum("aabbccdd" in line for line in output.splitlines()) == 2, str(simulator)


def test_addresses_and_ready_are_on_standard_output_and_logs_are_not(start_simulator):
    simulator = start_simulator("--log-level", "trace")
    simulator.assert_serving()
    simulator.stop()
    lines = simulator.stdout.splitlines()
    assert any(line == f"listening on {simulator.uri('')}" for line in lines), str(simulator)
    assert "ready" in lines, str(simulator)


def test_the_same_seed_gives_the_same_world(start_simulator):
    def first_values(seed):
        simulator = start_simulator("--seed", seed)
        with simulator.connect() as peer:
            return [
                float(peer.exchange(messages.get(path)).text.split()[0])
                for path in ["/sensors/temperature", "/sensors/humidity"]
            ]

    # The values move with time: the same world is close, another one need not be.
    assert first_values(7) == pytest.approx(first_values(7), abs=0.5)
