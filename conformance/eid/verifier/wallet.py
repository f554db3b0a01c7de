"""The suite's wallet: SD-JWT VCs of the suite's own issuer, presented rightly or wrong in one thing, and sealed."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from conformance.wire import jose
from conformance.wire.jws import SigningKey, compact, new_key, tampered

DAY = 86_400


def presentation(
    issuer: Mapping[str, Any],
    key: SigningKey,
    holder: SigningKey,
    request: Mapping[str, Any],
    now: int,
    *,
    wrong: str = "",
) -> str:
    """An SD-JWT VC with key binding.

    Args:
        issuer: `iss`, `vct` and `claims` of the credential, and `x5c`, where the verifier trusts certificates.
        key: the issuer's.
        holder: the wallet's.
        request: the claims of the verifier's request.
        now: seconds since 1970.
        wrong: what is wrong; see `asks.py`.
    """
    signer = new_key(key.alg, key.kid) if wrong == "untrusted-issuer" else key
    hidden = [disclosure(name, value) for name, value in issuer["claims"].items()]
    shown = [] if wrong == "missing-claim" else hidden
    claims = {
        "iss": issuer["iss"],
        "vct": "https://other.example/type" if wrong == "other-type" else issuer["vct"],
        "iat": now - 60,
        "exp": now + DAY,
        "cnf": {"jwk": holder.public_jwk},
        "_sd_alg": "sha-256",
        "_sd": sorted(digest(each) for each in hidden),
    }
    token = compact(signer, claims, {"typ": "dc+sd-jwt", **({"x5c": issuer["x5c"]} if issuer.get("x5c") else {})})
    if wrong == "credential-signature":
        token = tampered(token)
    whole = "~".join([token, *shown, ""])
    if wrong == "no-key-binding":
        return whole
    body = {
        "iat": now,
        "nonce": secrets.token_urlsafe(16) if wrong == "nonce" else request.get("nonce"),
        "aud": "https://other.example" if wrong == "audience" else request.get("client_id"),
        "sd_hash": digest("x" if wrong == "sd-hash" else whole),
    }
    binding = compact(holder, body, {"typ": "kb+jwt", "kid": None})
    return whole + (tampered(binding) if wrong == "kb-signature" else binding)


def digest(text: str) -> str:
    """SHA-256 in base64url."""
    return jose.b64(hashlib.sha256(text.encode()).digest())


def disclosure(name: str, value: Any) -> str:
    """A Disclosure with a salt of 16 octets."""
    return jose.b64(json.dumps([secrets.token_urlsafe(16), name, value]).encode())


def chosen(query: Mapping[str, Any], vct: str) -> str:
    """The id of the credential of a DCQL query that is of this type; empty where there is none."""
    for each in query.get("credentials", ()):
        meta = each.get("meta", {})
        if each.get("format") == "dc+sd-jwt" and vct in meta.get("vct_values", [vct]):
            return str(each["id"])
    return ""


def sealed(payload: Mapping[str, Any], keys: Sequence[Mapping[str, Any]], enc: str = "A128GCM") -> str:
    """The payload as a JWE with ECDH-ES (RFC 7518 section 4.6) to the first P-256 key.

    Raises:
        ValueError: there is no such key, or another content encryption is asked for.
    """
    if enc not in ("A128GCM", "A256GCM"):
        raise ValueError(f"no content encryption {enc[:20]!a}")
    found = next((each for each in keys if each.get("kty") == "EC" and each.get("crv") == "P-256"), None)
    if found is None:
        raise ValueError("no P-256 key to encrypt to")
    theirs, ours = jose.public_key(found), ec.generate_private_key(ec.SECP256R1())
    assert isinstance(theirs, ec.EllipticCurvePublicKey)
    header: dict[str, Any] = {"alg": "ECDH-ES", "enc": enc, "epk": jose.jwk(ours)}
    if "kid" in found:
        header["kid"] = found["kid"]
    head = jose.b64(jose.octets(header))
    content_key = derived(ours.exchange(ec.ECDH(), theirs), enc)
    initialisation = secrets.token_bytes(12)
    text = AESGCM(content_key).encrypt(initialisation, jose.octets(payload), head.encode())
    return ".".join([head, "", jose.b64(initialisation), jose.b64(text[:-16]), jose.b64(text[-16:])])


def derived(shared: bytes, enc: str) -> bytes:
    """The key by the Concat KDF of RFC 7518 section 4.6.2, party information empty."""
    bits = 128 if enc == "A128GCM" else 256
    info = struct.pack(">I", len(enc)) + enc.encode() + struct.pack(">II", 0, 0) + struct.pack(">I", bits)
    return hashlib.sha256(struct.pack(">I", 1) + shared + info).digest()[: bits // 8]
