"""A small server of HTTP: one function answers, one request a connection, a thread each, everything bounded.

The sandbox's services are served by it, and so is whatever the suite itself must be to others. Whoever calls is a
stranger: a request is read within SECONDS and MAX_BODY, and what is beyond OPEN_AT_ONCE connections is closed unread.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

MAX_BODY = 2_097_152
SECONDS = 10.0
OPEN_AT_ONCE = 128
PORTS = range(20_000, 30_000)
"""Below those that systems give to clients, so that one which is free now stays free."""


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived. target: path and query as sent. fields: lower-case names. certificate: the client's leaf, DER."""

    method: str
    target: str
    fields: Mapping[str, str]
    body: bytes = b""
    certificate: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query as sent, without its question mark."""
        return self.target.partition("?")[2]


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered. Content-Length and Connection are added.

    pieces: instead of a body, octets that are sent one after the other as they come; the end of the connection is
    theirs, so they have no Content-Length.
    """

    status: int
    body: bytes = b""
    fields: Mapping[str, str] = field(default_factory=dict)
    pieces: Iterable[bytes] | None = None


Respond: TypeAlias = Callable[[Request], Response]
SECURITY_TXT, SECURITY_DAYS = "/.well-known/security.txt", 90


def security_txt(days: int = SECURITY_DAYS) -> bytes:
    """Whom to tell of a weakness, good for so many days from now (RFC 9116)."""
    expires = datetime.now(UTC) + timedelta(days=days)
    return f"Contact: https://xa.test/security\nExpires: {expires:%Y-%m-%dT%H:%M:%SZ}\n".encode()


def _nothing(*_: object) -> None:
    """Whoever listens for nothing."""


@contextlib.contextmanager
def serve(
    respond: Respond, context: ssl.SSLContext | None, address: tuple[str, int] = ("127.0.0.1", 0)
) -> Iterator[int]:
    """Serve until the context ends; yields the port. `respond` is called from many threads.

    Args:
        respond: The answer to a request.
        context: TLS of the server; None for plain HTTP.
        address: Where to listen, loopback where none is given; it may be `reserved`.

    Raises:
        OSError: the address cannot be listened on.
    """
    with serving(_handler(_with_security_txt(respond)), context, address, at_once=OPEN_AT_ONCE) as port:
        yield port


@contextlib.contextmanager
def serving(
    handler: type[BaseHTTPRequestHandler],
    context: ssl.SSLContext | None,
    address: tuple[str, int],
    *,
    at_once: int,
    opened: Callable[[], None] = _nothing,
    refused: Callable[[str], None] = _nothing,
) -> Iterator[int]:
    """As `serve`, for a handler that answers as it will.

    Args:
        handler: Of one request.
        context: As for `serve`.
        address: As for `serve`.
        at_once: Connections that are served at once; what is beyond is closed unread.
        opened: Called for every connection, whatever becomes of it.
        refused: Called with what TLS called it where no connection came of a handshake.

    Raises:
        OSError: the address cannot be listened on.
    """
    server = _Server(address, handler, context, at_once=at_once, opened=opened, refused=refused)
    # A server that polls twice a second would keep the sandbox from stopping at once.
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def reserved() -> Iterator[str]:
    """An address on loopback that nobody else gets while the context is open: bound, and not listened on.

    Who listens on it sets SO_REUSEPORT as well, as our servers do.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        host, port = holder.getsockname()
        yield f"{host}:{port}"


class _Server(ThreadingHTTPServer):
    """Shakes hands in the thread of the request, so that a slow client holds up nobody."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_port = True
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        handler: Any,
        context: ssl.SSLContext | None,
        *,
        at_once: int,
        opened: Callable[[], None],
        refused: Callable[[str], None],
    ) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self._context, self._opened, self._refused = context, opened, refused
        self._slots = threading.BoundedSemaphore(at_once)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection where there is room."""
        self._opened()
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve, and give the slot back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS with the client, where there is TLS, then HTTP."""
        request.settimeout(SECONDS)
        if self._context is None:
            with contextlib.suppress(OSError, ValueError):
                super().finish_request(request, client_address)
            return
        try:
            secure = self._context.wrap_socket(request, server_side=True)
        except (OSError, ValueError) as error:
            self._refused(getattr(error, "reason", None) or type(error).__name__)
            return
        with contextlib.suppress(OSError, ValueError), secure:
            super().finish_request(secure, client_address)
            with contextlib.suppress(OSError):
                secure.shutdown(socket.SHUT_WR)

    def handle_error(self, *_: Any) -> None:
        """Whatever a client does to its connection ends it silently."""


def _with_security_txt(respond: Respond) -> Respond:
    """The same answers, and a security.txt where there would be none."""

    def answer(request: Request) -> Response:
        response = respond(request)
        if request.target == SECURITY_TXT and response.status == HTTPStatus.NOT_FOUND:
            return Response(200, security_txt(), {"Content-Type": "text/plain; charset=utf-8"})
        return response

    return answer


def _body(stream: Any, length: int) -> bytes | None:
    """So many octets, or None where they did not come within SECONDS."""
    body, until = bytearray(), time.monotonic() + SECONDS
    while len(body) < length and time.monotonic() < until:
        more = stream.read1(min(length - len(body), 65_536))
        if not more:
            return None
        body += more
    return bytes(body) if len(body) == length else None


def _handler(respond: Respond) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self._answer
            raise AttributeError(name)

        def _answer(self) -> None:
            length = self.headers.get("Content-Length", "0")
            if not length.isascii() or not length.isdigit() or int(length[:9]) > MAX_BODY:
                self._write(Response(413))
                return
            if (body := _body(self.rfile, int(length))) is None:
                self._write(Response(408))
                return
            fields = {name.lower(): value for name, value in self.headers.items()}
            peer = self.connection.getpeercert(binary_form=True) if isinstance(self.connection, ssl.SSLSocket) else b""
            self._write(respond(Request(self.command, self.path, fields, body, peer or b"")))

        def _write(self, response: Response) -> None:
            phrase = HTTPStatus(response.status).phrase
            lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{k}: {v}" for k, v in response.fields.items())]
            lines += ["Strict-Transport-Security: max-age=63072000; includeSubDomains"]
            self.close_connection = True
            if response.pieces is None:
                lines += [f"Content-Length: {len(response.body)}", "Connection: close", "", ""]
                self.wfile.write("\r\n".join(lines).encode("latin-1") + response.body)
                return
            self.wfile.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
            for piece in response.pieces:
                self.wfile.write(piece)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
