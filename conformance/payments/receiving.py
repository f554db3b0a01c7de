"""Receiving callbacks, for whatever room asks for payments: our address opened, deliveries kept."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.core import scope
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.network import Door
from conformance.payments.callbacks import Delivery
from conformance.payments.inbox import Arrival, Inbox, Plan, listening
from conformance.payments.webhook import Verified

MOST_SECONDS, SETTLE_SECONDS = 60.0, 0.15
"""The longest wait for callbacks; and how long, after the last that is due, one too many is waited for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a room reads a callback. event: its id. state: the status it tells. verified: what its signature shows."""

    event: Callable[[Arrival], str]
    state: Callable[[Arrival], str]
    verified: Callable[[Arrival], Verified]


def settings_of(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the manifest says of callbacks.

    Raises:
        Untested: NO_CALLBACK.
    """
    given: Mapping[str, Any] | None = settings.get("callback")
    if not given:
        raise Untested(NotTested.NO_CALLBACK, "the manifest names no callback")
    return given


@contextlib.contextmanager
def receiving(listen: str, plans: tuple[Plan, ...], said: bytes = b"") -> Iterator[tuple[Inbox, Inbox]]:
    """Our receiver, and the canary to which an answer of 307 leads.

    Raises:
        Undecided: HARNESS, where the address cannot be opened.
    """
    try:
        host, port = scope.split_address(listen)
        with listening("127.0.0.1", 0, ()) as canary, listening(host, port, plans, canary.url, said) as inbox:
            yield inbox, canary
    except OSError as error:
        raise Undecided(Reason.HARNESS, f"{listen} cannot be listened on: {error.strerror}") from None


def await_all(inbox: Inbox, settings: Mapping[str, Any]) -> None:
    """Wait until every plan has come to its end, at most as long as the manifest says, and then for one too many."""
    inbox.wait(min(float(settings.get("wait_seconds", 5)), MOST_SECONDS))
    time.sleep(SETTLE_SECONDS)


def deliveries(
    inbox: Inbox, door: Door, reading: Reading, plans: Mapping[str, str], started: Mapping[str, float]
) -> tuple[Delivery, ...]:
    """What is kept of the callbacks that arrived.

    Args:
        inbox: That took them.
        door: For the time of day.
        reading: How they are read.
        plans: Reference -> name of its plan.
        started: Reference -> when its payment was asked for, monotonic.
    """
    epoch = door.now().timestamp() - time.monotonic()
    return tuple(
        _delivery(each, reading, plans[each.reference], started[each.reference], epoch) for each in inbox.arrivals()
    )


def _delivery(arrival: Arrival, reading: Reading, plan: str, started: float, epoch: float) -> Delivery:
    verified = reading.verified(arrival)
    return Delivery(
        plan=plan,
        event=reading.event(arrival)[:64],
        at=round(arrival.at - started, 3),
        answer=arrival.answer,
        digest=hashlib.sha256(arrival.body).hexdigest()[:16],
        signature=verified.state,
        keys=verified.keys,
        age=round(arrival.at + epoch - verified.timestamp, 1) if verified.timestamp else None,
        state=reading.state(arrival)[:40],
        reason=verified.reason,
    )
