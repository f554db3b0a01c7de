"""Transfers from their beginning to their end, with ourselves as payer and, where the manifest has it, as payee."""

from __future__ import annotations

import time

from conformance.core.model import NotTested, Untested
from conformance.payments.detached_jws import b64url
from conformance.payments.fspiop.session import Followed, Session

EXPIRY_SECONDS, LATE_SECONDS = 20.0, 0.05
WRONG = b64url(bytes(32))
"""A fulfilment of no condition that we make."""


def results(session: Session) -> None:
    """One transfer that the payee fulfils and one that it refuses. They expire when we wait no longer.

    Raises:
        Untested: NO_CALLBACK.
    """
    _listened(session)
    made = session.transfer("results/committed", transfer=session.new(session.wait_seconds))
    if session.payee:
        if session.until_forwarded("results/committed"):
            session.fulfil("results/committed-put", made, made.fulfilment)
        made = session.transfer("results/rejected", transfer=session.new(session.wait_seconds))
        if session.until_forwarded("results/rejected"):
            session.reject("results/rejected-put", made)
        session.until_result("results/rejected")
    session.until_result("results/committed")


def repeats(session: Session) -> None:
    """The transfer that was committed once more, first as it was and then with another amount.

    Raises:
        Untested: NO_CALLBACK.
    """
    _listened(session)
    first = session.followed.get("results/committed")
    if first is None or not session.until_result("results/committed"):
        return
    session.transfer("repeats/same", transfer=first.transfer)
    first.until = session.followed["repeats/same"].since
    session.until_result("repeats/same")
    money = {"amount": f"{session.terms.amount}1", "currency": session.terms.currency}
    session.transfer("repeats/other", transfer=first.transfer, amount=money)
    session.followed["repeats/same"].until = session.followed["repeats/other"].since
    session.until_result("repeats/other")


def fulfilment(session: Session) -> None:
    """A transfer that the payee fulfils with something else; then the payer asks what became of it.

    Raises:
        Untested: NO_CALLBACK; NO_CREDENTIAL, where we are no payee.
    """
    _played(session)
    made = session.transfer("fulfilment/wrong")
    if session.until_forwarded("fulfilment/wrong"):
        session.fulfil("fulfilment/wrong-put", made, WRONG)
        session.send("fulfilment/wrong-get", "GET", made.path)
        session.until_result("fulfilment/wrong")


def begin_expiry(session: Session) -> None:
    """A transfer that the payee leaves unanswered.

    Raises:
        Untested: NO_CALLBACK; NO_CREDENTIAL, where we are no payee.
    """
    _played(session)
    seconds = float(session.service.settings.get("expiry_seconds", EXPIRY_SECONDS))
    session.transfer("expiry/transfer", transfer=session.new(seconds))
    session.until_forwarded("expiry/transfer")


def end_expiry(session: Session) -> None:
    """Once it has expired, wait for what the payer is told; then fulfil it, and ask what became of it."""
    given = session.followed["expiry/transfer"]
    if not 200 <= session.answers["expiry/transfer"].status < 300:
        return
    left = given.transfer.expiration.timestamp() - session.door.now().timestamp()
    time.sleep(max(0.0, left) + LATE_SECONDS)
    session.until_result("expiry/transfer")
    given.until = time.monotonic()
    session.followed["expiry/late"] = Followed(given.transfer, given.until)
    session.fulfil("expiry/late-put", given.transfer, given.transfer.fulfilment)
    session.send("expiry/late", "GET", given.transfer.path)
    session.until_result("expiry/late")


def _listened(session: Session) -> None:
    if session.inbox is None:
        raise Untested(NotTested.NO_CALLBACK, "the manifest names no callback")


def _played(session: Session) -> None:
    _listened(session)
    if session.payee is None:
        raise Untested(NotTested.NO_CREDENTIAL, "the manifest names no key of the payee, so nothing can be fulfilled")
