"""A signer of JOSE of our own, good and hostile: any header, any octets, any signature (RFC 7515, RFC 7517, RFC 7518).

Nothing here checks what it signs: headers and payloads may be given as octets (duplicate members, NaN, no JSON at
all), the label of the algorithm and the algorithm may differ, and the key of one may be used with another. To verify
what somebody else signed, use joserfc with explicit algorithms.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
PUBLIC = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)
Json: TypeAlias = Mapping[str, Any] | bytes
"""An object to be written as JSON, or the octets themselves."""

CURVES: Mapping[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
CURVE_OF = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_CURVE_NAMES = {curve.name: name for name, curve in CURVES.items()}
_HASHES: Mapping[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_DIGESTS = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}
DETERMINISTIC: bool = backend.ecdsa_deterministic_supported()
"""Whether ECDSA is signed as RFC 6979 has it, so that the same token is the same text."""

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def b64(data: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The octets of base64url without padding, in its one spelling.

    Raises:
        ValueError: another character, a length that cannot be, or trailing bits that are not zero.
    """
    if not _BASE64URL.fullmatch(text):
        raise ValueError("a character that base64url does not have")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("a length that base64url does not have") from None
    if b64(data) != text:
        raise ValueError("trailing bits that are not zero")
    return data


def octets(value: Json) -> bytes:
    """Compact JSON of a mapping in its own order; octets as they are."""
    if isinstance(value, bytes):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def sign(alg: str, key: PrivateKey | bytes | None, data: bytes) -> bytes:
    """The signature of `data` as RFC 7518 section 3 and RFC 8037 have it for `alg`; empty for `none`.

    Args:
        alg: HS*, RS*, PS*, ES*, EdDSA, Ed25519 or none.
        key: octets for HS*, else a private key of the algorithm's family; its size and curve are not checked.
        data: what is signed.

    Raises:
        ValueError: no such algorithm, or a key of another family.
    """
    family, size = alg[:2], alg[2:]
    if alg == "none":
        return b""
    if family == "HS" and size in _DIGESTS and isinstance(key, bytes):
        return hmac.new(key, data, _DIGESTS[size]).digest()
    if family in ("RS", "PS") and size in _HASHES and isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, _padding(family, size), _HASHES[size])
    if family == "ES" and size in _HASHES and isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(_HASHES[size], deterministic_signing=DETERMINISTIC)))
        length = (key.curve.key_size + 7) // 8
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")
    if alg in ("EdDSA", "Ed25519") and isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    raise ValueError(f"no signature {alg[:20]!a} with a {type(key).__name__}")


def verify(alg: str, key: PublicKey | bytes, data: bytes, signature: bytes) -> bool:
    """Whether `signature` is one of `data`. False for an algorithm that the key is not for; `none` is never one."""
    family, size = alg[:2], alg[2:]
    try:
        if family == "HS" and size in _DIGESTS and isinstance(key, bytes):
            return hmac.compare_digest(hmac.new(key, data, _DIGESTS[size]).digest(), signature)
        if family in ("RS", "PS") and size in _HASHES and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, _padding(family, size), _HASHES[size])
        elif family == "ES" and isinstance(key, ec.EllipticCurvePublicKey) and curve_name(key) == CURVE_OF.get(alg):
            length = (key.curve.key_size + 7) // 8
            if len(signature) != 2 * length:
                return False
            pair = int.from_bytes(signature[:length], "big"), int.from_bytes(signature[length:], "big")
            key.verify(encode_dss_signature(*pair), data, ec.ECDSA(_HASHES[size]))
        elif alg in ("EdDSA", "Ed25519") and isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _padding(family: str, size: str) -> padding.AsymmetricPadding:
    if family == "RS":
        return padding.PKCS1v15()
    return padding.PSS(padding.MGF1(_HASHES[size]), _HASHES[size].digest_size)


def compact(header: Json, payload: Json, key: PrivateKey | bytes | None = None, alg: str = "") -> str:
    """A JWS in compact form (RFC 7515 section 7.1), signed with `alg`; with what the header names where it is empty."""
    head, body = octets(header), octets(payload)
    if not alg and not isinstance(header, bytes):
        alg = str(header.get("alg", "none"))
    text = f"{b64(head)}.{b64(body)}"
    return f"{text}.{b64(sign(alg or 'none', key, text.encode()))}"


def with_signature(token: str, signature: bytes) -> str:
    """The compact JWS with another signature."""
    return f"{token.rpartition('.')[0]}.{b64(signature)}"


