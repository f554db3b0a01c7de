"""The sandbox's verifier: SD-JWT VC with key binding (RFC 9901 section 7)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from conformance.eid.credentials.checks import Checks, Refused, is_text, is_time, read_b64, read_json, read_object
from conformance.eid.credentials.sandbox_jws import (
    accept_algorithm,
    check_signature,
    refuse_extensions,
    split,
    verified,
)
from conformance.eid.credentials.sandbox_status import status_of
from conformance.eid.credentials.sandbox_x509 import self_signed, trusted
from conformance.wire import jose

ALWAYS_VISIBLE = ("iss", "nbf", "exp", "cnf", "vct", "status", "vct#integrity")


@dataclass(slots=True)
class Disclosed:
    """The Disclosures of a presentation by digest, and the digests met so far."""

    by_digest: dict[str, list[Any]]
    seen: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)


def sd_jwt_vc_verify(checks: Checks, given: Mapping[str, Any]) -> dict[str, Any]:
    """`sd_jwt_vc.verify`."""
    presentation = given["presentation"]
    body, tilde, binding = presentation.rpartition("~")
    if not tilde or (binding and binding.count(".") != 2):  # what follows the last tilde is a JWS or nothing
        raise Refused("malformed")
    token, *disclosures = body.split("~")
    header, payload = issuer_signed(checks, token, given)
    checks.must("sdj-typ", header.get("typ") == "dc+sd-jwt" or old_type(checks, header), "type")
    claims = read_object(payload, twice=False)
    check_claims(checks, claims, given)
    processed = disclose(checks, claims, disclosures)
    check_status(checks, claims, given)
    if given["key_binding"] is not None and not (checks.lacks("kb-required") and not binding):
        check_binding(checks, claims, binding, f"{body}~", given)
    return {"claims": processed}


def old_type(checks: Checks, header: Mapping[str, Any]) -> bool:
    """The type of drafts before 2024-11, where a fault lets it pass."""
    return checks.lacks("sdj-old-typ") and header.get("typ") == "vc+sd-jwt"


def issuer_signed(checks: Checks, token: str, given: Mapping[str, Any]) -> tuple[Mapping[str, Any], bytes]:
    """Header and payload of the issuer-signed JWT: its key is the issuer's, or that of a trusted certificate."""
    header, payload, signed, signature = split(checks, "sdj", token)
    if "x5c" in header and given["roots"]:
        alg = accept_algorithm(checks, "sdj", header, given["algorithms"])
        refuse_extensions(checks, "sdj", header)
        check_signature(checks, "sdj", alg, leaf_key(checks, header["x5c"], given), signed, signature)
        return header, payload
    issuer = read_object(payload).get("iss")
    keys = given["issuers"].get(issuer) if is_text(issuer) else None
    if keys is None and checks.lacks("sdj-issuer"):
        keys = next(iter(given["issuers"].values()))
    if keys is None:
        raise Refused("issuer")
    return verified(checks, "sdj", token, keys, given["algorithms"])


def leaf_key(checks: Checks, x5c: Any, given: Mapping[str, Any]) -> Any:
    """The key of the first certificate of `x5c`, if it leads to a listed root and does not sign itself."""
    try:
        chain = [x509.load_der_x509_certificate(base64.b64decode(each, validate=True)) for each in x5c]
        roots = [x509.load_der_x509_certificate(read_b64(each)) for each in given["roots"]]
    except (ValueError, TypeError):
        raise Refused("trust") from None
    if not chain:
        raise Refused("trust")
    moment = datetime.fromtimestamp(given["now"], UTC)
    checks.must("sdj-chain", not self_signed(chain[0]) and trusted(chain, roots, moment), "trust")
    return chain[0].public_key()


