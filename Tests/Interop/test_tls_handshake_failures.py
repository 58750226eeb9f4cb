"""Handshakes that fail, in both roles: the alert, one clear line, and nobody else is harmed."""

import contextlib
import random
import time

import pytest

import messages
import tls_wire
from harness import assert_one_clear_line, until
from peer import ConnectionEnded, FakeServer, Peer
from programs import OpensslServer, TLSSimulator, coap, start_coap
from tls_credentials import PSK
from tls_peers import (
    CLIENT, SERVER, AlertReceived, FakeTLSServer, PSKPeer, Relay, answer_to, cut_after,
    flip_bit, hello_of_client, hold_after, serve_one,
)
from tls_wire import Alert, Record, ServerHello, fatal

rows = pytest.mark.rows


# Keys that differ


def refusal_of(simulator, psk: PSK) -> list[tuple[int, int, int]]:
    """Type, version and size of every record with which a simulator refuses a key."""
    with PSKPeer(simulator.dial().socket, psk) as peer:
        with pytest.raises(AlertReceived):
            peer.shake_hands()
        peer.expect_alert("bad_record_mac")
        return [(record.type, record.version, len(record.fragment)) for record in peer.received]


@rows("TL-07")
def test_an_unknown_identity_looks_the_same_as_a_wrong_key(tls_simulator, credentials):
    good = credentials.psk
    wrong_key = refusal_of(tls_simulator, PSK(good.identity, "another key here"))
    assert wrong_key[-1] == (tls_wire.ALERT, tls_wire.TLS_1_2, 2)
    for identity in ["nobody", good.identity[:-1], good.identity + "x", good.identity.upper(), "\0"]:
        assert refusal_of(tls_simulator, PSK(identity, good.text)) == wrong_key
    tls_simulator.expect_failure("keys differ")


@rows("TL-07")
@pytest.mark.parametrize("size", [128, 129, 255, 4000])
def test_an_identity_of_any_size_is_refused_like_any_other(tls_simulator, size):
    assert refusal_of(tls_simulator, PSK("i" * size, "some key"))[-1][0] == tls_wire.ALERT


@rows("TL-07")
def test_the_longest_identity_and_the_longest_key_are_served(start_tls_simulator):
    longest = PSK("i" * 128, "k" * 64)
    simulator = start_tls_simulator("--psk", longest.option)
    for psk in longest, simulator.credentials.psk:
        with simulator.dial_psk(psk) as peer:
            peer.handshake()
    assert coap("get", simulator.uri("/time"), "--psk", longest.option).code == 0


@pytest.mark.parametrize("change", [{"spoil_finished": True}], ids=["Finished"])
def test_a_wrong_finished_is_refused(tls_simulator, credentials, change):
    with PSKPeer(tls_simulator.dial().socket, credentials.psk) as peer:
        peer.send_hello(hello_of_client())
        peer.receive_server_flight()
        peer.send_second_flight(**change)
        with pytest.raises((AlertReceived, ConnectionEnded)):
            peer.receive_finish()
        assert peer.alerts and peer.alerts[-1].is_fatal
        assert peer.alerts[-1].number in (
            tls_wire.NUMBERS["decrypt_error"], tls_wire.NUMBERS["decode_error"],
            tls_wire.NUMBERS["handshake_failure"],
        )


@rows("TL-07")
@pytest.mark.parametrize("wrong", ["key", "identity"])
def test_our_client_says_which_alert_refused_its_key(tls_simulator, credentials, wrong):
    psk = {
        "key": PSK(credentials.psk.identity, "wrong"), "identity": PSK("nobody", credentials.psk.text)
    }[wrong]
    answer = coap("get", tls_simulator.uri("/time"), "--psk", psk.option)
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "alert 20 bad_record_mac")


@rows("TL-07")
def test_openssl_and_gnutls_refuse_a_wrong_key_with_an_alert_that_is_shown(
    libcoap_psk_server, credentials
):
    psk = PSK(credentials.psk.identity, "wrong")
    uri = libcoap_psk_server.uri("/time")
    answer = coap("get", uri, "--psk", psk.option, "--alpn-optional")
    assert answer.code == 1, str(answer)
    is_gnutls = "gnutls" in libcoap_psk_server.arguments[0]
    assert_one_clear_line(answer, f"alert {'51 decrypt_error' if is_gnutls else '20 bad_record_mac'}")


