"""The sandbox's OpenID provider: HTTP over TLS on the standard library, one thread a connection.

What each endpoint does stands in `sandbox_endpoints.py` and `sandbox_login.py`, what it checks of clients and proofs in
`sandbox_checks.py`. Nothing here is meant to serve anybody but the suite.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance.eid.op.policy import ABSENT, HIGH, LOW, SUBSTANTIAL, Policy
from conformance.wire.jws import SigningKey

MAX_BODY = 65_536


@dataclass(frozen=True, slots=True)
class Registered:
    """A client as the provider knows it. keys: kid -> (public JWK, algorithms). encryption: public JWK for JWE.
    subject, certificate_sha256: of its certificate, by which it authenticates.
    """

    id: str
    redirect_uri: str
    keys: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    secret: str = ""
    encryption: Mapping[str, Any] | None = None
    subject: str = ""
    certificate_sha256: str = ""


@dataclass(slots=True)
class State:
    """One provider while it runs. All mappings are keyed by what was issued. aliases: where its second listener asks
    for certificates, empty where there is none.
    """

    policy: Policy
    keys: tuple[SigningKey, ...]
    clients: Mapping[str, Registered]
    user: tuple[str, str]
    issuer: str = ""
    aliases: str = ""
    pushed: dict[str, dict[str, Any]] = field(default_factory=dict)
    interactions: dict[str, dict[str, Any]] = field(default_factory=dict)
    sessions: dict[str, float] = field(default_factory=dict)
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    refresh: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    lock: threading.RLock = field(default_factory=threading.RLock)
    one_login: threading.Lock = field(default_factory=threading.Lock)
    extra_keys: tuple[Mapping[str, Any], ...] = ()
    push_seconds: int = 60

    def has(self, quirk: str) -> bool:
        """Whether the policy has this fault."""
        return quirk in self.policy.quirks


@dataclass(frozen=True, slots=True)
class Request:
    """One request. pairs: parameters of query and form body, in order. headers: by lower-case name, each value.
    certificate: the client's, DER. aliased: it came to the listener of the aliases.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    form: tuple[tuple[str, str], ...]
    headers: Mapping[str, tuple[str, ...]]
    is_json: bool = False
    certificate: bytes = b""
    aliased: bool = False

    def get(self, name: str) -> str:
        """The first value of a parameter of the form, else of the query."""
        return next((value for key, value in (*self.form, *self.query) if key == name), "")

    def header(self, name: str) -> str:
        """The first value of a header field."""
        return (self.headers.get(name) or ("",))[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    body: bytes = b""
    fields: tuple[tuple[str, str], ...] = ()


def reply_json(status: int, value: Any, *fields: tuple[str, str], store: bool = False) -> Reply:
    """JSON that must not be stored."""
    more = fields if store else (*fields, ("Cache-Control", "no-store"))
    return Reply(status, json.dumps(value).encode(), (("Content-Type", "application/json"), *more))


def error(status: int, code: str, *fields: tuple[str, str]) -> Reply:
    """An OAuth error."""
    return reply_json(status, {"error": code}, *fields)


def metadata(state: State) -> dict[str, Any]:
    """The provider's metadata, with what the policy changes."""
    from conformance.eid.op import sandbox_certificates  # noqa: PLC0415 - it imports this module

    issuer, high = state.issuer, state.policy.high
    made: dict[str, Any] = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "revocation_endpoint": f"{issuer}/revoke",
        "introspection_endpoint": f"{issuer}/introspect",
        "end_session_endpoint": f"{issuer}/logout",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["ES256", "PS256"],
        "userinfo_signing_alg_values_supported": ["ES256", "PS256"],
        "token_endpoint_auth_methods_supported": [
            state.policy.certificates or "private_key_jwt" if high else "client_secret_basic"
        ],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "acr_values_supported": [LOW, SUBSTANTIAL, HIGH],
        "scopes_supported": ["openid", "profile"],
        "claims_supported": ["sub", "family_name", "given_name", "name", "birthdate", "acr", "amr", "auth_time"],
        "claims_parameter_supported": True,
        "verified_claims_supported": True,
    }
    if high:
        made |= {
            "pushed_authorization_request_endpoint": f"{issuer}/par",
            "require_pushed_authorization_requests": True,
            "token_endpoint_auth_signing_alg_values_supported": ["ES256", "PS256", "EdDSA"],
        }
    if state.policy.dpop:
        made["dpop_signing_alg_values_supported"] = ["ES256", "PS256", "EdDSA"]
    elif state.policy.certificates:
        made |= sandbox_certificates.published(state)
    for name, value in state.policy.metadata.items():
        if value is ABSENT:
            made.pop(name, None)
        elif isinstance(value, tuple):
            made[name] = [*made.get(name, ()), *value]
        else:
            made[name] = value.format(issuer=issuer) if isinstance(value, str) else value
    return made


