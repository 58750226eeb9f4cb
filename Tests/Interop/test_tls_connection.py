"""After the handshake: ends of all kinds, altered records, sizes, renegotiation, many peers."""

import time

import pytest

import messages
import tls_wire
import wire
from harness import assert_one_clear_line, run, until
from peer import ConnectionEnded
from programs import TLSSimulator, coap, openssl_client, simulator_binary, start_coap
from tls_peers import (
    CLIENT, SERVER, FakeTLSServer, PSKPeer, Relay, cut_after, flip_bit, hello_of_client, serve_one,
    server_context,
)
from tls_wire import Alert, fatal
from wire import Message

rows = pytest.mark.rows
CLOSE_NOTIFY = Alert(tls_wire.WARNING, 0)
NO_RENEGOTIATION = Alert(tls_wire.WARNING, tls_wire.NUMBERS["no_renegotiation"])


# Orderly ends


def test_our_client_says_release_then_close_notify_then_fin(credentials):
    with FakeTLSServer() as server:
        process = start_coap("get", server.uri("/x"), "--psk", credentials.psk.option)
        with server.accept_psk(credentials.psk) as peer:
            serve_one(peer)
            assert peer.receive_to_end() == []
            assert process.wait() == 0, str(process)
    assert peer.alerts == [CLOSE_NOTIFY] and peer.ended == "fin"


def test_our_client_says_close_notify_to_openssl(credentials):
    keys = "--ca", credentials.ca.certificate
    with FakeTLSServer() as server:
        process = start_coap("get", server.uri("/x"), *keys)
        with server.accept_ssl(server_context(credentials.server)) as peer:
            # Raises without a close_notify.
            peer.handshake()
            peer.send(messages.response(peer.receive(), "2.05", b"fine"))
            assert peer.receive().code == messages.RELEASE
            peer.socket.unwrap()
            assert process.wait() == 0, str(process)


def test_the_last_record_of_both_sides_is_an_alert(tls_simulator, credentials):
    with Relay(tls_simulator.address) as relay:
        answer = coap("get", relay.uri("/time"), "--psk", credentials.psk.option)
        assert answer.code == 0, str(answer)
        passage = relay.wait_until_over()
    for towards in SERVER, CLIENT:
        records = tls_wire.records_of(bytes(passage.bytes[towards]))
        types = [record.type for record in records]
        assert types.count(tls_wire.ALERT) == 1, f"{towards}: {types}"
        assert types[-1] == tls_wire.ALERT, f"{towards}: {types}"


def test_the_simulator_answers_close_notify_with_its_own(tls_simulator):
    with tls_simulator.connect() as peer:
        peer.close_notify()
        assert peer.receive_to_end() == []
        assert peer.alerts == [CLOSE_NOTIFY] and peer.ended == "fin"


def test_the_simulator_says_close_notify_to_openssl(shared_tls_simulator):
    with shared_tls_simulator.dial_ssl() as peer:
        peer.handshake()
        peer.send(Message(messages.RELEASE))
        assert peer.receive_to_end() == []
        assert peer.ended == "close_notify"


def test_the_simulator_ends_a_released_connection_with_close_notify(tls_simulator):
    with tls_simulator.connect() as peer:
        peer.send(messages.get("/actuators/led"), Message(messages.RELEASE))
        assert [m.dotted for m in peer.receive_to_end()] == ["2.05"]
        assert peer.alerts == [CLOSE_NOTIFY] and peer.ended == "fin"


def test_the_simulator_that_stops_says_release_and_close_notify(start_tls_simulator):
    simulator = start_tls_simulator()
    with simulator.connect() as peer:
        simulator.send_signal(2)
        assert peer.receive().code == messages.RELEASE
        peer.finish_sending()
        peer.receive_to_end()
        assert peer.alerts == [CLOSE_NOTIFY]
    assert simulator.wait() == 0, str(simulator)


def test_an_abort_is_followed_by_close_notify(tls_simulator):
    with tls_simulator.connect() as peer:
        peer.send(b"\x0f\x01")
        peer.expect_abort()
        assert peer.alerts == [CLOSE_NOTIFY] and peer.ended == "fin"


