"""From signed metadata to facts (OpenID4VCI section 12.2.3). Everything in it is hostile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from conformance.core.model import Undecided
from conformance.eid.issuer.evidence import SignedMetadata
from conformance.eid.issuer.reading import offset, signing_key, text
from conformance.wire import jose
from conformance.wire.exchange import HttpExchange
from conformance.wire.oauth import media_type
from conformance.wire.strict_json import strict_json

OWN_CLAIMS = frozenset({"iss", "sub", "iat", "exp", "nbf", "jti"})


def signed_metadata(exchange: HttpExchange, unsigned: Mapping[str, Any], expected: str, now: int) -> SignedMetadata:
    """The facts of an answer to who accepts `application/jwt`.

    Args:
        exchange: it.
        unsigned: the members of the unsigned metadata.
        expected: the issuer's identifier, as the manifest has it.
        now: seconds since 1970.
    """
    kind = media_type(exchange)
    made = SignedMetadata(kind, exchange.status, offered=kind == "application/jwt", expected=expected)
    if not made.offered:
        return made
    try:
        head, body, tail = exchange.body.decode("ascii").strip().split(".")
        header, claims = (strict_json(jose.unb64(part)) for part in (head, body))
        signature = jose.unb64(tail)
    except (ValueError, Undecided) as error:
        return replace(made, trouble=f"no JWT: {str(error)[:100]}")
    if not isinstance(header, dict) or not isinstance(claims, dict):
        return replace(made, trouble="no JWT: header or payload is no object")
    chain = header.get("x5c")
    key, source = signing_key(header, {}) if chain else (None, "")
    alg = text(header, "alg")
    names = (set(unsigned) | set(claims)) - OWN_CLAIMS
    return replace(
        made,
        typ=text(header, "typ"),
        alg=alg,
        chain=source == "x5c",
        verified=key is not None and jose.verify(alg, key, f"{head}.{body}".encode(), signature),
        subject=text(claims, "sub"),
        issued_at=offset(claims.get("iat"), now),
        expires=offset(claims.get("exp"), now),
        differing=tuple(sorted(name[:80] for name in names if claims.get(name) != unsigned.get(name))[:20]),
    )
