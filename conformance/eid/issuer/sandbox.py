"""The sandbox's credential issuer: OpenID4VCI 1.0 with a pre-authorized code, SD-JWT VC by ES256."""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from conformance.core.model import Undecided
from conformance.eid.issuer.session import GRANT, PROOF_TYPE
from conformance.wire import jose
from conformance.wire.jws import SigningKey, compact, new_key, random_id
from conformance.wire.strict_json import strict_json

CONFIGURATION, VCT = "person", "https://credentials.example/person"
MAX_BODY = 65_536
DAY = 86_400


@dataclass(slots=True)
class Issuer:
    """One issuer while it runs. code: the pre-authorized code of its one offer. dpop: tokens are bound to a key."""

    faults: frozenset[str]
    key: SigningKey = field(default_factory=lambda: new_key("ES256", "issuer"))
    identifier: str = ""
    code: str = field(default_factory=random_id)
    tokens: set[str] = field(default_factory=set)
    dpop: bool = False
    nonces: set[str] = field(default_factory=set)

    def has(self, fault: str) -> bool:
        """Whether it has this fault."""
        return f"vci-{fault}" in self.faults


Reply = tuple[int, Any, Mapping[str, str]]
NO_STORE = {"Cache-Control": "no-store"}


def answer(issuer: Issuer, method: str, target: str, fields: Mapping[str, str], body: bytes) -> Reply:
    """What is answered to one request."""
    path = urlsplit(target).path
    if method == "GET" and path in DOCUMENTS:
        return DOCUMENTS[path](issuer)
    if method == "POST" and path == "/token":
        return token(issuer, parse_qs(body.decode("latin-1")))
    if method == "POST" and path == "/nonce":
        return nonce(issuer)
    if method == "POST" and path == "/credential":
        return credential(issuer, target, fields, body)
    return 404, {"error": "invalid_request"}, {}


def metadata(issuer: Issuer) -> Reply:
    """OpenID4VCI section 12.2.4."""
    proofs = {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}}
    configuration = {
        "format": "vc+sd-jwt" if issuer.has("old-format") else "dc+sd-jwt",
        "vct": VCT,
        "cryptographic_binding_methods_supported": ["jwk"],
        "credential_signing_alg_values_supported": ["ES256"],
        "proof_types_supported": proofs,
    }
    members = {
        "credential_issuer": "https://other.example" if issuer.has("other-issuer") else issuer.identifier,
        "credential_endpoint": f"{issuer.identifier}/credential",
        "nonce_endpoint": f"{issuer.identifier}/nonce",
        "credential_configurations_supported": {CONFIGURATION: configuration},
    }
    return 200, members, {"Content-Type": "text/html"} if issuer.has("html") else {}


def server(issuer: Issuer) -> Reply:
    """RFC 8414, as far as the suite needs it."""
    return 200, {"issuer": issuer.identifier, "token_endpoint": f"{issuer.identifier}/token"}, {}


def keys(issuer: Issuer) -> Reply:
    """The keys of credentials (SD-JWT VC section 3.5 of the drafts that have it)."""
    published = {"keys": [{**issuer.key.public_jwk, "kid": issuer.key.kid}]}
    return 200, {"issuer": issuer.identifier, "jwks": published}, {}


DOCUMENTS = {
    "/.well-known/openid-credential-issuer": metadata,
    "/.well-known/oauth-authorization-server": server,
    "/.well-known/jwt-vc-issuer": keys,
}


def token(issuer: Issuer, given: Mapping[str, list[str]]) -> Reply:
    """An access token for the pre-authorized code, as often as it comes, so that a sandbox can be looked at twice."""
    if given.get("grant_type") != [GRANT] or given.get("pre-authorized_code") != [issuer.code]:
        return 400, {"error": "invalid_grant"}, NO_STORE
    issuer.tokens.add(made := random_id())
    kind = "DPoP" if issuer.dpop else "Bearer"
    return 200, {"access_token": made, "token_type": kind, "expires_in": 300}, NO_STORE


def nonce(issuer: Issuer) -> Reply:
    """OpenID4VCI section 7.2."""
    issuer.nonces.add(made := random_id())
    name = "nonce" if issuer.has("nonce-misnamed") else "c_nonce"
    return 200, {name: made}, {} if issuer.has("nonce-stored") else NO_STORE


def refusal(issuer: Issuer, code: str) -> Reply:
    """OpenID4VCI section 8.3.1.2."""
    if code in ("invalid_proof", "invalid_nonce") and issuer.has("proof-500"):
        return 500, {"error": "server_error"}, {}
    wrong = code not in ("invalid_proof", "invalid_nonce") and issuer.has("wrong-code")
    return 400, {"error": "bad_thing" if wrong else code}, NO_STORE