def test_a_server_whose_finished_does_not_decrypt_has_another_key(tls_simulator, credentials):
    with Relay(tls_simulator.address, flip_bit(CLIENT, tls_wire.HANDSHAKE, 1)) as relay:
        # The last handshake record of the server is its Finished; before it come one to three.
        for index in range(1, 5):
            relay.change = flip_bit(CLIENT, tls_wire.HANDSHAKE, index)
            answer = coap("get", relay.uri("/time"), "--psk", credentials.psk.option)
            if answer.code == 1 and "keys differ" in answer.stderr:
                break
        else:
            raise AssertionError(f"never noticed: {answer}")
        assert_one_clear_line(answer, "keys differ")
        passage = relay.passages[-1]
        until(lambda: passage.is_over, what="the end of the connection")
        assert passage.records(SERVER)[-1].type == tls_wire.ALERT


def test_a_server_that_knows_no_pre_shared_keys_has_no_shared_cipher_suite(credentials):
    files = "-cert", credentials.server.certificate, "-key", credentials.server.key
    with OpensslServer(*files, "-alpn", "coap") as server:
        answer = coap("get", server.uri("/x"), "--psk", credentials.psk.option)
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "alert 40 handshake_failure")


# A server that does not do what it should


def against(script, *options, credentials, within=8):
    """Runs our client; `script(peer)` answers its ClientHello with the PSKPeer that it gets."""
    with FakeTLSServer() as server:
        process = start_coap("get", server.uri("/x"), "--psk", credentials.psk.option, *options)
        with server.accept_raw() as raw:
            peer = PSKPeer(raw.socket, credentials.psk)
            peer.receive_hello()
            script(peer)
            # An alert, or the end of the connection.
            with contextlib.suppress(ConnectionEnded):
                while not peer.alerts and peer.next_record(5):
                    pass
            peer.close()
            process.wait(within)
    assert process.code == 1, str(process)
    assert_one_clear_line(process)
    return process, peer


def server_hello(**fields) -> bytes:
    fields.setdefault("suite", tls_wire.PSK_CCM_8)
    return ServerHello(**fields).record()


DONE = Record(tls_wire.HANDSHAKE, tls_wire.handshake(tls_wire.SERVER_HELLO_DONE, b"")).encode()


@rows("TL-01")
@pytest.mark.parametrize("version", [0x0300, tls_wire.TLS_1_0, tls_wire.TLS_1_1], ids=hex)
def test_a_server_of_an_old_version_is_refused(credentials, version):
    hello = server_hello(version=version)
    process, peer = against(lambda peer: peer.send_raw(hello), credentials=credentials)
    assert peer.alerts == [fatal("protocol_version")]
    assert_one_clear_line(process, "TLS version")


@pytest.mark.parametrize(
    "fields",
    [
        {"suite": 0x002F},
        {"suite": tls_wire.ECDHE_ECDSA_GCM},
        {"suite": 0},
        {"compression": 1},
        {"extensions": ((tls_wire.MAX_FRAGMENT_LENGTH, b"\1"),)},
        {"extensions": ((tls_wire.EXTENDED_MASTER_SECRET, b"x"),)},
        {"extensions": ((tls_wire.RENEGOTIATION_INFO, b"\5xxxxx"),)},
    ],
    ids=[
        "a suite not offered", "a suite without keys", "suite 0", "compression",
        "another fragment length", "a master secret extension with content",
        "renegotiation information of another connection",
    ],
)
def test_an_answer_that_was_not_offered_is_refused(credentials, fields):
    hello = server_hello(**fields)
    process, peer = against(lambda peer: peer.send_raw(hello), credentials=credentials)
    assert len(peer.alerts) == 1 and peer.alerts[0].is_fatal, f"{peer.alerts}"
    # mbedTLS 2.28 has internal_error for a suite that it does not know.
    assert peer.alerts[0].number in (40, 47, 80, 110), f"{peer.alerts}"


@rows("TL-18", "U-12")
@pytest.mark.parametrize("names", [("h2",), ("coap", "h2"), ("COAP",)], ids=", ".join)
def test_an_alpn_answer_that_was_not_offered_is_refused(credentials, names):
    hello = server_hello(extensions=(tls_wire.alpn(*names),))
    process, peer = against(lambda peer: peer.send_raw(hello), credentials=credentials)
    assert len(peer.alerts) == 1 and peer.alerts[0].is_fatal, f"{peer.alerts}"