# Disorderly ends


def test_an_end_without_close_notify_harms_nobody(tls_simulator):
    with tls_simulator.connect() as other:
        for how in ("fin", "reset"):
            peer = tls_simulator.connect()
            peer.exchange(messages.get("/actuators/led"))
            peer.reset() if how == "reset" else peer.close()
        other.expect_alive()


def test_our_client_notices_an_end_without_close_notify(credentials):
    with FakeTLSServer() as server:
        process = start_coap("get", server.uri("/x"), "--psk", credentials.psk.option)
        with server.accept_psk(credentials.psk) as peer:
            peer.handshake()
            peer.receive()
        assert process.wait() == 1, str(process)
    assert_one_clear_line(process)


def test_our_client_names_a_fatal_alert_before_the_response(credentials):
    with FakeTLSServer() as server:
        process = start_coap("get", server.uri("/x"), "--psk", credentials.psk.option)
        with server.accept_psk(credentials.psk) as peer:
            peer.handshake()
            peer.receive()
            peer.send_alert("internal_error")
            assert process.wait() == 1, str(process)
    assert_one_clear_line(process, "alert 80 internal_error")


@pytest.mark.parametrize("name", ["internal_error", "bad_record_mac", "user_canceled"])
def test_a_fatal_alert_in_mid_connection_ends_it_at_once(tls_simulator, name):
    with tls_simulator.connect() as peer, tls_simulator.connect() as other:
        peer.send_alert(name)
        with pytest.raises(ConnectionEnded):
            while peer.next_record(3):
                pass
        assert not any(alert.is_fatal for alert in peer.alerts), "an alert is not answered"
        other.expect_alive()


WARNINGS = ["user_canceled", "no_renegotiation", "unrecognized_name"]


@pytest.mark.parametrize("name", WARNINGS)
def test_a_warning_in_mid_connection_is_passed_over(start_tls_simulator, name):
    with start_tls_simulator().connect() as peer:
        for _ in range(3):
            peer.send_alert(name, tls_wire.WARNING)
            peer.expect_alive()


@pytest.mark.parametrize("name", WARNINGS)
def test_our_client_passes_over_a_warning(credentials, name):
    with FakeTLSServer() as server:
        process = start_coap("get", server.uri("/x"), "--psk", credentials.psk.option)
        with server.accept_psk(credentials.psk) as peer:
            peer.send_alert(name, tls_wire.WARNING)
            serve_one(peer)
            assert process.wait() == 0, str(process)


def test_a_thousand_warnings_end_nothing_but_their_own_connection(start_tls_simulator):
    simulator = start_tls_simulator()
    with simulator.connect() as peer, simulator.connect() as other:
        for _ in range(1000):
            peer.send_alert("user_canceled", tls_wire.WARNING)
        other.expect_alive()


# Altered and misplaced records


@pytest.mark.parametrize("at", [0, 8, 10, -1], ids=["nonce", "first byte", "third byte", "tag"])
def test_an_altered_record_is_bad_record_mac(tls_simulator, at):
    with tls_simulator.connect() as peer, tls_simulator.connect() as other:
        ping = peer.record(tls_wire.APPLICATION_DATA, wire.encode(messages.ping()))
        record = bytearray(ping.encode())
        record[5 + at if at >= 0 else at] ^= 0x40
        peer.send_raw(bytes(record))
        peer.expect_alert("bad_record_mac")
        other.expect_alive()


def test_a_relay_that_alters_a_request_is_noticed(tls_simulator, credentials):
    change = flip_bit(SERVER, tls_wire.APPLICATION_DATA)
    with Relay(tls_simulator.address, change) as relay:
        answer = coap("get", relay.uri("/time"), "--psk", credentials.psk.option)
        assert answer.code == 1 and not answer.stdout, str(answer)
        assert_one_clear_line(answer, "alert 20 bad_record_mac")


