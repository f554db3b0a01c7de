"""Providers that answer what no provider should: over TLS, on loopback, by path."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from conformance.core.area import Job, Observed
from conformance.core.model import Service, Target
from conformance.core.network import Door, Limits
from conformance.eid.op.observe import observe_one
from conformance.eid.op.sandbox import Server
from conformance.sandbox import keys_folder, server_context
from conformance.tls.stage import authorities

Answer = Callable[[BaseHTTPRequestHandler, str], None]
"""Writes an answer; the issuer is given."""


def plain(body: bytes, kind: str = "application/json", status: int = 200, **fields: str) -> Answer:
    """An ordinary answer."""

    def answer(handler: BaseHTTPRequestHandler, _: str) -> None:
        handler.send_response(status)
        given = {name.replace("_", "-"): value for name, value in fields.items()}
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **given}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def document(**changes: Any) -> Answer:
    """Metadata as it should be, with changes; `{issuer}` in strings stands for the issuer."""

    def answer(handler: BaseHTTPRequestHandler, issuer: str) -> None:
        made = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            **{
                name: each.replace("{issuer}", issuer) if isinstance(each, str) else each
                for name, each in changes.items()
            },
        }
        plain(json.dumps(made).encode())(handler, issuer)

    return answer


def endless(kind: str, head: bytes, block: bytes) -> Answer:
    """A body without end."""

    def answer(handler: BaseHTTPRequestHandler, _: str) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.end_headers()
        handler.wfile.write(head)
        while True:
            handler.wfile.write(block)

    return answer


@contextlib.contextmanager
def serve(routes: Mapping[str, Answer]) -> Iterator[str]:
    """Serve answers by path (`*` for any other); yields the issuer."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def log_message(self, *_: Any) -> None:
            pass

        def answer(self) -> None:
            path = self.path.partition("?")[0]
            self.close_connection = True
            (routes.get(path) or routes.get("*") or plain(b"{}", status=404))(self, server_issuer[0])

        do_GET = do_POST = answer  # noqa: N815 - http.server's names

    server_issuer = [""]
    server = Server(("127.0.0.1", 0), Handler)
    server.context = server_context()
    server_issuer[0] = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server_issuer[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def door(tmp: Path, seconds: float = 2.0) -> Door:
    """A way to the network that gives up soon."""
    roots = tmp / "roots.pem"
    roots.write_bytes(authorities(keys_folder()).public_roots_pem)
    limits = Limits(connect_seconds=1, read_seconds=seconds / 2, total_seconds=seconds)
    return Door(limits=limits, ca_file=str(roots))


def look(issuer: str, tmp: Path, *asks: str, seconds: float = 2.0, **settings: Any) -> Observed:
    """What the observers make of an issuer."""
    service = Service("op", "openid-provider", settings={"issuer": issuer, **settings})
    target = Target("xa-hostile", "XA", "Hostile", (service,), path=str(tmp / "manifest.toml"))
    return observe_one(Job(target, service, frozenset(asks)), door(tmp, seconds))
