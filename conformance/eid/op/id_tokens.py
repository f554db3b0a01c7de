"""An ID token (or another JWT of the provider) as facts: decrypted, verified, measured. Nothing of a person leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec.structs import replace

from conformance.core.redact import PATTERNS
from conformance.eid.op.evidence import IdTokenFacts
from conformance.eid.op.jwe import Unreadable, decrypt, part
from conformance.eid.op.settings import Client
from conformance.wire import jose

REQUIRED = ("iss", "sub", "aud", "exp", "iat")
DATES = ("exp", "iat", "auth_time", "nbf")


def select(keys: Sequence[Mapping[str, Any]], kid: str | None) -> Mapping[str, Any] | None:
    """The published key that `kid` names; the only one where the token names none."""
    usable = [each for each in keys if each.get("use", "sig") == "sig"]
    if kid is None:
        return usable[0] if len(usable) == 1 else None
    return next((each for each in usable if each.get("kid") == kid), None)


def verify(token: str, keys: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, Any], str]:
    """(header, claims, why the signature does not verify) of a compact JWS; the last empty where it does.

    Raises:
        Unreadable: it is no JWS.
    """
    pieces = token.split(".")
    if len(pieces) != 3:
        raise Unreadable(f"{len(pieces)} parts")
    header, claims = part(pieces[0]), part(pieces[1])
    alg, kid = header.get("alg"), header.get("kid")
    if not isinstance(alg, str) or alg == "none" or alg.startswith("HS"):
        return header, claims, f"alg is {str(alg)[:20]}"
    if "crit" in header:
        return header, claims, "crit in the header"
    raw = select(keys, kid if isinstance(kid, str) else None)
    if raw is None:
        return header, claims, "no published key for the kid" if kid is not None else "no kid, and several keys"
    try:
        key = jose.public_key(raw)
        fine = jose.verify(alg, key, f"{pieces[0]}.{pieces[1]}".encode(), jose.unb64(pieces[2]))
    except ValueError as error:
        return header, claims, f"the key cannot be used: {error}"[:200]
    return header, claims, "" if fine else "the signature does not verify"


def same(value: Any, expected: str | None) -> Literal["same", "absent", "other"]:
    """How a claim compares with what it should be."""
    if value is None:
        return "absent"
    return "same" if value == expected else "other"


def national(sub: str) -> str:
    """The kind of number that a subject is, by the redactor's patterns; empty for none."""
    for kind, pattern, test in PATTERNS:
        if kind == "national-number" and (found := pattern.fullmatch(sub)) and test(found.group()):
            return kind
    return ""


def half_hash(alg: str, text: str) -> str:
    """at_hash and c_hash: the left half of the digest that the algorithm names (OpenID Connect Core 3.1.3.6)."""
    name = "sha512" if alg in ("EdDSA", "Ed25519") else f"sha{alg[-3:]}"
    digest = hashlib.new(name, text.encode()).digest()
    return jose.b64(digest[: len(digest) // 2])


def number(value: Any) -> float:
    """A NumericDate, 0 where it is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def facts(
    token: str, client: Client, keys: Sequence[Mapping[str, Any]], *, now: float, nonce: str | None, access_token: str
) -> tuple[IdTokenFacts, dict[str, Any]]:
    """The facts of an ID token, and its claims (which are not to be written).

    Args:
        token: compact JWS, or JWE around one.
        client: for whom it is.
        keys: the published ones.
        now: seconds since 1970, at observation.
        nonce: that was sent, None where none was.
        access_token: that came with it.

    Raises:
        Untested, Undecided: as `decrypt`.
    """
    outer: dict[str, Any] = {}
    encrypted = token.count(".") == 4
    try:
        if encrypted:
            outer = part(token.partition(".")[0])
            token = decrypt(token, client)[1]
        header, claims, trouble = verify(token, keys)
    except Unreadable as error:
        alg, enc = (str(outer.get(name, ""))[:40] for name in ("alg", "enc"))
        unread = IdTokenFacts("", None, verified=False, trouble=str(error), encrypted=encrypted)
        return replace(unread, jwe_alg=alg, jwe_enc=enc), {}
    audience = claims.get("aud")
    listed = [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []
    sub = claims["sub"] if isinstance(claims.get("sub"), str) else ""
    kid = header.get("kid")
    alg = str(header.get("alg", ""))[:20]
    exp, iat = number(claims.get("exp")), number(claims.get("iat"))
    auth_time = number(claims["auth_time"]) if "auth_time" in claims else None
    given_hash = claims.get("at_hash")
    amr = claims.get("amr")
    return IdTokenFacts(
        alg=alg,
        kid=kid[:200] if isinstance(kid, str) else None,
        verified=not trouble,
        trouble=trouble,
        encrypted=encrypted,
        jwe_alg=str(outer.get("alg", ""))[:40],
        jwe_enc=str(outer.get("enc", ""))[:40],
        jwe_cty=str(outer.get("cty", ""))[:40],
        iss=str(claims.get("iss", ""))[:500],
        missing=tuple(name for name in REQUIRED if name not in claims),
        audience_contains=client.id in listed,
        audience_count=len(listed),
        azp=same(claims.get("azp"), client.id),
        lifetime_seconds=round(exp - iat, 1),
        age_seconds=round(now - iat, 1),
        expires_in_seconds=round(exp - now, 1),
        nonce=same(claims.get("nonce"), nonce),
        sent_nonce=nonce is not None,
        not_integers=tuple(name for name in DATES if name in claims and type(claims[name]) is not int),
        auth_time=auth_time,
        auth_time_after_iat=auth_time is not None and auth_time > iat,
        at_hash=None if given_hash is None or not known_hash(alg) else given_hash == half_hash(alg, access_token),
        sub_length=len(sub),
        sub_ascii=sub.isascii() and bool(sub),
        sub_pattern=national(sub),
        acr=claims["acr"][:200] if isinstance(claims.get("acr"), str) else None,
        amr=tuple(str(each)[:40] for each in amr[:20]) if isinstance(amr, list) else None,
    ), claims


def known_hash(alg: str) -> bool:
    """Whether the algorithm says which digest its half hashes use."""
    return alg in ("EdDSA", "Ed25519") or alg[-3:] in ("256", "384", "512")
