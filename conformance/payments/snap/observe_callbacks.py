"""Notifications to our own receiver, and what the status query says of the same transaction."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from conformance.core.model import NotTested, Untested
from conformance.payments.authority import may_change_state
from conformance.payments.callbacks import Callbacks
from conformance.payments.inbox import Arrival, Plan
from conformance.payments.receiving import Reading, await_all, deliveries, receiving, settings_of
from conformance.payments.snap import notification
from conformance.payments.snap.observe_state import POLLS
from conformance.payments.snap.session import Session, text
from conformance.wire.strict_json import members


def callbacks(session: Session) -> Callbacks:
    """Make one transaction, take its notification, and ask for the status.

    Raises:
        Untested: NO_CALLBACK, NOT_AUTHORISED, NO_CREDENTIAL.
        Undecided: HARNESS, where our own address cannot be opened; NOT_OBSERVABLE, where there is no transaction.
    """
    settings = settings_of(session.service.settings)
    may_change_state(session.target, urlsplit(str(session.service.settings["base_url"])).hostname or "")
    keys = tuple(_public_key(each.reveal()) for each in settings["keys"])
    path = urlsplit(str(settings["url"])).path or "/"
    dialect, operation, plan = session.client.dialect, session.operation("transaction"), Plan(session.fresh(), (200,))
    reading = Reading(
        event=lambda arrival: session.redactor.text(arrival.fields.get(notification.EVENT, "")),
        state=lambda arrival: _state(session, arrival),
        verified=lambda arrival: notification.verify(keys, path, arrival.fields, arrival.body, dialect),
    )
    with receiving(settings["listen"], (plan,), notification.TAKEN) as (inbox, _):
        started = time.monotonic()
        what = session.draft(operation, reference=plan.reference)
        answer = session.send("callbacks/transaction", operation, what)
        refused = "" if 200 <= answer.status < 300 else answer.trouble or f"HTTP {answer.status} {answer.code}"
        if not refused:
            await_all(inbox, settings)
        state, trouble = _status(session, plan.reference, what.external_id)
        return Callbacks(
            key_count=len(keys),
            deliveries=deliveries(inbox, session.door, reading, {plan.reference: "taken"}, {plan.reference: started}),
            refused=refused,
            state=state,
            trouble=trouble,
        )


def _state(session: Session, arrival: Arrival) -> str:
    return session.redactor.text(text(members(arrival.body), "latestTransactionStatus"))


def _status(session: Session, reference: str, external: str) -> tuple[str, str]:
    """The status that the query comes to, and what kept it from being answered."""
    if "query" not in session.operations:
        return "", "the manifest names no operation `query`"
    operation = session.operation("query")
    for turn in range(POLLS):
        what = session.draft(operation, original=reference, external=external)
        answer = session.send(f"callbacks/query-{turn}", operation, what)
        if answer.trouble or answer.state not in ("", "01", "02", "03"):
            break
    return answer.state, answer.trouble


def _public_key(pem: bytes) -> Any:
    """The service's key, as PEM of a public key or of a certificate.

    Raises:
        Untested: NO_CREDENTIAL.
    """
    from cryptography import x509  # noqa: PLC0415 - when looking alone
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        certificate = b"BEGIN CERTIFICATE" in pem
        key = x509.load_pem_x509_certificate(pem).public_key() if certificate else load_pem_public_key(pem)
    except ValueError:
        key = None
    if not isinstance(key, RSAPublicKey):
        raise Untested(NotTested.NO_CREDENTIAL, "a key of the callback is no RSA public key in PEM")
    return key
