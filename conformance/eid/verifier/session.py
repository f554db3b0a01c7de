"""Talking to a credential verifier as a wallet does: start, request object, response, a look at what came of it."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from conformance.core.area import Job
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.network import Door
from conformance.core.secret import Secret
from conformance.eid.verifier.evidence import RequestFacts, Shown
from conformance.eid.verifier.reading import Request, facts, parse, text
from conformance.eid.verifier.wallet import chosen, presentation, sealed
from conformance.wire.exchange import HttpExchange
from conformance.wire.http import fetch
from conformance.wire.jws import KeyFormatError, SigningKey, load_key, new_key
from conformance.wire.oauth import FORM, form, json_object, media_type

REFERENCE = re.compile(r"(?:openid4vp|haip-vp|haip|eudi-openid4vp|mdoc-openid4vp)://[^\s\"'<>]{1,4000}")
LOOKS, PAUSE_SECONDS = 3, 0.3


@dataclass(frozen=True, slots=True)
class Started:
    """One transaction. reference: the authorization request's parameters. result: where to look afterwards."""

    reference: Mapping[str, str]
    result: str


@dataclass
class Session:
    """One verifier while it is looked at."""

    job: Job
    door: Door
    holder: SigningKey = field(default_factory=new_key)
    connections: int = 0

    def setting(self, name: str) -> Any:
        """What the manifest says; None where it does not."""
        return self.job.service.settings.get(name)

    def send(self, url: str, **options: Any) -> HttpExchange:
        """One request. Raises Undecided as `fetch`."""
        trust = self.setting("trust")
        verify: Any = "public"
        if trust and trust != "public":
            verify = (Path(self.job.target.path).parent / trust).read_bytes()
        self.connections += 1
        return fetch(self.door, self.job.target, url, kind="oidc", verify=verify, **options)

    @cached_property
    def credential(self) -> tuple[Mapping[str, Any], SigningKey]:
        """What the suite's own issuer says, and its key.

        Raises:
            Untested: NO_CREDENTIAL, where the manifest has no key that the verifier trusts.
        """
        given = self.setting("credential") or {}
        key = given.get("key")
        if not isinstance(key, Secret):
            raise Untested(NotTested.NO_CREDENTIAL, "the manifest has no credential that the verifier trusts")
        try:
            signer = load_key(key.reveal(), kid=given.get("kid", ""))
        except KeyFormatError as error:
            raise Untested(NotTested.NO_CREDENTIAL, str(error)) from None
        about: dict[str, Any] = {name: given[name] for name in ("iss", "vct", "claims")}
        if isinstance(chain := given.get("certificate"), Secret):
            listed = x509.load_pem_x509_certificates(chain.reveal())
            ders = [each.public_bytes(serialization.Encoding.DER) for each in listed]
            about["x5c"] = [base64.b64encode(der).decode() for der in ders]
        return about, signer


def start(session: Session) -> Started:
    """Begin a transaction, as the verifier's page would.

    Raises:
        Undecided: NOT_OBSERVABLE, where the answer holds no authorization request.
    """
    body = session.setting("start_body")
    options: dict[str, Any] = {"method": "GET"} if body is None else {"method": "POST", "data": json.dumps(dict(body))}
    headers = {"Accept": "application/json", **({} if body is None else {"Content-Type": "application/json"})}
    exchange = session.send(session.setting("start"), headers=headers, **options)
    answer = json_object(exchange)
    named = text(answer, session.setting("request_member") or "request")
    found = named or next(iter(REFERENCE.findall(exchange.body.decode("utf-8", "replace"))), "")
    if not found:
        raise Undecided(Reason.NOT_OBSERVABLE, f"start is answered with {exchange.status} and no authorization request")
    pairs = parse_qs(urlsplit(found.replace("&amp;", "&")).query)
    result = text(answer, session.setting("result_member") or "result") or session.setting("result") or ""
    return Started({name: values[0] for name, values in pairs.items()}, result)


