"""The NAT that other tests put between a device and its server does what NATs do."""

import socket
import threading
import time

import pytest

from harness import until
from nat_proxy import NATProxy

pytestmark = [pytest.mark.peers_only]


@pytest.fixture
def echo():
    """The address of a server that sends back what it gets, and the connections that it has."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections = []

    def serve(connection):
        try:
            while piece := connection.recv(65536):
                connection.sendall(piece)
        except OSError:
            pass
        connection.close()

    def accept():
        try:
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                threading.Thread(target=serve, args=[connection], daemon=True).start()
        except OSError:
            pass

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield listener.getsockname(), connections
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for connection in connections:
        connection.close()
    thread.join(5)


def dial(proxy, timeout=5.0):
    return socket.create_connection(proxy.address, timeout)


def exchange(connection, data):
    connection.sendall(data)
    answer = b""
    while len(answer) < len(data):
        piece = connection.recv(65536)
        assert piece, "it has ended"
        answer += piece
    assert answer == data


def test_bytes_pass_both_ways(echo):
    with NATProxy(echo[0], None) as proxy, dial(proxy) as connection:
        exchange(connection, b"x")
        exchange(connection, bytes(range(256)) * 400)
        assert proxy.flows[0].byte_count == 2 * (1 + 102400)
        assert not proxy.forgotten


def test_an_end_passes_and_half_closed_connections_go_on(echo):
    with NATProxy(echo[0], 5) as proxy, dial(proxy) as connection:
        connection.sendall(b"abc")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(10) == b"abc"
        assert connection.recv(10) == b""


def test_silences_shorter_than_the_memory_are_lived_through(echo):
    with NATProxy(echo[0], 1.0) as proxy, dial(proxy) as connection:
        for _ in range(4):
            time.sleep(0.4)
            exchange(connection, b"x")
        assert not proxy.forgotten
        assert proxy.flows[0].longest_silence >= 0.4


def test_a_connection_silent_for_too_long_is_a_hole_both_ways(echo):
    address, connections = echo
    with NATProxy(address, 0.3) as proxy, dial(proxy, 1.0) as connection:
        exchange(connection, b"x")
        time.sleep(0.6)
        connection.sendall(b"lost")
        with pytest.raises(TimeoutError):
            connection.recv(10)
        # What the server says does not come through either, and it gets no error.
        connections[0].sendall(b"also lost")
        with pytest.raises(TimeoutError):
            connection.recv(10)
        assert proxy.forgotten == [proxy.flows[0]]
        until(lambda: proxy.flows[0].lost_byte_count == len(b"lostalso lost"))


def test_the_end_of_a_forgotten_connection_is_not_told(echo):
    address, connections = echo
    with NATProxy(address, 0.2) as proxy:
        with dial(proxy) as connection:
            exchange(connection, b"x")
            time.sleep(0.4)
        connections[0].settimeout(0.5)
        with pytest.raises(TimeoutError):
            connections[0].recv(10)


def test_a_forgotten_connection_does_not_keep_others_from_passing(echo):
    with NATProxy(echo[0], 0.3) as proxy, dial(proxy) as old:
        exchange(old, b"x")
        time.sleep(0.5)
        old.sendall(b"lost")
        with dial(proxy) as new:
            exchange(new, b"y")
        assert [flow.is_forgotten for flow in proxy.flows] == [True, False]


def test_nobody_behind_it_is_a_refused_connection():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        target = listener.getsockname()
    # The reset may come before the call that connects has returned.
    with NATProxy(target, 1) as proxy, pytest.raises(ConnectionError), dial(proxy) as connection:
        connection.recv(10) or connection.sendall(b"x") or connection.recv(10)
