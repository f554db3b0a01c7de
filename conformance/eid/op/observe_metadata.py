"""What a provider publishes: metadata, keys, and how its endpoints answer when nothing is said. Passive."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from conformance.core.model import Reason, Target, Undecided
from conformance.core.network import Door
from conformance.eid.op.evidence import Cors, Discovery, Jwks, KeyFacts, Place
from conformance.eid.op.provider import ALIASED, ALIASES
from conformance.eid.op.settings import Settings
from conformance.wire import jwks as jwks_scan
from conformance.wire.client_certificates import HUNG_UP
from conformance.wire.exchange import HttpExchange
from conformance.wire.http import fetch, follow
from conformance.wire.oauth import FORM, media_type

MAX_MEMBERS, MAX_VALUES, MAX_TEXT, MAX_KEYS = 100, 200, 500, 200

ENDPOINTS: Mapping[str, str] = {
    "authorization_endpoint": "GET",
    "token_endpoint": "POST",
    "userinfo_endpoint": "GET",
    "jwks_uri": "GET",
    "pushed_authorization_request_endpoint": "POST",
    "revocation_endpoint": "POST",
    "introspection_endpoint": "POST",
    "end_session_endpoint": "GET",
}
"""Metadata members that are endpoints, and the method that each is for."""

FOREIGN = "https://foreign.example"
"""An origin that no provider knows."""


def well_known(issuer: str) -> str:
    """Where OpenID Connect Discovery section 4.1 puts the metadata."""
    return issuer.removesuffix("/") + "/.well-known/openid-configuration"


def oauth_well_known(issuer: str) -> str:
    """Where RFC 8414 section 3.1 puts it: the path of the issuer comes last."""
    parts = urlsplit(issuer)
    return f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path.removesuffix('/')}"


def get(door: Door, target: Target, settings: Settings, url: str, **options: Any) -> HttpExchange:
    """One GET of a passive look."""
    return fetch(door, target, url, kind="oidc", verify=settings.verify, **options)


def read_document(exchange: HttpExchange) -> Mapping[str, Any]:
    """The JSON object of an answer. Raises Undecided(JSON)."""
    value = exchange.json()
    if not isinstance(value, dict):
        raise Undecided(Reason.JSON, "no JSON object")
    return value


def discover(door: Door, target: Target, settings: Settings) -> tuple[Discovery, Mapping[str, Any]]:
    """The metadata as evidence, and whole.

    Raises:
        Undecided: nothing was answered, or what was answered cannot be read.
    """
    url = well_known(settings.issuer)
    exchange = follow(door, target, url, kind="oidc", verify=settings.verify, headers={"Accept": "application/json"})
    first = exchange.hops[0].status if exchange.hops else exchange.status
    kind = media_type(exchange)
    document: Mapping[str, Any] = {}
    problem = None
    if exchange.status == 200:
        try:
            document = read_document(exchange)
        except Undecided as trouble:
            problem = (trouble.reason.value, f"{trouble.detail} ({kind or 'no media type'})")
    else:
        problem = (Reason.NOT_OBSERVABLE.value, f"{url} answers {exchange.status}")
    bounded = {str(name)[:MAX_TEXT]: bound(value) for name, value in list(document.items())[:MAX_MEMBERS]}
    found = Discovery(settings.issuer, url, first, kind, len(exchange.hops), bounded, problem)
    return found, document


def bound(value: Any, depth: int = 3) -> Any:
    """A JSON value, bounded."""
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, bool | int | float) or value is None:
        return value
    if depth == 0:
        return "[more]"
    if isinstance(value, list):
        return [bound(each, depth - 1) for each in value[:MAX_VALUES]]
    return {str(name)[:MAX_TEXT]: bound(each, depth - 1) for name, each in list(value.items())[:MAX_MEMBERS]}


def oauth_metadata(
    door: Door, target: Target, settings: Settings, document: Mapping[str, Any]
) -> tuple[int, tuple[str, ...], tuple[str, str] | None]:
    """(status, members with another value, what keeps it from being read) at the location of RFC 8414."""
    try:
        exchange = get(door, target, settings, oauth_well_known(settings.issuer))
        if exchange.status != 200:
            return exchange.status, (), None
        other = read_document(exchange)
    except Undecided as trouble:
        return 0, (), (trouble.reason.value, trouble.detail)
    differs = sorted(name for name in other.keys() & document.keys() if other[name] != document[name])
    return 200, tuple(name[:80] for name in differs[:20]), None


def look_at_place(door: Door, target: Target, settings: Settings, url: Any, method: str) -> Place:
    """What an endpoint answers to an empty request of its own method."""
    if not isinstance(url, str):
        return Place(str(url)[:80], "", method, reason=Reason.JSON.value, detail="no string")
    scheme = urlsplit(url[:MAX_TEXT]).scheme
    if scheme != "https":
        return Place(url[:MAX_TEXT], scheme, method)
    try:
        data = "" if method == "POST" else None
        exchange = fetch(
            door,
            target,
            url,
            method=method,
            headers={"Content-Type": FORM} if method == "POST" else {},
            data=data,
            kind="oidc",
            verify=settings.verify,
        )
    except Undecided as trouble:
        return Place(url[:MAX_TEXT], scheme, method, reason=trouble.reason.value, detail=trouble.detail)
    return Place(url[:MAX_TEXT], scheme, method, exchange.status)


def look_at_aliases(
    door: Door, target: Target, settings: Settings, document: Mapping[str, Any]
) -> Iterator[tuple[str, Place]]:
    """As `look_at_place`, of each alias for mutual TLS. Who hangs up on a client without certificate is there."""
    given = document.get(ALIASES)
    aliases: Mapping[str, Any] = given if isinstance(given, dict) else {}
    for name in sorted(ALIASED & set(aliases)):
        place = look_at_place(door, target, settings, aliases[name], ENDPOINTS[name])
        if place.reason in (Reason.TLS_ALERT, *HUNG_UP):
            place = replace(place, reason="", detail=f"wants a certificate ({place.detail})"[:MAX_TEXT])
        yield f"{ALIASES}.{name}", place


def look_at_keys(
    door: Door, target: Target, settings: Settings, document: Mapping[str, Any], now: datetime
) -> tuple[Jwks, list[Mapping[str, Any]]]:
    """The published key set as facts, and the keys themselves.

    Raises:
        Undecided: there is no jwks_uri, nothing was answered, or what was answered cannot be read.
    """
    url = document.get("jwks_uri")
    if not isinstance(url, str):
        raise Undecided(Reason.NOT_OBSERVABLE, "the metadata has no jwks_uri")
    if urlsplit(url).scheme != "https":
        return Jwks(url[:MAX_TEXT], urlsplit(url).scheme, 0, "", "", 0, ()), []
    exchange = get(door, target, settings, url, headers={"Accept": "application/jwk-set+json, application/json"})
    cache = ", ".join(exchange.all("cache-control"))[:300]
    inner = private_in(document.get("jwks"))
    if exchange.status != 200:
        return Jwks(url, "https", exchange.status, media_type(exchange), cache, 0, (), None, inner), []
    scanned = jwks_scan.scan(exchange.body)
    if scanned.duplicate_members:
        raise Undecided(Reason.JSON, f"duplicate member {scanned.duplicate_members[0]!a}")
    keys: list[Mapping[str, Any]] = [each for each in read_document(exchange)["keys"] if isinstance(each, dict)]
    facts = tuple(
        key_facts(row, raw, now) for row, raw in zip(scanned.keys[:MAX_KEYS], exchange.json()["keys"], strict=False)
    )
    return Jwks(url, "https", 200, media_type(exchange), cache, scanned.count, facts, None, inner), keys


def private_in(value: Any) -> tuple[str, ...]:
    """Private members of the keys of an inline `jwks` of the metadata."""
    keys = value.get("keys") if isinstance(value, dict) else None
    rows = [jwks_scan.key_facts(each) for each in keys[:MAX_KEYS]] if isinstance(keys, list) else []
    return tuple(sorted({name for row in rows for name in row.private}))


def key_facts(row: jwks_scan.KeyFacts, raw: Any, now: datetime) -> KeyFacts:
    """One key with its certificate held against it."""
    exponent = ""
    if row.exponent is not None:
        exponent = "small" if row.exponent < 65537 else "even" if row.exponent % 2 == 0 else "ok"
    trouble, digest = certificate_facts(raw, now)
    return KeyFacts(
        key_type=row.kty,
        kid=row.kid if isinstance(raw, dict) and "kid" in raw else None,
        use=row.use,
        alg=row.alg,
        crv=row.crv,
        bits=row.bits or 0,
        exponent=exponent,
        on_curve=row.on_curve if row.kty == "EC" else None,
        private=row.private,
        certificate=trouble,
        certificate_sha256=digest,
        readable=row.trouble,
    )


def certificate_facts(raw: Any, now: datetime) -> tuple[str, str]:
    """(what is wrong with the first certificate of x5c, its SHA-256); `absent` where there is none."""
    from cryptography import x509  # noqa: PLC0415 - only where there is a certificate

    from conformance.wire.jose import jwk  # noqa: PLC0415

    chain = raw.get("x5c") if isinstance(raw, dict) else None
    if not isinstance(chain, list) or not chain:
        return "absent", ""
    try:
        der = base64.b64decode(chain[0], validate=True)
        certificate = x509.load_der_x509_certificate(der)
        shown = jwk(certificate.public_key())  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 - hostile certificates raise anything
        return f"cannot be read ({type(error).__name__})", ""
    digest = hashlib.sha256(der).hexdigest()
    if any(raw.get(name) != value for name, value in shown.items()):
        return "is for another key", digest
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return "is out of date", digest
    return "", digest


def look_at_cors(door: Door, target: Target, settings: Settings, document: Mapping[str, Any]) -> Cors:
    """What each endpoint answers to a request from a foreign origin."""
    answers: dict[str, tuple[str, str]] = {}
    for name, method in ENDPOINTS.items():
        url = document.get(name)
        if not isinstance(url, str) or name == "authorization_endpoint":
            continue
        headers = {"Origin": FOREIGN, **({"Content-Type": FORM} if method == "POST" else {})}
        data = "" if method == "POST" else None
        exchange = fetch(
            door, target, url, method=method, headers=headers, data=data, kind="oidc", verify=settings.verify
        )
        allowed = (exchange.all("access-control-allow-origin") or ("",))[0]
        answers[name] = (allowed[:200], (exchange.all("access-control-allow-credentials") or ("",))[0][:20])
    return Cors(answers)
