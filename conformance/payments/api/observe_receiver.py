"""The service as a receiver of callbacks, and as one that lets addresses for callbacks be registered."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.payments import webhook
from conformance.payments.api.observe_payments import allowed
from conformance.payments.api.session import Ask, Session, scalar
from conformance.wire.strict_json import members

STALE_SECONDS = 600

URLS = {
    "plain-http": "http://callback.example/cb",
    "loopback": "https://127.0.0.1/cb",
    "loopback-v6": "https://[::1]/cb",
    "localhost": "https://localhost/cb",
    "private": "https://10.0.0.1/cb",
    "link-local": "https://169.254.169.254/cb",
    "mapped": "https://[::ffff:10.0.0.1]/cb",
}
"""Addresses for callbacks that must not be taken: no TLS, this host, somebody's own network, metadata services."""
GOOD_URL = "https://callback.example/cb"


def _secret(session: Session) -> bytes:
    given = session.service.settings.get("receiver_secret")
    if given is None or "receiver" not in session.operations:
        raise Undecided(Reason.NOT_OBSERVABLE, "the manifest names no operation `receiver` with its receiver_secret")
    secret: bytes = given.reveal().strip(b"\r\n")
    session.redactor.register(secret.decode("utf-8", "backslashreplace"))
    return secret


def _event(session: Session, secret: bytes, event: str, reference: str, state: str, *, age: int = 0) -> Ask:
    """A rightly signed callback to the service."""
    what = replace(session.ask("receiver", reference=reference, state=state), plain=True)
    stamp = int(session.door.now().timestamp()) - age
    return replace(what, fields=webhook.sign_hmac([secret], event, stamp, what.body))


def receiver(session: Session, _found: dict[str, Any]) -> None:
    """A right callback, four wrong ones, and the right one again.

    Raises:
        Untested: NOT_AUTHORISED, NO_CREDENTIAL.
        Undecided: NOT_OBSERVABLE, where the service takes no callbacks.
    """
    secret = _secret(session)
    allowed(session)
    reference, state, event = session.fresh(), session.setting("success", "completed"), session.fresh()
    right = _event(session, secret, event, reference, state)
    session.send("receiver/right", right)
    session.send("receiver/repeated", right)
    other = _event(session, secret, session.fresh(), reference, state)
    session.send("receiver/wrong-secret", _event(session, secret[::-1], session.fresh(), reference, state))
    session.send("receiver/no-signature", replace(other, fields={**other.fields, webhook.SIGNATURE: None}))
    session.send("receiver/altered", replace(other, body=_altered(other.body, reference)))
    session.send("receiver/stale", _event(session, secret, session.fresh(), reference, state, age=STALE_SECONDS))
    session.send("receiver/right-after", other)


def _altered(body: bytes, reference: str) -> bytes:
    """The body with the last character of the reference another one."""
    last = "0" if reference[-1] != "0" else "1"
    return body.replace(reference.encode(), f"{reference[:-1]}{last}".encode())


def order(session: Session, _found: dict[str, Any]) -> None:
    """A callback that tells success, then a late one that tells of what was before, then the status.

    Raises:
        Untested: NOT_AUTHORISED, NO_CREDENTIAL.
        Undecided: NOT_OBSERVABLE, where the service takes no callbacks or tells no status.
    """
    secret = _secret(session)
    allowed(session)
    reference = session.fresh()
    _, body = session.exchange("order/create", session.ask("create", key=session.fresh(), reference=reference))
    made = scalar(members(body), session.setting("id_member", "id"))
    for name, state, age in (("success", session.setting("success", "completed"), 0), ("late", "pending", 60)):
        told = session.setting("pending", state) if name == "late" else state
        session.send(f"order/{name}", _event(session, secret, session.fresh(), reference, told, age=age))
    session.send("order/status", session.ask("get", id=made))


def register(session: Session, _found: dict[str, Any]) -> None:
    """Addresses for callbacks that must not be taken, beside one that may.

    Raises:
        Untested: NOT_AUTHORISED.
        Undecided: NOT_OBSERVABLE, where the manifest names no registration.
    """
    if "register" not in session.operations:
        raise Untested(NotTested.UNSUPPORTED, "the manifest names no operation `register`")
    allowed(session)
    for name, url in {"right": GOOD_URL, **URLS, "right-after": GOOD_URL}.items():
        session.send(f"register/{name}", session.ask("register", url=json.dumps(url)[1:-1]))
