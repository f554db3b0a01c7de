"""Header fields, signatures, amounts and errors: single requests, each beside a right one."""

from __future__ import annotations

from conformance.payments.fspiop import bodies, messages
from conformance.payments.fspiop.messages import TRANSFERS, Change
from conformance.payments.fspiop.session import Session

ABSENT = ("Accept", "Content-Type", "Date", "FSPIOP-Source")
"""The mandatory fields of a request from a client (table 1)."""
UNKNOWN_VERSION = "99"


def headers(session: Session) -> None:
    """Each mandatory field absent, some malformed, a version that nobody has; a right request before and after."""
    session.transfer("headers/right")
    payer = session.payer.fsp
    for name in ABSENT:
        protected = {"FSPIOP-Source": payer} if name == "FSPIOP-Source" else {}
        session.transfer(f"headers/no-{name}", Change({name: None}, protected))
    malformed = {"Date": "yesterday", "Content-Type": "text/plain"}
    for name, value in malformed.items():
        session.transfer(f"headers/bad-{name}", Change({name: value}))
    session.transfer("headers/version", Change({"Accept": messages.media_type(UNKNOWN_VERSION)}))
    session.transfer("headers/right-after")


def signatures(session: Session) -> None:
    """Right signatures over bodies of every shape and by every algorithm, then by algorithms that are none of them."""
    session.transfer("signatures/right")
    for algorithm in ("RS384", "RS512"):
        session.transfer(f"signatures/{algorithm}", Change(algorithm=algorithm))
    for name, shape in bodies.SHAPES.items():
        session.transfer(f"signatures/{name}", shape=shape)
    for algorithm in messages.FORGED:
        session.transfer(f"signatures/forged-{algorithm}", Change(algorithm=algorithm))
    session.transfer("signatures/right-after")


def altered(session: Session) -> None:
    """Requests that are not the one that was signed, in one thing each; a right request before and after."""
    session.transfer("altered/right")
    members = {
        "uri": {"FSPIOP-URI": "/quotes"},
        "method": {"FSPIOP-HTTP-Method": "PUT"},
        "source": {"FSPIOP-Source": "another-fsp"},
        "destination": {"FSPIOP-Destination": "another-fsp"},
        "date": {"Date": "Mon, 23 Nov 2026 03:00:00 GMT"},
    }
    for name, protected in members.items():
        session.transfer(f"altered/{name}", Change(protected=protected))
    for name, old, new in (("body", b'"currency"', b'"currency" '), ("body-value", b'"amount":"', b'"amount":"1')):
        made = session.new()
        right = messages.written(messages.members_of(made, session.payer.fsp, session.terms))
        session.transfer(f"altered/{name}", Change(body=right.replace(old, new, 1)), transfer=made)
    session.transfer("altered/right-after")


def amounts(session: Session) -> None:
    """Amounts that are none, between two right ones."""
    session.transfer("amounts/right")
    for name, amount in bodies.AMOUNTS.items():
        money = {"amount": amount, "currency": session.terms.currency}
        session.transfer(f"amounts/{name}", amount=money)
    session.transfer("amounts/right-after")


def errors(session: Session) -> None:
    """Requests that can only be answered with an error."""
    session.transfer("errors/right")
    session.send("errors/malformed", "POST", TRANSFERS, b'{"transferId":')
    session.send("errors/not-object", "POST", TRANSFERS, b'["transferId"]')
    session.transfer("errors/no-amount", amount=None)
    session.transfer("errors/no-condition", condition=None)
    session.send("errors/unknown-uri", "POST", "/conformance-no-such-resource", b"{}")
    session.send("errors/method", "DELETE", TRANSFERS)
