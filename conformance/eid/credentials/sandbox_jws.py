"""The sandbox's verifier: JSON Web Signatures, ID tokens and DPoP proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from urllib3.util import parse_url

from conformance.eid.credentials.checks import (
    MAX_INFLATED,
    Checks,
    Refused,
    inflate,
    is_text,
    is_time,
    read_b64,
    read_object,
)
from conformance.wire import jose

FAMILIES = {"ES": "EC", "RS": "RSA", "PS": "RSA", "Ed": "OKP", "HS": "oct"}
Header = Mapping[str, Any]


def split(checks: Checks, scope: str, token: Any) -> tuple[Header, bytes, bytes, bytes]:
    """Header, payload, signed octets and signature of a compact JWS."""
    parts = token.split(".", 3) if isinstance(token, str) else ()
    if len(parts) != 3:
        raise Refused("malformed")
    head, body, tail = parts
    if checks.lacks(f"{scope}-padding"):
        tail = tail.rstrip("=\n ")
    header = read_object(read_b64(head), twice=checks.lacks(f"{scope}-duplicates"))
    signature = read_b64(tail)
    return header, read_b64(body), f"{head}.{body}".encode(), signature


def accept_algorithm(checks: Checks, scope: str, header: Header, algorithms: Sequence[str]) -> str:
    """The header's algorithm, if the caller allows it."""
    alg = header.get("alg")
    if not isinstance(alg, str):
        raise Refused("algorithm")
    if (alg.lower() == "none" and checks.lacks(f"{scope}-none")) or (alg == "HS256" and checks.lacks(f"{scope}-hmac")):
        return alg
    checks.must(f"{scope}-algorithm-list", alg in algorithms, "algorithm")
    return alg


def refuse_extensions(checks: Checks, scope: str, header: Header) -> None:
    """No extension is understood, so none may be critical (RFC 7515 section 4.1.11); nor an unencoded payload."""
    checks.must(f"{scope}-crit", "crit" not in header and "b64" not in header, "critical")


def find_key(checks: Checks, scope: str, header: Header, keys: Any, alg: str) -> Any:
    """The key that `kid` names and that is for this algorithm."""
    if checks.lacks(f"{scope}-header-key") and isinstance(header.get("jwk"), Mapping):
        return jose.public_key(header["jwk"])
    listed = keys.get("keys", ()) if isinstance(keys, Mapping) else ()
    kid = header.get("kid")
    found = [key for key in listed if key.get("kid") == kid] if kid is not None else list(listed)
    if len(found) != 1:
        raise Refused("key")
    if alg == "HS256" and checks.lacks(f"{scope}-hmac"):
        return found[0]
    usable(checks, scope, found[0], alg)
    try:
        return jose.public_key(found[0])
    except ValueError:
        raise Refused("key") from None


def usable(checks: Checks, scope: str, key: Mapping[str, Any], alg: str) -> None:
    """The key is of the algorithm's family and for verifying with it (RFC 7517 sections 4.2 to 4.4)."""
    if FAMILIES.get(alg[:2]) != key.get("kty"):
        raise Refused("key")
    checks.must(f"{scope}-key-use", key.get("use", "sig") == "sig", "key")
    checks.must(f"{scope}-key-use", "verify" in key.get("key_ops", ["verify"]), "key")
    checks.must(f"{scope}-key-use", key.get("alg", alg) == alg, "key")


def check_signature(  # noqa: PLR0917 - the parts of one signature
    checks: Checks, scope: str, alg: str, key: Any, signed: bytes, signature: bytes
) -> None:
    """The signature is one of these octets by this key."""
    if alg.lower() == "none" and checks.lacks(f"{scope}-none"):
        return
    if alg == "HS256" and checks.lacks(f"{scope}-hmac") and isinstance(key, Mapping):
        key = public_pem(key)
    empty = checks.lacks(f"{scope}-empty-signature") and not signature
    if not empty and not jose.verify(alg, key, signed, signature):
        raise Refused("signature")


