"""What becomes of offers' codes: redeemed again, and with wrong transaction codes (OpenID4VCI sections 6.1, 6.3)."""

from __future__ import annotations

import json

from conformance.core.model import NotTested, Undecided, Untested
from conformance.eid.issuer.evidence import Codes, Exchange
from conformance.eid.issuer.session import Session
from conformance.eid.issuer.tokens import GRANT, offered_code, redeem, transaction_code
from conformance.wire.exchange import HttpExchange
from conformance.wire.oauth import error_code, json_object

SAME = "spare_offer is the one that gave the token, and used up already; add another"
LACKING = 'add spare_offer = "env:SUITE_SPARE_OFFER" and spare_tx_code, an offer that may be used up by wrong codes'


def read_codes(session: Session, tries: int) -> Codes:
    """The offer's code once more, after everything that needs its token; and another offer's, with wrong codes.

    Raises:
        Untested: NO_CREDENTIAL, where no offer was redeemed.
    """
    if session.setting("access_token") is not None:
        raise Untested(NotTested.NO_CREDENTIAL, "the manifest has an access_token, and no offer is redeemed")
    offer, tx_code = session.redeemed, transaction_code(session, "tx_code")
    asks_for_one = bool(tx_code) or asks_for_code(offer)
    again = tried(session, offered_code(offer), tx_code)
    if not asks_for_one:
        return Codes(again)
    if session.setting("spare_offer") is None or session.setting("spare_tx_code") is None:
        return Codes(again, transaction=True, lacking=LACKING)
    code, right = offered_code(session.secret("spare_offer")), session.secret("spare_tx_code")
    if code == offered_code(offer):
        return Codes(again, transaction=True, lacking=SAME)
    wrong = tuple(tried(session, code, other(right, count)) for count in range(tries))
    return Codes(again, transaction=True, wrong=wrong, after=tried(session, code, right))


def tried(session: Session, code: str, tx_code: str) -> Exchange:
    """One token request."""
    try:
        return seen(redeem(session, code, tx_code, throttled=True))
    except Undecided as trouble:
        return Exchange(trouble=f"{trouble.reason}: {trouble.detail}")


def seen(exchange: HttpExchange) -> Exchange:
    """What the authorization server answered."""
    answer = json_object(exchange)
    token, pushed = (isinstance(answer.get(name), str) for name in ("access_token", "request_uri"))
    return Exchange(exchange.status, error_code(answer), token=token, pushed=pushed)


def asks_for_code(offer: str) -> bool:
    """Whether an offer says that a transaction code is due (OpenID4VCI section 4.1.1)."""
    try:
        return "tx_code" in json.loads(offer)["grants"][GRANT]
    except (ValueError, KeyError, TypeError):
        return False


def other(code: str, count: int) -> str:
    """A transaction code that is wrong in its last character."""
    last = code[-1:]
    if last.isdigit():
        return f"{code[:-1]}{(int(last) + 1 + count % 9) % 10}"
    return f"{code[:-1]}{'x' if last != 'x' else 'y'}"