@rows("U-14", "TL-18")
@pytest.mark.parametrize("name", [
    "handshake_failure", "no_application_protocol", "unrecognized_name", "internal_error",
    "protocol_version", "unknown_psk_identity", "decrypt_error", "bad_certificate",
])
def test_a_fatal_alert_is_named(credentials, name):
    alert = fatal(name)
    process, peer = against(lambda peer: peer.send_raw(alert.record()), credentials=credentials)
    assert_one_clear_line(process, f"alert {alert.number} {name}")
    assert peer.alerts == [], "an alert is not answered"


def test_an_alert_without_a_name_is_shown_by_its_number(credentials):
    alert = Alert(tls_wire.FATAL, 200)
    process, _ = against(lambda peer: peer.send_raw(alert.record()), credentials=credentials)
    assert_one_clear_line(process, "alert 200")


@rows("U-14")
def test_there_is_no_second_attempt_after_no_application_protocol(credentials):
    with FakeTLSServer() as server:
        process = start_coap("get", server.uri("/x"), "--psk", credentials.psk.option)
        with server.accept_raw() as raw:
            PSKPeer(raw.socket, credentials.psk).receive_hello()
            raw.send(fatal("no_application_protocol").record())
        assert process.wait() == 1, str(process)
        with pytest.raises(TimeoutError):
            server.accept_raw(0.2)
    assert_one_clear_line(process, "alert 120 no_application_protocol")


@rows("U-12", "TL-18")
def test_a_server_that_does_not_answer_alpn_is_left_before_any_coap_byte(credentials):
    seen = []

    with FakeTLSServer() as server:
        process = start_coap("get", server.uri("/x"), "--psk", credentials.psk.option)
        with server.accept_raw() as raw:
            peer = PSKPeer(raw.socket, credentials.psk)
            try:
                peer.serve(alpn=None)
                peer.send(messages.csm())
                seen = peer.receive_to_end()
            except (ConnectionEnded, AlertReceived, AssertionError):
                pass
            assert not any(r.type == tls_wire.APPLICATION_DATA for r in peer.received)
        assert process.wait() == 1, str(process)
    assert not seen, f"{seen}"
    assert_one_clear_line(process, "ALPN", "--alpn-optional")


@rows("U-12", "U-15")
def test_alpn_optional_goes_on_with_such_a_server(credentials):
    with FakeTLSServer() as server:
        keys = "--psk", credentials.psk.option, "--alpn-optional"
        process = start_coap("get", server.uri("/x"), *keys)
        with server.accept_psk(credentials.psk, alpn=None) as peer:
            serve_one(peer)
            assert process.wait() == 0, str(process)
    assert process.stdout == "fine"


@rows("U-13", "U-15")
def test_on_port_5684_a_server_without_alpn_is_fine(credentials):
    # An address of 127/8 that nothing else listens on.
    with FakeTLSServer("127.56.84.2", 5684) as server:
        # Without a port the URI means 5684 as well.
        uri = f"coaps+tcp://{server.host}/x"
        process = start_coap("get", uri, "--psk", credentials.psk.option)
        with server.accept_psk(credentials.psk, alpn=None) as peer:
            assert peer.client_hello.alpn == [b"coap"]
            serve_one(peer)
            assert process.wait() == 0, str(process)


@pytest.mark.parametrize(
    "script",
    [
        lambda peer: peer.send_raw(server_hello() + server_hello()),
        lambda peer: peer.send_raw(DONE),
        lambda peer: peer.send_raw(server_hello() + Record(20, b"\1").encode()),
        lambda peer: peer.send_raw(server_hello() + Record(23, b"early data").encode()),
        lambda peer: peer.send_raw(Record(22, tls_wire.handshake(2, b"\3\3")).encode()),
        lambda peer: peer.send_raw(Record(22, tls_wire.handshake(2, b"\3\3" + bytes(300))).encode()),
        lambda peer: peer.send_raw(b"\x16\x03\x03\xff\xff" + bytes(1000)),
        lambda peer: peer.send_raw(Record(22, b"").encode() * 50),
        lambda peer: peer.send_raw(Record(21, b"\2").encode()),
        lambda peer: peer.send_raw(Record(21, b"\1\0").encode()),
    ],
    ids=[
        "two ServerHellos", "ServerHelloDone first", "ChangeCipherSpec too early", "early data",
        "a cut ServerHello", "a ServerHello of nonsense", "an endless record", "empty records",
        "half an alert", "close_notify",
    ],
)
def test_a_server_that_makes_no_sense_is_left_at_once(credentials, script):
    begin = time.monotonic()
    process, peer = against(script, credentials=credentials)
    assert time.monotonic() - begin < 5, "only at the deadline"
    assert all(alert.is_fatal or alert.number == 0 for alert in peer.alerts)


