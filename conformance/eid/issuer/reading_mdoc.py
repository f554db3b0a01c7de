"""From an issued mdoc to facts about its items (ISO/IEC 18013-5 section 8.3.2.1.2.2). Everything in it is hostile."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import cbor2
from msgspec.structs import replace

from conformance.eid.issuer.evidence import Mdoc
from conformance.wire import jose

MAX_ITEMS = 1_000
MAX_DEPTH = 32
KEPT = (0, 1, 100, 1004)
"""Tags of times and dates, which stay as they are."""

DATES = frozenset({"birth_date", "issue_date", "expiry_date", "issuance_date"})
PICTURES = frozenset({"portrait", "signature_usual_mark"})


def mdoc(credential: str, made: Mdoc) -> Mdoc:
    """The facts of an IssuerSigned in base64url."""
    try:
        signed = read(jose.unb64(credential))
        names = signed["nameSpaces"]
        items = [dict(each) for listed in names.values() for each in opened(listed)]
        shortest = min((len(each["random"]) for each in items), default=None)
        tags = {str(each["elementIdentifier"])[:80]: described(each["elementValue"]) for each in items}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return replace(made, trouble=f"no IssuerSigned: {type(error).__name__} {str(error)[:80]}")
    named = {name: tag for name, tag in tags.items() if name in DATES | PICTURES}
    return replace(made, items=len(items), shortest_random=shortest, tags=named)


def opened(listed: Any) -> Iterator[Mapping[str, Any]]:
    """The items of a name space, each in the octets of a tag 24."""
    for each in listed[:MAX_ITEMS]:
        if not isinstance(each, cbor2.CBORTag) or each.tag != 24:
            raise ValueError("an item that is not in tag 24")
        yield read(each.value)


def described(value: Any) -> str:
    """What kind of value it is, without the value."""
    return f"tag {value.tag}" if isinstance(value, cbor2.CBORTag) else type(value).__name__


def read(octets: bytes) -> Any:
    """One CBOR item with bounded depth. Raises ValueError for anything else."""
    stream = io.BytesIO(octets)
    decoders = {number: (lambda value, _, number=number: cbor2.CBORTag(number, value)) for number in KEPT}
    decoder = cbor2.CBORDecoder(stream, max_depth=MAX_DEPTH, semantic_decoders=decoders, read_size=1)
    try:
        return decoder.decode()
    except (cbor2.CBORDecodeError, RecursionError, OverflowError, MemoryError, TypeError) as error:
        raise ValueError(f"no CBOR: {type(error).__name__}") from None