def test_a_relay_that_alters_a_response_is_noticed_by_our_client(tls_simulator, credentials):
    change = flip_bit(CLIENT, tls_wire.APPLICATION_DATA, 1)
    with Relay(tls_simulator.address, change) as relay:
        answer = coap("get", relay.uri("/log"), "--psk", credentials.psk.option)
        assert answer.code == 1 and not answer.stdout, str(answer)
        assert_one_clear_line(answer)
        passage = relay.wait_until_over()
        assert passage.records(SERVER)[-1].type == tls_wire.ALERT


def test_a_repeated_record_is_refused(tls_simulator):
    with tls_simulator.connect() as peer:
        record = peer.record(tls_wire.APPLICATION_DATA, wire.encode(messages.ping(b"once"))).encode()
        peer.send_raw(record)
        assert peer.receive().code == messages.PONG
        peer.send_raw(record)
        peer.expect_alert("bad_record_mac")


def test_a_lost_record_is_noticed(tls_simulator):
    with tls_simulator.connect() as peer:
        peer.record(tls_wire.APPLICATION_DATA, wire.encode(messages.ping(b"lost")))
        peer.send(messages.ping(b"next"))
        peer.expect_alert("bad_record_mac")


def test_an_oversize_record_is_refused(tls_simulator):
    with tls_simulator.connect() as peer:
        peer.send_raw(b"\x17\x03\x03\x50\x00" + bytes(0x5000))
        with pytest.raises(ConnectionEnded):
            while peer.next_record(3):
                pass
        assert all(alert.is_fatal for alert in peer.alerts)


@pytest.mark.parametrize(
    "type_, content",
    [
        (tls_wire.CHANGE_CIPHER_SPEC, b"\1"),
        (tls_wire.HEARTBEAT, b"\1\0\x05hello" + bytes(16)),
        (99, b"x"),
    ],
    ids=["ChangeCipherSpec", "heartbeat", "unknown"],
)
@rows("TL-21")
def test_a_record_of_another_type_is_refused(tls_simulator, type_, content):
    with tls_simulator.connect() as peer:
        peer.send_record(type_, content)
        with pytest.raises(ConnectionEnded):
            while peer.next_record(3):
                pass
        assert len(peer.alerts) == 1 and peer.alerts[0].is_fatal, f"{peer.alerts}"


def test_empty_records_are_passed_over_within_reason(tls_simulator):
    with tls_simulator.connect() as peer:
        peer.send_record(tls_wire.APPLICATION_DATA, b"")
        peer.send_record(tls_wire.APPLICATION_DATA, b"")
        peer.expect_alive()


def test_a_flood_of_empty_records_does_not_starve_others(tls_simulator):
    with tls_simulator.connect() as peer, tls_simulator.connect() as other:
        flood = b"".join(
            peer.record(tls_wire.APPLICATION_DATA, b"").encode() for _ in range(2000)
        )
        peer.send_raw(flood)
        other.expect_alive()


# Renegotiation


@rows("TL-13")
def test_a_client_that_renegotiates_gets_no_renegotiation_and_goes_on_or_is_closed(tls_simulator):
    with tls_simulator.connect() as peer, tls_simulator.connect() as other:
        peer.send_record(tls_wire.HANDSHAKE, hello_of_client().encode())
        peer.send(messages.ping(b"after"))
        try:
            assert peer.receive().code == messages.PONG
        except ConnectionEnded:
            pass
        assert peer.alerts and peer.alerts[0].number == NO_RENEGOTIATION.number, f"{peer.alerts}"
        assert not peer.handshakes, "it renegotiates"
        other.expect_alive()


@rows("TL-13")
def test_openssl_cannot_renegotiate(tls_simulator, credentials):
    trust = "-CAfile", credentials.ca.certificate, "-servername", "localhost", "-alpn", "coap"
    answer = openssl_client(tls_simulator.address, *trust, stdin=b"R\n")
    assert "RENEGOTIATING" in answer.stderr + answer.stdout, str(answer)
    assert answer.stdout.count("Certificate chain") == 1, str(answer)