@pytest.mark.parametrize("seed", range(8))
def test_a_server_of_random_bytes_is_left(credentials, seed):
    data = random.Random(seed).randbytes(600)
    against(
        lambda peer: (peer.send_raw(data), Peer.finish_sending(peer)), "--handshake-timeout", "2",
        credentials=credentials,
    )


def test_a_server_that_speaks_http_does_not_speak_tls(credentials):
    with FakeServer() as server:
        uri = server.uri("/x").replace("coap+tcp", "coaps+tcp")
        process = start_coap("get", uri, "--psk", credentials.psk.option)
        with server.accept() as peer:
            peer.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            assert process.wait() == 1, str(process)
    assert_one_clear_line(process, "does not speak TLS")


def test_a_plain_simulator_does_not_speak_tls(start_simulator, credentials):
    plain = start_simulator()
    uri = plain.uri("/time").replace("coap+tcp", "coaps+tcp")
    answer = coap("get", uri, "--psk", credentials.psk.option)
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer, "does not speak TLS")
    plain.assert_serving()


def test_a_tls_client_hello_is_aborted_by_a_plain_simulator(start_simulator):
    plain = start_simulator()
    with plain.dial() as peer:
        peer.send(hello_of_client().record())
        found = peer.receive_to_end()
    assert [m.dotted for m in found] == ["7.01", "7.05"], f"{[str(m) for m in found]}"


@pytest.mark.parametrize("moment", ["at once", "after the ClientHello", "after the ServerHello"])
@pytest.mark.parametrize("how", ["fin", "reset"])
def test_a_server_that_closes_in_the_handshake_is_named(credentials, moment, how):
    with FakeTLSServer() as server:
        process = start_coap("get", server.uri("/x"), "--psk", credentials.psk.option)
        peer = PSKPeer(server.accept_raw().socket, credentials.psk)
        if moment != "at once":
            peer.receive_hello()
        if moment == "after the ServerHello":
            peer.send_raw(server_hello())
        if how == "reset":
            peer.reset()
        else:
            # What is unread at the close would turn the FIN into a reset.
            Peer.finish_sending(peer)
            with contextlib.suppress(ConnectionEnded):
                while peer.next_record():
                    pass
            peer.close()
        assert process.wait() == 1, str(process)
    assert_one_clear_line(process, *(["closed the connection"] if how == "fin" else []))


@pytest.mark.parametrize("moment", ["nothing", "half a record", "a ServerHello"])
def test_a_silent_server_is_given_up_within_the_time(credentials, moment):
    begin = time.monotonic()
    keys = "--psk", credentials.psk.option, "--handshake-timeout", "1"
    with FakeTLSServer() as server:
        process = start_coap("get", server.uri("/x"), *keys)
        with server.accept_raw() as raw:
            peer = PSKPeer(raw.socket, credentials.psk)
            peer.receive_hello()
            data = server_hello()
            peer.send_raw({"nothing": b"", "half a record": data[:20], "a ServerHello": data}[moment])
            assert process.wait() == 1, str(process)
    assert 0.7 < time.monotonic() - begin < 6, "not at the configured time"
    assert_one_clear_line(process, "handshake", "within")


# Clients that do not do what they should


@pytest.fixture(scope="module")
def impatient(credentials):
    """Waits for a handshake one second, and has few places, so that a lost one shows."""
    simulator = TLSSimulator(
        credentials, "--handshake-timeout", 1, "--connections", 8, "--log-level", "info"
    )
    yield simulator
    simulator.assert_serving()
    assert simulator.stop() == 0, str(simulator)


def test_a_silent_client_is_closed_within_the_time_and_others_are_served(impatient):
    begin = time.monotonic()
    hello = hello_of_client().record()
    stalled = [impatient.dial() for _ in range(4)]
    for peer, sent in zip(stalled, [b"", hello[:3], hello[:-1], hello]):
        peer.send(sent)
    with impatient.connect() as good:
        while time.monotonic() - begin < 0.8:
            assert good.exchange(messages.get("/actuators/led"), 0.7).dotted == "2.05"
        for peer in stalled:
            with pytest.raises(ConnectionEnded):
                while peer._fill(time.monotonic() + 5):
                    pass
            peer.close()
        assert 0.7 < time.monotonic() - begin < 6, "not at the configured time"
        impatient.expect_failure("handshake", "within")
        good.expect_alive()


