"""One visit to a hub: sends what `messages.py` builds through the door and keeps what came of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from conformance.core.model import Reason, Service, Target, Undecided
from conformance.core.network import Door
from conformance.core.redact import Redactor
from conformance.payments.authority import roots_path
from conformance.payments.fspiop import messages
from conformance.payments.fspiop.evidence import Reply
from conformance.payments.fspiop.listener import Arrival, Inbox
from conformance.payments.fspiop.messages import FIELD, NONE, TRANSFERS, Change, Message, Party, Terms, Transfer
from conformance.payments.fspiop.outcomes import error_of, forwards, results
from conformance.wire.exchange import HttpExchange
from conformance.wire.http import fetch
from conformance.wire.strict_json import members

LIFETIME_SECONDS = 30.0
"""Until a transfer expires that need not: long enough for a hub, short enough to free what it reserved."""
WAIT_SECONDS, SHOWN = 10, 600


@dataclass(slots=True)
class Followed:
    """A probe whose transfer is followed. since, until: monotonic; what arrived between them is because of it."""

    transfer: Transfer
    since: float
    until: float = float("inf")


@dataclass(slots=True)
class Session:
    """Answers by probe, and what is needed to ask. inbox: None where the manifest names no callback.

    token, certificate: what a gateway in front of the hub asks for; they go nowhere but into requests.
    """

    door: Door
    target: Target
    service: Service
    payer: Party
    payee: Party | None
    terms: Terms
    redactor: Redactor
    token: str = field(default="", repr=False)
    certificate: tuple[bytes, bytes] | None = field(default=None, repr=False)
    inbox: Inbox | None = None
    answers: dict[str, Reply] = field(default_factory=dict)
    followed: dict[str, Followed] = field(default_factory=dict)
    seed: str = field(default_factory=lambda: secrets.token_hex(8))
    serial: int = 0
    requests: int = 0

    @property
    def wait_seconds(self) -> float:
        """How long a callback is waited for."""
        return float(self.service.settings.get("callback", {}).get("wait_seconds", WAIT_SECONDS))

    def new(self, seconds: float = LIFETIME_SECONDS) -> Transfer:
        """A transfer that no other request of this run has, which expires in so many seconds."""
        self.serial += 1
        return messages.new_transfer(f"{self.seed}/{self.serial}", self.door.now() + timedelta(seconds=seconds))

    def transfer(
        self,
        probe: str,
        change: Change = NONE,
        *,
        transfer: Transfer | None = None,
        shape: Callable[[Mapping[str, Any]], bytes] = messages.written,
        **more: Any,
    ) -> Transfer:
        """POST /transfers, right but for `change` and the members in `more`; followed under the probe's name."""
        made = transfer or self.new()
        body = shape(messages.members_of(made, self.payer.fsp, self.terms, **more))
        self.followed[probe] = Followed(made, time.monotonic())
        self.send(probe, "POST", TRANSFERS, body, change)
        return made

    def fulfil(self, probe: str, transfer: Transfer, fulfilment: str) -> None:
        """The payee's answer to a transfer: committed."""
        body = messages.committed(fulfilment, self.door.now())
        self.send(probe, "PUT", transfer.path, body, as_payee=True)

    def reject(self, probe: str, transfer: Transfer) -> None:
        """The payee's answer to a transfer: an error. 5100 is a generic rejection by the payee (table 117)."""
        body = messages.refused("5100", "refused by a conformance test")
        self.send(probe, "PUT", f"{transfer.path}/error", body, as_payee=True)

    def send(
        self, probe: str, method: str, uri: str, body: bytes = b"", change: Change = NONE, *, as_payee: bool = False
    ) -> Reply:
        """Sign and send; keep the answer under the probe's name."""
        party, to = self.payer, self.terms.payee
        if as_payee and self.payee is not None:
            party, to = self.payee, self.payer.fsp
        now, version = self.door.now(), self.terms.version
        fields = messages.fields_of(method, uri, (party.fsp, to), now, version, accept=not as_payee)
        sent = {name: value for name, value in (fields | dict(change.fields)).items() if value is not None}
        signed = Message(method, uri, messages.lower(sent), body)
        sent[FIELD] = messages.signed(party.key, signed, change)
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        octets = body if change.body is None else change.body
        shown = self.redactor.text(f"{method} {uri} {octets[:SHOWN].decode('utf-8', 'backslashreplace')}".strip())
        try:
            exchange = self._fetch(method, uri, sent, octets)
        except Undecided as trouble:
            reply = Reply(sent=shown, trouble=f"{trouble.reason}: {trouble.detail}")
            self.requests += trouble.reason not in (Reason.OUT_OF_SCOPE, Reason.DNS)
        else:
            reply = replace(self._read(exchange), sent=shown)
            self.requests += 1
        self.answers[probe] = reply
        return reply

    def _fetch(self, method: str, uri: str, fields: Mapping[str, str], body: bytes) -> HttpExchange:
        return fetch(
            self.door,
            self.target,
            f"{str(self.service.settings['base_url']).rstrip('/')}{uri}",
            method=method,
            headers=fields,
            data=body or None,
            address=self.service.address or None,
            verify=roots_path(self.target, self.service),
            client_certificate=self.certificate,
        )

    def _read(self, exchange: HttpExchange) -> Reply:
        kinds = exchange.all("content-type")
        code, described, versions = error_of(members(exchange.body))
        return Reply(
            status=exchange.status,
            kind=self.redactor.text(kinds[0].partition(";")[0].strip().lower())[:80] if kinds else "",
            code=self.redactor.text(code)[:40],
            described=described,
            versions=tuple(self.redactor.text(each) for each in versions),
        )

    def until_forwarded(self, probe: str) -> bool:
        """Wait until the probe's transfer is passed on to us as the payee, or came to an error."""
        return self._until(probe, lambda given, arrivals: bool(forwards(given, arrivals)))

    def until_result(self, probe: str) -> bool:
        """Wait until something about the probe's transfer arrives for the payer."""
        return self._until(probe, lambda _, __: False)

    def _until(self, probe: str, enough: Callable[[Followed, tuple[Arrival, ...]], bool]) -> bool:
        if self.inbox is None or not 200 <= self.answers[probe].status < 300:
            return False
        given, payee = self.followed[probe], self.payee.fsp if self.payee else ""
        return self.inbox.wait(
            lambda arrivals: enough(given, arrivals) or bool(results(given, arrivals, payee)),
            time.monotonic() + self.wait_seconds,
        )