def handler_of(state: State, *, aliased: bool) -> type[BaseHTTPRequestHandler]:
    """The request handler of one provider, at its issuer's place or at that of its aliases."""
    from conformance.eid.op.sandbox_endpoints import answer  # noqa: PLC0415 - it imports this module

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "sandbox", ""
        timeout = 20

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def serve(self) -> None:
            """Answer one request and close."""
            length = min(int(self.headers.get("Content-Length") or 0), MAX_BODY)
            body = self.rfile.read(length) if length else b""
            peer = self.connection.getpeercert(binary_form=True) or b""
            asked = read_request(self.command, self.path, self.headers.items(), body)
            given = answer(state, replace(asked, certificate=peer, aliased=aliased))
            self.send_response(given.status)
            for name, value in given.fields:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(given.body)))
            self.send_header("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(given.body)
            self.close_connection = True

        do_GET = do_POST = do_PUT = serve  # noqa: N815 - http.server's names

    return Handler


def read_request(method: str, target: str, headers: Any, body: bytes) -> Request:
    """A request as the endpoints read it."""
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in headers:
        fields[name.lower()] = (*fields.get(name.lower(), ()), value)
    parts = urlsplit(target)
    kind = fields.get("content-type", ("",))[0].partition(";")[0]
    form: list[tuple[str, str]] = []
    if kind == "application/x-www-form-urlencoded":
        form = parse_qsl(body.decode("latin-1"), keep_blank_values=True)
    elif kind == "application/json":
        with contextlib.suppress(ValueError, AttributeError):
            form = [(str(name), str(value)) for name, value in json.loads(body).items()]
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    return Request(method, parts.path, query, tuple(form), fields, kind == "application/json")


class Server(ThreadingHTTPServer):
    """One thread a connection, the TLS handshake in it."""

    daemon_threads = True
    request_queue_size = 64
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands, then serve."""
        with contextlib.suppress(OSError), self.context.wrap_socket(request, server_side=True) as stream:
            super().finish_request(stream, client_address)

    def handle_error(self, *_: Any) -> None:
        """Clients that go away are nothing to report."""


@contextlib.contextmanager
def serve(state: State, context: ssl.SSLContext, aliases: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve the provider on a free port of loopback; yields its issuer. aliases: TLS of its second listener."""
    with contextlib.ExitStack() as stack:
        state.issuer = stack.enter_context(listening(state, context, aliased=False))
        if aliases:
            state.aliases = stack.enter_context(listening(state, aliases, aliased=True))
        yield state.issuer


@contextlib.contextmanager
def listening(state: State, context: ssl.SSLContext, *, aliased: bool) -> Iterator[str]:
    """One listener of the provider; yields its origin."""
    server = Server(("127.0.0.1", 0), handler_of(state, aliased=aliased))
    server.context = context
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def now() -> float:
    """Seconds since 1970."""
    return time.time()
