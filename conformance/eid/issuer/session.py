"""Talking to a credential issuer: metadata, token by a pre-authorized code, nonce, request for a credential."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.core.area import Job
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.network import Door
from conformance.core.secret import Secret
from conformance.eid.issuer.evidence import Attempt, Issued, IssuerMetadata, Nonces
from conformance.eid.issuer.reading import issued, metadata, text
from conformance.wire.dpop import proof as dpop_proof
from conformance.wire.dpop import proof_claims
from conformance.wire.exchange import HttpExchange
from conformance.wire.http import fetch
from conformance.wire.jose import jwk
from conformance.wire.jws import SigningKey, compact, new_key, random_id, tampered
from conformance.wire.oauth import FORM, error_code, form, json_object, media_type

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
PROOF_TYPE = "openid4vci-proof+jwt"


@dataclass(slots=True)
class Session:
    """One issuer while it is looked at. token: the access token, once there is one. connections: how many so far."""

    job: Job
    door: Door
    key: SigningKey = field(default_factory=lambda: new_key("ES256"))
    token: str = field(default="", repr=False)
    members: Mapping[str, Any] = field(default_factory=dict)
    connections: int = 0
    server_nonce: str = ""

    @property
    def bound(self) -> bool:
        """Whether tokens are bound to the wallet's key (RFC 9449)."""
        return bool(self.setting("dpop"))

    @property
    def issuer(self) -> str:
        """The identifier, as the manifest has it."""
        return str(self.setting("credential_issuer"))

    def setting(self, name: str) -> Any:
        """What the manifest says; None where it does not."""
        return self.job.service.settings.get(name)

    def now(self) -> int:
        """Seconds since 1970."""
        return int(self.door.now().timestamp())

    def send(self, url: str, **options: Any) -> HttpExchange:
        """One request. Raises Undecided as `fetch`."""
        trust = self.setting("trust")
        verify: Any = "public"
        if trust and trust != "public":
            verify = (Path(self.job.target.path).parent / trust).read_bytes()
        self.connections += 1
        return fetch(self.door, self.job.target, url, kind="oidc", verify=verify, **options)

    def send_bound(self, url: str, *, headers: Mapping[str, str], token: str = "", data: str = "") -> HttpExchange:
        """A POST with a DPoP proof where tokens are bound; once more with the server's nonce, where it asks for one."""
        for _ in range(2):
            extra: dict[str, str] = {}
            if self.bound:
                claims = proof_claims("POST", url, self.now(), token, self.server_nonce)
                extra["DPoP"] = dpop_proof(self.key, claims)
            exchange = self.send(url, method="POST", headers={**headers, **extra}, data=data)
            given = exchange.all("dpop-nonce")
            if not (self.bound and given and error_code(json_object(exchange)) == "use_dpop_nonce"):
                break
            self.server_nonce = given[0][:200]
        return exchange

    def secret(self, name: str) -> str:
        """A secret that the manifest refers to.

        Raises:
            Untested: NO_CREDENTIAL, where it refers to none.
        """
        value = self.setting(name)
        if not isinstance(value, Secret):
            raise Untested(NotTested.NO_CREDENTIAL, f"the manifest has no {name}")
        return value.reveal().decode("utf-8", "replace").strip()


def well_known(identifier: str, name: str) -> str:
    """Where metadata of an identifier lies: the name between host and path (RFC 8615; OpenID4VCI section 12.2.2)."""
    parts = urlsplit(identifier)
    return f"{parts.scheme}://{parts.netloc}/.well-known/{name}{parts.path.rstrip('/')}"


def read_metadata(session: Session) -> IssuerMetadata:
    """The issuer's metadata; its members are kept for the rest."""
    url = well_known(session.issuer, "openid-credential-issuer")
    exchange = session.send(url, headers={"Accept": "application/json"})
    session.members = json_object(exchange)
    return metadata(exchange, session.issuer)


def endpoint(session: Session, name: str) -> str:
    """An endpoint of the metadata.

    Raises:
        Untested: NOT_PUBLISHED.
    """
    found = text(session.members, name)
    if not found:
        raise Untested(NotTested.NOT_PUBLISHED, f"the metadata has no {name}")
    return found


def ask_token(session: Session) -> None:
    """The access token: the manifest's own, or one for the pre-authorized code of its offer.

    Raises:
        Untested: NO_CREDENTIAL, where there is none or the code is not taken.
    """
    if session.setting("access_token") is not None:
        session.token = session.secret("access_token")
        return
    code = offered_code(session.secret("offer"))
    pairs = [("grant_type", GRANT), ("pre-authorized_code", code)]
    if client := session.setting("client_id"):
        pairs.append(("client_id", client))
    if session.setting("tx_code") is not None:
        pairs.append(("tx_code", session.secret("tx_code")))
    exchange = session.send_bound(token_endpoint(session), headers={"Content-Type": FORM}, data=form(pairs))
    answer = json_object(exchange)
    if not isinstance(answer.get("access_token"), str):
        what = error_code(answer) or f"status {exchange.status}"
        raise Untested(NotTested.NO_CREDENTIAL, f"the offer's code is not taken ({what}): make a new offer")
    session.token = answer["access_token"]


