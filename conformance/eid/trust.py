"""Signed data of a country: which acr value stands for which level, and which services are trusted.

Both are JWS in compact form whose payload a JSON Schema describes (`profiles/schema/acr-map.json`, `trust-list.json`).
Nothing of them is used before the signature, the type, the country, the dates and the schema hold. Who may sign is a
JWK Set that the manifest names: the project signs for nobody but the sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from conformance.core.errors import ConfigError
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.paths import profiles_dir
from conformance.core.schema import validate
from conformance.wire import jose
from conformance.wire.jws import SigningKey, compact
from conformance.wire.strict_json import strict_json

TYPES: Mapping[str, str] = {"acr-map": "conformance-acr-map+jwt", "trust-list": "conformance-trust-list+jwt"}
"""Kind of data -> `typ` of its JWS. The kind is also the name of its schema."""

LEVELS = ("low", "substantial", "high")
"""Levels in order, as (EU) 910/2014 article 8 names them; a model, since no public ASEAN scheme was found."""

LEVEL_URI = "tag:conformance.example,2026:e-id:level:"
"""Namespace of the project's own for levels; it is nobody else's."""

ALGORITHMS = frozenset({"ES256", "ES384", "PS256", "EdDSA", "Ed25519"})
MAX_OCTETS = 1_000_000


def read_signed(kind: str, path: Path, keys: Path, *, country: str, today: date, least: int = 0) -> Mapping[str, Any]:
    """The verified payload of a file of signed data.

    Args:
        kind: `acr-map` or `trust-list`.
        path: the JWS.
        keys: JWK Set of those who may sign it.
        country: whose it must be.
        today: UTC day it must be valid on.
        least: the smallest sequence number that is taken.

    Raises:
        Untested: NO_CREDENTIAL, a file cannot be read.
        Undecided: CONTROL_FAILED, it does not verify; says which check.
    """
    token = _read(path).decode("ascii", "replace").strip()
    payload: Mapping[str, Any] = verified(kind, token, _keys(keys))[1]
    try:
        validate(payload, kind, path.name)
    except ConfigError as error:
        raise _refuse(kind, str(error)) from None
    if payload["country"] != country:
        raise _refuse(kind, f"it is for {payload['country']}")
    if not date.fromisoformat(payload["issued"]) <= today <= date.fromisoformat(payload["expires"]):
        raise _refuse(kind, f"it is valid from {payload['issued']} to {payload['expires']}")
    if payload["sequence"] < least:
        raise _refuse(kind, f"sequence {payload['sequence']} is older than {least}, which was seen before")
    return payload


def verified(kind: str, token: str, keys: Mapping[str, Mapping[str, Any]]) -> tuple[Mapping[str, Any], Any]:
    """Header and payload of a JWS whose signature and type hold. Raises Undecided."""
    pieces = token.split(".")
    if len(pieces) != 3:
        raise _refuse(kind, f"{len(pieces)} parts, no JWS")
    try:
        header = strict_json(jose.unb64(pieces[0]))
        payload = strict_json(jose.unb64(pieces[1]))
        signature = jose.unb64(pieces[2])
    except (ValueError, Undecided) as error:
        raise _refuse(kind, getattr(error, "detail", str(error))) from None
    if not isinstance(header, dict) or header.get("typ") != TYPES[kind] or "crit" in header:
        raise _refuse(kind, f"typ is not {TYPES[kind]}, or there is crit")
    alg, kid = header.get("alg"), header.get("kid")
    if alg not in ALGORITHMS or not isinstance(kid, str) or kid not in keys:
        raise _refuse(kind, "the key is not among the trusted ones")
    if not jose.verify(alg, jose.public_key(keys[kid]), f"{pieces[0]}.{pieces[1]}".encode(), signature):
        raise _refuse(kind, "the signature does not verify")
    return header, payload


def _refuse(kind: str, why: str) -> Undecided:
    return Undecided(Reason.CONTROL_FAILED, f"{kind}: {why}")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_OCTETS + 1)
    except OSError as error:
        raise Untested(NotTested.NO_CREDENTIAL, f"{path.name} cannot be read: {error.strerror}") from None
    if len(octets) > MAX_OCTETS:
        raise Untested(NotTested.NO_CREDENTIAL, f"{path.name} has more than {MAX_OCTETS} octets")
    return octets


def _keys(path: Path) -> dict[str, Mapping[str, Any]]:
    value = strict_json(_read(path))
    keys = value.get("keys", ()) if isinstance(value, dict) else ()
    return {each["kid"]: each for each in keys if isinstance(each, dict) and isinstance(each.get("kid"), str)}


def shipped_map(country: str) -> Mapping[str, Any]:
    """The map that this project ships for a country: without entries until the country publishes any.

    Raises:
        Untested: NOT_PUBLISHED.
    """
    path = profiles_dir() / "eid" / f"{country}.json"
    note = ""
    if path.exists():
        note = str(json.loads(path.read_bytes()).get("note", ""))
    published = f"no map of levels of assurance is published for {country}" + (f": {note}" if note else "")
    detail = f"the manifest names none (acr_map), and {published}"
    raise Untested(NotTested.NOT_PUBLISHED, detail)


def signed(kind: str, payload: Mapping[str, Any], key: SigningKey) -> str:
    """A file of signed data, as whoever keeps the list makes it."""
    return compact(key, payload, {"typ": TYPES[kind]})


def today(now: datetime) -> date:
    """The UTC day."""
    return now.astimezone(UTC).date()
