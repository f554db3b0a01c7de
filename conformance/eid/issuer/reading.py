"""From the octets of an issuer's answers to facts: metadata and SD-JWT VCs. Everything in them is hostile."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from msgspec.structs import replace

from conformance.core.model import Undecided
from conformance.core.redact import PRIVATE_JWK_MEMBERS
from conformance.eid.issuer.evidence import Configuration, Issued, IssuerMetadata
from conformance.wire import jose
from conformance.wire.exchange import HttpExchange
from conformance.wire.oauth import json_object, media_type
from conformance.wire.strict_json import strict_json

MAX_CONFIGURATIONS = 100
MAX_DISCLOSURES = 1_000
ENDPOINTS = ("credential_endpoint", "nonce_endpoint", "deferred_credential_endpoint", "notification_endpoint")
ALWAYS_VISIBLE = frozenset({"iss", "nbf", "exp", "cnf", "vct", "status", "vct#integrity"})


def metadata(exchange: HttpExchange, expected: str) -> IssuerMetadata:
    """The facts of an answer at the well-known place."""
    made = IssuerMetadata(exchange.url, expected, exchange.status, media_type(exchange))
    members = json_object(exchange)
    if not members:
        return replace(made, trouble="no JSON object")
    found = members.get("credential_configurations_supported")
    listed = found if isinstance(found, Mapping) else {}
    servers = members.get("authorization_servers")
    return replace(
        made,
        issuer=text(members, "credential_issuer"),
        endpoints={name: text(members, name) for name in ENDPOINTS if text(members, name)},
        authorization_servers=tuple(str(each)[:500] for each in servers[:8]) if isinstance(servers, list) else (),
        configurations={
            str(name)[:200]: configuration(each) for name, each in list(listed.items())[:MAX_CONFIGURATIONS]
        },
        configuration_count=len(listed),
        batch_size=batch_size(members),
        trouble="" if isinstance(found, Mapping) else "no credential_configurations_supported",
    )


def configuration(value: Any) -> Configuration:
    """The facts of one configuration."""
    if not isinstance(value, Mapping):
        return Configuration("", "", trouble="no object")
    types = value.get("proof_types_supported")
    proofs = {
        str(name)[:40]: texts(each.get("proof_signing_alg_values_supported")) if isinstance(each, Mapping) else ()
        for name, each in (types.items() if isinstance(types, Mapping) else ())
    }
    methods = texts(value.get("cryptographic_binding_methods_supported"))
    attested = any(
        isinstance(each, Mapping) and "key_attestations_required" in each
        for each in (types.values() if isinstance(types, Mapping) else ())
    )
    kind = text(value, "vct") or text(value, "doctype")
    return Configuration(text(value, "format"), kind, proofs, methods, text(value, "scope"), attested)


def configurations(members: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The configurations of the metadata that are objects, by id."""
    found = members.get("credential_configurations_supported")
    listed = list(found.items())[:MAX_CONFIGURATIONS] if isinstance(found, Mapping) else []
    return {str(name)[:200]: each for name, each in listed if isinstance(each, Mapping)}


def batch_size(members: Mapping[str, Any]) -> int:
    """How many proofs a request may hold (OpenID4VCI section 12.2.4); 0 where the metadata does not say."""
    found = members.get("batch_credential_issuance")
    size = found.get("batch_size") if isinstance(found, Mapping) else None
    return size if isinstance(size, int) and not isinstance(size, bool) and 0 < size < 1_000_000 else 0


def text(members: Mapping[str, Any], name: str) -> str:
    """A member that is a text, bounded; empty for anything else."""
    value = members.get(name)
    return value[:500] if isinstance(value, str) else ""


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list, bounded."""
    return tuple(each[:80] for each in value[:40] if isinstance(each, str)) if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class Taken:
    """An SD-JWT taken apart, its signature not yet looked at. opened: what each Disclosure says."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes
    disclosures: list[str]
    opened: list[Any]


def taken_apart(credential: str) -> Taken:
    """The parts of an SD-JWT without key binding.

    Raises:
        ValueError: it is none.
        Undecided: its JSON has two readings.
    """
    token, *disclosures = credential.rstrip("~").split("~")
    head, body, tail = token.split(".")
    header, claims = (strict_json(jose.unb64(part)) for part in (head, body))
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise ValueError("header or payload is no object")  # noqa: TRY004 - of what was read, not of an argument
    opened = [strict_json(jose.unb64(each)) for each in disclosures[:MAX_DISCLOSURES]]
    return Taken(header, claims, f"{head}.{body}".encode(), jose.unb64(tail), disclosures, opened)


