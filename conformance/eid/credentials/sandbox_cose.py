"""The sandbox's verifier: CBOR and COSE_Sign1 (RFC 8949, RFC 9052)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cbor2

from conformance.eid.credentials.checks import Checks, Refused
from conformance.wire import jose

ALGORITHMS = {-7: "ES256", -35: "ES384", -36: "ES512", -8: "EdDSA"}
MAX_DEPTH = 32


def read_cbor(octets: Any, code: str = "malformed", *, more: bool = False) -> Any:
    """One CBOR item, read strictly: bounded depth, no key twice, nothing after it unless `more`. Dates stay tags."""
    if not isinstance(octets, bytes):
        raise Refused(code)
    stream = io.BytesIO(octets)
    decoder = cbor2.CBORDecoder(
        stream,
        max_depth=MAX_DEPTH,
        allow_duplicate_keys=False,
        allow_indefinite=False,
        semantic_decoders={number: _kept(number) for number in (0, 1, 100, 1004)},
        read_size=1,
    )
    try:
        value = decoder.decode()
    except (cbor2.CBORDecodeError, ValueError, RecursionError, OverflowError, MemoryError, TypeError):
        raise Refused(code) from None
    if stream.read(1) and not more:
        raise Refused(code)
    return value


def _kept(number: int) -> Any:
    return lambda value, _: cbor2.CBORTag(number, value)


@dataclass(frozen=True, slots=True)
class Sign1:
    """A COSE_Sign1 taken apart. head: the protected header's octets, as received."""

    head: bytes
    protected: Mapping[Any, Any]
    unprotected: Mapping[Any, Any]
    payload: bytes | None
    signature: bytes


def sign1(value: Any) -> Sign1:
    """The parts of a COSE_Sign1, tagged or not (RFC 9052 section 4.2)."""
    if isinstance(value, cbor2.CBORTag) and value.tag == 18:
        value = value.value
    if not isinstance(value, list | tuple) or len(value) != 4:
        raise Refused("malformed")
    head, unprotected, payload, signature = value
    if not isinstance(head, bytes) or not isinstance(unprotected, Mapping) or not isinstance(signature, bytes):
        raise Refused("malformed")
    if payload is not None and not isinstance(payload, bytes):
        raise Refused("malformed")
    protected = read_cbor(head) if head else {}
    if not isinstance(protected, Mapping):
        raise Refused("malformed")
    return Sign1(head, protected, unprotected, payload, signature)


def algorithm(checks: Checks, scope: str, message: Sign1, allowed: frozenset[str]) -> str:
    """The algorithm of the protected header, if it is allowed; no critical header is understood."""
    checks.must(f"{scope}-critical", 2 not in message.protected and 2 not in message.unprotected, "critical")
    number = message.protected.get(1)
    if number is None and checks.lacks(f"{scope}-unprotected-algorithm"):
        number = message.unprotected.get(1)
    name = ALGORITHMS.get(number) if isinstance(number, int) else None
    if name not in allowed:
        raise Refused("algorithm")
    assert name is not None
    return name


def check_sign1(alg: str, key: Any, message: Sign1, payload: bytes) -> bool:
    """Whether the signature is one of this payload by this key (RFC 9052 section 4.4)."""
    text = cbor2.dumps(["Signature1", message.head, b"", payload])
    return jose.verify(alg, key, text, message.signature)
