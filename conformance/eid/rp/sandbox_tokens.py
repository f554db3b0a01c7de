"""How the sandbox's relying party reads an ID token (OpenID Connect Core section 3.1.3.7)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization

from conformance.core.model import Undecided
from conformance.eid.rp.sandbox_http import Refused
from conformance.eid.trust import LEVEL_URI, LEVELS
from conformance.wire import jose
from conformance.wire.strict_json import strict_json

if TYPE_CHECKING:
    from conformance.eid.rp.sandbox import Registered, RelyingParty

ALG = "ES256"
LEEWAY_SECONDS = 60
REFRESHES = 6


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say."""

    issuer: str
    client_id: str
    nonce: str
    acr: str
    access_token: str = field(repr=False)
    now: float = 0.0


def verified(party: RelyingParty, provider: Registered, token: str, expected: Expected) -> Mapping[str, Any]:
    """The claims of a token that is as it must be. Raises Refused."""
    try:
        head, body, signature = (jose.unb64(part) for part in token.split("."))
        header, claims = strict_json(head), strict_json(body)
    except (ValueError, Undecided):
        raise Refused("no JWS") from None
    data = token.rpartition(".")[0].encode()
    _signature(party, provider, header, data, signature)
    _parties(party, claims, expected)
    _times(party, claims, expected.now)
    _session(party, claims, expected)
    return dict(claims)


def _signature(
    party: RelyingParty, provider: Registered, header: Mapping[str, Any], data: bytes, signature: bytes
) -> None:
    alg = str(header.get("alg"))
    party.must("crit" not in header, "rp-crit", "an unknown critical header parameter")
    if alg == "none":
        party.must(False, "rp-alg-none", "alg none")  # noqa: FBT003 - reads as a sentence
        return
    if "jwk" in header:
        party.must(False, "rp-embedded-key", "a key in the header")  # noqa: FBT003 - as above
        key: Any = jose.public_key(header["jwk"])
    else:
        key = jose.public_key(_key(party, provider, header))
    if alg == "HS256":
        key = _symmetric(party, key)
    else:
        party.must(alg == ALG, "rp-any-algorithm", f"alg {alg}")
    good = any(jose.verify(alg, each, data, signature) for each in (key if isinstance(key, list) else [key]))
    party.must(good, "rp-signature", "the signature does not verify")


def _symmetric(party: RelyingParty, key: Any) -> list[bytes]:
    """What some take for the secret of HS256."""
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    taken = {"rp-hmac-public-key": pem, "rp-hmac-client-secret": party.client_secret.encode()}
    found = [secret for fault, secret in taken.items() if party.lacks(fault)]
    if not found:
        raise Refused("alg HS256")
    return found


def _key(party: RelyingParty, provider: Registered, header: Mapping[str, Any]) -> Mapping[str, Any]:
    """The key of the header's kid, fetched once more where it is not known."""
    refreshes = REFRESHES if party.lacks("rp-keys-refreshed-without-end") else 1
    if provider.keys and party.lacks("rp-keys-never-refreshed"):
        refreshes = 0
    for turn in range(refreshes + 1):
        if turn or not provider.keys:
            party.fetch_keys(provider)
        for key in provider.keys:
            if key.get("kid") == header.get("kid"):
                return key
    if party.lacks("rp-kid"):
        return next(key for key in provider.keys if key.get("alg") == header.get("alg"))
    raise Refused("an unknown kid")


def _parties(party: RelyingParty, claims: Mapping[str, Any], expected: Expected) -> None:
    """Who issued it, for whom."""
    party.must("iss" in claims, "rp-iss-optional", "no iss")
    party.must(claims.get("iss", expected.issuer) == expected.issuer, "rp-iss", "another issuer")
    party.must("aud" in claims, "rp-aud-optional", "no aud")
    audience = claims.get("aud", expected.client_id)
    audiences = audience if isinstance(audience, list) else [audience]
    party.must(expected.client_id in audiences, "rp-aud", "another audience")
    party.must(len(audiences) == 1, "rp-more-audiences", "an unknown audience")
    party.must(claims.get("azp", expected.client_id) == expected.client_id, "rp-azp", "another azp")
    party.must("sub" in claims, "rp-sub-optional", "no sub")


def _times(party: RelyingParty, claims: Mapping[str, Any], now: float) -> None:
    party.must("exp" in claims, "rp-exp-optional", "no exp")
    party.must(claims.get("exp", now) > now - LEEWAY_SECONDS, "rp-exp", "expired")
    party.must("iat" in claims, "rp-iat-optional", "no iat")
    party.must(claims.get("iat", now) < now + LEEWAY_SECONDS, "rp-iat-future", "issued in the future")
    party.must(claims.get("nbf", now) < now + LEEWAY_SECONDS, "rp-nbf", "not yet valid")


def _session(party: RelyingParty, claims: Mapping[str, Any], expected: Expected) -> None:
    """Whether it belongs to this login, and is of the level that was asked for."""
    party.must("nonce" in claims, "rp-nonce-optional", "no nonce")
    party.must(claims.get("nonce", expected.nonce) == expected.nonce, "rp-nonce", "another nonce")
    digest = hashlib.sha256(expected.access_token.encode()).digest()
    right = jose.b64(digest[:16])
    party.must(claims.get("at_hash", right) == right, "rp-at-hash", "another at_hash")
    party.must(_rank(claims.get("acr")) >= _rank(expected.acr), "rp-acr", "a lower level")


def _rank(acr: Any) -> int:
    """The rank of a level, -1 for what is none."""
    name = acr.removeprefix(LEVEL_URI) if isinstance(acr, str) else ""
    return LEVELS.index(name) if name in LEVELS else -1
