"""Our callback address and our canary: listeners that keep what arrives, within bounds, and answer 202 or less.

Everything that calls is a stranger. A request is read whole only where it is a POST with a Content-Length of at most
MAX_OCTETS; at most KEPT requests and as many octets as KEPT_OCTETS are kept, the rest is counted. Which message a
request belongs to shows by a part of its path that nobody can guess.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from conformance.core import scope
from conformance.core.model import NotTested, Untested
from conformance.wire.serving import serving

MAX_OCTETS = 1_048_576
KEPT, KEPT_OCTETS = 2_000, 33_554_432
SECONDS, OPEN_AT_ONCE = 5.0, 64


@dataclass(frozen=True, slots=True)
class Received:
    """One request. token: the last part of its path. at: monotonic seconds. status: what it was answered."""

    token: str
    at: float
    status: int
    body: bytes = b""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Inbox:
    """What arrived so far. dropped: requests beyond the bounds. connections: every one, whatever came of it.

    refused: what TLS called the first handshake that came to nothing.
    """

    received: list[Received] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    octets: int = 0
    dropped: int = 0
    connections: int = 0
    refused: str = ""

    def count(self) -> None:
        """Count a connection."""
        with self.changed:
            self.connections += 1
            self.changed.notify_all()

    def refuse(self, why: str) -> None:
        """Keep why a handshake came to nothing."""
        with self.changed:
            self.refused = self.refused or why[:80]

    def add(self, request: Received) -> None:
        """Keep a request, or count it."""
        with self.changed:
            if len(self.received) < KEPT and self.octets + len(request.body) <= KEPT_OCTETS:
                self.received.append(request)
                self.octets += len(request.body)
            else:
                self.dropped += 1
            self.changed.notify_all()

    def wait(self, done: Callable[[], bool], until: float) -> None:
        """Wait until `done` says so, looked at after each arrival, or until a monotonic time."""
        with self.changed:
            while not done() and (left := until - time.monotonic()) > 0:
                self.changed.wait(min(left, 0.5))


@contextlib.contextmanager
def listen(address: str, context: ssl.SSLContext | None = None) -> Iterator[Inbox]:
    """Listen on `host:port` until the context ends, in plain HTTP where there is no context of TLS.

    Raises:
        Untested: NO_CALLBACK, where the address cannot be listened on.
    """
    inbox = Inbox()
    host, port = scope.split_address(address)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(
                serving(
                    _handler(inbox),
                    context,
                    (host, port),
                    at_once=OPEN_AT_ONCE,
                    opened=inbox.count,
                    refused=inbox.refuse,
                )
            )
        except OSError as error:
            raise Untested(NotTested.NO_CALLBACK, f"cannot listen on {address}: {error.strerror}") from None
        yield inbox


def _body(connection: socket.socket, stream: Any, length: int) -> bytes:
    """So many octets, or what came of them within SECONDS: a drip does not hold its slot for longer."""
    body, until = bytearray(), time.monotonic() + SECONDS
    while len(body) < length and (left := until - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            more = stream.read1(min(length - len(body), 65_536))
        except OSError:
            break
        if not more:
            break
        body += more
    return bytes(body)


def _handler(inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = SECONDS

        def do_POST(self) -> None:
            """Read one message."""
            length = self.headers.get("Content-Length", "")
            token = self.path.partition("?")[0].rpartition("/")[2][:64]
            if not (length.isascii() and length.isdigit()) or len(length) > 9:
                self._answer(token, 411)
            elif int(length) > MAX_OCTETS:
                self._answer(token, 413)
            else:
                body = _body(self.connection, self.rfile, int(length))
                self._answer(token, 202 if len(body) == int(length) else 400, body)

        def _answer(self, token: str, status: int, body: bytes = b"") -> None:
            at = time.monotonic()
            fields = tuple((name.lower()[:64], value[:4096]) for name, value in list(self.headers.items())[:100])
            inbox.add(Received(token, at, status, body, fields))
            self.close_connection = True
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def version_string(self) -> str:
            """Say little."""
            return "conformance"

    return Handler
