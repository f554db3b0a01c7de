"""Our address as the hub knows it: keeps what arrives for the payer and the payee, answers, and says nothing more.

Whoever calls is a stranger: requests are bounded by `wire/serving.py`, and what is kept by MAX_KEPT and MAX_OCTETS.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from conformance.core import scope
from conformance.core.model import Reason, Undecided
from conformance.payments.fspiop.messages import TRANSFERS
from conformance.wire.serving import Request, Response, serve

MAX_KEPT, MAX_OCTETS = 1_000, 65_536


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request. uri: its target from /transfers on. at: monotonic seconds."""

    method: str
    uri: str
    fields: Mapping[str, str]
    body: bytes
    at: float


@dataclass(slots=True)
class Inbox:
    """What arrived so far, in order."""

    _kept: list[Arrival] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def respond(self, request: Request) -> Response:
        """Keep a request and answer it: 202 to what asks for work, 200 to a callback (section 3.2.4)."""
        start = request.target.find(TRANSFERS)
        if start < 0 or request.method not in ("POST", "PUT", "PATCH"):
            return Response(404)
        if len(request.body) > MAX_OCTETS:
            return Response(413)
        uri = request.target[start : start + 400]
        with self._changed:
            if len(self._kept) < MAX_KEPT:
                self._kept.append(Arrival(request.method, uri, request.fields, request.body, time.monotonic()))
            self._changed.notify_all()
        return Response(202 if request.method == "POST" else 200)

    def arrivals(self) -> tuple[Arrival, ...]:
        """In order."""
        with self._changed:
            return tuple(self._kept)

    def wait(self, done: Callable[[tuple[Arrival, ...]], bool], until: float) -> bool:
        """Wait until `done` says so of what arrived, or until a monotonic time; whether it did."""
        with self._changed:
            while not (found := done(tuple(self._kept))) and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            return found


@contextlib.contextmanager
def listening(address: str) -> Iterator[Inbox]:
    """Listen on `host:port` until the context ends, in plain HTTP.

    Raises:
        Undecided: HARNESS, where the address cannot be opened.
    """
    inbox = Inbox()
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(serve(inbox.respond, None, scope.split_address(address)))
        except OSError as error:
            detail = f"{address} cannot be listened on: {error.strerror}"
            raise Undecided(Reason.HARNESS, detail) from None
        yield inbox
