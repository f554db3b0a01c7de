"""The provider that we are to relying parties: one case a login, everything else as it should be.

The browser's side is played in this process (`authorize`); what the relying party asks of us arrives over HTTP
(`respond`) and is bounded by `conformance/wire/serving.py`. Whoever calls is a stranger: what belongs to no login is
refused and counted. A code is redeemed once.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance.eid.rp.cases import Case, Drip, key_set
from conformance.eid.rp.flight import Absent, Flight, request_object
from conformance.eid.rp.provider_texts import client_secret, metadata
from conformance.wire.jose import b64
from conformance.wire.jws import SigningKey, new_key, random_id
from conformance.wire.oauth import challenge
from conformance.wire.serving import Request, Response

JSON = {"Content-Type": "application/json", "Cache-Control": "no-store"}
LIFETIME_SECONDS = 3660
"""Of ID tokens: more than the hour by which `iat` of one case lies ahead, so that nothing else is wrong with it."""


@lru_cache(maxsize=2)
def rsa_key(alg: str) -> SigningKey:
    """An RSA key for this process, since making one takes long."""
    return new_key(alg, random_id(8))


class Provider:
    """See the module's head. Thread-safe.

    Args:
        issuer: ours, as relying parties know it.
        second_issuer: another one that they know and that we answer for too; its metadata names the first. Empty: none.
        alg: what ID tokens are signed with.
        lower_acr: see Flight.
    """

    def __init__(self, issuer: str, second_issuer: str, alg: str, lower_acr: str) -> None:
        self.issuer, self.second_issuer, self.alg = issuer, second_issuer, alg
        self._lower_acr = lower_acr
        self.key = new_key(alg, random_id(8)) if alg.startswith("E") else rsa_key(alg)
        self.other_key = new_key("ES256", random_id(8)) if alg == "RS256" else rsa_key("RS256")
        self._flights: dict[str, tuple[Flight, Case]] = {}
        self._requests: dict[str, Mapping[str, str]] = {}
        self._alone: tuple[Flight, Case] | None = None
        self._fresh: list[SigningKey] = []
        self._lock = threading.Lock()
        self._metadata_is_right = False
        self.dropped = 0

    def begin(self, case: Case, now: int, *, alone: bool) -> Flight:
        """A login of this case. alone: no other is under way, so what belongs to none belongs to it."""
        second = case.mismatched or case.name == "control-second-issuer"
        issuer = self.second_issuer if second and not case.mismatched else self.issuer
        key = self.key
        if case.keys != "usual":
            key = new_key(self.alg, random_id(8))
        flight = Flight(issuer, now, key, self.other_key, self._lower_acr)
        with self._lock:
            self._metadata_is_right = case.name == "control-second-issuer"
            self._alone = (flight, case) if alone else None
            if case.keys != "usual":
                self._fresh.append(key)
            self._flights[flight.token_path] = self._flights[flight.access] = (flight, case)
        return flight

    def start_issuer(self, case: Case) -> str:
        """The issuer that the relying party is told to log in with."""
        return self.second_issuer if case.mismatched or case.name == "control-second-issuer" else self.issuer

    def end(self, flight: Flight) -> None:
        """Nobody waits for the login any more."""
        flight.over = True
        with self._lock:
            if self._alone and self._alone[0] is flight:
                self._alone = None
            self._flights.pop(flight.token_path, None)
            self._flights.pop(flight.access, None)

    def authorize(self, flight: Flight, case: Case, params: Mapping[str, str]) -> dict[str, str]:
        """The parameters of our authorization response. `params`: of the request, as `resolve` gives them."""
        flight.params = params
        answer = {"code": flight.token_path, "iss": flight.issuer}
        if "state" in params:
            answer["state"] = params["state"]
        case.callback(answer, flight)
        return answer

    def resolve(self, flight: Flight, params: Mapping[str, str]) -> Mapping[str, str]:
        """What a request asks for, whether it was pushed, is a request object, or stands in the URL."""
        if pushed := self._requests.get(params.get("request_uri", "")):
            flight.pushed = True
            params = pushed
        if "request" in params:
            return {**params, **request_object(params["request"])}
        return params

    def respond(self, request: Request) -> Response:
        """What the relying party, or a stranger, asks over HTTP."""
        path = request.path
        for issuer in filter(None, (self.second_issuer, self.issuer)):
            base = urlsplit(issuer).path.rstrip("/")
            known = (f"{base}/.well-known/openid-configuration", f"/.well-known/oauth-authorization-server{base}")
            if path in known:
                self._saw("metadata")
                right = issuer == self.issuer or self._metadata_is_right
                return self._json(metadata(issuer, issuer if right else self.issuer, self.alg))
            if path.startswith(f"{base}/") and (answer := self._endpoint(path.removeprefix(base), request, issuer)):
                return answer
        self._saw("other")
        return Response(404)

    def _endpoint(self, path: str, request: Request, issuer: str) -> Response | None:
        if path == "/jwks":
            return self._keys(issuer)
        if path == "/token" and request.method == "POST":
            return self._token(request)
        if path == "/userinfo":
            return self._userinfo(request)
        if path == "/par" and request.method == "POST":
            return self._pushed(request)
        return None

    def _saw(self, event: str) -> None:
        with self._lock:
            if self._alone:
                self._alone[0].saw(event)
            elif event == "other":
                self.dropped += 1

    def _json(self, value: Any, status: int = 200) -> Response:
        return Response(status, json.dumps(value).encode(), JSON)

    def _keys(self, issuer: str) -> Response:
        self._saw("keys")
        with self._lock:
            case = self._alone[1] if self._alone else None
            fresh = self._fresh[-1] if self._fresh else None
            keys = (self.other_key, self.key, *self._fresh[:-1])
        if case is not None and case.keys == "redirects":
            return Response(302, b"", {"Location": f"{issuer.rstrip('/')}/jwks?{random_id(6)}"})
        if fresh is not None and (case is None or case.keys == "usual"):
            keys = (*keys, fresh)
        return self._json(key_set(case, keys, fresh))

    def _pushed(self, request: Request) -> Response:
        self._saw("par")
        uri = f"urn:ietf:params:oauth:request_uri:{random_id()}"
        params = dict(parse_qsl(request.body.decode("utf-8", "replace"))[:100])
        with self._lock:
            if len(self._requests) < 1000:
                self._requests[uri] = params
        return self._json({"request_uri": uri, "expires_in": 60}, 201)

    def _token(self, request: Request) -> Response:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"))[:100])
        with self._lock:
            flight, case = self._flights.pop(form.get("code", ""), (None, None))
        if flight is None or case is None or flight.params is None:
            self._saw("other")
            return self._json({"error": "invalid_grant"}, 400)
        flight.saw("token")
        flight.client_secret = client_secret(request, form)
        wanted, given = flight.params.get("code_challenge"), form.get("code_verifier")
        flight.verifier = "absent" if given is None else "same" if challenge(given) == wanted else "other"
        if case.drips:
            return Response(200, fields=JSON, pieces=Drip(lambda: flight.over))
        kind = "DPoP" if "dpop" in request.fields else "Bearer"
        answer = {"access_token": flight.access, "token_type": kind, "expires_in": 300, "scope": "openid profile"}
        return self._json({**answer, "id_token": self.id_token(flight, case)})

    def id_token(self, flight: Flight, case: Case) -> str:
        """The ID token of a login. What a case cannot change is left as it should be, and noted."""
        try:
            claims = self._claims(flight)
            case.claims(claims, flight)
            return case.sign(flight, claims)
        except Absent as absence:
            flight.absent = absence.facts
        return Case("as it should be").sign(flight, self._claims(flight))

    def _claims(self, flight: Flight) -> dict[str, Any]:
        size = {"384": hashlib.sha384, "512": hashlib.sha512}.get(flight.key.alg[-3:], hashlib.sha256)
        digest = (hashlib.sha512 if flight.key.alg == "EdDSA" else size)(flight.access.encode()).digest()
        params = flight.params or {}
        return {
            "iss": flight.issuer,
            "sub": flight.subject,
            "aud": flight.client_id,
            "exp": flight.now + LIFETIME_SECONDS,
            "iat": flight.now,
            "auth_time": flight.now,
            **({"nonce": params["nonce"]} if "nonce" in params else {}),
            "at_hash": b64(digest[: len(digest) // 2]),
            **({"acr": flight.acr[0]} if flight.acr else {}),
        }

    def _userinfo(self, request: Request) -> Response:
        token = request.fields.get("authorization", "").partition(" ")[2].strip()
        flight, case = self._flights.get(token, (None, None))
        if flight is None or case is None:
            self._saw("other")
            return Response(401, b"", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        flight.saw("userinfo")
        return self._json(case.userinfo(flight))
