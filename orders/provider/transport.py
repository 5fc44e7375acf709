"""One POST to a provider: one attempt, one connection of its own, no redirect, bounded in time and size.

What matters afterwards is whether a byte of the request left the machine: only then may an order exist upstream. The
exceptions of HTTP libraries do not tell that apart ("connection error" is a refused connection as well as one that
broke after sending), so the connection itself keeps note of it.
"""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from orders.provider.addresses import AddressRefused, Target, resolve, target_of

logger = logging.getLogger(__name__)

MOST_ADDRESSES = 4
CHUNK = 64 * 1024
HEADERS = {
    "User-Agent": "neopanel",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class NotSent(Exception):
    """Not a byte of the request left: certainly nothing happened upstream."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Lost(Exception):
    """The request left, wholly or in part, and no complete answer came back: nobody knows what happened upstream."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Timeouts:
    """Seconds. `read` is the longest silence, `total` bounds a whole call, however slowly the answer drips."""

    connect: float = 5.0
    read: float = 30.0
    total: float = 40.0


@dataclass(frozen=True)
class Answer:
    """A complete answer. `retry_after` is the header as sent."""

    status: int
    body: bytes
    retry_after: str


@dataclass
class _Call:
    """What one call knows of itself while it runs."""

    target: Target
    timeouts: Timeouts
    deadline: float
    sent: bool = False
    expired: bool = False
    # A second handle on the connection. Shutting the TLS socket down from another thread would race with its reader.
    handle: socket.socket | None = field(default=None, repr=False)

    def left(self) -> float:
        return self.deadline - time.monotonic()

    def expire(self) -> None:
        """At the deadline: whatever waits on the connection wakes up, even between two bytes of a header."""
        self.expired = True
        if self.handle is not None:
            with contextlib.suppress(OSError):
                self.handle.shutdown(socket.SHUT_RDWR)

    def connect(self) -> socket.socket:
        """Connect to an address that was checked, never to the name again: it might lead elsewhere the second time."""
        failure: OSError = OSError("no address")
        for address in resolve(self.target)[:MOST_ADDRESSES]:
            if self.left() <= 0:
                raise TimeoutError("deadline")
            try:
                connection = socket.create_connection(
                    (address, self.target.port), timeout=min(self.timeouts.connect, self.left())
                )
            except OSError as error:
                failure = error
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.handle = connection.dup()
            return connection
        raise failure

    def leaving(self) -> None:
        """Called before bytes leave: from here on nothing is certain any more."""
        if self.expired or self.left() <= 0:
            raise TimeoutError("deadline")
        self.sent = True


class _Noting:
    """The part of a connection that takes its socket from the call and tells the call before anything leaves."""

    sock: Any

    def __init__(self, *args: Any, call: _Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.call = call

    def _new_conn(self) -> socket.socket:
        return self.call.connect()

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        self.call.leaving()
        super().send(data)  # type: ignore[misc]


class _PlainConnection(_Noting, HTTPConnection):
    pass


class _SecureConnection(_Noting, HTTPSConnection):
    pass


class _OneCallAdapter(HTTPAdapter):
    """Gives the one request a connection that nothing was sent over before."""

    def __init__(self, call: _Call) -> None:
        super().__init__(max_retries=0)
        self.call = call

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        host, tls = self.build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https":
            pool: HTTPConnectionPool = HTTPSConnectionPool(host["host"], host["port"], maxsize=1, **tls)
            pool.ConnectionCls = partial(_SecureConnection, call=self.call)  # type: ignore[assignment]
        else:
            pool = HTTPConnectionPool(host["host"], host["port"], maxsize=1)
            pool.ConnectionCls = partial(_PlainConnection, call=self.call)  # type: ignore[assignment]
        return pool


def post(
    url: str,
    fields: Mapping[str, str],
    *,
    allow_private_hosts: Collection[str],
    timeouts: Timeouts,
    most_bytes: int,
) -> Answer:
    """Send `fields` as a form to `url`, once, and read at most `most_bytes` of the answer.

    Raises AddressRefused and NotSent where nothing left, Lost where something did. The failures carry neither the
    request nor the library's exception: both hold the provider's key.
    """
    target = target_of(url, allow_private_hosts)
    call = _Call(target, timeouts, time.monotonic() + timeouts.total)
    timer = threading.Timer(timeouts.total, call.expire)
    timer.daemon = True
    timer.start()
    try:
        return _exchange(call, url, fields, most_bytes)
    except AddressRefused as error:
        refused: AddressRefused | None = AddressRefused(str(error))
    except Exception as error:
        # Broad on purpose: once the request has left, every surprise means "unknown", whatever library it comes from.
        refused = None
        reason = _reason(call, error)
    finally:
        timer.cancel()
        if call.handle is not None:
            call.handle.close()
    if refused is not None:
        raise refused
    logger.info("call to provider host %s failed (%s): %s", target.host, "sent" if call.sent else "not sent", reason)
    raise Lost(reason) if call.sent else NotSent(reason)


def _exchange(call: _Call, url: str, fields: Mapping[str, str], most_bytes: int) -> Answer:
    request = requests.Request("POST", url, data=dict(fields), headers=HEADERS).prepare()
    adapter = _OneCallAdapter(call)
    # The adapter is asked directly. A session would follow the environment's proxies and .netrc, and reads the whole
    # body of a redirect, however long, even when it is told not to follow it.
    timeout = (call.timeouts.connect, call.timeouts.read)
    response = adapter.send(request, stream=True, timeout=timeout, verify=True)
    try:
        body = b""
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            body += chunk
            if len(body) > most_bytes:
                raise _TooLong
    finally:
        response.close()
    if call.expired:  # without a Content-Length the cut connection looks like a proper end
        raise TimeoutError
    return Answer(response.status_code, body, response.headers.get("Retry-After", ""))


class _TooLong(Exception):
    pass


def _reason(call: _Call, error: Exception) -> str:
    """A few words of our own: the text of the exception may hold the address with everything in it."""
    if isinstance(error, _TooLong):
        return "the answer is too long"
    if call.expired or call.left() <= 0:
        return "no complete answer in time" if call.sent else "no connection in time"
    return f"{'connection lost' if call.sent else 'no connection'} ({_innermost(error)})"


def _innermost(error: BaseException) -> str:
    """The name of the exception that started it, `ConnectionRefusedError` rather than the library's wrapping."""
    seen = 0
    while seen < 10:
        inner = error.__cause__ or error.__context__ or getattr(error, "reason", None)
        if not isinstance(inner, BaseException):
            break
        error, seen = inner, seen + 1
    return type(error).__name__
