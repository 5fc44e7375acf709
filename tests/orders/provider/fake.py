"""A server that does exactly what a test says, on a real socket: the client is tried against bytes, not against mocks."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Behave = Callable[[socket.socket, threading.Event], None]


@dataclass
class FakeProvider:
    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/api/v2"


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data and (part := connection.recv(65536)):
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < length and (part := connection.recv(65536)):
        body += part
    return head + b"\r\n\r\n" + body


def response(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answers(data: bytes) -> Behave:
    return lambda connection, _stop: connection.sendall(data)


def resets(connection: socket.socket, _stop: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def says_nothing(_connection: socket.socket, stop: threading.Event) -> None:
    stop.wait(10)


def drips(data: bytes) -> Behave:
    def behave(connection: socket.socket, stop: threading.Event) -> None:
        for byte in data:
            connection.sendall(bytes([byte]))
            if stop.wait(0.05):
                return

    return behave


def never_ends(connection: socket.socket, stop: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not stop.is_set():
        connection.sendall(b" " * 65536)


@contextmanager
def fake_provider(behave: Behave, *, reads: bool = True) -> Iterator[FakeProvider]:
    """`behave` runs for each connection, after the request was read, or at once where `reads` is false."""
    listener = socket.create_server(("127.0.0.1", 0))
    provider = FakeProvider(listener.getsockname()[1])
    stop = threading.Event()

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            if stop.is_set():
                connection.close()
                return
            provider.connections += 1
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    def talk(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if reads:
                provider.requests.append(read_request(connection))
            behave(connection, stop)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        stop.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", provider.port), timeout=1).close()
        thread.join(2)
        listener.close()
