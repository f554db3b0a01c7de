"""The access token with and without what it is bound to: a key by DPoP (RFC 9449), or a certificate (RFC 8705)."""

from __future__ import annotations

import dataclasses
from typing import Any

from msgspec.structs import replace

from conformance.core.model import Reason, Undecided
from conformance.payments.api.evidence import Reply
from conformance.payments.api.session import Ask, Session
from conformance.wire.client_certificates import let_in, this_hour, throw_away

RIGHT = "constraint/right"
AFTER = "constraint/right-after"


def constraint(session: Session, found: dict[str, Any]) -> None:
    """A right read, then the same with the token alone, and with another's key or certificate; then it again."""
    found["binding"] = session.binding
    right = session.ask("list")
    session.send(RIGHT, right)
    if session.binding == "dpop":
        session.send("constraint/bearer", dataclasses.replace(right, scheme="Bearer"))
        session.send("constraint/no-proof", dataclasses.replace(right, proof="no-proof"))
        session.send("constraint/other-key", dataclasses.replace(right, proof="other-key"))
    elif session.certificate is not None:
        _turned(session, "constraint/no-certificate", dataclasses.replace(right, over=None), right)
        if session.binding:
            _another(session, right)
    session.send(AFTER, right)


def _another(session: Session, right: Ask) -> None:
    """Over the certificate of another client, where the manifest has one, else over one of our own making."""
    name, other = "other-certificate", session.other_certificate
    if other is None:
        name, other = "made-certificate", throw_away(this_hour(session.door.now()))
    _turned(session, f"constraint/{name}", dataclasses.replace(right, over=other), right)


def _turned(session: Session, probe: str, what: Ask, right: Ask) -> None:
    """Send over a certificate that should not do; where TLS refuses it, the reply says how."""

    def ask() -> Reply:
        reply = session.send(probe, what)
        if reply.trouble:
            reason, _, detail = reply.trouble.partition(": ")
            raise Undecided(Reason(reason), detail)
        return reply

    try:
        outcome = let_in(ask, lambda: 200 <= session.send(AFTER, right).status < 300)
    except Undecided:
        return  # the reply says what kept it from being answered
    if isinstance(outcome, str):
        session.answers[probe] = replace(session.answers[probe], trouble="", refused=outcome)
