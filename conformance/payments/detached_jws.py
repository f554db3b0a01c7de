"""Detached JSON Web Signatures over raw octets: RFC 7515 appendix F, and with `b64: false` RFC 7797. Pure.

Only signatures with asymmetric keys: PS256, PS384, PS512, ES256, ES384 and Ed25519 (RFC 7518 section 3, RFC 8037). A
body is signed as the octets that are sent; nothing here parses or serialises it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

MAX_HEADER = 4096
CURVES = {"ES256": ("secp256r1", 32, hashes.SHA256()), "ES384": ("secp384r1", 48, hashes.SHA384())}
EDWARDS = ("EdDSA", "Ed25519")
"""Two names of one algorithm: RFC 8037, and RFC 9864, which deprecates the first."""
HASHES = {"PS256": hashes.SHA256(), "PS384": hashes.SHA384(), "PS512": hashes.SHA512()}


class JwsError(ValueError):
    """No signature of these octets by this key; the message says why, in words of ours."""


def b64url(octets: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def unb64url(text: str) -> bytes:
    """The octets of base64url without padding.

    Raises:
        JwsError: it is no canonical base64url.
    """
    try:
        octets = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise JwsError("not base64url") from None
    if b64url(octets) != text:
        raise JwsError("not base64url in its one form")
    return octets


def signing_input(header: str, payload: bytes, *, encoded: bool) -> bytes:
    """What is signed: the payload in base64url, or with `b64: false` as it is (RFC 7797 section 3)."""
    return header.encode("ascii") + b"." + (b64url(payload).encode() if encoded else payload)


def sign(key: Any, payload: bytes, header: Mapping[str, Any]) -> str:
    """`header..signature`. The header names the algorithm, and with `b64: false` lists it in `crit`.

    Raises:
        JwsError: the key is not of the algorithm.
    """
    written = b64url(json.dumps(header, separators=(",", ":")).encode())
    octets = signing_input(written, payload, encoded=bool(header.get("b64", True)))
    return f"{written}..{b64url(_signature(key, octets, str(header['alg'])))}"


def _signature(key: Any, octets: bytes, algorithm: str) -> bytes:
    if algorithm in HASHES and isinstance(key, rsa.RSAPrivateKey):
        return key.sign(octets, _pss(algorithm), HASHES[algorithm])
    if algorithm in CURVES and isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == CURVES[algorithm][0]:
        _, size, digest = CURVES[algorithm]
        one, two = utils.decode_dss_signature(key.sign(octets, ec.ECDSA(digest)))
        return one.to_bytes(size, "big") + two.to_bytes(size, "big")
    if algorithm in EDWARDS and isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(octets)
    raise JwsError(f"the key is not one for {algorithm[:20]!a}")


def verify(key: Any, payload: bytes, text: str) -> Mapping[str, Any]:
    """The protected header of a detached signature that is right.

    Raises:
        JwsError: anything else, with the reason.
    """
    parts = text.split(".")
    if len(parts) != 3 or parts[1]:
        raise JwsError("not header..signature")
    header = _header(parts[0])
    encoded = header.get("b64", True)
    if not isinstance(encoded, bool):
        raise JwsError("b64 is neither true nor false")
    critical = header.get("crit")
    if (critical is not None or not encoded) and critical != ["b64"]:
        raise JwsError("crit does not list b64 alone")
    _check(key, signing_input(parts[0], payload, encoded=encoded), unb64url(parts[2]), str(header.get("alg")))
    return header


def _header(text: str) -> Mapping[str, Any]:
    if len(text) > MAX_HEADER:
        raise JwsError("a header of more than 4,096 characters")
    try:
        pairs: list[tuple[str, Any]] = json.loads(unb64url(text), object_pairs_hook=list)
        header = dict(pairs)
    except (ValueError, TypeError, RecursionError) as error:
        raise error if isinstance(error, JwsError) else JwsError("a header that is no JSON object") from None
    if len(header) != len(pairs):
        raise JwsError("a header with a member twice")
    return header


def _check(key: Any, octets: bytes, signature: bytes, algorithm: str) -> None:
    try:
        if algorithm in HASHES and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, octets, _pss(algorithm), HASHES[algorithm])
        elif (
            algorithm in CURVES
            and isinstance(key, ec.EllipticCurvePublicKey)
            and key.curve.name == CURVES[algorithm][0]
        ):
            _, size, digest = CURVES[algorithm]
            if len(signature) != 2 * size:
                raise JwsError("a signature of another length")
            pair = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
            key.verify(utils.encode_dss_signature(*pair), octets, ec.ECDSA(digest))
        elif algorithm in EDWARDS and isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, octets)
        else:
            raise JwsError("an algorithm that is not one for this key")
    except InvalidSignature:
        raise JwsError("not a signature of these octets") from None


def _pss(algorithm: str) -> padding.PSS:
    digest = HASHES[algorithm]
    return padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