def test_one_stalled_peer_does_not_delay_the_handshakes_of_others(impatient):
    with impatient.dial() as stalled:
        stalled.send(hello_of_client().record()[:50])
        begin = time.monotonic()
        for _ in range(5):
            with impatient.connect() as peer:
                assert peer.exchange(messages.get("/actuators/led")).dotted == "2.05"
        assert time.monotonic() - begin < 0.9, "the others waited for the stalled one"


def test_plain_coap_on_the_tls_port_is_refused(tls_simulator):
    with tls_simulator.connect() as good:
        received = answer_to(
            tls_simulator.address, b"\x00\xe1" + bytes.fromhex("3101014474696d65"), to_end=True
        )
        for record in tls_wire.records_of(received):
            assert record.type == tls_wire.ALERT
        tls_simulator.expect_failure("does not speak TLS")
        good.expect_alive()


def test_our_plain_client_on_the_tls_port_is_one_clear_line(tls_simulator):
    answer = coap("get", tls_simulator.uri("/time").replace("coaps", "coap"))
    assert answer.code == 1, str(answer)
    assert_one_clear_line(answer)


def handshake_sizes(address, psk) -> dict[str, int]:
    """How many bytes a handshake, both CSMs and a Ping take in each direction."""
    with Relay(address) as relay, PSKPeer.open(relay.address, psk) as peer:
        peer.handshake()
        peer.expect_alive()
        return {towards: len(relay.passage.bytes[towards]) for towards in (SERVER, CLIENT)}


def settled(simulator, descriptors: int) -> None:
    until(
        lambda: simulator.open_descriptors <= descriptors,
        what=f"{simulator.open_descriptors} descriptors back to {descriptors}",
    )


def cut_at_every(simulator, towards: str, counts, psk, *, reset: bool) -> None:
    with simulator.connect() as good:
        descriptors = simulator.open_descriptors
        with Relay(simulator.address) as relay:
            for count in counts:
                relay.change = cut_after(towards, count, reset=reset)
                try:
                    with PSKPeer.open(relay.address, psk) as peer:
                        peer.handshake()
                        peer.expect_alive()
                        raise AssertionError(f"not cut after {count} bytes {towards}")
                except (ConnectionEnded, ConnectionResetError, BrokenPipeError):
                    pass
            assert good.exchange(messages.get("/actuators/led")).dotted == "2.05"
            settled(simulator, descriptors)


@pytest.mark.parametrize("towards", [SERVER, CLIENT])
@pytest.mark.parametrize("reset", [False, True], ids=["fin", "reset"])
def test_a_connection_cut_after_every_byte_leaves_nothing_behind(
    tls_simulator, credentials, towards, reset
):
    size = handshake_sizes(tls_simulator.address, credentials.psk)[towards]
    # Memory of a place is there once it was used; on a slow machine some are closing while others begin.
    with contextlib.ExitStack() as peers:
        for _ in range(16):
            peer = peers.enter_context(PSKPeer.open(tls_simulator.address, credentials.psk))
            peer.handshake()
            peer.expect_alive()
    cut_at_every(tls_simulator, towards, range(0, size, 10), credentials.psk, reset=reset)
    memory = tls_simulator.resident_kilobytes
    cut_at_every(tls_simulator, towards, range(size), credentials.psk, reset=reset)
    assert tls_simulator.resident_kilobytes - memory < 1024, "the process grows"


def client_cut_at(relay, towards: str, count: int, psk: PSK) -> None:
    relay.change = cut_after(towards, count)
    process = coap("get", relay.uri("/time"), "--psk", psk.option, "--alpn-optional")
    assert process.code == 1, f"after {count} bytes {towards}: {process}"
    assert_one_clear_line(process)


@pytest.mark.parametrize("towards", [SERVER, CLIENT])
def test_our_client_names_a_cut_anywhere_in_one_line(tls_simulator, credentials, towards):
    size = handshake_sizes(tls_simulator.address, credentials.psk)[towards]
    # Memory of a place is there once it was used; on a slow machine some are closing while others begin.
    with contextlib.ExitStack() as peers:
        for _ in range(16):
            peer = peers.enter_context(PSKPeer.open(tls_simulator.address, credentials.psk))
            peer.handshake()
            peer.expect_alive()
    with Relay(tls_simulator.address) as relay:
        for count in range(0, size - 60, 29):
            client_cut_at(relay, towards, count, credentials.psk)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("towards", [SERVER, CLIENT])
