"""Payments created once, twice and at once; amounts as they come back; lists walked to their end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from conformance.core.model import Reason, Undecided
from conformance.payments.api.evidence import Walk
from conformance.payments.api.session import Ask, Session, scalar
from conformance.payments.authority import may_change_state
from conformance.payments.overlap import Gate, most_at_once, send_at_once
from conformance.wire.strict_json import members

AMOUNTS = ("0.30", "12345678901234.56")
FLOATS = {"string": "0.30000000000000004", "minor-units": "30.5"}
PAGE_SIZE, MAX_PAGES, OVERSIZE = 5, 12, 100_000


def allowed(session: Session) -> None:
    """Raises Untested, where payments must not be created."""
    may_change_state(session.target, urlsplit(str(session.service.settings["base_url"])).hostname or "")


def count(session: Session, probe: str, reference: str) -> None:
    """How often the service lists the reference, kept under the probe's name where the manifest names `find`."""
    if "find" not in session.operations:
        return
    reply, body = session.exchange(f"{probe}-find", session.ask("find", reference=reference))
    listed = (members(body) or {}).get(session.setting("items_member", "data"))
    if reply.status == 200 and isinstance(listed, list):
        session.counts[probe] = len(listed)


def _sealed(session: Session, what: Ask) -> Ask:
    """The request with its header fields made once, so that it can be sent twice: equal but for a DPoP proof."""
    return replace(what, fields=session.fields_of(what), plain=True)


def repeats(session: Session, _found: dict[str, Any]) -> None:
    """Another payment, then one request, the same octets again, and its idempotency key with another body.

    Raises:
        Untested: NOT_AUTHORISED.
    """
    allowed(session)
    session.send("repeats/another", session.ask("create", key=session.fresh()))
    reference, key = session.fresh(), session.fresh()
    first = _sealed(session, session.ask("create", key=key, reference=reference))
    session.send("repeats/first", first)
    session.send("repeats/replay", first)
    count(session, "repeats/replay", reference)
    other = session.ask("create", key=key, reference=reference, amount=session.amount("2.00"))
    session.send("repeats/other", other)
    count(session, "repeats/other", reference)


def at_once(session: Session, _found: dict[str, Any]) -> None:
    """Two, then ten equal requests at once.

    Raises:
        Untested: NOT_AUTHORISED.
    """
    allowed(session)
    for number in (2, 10):
        reference = session.fresh()
        what = _sealed(session, session.ask("create", key=session.fresh(), reference=reference))
        send_at_once(number, partial(_send_one, session, f"at-once/{number}", what))
        spans = [session.spans[probe] for n in range(number) if (probe := f"at-once/{number}-{n}") in session.spans]
        session.at_once[f"at-once/{number}"] = most_at_once(spans)
        count(session, f"at-once/{number}", reference)


def _send_one(session: Session, probe: str, what: Ask, position: int, gate: Gate) -> None:
    session.send(f"{probe}-{position}", what, gate=gate)


def amounts(session: Session, _found: dict[str, Any]) -> None:
    """Amounts that binary floats cannot hold, as they come back; and a float where the rule has none.

    Raises:
        Untested: NOT_AUTHORISED.
    """
    allowed(session)
    for text in AMOUNTS:
        what = session.ask("create", key=session.fresh(), amount=session.amount(text))
        _, body = session.exchange(f"amounts/create-{text}", what)
        made = scalar(members(body), session.setting("id_member", "id"))
        if made and "get" in session.operations:
            session.send(f"amounts/get-{text}", session.ask("get", id=made))
    value = FLOATS[session.setting("amount", "string")]
    session.send("amounts/float", session.ask("create", key=session.fresh(), amount=value))


def pages(session: Session, found: dict[str, Any]) -> None:
    """The list walked twice to its end in small pages, and once asked for a page larger than any."""
    for name in ("first", "second"):
        found["walks"][name] = _walk(session, name)
    _, body = session.exchange("pages/oversize", _sized(session, OVERSIZE))
    found["walks"]["oversize"] = Walk((_ids(session, members(body)),), ended=True)


def _sized(session: Session, size: int) -> Ask:
    what = session.ask("list")
    joint = "&" if "?" in what.path else "?"
    return replace(what, path=f"{what.path}{joint}{urlencode({session.setting('size_parameter', 'limit'): size})}")


def _walk(session: Session, name: str) -> Walk:
    what, seen = _sized(session, PAGE_SIZE), list[tuple[str, ...]]()
    for number in range(MAX_PAGES):
        reply, octets = session.exchange(f"pages/{name}-{number}", what)
        body = members(octets)
        if reply.trouble or reply.status != 200 or body is None:
            raise Undecided(Reason.CONTROL_FAILED, f"page {number} of the list is answered HTTP {reply.status}")
        seen.append(_ids(session, body))
        following = scalar(body, session.setting("next_member", "next"))
        if not following:
            return Walk(tuple(seen), ended=True)
        path = _below(session, following)
        what = replace(what, path=path, says=f"GET {path}")
    return Walk(tuple(seen), ended=False)


def _below(session: Session, following: str) -> str:
    """The path of the next page, which a service names as a path or as a URL below base_url.

    Raises:
        Undecided: OUT_OF_SCOPE, for anything else.
    """
    base = str(session.service.settings["base_url"]).rstrip("/")
    path = following.removeprefix(base)
    if not path.startswith("/") or path.startswith("//"):
        raise Undecided(Reason.OUT_OF_SCOPE, f"the next page {following[:80]!a} is not below base_url")
    return path


def _ids(session: Session, body: Mapping[str, Any] | None) -> tuple[str, ...]:
    listed = (body or {}).get(session.setting("items_member", "data"))
    name = session.setting("id_member", "id")
    return (
        tuple(session.redactor.text(scalar(each, name))[:64] for each in listed[:1000] if isinstance(each, dict))
        if isinstance(listed, list)
        else ()
    )
