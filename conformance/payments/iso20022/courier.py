"""Sends messages to a gateway and sorts what comes back to our address by the message that it answers."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace

from conformance.core.model import Reason, Service, Target, Undecided
from conformance.core.network import Door
from conformance.core.secret import Secret
from conformance.payments.iso20022 import signature
from conformance.payments.iso20022.evidence import Answer, Exchange, Stray
from conformance.payments.iso20022.facts import Facts
from conformance.payments.iso20022.listener import Inbox, Received
from conformance.payments.iso20022.samples import Agreement, fill
from conformance.payments.iso20022.xml import read_message
from conformance.wire.http import fetch

INTERIM = "ACWP"
DEFAULT_SECONDS = {"HIGH": 60.0, "NORM": 60.0}
MAX_ANSWERS = 20
ORIGINALS = (
    "FIToFIPmtStsRpt/TxInfAndSts/OrgnlGrpInf/OrgnlMsgId",
    "FIToFIPmtStsRpt/OrgnlGrpInfAndSts/OrgnlMsgId",
    "IdVrfctnRpt/OrgnlAssgnmt/MsgId",
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message on its way. at: monotonic seconds when it was sent. octets: of it, for a resend."""

    exchange: Exchange
    token: str
    at: float
    octets: bytes = field(repr=False, default=b"")


