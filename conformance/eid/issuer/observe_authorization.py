"""The authorization-code flow: what is offered, what is pushed, where it leads (HAIP 1.0 section 4; RFC 9126)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from conformance.core.model import Undecided
from conformance.eid.issuer.evidence import AuthorizationFlow, Exchange
from conformance.eid.issuer.observe_codes import seen
from conformance.eid.issuer.reading import configurations, text, texts
from conformance.eid.issuer.session import Session
from conformance.eid.issuer.tokens import post_as_client, read_server, token_endpoint
from conformance.wire.cookies import Jar
from conformance.wire.jws import random_id
from conformance.wire.oauth import challenge, form, json_object

MAX_HOPS = 10
LACKING = "add client_id and redirect_uri of a public client, so that an authorization request can be pushed"
PLACE = "pushed_authorization_request_endpoint"


def read_authorization(session: Session) -> AuthorizationFlow:
    """What the authorization server offers, and what becomes of a right request and of two without a proper challenge.

    Raises:
        Untested: NOT_PUBLISHED, where the authorization server has no metadata.
    """
    server = read_server(session)
    offered: dict[str, Any] = {
        "grants": texts(server.get("grant_types_supported")) or ("authorization_code", "implicit"),
        "challenges": texts(server.get("code_challenge_methods_supported")),
        "dpop": texts(server.get("dpop_signing_alg_values_supported")),
        "par": bool(text(server, PLACE)),
        "unscoped": unscoped(session.members),
    }
    if not offered["par"]:
        return AuthorizationFlow(**offered)
    if not session.setting("client_id") or not session.setting("redirect_uri"):
        return AuthorizationFlow(**offered, lacking=LACKING)
    verifier = random_id(32)
    right, request_uri = push(session, server, verifier)
    wrong = {name: push(session, server, verifier, name)[0] for name in ("no-challenge", "plain")}
    try:
        led_to, kind = walk(session, server, request_uri, verifier) if request_uri else ("", "")
    except ValueError:  # a Location that is no URL
        led_to, kind = "error", ""
    return AuthorizationFlow(**offered, pushed={"right": right, **wrong}, led_to=led_to, token_type=kind)


def unscoped(members: Mapping[str, Any]) -> tuple[str, ...]:
    """The configurations that name no scope."""
    return tuple(name for name, each in configurations(members).items() if not text(each, "scope"))


def push(session: Session, server: Mapping[str, Any], verifier: str, wrong: str = "") -> tuple[Exchange, str]:
    """One pushed request, and its `request_uri`; `no-challenge` and `plain` are wrong (RFC 7636 section 4.3)."""
    wanted = configurations(session.members).get(session.setting("configuration"), {})
    pairs = {
        "response_type": "code",
        "client_id": session.setting("client_id"),
        "redirect_uri": session.setting("redirect_uri"),
        "scope": text(wanted, "scope"),
        "state": random_id(),
        "code_challenge": verifier if wrong == "plain" else challenge(verifier),
        "code_challenge_method": "plain" if wrong == "plain" else "S256",
    }
    left_out = {"code_challenge", "code_challenge_method"} if wrong == "no-challenge" else set()
    sent = [(name, str(value)) for name, value in pairs.items() if value and name not in left_out]
    try:
        exchange = post_as_client(session, text(server, PLACE), sent, bound=False)
    except Undecided as trouble:
        return Exchange(trouble=f"{trouble.reason}: {trouble.detail}"), ""
    return seen(exchange), text(json_object(exchange), "request_uri")


def walk(session: Session, server: Mapping[str, Any], request_uri: str, verifier: str) -> tuple[str, str]:
    """Where the authorization endpoint leads without a login, and the type of the token where that is to a code.

    Raises:
        ValueError: a redirect to what is no URL.
    """
    url = text(server, "authorization_endpoint")
    if not url:
        return "error", ""
    pairs = [("client_id", session.setting("client_id")), ("request_uri", request_uri)]
    url += f"{'&' if '?' in url else '?'}{form(pairs)}"
    host = urlsplit(url).netloc
    callback = session.setting("redirect_uri")
    jar = Jar()
    for _ in range(MAX_HOPS):
        exchange = session.send(url, headers={"Accept": "text/html", **jar.header(url)})
        jar.take(url, exchange)
        locations = exchange.all("location")
        if exchange.status not in (301, 302, 303, 307, 308) or not locations:
            return ("page" if exchange.status == 200 else "error"), ""
        url = urljoin(url, locations[0])
        if url.startswith(callback):
            code = parse_qs(urlsplit(url).query).get("code", [""])[0]
            return ("callback", exchanged(session, code, verifier)) if code else ("error", "")
        if urlsplit(url).netloc != host:
            return "page", ""  # the login is elsewhere, and nobody has asked us in
    return "error", ""


def exchanged(session: Session, code: str, verifier: str) -> str:
    """The type of the token for a code, asked for with a DPoP proof (RFC 9449 section 5)."""
    pairs = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", session.setting("redirect_uri"))]
    pairs += [("client_id", session.setting("client_id")), ("code_verifier", verifier)]
    answer = json_object(post_as_client(session, token_endpoint(session), pairs, bound=True))
    return text(answer, "token_type") if text(answer, "access_token") else ""
