"""Requests that must be refused, bodies that no parser likes, and more requests than are allowed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.core.model import NotTested, Untested
from conformance.payments.api.observe_payments import allowed
from conformance.payments.api.session import Ask, Session

DEPTH, LARGE = 1_000, 1_048_576
MOST_REQUESTS = 50
ELSEWHERE = "203.0.113.7"
"""An address of the documentation range TEST-NET-3 (RFC 5737)."""


def errors(session: Session, _found: dict[str, Any]) -> None:
    """One right request, then one error of each kind. What could create a payment carries an amount that is none.

    Raises:
        Untested: NOT_AUTHORISED.
    """
    allowed(session)
    right = session.ask("list")
    session.send("errors/right", right)
    session.send("errors/no-token", replace(right, plain=True))
    session.send("errors/accept", replace(right, fields={"Accept": "application/vnd.nobody.v99+json"}))
    session.send("errors/method", Ask("PATCH", right.path, says=f"PATCH {right.path}"))
    if "get" in session.operations:
        session.send("errors/not-found", session.ask("get", id=session.fresh()))
    wrong = session.ask("create", key=session.fresh(), amount='"abc"')
    session.send("errors/invalid", wrong)
    session.send("errors/type", replace(wrong, fields={**wrong.fields, "Content-Type": "text/plain"}))
    session.send("errors/right-after", right)


def hostile(session: Session, _found: dict[str, Any]) -> None:
    """Bodies that end early, nest deeply, repeat a member, or are large; none is a valid payment.

    Raises:
        Untested: NOT_AUTHORISED.
    """
    allowed(session)
    wrong = session.ask("create", key=session.fresh(), amount='"abc"')
    bodies = {
        "malformed": b'{"amount":',
        "not-utf-8": b'{"amount":"\xff\xfe"}',
        "nested": b"[" * DEPTH + b"]" * DEPTH,
        "duplicate": b'{"amount":"abc","amount":"abd"}',
        "large": b'{"amount":"' + b"a" * LARGE + b'"}',
    }
    for name, body in bodies.items():
        fields = {**wrong.fields, next(iter(wrong.fields), "Idempotency-Key"): session.fresh()}
        session.send(f"hostile/{name}", replace(wrong, body=body, fields=fields))
    session.send("hostile/right-after", session.ask("list"))


def throttle(session: Session, _found: dict[str, Any]) -> None:
    """Reads until the service says that they are too many, then once more as from another address.

    Raises:
        Untested: OPT_IN, where the manifest does not say after how many requests a limit is to be met.
    """
    most = int(session.service.settings.get("throttle_after", 0))
    if not most:
        raise Untested(NotTested.OPT_IN, "the manifest states no throttle_after")
    name = "throttled" if "throttled" in session.operations else "list"
    what = session.ask(name)
    session.send("throttle/first", what, throttled=True)
    for _number in range(min(most, MOST_REQUESTS)):
        if session.send("throttle/last", what, throttled=True).status == 429:
            break
    forwarded = {"X-Forwarded-For": ELSEWHERE, "Forwarded": f"for={ELSEWHERE}", "X-Real-IP": ELSEWHERE}
    session.send("throttle/forwarded", replace(what, fields=forwarded), throttled=True)
