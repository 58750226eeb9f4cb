"""A server for devices that dial: a raw CoAP endpoint that notes what it is asked and answers as it is told."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import messages
from harness import until
from peer import ConnectionEnded, Peer
from wire import Message


class Collector:
    """Listens on 127.0.0.1, on a port that the system picks.

    `answer(request)` gives the code of each answer, or a whole message, or None for silence. The default is 2.04.
    """

    def __init__(self, answer=lambda request: "2.04", port: int = 0):
        self.answer = answer
        self.requests: list[Message] = []
        """All that came, on whatever connection."""
        self.responses: list[Message] = []
        """What the devices answered to what the test has asked."""
        self.pings: list[float] = []
        """When each Ping came."""
        self.peers: list[Peer] = []
        """The connections, the last one last; those that are over too."""
        self.releases = 0
        self._listener = socket.create_server(("127.0.0.1", port))
        self.address = self._listener.getsockname()
        self._is_open = True
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Collector:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """No more connections; those that there are break."""
        self._is_open = False
        # Wakes the thread that accepts.
        with contextlib.suppress(OSError):
            socket.create_connection(self.address, 1).close()
        self._threads[0].join(5)
        self._listener.close()
        for peer in self.peers:
            with contextlib.suppress(OSError):
                peer.socket.shutdown(socket.SHUT_RDWR)
            peer.close()

    @property
    def uri(self) -> str:
        return f"coap+tcp://127.0.0.1:{self.address[1]}"

    @property
    def reports(self) -> list[int]:
        """The numbers of the reports that came, in order."""
        return [
            int(request.payload.split()[0])
            for request in list(self.requests)
            if request.code in (messages.POST, messages.PUT)
        ]

    def wait_for_reports(self, count: int, within: float = 20) -> None:
        until(lambda: len(set(self.reports)) >= count, within, f"{count} reports")

    def send(self, *items: Message | bytes) -> None:
        """To the device that dialled last."""
        self.peers[-1].send(*items)

    # Inside

    def _accept(self) -> None:
        while self._is_open:
            connection, _ = self._listener.accept()
            if not self._is_open:
                connection.close()
                return
            peer = Peer(connection)
            self.peers.append(peer)
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: Peer) -> None:
        peer.send(messages.csm())
        with contextlib.suppress(ConnectionEnded, OSError, ValueError):
            while self._is_open:
                message = _next(peer)
                if message is not None and not self._act(peer, message):
                    return

    def _act(self, peer: Peer, message: Message) -> bool:
        if message.code == messages.PING:
            self.pings.append(time.monotonic())
            peer.send(Message(messages.PONG, message.token))
        elif message.code == messages.RELEASE:
            self.releases += 1
            peer.finish_sending()
            return False
        elif 0 < message.code < 32:
            self.requests.append(message)
            answer = self.answer(message)
            if isinstance(answer, str):
                answer = messages.response(message, answer)
            if answer is not None:
                peer.send(answer)
        elif message.code < 0xE0:
            self.responses.append(message)
        return True


def _next(peer: Peer) -> Message | None:
    """What comes next, or None after a second without a whole message."""
    with contextlib.suppress(AssertionError):
        return peer.receive(1.0)
    return None
