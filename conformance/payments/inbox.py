"""Our receiver of callbacks: bounded, trusts nobody, answers as planned. Its only traffic is what others send to it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from conformance.wire.serving import serving

MAX_BODY, MAX_ARRIVALS, SECONDS, OPEN_AT_ONCE = 65_536, 500, 5.0, 64


@dataclass(frozen=True, slots=True)
class Plan:
    """What the callbacks that hold the reference are answered, one after the other, the last one for all further."""

    reference: str
    answers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One callback of a plan. fields: names in lower case. at: monotonic seconds. answer: 0 for none."""

    reference: str
    at: float
    answer: int
    fields: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Inbox:
    """What arrived so far; callbacks that belong to no plan are answered 200 and only counted."""

    plans: tuple[Plan, ...]
    url: str = ""
    connections: int = 0
    _arrivals: list[Arrival] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def count(self) -> None:
        """Count a connection, whatever becomes of it."""
        with self._changed:
            self.connections += 1

    def add(self, fields: Mapping[str, str], body: bytes) -> int:
        """Keep a callback; the status that it is to be answered."""
        plan = next((each for each in self.plans if each.reference.encode() in body), None)
        if plan is None:
            return 200
        with self._changed:
            number = sum(each.reference == plan.reference for each in self._arrivals)
            answer = plan.answers[min(number, len(plan.answers) - 1)]
            if len(self._arrivals) < MAX_ARRIVALS:
                self._arrivals.append(Arrival(plan.reference, time.monotonic(), answer, fields, body))
            self._changed.notify_all()
        return answer

    def wait(self, seconds: float) -> None:
        """Until every plan has come to its end, at most so long."""
        until = time.monotonic() + seconds
        with self._changed:
            while not self._done() and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)

    def _done(self) -> bool:
        return all(
            sum(each.reference == plan.reference for each in self._arrivals) >= len(plan.answers) for plan in self.plans
        )

    def arrivals(self) -> tuple[Arrival, ...]:
        """In order."""
        with self._changed:
            return tuple(self._arrivals)


@contextlib.contextmanager
def listening(host: str, port: int, plans: tuple[Plan, ...], elsewhere: str = "", said: bytes = b"") -> Iterator[Inbox]:
    """Listen until the context ends; port 0 for any.

    Args:
        host: Where.
        port: Where.
        plans: What is answered.
        elsewhere: Where an answer of 307 leads to.
        said: The body of an answer of 200, in JSON.

    Raises:
        OSError: the address cannot be had.
    """
    inbox = Inbox(plans)
    with serving(_handler(inbox, elsewhere, said), None, (host, port), at_once=OPEN_AT_ONCE, opened=inbox.count) as at:
        inbox.url = f"http://{host}:{at}/"
        yield inbox


def _handler(inbox: Inbox, elsewhere: str, said: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = SECONDS

        def do_POST(self) -> None:
            """Take a callback."""
            self.close_connection = True
            length = self.headers.get("Content-Length", "")
            if not length.isascii() or not length.isdigit() or int(length[:9]) > MAX_BODY:
                self._say(413)
                return
            body = self.rfile.read(int(length))
            fields = {name.lower(): value[:8192] for name, value in self.headers.items()}
            if answer := inbox.add(fields, body):
                self._say(answer)

        def _say(self, status: int) -> None:
            body = said if status == 200 else b""
            lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Connection: close"]
            lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
            lines += [f"Location: {elsewhere}"] if status == 307 else []
            self.wfile.write("\r\n".join([*lines, "", ""]).encode("ascii") + body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
