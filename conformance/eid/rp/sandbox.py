"""The sandbox's relying party: one function answers each page, and each fault leaves out one check."""

from __future__ import annotations

import html
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from conformance.eid.rp.sandbox_http import Gone, Outbound, Refused
from conformance.eid.rp.sandbox_tokens import Expected, verified
from conformance.eid.trust import LEVEL_URI
from conformance.wire.oauth import basic, challenge
from conformance.wire.serving import Request, Response

ACR = f"{LEVEL_URI}substantial"
MARKER = "Signed in as"
CONSTANT = "the-same-each-time-" + "0" * 24
COOKIE = "session"
FOLLOWED = 60


@dataclass(slots=True)
class Session:
    """One browser. pending: what the request under way was made of; user: what is known of who logged in."""

    pending: dict[str, str] = field(default_factory=dict)
    user: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Registered:
    """A provider as the relying party knows it. metadata, keys: as fetched, empty before."""

    issuer: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    keys: list[Mapping[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class RelyingParty:
    """Its state. pushed: it pushes requests, takes answers by form_post and sends its secret in the form."""

    client_id: str
    client_secret: str = field(repr=False)
    providers: Mapping[str, Registered]
    outbound: Outbound
    faults: frozenset[str] = frozenset()
    pushed: bool = False
    origin: str = ""
    sessions: dict[str, Session] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Request) -> Response:
        """One page."""
        name, session = self._session(request)
        cookie = {"Set-Cookie": f"{COOKIE}={name}; Path=/; HttpOnly; Secure", "Cache-Control": "no-store"}
        try:
            match request.path:
                case "/login":
                    where = self._login(session, dict(parse_qsl(request.query)))
                    return Response(302, b"", {**cookie, "Location": where})
                case "/callback":
                    query = request.body.decode("utf-8", "replace") if request.method == "POST" else request.query
                    self._callback(session, dict(parse_qsl(query)))
                    return Response(303, b"", {**cookie, "Location": f"{self.origin}/home"})
                case "/home":
                    return _page(cookie, _greeting(session))
        except Refused as refusal:
            # Status 200, as some real ones answer: only the marker tells.
            return _page(cookie, f"The login failed: {html.escape(str(refusal))}")
        return Response(404, b"", cookie)

    def lacks(self, fault: str) -> bool:
        """Whether this check is left out."""
        return fault in self.faults

    def must(self, holds: bool, fault: str, says: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Refuse unless it holds, or the check is left out."""
        if not holds and fault not in self.faults:
            raise Refused(says)

    def _session(self, request: Request) -> tuple[str, Session]:
        cookies = dict(each.strip().partition("=")[::2] for each in request.fields.get("cookie", "").split(";"))
        with self.lock:
            name = cookies.get(COOKIE, "")
            if name not in self.sessions:
                name = secrets.token_urlsafe(16)
                self.sessions[name] = Session()
            return name, self.sessions[name]

    def _login(self, session: Session, asked: Mapping[str, str]) -> str:
        provider = self.providers.get(asked.get("iss", ""))
        if provider is None:
            raise Refused("unknown issuer")
        metadata = self._metadata(provider)
        verifier = secrets.token_urlsafe(32)
        constant = {name for name in ("state", "nonce") if self.lacks(f"rp-{name}-constant")}
        state, nonce = (CONSTANT if name in constant else secrets.token_urlsafe(24) for name in ("state", "nonce"))
        session.pending = {"issuer": provider.issuer, "state": state, "nonce": nonce, "verifier": verifier}
        params = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": f"{self.origin}/callback",
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "acr_values": ACR,
            **self._challenge(verifier),
        }
        if self.pushed:
            pushed = {**params, "response_mode": "form_post", "client_secret": self.client_secret}
            answer = self.outbound.json("POST", metadata["pushed_authorization_request_endpoint"], form=pushed)
            params = {"client_id": self.client_id, "request_uri": answer["request_uri"]}
        return f"{metadata['authorization_endpoint']}?{urlencode(params)}"

    def _challenge(self, verifier: str) -> dict[str, str]:
        if self.lacks("rp-no-challenge"):
            return {}
        if self.lacks("rp-plain-challenge"):
            return {"code_challenge": verifier, "code_challenge_method": "plain"}
        return {"code_challenge": challenge(verifier), "code_challenge_method": "S256"}

    def _metadata(self, provider: Registered) -> Mapping[str, Any]:
        if not provider.metadata:
            found = self.outbound.json("GET", f"{provider.issuer}/.well-known/openid-configuration")
            self.must(found.get("issuer") == provider.issuer, "rp-metadata-issuer", "metadata of another issuer")
            provider.metadata = found
        return provider.metadata

    def _callback(self, session: Session, answer: Mapping[str, str]) -> None:
        pending, session.pending = session.pending, {}
        if not pending or "code" not in answer:
            raise Refused("no login is under way")
        provider = self.providers[pending["issuer"]]
        if "state" not in answer:
            self.must(False, "rp-state-optional", "no state")  # noqa: FBT003 - reads as a sentence
        else:
            self.must(answer["state"] == pending["state"], "rp-state", "another state")
        issuer = provider.metadata["issuer"]
        if "iss" not in answer:
            self.must(False, "rp-response-issuer-optional", "no iss")  # noqa: FBT003 - as above
        else:
            self.must(answer["iss"] == issuer, "rp-response-issuer", "an answer of another issuer")
        tokens = self._tokens(provider, answer["code"], pending["verifier"])
        expected = Expected(issuer, self.client_id, pending["nonce"], ACR, tokens["access_token"], time.time())
        claims = verified(self, provider, tokens["id_token"], expected)
        if len(str(claims.get("sub", ""))) > 255:
            if self.lacks("rp-long-subject"):
                raise Gone
            raise Refused("a subject of more than 255 characters")
        session.user = self._user(provider, claims, tokens["access_token"])

    def _tokens(self, provider: Registered, code: str, verifier: str) -> Mapping[str, str]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": f"{self.origin}/callback"}
        if not self.lacks("rp-no-challenge"):
            form["code_verifier"] = verifier
        fields = {}
        if self.pushed:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        else:
            fields["Authorization"] = basic(self.client_id, self.client_secret)
        patient = self.lacks("rp-waits-for-ever")
        found = self.outbound.json("POST", provider.metadata["token_endpoint"], form, fields, patient=patient)
        if not isinstance(found.get("id_token"), str) or not isinstance(found.get("access_token"), str):
            raise Refused("no tokens")
        return found

    def _user(self, provider: Registered, claims: Mapping[str, Any], token: str) -> dict[str, str]:
        fields = {"Authorization": f"Bearer {token}"}
        info = self.outbound.json("GET", provider.metadata["userinfo_endpoint"], fields=fields)
        if "sub" in claims:
            self.must(info.get("sub") == claims["sub"], "rp-userinfo-subject", "UserInfo of another subject")
        return {"sub": str(claims.get("sub", "")), "name": str(info.get("name", ""))}

    def fetch_keys(self, provider: Registered) -> None:
        """Fetch the provider's keys anew. What is no key of a known type is passed over."""
        follow = FOLLOWED if self.lacks("rp-follows-without-end") else 0
        status, body = self.outbound.exchange("GET", provider.metadata["jwks_uri"], follow=follow)
        if status != 200:
            raise Refused(f"the keys: {status}")
        if len(body) > 262_144:
            if self.lacks("rp-large-key-set"):
                raise Gone
            raise Refused("a key set that is too large")
        keys = json.loads(body)["keys"]
        if self.lacks("rp-odd-key") and any(key.get("kty") not in ("RSA", "EC", "OKP") for key in keys):
            raise Refused("a key of an unknown type")
        provider.keys = [key for key in keys if key.get("kty") in ("RSA", "EC", "OKP")]


def _greeting(session: Session) -> str:
    if not session.user:
        return "Nobody is signed in."
    return f"{MARKER} {html.escape(session.user['name'])} ({html.escape(session.user['sub'])})"


def _page(fields: Mapping[str, str], text: str) -> Response:
    body = f"<!doctype html><title>Relying party</title><p>{text}</p>".encode()
    return Response(200, body, {**fields, "Content-Type": "text/html; charset=utf-8"})