def credential(issuer: Issuer, target: str, fields: Mapping[str, str], body: bytes) -> Reply:
    """OpenID4VCI section 8."""
    if not allowed(issuer, target, fields):
        return 401, {"error": "invalid_token"}, {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    try:
        asked = strict_json(body)
    except Undecided:
        return refusal(issuer, "invalid_credential_request")
    if code := wrong_request(issuer, asked):
        return refusal(issuer, code)
    if "proofs" not in asked:
        return issued(issuer, new_key().public_jwk)
    code, key = check_proof(issuer, asked["proofs"]["jwt"][0])
    return refusal(issuer, code) if code else issued(issuer, key)


def allowed(issuer: Issuer, target: str, fields: Mapping[str, str]) -> bool:
    """Whether the request carries an access token in its Authorization field."""
    scheme, _, given = fields.get("authorization", "").partition(" ")
    in_url = parse_qs(urlsplit(target).query).get("access_token", [""])[0]
    proven = scheme.lower() == "dpop" and proof_is_right(issuer, fields.get("dpop", ""), given)
    bearer = scheme.lower() == "bearer" and (not issuer.dpop or issuer.has("bearer-downgrade"))
    if (proven or bearer) and (given in issuer.tokens or (given and issuer.has("any-token"))):
        return True
    if issuer.has("query-token") and in_url in issuer.tokens:
        return True
    return issuer.has("no-token") and not given and not in_url


def proof_is_right(issuer: Issuer, text: str, token: str) -> bool:
    """Whether a DPoP proof is of this request and token, as far as the suite's own can be wrong (RFC 9449)."""
    try:
        head, body, tail = text.split(".")
        header, claims = strict_json(jose.unb64(head)), strict_json(jose.unb64(body))
        key = jose.public_key(header["jwk"])
        signed = jose.verify("ES256", key, f"{head}.{body}".encode(), jose.unb64(tail))
    except (ValueError, KeyError, Undecided):
        return False
    digest = jose.b64(hashlib.sha256(token.encode()).digest())
    return signed and claims.get("htu") == f"{issuer.identifier}/credential" and claims.get("ath") == digest


def wrong_request(issuer: Issuer, asked: Mapping[str, Any]) -> str:
    """An error code, empty for a right request (OpenID4VCI section 8.2)."""
    named = [name for name in ("credential_configuration_id", "credential_identifier") if name in asked]
    if len(named) != 1:
        return "invalid_credential_request"
    if asked[named[0]] != CONFIGURATION and not issuer.has("any-configuration"):
        return "unknown_credential_configuration"
    if "proofs" not in asked and issuer.has("no-proof"):
        return ""
    return "" if list(asked.get("proofs", {})) == ["jwt"] else "invalid_proof"


def check_proof(issuer: Issuer, text: str) -> tuple[str, Mapping[str, Any]]:
    """An error code, empty for a right proof, and the key that it is by (OpenID4VCI appendix F.4)."""
    try:
        head, body, tail = text.split(".")
        header, claims, signature = strict_json(jose.unb64(head)), strict_json(jose.unb64(body)), jose.unb64(tail)
        key = jose.public_key(header["jwk"])
    except (ValueError, KeyError, Undecided):
        return "invalid_proof", {}
    none = header.get("alg") == "none" and issuer.has("none")
    right = header.get("alg") == "ES256" and jose.verify("ES256", key, f"{head}.{body}".encode(), signature)
    checks = (
        header.get("typ") == PROOF_TYPE or issuer.has("typ-ignored"),
        right or none or (issuer.has("signature-ignored") and header.get("alg") == "ES256"),
        "d" not in header["jwk"] or issuer.has("private-jwk"),
        claims.get("aud") == issuer.identifier or issuer.has("aud-ignored"),
    )
    if not all(checks):
        return "invalid_proof", {}
    if claims.get("nonce") not in issuer.nonces and not issuer.has("nonce-ignored"):
        return "invalid_nonce", {}
    return "", {name: value for name, value in header["jwk"].items() if name != "d"}


def issued(issuer: Issuer, key: Mapping[str, Any]) -> Reply:
    """A credential bound to the key (OpenID4VCI section 8.3)."""
    now = int(time.time())
    exp = now - DAY if issuer.has("expired") else now + 30 * DAY
    hidden = {"given_name": "Maria", "family_name": "Santos", **({"exp": exp} if issuer.has("hidden-exp") else {})}
    size = 8 if issuer.has("short-salt") else 16
    made = [disclosure(name, value, size) for name, value in hidden.items()]
    bound = new_key() if issuer.has("unbound") or issuer.has("private-cnf") else None
    cnf = jose.jwk(bound.private, private=issuer.has("private-cnf")) if bound else dict(key)
    if issuer.has("private-cnf"):
        cnf = {**key, "d": cnf["d"]}
    claims = {
        "iss": issuer.identifier,
        "vct": f"{VCT}/other" if issuer.has("other-type") else VCT,
        "iat": now,
        "cnf": {"jwk": cnf},
        "_sd_alg": "sha-256",
        "_sd": sorted(jose.b64(hashlib.sha256(each.encode()).digest()) for each in made),
        **({} if issuer.has("hidden-exp") else {"exp": exp}),
    }
    signer = new_key("ES256", issuer.key.kid) if issuer.has("forged") else issuer.key
    token = compact(signer, claims, {"typ": "dc+sd-jwt"})
    return 200, {"credentials": [{"credential": "~".join([token, *made, ""])}]}, NO_STORE


def disclosure(name: str, value: Any, size: int) -> str:
    """A Disclosure with a salt of so many octets."""
    return jose.b64(json.dumps([jose.b64(secrets.token_bytes(size)), name, value]).encode())


def handler_of(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    """The request handler of one issuer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "sandbox", ""
        timeout = 20

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def serve(self) -> None:
            """Answer one request and close."""
            length = min(int(self.headers.get("Content-Length") or 0), MAX_BODY)
            fields = {name.lower(): value for name, value in self.headers.items()}
            status, value, more = answer(issuer, self.command, self.path, fields, self.rfile.read(length))
            body = json.dumps(value).encode()
            self.send_response(status)
            for name, text in {"Content-Type": "application/json", **more}.items():
                self.send_header(name, text)
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
def serve(issuer: Issuer, context: ssl.SSLContext) -> Iterator[str]:
    """Serve the issuer on a free port of loopback; yields its identifier."""
    server = Server(("127.0.0.1", 0), handler_of(issuer))
    server.context = context
    issuer.identifier = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield issuer.identifier
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