def offered_code(offer: str) -> str:
    """The pre-authorized code of a credential offer (OpenID4VCI section 4.1.1), given as its JSON or as the code."""
    try:
        grants = json.loads(offer)["grants"]
        return str(grants[GRANT]["pre-authorized_code"])
    except (ValueError, KeyError, TypeError):
        return offer


def token_endpoint(session: Session) -> str:
    """The token endpoint of the authorization server that the metadata names, or of the issuer itself."""
    servers = session.members.get("authorization_servers")
    server = servers[0] if isinstance(servers, list) and servers and isinstance(servers[0], str) else session.issuer
    for name in ("oauth-authorization-server", "openid-configuration"):
        found = text(json_object(session.send(well_known(server, name))), "token_endpoint")
        if found:
            return found
    raise Untested(NotTested.NOT_PUBLISHED, "the authorization server publishes no token_endpoint")


def read_nonces(session: Session) -> Nonces:
    """What the nonce endpoint answers."""
    exchange = session.send(endpoint(session, "nonce_endpoint"), method="POST")
    nonce = text(json_object(exchange), "c_nonce")
    control = ", ".join(exchange.all("cache-control"))[:200]
    return Nonces(exchange.status, media_type(exchange), control, bool(nonce), len(nonce))


def fresh_nonce(session: Session) -> str:
    """A nonce for one proof; empty where the issuer has no nonce endpoint."""
    if not text(session.members, "nonce_endpoint"):
        return ""
    return text(json_object(session.send(endpoint(session, "nonce_endpoint"), method="POST")), "c_nonce")


def proof(session: Session, wrong: str = "") -> str:
    """A key proof, wrong in one thing (OpenID4VCI appendix F.1)."""
    claims: dict[str, Any] = {"aud": session.issuer, "iat": session.now(), "nonce": fresh_nonce(session)}
    if client := session.setting("client_id"):
        claims["iss"] = client
    header: dict[str, Any] = {"typ": PROOF_TYPE, "jwk": session.key.public_jwk, "kid": None}
    if wrong == "no-nonce" or not claims["nonce"]:
        del claims["nonce"]
    elif wrong == "wrong-nonce":
        claims["nonce"] = random_id()
    if wrong == "wrong-aud":
        claims["aud"] = "https://other.example"
    changes: dict[str, dict[str, Any]] = {
        "wrong-typ": {"typ": "JWT"},
        "none": {"alg": "none"},
        "private-jwk": {"jwk": jwk(session.key.private, private=True)},
    }
    header |= changes.get(wrong, {})
    made = compact(session.key, claims, header)
    return tampered(made) if wrong == "bad-signature" else made


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
    return body


def ask_credential(session: Session, wrong: str = "") -> HttpExchange:
    """One request for a credential, right or wrong in one thing."""
    url = endpoint(session, "credential_endpoint")
    headers = {"Content-Type": "application/json"}
    data = json.dumps(request_body(session, wrong))
    if wrong == "query-token":
        url += f"{'&' if '?' in url else '?'}{form([('access_token', session.token)])}"
    if wrong in ("query-token", "no-token"):
        return session.send(url, method="POST", headers=headers, data=data)
    token = random_id() if wrong == "other-token" else session.token
    if wrong == "bearer-downgrade" or not session.bound:
        return session.send(url, method="POST", headers={**headers, "Authorization": f"Bearer {token}"}, data=data)
    return session.send_bound(url, headers={**headers, "Authorization": f"DPoP {token}"}, token=token, data=data)


def attempt(session: Session, wrong: str = "") -> Attempt:
    """What came of one request."""
    if wrong == "bearer-downgrade" and not session.bound:
        return Attempt(inapplicable="the manifest says of no key that tokens are bound to")
    try:
        exchange = ask_credential(session, wrong)
    except Undecided as trouble:
        return Attempt(trouble=f"{trouble.reason}: {trouble.detail}")
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


def read_issued(session: Session) -> Issued:
    """A credential, as facts.

    Raises:
        Untested: UNSUPPORTED, for another format than SD-JWT VC.
        Undecided: CONTROL_FAILED, where none is issued.
    """
    configurations = session.members.get("credential_configurations_supported")
    wanted = configurations.get(session.setting("configuration")) if isinstance(configurations, Mapping) else None
    if not isinstance(wanted, Mapping):
        raise Untested(NotTested.NOT_PUBLISHED, f"the metadata has no configuration {session.setting('configuration')}")
    if wanted.get("format") not in ("dc+sd-jwt", "vc+sd-jwt"):
        raise Untested(NotTested.UNSUPPORTED, f"credentials of format {str(wanted.get('format'))[:40]} are not read")
    exchange = ask_credential(session)
    found = credentials(json_object(exchange))
    if not found:
        raise control_failed(exchange)
    return issued(found[0], issuer_keys(session), session.key.public_jwk, text(wanted, "vct"), session.now())


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
