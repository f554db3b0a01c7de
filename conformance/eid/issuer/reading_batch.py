"""From several credentials at once, and from the status list that they name, to facts. All of it is hostile."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from conformance.core.model import Undecided
from conformance.eid.issuer.evidence import Batch, StatusList
from conformance.eid.issuer.reading import confirmed_key, offset, taken_apart
from conformance.wire import jose
from conformance.wire.exchange import HttpExchange
from conformance.wire.oauth import media_type
from conformance.wire.strict_json import strict_json

MAX_LIST = 16_777_216
"""Octets that a list may inflate to."""


def batch(found: Sequence[str], sent: Sequence[Mapping[str, Any]], size: int, status: int) -> Batch:
    """The facts of credentials that came for several keys.

    Args:
        found: the credentials as they came.
        sent: the public keys of the proofs.
        size: `batch_size` of the metadata.
        status: of the answer.
    """
    made = Batch(size, len(sent), status, len(found))
    keys: set[int] = set()
    salts: list[str] = []
    places: list[tuple[str, int]] = []
    for credential in found[: 4 * len(sent)]:
        try:
            taken = taken_apart(credential)
        except (ValueError, Undecided) as error:
            return replace(made, trouble=f"no SD-JWT: {str(error)[:100]}")
        bound = confirmed_key(taken.claims)
        keys |= {at for at, key in enumerate(sent) if all(bound.get(name) == key[name] for name in key)}
        salts += [str(each[0]) for each in taken.opened if isinstance(each, list) and each]
        if place := place_of(taken.claims):
            places.append(place)
    return replace(
        made,
        keys=len(keys),
        salts=len(salts),
        repeated_salts=len(salts) - len(set(salts)),
        statuses=len(places),
        places=len(set(places)),
    )


def place_of(claims: Mapping[str, Any]) -> tuple[str, int] | None:
    """Address and index of a credential's status (Token Status List, section 6.2); None where it names none."""
    status = claims.get("status")
    entry = status.get("status_list") if isinstance(status, Mapping) else None
    uri, index = (entry.get("uri"), entry.get("idx")) if isinstance(entry, Mapping) else (None, None)
    if not isinstance(uri, str) or not isinstance(index, int) or isinstance(index, bool):
        return None
    return uri[:1_000], index


def status_list(exchange: HttpExchange, now: int, *, personal: bool) -> StatusList:
    """The facts of a Status List Token as served to a script of another origin; its signature is not looked at."""
    allowed = exchange.all("access-control-allow-origin")
    made = StatusList(
        named=True,
        personal=personal,
        status=exchange.status,
        media_type=media_type(exchange),
        readable=any(each.strip() in ("*", ORIGIN) for each in allowed),
    )
    try:
        claims = strict_json(jose.unb64(exchange.body.decode("ascii").strip().split(".")[1]))
        listed = claims["status_list"]
        bits = listed["bits"]
        inflating = zlib.decompressobj()
        octets = inflating.decompress(jose.unb64(listed["lst"]), MAX_LIST)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, zlib.error, Undecided) as error:
        return replace(made, trouble=f"no status list: {str(error)[:80]}")
    if isinstance(bits, bool) or bits not in (1, 2, 4, 8):
        return replace(made, trouble="no status list: bits is none of 1, 2, 4 and 8")
    return replace(
        made,
        bits=bits,
        entries=len(octets) * 8 // bits,
        ttl=offset(claims.get("ttl"), 0),
        expires=offset(claims.get("exp"), now),
    )


ORIGIN = "https://other.example"
"""The origin that asks."""
