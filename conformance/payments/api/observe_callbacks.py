"""Callbacks to our own receiver: signed, repeated when refused, in agreement with the status, and not led astray."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.core import scope
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.payments import webhook
from conformance.payments.api.evidence import Delivery
from conformance.payments.api.inbox import Arrival, Inbox, Plan, listening
from conformance.payments.api.observe_payments import allowed
from conformance.payments.api.session import Session, members, scalar

PLANS = {"taken": (200,), "refused-first": (500, 200), "unanswered-first": (0, 200), "redirected-first": (307, 200)}
"""What our receiver answers to the callbacks of a payment, one after the other; 0 for nothing at all."""
MOST_SECONDS = 60.0
SETTLE_SECONDS = 0.15
"""After the last callback that is due, so long is waited for one too many."""


@dataclass(frozen=True, slots=True)
class Keys:
    """How callbacks are signed, and the keys that verify them."""

    scheme: webhook.Scheme
    keys: tuple[Any, ...]


def callbacks(session: Session, found: dict[str, Any]) -> None:
    """Create one payment a plan, answer its callbacks as planned, then ask for the status.

    Raises:
        Untested: NO_CALLBACK, NOT_AUTHORISED, NO_CREDENTIAL.
        Undecided: HARNESS, where our own address cannot be opened.
    """
    settings = session.service.settings.get("callback")
    if not settings:
        raise Untested(NotTested.NO_CALLBACK, "the manifest names no callback")
    allowed(session)
    keys = _keys(session, settings)
    plans = {name: Plan(session.fresh(), answers) for name, answers in PLANS.items()}
    with _listening(settings["listen"], tuple(plans.values())) as (inbox, canary):
        started: dict[str, float] = {}
        for name, plan in plans.items():
            started[plan.reference] = time.monotonic()
            what = session.ask("create", key=session.fresh(), reference=plan.reference)
            _, body = session.exchange(f"callbacks/create-{name}", what)
            made = scalar(members(body), session.setting("id_member", "id"))
            if name == "taken":
                first = made
        inbox.wait(min(float(settings.get("wait_seconds", 5)), MOST_SECONDS))
        time.sleep(SETTLE_SECONDS)
        if first:
            session.send("callbacks/status", session.ask("get", id=first))
        names = {plan.reference: name for name, plan in plans.items()}
        found["deliveries"] = tuple(
            _delivery(session, keys, each, names[each.reference], started[each.reference]) for each in inbox.arrivals()
        )
        found["canary"] = canary.connections


@contextlib.contextmanager
def _listening(listen: str, plans: tuple[Plan, ...]) -> Iterator[tuple[Inbox, Inbox]]:
    try:
        host, port = scope.split_address(listen)
        with listening("127.0.0.1", 0, ()) as canary, listening(host, port, plans, canary.url) as inbox:
            yield inbox, canary
    except OSError as error:
        raise Undecided(Reason.HARNESS, f"{listen} cannot be listened on: {error.strerror}") from None


def _keys(session: Session, settings: Any) -> Keys:
    """The keys that the manifest refers to: secrets, or public keys in PEM.

    Raises:
        Untested: NO_CREDENTIAL.
    """
    octets = tuple(each.reveal() for each in settings["keys"])
    if settings["scheme"] == "jws-detached":
        from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415 - here alone

        try:
            return Keys("jws-detached", tuple(load_pem_public_key(each) for each in octets))
        except ValueError:
            raise Untested(NotTested.NO_CREDENTIAL, "a key of the callback is no public key in PEM") from None
    secrets = tuple(each.strip(b"\r\n") for each in octets)
    for each in secrets:
        session.redactor.register(each.decode("utf-8", "backslashreplace"))
    return Keys("standard-webhooks", tuple(_whsec(each) for each in secrets))


def _whsec(secret: bytes) -> bytes:
    """Standard Webhooks writes secrets as `whsec_` and base64; any other is taken as it is."""
    return base64.b64decode(secret.removeprefix(b"whsec_")) if secret.startswith(b"whsec_") else secret


def _delivery(session: Session, keys: Keys, arrival: Arrival, plan: str, started: float) -> Delivery:
    """What is kept of a callback. started: when its payment was asked for, monotonic."""
    epoch = session.door.now().timestamp() - time.monotonic()
    verified = webhook.verify(keys.scheme, keys.keys, arrival.fields, arrival.body)
    body = members(arrival.body)
    data = (body or {}).get("data")
    state = scalar(data if isinstance(data, dict) else body, session.setting("status_member", "status"))
    return Delivery(
        plan=plan,
        event=session.redactor.text(arrival.fields.get(webhook.ID, ""))[:64],
        at=round(arrival.at - started, 3),
        answer=arrival.answer,
        digest=hashlib.sha256(arrival.body).hexdigest()[:16],
        signature=verified.state,
        keys=verified.keys,
        age=round(arrival.at + epoch - verified.timestamp, 1) if verified.timestamp else None,
        state=session.redactor.text(state)[:40],
        reason=verified.reason,
    )
