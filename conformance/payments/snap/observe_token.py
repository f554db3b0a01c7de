"""The token endpoint: one right request, six wrong ones, and a token that has run out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.payments.snap.client import token_request
from conformance.payments.snap.evidence import TokenFacts
from conformance.payments.snap.session import Session, text
from conformance.payments.snap.signature import stamp
from conformance.wire.strict_json import members

MAX_TOKEN = 4096
LONGEST_WAIT_SECONDS, GRACE_SECONDS = 30.0, 0.5


def token(session: Session) -> None:
    """Get the token that the other groups use; then ask wrongly, in one thing each; then rightly again.

    Raises:
        Undecided: the endpoint cannot be reached at all.
    """
    right(session, "token/right")
    first = session.answers["token/right"]
    if first.trouble:
        reason, _, detail = first.trouble.partition(": ")
        raise Undecided(Reason(reason), detail)
    path = session.operation("token").path
    now = _now(session)
    wrong: dict[str, tuple[str, dict[str, object]]] = {
        "truncated-signature": (now, {"truncated": True}),
        "wrong-key": (now, {"wrong_key": True}),
        "unknown-client": (now, {"client_key": f"{session.client.client_key[:30]}-none"}),
        "no-zone": (now.removesuffix("Z").partition("+")[0], {}),
        "words": ("yesterday", {}),
        "no-client-key": (now, {"fields": {"X-CLIENT-KEY": None}}),
    }
    for name, (timestamp, change) in wrong.items():
        ready = token_request(session.client, path, timestamp, **change)
        session.deliver(f"token/{name}", "73", ready, timestamp)
    right(session, "token/right-after", keep=False)


def right(session: Session, probe: str, *, keep: bool = True) -> None:
    """Ask for a token as it must be asked for; `keep` puts the one that is issued into use."""
    operation, now = session.operation("token"), _now(session)
    session.deliver(probe, "73", token_request(session.client, operation.path, now), now, keep=True)
    body = members(session.bodies.pop(probe, b""))
    issued = _string(body, "accessToken")
    if not keep or not 0 < len(issued) <= MAX_TOKEN:
        return
    session.redactor.register(issued)
    session.token = issued
    session.token_facts = TokenFacts(len(issued), text(body, "tokenType")[:40], text(body, "expiresIn")[:40])


def _string(body: Mapping[str, Any] | None, name: str) -> str:
    """A member that is a string of printable ASCII, as a header field can carry it; empty for anything else."""
    value = (body or {}).get(name)
    return value if isinstance(value, str) and value.isascii() and value.isprintable() else ""


def _now(session: Session) -> str:
    return stamp(session.door.now(), session.client.dialect.timestamp)


def begin_expiry(session: Session) -> tuple[str, float, float] | None:
    """A token of the short-lived client that the manifest may name: (token, issued at, seconds to live)."""
    name = session.service.settings.get("expiring_client_key")
    if not name or session.client.dialect.mode == "asymmetric":
        return None
    now, issued_at = _now(session), session.door.monotonic()
    ready = token_request(session.client, session.operation("token").path, now, client_key=name)
    session.deliver("expiry/token", "73", ready, now, keep=True)
    body = members(session.bodies.pop("expiry/token", b""))
    issued, seconds = _string(body, "accessToken"), text(body, "expiresIn")
    if not 0 < len(issued) <= MAX_TOKEN or not seconds.isdigit():
        return ("", issued_at, 0.0)
    session.redactor.register(issued)
    kept, session.token = session.token, issued
    operation = session.operation("inquiry")
    session.send("expiry/before", operation, session.draft(operation))
    session.token = kept
    return (issued, issued_at, float(seconds[:6]))


def expiry(session: Session, short: tuple[str, float, float] | None = None) -> None:
    """Use the short-lived token once more after its life.

    Raises:
        Untested: OPT_IN, where the manifest names no client with tokens that live for half a minute at most.
        Undecided: CONTROL_FAILED, where no such token was issued.
    """
    if short is None:
        raise Untested(NotTested.OPT_IN, "the manifest names no expiring_client_key")
    issued, issued_at, seconds = short
    if not issued:
        raise Undecided(Reason.CONTROL_FAILED, "the short-lived client got no token with expiresIn")
    if seconds > LONGEST_WAIT_SECONDS:
        raise Untested(NotTested.OPT_IN, f"expiresIn is {seconds:g} s; at most {LONGEST_WAIT_SECONDS:g} s are waited")
    left = issued_at + seconds + GRACE_SECONDS - session.door.monotonic()
    time.sleep(max(0.0, min(left, LONGEST_WAIT_SECONDS + GRACE_SECONDS)))
    kept, session.token = session.token, issued
    operation = session.operation("inquiry")
    session.send("expiry/after", operation, session.draft(operation))
    session.token = kept
    if kept:
        session.send("expiry/control", operation, session.draft(operation))
