"""From a verifier's request to facts. Everything in it is hostile."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from msgspec.structs import replace

from conformance.core.model import Undecided
from conformance.eid.verifier.evidence import RequestFacts
from conformance.wire import jose
from conformance.wire.strict_json import strict_json


@dataclass(frozen=True, slots=True)
class Request:
    """A request object taken apart; empty where it is none. key: of the leaf certificate."""

    header: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    signed: bytes = b""
    signature: bytes = b""
    leaf: bytes = b""
    key: Any = None
    trouble: str = ""


def parse(token: str) -> Request:
    """A JWT-secured authorization request (RFC 9101), its signature not yet looked at."""
    try:
        head, body, tail = token.strip().split(".")
        header, claims = (strict_json(jose.unb64(part)) for part in (head, body))
        signature = jose.unb64(tail)
    except (ValueError, Undecided) as error:
        return Request(trouble=f"no signed request object: {str(error)[:80]}")
    if not isinstance(header, dict) or not isinstance(claims, dict):
        return Request(trouble="no signed request object: header or payload is no object")
    made = Request(header, claims, f"{head}.{body}".encode(), signature)
    chain = header.get("x5c")
    try:
        leaf = base64.b64decode(chain[0], validate=True) if isinstance(chain, list) and chain else b""
        key = x509.load_der_x509_certificate(leaf).public_key() if leaf else None
    except (ValueError, TypeError):
        return dataclasses.replace(made, trouble="x5c holds no certificate")
    return dataclasses.replace(made, leaf=leaf, key=key)


def text(members: Mapping[str, Any], name: str) -> str:
    """A member that is a text, bounded; empty for anything else."""
    value = members.get(name)
    return value[:500] if isinstance(value, str) else ""


def facts(request: Request, media_type: str, client_id: str, second: Mapping[str, Any]) -> RequestFacts:
    """The facts of a request. client_id: of the reference; second: the claims of another request."""
    made = RequestFacts(media_type, trouble=request.trouble)
    if not request.claims:
        return made
    claims, alg = request.claims, text(request.header, "alg")
    identifier = text(claims, "client_id")
    prefix, _, rest = identifier.partition(":")
    nonce = text(claims, "nonce")
    keys = encryption_keys(claims)
    return replace(
        made,
        typ=text(request.header, "typ"),
        alg=alg,
        prefix=prefix if ":" in identifier else "",
        hash_matches=names_leaf(prefix, rest, request.leaf),
        verified=request.key is not None and jose.verify(alg, request.key, request.signed, request.signature),
        same_client=identifier == client_id,
        response_type=text(claims, "response_type"),
        response_mode=text(claims, "response_mode"),
        response_uri=text(claims, "response_uri"),
        audience=text(claims, "aud"),
        nonce_octets=nonce_octets(nonce),
        fresh=bool(nonce) and nonce != text(second, "nonce"),
        query=query_trouble(claims.get("dcql_query")),
        asked=tuple(sorted(asked_for(claims.get("dcql_query"))))[:200],
        encryption_key=bool(keys),
        fresh_key=bool(keys) and not keys & encryption_keys(second),
    )


def encryption_keys(claims: Mapping[str, Any]) -> set[str]:
    """The numbers of the keys that a response may be encrypted to (OpenID4VP section 5.1)."""
    metadata = claims.get("client_metadata")
    jwks = metadata.get("jwks") if isinstance(metadata, Mapping) else None
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    found = [each for each in keys[:50] if isinstance(each, Mapping)] if isinstance(keys, list) else []
    return {f"{each.get('x')}.{each.get('n')}"[:2_000] for each in found if each.get("use") in (None, "enc")}


def asked_for(query: Any) -> set[str]:
    """The paths of the claims of a DCQL query (OpenID4VP section 6.3), each with slashes."""
    credentials = query.get("credentials") if isinstance(query, Mapping) else None
    found: set[str] = set()
    for each in credentials[:50] if isinstance(credentials, list) else ():
        claims = each.get("claims") if isinstance(each, Mapping) else None
        for claim in claims[:500] if isinstance(claims, list) else ():
            path = claim.get("path") if isinstance(claim, Mapping) else None
            if isinstance(path, list):
                found.add("/".join("*" if part is None else str(part)[:100] for part in path[:20]))
    return found


def names_leaf(prefix: str, rest: str, leaf: bytes) -> bool:
    """Whether a client identifier with a prefix is that of a certificate (OpenID4VP section 5.9.3)."""
    if prefix == "x509_hash":
        return bool(leaf) and rest == jose.b64(hashlib.sha256(leaf).digest())
    if prefix != "x509_san_dns" or not leaf:
        return False
    try:
        extensions = x509.load_der_x509_certificate(leaf).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    return rest in names.get_values_for_type(x509.DNSName)


def nonce_octets(nonce: str) -> int:
    """How many octets a nonce holds: decoded where it is base64url, else three quarters of its characters."""
    try:
        return len(jose.unb64(nonce))
    except ValueError:
        return len(nonce) * 3 // 4


def query_trouble(query: Any) -> str:
    """What is wrong with a DCQL query (OpenID4VP section 6.1), as far as its form goes; empty where nothing is."""
    credentials = query.get("credentials") if isinstance(query, Mapping) else None
    if not isinstance(credentials, list) or not credentials:
        return "no dcql_query with credentials"
    ids: set[str] = set()
    for each in credentials[:50]:
        if not isinstance(each, Mapping) or not text(each, "id") or not text(each, "format"):
            return "a credential without id or format"
        if text(each, "id") in ids:
            return "two credentials of one id"
        ids.add(text(each, "id"))
        if not isinstance(each.get("meta"), Mapping):
            return "a credential without meta"
        claims = each.get("claims", [])
        if not isinstance(claims, list) or not all(isinstance(c, Mapping) and c.get("path") for c in claims):
            return "claims without path"
    return ""