@rows("TL-13")
def test_our_client_refuses_a_hello_request_and_goes_on(credentials):
    with FakeTLSServer() as server:
        process = start_coap("get", server.uri("/x"), "--psk", credentials.psk.option)
        with server.accept_psk(credentials.psk) as peer:
            peer.handshake()
            request = peer.receive()
            peer.send_record(tls_wire.HANDSHAKE, tls_wire.handshake(tls_wire.HELLO_REQUEST, b""))
            peer.send(messages.response(request, "2.05", b"fine"))
            code = process.wait()
            try:
                while peer.next_record(1):
                    pass
            except ConnectionEnded:
                pass
    assert not peer.handshakes, "it renegotiates"
    assert NO_RENEGOTIATION in peer.alerts, f"{peer.alerts}"
    assert code == 0 and process.stdout == "fine", str(process)


@pytest.mark.parametrize("type_", [tls_wire.FINISHED, tls_wire.SERVER_HELLO, 99])
def test_other_handshake_messages_after_the_handshake_are_refused(tls_simulator, type_):
    with tls_simulator.connect() as peer, tls_simulator.connect() as other:
        peer.send_record(tls_wire.HANDSHAKE, tls_wire.handshake(type_, b"x" * 12))
        with pytest.raises(ConnectionEnded):
            while peer.next_record(3):
                pass
        other.expect_alive()


# Sizes and pipelining


def test_requests_are_pipelined_over_tls(tls_simulator):
    with tls_simulator.connect() as peer:
        requests = [messages.echo(f"number {index}".encode()) for index in range(200)]
        peer.send(*requests, messages.ping(b"end"))
        found = {}
        while (message := peer.receive()).code != messages.PONG:
            found[message.token] = message.payload
        while len(found) < len(requests):
            message = peer.receive()
            found[message.token] = message.payload
    assert found == {request.token: request.payload for request in requests}


def test_messages_are_independent_of_records(tls_simulator):
    """One byte to a record, and a message that begins in the middle of one."""
    with tls_simulator.connect() as peer:
        request = messages.get("/actuators/led")
        for byte in wire.encode(request):
            peer.send_record(tls_wire.APPLICATION_DATA, bytes([byte]))
        assert peer.receive().token == request.token
        pings = b"".join(wire.encode(messages.ping(bytes([65 + i]) * 8)) for i in range(10))
        peer.send(pings[:15])
        peer.send(pings[15:16])
        peer.send(pings[16:])
        assert [peer.receive().token[0] for _ in range(10)] == list(range(65, 75))


def test_many_records_in_one_segment_are_all_read(tls_simulator):
    with tls_simulator.connect() as peer:
        data = b"".join(
            peer.record(tls_wire.APPLICATION_DATA, wire.encode(messages.ping(bytes([i])))).encode()
            for i in range(100)
        )
        peer.send_raw(data)
        assert [peer.receive().token for _ in range(100)] == [bytes([i]) for i in range(100)]


@rows("TL-16")
@pytest.mark.parametrize("value", [1, 2, 3, 4])
def test_a_large_response_keeps_to_the_agreed_fragment_length(tls_simulator, value):
    wanted = tls_wire.MAX_FRAGMENT_LENGTH, bytes([value])
    with tls_simulator.dial_psk(extensions=(wanted,)) as peer:
        peer.handshake()
        assert len(peer.exchange(messages.get("/log")).payload) > 4096
        assert 0 < peer.max_plaintext <= 256 << value


@rows("TL-16")
def test_an_echo_of_8_kib_in_records_of_512(tls_simulator):
    wanted = tls_wire.MAX_FRAGMENT_LENGTH, b"\1"
    payload = bytes(index % 251 for index in range(8192))
    with tls_simulator.dial_psk(extensions=(wanted,)) as peer:
        peer.handshake()
        request = messages.request(messages.POST, "/echo", payload=payload, content_format=42)
        data = wire.encode(request)
        for at in range(0, len(data), 512):
            peer.send_record(tls_wire.APPLICATION_DATA, data[at : at + 512])
        answer = peer.receive()
        assert answer.token == request.token and answer.payload == payload
        assert peer.max_plaintext <= 512


