"""One visit to a SNAP service: sends what `client.py` builds through the door and keeps what came of it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from conformance.core.model import Reason, Service, Target, Undecided
from conformance.core.network import Door
from conformance.core.redact import Redactor
from conformance.payments.authority import roots_path
from conformance.payments.overlap import Gate
from conformance.payments.snap.client import NONE, Change, Client, Draft, Operation, Ready, draft, number, sign
from conformance.payments.snap.evidence import Answer, TokenFacts
from conformance.payments.snap.mutations import RIGHT_AMOUNT
from conformance.wire.exchange import HttpExchange
from conformance.wire.http import fetch
from conformance.wire.strict_json import members

MESSAGE, SENT = 200, 1000


@dataclass(slots=True)
class Session:
    """Answers by probe, and what is needed to ask. `token` is the access token in use; it goes nowhere else."""

    door: Door
    target: Target
    service: Service
    client: Client
    operations: Mapping[str, Operation]
    redactor: Redactor
    token: str = field(default="", repr=False)
    token_facts: TokenFacts = field(default_factory=TokenFacts)
    answers: dict[str, Answer] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict, repr=False)
    at_once: dict[str, int] = field(default_factory=dict)
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)
    digests: dict[str, bytes] = field(default_factory=dict, repr=False)
    seed: str = field(default_factory=lambda: secrets.token_hex(8))
    lock: threading.Lock = field(default_factory=threading.Lock)
    serial: int = 0
    requests: int = 0

    def fresh(self, digits: int = 20) -> str:
        """A number that no other request of this run has."""
        with self.lock:
            self.serial += 1
            return number(f"{self.seed}/{self.serial}", digits)

    def operation(self, name: str) -> Operation:
        """One of the manifest's operations.

        Raises:
            Undecided: NOT_OBSERVABLE, where it names none of this kind.
        """
        if name not in self.operations:
            raise Undecided(Reason.NOT_OBSERVABLE, f"the manifest names no operation `{name}`")
        return self.operations[name]

    def draft(self, operation: Operation, *, external_id: str = "", seconds: int = 0, **values: str) -> Draft:
        """A right request of the operation, unsigned; `values` fill its template, fresh ones where absent."""
        filled = {"reference": self.fresh(), "amount": RIGHT_AMOUNT, "original": "", "external": "", "qr": '""'}
        now = self.door.now() + timedelta(seconds=seconds)
        made = draft(operation, filled | values, now, self.client.dialect, external_id or self.fresh())
        return dataclasses.replace(made, token=self.token)

    def send(
        self,
        probe: str,
        operation: Operation,
        what: Draft,
        change: Change = NONE,
        *,
        keep: bool = False,
        gate: Gate | None = None,
    ) -> Answer:
        """Sign, send, and keep the answer under the probe's name."""
        signed = sign(self.client, what, change)
        return self.deliver(probe, operation.service, signed, what.timestamp, keep=keep, gate=gate)

    def deliver(
        self,
        probe: str,
        service: str,
        ready: Ready,
        timestamp: str,
        *,
        keep: bool = False,
        gate: Gate | None = None,
    ) -> Answer:
        """Send a signed request and keep its answer; where none comes, the answer says why. keep: the body as well."""
        shown = self.redactor.text(ready.body.decode("utf-8", "backslashreplace"))[:SENT]
        base = Answer(service, signed=ready.signed, sent=shown, asked_at=timestamp)
        try:
            exchange = self._fetch(ready, gate)
        except Undecided as trouble:
            answer = replace(base, trouble=f"{trouble.reason}: {trouble.detail}")
            dialled = trouble.reason not in (Reason.OUT_OF_SCOPE, Reason.DNS)
        else:
            digest = hashlib.sha256(exchange.body).digest()
            with self.lock:
                twin = next((name for name, other in self.digests.items() if other == digest), "")
                self.digests[probe] = digest
                self.spans[probe] = (exchange.asked_at.timestamp(), exchange.answered_at.timestamp())
                if keep:
                    self.bodies[probe] = exchange.body
            answer = replace(self._read(base, exchange), equals=twin)
            dialled = True
        with self.lock:
            self.requests += dialled
            self.answers[probe] = answer
        return answer

    def _fetch(self, ready: Ready, gate: Gate | None) -> HttpExchange:
        settings = self.service.settings
        return fetch(
            self.door,
            self.target,
            f"{str(settings['base_url']).rstrip('/')}{ready.target}",
            method=ready.method,
            headers=ready.fields,
            data=ready.body or None,
            address=self.service.address or None,
            verify=roots_path(self.target, self.service),
            gate=gate,
        )

    def _read(self, base: Answer, exchange: HttpExchange) -> Answer:
        kind = exchange.all("content-type")[0].partition(";")[0].strip().lower() if exchange.all("content-type") else ""
        stamp = exchange.all("x-timestamp")
        body = members(exchange.body)
        message = self.redactor.text(text(body, "responseMessage"))
        return replace(
            base,
            status=exchange.status,
            code=self.redactor.text(text(body, "responseCode"))[:20],
            message=message[:MESSAGE],
            message_length=len(text(body, "responseMessage")),
            kind=self.redactor.text(kind)[:80],
            is_object=body is not None,
            state=self.redactor.text(text(body, "latestTransactionStatus"))[:20],
            stamp=self.redactor.text(stamp[0])[:40] if stamp else "",
        )


def text(body: Mapping[str, Any] | None, name: str) -> str:
    """A member as text; anything but a string as JSON prints it."""
    value = (body or {}).get(name)
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)[:200]
