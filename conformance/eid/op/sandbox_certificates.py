"""What the sandbox's provider does with client certificates (RFC 8705): authentication, bound tokens, aliases."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from conformance.core.area import Kit
from conformance.eid.op.policy import Policy
from conformance.eid.op.provider import ALIASED
from conformance.eid.op.sandbox import Registered, Request, State
from conformance.eid.op.settings import BY_CERTIFICATE
from conformance.wire.client_authority import Issued, asking, issued, written
from conformance.wire.client_certificates import CONFIRMATION, ClientKey, confirmation, made

NAMES = ("suite", "other")
PATHS = {"pushed_authorization_request_endpoint": "par", "introspection_endpoint": "introspect"}
PATHS |= {"token_endpoint": "token", "revocation_endpoint": "revoke", "userinfo_endpoint": "userinfo"}


def published(state: State) -> dict[str, Any]:
    """What the metadata say of certificates."""
    made: dict[str, Any] = {"tls_client_certificate_bound_access_tokens": True}
    if state.aliases:
        made["mtls_endpoint_aliases"] = {name: f"{state.aliases}/{PATHS[name]}" for name in sorted(ALIASED)}
        if state.has("missing-alias"):
            made["mtls_endpoint_aliases"]["revocation_endpoint"] = f"{state.aliases}/nowhere"
    return made


def authenticated(state: State, request: Request) -> Registered | None:
    """The client that a certificate authenticates, by its registered subject or key; None for nobody."""
    client = state.clients.get(request.get("client_id"))
    if client is None or state.policy.certificates not in BY_CERTIFICATE:
        return None
    if not request.aliased and state.has("name-alone-outside-alias"):
        return client
    if not request.certificate:
        return None
    if state.has("any-client-certificate"):
        return client
    if state.policy.certificates == "tls_client_auth":
        fits = x509.load_der_x509_certificate(request.certificate).subject.rfc4514_string() == client.subject
    else:
        fits = hashlib.sha256(request.certificate).hexdigest() == client.certificate_sha256
    return client if fits else None


def bound_to(state: State, request: Request) -> Mapping[str, str] | None:
    """`cnf` of a token for the request; None where it must have none, for want of a certificate."""
    if request.certificate:
        return {CONFIRMATION: confirmation(request.certificate)}
    lenient = state.has("certificate-optional") or state.has("name-alone-outside-alias")
    return {} if lenient else None


def certificate_fits(state: State, request: Request, named: str) -> bool:
    """Whether a request for a resource comes over the certificate that its token names."""
    if not request.certificate:
        return state.has("bound-token-without-certificate")
    return confirmation(request.certificate) == named or state.has("certificate-not-compared")


@cache
def material(method: str) -> Issued:
    """The certificates of our two clients: by an authority of the sandbox, or each signed by itself."""
    found = issued(*NAMES)
    if method != "self_signed_tls_client_auth":
        return found
    now = datetime.now(UTC)
    own, other = (made(name, now - timedelta(days=1), now + timedelta(days=1)) for name in NAMES)
    both = ClientKey(own.certificate + other.certificate, b"")
    return Issued(both, own, other, found.expired)


def context(policy: Policy, kit: Kit) -> ssl.SSLContext:
    """TLS that asks clients for certificates."""
    roots = material(policy.certificates).authority.certificate
    return kit.server_context(asking(roots, expired="expired-certificates" in policy.quirks))


def registered(policy: Policy, name: str) -> dict[str, str]:
    """What the provider knows of a client's certificate."""
    if policy.certificates not in BY_CERTIFICATE:
        return {}
    leaf = own(policy, name).leaf
    digest = hashlib.sha256(leaf.public_bytes(serialization.Encoding.DER)).hexdigest()
    return {"subject": leaf.subject.rfc4514_string(), "certificate_sha256": digest}


def own(policy: Policy, name: str) -> ClientKey:
    """The certificate of a client of ours."""
    found = material(policy.certificates)
    return found.own if name == NAMES[0] else found.other


def manifest_keys(policy: Policy, folder: Path, name: str) -> dict[str, Any]:
    """What a manifest says of a client's certificates, which are written beside it."""
    made: dict[str, Any] = {"auth": policy.certificates, "dpop": False}
    made["client_certificate"] = written(folder, name, own(policy, name))
    if policy.certificates == "tls_client_auth" and name == NAMES[0]:
        expired = written(folder, "expired", material(policy.certificates).expired)
        made["untrusted_client_certificates"] = {"expired": expired}
    return made
