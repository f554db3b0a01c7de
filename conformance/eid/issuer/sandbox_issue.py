"""What the sandbox's issuer issues: SD-JWT VCs by ES256, an mdoc, and the status list that they name."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from conformance.eid.issuer.sandbox_state import DOCTYPE, NAMESPACE, NO_STORE, VCT, Issuer, Reply
from conformance.wire import jose
from conformance.wire.jws import SigningKey, compact, new_key

DAY = 86_400
PLACES = 131_072


def certificate(key: SigningKey) -> bytes:
    """A certificate for the issuer's key, in DER. Nobody trusts it: the suite takes its key alone."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer.example")])
    today = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.private.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))
    return builder.sign(key.private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def issued(issuer: Issuer, keys: Sequence[Mapping[str, Any]]) -> Reply:
    """A credential for each key (OpenID4VCI section 8.3)."""
    salts = secrets.token_bytes(16) if issuer.has("batch-salts") else None
    one_key = issuer.has("batch-one-key")
    bound = [keys[0] if one_key else key for key in keys]
    if issuer.has("batch-more") and len(keys) > 1:
        bound.append(keys[0])
    made = [sd_jwt(issuer, key, salts) for key in bound]
    return 200, {"credentials": [{"credential": each} for each in made]}, NO_STORE


def sd_jwt(issuer: Issuer, key: Mapping[str, Any], salts: bytes | None) -> str:
    """A credential bound to the key. salts: what all salts are made of, where they are not random."""
    now = int(time.time())
    exp = now - DAY if issuer.has("expired") else now + 30 * DAY
    hidden = {"given_name": "Maria", "family_name": "Santos", **({"exp": exp} if issuer.has("hidden-exp") else {})}
    size = 8 if issuer.has("short-salt") else 16
    made = [disclosure(name, value, size, salts) for name, value in hidden.items()]
    bound = new_key() if issuer.has("unbound") or issuer.has("private-cnf") else None
    cnf = jose.jwk(bound.private, private=issuer.has("private-cnf")) if bound else dict(key)
    if issuer.has("private-cnf"):
        cnf = {**key, "d": cnf["d"]}
    claims = {
        "iss": issuer.identifier,
        "vct": f"{VCT}/other" if issuer.has("other-type") else VCT,
        "iat": now,
        "cnf": {"jwk": cnf},
        "status": {"status_list": place(issuer)},
        "_sd_alg": "sha-256",
        "_sd": sorted(jose.b64(hashlib.sha256(each.encode()).digest()) for each in made),
        **({} if issuer.has("hidden-exp") else {"exp": exp}),
    }
    signer = new_key("ES256", issuer.key.kid) if issuer.has("forged") else issuer.key
    return "~".join([compact(signer, claims, {"typ": "dc+sd-jwt"}), *made, ""])


def disclosure(name: str, value: Any, size: int, salts: bytes | None) -> str:
    """A Disclosure with a salt of so many octets."""
    salt = hashlib.sha256(salts + name.encode()).digest()[:size] if salts else secrets.token_bytes(size)
    return jose.b64(json.dumps([jose.b64(salt), name, value]).encode())


def place(issuer: Issuer) -> dict[str, Any]:
    """A place in the status list that nobody had before (Token Status List, section 6.2)."""
    issuer.places += 1
    index = 0 if issuer.has("batch-one-place") else issuer.places % 1_000
    unique = f"?credential={issuer.places}" if issuer.has("status-personal") else ""
    return {"uri": f"{issuer.identifier}/status/1{unique}", "idx": index}


def status(issuer: Issuer) -> Reply:
    """The Status List Token (section 5.1), one bit a place, every credential valid."""
    now = int(time.time())
    size = 1_000 if issuer.has("status-small") else PLACES
    claims = {
        "sub": f"{issuer.identifier}/status/1",
        "iat": now,
        "status_list": {"bits": 1, "lst": jose.b64(zlib.compress(bytes(size // 8)))},
        **({} if issuer.has("status-no-ttl") else {"ttl": 43_200}),
        **({} if issuer.has("status-no-exp") else {"exp": now + DAY}),
    }
    token = compact(issuer.key, claims, {"typ": "statuslist+jwt"})
    fields = {} if issuer.has("status-no-cors") else {"Access-Control-Allow-Origin": "*"}
    return 200, token.encode(), {"Content-Type": "application/statuslist+jwt", **fields}


def licence(issuer: Issuer, keys: Sequence[Mapping[str, Any]]) -> Reply:
    """An mdoc for each key, as IssuerSigned in base64url (OpenID4VCI appendix A.2)."""
    return 200, {"credentials": [{"credential": jose.b64(issuer_signed(issuer, key))} for key in keys]}, NO_STORE


def issuer_signed(issuer: Issuer, key: Mapping[str, Any]) -> bytes:
    """Items and the signature over their digests (ISO/IEC 18013-5 sections 8.3.2.1.2.2 and 9.1.2.4)."""
    birth = "1990-01-02" if issuer.has("mdoc-birth-text") else cbor2.CBORTag(1004, "1990-01-02")
    elements = {
        "family_name": "Santos",
        "birth_date": birth,
        "expiry_date": cbor2.CBORTag(1004, "2036-01-02"),
        "portrait": bytes(16),
    }
    size = 8 if issuer.has("mdoc-short-random") else 16
    items = [
        cbor2.CBORTag(24, cbor2.dumps(item(number, name, value, size)))
        for number, (name, value) in enumerate(elements.items())
    ]
    digests = {number: hashlib.sha256(cbor2.dumps(each)).digest() for number, each in enumerate(items)}
    now = datetime.now(UTC).replace(microsecond=0)
    times = {"signed": now, "validFrom": now, "validUntil": now + timedelta(days=30)}
    security = {
        "version": "1.0",
        "digestAlgorithm": "SHA-256",
        "valueDigests": {NAMESPACE: digests},
        "deviceKeyInfo": {"deviceKey": {1: 2, -1: 1, -2: jose.unb64(key["x"]), -3: jose.unb64(key["y"])}},
        "docType": DOCTYPE,
        "validityInfo": {name: cbor2.CBORTag(0, f"{at:%Y-%m-%dT%H:%M:%SZ}") for name, at in times.items()},
    }
    payload = cbor2.dumps(cbor2.CBORTag(24, cbor2.dumps(security)))
    head = cbor2.dumps({1: -7})
    signature = jose.sign("ES256", issuer.key.private, cbor2.dumps(["Signature1", head, b"", payload]))
    auth = [head, {33: issuer.certificate}, payload, signature]
    return cbor2.dumps({"nameSpaces": {NAMESPACE: items}, "issuerAuth": auth})


def item(number: int, name: str, value: Any, size: int) -> dict[str, Any]:
    """One IssuerSignedItem with a random of so many octets."""
    return {"digestID": number, "random": secrets.token_bytes(size), "elementIdentifier": name, "elementValue": value}
