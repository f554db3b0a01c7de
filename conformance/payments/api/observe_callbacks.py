"""Callbacks to our own receiver: signed, repeated when refused, in agreement with the status, and not led astray."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.core.model import NotTested, Untested
from conformance.payments import webhook
from conformance.payments.api.observe_payments import allowed
from conformance.payments.api.session import Session, scalar
from conformance.payments.callbacks import Callbacks
from conformance.payments.inbox import Arrival, Plan
from conformance.payments.receiving import Reading, await_all, deliveries, receiving, settings_of
from conformance.wire.strict_json import members

PLANS = {"taken": (200,), "refused-first": (500, 200), "unanswered-first": (0, 200), "redirected-first": (307, 200)}
"""What our receiver answers to the callbacks of a payment, one after the other; 0 for nothing at all."""


@dataclass(frozen=True, slots=True)
class Keys:
    """How callbacks are signed, and the keys that verify them."""

    scheme: webhook.Scheme
    keys: tuple[Any, ...]


def callbacks(session: Session) -> Callbacks:
    """Create one payment a plan, answer its callbacks as planned, then ask for the status.

    Raises:
        Untested: NO_CALLBACK, NOT_AUTHORISED, NO_CREDENTIAL.
        Undecided: HARNESS, where our own address cannot be opened.
    """
    settings = settings_of(session.service.settings)
    allowed(session)
    reading = _reading(session, _keys(session, settings))
    plans = {name: Plan(session.fresh(), answers) for name, answers in PLANS.items()}
    ids, started, refused = dict[str, str](), dict[str, float](), ""
    with receiving(settings["listen"], tuple(plans.values())) as (inbox, canary):
        for name, plan in plans.items():
            started[plan.reference] = time.monotonic()
            what = session.ask("create", key=session.fresh(), reference=plan.reference)
            reply, body = session.exchange(f"callbacks/create-{name}", what)
            ids[name] = scalar(members(body), session.setting("id_member", "id"))
            refused = refused or ("" if 200 <= reply.status < 300 else reply.trouble or f"HTTP {reply.status}")
        if not refused:
            await_all(inbox, settings)
        status = (
            session.send("callbacks/status", session.ask("get", id=ids["taken"]))
            if "get" in session.operations
            else None
        )
        names = {plan.reference: name for name, plan in plans.items()}
        return Callbacks(
            key_count=len(settings["keys"]),
            deliveries=deliveries(inbox, session.door, reading, names, started),
            refused=refused,
            canary=canary.connections,
            state=status.state if status else "",
            trouble=status.trouble if status else "the manifest names no operation `get`",
        )


def _reading(session: Session, keys: Keys) -> Reading:
    def state(arrival: Arrival) -> str:
        body = members(arrival.body)
        data = (body or {}).get("data")
        told = scalar(data if isinstance(data, dict) else body, session.setting("status_member", "status"))
        return session.redactor.text(told)

    return Reading(
        event=lambda arrival: session.redactor.text(arrival.fields.get(webhook.ID, "")),
        state=state,
        verified=lambda arrival: webhook.verify(keys.scheme, keys.keys, arrival.fields, arrival.body),
    )


def _keys(session: Session, settings: Mapping[str, Any]) -> Keys:
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
