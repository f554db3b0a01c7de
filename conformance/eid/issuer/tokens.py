"""Getting a token: offers, the authorization server's metadata, the pre-authorized code grant, wallet attestations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conformance.core.model import NotTested, Untested
from conformance.eid.issuer.attestation import client_attestation
from conformance.eid.issuer.reading import text
from conformance.eid.issuer.session import Session, well_known
from conformance.wire.exchange import HttpExchange
from conformance.wire.oauth import FORM, error_code, form, json_object

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
CHALLENGE = "oauth-client-attestation-challenge"


def ask_token(session: Session) -> None:
    """The access token: the manifest's own, or one for the pre-authorized code of its offer.

    Raises:
        Untested: NO_CREDENTIAL, where there is none or the code is not taken.
    """
    if session.setting("access_token") is not None:
        session.token = session.secret("access_token")
        return
    offer = session.secret("offer")
    exchange = redeem(session, offered_code(offer), transaction_code(session, "tx_code"))
    answer = json_object(exchange)
    if not isinstance(answer.get("access_token"), str):
        what = error_code(answer) or f"status {exchange.status}"
        raise Untested(NotTested.NO_CREDENTIAL, f"the offer's code is not taken ({what}): make a new offer")
    session.token, session.redeemed = answer["access_token"], offer


def redeem(session: Session, code: str, tx_code: str = "", *, throttled: bool = False) -> HttpExchange:
    """One token request with a pre-authorized code (OpenID4VCI section 6.1). throttled: a 429 is an answer."""
    pairs = [("grant_type", GRANT), ("pre-authorized_code", code)]
    if client := session.setting("client_id"):
        pairs.append(("client_id", client))
    if tx_code:
        pairs.append(("tx_code", tx_code))
    return post_as_client(session, token_endpoint(session), pairs, throttled=throttled)


def post_as_client(
    session: Session,
    url: str,
    pairs: list[tuple[str, str]],
    *,
    wrong: str = "",
    bound: bool | None = None,
    throttled: bool = False,
) -> HttpExchange:
    """A form to the authorization server, with a wallet attestation where the manifest says that it takes them.

    It is sent once more with the server's challenge, where the server asks for one (attestation-based client
    authentication, section 8). wrong: what is wrong with the attestation; see `attestation.py`.
    """
    for _ in range(2):
        headers = {"Content-Type": FORM, **client_attestation(session, wrong)}
        exchange = session.send_bound(url, headers=headers, data=form(pairs), bound=bound, throttled=throttled)
        given = exchange.all(CHALLENGE)
        if not given or error_code(json_object(exchange)) != "use_attestation_challenge":
            break
        session.challenge = given[0][:400]
    return exchange


def transaction_code(session: Session, name: str) -> str:
    """The transaction code of an offer; empty where the manifest has none."""
    return session.secret(name) if session.setting(name) is not None else ""


def offered_code(offer: str) -> str:
    """The pre-authorized code of a credential offer (OpenID4VCI section 4.1.1), given as its JSON or as the code."""
    try:
        grants = json.loads(offer)["grants"]
        return str(grants[GRANT]["pre-authorized_code"])
    except (ValueError, KeyError, TypeError):
        return offer


def read_server(session: Session) -> Mapping[str, Any]:
    """The metadata of the authorization server that the issuer's names, or of the issuer itself; asked for once.

    Raises:
        Untested: NOT_PUBLISHED.
    """
    found = session.server
    if found is None:
        servers = session.members.get("authorization_servers")
        server = servers[0] if isinstance(servers, list) and servers and isinstance(servers[0], str) else session.issuer
        for name in ("oauth-authorization-server", "openid-configuration"):
            session.server = found = json_object(session.send(well_known(server, name)))
            if text(found, "token_endpoint"):
                break
    if found is None or not text(found, "token_endpoint"):
        raise Untested(NotTested.NOT_PUBLISHED, "the authorization server publishes no token_endpoint")
    return found


def token_endpoint(session: Session) -> str:
    """The token endpoint. Raises Untested as `read_server`."""
    return text(read_server(session), "token_endpoint")
