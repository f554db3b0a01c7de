"""The sandbox's credential verifier: OpenID4VP 1.0 with x509_hash, DCQL and direct_post, for one type of SD-JWT VC."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from conformance.core.model import Undecided
from conformance.wire import jose
from conformance.wire.jws import SigningKey, compact, new_key
from conformance.wire.strict_json import strict_json

VCT, ISS, CLAIM = "https://credentials.example/person", "https://issuer.example", "family_name"
MAX_BODY = 65_536
ACCEPTED = "presentation accepted"


def certificate(key: SigningKey) -> bytes:
    """A certificate for the verifier's key, in DER. Nobody trusts it: the suite compares it with client_id alone."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "verifier.example")])
    today = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.private.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName("verifier.example")])
    made = builder.add_extension(names, critical=False).sign(key.private, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


@dataclass(slots=True)
class Verifier:
    """One verifier while it runs. issuer: the public JWK that it trusts. states: transaction -> nonce and outcome."""

    faults: frozenset[str]
    issuer: Mapping[str, Any]
    key: SigningKey = field(default_factory=new_key)
    leaf: bytes = b""
    origin: str = ""
    nonces: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)

    def has(self, fault: str) -> bool:
        """Whether it has this fault."""
        return f"vp-{fault}" in self.faults

    @property
    def client_id(self) -> str:
        """Its client identifier."""
        if self.has("redirect-uri"):
            return f"redirect_uri:{self.origin}/response"
        leaf = b"another certificate" if self.has("other-hash") else self.leaf
        return f"x509_hash:{jose.b64(hashlib.sha256(leaf).digest())}"


Reply = tuple[int, bytes, str]


def reply_json(status: int, value: Any) -> Reply:
    """JSON."""
    return status, json.dumps(value).encode(), "application/json"


def answer(verifier: Verifier, method: str, path: str, body: bytes) -> Reply:
    """What is answered to one request."""
    _, name, *rest = path.split("/")
    transaction = rest[0] if rest else ""
    if method == "POST" and name == "start":
        return start(verifier)
    if method == "GET" and name == "request" and transaction in verifier.nonces:
        return 200, request(verifier, transaction).encode(), "application/oauth-authz-req+jwt"
    if method == "POST" and name == "response" and transaction in verifier.nonces:
        return response(verifier, transaction, body)
    if method == "GET" and name == "result":
        return 200, verifier.outcomes.get(transaction, "waiting").encode(), "text/plain"
    return reply_json(404, {})


def start(verifier: Verifier) -> Reply:
    """A transaction, and the reference to its request."""
    made = secrets.token_urlsafe(12)
    nonce = secrets.token_urlsafe(8 if verifier.has("short-nonce") else 16)
    verifier.nonces[made] = "fixed-nonce-0123456789" if verifier.has("fixed-nonce") else nonce
    pairs = {"client_id": verifier.client_id, "request_uri": f"{verifier.origin}/request/{made}"}
    where = f"{verifier.origin}/result/{made}"
    return reply_json(200, {"request": f"openid4vp://?{urlencode(pairs)}", "result": where})


def request(verifier: Verifier, transaction: str) -> str:
    """The request object (OpenID4VP section 5)."""
    wanted: dict[str, Any] = {"id": "person", "format": "dc+sd-jwt", "claims": [{"path": [CLAIM]}]}
    if not verifier.has("bad-query"):
        wanted["meta"] = {"vct_values": [VCT]}
    claims = {
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "client_id": verifier.client_id,
        "response_uri": f"{verifier.origin}/response/{transaction}",
        "nonce": verifier.nonces[transaction],
        "state": transaction,
        "dcql_query": {"credentials": [wanted]},
        **({} if verifier.has("no-audience") else {"aud": "https://self-issued.me/v2"}),
    }
    header: dict[str, Any] = {
        "typ": "JWT" if verifier.has("typ") else "oauth-authz-req+jwt",
        "x5c": [base64.b64encode(verifier.leaf).decode()],
        "kid": None,
        **({"alg": "none"} if verifier.has("unsigned") else {}),
    }
    return compact(new_key() if verifier.has("forged") else verifier.key, claims, header)


def response(verifier: Verifier, transaction: str, body: bytes) -> Reply:
    """The wallet's answer (OpenID4VP section 8.2)."""
    given = parse_qs(body.decode("latin-1")).get("vp_token", [""])[0]
    try:
        (token,) = strict_json(given.encode())["person"]
        right = accepted(verifier, token, verifier.nonces[transaction])
    except (ValueError, KeyError, TypeError, AttributeError, Undecided):
        right = False
    verifier.outcomes[transaction] = ACCEPTED if right else "presentation refused"
    return reply_json(200 if right else 400, {})


def accepted(verifier: Verifier, token: str, nonce: str) -> bool:
    """Whether a presentation is what was asked for. Raises ValueError and KeyError for what is none."""
    whole, _, binding = token.rpartition("~")
    jwt, *disclosures = whole.split("~")
    _, claims, right = opened(jwt, verifier.issuer)
    digests = [digest(each) for each in disclosures]
    names = {strict_json(jose.unb64(each))[1] for each in disclosures}
    checks = (
        right or verifier.has("ignores-signature"),
        claims["vct"] == VCT or verifier.has("any-type"),
        claims["exp"] > time.time(),
        set(digests) <= set(claims["_sd"]),
        CLAIM in names or verifier.has("any-claims"),
    )
    return all(checks) and bound(verifier, claims["cnf"]["jwk"], binding, f"{whole}~", nonce)


def bound(verifier: Verifier, key: Mapping[str, Any], binding: str, whole: str, nonce: str) -> bool:
    """Whether the key binding is right (RFC 9901 section 7.3)."""
    if not binding:
        return verifier.has("no-binding")
    header, claims, right = opened(binding, key)
    checks = (
        right or verifier.has("ignores-binding"),
        header["typ"] == "kb+jwt",
        claims["nonce"] == nonce or verifier.has("ignores-nonce"),
        claims["aud"] == verifier.client_id or verifier.has("ignores-audience"),
        claims["sd_hash"] == digest(whole) or verifier.has("ignores-hash"),
    )
    return all(checks)


def opened(jwt: str, key: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any], bool]:
    """Header and claims of a JWT, and whether its signature is one by the key, ES256."""
    head, body, tail = jwt.split(".")
    right = jose.verify("ES256", jose.public_key(key), f"{head}.{body}".encode(), jose.unb64(tail))
    return strict_json(jose.unb64(head)), strict_json(jose.unb64(body)), right


def digest(text: str) -> str:
    """SHA-256 in base64url."""
    return jose.b64(hashlib.sha256(text.encode()).digest())


def handler_of(verifier: Verifier) -> type[BaseHTTPRequestHandler]:
    """The request handler of one verifier."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "sandbox", ""
        timeout = 20

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def serve(self) -> None:
            """Answer one request and close."""
            length = min(int(self.headers.get("Content-Length") or 0), MAX_BODY)
            status, body, kind = answer(verifier, self.command, self.path, self.rfile.read(length))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        do_GET = do_POST = serve  # noqa: N815 - http.server's names

    return Handler


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
def serve(verifier: Verifier, context: ssl.SSLContext) -> Iterator[str]:
    """Serve the verifier on a free port of loopback; yields its origin."""
    server = Server(("127.0.0.1", 0), handler_of(verifier))
    server.context = context
    verifier.leaf = certificate(verifier.key)
    verifier.origin = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield verifier.origin
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