@rows("TL-16")
def test_a_record_above_the_agreed_length_is_refused_or_taken(tls_simulator):
    wanted = tls_wire.MAX_FRAGMENT_LENGTH, b"\1"
    with tls_simulator.dial_psk(extensions=(wanted,)) as peer:
        peer.handshake()
        peer.send(messages.echo(b"x" * 2000))
        try:
            assert peer.receive().payload == b"x" * 2000
        except ConnectionEnded:
            assert peer.alerts == [fatal("record_overflow")], f"{peer.alerts}"


@rows("TL-16")
@pytest.mark.parametrize("length", ["512", "1024", "4096", "none"])
def test_our_client_reads_and_writes_8_kib_at_every_fragment_length(
    tls_simulator, credentials, length
):
    keys = "--psk", credentials.psk.option, "--max-fragment-length", length
    log = coap("get", tls_simulator.uri("/log"), *keys)
    assert log.code == 0 and len(log.stdout_bytes) > 4096, str(log)
    payload = "".join(chr(97 + index % 26) for index in range(8192))
    echo = coap("post", tls_simulator.uri("/echo"), *keys, "--payload", payload)
    assert echo.code == 0 and echo.stdout.strip() == payload, str(echo)


def test_a_client_that_does_not_read_is_waited_for(tls_simulator):
    with tls_simulator.connect() as slow, tls_simulator.connect() as other:
        requests = [messages.get("/log") for _ in range(200)]
        slow.send(*requests)
        for _ in range(20):
            assert other.exchange(messages.get("/actuators/led")).dotted == "2.05"
        found = {slow.receive(10).token for _ in requests}
        assert found == {request.token for request in requests}


# Our client's other commands


def test_ping_counts_round_trips(tls_simulator, credentials):
    answer = coap("ping", tls_simulator.uri("/"), "--count", "3", "--psk", credentials.psk.option)
    assert answer.code == 0, str(answer)


def test_put_switches_the_led(tls_simulator, credentials):
    keys = "--psk", credentials.psk.option
    uri = tls_simulator.uri("/actuators/led")
    for state in ["1", "0"]:
        assert coap("put", uri, "--payload", state, *keys).code == 0
        assert coap("get", uri, *keys).stdout.strip() == state


def test_a_client_error_is_exit_code_4_as_without_tls(tls_simulator, credentials):
    answer = coap("get", tls_simulator.uri("/none"), "--psk", credentials.psk.option)
    assert answer.code == 4 and "4.04" in answer.stderr, str(answer)


def test_verbose_names_the_version_and_the_suite(tls_simulator, credentials):
    answer = coap("get", tls_simulator.uri("/time"), "-v", "--psk", credentials.psk.option)
    assert answer.code == 0, str(answer)
    lines = [line for line in answer.stderr.splitlines() if line.startswith("TLS 1.2, ")]
    assert len(lines) == 1, str(answer)
    assert "TLS-ECDHE-PSK-WITH-CHACHA20-POLY1305-SHA256" in lines[0], str(answer)
    assert "resumed" not in lines[0], str(answer)


def test_the_key_may_come_from_the_environment_or_a_file(tls_simulator, credentials):
    uri = tls_simulator.uri("/actuators/led")
    process = start_coap("get", uri, environment={"COAP_PSK": credentials.psk.option})
    assert process.wait() == 0, str(process)
    file = credentials.psk_file(f"# the lamp\n\n{credentials.psk.option}\n")
    assert coap("get", uri, "--psk-file", file).code == 0


def test_the_simulator_takes_keys_from_the_environment_and_from_a_file(credentials):
    file = credentials.psk_file(f"\n# comment\nfirst:{b'one'.hex()}\n{credentials.psk.option}\n")
    simulator = TLSSimulator(credentials, "--psk-file", file, psk=False)
    simulator.has_psk = True
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


# Many


