"""Idempotency, references, amounts and the final status: requests that create payments where a service is wrong."""

from __future__ import annotations

from urllib.parse import urlsplit

from conformance.core.model import Reason, Undecided
from conformance.payments.authority import may_change_state
from conformance.payments.overlap import Gate, most_at_once, send_at_once
from conformance.payments.snap import mutations
from conformance.payments.snap.client import Draft, Operation
from conformance.payments.snap.session import Session
from conformance.wire.strict_json import members

PARALLEL = 10
POLLS = 5


def _allowed(session: Session) -> None:
    """Raises Untested, where payments must not be created."""
    may_change_state(session.target, urlsplit(str(session.service.settings["base_url"])).hostname or "")


def _count(session: Session, probe: str, reference: str) -> None:
    """How often the service's history lists the reference, kept under the probe's name where it has a history."""
    if "history" not in session.operations:
        return
    operation = session.operation("history")
    session.send(f"{probe}-history", operation, session.draft(operation, original=reference), keep=True)
    body = members(session.bodies.pop(f"{probe}-history", b"")) or {}
    listed = body.get("detailData")
    if isinstance(listed, list):
        session.counts[probe] = sum(
            1 for each in listed if isinstance(each, dict) and each.get("partnerReferenceNo") == reference
        )


def _with_amount(session: Session) -> Operation:
    """The transaction. Raises Undecided, where its template has no place for an amount."""
    operation = session.operation("transaction")
    if "$amount" not in operation.body:
        raise Undecided(Reason.NOT_OBSERVABLE, "the transaction's body has no $amount")
    return operation


def external(session: Session) -> None:
    """Another transaction, then one X-EXTERNAL-ID twice in sequence, and one ten times at once; each signed anew.

    Raises:
        Untested: NOT_AUTHORISED.
    """
    _allowed(session)
    operation = session.operation("transaction")
    session.send("external/other", operation, session.draft(operation))
    reference, external_id = session.fresh(), session.fresh()
    for probe in ("external/first", "external/second"):
        session.send(probe, operation, session.draft(operation, external_id=external_id, reference=reference))
    _count(session, "external/second", reference)
    reference, external_id = session.fresh(), session.fresh()
    drafts = [session.draft(operation, external_id=external_id, reference=reference) for _ in range(PARALLEL)]

    def send(position: int, gate: Gate) -> None:
        session.send(f"external/parallel-{position}", operation, drafts[position], gate=gate)

    send_at_once(PARALLEL, send)
    spans = [session.spans[probe] for n in range(PARALLEL) if (probe := f"external/parallel-{n}") in session.spans]
    session.at_once["external/parallel"] = most_at_once(spans)
    _count(session, "external/parallel", reference)


def digits(session: Session) -> None:
    """X-EXTERNAL-ID of 36 digits, its query, and of 37.

    Raises:
        Untested: NOT_AUTHORISED.
    """
    _allowed(session)
    operation = session.operation("transaction")
    reference, longest = session.fresh(), session.fresh(36)
    session.send("digits/36", operation, session.draft(operation, external_id=longest, reference=reference))
    if "query" in session.operations:
        asked = session.operation("query")
        session.send("digits/query", asked, session.draft(asked, original=reference, external=longest))
    session.send("digits/37", operation, session.draft(operation, external_id=session.fresh(37)))


def reference(session: Session) -> None:
    """One partnerReferenceNo with the same and then with another content, each under an X-EXTERNAL-ID of its own.

    Raises:
        Untested: NOT_AUTHORISED.
        Undecided: NOT_OBSERVABLE, where the transaction carries no amount.
    """
    _allowed(session)
    operation, used = _with_amount(session), session.fresh()
    session.send("reference/first", operation, session.draft(operation, reference=used))
    session.send("reference/other", operation, session.draft(operation, reference=used, amount='"20000.00"'))
    _count(session, "reference/other", used)
    session.send("reference/same", operation, session.draft(operation, reference=used))
    _count(session, "reference/same", used)


def amounts(session: Session) -> None:
    """A right amount, then amounts that are no decimal string of two places.

    Raises:
        Untested: NOT_AUTHORISED.
        Undecided: NOT_OBSERVABLE, where the transaction carries no amount.
    """
    _allowed(session)
    operation = _with_amount(session)
    session.send("amounts/right", operation, session.draft(operation))
    for name, value in mutations.AMOUNTS.items():
        session.send(f"amounts/{name}", operation, session.draft(operation, amount=value))
    session.send("amounts/right-after", operation, session.draft(operation))


def status(session: Session) -> None:
    """A transaction followed through the query service until it says something final, and a reference unknown there.

    Raises:
        Untested: NOT_AUTHORISED.
        Undecided: NOT_OBSERVABLE, where the manifest names no query.
    """
    _allowed(session)
    operation, asked, used = session.operation("transaction"), session.operation("query"), session.fresh()
    made = session.draft(operation, reference=used)
    session.send("status/transaction", operation, made)
    for turn in range(POLLS):
        answer = session.send(f"status/query-{turn}", asked, _query(session, used, made.external_id))
        if answer.state not in ("", "01", "02", "03"):
            break
    session.send("status/unknown", asked, _query(session, session.fresh(), session.fresh()))


def _query(session: Session, original: str, external: str) -> Draft:
    return session.draft(session.operation("query"), original=original, external=external)
