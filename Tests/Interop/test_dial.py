"""`simulator dial`: a device that connects to its server, reports, serves, and stays connected."""

import time

import pytest

import messages
from collector import Collector
from harness import run, until
from nat_proxy import NATProxy
from peer import closed_port
from programs import AiocoapServer, LibcoapServer, coap, simulator_binary, start_dialling
from wire import uint

HASTY = ("--interval", 0.2, "--first-pause", 0.2, "--longest-pause", 1, "--drain-timeout", 1)


@pytest.fixture
def dial():
    """`dial(uri, "--interval", 1)`: a device of the test's own, ended in order afterwards."""
    started = []

    def start(uri, *options):
        started.append(start_dialling(uri, *options))
        started[-1].wait_for_line("^ready$")
        return started[-1]

    yield start
    for device in started:
        if device.is_running:
            assert device.stop() == 0, f"not ended in order: {device}"


def test_reports_come_in_order_with_their_path_and_format(dial):
    with Collector() as server:
        dial(server.uri, *HASTY, "--report", "fleet/17/up", "--method", "put")
        server.wait_for_reports(3)
        request = server.requests[0]
        assert request.code == messages.PUT
        assert request.values(messages.URI_PATH) == [b"fleet", b"17", b"up"]
        assert request.values(messages.CONTENT_FORMAT) == [b""]
        assert request.payload.endswith(b" Cel")
        assert server.reports == list(range(len(server.reports)))


def test_the_server_asks_on_the_same_connection(dial):
    with Collector() as server:
        dial(server.uri, *HASTY)
        server.wait_for_reports(1)
        server.peers[-1].send(messages.get("/sensors/temperature", token=b"ask"))
        until(lambda: server.responses, 5, "an answer")
        answer = server.responses[0]
        assert (answer.token, answer.dotted) == (b"ask", "2.05"), str(answer)


def test_ctrl_c_lets_reports_leave_then_releases(dial):
    with Collector() as server:
        device = dial(server.uri, *HASTY)
        server.wait_for_reports(2)
        assert device.stop() == 0, str(device)
        until(lambda: server.releases == 1, 5, "a Release")


@pytest.mark.rows("R-10")
def test_a_restarted_server_gets_every_report_and_the_observation_anew(dial):
    first = Collector(answer=observable)
    port = first.address[1]
    device = dial(first.uri, *HASTY, "--observe", "time")
    first.wait_for_reports(3)
    observed = [request for request in first.requests if request.code == messages.GET]
    assert [request.values(6) for request in observed] == [[b""]], "not one registration"
    first.close()
    device.wait_for_line(r"trying again", on="stderr")
    time.sleep(0.5)
    with Collector(answer=observable, port=port) as second:
        second.wait_for_reports(5)
        numbers = sorted({*first.reports, *second.reports})
        assert numbers == list(range(len(numbers))), "a report was lost"
        until(lambda: any(request.code == messages.GET for request in second.requests), 5)


def observable(request):
    if request.code != messages.GET:
        return "2.04"
    return messages.response(request, "2.05", b"noon", (6, b""))


def test_notifications_are_logged(dial):
    with Collector(answer=observable) as server:
        device = dial(server.uri, *HASTY, "--observe", "time")
        device.wait_for_line(r"time: noon", on="stderr")


@pytest.mark.rows("Q-01", "Q-02", "X-31")
@pytest.mark.parametrize("code", ["4.29", "5.03"])
def test_a_busy_server_is_given_the_time_that_it_asks_for(dial, code):
    busy_until = []

    def answer(request):
        if not busy_until:
            busy_until.append(time.monotonic() + 2)
            return messages.response(request, code, b"", (14, uint(2)))
        return "2.04"

    with Collector(answer) as server:
        dial(server.uri, *HASTY)
        server.wait_for_reports(4)
        first, *later = server.requests
        assert server.reports[0] == 0 and 0 in server.reports[1:], "the report was not sent again"
        assert time.monotonic() >= busy_until[0], "not waited"
        assert sorted(set(server.reports)) == list(range(len(set(server.reports))))


@pytest.mark.rows("R-12")
def test_hold_off_keeps_the_device_away(dial):
    with Collector() as server:
        dial(server.uri, *HASTY)
        server.wait_for_reports(1)
        began = time.monotonic()
        server.send(hold_off(2))
        until(lambda: len(server.peers) == 2, 10, "a second connection")
        assert time.monotonic() - began >= 2, "came back too early"


def hold_off(seconds, *alternatives):
    options = [(messages.ALTERNATIVE_ADDRESS, address.encode()) for address in alternatives]
    if seconds:
        options.append((messages.HOLD_OFF, uint(seconds)))
    return messages.Message(messages.RELEASE, b"", tuple(options), b"moved")


@pytest.mark.rows("R-09", "R-11")
def test_an_alternative_address_is_followed_only_where_that_was_allowed(dial):
    with Collector() as server, Collector() as other:
        dial(server.uri, *HASTY)
        server.wait_for_reports(1)
        server.send(hold_off(0, f"127.0.0.1:{other.address[1]}"))
        until(lambda: len(server.peers) == 2, 10, "back at its own server")
        assert not other.peers, "anybody on the way could have sent that"
    with Collector() as server, Collector() as other:
        dial(server.uri, *HASTY, "--follow-unsecured")
        server.wait_for_reports(1)
        server.send(hold_off(0, f"127.0.0.1:{other.address[1]}"))
        other.wait_for_reports(1)