def check_claims(checks: Checks, claims: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Type and times; these are looked for in clear, so a Disclosure cannot bring them."""
    vct = claims.get("vct")
    checks.must("sdj-vct", is_text(vct) and vct in given["vcts"], "type")
    now, leeway = given["now"], given["leeway_seconds"]
    for name, sign in (("exp", 1), ("nbf", -1), ("iat", -1)):
        if name in claims:
            value = claims[name]
            right = is_time(value) and (value - now) * sign > -leeway
            checks.must(f"sdj-{name}", right, "time")


def disclose(checks: Checks, claims: Mapping[str, Any], disclosures: list[str]) -> dict[str, Any]:
    """The claims with every Disclosure in its place (RFC 9901 section 7.1)."""
    name = claims.get("_sd_alg", "sha-256")
    if name != "sha-256":
        checks.must("sdj-hash", holds=False, code="algorithm")
    disclosed = Disclosed({})
    for text in disclosures:
        digest = jose.b64(hashlib.sha256(text.encode()).digest())
        if digest in disclosed.by_digest:
            checks.must("sdj-duplicate", holds=False, code="disclosure")
        disclosed.by_digest[digest] = read_disclosure(checks, text)
    processed = walk_object(
        checks, {key: each for key, each in claims.items() if key != "_sd_alg"}, disclosed, top=True
    )
    unused = set(disclosed.by_digest) - disclosed.used
    checks.must("sdj-unreferenced", not unused, "disclosure")
    return processed


def read_disclosure(checks: Checks, text: str) -> list[Any]:
    """The list that a Disclosure is."""
    value = read_json(read_b64(text, "disclosure"))
    if not isinstance(value, list) or len(value) not in (2, 3) or not isinstance(value[0], str):
        checks.must("sdj-form", holds=False, code="disclosure")
        return ["", "", None]
    return value


def walk(checks: Checks, value: Any, disclosed: Disclosed) -> Any:
    """A value with the Disclosures below it in their places."""
    if isinstance(value, dict):
        return walk_object(checks, value, disclosed)
    if isinstance(value, list):
        return walk_array(checks, value, disclosed)
    return value


def walk_object(checks: Checks, value: Mapping[str, Any], disclosed: Disclosed, *, top: bool = False) -> dict[str, Any]:
    """An object: its digests become claims."""
    made = {name: walk(checks, each, disclosed) for name, each in value.items() if name != "_sd"}
    digests = value.get("_sd", [])
    if not isinstance(digests, list) or not all(isinstance(each, str) for each in digests):
        checks.must("sdj-form", holds=False, code="disclosure")
        digests = []
    for digest in digests:
        found = take(checks, digest, disclosed)
        if found is None:
            continue
        if len(found) != 3 or not isinstance(found[1], str):
            checks.must("sdj-form", holds=False, code="disclosure")
            continue
        _, name, content = found
        checks.must("sdj-reserved", name not in ("_sd", "..."), "disclosure")
        checks.must("sdj-overwrite", name not in made, "disclosure")
        if top:
            checks.must("sdj-visible", name not in ALWAYS_VISIBLE, "disclosure")
        made[name] = walk(checks, content, disclosed)
    return made


def walk_array(checks: Checks, value: list[Any], disclosed: Disclosed) -> list[Any]:
    """An array: places for digests become elements, or go."""
    made = []
    for each in value:
        if not isinstance(each, dict) or "..." not in each:
            made.append(walk(checks, each, disclosed))
            continue
        if len(each) != 1 or not isinstance(each["..."], str):
            checks.must("sdj-form", holds=False, code="disclosure")
            continue
        found = take(checks, each["..."], disclosed)
        if found is not None and checks.lacks("sdj-no-arrays"):
            raise Refused("disclosure")
        if found is not None:
            if len(found) != 2:
                checks.must("sdj-form", holds=False, code="disclosure")
            made.append(walk(checks, found[-1], disclosed))
    return made


def take(checks: Checks, digest: str, disclosed: Disclosed) -> list[Any] | None:
    """The Disclosure of a digest, if it is shown; every digest is met once."""
    if digest in disclosed.seen:
        checks.must("sdj-duplicate", holds=False, code="digest")
        return None
    disclosed.seen.add(digest)
    if digest in disclosed.by_digest:
        disclosed.used.add(digest)
    return disclosed.by_digest.get(digest)


def check_status(checks: Checks, claims: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """The status list that the credential points to says that it is valid."""
    status = claims.get("status")
    if not isinstance(status, Mapping) or checks.lacks("tsl-ignored"):
        return
    entry = status.get("status_list")
    if not isinstance(entry, Mapping):
        raise Refused("status")
    token = given["status_lists"].get(entry.get("uri"))
    if token is None:
        raise Refused("status")
    question = {**given, "token": token, "uri": entry["uri"], "index": entry.get("idx"), "keys": given["status_keys"]}
    value = status_of(checks, question)
    checks.must("tsl-nonzero", value == 0, "status")


def check_binding(
    checks: Checks, claims: Mapping[str, Any], binding: str, shown: str, given: Mapping[str, Any]
) -> None:
    """The key binding is by the key of `cnf`, for this verifier, now, of this presentation (RFC 9901 section 7.3)."""
    confirmation = claims.get("cnf")
    key = confirmation.get("jwk") if isinstance(confirmation, Mapping) else None
    if not isinstance(key, Mapping) or not binding:
        raise Refused("key-binding")
    checks.must("kb-private-key", "d" not in key, "key")
    header, payload, signed, signature = split(checks, "kb", binding)
    alg = accept_algorithm(checks, "kb", header, given["algorithms"])
    refuse_extensions(checks, "kb", header)
    checks.must("kb-typ", header.get("typ") == "kb+jwt", "key-binding")
    try:
        public = jose.public_key(key)
    except ValueError:
        raise Refused("key-binding") from None
    if not checks.lacks("kb-signature"):
        check_signature(checks, "kb", alg, public, signed, signature)
    body = read_object(payload)
    wanted = given["key_binding"]
    checks.must("kb-nonce", body.get("nonce") == wanted["nonce"], "nonce")
    checks.must("kb-audience", body.get("aud") == wanted["aud"], "audience")
    issued = body.get("iat")
    checks.must("kb-time", is_time(issued) and abs(issued - given["now"]) <= given["window_seconds"], "time")
    checks.must("kb-hash", body.get("sd_hash") == jose.b64(hashlib.sha256(shown.encode()).digest()), "hash")
