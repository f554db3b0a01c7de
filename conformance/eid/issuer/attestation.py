"""What a wallet's provider attests: keys (OpenID4VCI appendix D) and the wallet (appendix E), wrong in one thing."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from conformance.core.model import NotTested, Untested
from conformance.core.secret import Secret
from conformance.wire.jws import KeyFormatError, SigningKey, compact, load_key, new_key, random_id, tampered

if TYPE_CHECKING:
    from conformance.eid.issuer.session import Session

DAY = 86_400


def provider(session: Session, kind: str) -> Mapping[str, Any] | None:
    """The wallet's provider as the manifest has it, where it attests such a thing: `key` or `wallet`."""
    given = session.setting("attestation")
    return given if isinstance(given, Mapping) and kind in given["of"] else None


def signer(given: Mapping[str, Any]) -> tuple[SigningKey, dict[str, Any]]:
    """The provider's key and the members that name it in a header.

    Raises:
        Untested: NO_CREDENTIAL.
    """
    secret = given["key"]
    if not isinstance(secret, Secret):
        raise Untested(NotTested.NO_CREDENTIAL, "the manifest's attestation has no key")
    try:
        key = load_key(secret.reveal(), kid=given.get("kid", ""))
    except KeyFormatError as error:
        raise Untested(NotTested.NO_CREDENTIAL, str(error)) from None
    if not isinstance(chain := given.get("certificate"), Secret):
        return key, {}
    ders = [each.public_bytes(serialization.Encoding.DER) for each in x509.load_pem_x509_certificates(chain.reveal())]
    return key, {"kid": None, "x5c": [base64.b64encode(der).decode() for der in ders]}


def key_attestation(session: Session, nonce: str, wrong: str = "") -> str:
    """An attestation of the proof's key.

    Raises:
        Untested: NO_CREDENTIAL.
    """
    given = provider(session, "key")
    if given is None:
        raise Untested(NotTested.NO_CREDENTIAL, "the manifest has no attestation of keys")
    key, named = signer(given)
    now = session.now()
    attested = new_key() if wrong == "other-key" else session.key
    claims: dict[str, Any] = {
        "iss": given["iss"],
        "iat": now - DAY - 60 if wrong == "expired" else now,
        "exp": now - DAY if wrong == "expired" else now + DAY,
        "attested_keys": [attested.public_jwk],
        "key_storage": ["iso_18045_moderate"],
        "user_authentication": ["iso_18045_moderate"],
        **({"nonce": nonce} if nonce else {}),
    }
    made = compact(key, claims, {"typ": "key-attestation+jwt", **named})
    return tampered(made) if wrong == "bad-signature" else made


def client_attestation(session: Session, wrong: str = "") -> dict[str, str]:
    """The header fields of a wallet attestation with its proof of possession; none where the manifest has none."""
    given = provider(session, "wallet")
    if given is None:
        return {}
    key, named = signer(given)
    now = session.now()
    client = session.setting("client_id") or ""
    claims: dict[str, Any] = {
        "iss": given["iss"],
        "sub": client,
        "iat": now - DAY - 60 if wrong == "expired" else now,
        "exp": now - DAY if wrong == "expired" else now + DAY,
        "cnf": {"jwk": session.key.public_jwk},
    }
    attested = compact(key, claims, {"typ": "oauth-client-attestation+jwt", **named})
    proof: dict[str, Any] = {
        "iss": client,
        "aud": "https://other.example" if wrong == "wrong-aud" else audience(session),
        "jti": random_id(),
        "iat": now,
        **({"challenge": session.challenge} if session.challenge else {}),
    }
    prover = new_key() if wrong == "other-key" else session.key
    return {
        "OAuth-Client-Attestation": tampered(attested) if wrong == "bad-signature" else attested,
        "OAuth-Client-Attestation-PoP": compact(
            prover, proof, {"typ": "oauth-client-attestation-pop+jwt", "kid": None}
        ),
    }


def audience(session: Session) -> str:
    """The identifier of the authorization server, as its metadata has it."""
    found = (session.server or {}).get("issuer")
    return found if isinstance(found, str) else session.issuer
