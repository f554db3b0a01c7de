"""The ways in which our provider is wrong: each changes exactly one thing of a login that is as it should be."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization

from conformance.eid.rp.flight import Absent, Flight
from conformance.eid.trust import LEVEL_URI
from conformance.wire import jose
from conformance.wire.jose import Json
from conformance.wire.jws import SigningKey, compact, new_key, random_id, tampered

HOUR = 3600
OTHER_ISSUER = "https://issuer.invalid"
OTHER_CLIENT = "another-client"
LARGE_KEYS = 5_500
"""Keys of a set of about one megabyte."""

Claims = dict[str, Any]


def _same(_: dict[str, str], __: Flight) -> None:
    return


def _usual(flight: Flight, claims: Claims) -> str:
    return compact(flight.key, claims)


def _plain_info(flight: Flight) -> Claims:
    return {"sub": flight.subject, "name": flight.name}


@dataclass(frozen=True, slots=True)
class Case:
    """One way. The defaults change nothing.

    proof: what the relying party must have asked of us for the change to have reached it. callback: changes the
    parameters of the authorization response; claims: those of the ID token; sign: makes the token of them; userinfo:
    what UserInfo says. keys: what our key set is meanwhile: `usual`, `new` (one more key, which signs), `odd`, `large`,
    `redirects` (as `new`, and one thing more). drips: the token endpoint never comes to an end.
    """

    name: str
    proof: str = "token"
    callback: Callable[[dict[str, str], Flight], None] = _same
    claims: Callable[[Claims, Flight], None] = _same
    sign: Callable[[Flight, Claims], str] = _usual
    userinfo: Callable[[Flight], Claims] = _plain_info
    keys: str = "usual"
    drips: bool = False
    mismatched: bool = False


def put(name: str, value: Callable[[Flight], Any]) -> Callable[[dict[str, Any], Flight], None]:
    """A member gets another value."""

    def change(members: dict[str, Any], flight: Flight) -> None:
        members[name] = value(flight)

    return change


def drop(name: str) -> Callable[[dict[str, Any], Flight], None]:
    """A member goes away."""

    def change(members: dict[str, Any], _: Flight) -> None:
        members.pop(name, None)

    return change


def _more_audience(claims: Claims, flight: Flight) -> None:
    claims |= {"aud": [flight.client_id, OTHER_CLIENT], "azp": flight.client_id}


def _lower(claims: Claims, flight: Flight) -> None:
    if not flight.acr:
        raise Absent("its requests ask for no acr")
    claims["acr"] = flight.lower_acr or f"{LEVEL_URI}low"


def _header(**members: Any) -> Callable[[Flight, Claims], str]:
    def sign(flight: Flight, claims: Claims) -> str:
        return compact(flight.key, claims, members)

    return sign


def _unsigned(flight: Flight, claims: Claims) -> str:
    return jose.compact({"alg": "none", "kid": flight.key.kid}, claims)


def _spoiled(flight: Flight, claims: Claims) -> str:
    return tampered(compact(flight.key, claims))


def _hmac_public(flight: Flight, claims: Claims) -> str:
    pem = flight.key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return _hmac(flight, claims, pem)


def _hmac_secret(flight: Flight, claims: Claims) -> str:
    if not flight.client_secret:
        raise Absent("it authenticates at the token endpoint without a client secret")
    return _hmac(flight, claims, flight.client_secret.encode())


def _hmac(flight: Flight, claims: Json, secret: bytes) -> str:
    return jose.compact({"alg": "HS256", "kid": flight.key.kid}, claims, secret)


def _other_algorithm(flight: Flight, claims: Claims) -> str:
    return compact(flight.other_key, claims)


def _embedded(flight: Flight, claims: Claims) -> str:
    attacker = new_key(flight.key.alg)
    return compact(SigningKey(attacker.private, flight.key.alg, flight.key.kid), claims, {"jwk": attacker.public_jwk})


def _foreign_info(flight: Flight) -> Claims:
    return {"sub": flight.foreign_subject, "name": flight.foreign_name}


_CLAIMS: Mapping[str, Callable[[Claims, Flight], None]] = {
    "iss_wrong": put("iss", lambda _: OTHER_ISSUER),
    "iss_missing": drop("iss"),
    "aud_wrong": put("aud", lambda _: OTHER_CLIENT),
    "aud_missing": drop("aud"),
    "aud_multi_untrusted": _more_audience,
    "azp_wrong": put("azp", lambda _: OTHER_CLIENT),
    "exp_past": put("exp", lambda flight: flight.now - 600),
    "exp_missing": drop("exp"),
    "iat_missing": drop("iat"),
    "sub_missing": drop("sub"),
    "iat_future": put("iat", lambda flight: flight.now + HOUR),
    "nbf_future": put("nbf", lambda flight: flight.now + HOUR),
    "nonce_wrong": put("nonce", lambda _: random_id()),
    "nonce_missing": drop("nonce"),
    "at_hash_wrong": put("at_hash", lambda _: jose.b64(bytes(16))),
    "acr_lower": _lower,
    "sub_long": put("sub", lambda flight: f"{flight.subject}{'0' * 300}"),
}
_SIGNED: Mapping[str, Callable[[Flight, Claims], str]] = {
    "alg_none": _unsigned,
    "sig_bad": _spoiled,
    "hs256_public_key": _hmac_public,
    "hs256_client_secret": _hmac_secret,
    "alg_unexpected": _other_algorithm,
    "embedded_jwk": _embedded,
    "crit_unknown": _header(crit=["x-conformance"], **{"x-conformance": True}),
}
_MORE: tuple[Case, ...] = (
    Case("control-first"),
    Case("control-middle"),
    Case("control-last"),
    Case("control-second-issuer"),
    Case("issuer_mismatch", "metadata", mismatched=True),
    Case("resp_iss_wrong", "callback", callback=put("iss", lambda _: OTHER_ISSUER)),
    Case("resp_iss_missing", "callback", callback=drop("iss")),
    Case("state_wrong", "callback", callback=put("state", lambda _: random_id())),
    Case("state_missing", "callback", callback=drop("state")),
    Case("ui_sub_wrong", "userinfo", userinfo=_foreign_info),
    Case("kid_unknown", sign=lambda flight, claims: compact(flight.key, claims, {"kid": random_id(8)})),
    Case("key_rotated", keys="new"),
    Case("odd_key", keys="odd"),
    Case("jwks_large", keys="large"),
    Case("jwks_redirects", keys="redirects"),
    Case("drip", drips=True),
)
CASES: Mapping[str, Case] = {
    each.name: each
    for each in (
        *_MORE,
        *(Case(name, claims=change) for name, change in _CLAIMS.items()),
        *(Case(name, sign=sign) for name, sign in _SIGNED.items()),
    )
}
"""Name -> case; the names are those of the profile's parameter `cases`."""


def key_set(case: Case | None, keys: tuple[SigningKey, ...], fresh: SigningKey | None) -> dict[str, Any]:
    """The JWK Set that we publish while a login of this case is under way."""
    usual = [{**key.public_jwk, "kid": key.kid, "alg": key.alg, "use": "sig"} for key in keys]
    if case is None or fresh is None:
        return {"keys": usual}
    new = {**fresh.public_jwk, "kid": fresh.kid, "alg": fresh.alg, "use": "sig"}
    if case.keys == "odd":
        return {"keys": [{"kty": "conformance-unknown", "kid": "odd", "use": "sig", "pub": "AAAA"}, *usual, new]}
    if case.keys == "large":
        return {"keys": [*usual, *({**new, "kid": f"{fresh.kid}-{number}"} for number in range(LARGE_KEYS)), new]}
    return {"keys": [*usual, new]}


@dataclass(slots=True)
class Drip:
    """Octets of white space, one after the other, until the login is over or `seconds` have passed."""

    over: Callable[[], bool]
    seconds: float = 70.0
    began: float = field(default_factory=time.monotonic)

    def __iter__(self) -> Iterator[bytes]:
        while not self.over() and time.monotonic() - self.began < self.seconds:
            yield b" "
            time.sleep(0.1)
