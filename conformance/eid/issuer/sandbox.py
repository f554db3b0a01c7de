"""The sandbox's credential issuer: OpenID4VCI 1.0 with codes of both kinds, SD-JWT VCs and mdocs by ES256."""

from __future__ import annotations

import base64
import contextlib
import json
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from conformance.eid.issuer.sandbox_credentials import BATCH, credential
from conformance.eid.issuer.sandbox_issue import DAY, certificate, status
from conformance.eid.issuer.sandbox_server import authorize, push, server, token
from conformance.eid.issuer.sandbox_state import CONFIGURATION, DOCTYPE, LICENCE, NO_STORE, VCT, Issuer, Reply
from conformance.wire import serving
from conformance.wire.jws import compact, new_key, random_id
from conformance.wire.serving import Request, Response


def answer(issuer: Issuer, method: str, target: str, fields: Mapping[str, str], body: bytes) -> Reply:
    """What is answered to one request."""
    path = urlsplit(target).path
    if method == "GET":
        if path == WELL_KNOWN and fields.get("accept") == "application/jwt" and not issuer.has("html"):
            return signed(issuer)
        return DOCUMENTS[path](issuer) if path in DOCUMENTS else other_page(issuer, path, target)
    if path in ("/token", "/par"):
        return (token if path == "/token" else push)(issuer, fields, parse_qs(body.decode("latin-1")))
    if path == "/nonce":
        return nonce(issuer)
    if path == "/credential":
        return credential(issuer, target, fields, body)
    return 404, {"error": "invalid_request"}, {}


def other_page(issuer: Issuer, path: str, target: str) -> Reply:
    """What is asked for with GET and is no document."""
    if path == "/authorize":
        return authorize(issuer, target)
    return status(issuer) if path == "/status/1" else (404, {"error": "invalid_request"}, {})


def members(issuer: Issuer) -> dict[str, Any]:
    """The members of the metadata (OpenID4VCI section 12.2.4)."""
    common = {
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
        **({} if issuer.has("no-scope") else {"scope": "person"}),
    }
    person = {
        "format": "vc+sd-jwt" if issuer.has("old-format") else "dc+sd-jwt",
        "vct": VCT,
        "cryptographic_binding_methods_supported": ["jwk"],
        "credential_signing_alg_values_supported": ["ES256"],
        **common,
    }
    licence = {
        "format": "mso_mdoc",
        "doctype": DOCTYPE,
        "cryptographic_binding_methods_supported": ["jwk"],
        "credential_signing_alg_values_supported": [-7],
        **common,
    }
    return {
        "credential_issuer": "https://other.example" if issuer.has("other-issuer") else issuer.identifier,
        "credential_endpoint": f"{issuer.identifier}/credential",
        "nonce_endpoint": f"{issuer.identifier}/nonce",
        "batch_credential_issuance": {"batch_size": BATCH},
        "credential_configurations_supported": {CONFIGURATION: person, LICENCE: licence},
    }


def metadata(issuer: Issuer) -> Reply:
    """OpenID4VCI section 12.2.2."""
    return 200, members(issuer), {"Content-Type": "text/html"} if issuer.has("html") else {}


def signed(issuer: Issuer) -> Reply:
    """Signed metadata (OpenID4VCI section 12.2.3)."""
    now = int(time.time())
    claims = {
        **members(issuer),
        "sub": "https://other.example" if issuer.has("signed-subject") else issuer.identifier,
        "iat": now,
        "exp": now - DAY if issuer.has("signed-expired") else now + DAY,
        **({"nonce_endpoint": f"{issuer.identifier}/old"} if issuer.has("signed-otherwise") else {}),
    }
    header = {
        "typ": "JWT" if issuer.has("signed-typ") else "openidvci-issuer-metadata+jwt",
        "kid": None,
        "x5c": [base64.b64encode(issuer.certificate).decode()],
    }
    key = new_key() if issuer.has("signed-forged") else issuer.key
    return 200, compact(key, claims, header).encode(), {"Content-Type": "application/jwt"}


def keys(issuer: Issuer) -> Reply:
    """The keys of credentials (SD-JWT VC section 3.5 of the drafts that have it)."""
    published = {"keys": [{**issuer.key.public_jwk, "kid": issuer.key.kid}]}
    return 200, {"issuer": issuer.identifier, "jwks": published}, {}


WELL_KNOWN = "/.well-known/openid-credential-issuer"
DOCUMENTS = {
    WELL_KNOWN: metadata,
    "/.well-known/oauth-authorization-server": server,
    "/.well-known/jwt-vc-issuer": keys,
}


def nonce(issuer: Issuer) -> Reply:
    """OpenID4VCI section 7.2."""
    issuer.nonces[made := random_id()] = time.monotonic()
    name = "nonce" if issuer.has("nonce-misnamed") else "c_nonce"
    return 200, {name: made}, {} if issuer.has("nonce-stored") else NO_STORE


@contextlib.contextmanager
def serve(issuer: Issuer, context: ssl.SSLContext) -> Iterator[str]:
    """Serve the issuer on a free port of loopback; yields its identifier."""

    def respond(request: Request) -> Response:
        code, value, more = answer(issuer, request.method, request.target, request.fields, request.body)
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return Response(code, body, {"Content-Type": "application/json", **more})

    issuer.certificate = certificate(issuer.key)
    with serving.serve(respond, context) as port:
        issuer.identifier = f"https://localhost:{port}"
        yield issuer.identifier