@dataclass(slots=True)
class Courier:
    """What it takes to send: the way out, the service, our inbox, and what is agreed. sent: in order."""

    door: Door
    target: Target
    service: Service
    inbox: Inbox
    agreement: Agreement
    sent: list[Sent] = field(default_factory=list)

    @property
    def seconds(self) -> dict[str, float]:
        """Within how many seconds the manifest declares the final status to come, by InstrPrty."""
        return {**DEFAULT_SECONDS, **self.service.settings.get("answer_seconds", {})}

    @property
    def callback(self) -> Mapping[str, Any]:
        """The manifest's table of that name."""
        found: Mapping[str, Any] = self.service.settings["callback"]
        return found

    def own(self, values: Mapping[str, str]) -> dict[str, str]:
        """What a new message has of its own, with the given values over it."""
        now = self.door.now()
        message_id = f"CT{now:%y%m%d}-{secrets.token_hex(6)}-{len(self.sent)}"
        return {
            "message_id": message_id,
            "uetr": str(uuid.uuid4()),
            "created": _time(now),
            "accepted": _time(now),
            "yesterday": _time(now - timedelta(days=1)),
            "tomorrow": _time(now + timedelta(days=1)),
            "day": f"{now:%Y-%m-%d}",
            "priority": "HIGH",
            "entity_url": "http://127.0.0.1:9/x",
            **values,
        }

    def pay(self, case: str, template: str, values: Mapping[str, str] | None = None, encoding: str = "utf-8") -> Sent:
        """Send a pacs.008 made of a template."""
        own = self.own(values or {})
        octets = fill(template, self.agreement, own).decode().encode(encoding)
        return self.post(case, "pacs008", octets, own)

    def post(self, case: str, kind: str, octets: bytes, own: Mapping[str, str], callback: str = "") -> Sent:
        """Send octets to the endpoint of their kind, naming our callback address or another.

        `own` gives message_id, uetr and priority for the books.
        """
        token = secrets.token_urlsafe(16)
        answer = {"pacs008": "pacs002Endpoint", "acmt023": "acmt024Endpoint"}[kind]
        to = f"{(callback or str(self.callback['url'])).rstrip('/')}/{token}"
        url = f"{str(self.service.settings['base']).rstrip('/')}/iso20022/{kind}?{answer}={quote(to, safe='')}"
        exchange = Exchange(
            case,
            own["message_id"],
            own.get("uetr", ""),
            priority=own.get("priority", "HIGH"),
            amount=self.agreement.amount,
            currency=self.agreement.currency,
        )
        at = time.monotonic()
        try:
            got = self._fetch(url, octets)
            exchange = replace(exchange, status=got)
        except Undecided as trouble:
            exchange = replace(exchange, trouble=f"{trouble.reason}: {trouble.detail}"[:300])
        sent = Sent(exchange, token, at, octets)
        self.sent.append(sent)
        return sent

    @property
    def roots(self) -> str:
        """The PEM file of the roots that the manifest names."""
        trust = self.service.settings.get("trust", "public")
        return self.door.ca_file if trust == "public" else str(Path(self.target.path).parent / trust)

    def _fetch(self, url: str, octets: bytes) -> int:
        pair = self.service.settings.get("client_certificate")
        return fetch(
            self.door,
            self.target,
            url,
            method="POST",
            headers={"Content-Type": "application/xml"},
            data=octets,
            verify=self.roots,
            client_certificate=(pair["certificate"].reveal(), pair["key"].reveal()) if pair else None,
        ).status

    def wait(self, *sent: Sent, grace: float = 0.0) -> None:
        """Wait until each of them that was taken has its final answer, or is overdue by `grace` seconds."""
        due = [each for each in sent if 200 <= each.exchange.status < 300]
        seconds = self.seconds
        until = max((each.at + seconds[each.exchange.priority] + grace for each in due), default=0.0)
        self.inbox.wait(lambda: self._answered({each.token for each in due}), until)

    def _answered(self, tokens: set[str]) -> bool:
        """Whether the inbox has something final for each token; called with the inbox held."""
        found = {each.token for each in self.inbox.received if each.body and INTERIM.encode() not in each.body}
        return tokens <= found

    def exchanges(self) -> tuple[dict[str, Exchange], tuple[Stray, ...]]:
        """Every message that was sent, with its answers, by case; and what belongs to none.

        Raises:
            Undecided: HARNESS, where nothing came because whoever called did not take our TLS.
        """
        with self.inbox.changed:
            received, refused = tuple(self.inbox.received), self.inbox.refused
        if refused and not received:
            raise Undecided(Reason.HARNESS, f"no handshake at callback.listen came to an end: {refused.lower()}")
        by_token = {each.token: each for each in self.sent}
        by_id = {each.exchange.message_id: each.exchange.case for each in self.sent}
        answers: dict[str, list[Answer]] = {}
        elsewhere: dict[str, int] = {}
        strays: list[Stray] = []
        for request in received:
            if (sent := by_token.get(request.token)) is None:
                first = min((each.at for each in self.sent), default=request.at)
                strays.append(Stray(request.token[:32], len(request.body), round(request.at - first, 3)))
                continue
            answer = self._answer(sent, request)
            original = _original(answer)
            if original in by_id and original != sent.exchange.message_id:
                elsewhere[by_id[original]] = elsewhere.get(by_id[original], 0) + 1
                continue
            answers.setdefault(sent.token, []).append(answer)
        found = {
            each.exchange.case: replace(
                each.exchange,
                answers=tuple(answers.get(each.token, ())[:MAX_ANSWERS]),
                elsewhere=elsewhere.get(each.exchange.case, 0),
            )
            for each in self.sent
        }
        return found, tuple(strays[:100])

    def _answer(self, sent: Sent, request: Received) -> Answer:
        message = read_message(f"answer to {sent.exchange.case}", request.body)
        if request.status >= 400:
            message = replace(message, trouble="too-large" if request.status == 413 else "unreadable")
        return Answer(round(request.at - sent.at, 3), message, self._signature(request))

    def _signature(self, request: Received) -> str:
        declared = self.callback.get("signature")
        if not declared:
            return "unknown"
        secret: Secret = declared["secret"]
        name = str(declared["field"]).lower()
        value = next((value for key, value in request.fields if key == name), "")
        return signature.state(value, request.body, secret.reveal())


def _original(answer: Answer) -> str:
    facts = Facts(answer.message)
    return next((text for path in ORIGINALS if (text := facts.text(path))), "")


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