def test_our_client_names_a_cut_after_every_byte_in_one_line(tls_simulator, credentials, towards):
    size = handshake_sizes(tls_simulator.address, credentials.psk)[towards]
    # Memory of a place is there once it was used; on a slow machine some are closing while others begin.
    with contextlib.ExitStack() as peers:
        for _ in range(16):
            peer = peers.enter_context(PSKPeer.open(tls_simulator.address, credentials.psk))
            peer.handshake()
            peer.expect_alive()
    with Relay(tls_simulator.address) as relay:
        for count in range(size - 60):
            client_cut_at(relay, towards, count, credentials.psk)


@pytest.mark.parametrize("towards", [SERVER, CLIENT])
def test_every_flipped_bit_in_a_handshake_is_noticed(tls_simulator, credentials, towards):
    """No handshake goes on with a record that was changed."""
    keys = "--psk", credentials.psk.option, "--handshake-timeout", "2"
    with Relay(tls_simulator.address) as relay:
        for index in range(4):
            for at in (-1, 5, 20):
                relay.change = flip_bit(towards, tls_wire.HANDSHAKE, index, at=at)
                answer = coap("get", relay.uri("/time"), *keys)
                passed = relay.passages[-1].records(towards)
                passed = [record for record in passed if record.type == tls_wire.HANDSHAKE]
                if len(passed) > index and len(passed[index].fragment) > at:
                    assert answer.code == 1, f"record {index}, byte {at}: {answer}"
                    assert_one_clear_line(answer)


def test_a_held_back_flight_ends_at_the_deadline(impatient, credentials):
    with Relay(impatient.address, hold_after(CLIENT, 60)) as relay:
        answer = coap(
            "get", relay.uri("/time"), "--psk", credentials.psk.option, "--handshake-timeout", "0.7"
        )
        assert answer.code == 1, str(answer)
        assert_one_clear_line(answer, "handshake", "within")


def garbage(source: random.Random) -> bytes:
    """Random bytes, or bytes that begin like TLS."""
    data = source.randbytes(source.randint(1, 500))
    match source.randrange(4):
        case 0:
            return data
        case 1:
            return Record(source.randint(20, 24), data).encode()
        case 2:
            return Record(tls_wire.HANDSHAKE, tls_wire.handshake(source.randint(0, 20), data)).encode()
        case _:
            changed = bytearray(hello_of_client(server_name="localhost").record())
            for _ in range(source.randint(1, 6)):
                changed[source.randrange(len(changed))] = source.randrange(256)
            return bytes(changed) + data


def bombard(simulator, seeds) -> None:
    for seed in seeds:
        with simulator.dial() as peer:
            peer.send_split(garbage(random.Random(seed)), seed=seed)
            peer.finish_sending()
            try:
                while peer._fill(time.monotonic() + 5):
                    pass
                raise AssertionError(f"seed {seed}: not closed")
            except ConnectionEnded:
                pass
            for record in tls_wire.split_records(bytes.fromhex(peer.undecoded))[0]:
                assert record.type in (tls_wire.ALERT, tls_wire.HANDSHAKE), f"seed {seed}: {record}"


def test_garbage_ends_nothing_but_its_own_connection(impatient):
    with impatient.connect() as good:
        bombard(impatient, range(60))
        memory, descriptors = impatient.resident_kilobytes, impatient.open_descriptors
        bombard(impatient, range(60, 260))
        assert good.exchange(messages.get("/actuators/led")).dotted == "2.05"
        assert impatient.resident_kilobytes - memory < 2048, "the process grows"
        settled(impatient, descriptors)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_connections_of_garbage(impatient):
    bombard(impatient, range(1000, 3000))
    memory = impatient.resident_kilobytes
    bombard(impatient, range(3000, 11000))
    assert impatient.resident_kilobytes - memory < 2048, "the process grows"


def test_two_hundred_handshakes_leave_no_memory_behind(impatient):
    for _ in range(50):
        with impatient.connect():
            pass
    memory = impatient.resident_kilobytes
    for _ in range(200):
        with impatient.connect():
            pass
    assert impatient.resident_kilobytes - memory < 1024, "the process grows"