def confirmed_key(claims: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JWK of `cnf`; empty where there is none."""
    cnf = claims.get("cnf")
    found = cnf.get("jwk") if isinstance(cnf, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def issued(credential: str, jwks: Mapping[str, Any], proof_key: Mapping[str, Any], wanted: str, now: int) -> Issued:
    """The facts of an SD-JWT VC.

    Args:
        credential: as it came.
        jwks: the issuer's keys from its `jwt-vc-issuer` metadata, empty where it has none.
        proof_key: the public JWK of the proof.
        wanted: the `vct` of the configuration.
        now: seconds since 1970.
    """
    made = Issued("dc+sd-jwt", expected_type=wanted)
    try:
        taken = taken_apart(credential)
    except (ValueError, Undecided) as error:
        return replace(made, trouble=f"no SD-JWT: {str(error)[:100]}")
    header, claims, disclosures, opened = taken.header, taken.claims, taken.disclosures, taken.opened
    key, source = signing_key(header, jwks)
    alg = text(header, "alg")
    bound_key = confirmed_key(claims)
    digests = [jose.b64(hashlib.sha256(each.encode()).digest()) for each in disclosures]
    referenced = set(all_digests([claims, *opened]))
    return replace(
        made,
        typ=text(header, "typ"),
        alg=alg,
        verified=key is not None and jose.verify(alg, key, taken.signed, taken.signature),
        key_source=source,
        issuer=text(claims, "iss"),
        type=text(claims, "vct"),
        bound=all(bound_key.get(name) == proof_key[name] for name in proof_key),
        private_members=tuple(sorted(PRIVATE_JWK_MEMBERS & set(bound_key))),
        issued_at=offset(claims.get("iat"), now),
        expires=offset(claims.get("exp"), now),
        disclosures=len(disclosures),
        shortest_salt=min((salt_octets(each) for each in opened), default=None),
        unreferenced=sum(each not in referenced for each in digests),
        hidden=tuple(sorted({each[1] for each in opened if is_claim(each)} & ALWAYS_VISIBLE)),
    )


def is_claim(value: Any) -> bool:
    """Whether a Disclosure is one of a claim."""
    return isinstance(value, list) and len(value) == 3 and isinstance(value[1], str)


def signing_key(header: Mapping[str, Any], jwks: Mapping[str, Any]) -> tuple[Any, str]:
    """The issuer's key, and where it was found: its leaf certificate, or its published keys by `kid`."""
    chain = header.get("x5c")
    try:
        if isinstance(chain, list) and chain and isinstance(chain[0], str):
            return x509.load_der_x509_certificate(base64.b64decode(chain[0], validate=True)).public_key(), "x5c"
        listed = jwks.get("keys")
        for key in listed if isinstance(listed, list) else ():
            if isinstance(key, Mapping) and key.get("kid") == header.get("kid"):
                return jose.public_key(key), "jwt-vc-issuer"
    except ValueError:
        return None, "a key that cannot be read"
    return None, "no key"


def offset(value: Any, now: int) -> int | None:
    """A NumericDate relative to now."""
    return int(value) - now if isinstance(value, int | float) and not isinstance(value, bool) else None


def salt_octets(disclosure: Any) -> int:
    """How many octets the salt of a Disclosure holds: decoded where it is base64url, else its characters."""
    salt = disclosure[0] if isinstance(disclosure, list) and disclosure else ""
    if not isinstance(salt, str):
        return 0
    try:
        return len(jose.unb64(salt))
    except ValueError:
        return len(salt)


def digest_lists(value: Any) -> Iterator[list[str]]:
    """Every `_sd` below a value that is a list of texts."""
    if isinstance(value, Mapping):
        found = value.get("_sd")
        if isinstance(found, list) and all(isinstance(each, str) for each in found):
            yield found
        for each in value.values():
            yield from digest_lists(each)
    elif isinstance(value, list):
        for each in value:
            yield from digest_lists(each)


def all_digests(value: Any) -> Iterator[str]:
    """Every digest below a value, of claims and of array elements."""
    for each in digest_lists(value):
        yield from each
    yield from array_digests(value)


def array_digests(value: Any) -> Iterator[str]:
    """Every digest of an array element below a value."""
    if isinstance(value, Mapping):
        if isinstance(value.get("..."), str):
            yield value["..."]
        for each in value.values():
            yield from array_digests(each)
    elif isinstance(value, list):
        for each in value:
            yield from array_digests(each)