def read_request(session: Session, started: Started) -> tuple[Request, str]:
    """The request object of a transaction, and its media type."""
    reference = started.reference
    if "request" in reference:
        return parse(reference["request"]), ""
    url = reference.get("request_uri", "")
    if not url:
        return Request(trouble="neither request nor request_uri: the request is not signed"), ""
    if reference.get("request_uri_method") == "post":
        exchange = session.send(url, method="POST", data="", headers={"Content-Type": FORM})
    else:
        exchange = session.send(url, headers={"Accept": "application/oauth-authz-req+jwt"})
    return parse(exchange.body.decode("ascii", "replace")), media_type(exchange)


def read_facts(session: Session) -> RequestFacts:
    """The facts of a request, with the nonce of a second one to compare."""
    started = start(session)
    request, kind = read_request(session, started)
    second, _ = read_request(session, start(session))
    return facts(request, kind, started.reference.get("client_id", ""), second.claims)


def show(session: Session, wrong: str = "") -> Shown:
    """One presentation, right or wrong in one thing, and what came of it; `response` is right, and is sent twice."""
    try:
        return shown(session, wrong)
    except Undecided as trouble:
        return Shown(trouble=f"{trouble.reason}: {trouble.detail}")


def shown(session: Session, wrong: str) -> Shown:
    """As `show`. Raises Undecided where it cannot be shown."""
    about, key = session.credential
    started = start(session)
    request, _ = read_request(session, started)
    claims = request.claims
    query = claims.get("dcql_query")
    wanted = chosen(query, about["vct"]) if isinstance(query, Mapping) else ""
    if not wanted:
        raise Undecided(Reason.NOT_OBSERVABLE, f"the request asks for no SD-JWT VC of type {about['vct'][:80]}")
    now = int(session.door.now().timestamp())
    token = presentation(about, key, session.holder, claims, now, wrong=wrong)
    body = response_body(claims, {wanted: [token]})
    exchange = respond(session, claims, body)
    where = text(json_object(exchange), "redirect_uri") or started.result
    if not where:
        raise Undecided(Reason.NOT_OBSERVABLE, "neither the manifest nor an answer says where to look for the marker")
    accepted = look(session, where, once=exchange.status >= 400)
    again = respond(session, claims, body).status if wrong == "response" and accepted else 0
    return Shown(exchange.status, accepted, again)


def respond(session: Session, claims: Mapping[str, Any], body: str) -> HttpExchange:
    """A response to `response_uri` (OpenID4VP section 8.2)."""
    return session.send(text(claims, "response_uri"), method="POST", data=body, headers={"Content-Type": FORM})


def response_body(claims: Mapping[str, Any], token: Mapping[str, Any]) -> str:
    """What is posted, sealed where the request says so (OpenID4VP sections 8.2, 8.3)."""
    mode, state = text(claims, "response_mode"), claims.get("state")
    payload: dict[str, Any] = {"vp_token": token, **({"state": state} if isinstance(state, str) else {})}
    if mode == "direct_post.jwt":
        metadata = claims.get("client_metadata")
        metadata = metadata if isinstance(metadata, Mapping) else {}
        keys = metadata.get("jwks", {}).get("keys", [])
        values = metadata.get("encrypted_response_enc_values_supported") or ["A128GCM"]
        try:
            pairs = [("response", sealed(payload, keys, str(values[0])))]
        except (ValueError, AttributeError) as error:
            raise Undecided(Reason.NOT_OBSERVABLE, f"the response cannot be encrypted: {str(error)[:100]}") from None
    else:
        pairs = [("vp_token", json.dumps(token)), *([("state", state)] if isinstance(state, str) else [])]
    return form(pairs)


def look(session: Session, url: str, *, once: bool) -> bool:
    """Whether the marker is seen, looked for a few times, since a verifier may take a moment."""
    marker = session.setting("marker").encode()
    for count in range(1 if once else LOOKS):
        if count:
            time.sleep(PAUSE_SECONDS)
        if marker in session.send(url).body:
            return True
    return False