def curve_name(key: ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey) -> str:
    """The curve by its name in RFC 7518 section 6.2.1.1; empty for one that has none there."""
    return _CURVE_NAMES.get(key.curve.name, "")


def jwk(key: PrivateKey | PublicKey | bytes, *, private: bool = False, **members: Any) -> dict[str, Any]:
    """The key as a JSON Web Key with these further members (RFC 7518 section 6, RFC 8037); symmetric for octets."""
    if isinstance(key, bytes):
        return {"kty": "oct", "k": b64(key), **members}
    if isinstance(key, PUBLIC):
        return {**_public_jwk(key), **members}
    found = _public_jwk(key.public_key())
    return {**found, **(_private_members(key) if private else {}), **members}


def _public_jwk(key: PublicKey) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "n": _uint(numbers.n), "e": _uint(numbers.e)}
    if isinstance(key, ec.EllipticCurvePublicKey):
        point, length = key.public_numbers(), (key.curve.key_size + 7) // 8
        return {"kty": "EC", "crv": curve_name(key), "x": _uint(point.x, length), "y": _uint(point.y, length)}
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}


def _private_members(key: PrivateKey) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        parts = {"d": numbers.d, "p": numbers.p, "q": numbers.q, "dp": numbers.dmp1, "dq": numbers.dmq1}
        return {name: _uint(value) for name, value in {**parts, "qi": numbers.iqmp}.items()}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {"d": _uint(key.private_numbers().private_value, (key.curve.key_size + 7) // 8)}
    return {"d": b64(key.private_bytes_raw())}


def _uint(value: int, length: int = 0) -> str:
    return b64(value.to_bytes(length or (value.bit_length() + 7) // 8 or 1, "big"))


def public_key(value: Mapping[str, Any]) -> PublicKey:
    """The public key of a JWK; its private members, if any, are not looked at.

    Raises:
        ValueError: a key type or curve that is not known, members that are absent or malformed, a point off its curve,
            or a modulus that `cryptography` does not take.
    """
    kty, crv = value.get("kty"), value.get("crv")
    if kty == "RSA":
        return rsa.RSAPublicNumbers(integer(value, "e"), integer(value, "n")).public_key()
    if kty == "EC" and isinstance(crv, str) and crv in CURVES:
        return ec.EllipticCurvePublicNumbers(integer(value, "x"), integer(value, "y"), CURVES[crv]).public_key()
    if kty == "OKP" and crv == "Ed25519":
        return ed25519.Ed25519PublicKey.from_public_bytes(member(value, "x"))
    raise ValueError(f"no key of type {str(kty)[:20]!a} {str(crv)[:20]!a}".rstrip())


def private_key(value: Mapping[str, Any]) -> PrivateKey:
    """The private key of a JWK. Raises ValueError as `public_key`."""
    public = public_key(value)
    if isinstance(public, rsa.RSAPublicKey):
        p, q, d, dp, dq, qi = (integer(value, name) for name in ("p", "q", "d", "dp", "dq", "qi"))
        numbers = rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, public.public_numbers())
        # Its primality tests take a tenth of a second, and a hostile key harms nobody but whoever signs with it.
        return numbers.private_key(unsafe_skip_rsa_key_validation=True)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return ec.EllipticCurvePrivateNumbers(integer(value, "d"), public.public_numbers()).private_key()
    return ed25519.Ed25519PrivateKey.from_private_bytes(member(value, "d"))


def member(value: Mapping[str, Any], name: str) -> bytes:
    """The octets of a base64url member of a JWK. Raises ValueError where there is none."""
    text = value.get(name)
    if not isinstance(text, str) or not text:
        raise ValueError(f"no member {name}")
    return unb64(text)


def integer(value: Mapping[str, Any], name: str) -> int:
    """The integer of a Base64urlUInt member of a JWK. Raises ValueError where there is none."""
    return int.from_bytes(member(value, name), "big")


def thumbprint(value: Mapping[str, Any]) -> str:
    """The SHA-256 thumbprint of a JWK (RFC 7638), base64url. Raises ValueError for a key type it does not know."""
    names = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "oct": ("k", "kty")}
    if value.get("kty") not in names or any(name not in value for name in names[value["kty"]]):
        raise ValueError("no members of a known key type")
    required = {name: value[name] for name in names[value["kty"]]}
    return b64(hashlib.sha256(octets(dict(sorted(required.items())))).digest())