def public_pem(key: Mapping[str, Any]) -> bytes:
    """The PEM of a public JWK, as careless libraries key an HMAC with it."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - for a fault alone

    return jose.public_key(key).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def verified(checks: Checks, scope: str, token: Any, keys: Any, algorithms: Sequence[str]) -> tuple[Header, bytes]:
    """Header and payload of a JWS whose signature is right."""
    header, payload, signed, signature = split(checks, scope, token)
    alg = accept_algorithm(checks, scope, header, algorithms)
    refuse_extensions(checks, scope, header)
    key = None if alg.lower() == "none" else find_key(checks, scope, header, keys, alg)
    check_signature(checks, scope, alg, key, signed, signature)
    return header, payload


def jws_verify(checks: Checks, given: Mapping[str, Any]) -> dict[str, Any]:
    """`jws.verify`: token, keys, algorithms -> payload."""
    _, payload = verified(checks, "jws", given["token"], given["keys"], given["algorithms"])
    return {"payload": jose.b64(payload)}


def id_token_validate(checks: Checks, given: Mapping[str, Any]) -> dict[str, Any]:
    """`id_token.validate`: OpenID Connect Core section 3.1.3.7."""
    token = given["id_token"]
    payload = None
    if "decryption_keys" in given:
        token = decrypted(checks, given).decode("ascii", "replace")
        if token.startswith("{") and checks.lacks("idt-nested"):
            payload = token.encode()
    if payload is None:
        _, payload = verified(checks, "idt", token, given["jwks"], given["algorithms"])
    limit = 10**9 if checks.lacks("idt-bomb") else MAX_INFLATED
    claims = read_object(payload, twice=checks.lacks("idt-duplicates"), limit=limit)
    checks.must("idt-issuer", claims.get("iss") == given["issuer"], "issuer")
    id_token_audience(checks, claims, given["client_id"])
    id_token_times(checks, claims, given)
    subject = claims.get("sub")
    named = isinstance(subject, str) and subject.isascii() and 0 < len(subject) <= 255
    checks.must("idt-subject", named, "subject")
    checks.must("idt-nonce", claims.get("nonce") == given["nonce"], "nonce")
    if "access_token" in given and "at_hash" in claims:
        half = hashlib.sha256(given["access_token"].encode()).digest()[:16]
        checks.must("idt-hash", claims["at_hash"] == jose.b64(half), "hash")
    if wanted := given.get("acr_values"):
        checks.must("idt-level", claims.get("acr") in wanted, "level")
    return {"claims": dict(claims)}


def id_token_audience(checks: Checks, claims: Mapping[str, Any], client: str) -> None:
    """`aud` and `azp`."""
    audience = claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    checks.must("idt-audience", client in listed, "audience")
    checks.must("idt-azp", len(listed) == 1 or claims.get("azp") == client or client not in listed, "audience")
    checks.must("idt-azp", claims.get("azp", client) == client, "audience")


def id_token_times(checks: Checks, claims: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """`exp`, `iat` and `nbf`."""
    now, leeway = given["now"], given["leeway_seconds"]
    expires, issued, begins = claims.get("exp"), claims.get("iat"), claims.get("nbf", now)
    checks.must("idt-exp", is_time(expires) and expires > now - leeway, "time")
    checks.must("idt-iat", is_time(issued), "time")
    checks.must("idt-future", not is_time(issued) or issued < now + leeway, "time")
    checks.must("idt-future", is_time(begins) and begins < now + leeway, "time")


def decrypted(checks: Checks, given: Mapping[str, Any]) -> bytes:
    """The plaintext of a JWE with RSA-OAEP-256 and A128GCM (RFC 7516 section 5.2)."""
    parts = given["id_token"].split(".", 5)
    if len(parts) != 5:
        raise Refused("malformed")
    header = read_object(read_b64(parts[0]))
    if header.get("alg") != "RSA-OAEP-256" or header.get("enc") != "A128GCM":
        raise Refused("algorithm")
    wrapped, initialisation, sealed, tag = (read_b64(part) for part in parts[1:])
    keys = [each for each in given["decryption_keys"]["keys"] if each.get("kid") == header.get("kid")]
    if len(keys) != 1:
        raise Refused("key")
    key = jose.private_key(keys[0])
    if not isinstance(key, rsa.RSAPrivateKey):
        raise Refused("key")
    try:
        content = key.decrypt(wrapped, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
        plaintext = AESGCM(content).decrypt(initialisation, sealed + tag, parts[0].encode())
    except Exception:  # noqa: BLE001 - one answer to every failure, or it is an oracle
        raise Refused("decryption") from None
    limit = 10**9 if checks.lacks("idt-bomb") else 65_536
    return inflate(plaintext, -15, "malformed", limit) if header.get("zip") == "DEF" else plaintext


def dpop_verify(checks: Checks, given: Mapping[str, Any]) -> dict[str, Any]:
    """`dpop.verify`: RFC 9449 section 4.3."""
    header, payload, signed, signature = split(checks, "dpop", given["proof"])
    checks.must("dpop-typ", header.get("typ") == "dpop+jwt", "type")
    alg = accept_algorithm(checks, "dpop", header, given["algorithms"])
    refuse_extensions(checks, "dpop", header)
    key = header.get("jwk")
    if not isinstance(key, Mapping) or key.get("kty") == "oct":
        raise Refused("key")
    checks.must("dpop-private-jwk", not {"d", "p", "q", "k"} & set(key), "key")
    try:
        public = jose.public_key(key)
    except ValueError:
        raise Refused("key") from None
    check_signature(checks, "dpop", alg, public, signed, signature)
    claims = read_object(payload)
    dpop_request(checks, claims, given)
    dpop_binding(checks, claims, given, jose.thumbprint(key))
    return {"jkt": jose.thumbprint(key)}


def dpop_request(checks: Checks, claims: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Method, URL, time and identifier."""
    checks.must("dpop-htm", claims.get("htm") == given["method"], "method")
    url = parse_url(given["url"])
    plain = url._replace(query=None, fragment=None).url
    checks.must("dpop-htu", claims.get("htu") == plain, "url")
    issued = claims.get("iat")
    near = is_time(issued) and abs(issued - given["now"]) <= given["window_seconds"]
    checks.must("dpop-iat", near, "time")
    checks.must("dpop-jti", is_text(claims.get("jti")), "identifier")


def dpop_binding(checks: Checks, claims: Mapping[str, Any], given: Mapping[str, Any], jkt: str) -> None:
    """Access token, nonce and key."""
    digest = jose.b64(hashlib.sha256(given["access_token"].encode()).digest())
    checks.must("dpop-ath", claims.get("ath") == digest, "token")
    if "nonce" in given:
        checks.must("dpop-nonce", claims.get("nonce") == given["nonce"], "nonce")
    checks.must("dpop-jkt", jkt == given["jkt"], "binding")
