"""A small HTTPS server for the sandbox: one pure function answers, one request a connection, a thread each."""

from __future__ import annotations

import contextlib
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

MAX_BODY = 2_097_152
SECONDS = 10.0
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
    """What is answered. Content-Length and Connection are added."""

    status: int
    body: bytes = b""
    fields: Mapping[str, str] = field(default_factory=dict)


Respond: TypeAlias = Callable[[Request], Response]


@contextlib.contextmanager
def serve(respond: Respond, context: ssl.SSLContext) -> Iterator[int]:
    """Serve on 127.0.0.1 until the context ends; yields the port. `respond` is called from many threads."""
    server = _Server(("127.0.0.1", 0), _handler(respond), context)
    # A server that polls twice a second would keep the sandbox from stopping at once.
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """Shakes hands in the thread of the request, so that a slow client holds up nobody."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: Any, context: ssl.SSLContext) -> None:
        super().__init__(address, handler)
        self._context = context

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS with the client, then HTTP."""
        request.settimeout(SECONDS)
        with contextlib.suppress(OSError, ValueError), self._context.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)
            with contextlib.suppress(OSError):
                secure.shutdown(socket.SHUT_WR)

    def handle_error(self, *_: Any) -> None:
        """Whatever a client does to its connection ends it silently."""


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
            body = self.rfile.read(int(length))
            fields = {name.lower(): value for name, value in self.headers.items()}
            peer = self.connection.getpeercert(binary_form=True) if isinstance(self.connection, ssl.SSLSocket) else b""
            self._write(respond(Request(self.command, self.path, fields, body, peer or b"")))

        def _write(self, response: Response) -> None:
            phrase = HTTPStatus(response.status).phrase
            lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{k}: {v}" for k, v in response.fields.items())]
            lines += ["Strict-Transport-Security: max-age=63072000; includeSubDomains"]
            lines += [f"Content-Length: {len(response.body)}", "Connection: close", "", ""]
            self.wfile.write("\r\n".join(lines).encode("latin-1") + response.body)
            self.close_connection = True

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