def test_the_queue_is_bounded_and_drops_the_oldest_or_refuses_the_newest(dial):
    options = (*HASTY, "--interval", 0.02, "--queue-size", 100, "--longest-pause", 0.5)
    for policy, is_kept in (("oldest-dropped", False), ("newest-refused", True)):
        port = closed_port()
        device = dial(f"coap+tcp://127.0.0.1:{port}", *options, "--queue-policy", policy)
        device.wait_for_line("the queue is full", on="stderr")
        with Collector(port=port) as server:
            server.wait_for_reports(3)
            assert (0 in server.reports) == is_kept, f"{policy}: {server.reports[:5]}"
        device.stop()


def test_a_dead_server_is_found_by_a_ping(dial):
    with Collector() as server, NATProxy(server.address, 0.5) as nat:
        device = dial(
            f"coap+tcp://127.0.0.1:{nat.address[1]}", "--interval", 60, "--keep-alive-floor", 1,
            "--ping-timeout", 0.5, "--first-pause", 0.2, "--drain-timeout", 1,
        )
        device.wait_for_line(r"trying again", within=10, on="stderr")
        until(lambda: len(nat.flows) >= 2, 10, "a new connection")


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.rows("O-06")
def test_behind_a_nat_a_working_interval_is_found_and_no_report_is_lost(dial):
    memory = 4.0
    with Collector() as server, NATProxy(server.address, memory) as nat:
        dial(
            f"coap+tcp://127.0.0.1:{nat.address[1]}", "--interval", 11, "--keep-alive-floor", 1,
            "--keep-alive-ceiling", 60, "--ping-timeout", 1, "--first-pause", 0.2,
            "--longest-pause", 1, "--queue-size", 4096, "--drain-timeout", 1,
        )
        # Silences grow from a second until one is too long, and then narrow down between the two.
        until(lambda: nat.forgotten, 60, "a silence that was too long")
        time.sleep(40)
        settled = len(nat.flows)
        time.sleep(30)
        assert len(nat.flows) <= settled + 1, "connections are still lost again and again"
        silence = nat.flows[-1].longest_silence
        assert 1 <= silence <= memory, f"silences of {silence} s"
        # Longer than the shortest: the network was made use of.
        assert silence >= memory / 2, f"silences of {silence} s only"
        numbers = server.reports
        assert sorted(set(numbers)) == list(range(max(numbers) + 1)), "a report was lost"
        assert max(numbers) >= 6


def test_libcoap_as_the_server(dial):
    with LibcoapServer() as server:
        dial(server.uri(""), *HASTY, "--report", "mine", "--method", "put", "--observe", "time")

        def stored():
            return coap("get", server.uri("/mine")).stdout

        until(lambda: "Cel" in stored(), 20, "a report at libcoap's server", every=0.3)


def test_aiocoap_as_the_server(dial):
    with AiocoapServer() as server:
        dial(server.uri(""), *HASTY, "--report", "store", "--method", "put")
        until(lambda: "Cel" in coap("get", server.uri("/store")).stdout, 20, every=0.3)


# TLS


def test_over_tls_with_a_key(dial, start_tls_simulator, credentials):
    server = start_tls_simulator("--alpn-optional", "--log-level", "debug")
    device = dial(
        f"coaps+tcp://127.0.0.1:{server.address[1]}", *HASTY, "--psk", credentials.psk.option,
        "--report", "echo", "--alpn-optional",
    )
    device.wait_for_line(r"a report was answered 2\.04", on="stderr")


def test_over_tls_with_the_wrong_key_it_keeps_trying_and_says_why(dial, start_tls_simulator):
    server = start_tls_simulator("--alpn-optional")
    device = dial(
        f"coaps+tcp://127.0.0.1:{server.address[1]}", *HASTY, "--psk", "nobody:00112233445566778899aabbccddeeff",
        "--alpn-optional",
    )
    device.wait_for_line(r"TLS failed: .*trying again", on="stderr")
    assert device.is_running


# The command line


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["coap+tcp://192.0.2.1"], ["--allow-plain"]),
        (["http://127.0.0.1"], ["scheme"]),
        (["coap+tcp://127.0.0.1/path"], ["without a path"]),
        (["coap+tcp://127.0.0.1", "--psk", "a:00"], ["--psk", "coaps+tcp"]),
        (["coap+tcp://127.0.0.1", "--interval", "0"], ["--interval"]),
        (["coap+tcp://127.0.0.1", "--report", "a/../b"], ["path"]),
        (["coap+tcp://127.0.0.1", "--keep-alive-floor", "9", "--keep-alive-ceiling", "3"], ["keep-alive"]),
        (["coap+tcp://no-such-host.invalid"], ["no-such-host.invalid"]),
    ],
)
def test_wrong_arguments_are_one_clear_line(arguments, words):
    result = run([simulator_binary(), "dial", *arguments])
    assert result.code != 0, str(result)
    for word in words:
        assert word in result.stderr, str(result)


def test_help_is_there():
    result = run([simulator_binary(), "dial", "--help"])
    assert result.code == 0 and "--keep-alive-floor" in result.stdout, str(result)
