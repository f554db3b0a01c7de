"""One visit to a payment API: builds requests, sends them through the door, keeps what came of them."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Template
from typing import Any

from msgspec.structs import replace

from conformance.core.model import Reason, Service, Target, Undecided
from conformance.core.network import Door
from conformance.core.redact import Redactor
from conformance.payments.api.evidence import Reply
from conformance.payments.api.leaks import leaks
from conformance.payments.authority import roots_path
from conformance.payments.detached_jws import sign
from conformance.payments.overlap import Gate
from conformance.wire import dpop
from conformance.wire.client_certificates import ClientKey
from conformance.wire.exchange import HttpExchange
from conformance.wire.http import fetch
from conformance.wire.jws import SigningKey
from conformance.wire.strict_json import members

LIMITS = ("retry-after", "ratelimit", "ratelimit-policy", "allow", "accept")


USUAL = ClientKey(b"", b"")
"""Stands for our own certificate, or for none where we have none."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the service. path, body: templates, `$reference`, `$amount`, `$url` and others standing free."""

    path: str
    method: str = "GET"
    body: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, whole but for what every request carries. plain: without authorisation.

    scheme: of the authorisation, in place of the usual one. proof: a way in which the DPoP proof is wrong, see
    `wire.dpop.wrong_proofs`. over: the certificate that it goes over, None for none; USUAL for ours.
    """

    method: str
    path: str
    body: bytes = b""
    fields: Mapping[str, str | None] = field(default_factory=dict)
    plain: bool = False
    says: str = ""
    scheme: str = ""
    proof: str = ""
    over: ClientKey | None = USUAL


@dataclass(slots=True)
class Session:
    """Answers by probe, and what is needed to ask. token, key, dpop_key, certificate: ours; they go nowhere but into
    requests. other_certificate: of another client. bound: the manifest says that the token is bound to our certificate.
    """

    door: Door
    target: Target
    service: Service
    operations: Mapping[str, Operation]
    redactor: Redactor
    token: str = field(default="", repr=False)
    key: Any = field(default=None, repr=False)
    algorithm: str = ""
    certificate: ClientKey | None = None
    other_certificate: ClientKey | None = None
    dpop_key: SigningKey | None = None
    bound: bool = False
    nonce: str = ""
    answers: dict[str, Reply] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    at_once: dict[str, int] = field(default_factory=dict)
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)
    digests: dict[str, bytes] = field(default_factory=dict, repr=False)
    seed: str = field(default_factory=lambda: secrets.token_hex(6))
    lock: threading.Lock = field(default_factory=threading.Lock)
    serial: int = 0
    requests: int = 0

    @property
    def binding(self) -> str:
        """What the manifest says that the token is bound by: `dpop`, `certificate`, or nothing."""
        return "dpop" if self.dpop_key else "certificate" if self.bound and self.certificate else ""

    def setting(self, name: str, default: str = "") -> str:
        """A choice of the manifest."""
        return str(self.service.settings["dialect"].get(name, default))

    def fresh(self) -> str:
        """A text that no other request of this run has, of letters and digits."""
        with self.lock:
            self.serial += 1
            return f"t{self.seed}{self.serial:04d}"

    def operation(self, name: str) -> Operation:
        """One of the manifest's operations.

        Raises:
            Undecided: NOT_OBSERVABLE, where it names none of this kind.
        """
        if name not in self.operations:
            raise Undecided(Reason.NOT_OBSERVABLE, f"the manifest names no operation `{name}`")
        return self.operations[name]

    def ask(self, name: str, *, key: str = "", **values: str) -> Ask:
        """A right request of an operation; `key` is its idempotency key."""
        operation = self.operation(name)
        filled = {"reference": self.fresh(), "amount": self.amount("1.00")} | values
        body = Template(operation.body).safe_substitute(filled).encode()
        path = Template(operation.path).safe_substitute(filled)
        fields = {self.setting("idempotency_header", "Idempotency-Key"): key} if key else {}
        return Ask(operation.method, path, body, fields, says=f"{operation.method} {path}")

    def amount(self, text: str) -> str:
        """A decimal amount as the manifest's rule writes it in JSON."""
        if self.setting("amount") != "minor-units":
            return f'"{text}"'
        whole, _, part = text.partition(".")
        places = int(self.setting("minor_digits", "2"))
        return str(int(whole + part.ljust(places, "0")))

    def send(self, probe: str, what: Ask, *, throttled: bool = False, gate: Gate | None = None) -> Reply:
        """Send, and keep the answer under the probe's name; where none comes, the reply says why."""
        return self.exchange(probe, what, throttled=throttled, gate=gate)[0]

    def exchange(
        self, probe: str, what: Ask, *, throttled: bool = False, gate: Gate | None = None
    ) -> tuple[Reply, bytes]:
        """As `send`, and the body beside the reply."""
        sent = self.redactor.text(f"{what.says} {what.body[:500].decode('utf-8', 'backslashreplace')}").strip()
        body, dialled, started = b"", True, time.monotonic()
        try:
            exchange = self._fetch(what, throttled=throttled, gate=gate)
        except Undecided as trouble:
            reply = Reply(sent=sent, trouble=f"{trouble.reason}: {trouble.detail}")
            dialled = trouble.reason not in (Reason.OUT_OF_SCOPE, Reason.DNS)
        else:
            body = exchange.body
            reply = replace(self._read(exchange), sent=sent, seconds=round(time.monotonic() - started, 2))
            with self.lock:
                self.spans[probe] = (exchange.asked_at.timestamp(), exchange.answered_at.timestamp())
        with self.lock:
            if not reply.trouble:
                digest = hashlib.sha256(body).digest()
                twin = next((name for name, other in self.digests.items() if other == digest), "")
                self.digests[probe] = digest
                reply = replace(reply, equals=twin)
            self.requests += dialled
            self.answers[probe] = reply
        return reply, body

    def fields_of(self, what: Ask) -> dict[str, str]:
        """The header fields of a request."""
        fields: dict[str, str | None] = {"Accept": "application/json, application/problem+json"}
        if what.body:
            fields["Content-Type"] = "application/json"
        if not what.plain and self.token:
            scheme = what.scheme or ("DPoP" if self.dpop_key else "Bearer")
            fields["Authorization"] = f"{scheme} {self.token}"
        if what.body and self.key is not None:
            header = {"alg": self.algorithm, "b64": False, "crit": ["b64"]}
            fields[self.setting("signature_header", "x-jws-signature")] = sign(self.key, what.body, header)
        return {name: value for name, value in (fields | dict(what.fields)).items() if value is not None}

    def _fetch(self, what: Ask, *, throttled: bool, gate: Gate | None) -> HttpExchange:
        """One exchange; once more where the service asks for a DPoP nonce."""
        url = f"{str(self.service.settings['base_url']).rstrip('/')}{what.path}"
        headers = self.fields_of(what)
        over = self.certificate if what.over == USUAL else what.over
        while True:
            nonce = self.nonce
            proofs = self._proofs(what, url, headers, nonce)
            exchange = fetch(
                self.door,
                self.target,
                url,
                method=what.method,
                headers=headers,
                data=what.body or None,
                address=self.service.address or None,
                verify=roots_path(self.target, self.service),
                client_certificate=(over.certificate, over.key) if over else None,
                throttled=throttled,
                gate=gate,
                lines=tuple(("DPoP", each) for each in proofs),
            )
            self.nonce = (exchange.all("dpop-nonce") or (nonce,))[0][:200]
            if not proofs or self.nonce == nonce or not dpop.wants_nonce(exchange):
                return exchange

    def _proofs(self, what: Ask, url: str, headers: Mapping[str, str], nonce: str) -> Sequence[str]:
        """The DPoP proofs of one sending: a request that is sent twice carries another each time."""
        if self.dpop_key is None or not headers.get("Authorization", "").startswith("DPoP "):
            return ()
        now = int(self.door.now().timestamp())
        if what.proof:
            wrong = dpop.wrong_proofs
            return wrong(what.proof, self.dpop_key, what.method, url, now=now, token=self.token, nonce=nonce)
        return (dpop.proof(self.dpop_key, dpop.proof_claims(what.method, url, now, self.token, nonce)),)

    def _read(self, exchange: HttpExchange) -> Reply:
        kinds = exchange.all("content-type")
        body = members(exchange.body)
        form, code = self._form(body)
        printed = self._amount(exchange.body)
        known = {"token": self.token, "account-number": str(self.service.settings.get("account", ""))}
        text = exchange.body[:200_000].decode("utf-8", "replace")
        if 200 <= exchange.status < 300:
            known.pop("account-number")  # an answer may show its own customer the account
        return Reply(
            status=exchange.status,
            kind=self.redactor.text(kinds[0].partition(";")[0].strip().lower())[:80] if kinds else "",
            form=form,
            code=self.redactor.text(code)[:40],
            state=self.redactor.text(scalar(body, self.setting("status_member", "status")))[:40],
            amount=self.redactor.text(printed[1])[:40],
            amount_kind=printed[0],
            leaks=leaks(text, known),
            fields={name: self.redactor.text(value)[:200] for name, value in exchange.fields if name in LIMITS},
        )

    def _form(self, body: Mapping[str, Any] | None) -> tuple[str, str]:
        if body is None:
            return "none", ""
        named = self.setting("error_member")
        if named and named in body:
            return "code", scalar(body, named)
        if "status" in body and ("title" in body or "type" in body):
            return "problem", scalar(body, "status")
        return "json", ""

    def _amount(self, octets: bytes) -> tuple[str, str]:
        """How the amount is printed: its kind in JSON, and its text with no float in between."""
        try:
            value = json.loads(octets, parse_float=Printed, parse_int=Printed)
        except (ValueError, RecursionError):
            return "", ""
        for step in self.setting("amount_member", "amount").split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, Printed):
            return ("integer" if re.fullmatch(r"-?\d+", value.text) else "number"), value.text
        return ("string", value) if isinstance(value, str) else ("", "")


@dataclass(frozen=True, slots=True)
class Printed:
    """A number as JSON printed it."""

    text: str


def scalar(body: Mapping[str, Any] | None, name: str) -> str:
    """A member as text; nothing for what is no text and no number."""
    value = (body or {}).get(name)
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
