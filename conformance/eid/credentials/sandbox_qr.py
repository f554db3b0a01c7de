"""The sandbox's verifier: identity QR codes, MOSIP Claim 169 and the JSON form of older cards."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from conformance.eid.credentials import base45
from conformance.eid.credentials.checks import Checks, Refused, Unsupported, inflate, is_time, read_object
from conformance.eid.credentials.sandbox_cose import Sign1, algorithm, check_sign1, read_cbor, sign1
from conformance.wire import jose

ALLOWED = frozenset({"EdDSA", "ES256"})
MAX_CODE = 65_536
_NAMED = "id version language full_name first_name middle_name last_name date_of_birth gender address email phone"
NAMES = dict(enumerate((*_NAMED.split(), "nationality"), start=1))
"""Attributes of claim 169 (id-claim-169, table of attributes)."""

FIELDS = ("Suffix", "lName", "fName", "mName", "sex", "BF", "DOB", "POB", "PCN")


def claim169_qr_verify(checks: Checks, given: Mapping[str, Any]) -> dict[str, Any]:
    """`claim169_qr.verify`: qr, format, issuers (a JWK Set by country), now."""
    match given["format"]:
        case "claim169":
            return claim169(checks, given)
        case "json-ed25519":
            return legacy(checks, given)
    raise Unsupported(f"format {given['format']}")


def claim169(checks: Checks, given: Mapping[str, Any]) -> dict[str, Any]:
    """base45, ZLIB, COSE_Sign1, CWT with claims 1, 4, 5 and 169."""
    try:
        packed = base45.decode(given["qr"])
    except ValueError:
        raise Refused("malformed") from None
    value = read_cbor(inflate(packed, 15, "malformed", 10**9 if checks.lacks("idqr-bomb") else MAX_CODE))
    if isinstance(value, Mapping) and checks.lacks("idqr-unsigned"):
        return shown(checks, value)
    message = sign1(value)
    claims = read_cbor(message.payload)
    if not isinstance(claims, Mapping):
        raise Refused("malformed")
    country = claims.get(1)
    keys = given["issuers"].get(country) if isinstance(country, str) else None
    if keys is None:
        raise Refused("issuer")
    check_message(checks, message, keys)
    now = given["now"]
    expires, begins = claims.get(4), claims.get(5, now)
    checks.must("idqr-exp", is_time(expires) and expires > now, "time")
    checks.must("idqr-nbf", is_time(begins) and begins <= now, "time")
    return shown(checks, claims)


def check_message(checks: Checks, message: Sign1, keys: Mapping[str, Any]) -> None:
    """The signature is by the key of that country that the header names."""
    if checks.lacks("idqr-empty-signature") and not message.signature:
        return
    alg = algorithm(checks, "idqr", message, ALLOWED)
    if alg == "ES256" and checks.lacks("idqr-no-es256"):
        raise Refused("algorithm")
    kid = message.protected.get(4, message.unprotected.get(4))
    found = [key for key in keys["keys"] if str(key.get("kid")).encode() == kid]
    if len(found) != 1:
        raise Refused("key")
    right = check_sign1(alg, jose.public_key(found[0]), message, message.payload or b"")
    checks.must("idqr-signature", right, "signature")


def shown(checks: Checks, claims: Mapping[Any, Any]) -> dict[str, Any]:
    """The claims of claim 169 by their names."""
    data = claims.get(169)
    if not isinstance(data, Mapping):
        raise Refused("claim")
    if checks.lacks("idqr-closed") and not set(data) <= set(NAMES):
        raise Refused("claim")
    named = {NAMES[key]: value for key, value in data.items() if key in NAMES}
    return {"claims": named, "issuer": claims.get(1)}


def legacy(checks: Checks, given: Mapping[str, Any]) -> dict[str, Any]:
    """JSON with an Ed25519 signature over a template of its fields: exactly these, each a text that cannot escape."""
    card = read_object(given["qr"].encode())
    if set(card) != {"DateIssued", "Issuer", "subject", "signature", "alg"} and not checks.lacks("idqr-members"):
        raise Refused("malformed")
    subject = card.get("subject")
    if not isinstance(subject, Mapping) or not set(FIELDS) <= set(subject):
        raise Refused("malformed")
    checks.must("idqr-members", set(subject) == set(FIELDS), "malformed")
    head = (card.get("DateIssued"), card.get("Issuer"), card.get("alg"))
    texts = (*head, *(subject[name] for name in FIELDS))
    if not all(isinstance(each, str) for each in texts):
        raise Refused("malformed")
    checks.must("idqr-escape", not any(mark in each for each in texts for mark in '"\\\n'), "malformed")
    if card["alg"] != "EDDSA":
        raise Refused("algorithm")
    keys = given["issuers"].get(card["Issuer"])
    if keys is None:
        raise Refused("issuer")
    check_legacy(checks, card, keys)
    return {"claims": dict(subject), "issuer": card["Issuer"]}


def check_legacy(checks: Checks, card: Mapping[str, Any], keys: Mapping[str, Any]) -> None:
    """The signature is one of the template by an Ed25519 key of the issuer."""
    try:
        signature = base64.b64decode(card.get("signature") or "", validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Refused("signature") from None
    text = template(card).translate({ord("ñ"): "?", ord("Ñ"): "?"}).encode()
    found = [jose.public_key(key) for key in keys["keys"] if key.get("crv") == "Ed25519"]
    right = any(jose.verify("EdDSA", key, text, signature) for key in found)
    checks.must("idqr-legacy-signature", right, "signature")


def template(card: Mapping[str, Any]) -> str:
    """The octets that were signed: two spaces of indentation, fields in this order, nothing escaped."""
    lines = ",\n".join(f'    "{name}": "{card["subject"][name]}"' for name in FIELDS)
    return (
        f'{{\n  "DateIssued": "{card["DateIssued"]}",\n  "Issuer": "{card["Issuer"]}",\n'
        f'  "subject": {{\n{lines}\n  }},\n  "alg": "{card["alg"]}"\n}}'
    )
