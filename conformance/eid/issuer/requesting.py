"""Requests for a credential, right or wrong in one thing, and what comes of them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.eid.issuer.attestation import key_attestation
from conformance.eid.issuer.evidence import Attempt, Issued
from conformance.eid.issuer.reading import configurations, issued, text
from conformance.eid.issuer.session import Session, endpoint, fresh_nonce, well_known
from conformance.wire.exchange import HttpExchange
from conformance.wire.jose import jwk
from conformance.wire.jws import SigningKey, compact, random_id, tampered
from conformance.wire.oauth import error_code, form, json_object

PROOF_TYPE = "openid4vci-proof+jwt"
SD_JWT = ("dc+sd-jwt", "vc+sd-jwt")
DAY = 86_400
LONGEST_WAIT_SECONDS = 120


def proof(session: Session, wrong: str = "", *, key: SigningKey | None = None, nonce: str | None = None) -> str:
    """A key proof, wrong in one thing (OpenID4VCI appendix F.1).

    key: another than the session's. nonce: one that was asked for; None asks for one. A `wrong` that begins with
    `attested` carries a key attestation, wrong in what stands after its slash.
    """
    key = key or session.key
    now = session.now()
    nonce = (old_nonce(session) if wrong == "old-nonce" else fresh_nonce(session)) if nonce is None else nonce
    claims: dict[str, Any] = {"aud": session.issuer, "iat": now, "nonce": nonce}
    if client := session.setting("client_id"):
        claims["iss"] = client
    header: dict[str, Any] = {"typ": PROOF_TYPE, "jwk": key.public_jwk, "kid": None}
    if wrong == "no-nonce" or not nonce:
        del claims["nonce"]
    kind, _, flaw = wrong.partition("/")
    if kind == "attested":
        header["key_attestation"] = key_attestation(session, nonce, flaw)
    changed: dict[str, dict[str, Any]] = {
        "wrong-nonce": {"nonce": random_id()},
        "wrong-aud": {"aud": "https://other.example"},
        "iat-past": {"iat": now - DAY},
        "iat-future": {"iat": now + DAY},
    }
    changes: dict[str, dict[str, Any]] = {
        "wrong-typ": {"typ": "JWT"},
        "none": {"alg": "none"},
        "private-jwk": {"jwk": jwk(key.private, private=True)},
    }
    made = compact(key, {**claims, **changed.get(wrong, {})}, {**header, **changes.get(wrong, {})})
    return tampered(made) if wrong == "bad-signature" else made


def old_nonce(session: Session) -> str:
    """The session's first nonce, once it is older than the manifest says that nonces live.

    Raises:
        Untested: OPT_IN, where it does not say, or more than is waited for; NOT_PUBLISHED without a nonce endpoint.
    """
    nonce, given_at = session.first_nonce
    seconds = session.setting("nonce_seconds")
    endpoint(session, "nonce_endpoint")
    if not nonce or seconds is None or seconds > LONGEST_WAIT_SECONDS:
        most = f"add nonce_seconds = N, how long a c_nonce lives; at most {LONGEST_WAIT_SECONDS} s are waited for"
        raise Untested(NotTested.OPT_IN, most)
    time.sleep(max(0.0, given_at + seconds + 1 - time.monotonic()))
    return nonce


def encryption(session: Session) -> dict[str, Any]:
    """A request for an encrypted response that no issuer can meet: `enc` is no registered algorithm."""
    wanted = {**session.key.public_jwk, "use": "enc", "alg": "ECDH-ES", "kid": "response"}
    return {"jwk": wanted, "enc": "A000GCM"}


def request_body(session: Session, wrong: str = "") -> dict[str, Any]:
    """A credential request, wrong in one thing of itself or of its proof (OpenID4VCI section 8.2)."""
    body: dict[str, Any] = {"credential_configuration_id": session.setting("configuration")}
    if wrong == "missing":
        return body
    body["proofs"] = {"jwt": [proof(session, wrong)]}
    if wrong == "unknown-configuration":
        body["credential_configuration_id"] = "no-such-configuration"
    elif wrong == "both-identifiers":
        body["credential_identifier"] = "no-such-identifier"
    elif wrong == "no-identifier":
        del body["credential_configuration_id"]
    elif wrong == "unknown-proof-type":
        body["proofs"] = {"no-such-proof": body["proofs"]["jwt"]}
    elif wrong == "unsupported":
        body["credential_response_encryption"] = encryption(session)
    return body


def ask_credential(session: Session, wrong: str = "") -> HttpExchange:
    """One request for a credential, right or wrong in one thing."""
    body = request_body(session, wrong)
    if wrong not in ("query-token", "no-token", "other-token", "bearer-downgrade"):
        return post_request(session, body)
    url = endpoint(session, "credential_endpoint")
    headers = {"Content-Type": "application/json"}
    if wrong == "query-token":
        url += f"{'&' if '?' in url else '?'}{form([('access_token', session.token)])}"
    if wrong == "other-token":
        return post_request(session, body, token=random_id())
    if wrong == "bearer-downgrade":
        headers["Authorization"] = f"Bearer {session.token}"
    return session.send(url, method="POST", headers=headers, data=json.dumps(body))


def post_request(session: Session, body: Mapping[str, Any], token: str = "") -> HttpExchange:
    """A credential request with its access token as it belongs (RFC 6750 section 2.1; RFC 9449 section 7.1)."""
    token = token or session.token
    headers = {"Content-Type": "application/json", "Authorization": f"{'DPoP' if session.bound else 'Bearer'} {token}"}
    url = endpoint(session, "credential_endpoint")
    return session.send_bound(url, headers=headers, token=token, data=json.dumps(body))


def attempt(session: Session, wrong: str = "") -> Attempt:
    """What came of one request."""
    if wrong == "bearer-downgrade" and not session.bound:
        return Attempt(inapplicable="the manifest says of no key that tokens are bound to")
    try:
        exchange = ask_credential(session, wrong)
    except Undecided as trouble:
        return Attempt(trouble=f"{trouble.reason}: {trouble.detail}")
    except Untested as lacking:
        return Attempt(untested=f"{lacking.reason}: {lacking.detail}")
    answer = json_object(exchange)
    return Attempt(exchange.status, error_code(answer), bool(credentials(answer)))


def credentials(answer: Mapping[str, Any]) -> list[str]:
    """The credentials of an answer (OpenID4VCI section 8.3)."""
    listed = answer.get("credentials")
    return [
        each["credential"]
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, Mapping) and isinstance(each.get("credential"), str)
    ]


def wanted_configuration(session: Session, name: str) -> Mapping[str, Any]:
    """The metadata of a configuration.

    Raises:
        Untested: NOT_PUBLISHED, where there is none of this name.
    """
    wanted = configurations(session.members).get(name)
    if wanted is None:
        raise Untested(NotTested.NOT_PUBLISHED, f"the metadata has no configuration {name}")
    return wanted


def issued_credential(session: Session) -> str:
    """An SD-JWT VC of the configuration, as it came.

    Raises:
        Untested: UNSUPPORTED, for another format than SD-JWT VC.
        Undecided: CONTROL_FAILED, where none is issued.
    """
    form_of = wanted_configuration(session, session.setting("configuration")).get("format")
    if form_of not in SD_JWT:
        raise Untested(NotTested.UNSUPPORTED, f"credentials of format {str(form_of)[:40]} are not read")
    exchange = ask_credential(session)
    found = credentials(json_object(exchange))
    if not found:
        raise control_failed(exchange)
    return found[0]


def read_issued(session: Session) -> Issued:
    """A credential, as facts. Raises as `issued_credential`."""
    found = issued_credential(session)
    wanted = text(wanted_configuration(session, session.setting("configuration")), "vct")
    return issued(found, issuer_keys(session), session.key.public_jwk, wanted, session.now())


def control_failed(exchange: HttpExchange) -> Undecided:
    """Why a right request got no credential."""
    what = error_code(json_object(exchange)) or "no credential"
    return Undecided(Reason.CONTROL_FAILED, f"a right request is answered with {exchange.status} {what}")


def issuer_keys(session: Session) -> Mapping[str, Any]:
    """The issuer's keys from its `jwt-vc-issuer` metadata; empty where it has none."""
    members = json_object(session.send(well_known(session.issuer, "jwt-vc-issuer")))
    if isinstance(members.get("jwks"), Mapping):
        return dict(members["jwks"])
    uri = text(members, "jwks_uri")
    return json_object(session.send(uri)) if uri else {}