def test_sixty_four_connections_at_once(start_tls_simulator):
    simulator = start_tls_simulator("--connections", 64, certificate=True)
    descriptors = simulator.open_descriptors
    peers = []
    try:
        for index in range(64):
            peers.append(simulator.connect() if index % 4 else simulator.dial_ssl())
            if not index % 4:
                peers[-1].handshake()
        for peer in peers:
            request = messages.get("/log")
            peer.send(request)
        for peer in peers:
            assert len(peer.receive().payload) > 4096
        # The sixty-fifth waits until a place is free.
        extra = PSKPeer(simulator.dial().socket, simulator.credentials.psk)
        extra.send_hello(hello_of_client())
        assert extra.next_record(0.2) is None
        peers.pop().close()
        extra.receive_server_flight()
        extra.send_second_flight()
        extra.receive_finish()
        extra.handshake()
        peers.append(extra)
    finally:
        for peer in peers:
            peer.close()
    until(lambda: simulator.open_descriptors <= descriptors, what="every descriptor back")
    simulator.assert_serving()


def test_ten_of_our_clients_at_once(tls_simulator, credentials):
    keys = "--psk", credentials.psk.option
    begin = time.monotonic()
    processes = [start_coap("get", tls_simulator.uri("/slow?ms=500"), *keys) for _ in range(10)]
    for process in processes:
        assert process.wait() == 0, str(process)
    assert time.monotonic() - begin < 4, "one after the other"


def test_plain_and_tls_are_served_side_by_side(start_tls_simulator, credentials):
    simulator = start_tls_simulator(listen=("coap+tcp://127.0.0.1:0", "coaps+tcp://127.0.0.1:0"))
    plain, secured = simulator.addresses
    host, port = plain
    assert coap("get", f"coap+tcp://{host}:{port}/time").code == 0
    keys = "--psk", credentials.psk.option
    assert coap("get", f"coaps+tcp://{host}:{secured[1]}/time", *keys).code == 0
    simulator.address = secured
    simulator.assert_serving()


def test_ipv6_is_served(start_tls_simulator, credentials):
    simulator = start_tls_simulator(listen=("coaps+tcp://[::1]:0",), certificate=True)
    for keys in ("--psk", credentials.psk.option), ("--ca", credentials.ca.certificate):
        answer = coap("get", simulator.uri("/actuators/led"), *keys)
        assert answer.code == 0, str(answer)


def test_waiting_tls_peers_cost_no_processor_time(start_tls_simulator):
    simulator = start_tls_simulator("--handshake-timeout", "60")
    with simulator.dial() as silent, simulator.connect(), simulator.dial() as half:
        half.send(hello_of_client().record()[:30])
        time.sleep(0.2)
        before = simulator.cpu_seconds
        time.sleep(1)
        assert simulator.cpu_seconds - before < 0.2, "the loop spins while nothing happens"
        silent.expect_silence(0.01)


def test_a_half_message_inside_tls_ends_at_the_message_timeout(start_tls_simulator):
    simulator = start_tls_simulator("--message-timeout", "0.5")
    with simulator.connect() as peer:
        peer.send(wire.encode(messages.echo(b"x" * 300))[:50])
        peer.expect_abort()


def test_a_cut_response_is_one_clear_line(tls_simulator, credentials):
    with Relay(tls_simulator.address) as relay:
        for count in range(700, 4000, 611):
            relay.change = cut_after(CLIENT, count)
            answer = coap("get", relay.uri("/log"), "--psk", credentials.psk.option)
            assert answer.code == 1 and not answer.stdout, f"{count}: {answer}"
            assert_one_clear_line(answer)


def test_tls_is_named_in_the_help():
    answer = run([simulator_binary(), "serve", "--help"])
    for option in [
        "--psk", "--psk-file", "--cert", "--key", "--ca", "--require-client-cert",
        "--handshake-timeout", "--alpn-optional",
    ]:
        assert option in answer.stdout, str(answer)
    answer = coap("get", "--help")
    for option in [
        "--psk", "--psk-file", "--ca", "--cert", "--key", "--server-name", "--insecure",
        "--alpn-optional", "--max-fragment-length", "--session", "--handshake-timeout",
    ]:
        assert option in answer.stdout, str(answer)
