"""The operators of recipes that make CBOR and COSE (RFC 8949, RFC 9052)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from conformance.eid.credentials.recipe import Kitchen, RecipeError
from conformance.wire import jose

COSE_ALGORITHMS = {"ES256": -7, "ES384": -35, "ES512": -36, "EdDSA": -8}
"""JOSE's name of an algorithm -> its number in COSE (RFC 9053 section 2)."""

COSE_CURVES = {"P-256": 1, "P-384": 2, "P-521": 3}


def _map(kitchen: Kitchen, operand: Any) -> dict[Any, Any]:
    """Pairs, since JSON's members are texts alone."""
    return {kitchen.make(key): kitchen.make(value) for key, value in operand}


def _tag(kitchen: Kitchen, operand: Any) -> cbor2.CBORTag:
    return cbor2.CBORTag(operand[0], kitchen.make(operand[1]))


def _tdate(kitchen: Kitchen, operand: Any) -> cbor2.CBORTag:
    """Tag 0 with a time relative to the run, in UTC and whole seconds (RFC 8943 leaves dates to tag 1004)."""
    moment = datetime.fromtimestamp(kitchen.now + operand, UTC)
    return cbor2.CBORTag(0, moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _cose(kitchen: Kitchen, operand: Any) -> Any:
    """A COSE_Sign1: `protected`, `unprotected`, `payload`, `key`, `alg`.

    `signed_payload`: what the signature covers instead of the payload (detached content). `aad`: external_aad.
    `signature`: octets instead. `tag`: the number of its CBOR tag, none where absent. `context`: Signature1.
    """
    protected = kitchen.make(operand.get("protected", {"$map": []}))
    head = protected if isinstance(protected, bytes) else cbor2.dumps(protected) if protected else b""
    payload = kitchen.make(operand.get("payload"))
    covered = kitchen.make(operand["signed_payload"]) if "signed_payload" in operand else payload
    if "signature" in operand:
        signature = kitchen.octets(operand["signature"])
    else:
        aad = kitchen.octets(operand.get("aad", ""))
        text = cbor2.dumps([operand.get("context", "Signature1"), head, aad, covered])
        signature = jose.sign(operand["alg"], kitchen.key(operand["key"]), text)
    message = [head, kitchen.make(operand.get("unprotected", {"$map": []})), payload, signature]
    return cbor2.CBORTag(operand["tag"], message) if "tag" in operand else message


def _cose_key(kitchen: Kitchen, operand: Any) -> dict[int, Any]:
    """The public half of a key as a COSE_Key (RFC 9053 section 7)."""
    key = kitchen.key(operand)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {1: 1, -1: 6, -2: key.public_key().public_bytes_raw()}
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise RecipeError(f"no COSE_Key of {operand}")
    point, length = key.public_key().public_numbers(), (key.curve.key_size + 7) // 8
    curve = COSE_CURVES[jose.curve_name(key)]
    return {1: 2, -1: curve, -2: point.x.to_bytes(length, "big"), -3: point.y.to_bytes(length, "big")}


OPERATORS: Mapping[str, Callable[[Kitchen, Any], Any]] = {
    "$cbor": lambda kitchen, operand: cbor2.dumps(kitchen.make(operand)),
    "$map": _map,
    "$tag": _tag,
    "$tdate": _tdate,
    "$cose": _cose,
    "$cose_key": _cose_key,
}
