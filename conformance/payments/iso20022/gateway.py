"""The sandbox's instant payment gateway: it takes messages, and answers later to the address that they name.

It reads what it gets by `validate.py`, as any implementation could that uses this suite's rules; what it must answer
is not taken from there but written in the mutations and the catalogue.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import structs

from conformance.payments.iso20022 import samples, sandbox_faults, sandbox_xml
from conformance.payments.iso20022.facts import Facts
from conformance.payments.iso20022.poster import Post
from conformance.payments.iso20022.rules_amounts import number
from conformance.payments.iso20022.rules_text import UETR
from conformance.payments.iso20022.samples import Agreement
from conformance.payments.iso20022.validate import Terms, Verdict, validate
from conformance.wire.serving import Request, Response

HEADER = "FIToFICstmrCdtTrf/GrpHdr/"
TX = "FIToFICstmrCdtTrf/CdtTrfTxInf/"
UNREADABLE = frozenset({"empty", "too-large", "encoding", "doctype", "not-well-formed", "too-deep", "too-many"})
ADDRESSES = {"/iso20022/pacs008": "pacs002Endpoint", "/iso20022/acmt023": "acmt024Endpoint"}
TOLERATED_AGE = timedelta(hours=6)
LOOKUP_SECONDS, DEREGISTERED, BLOCKED = 0.01, "AC04", "AC06"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a gateway knows. origin: of the one address that is registered. proxies: what becomes of each.

    seconds: within how many the final status comes, by InstrPrty. lookups: how many one payer may make.
    """

    country: str
    terms: Terms
    origin: str
    seconds: Mapping[str, float]
    proxies: Mapping[str, str]
    masked_name: str
    full_name: str
    lookups: int
    faults: tuple[str, ...] = ()
    agreement: Agreement = field(default_factory=Agreement)


class Gateway:
    """Answers requests; sends what it has to say through `post`, which returns at once."""

    def __init__(self, setting: Setting, post: Post) -> None:
        self._setting, self._post = setting, post
        self._ignored, self._quirks = sandbox_faults.combined(setting.faults)
        self._lock = threading.Lock()
        self._paid: dict[str, tuple[str, str]] = {}  # UETR -> MsgId, clearing reference
        self._asked: dict[str, set[str]] = {}  # payer -> proxies
        self._count = 0
        self._last_address = ""

    def respond(self, request: Request) -> Response:
        """The immediate answer to a request."""
        if request.method == "GET" and request.path == "/currencies":
            table = '{"currencies":[{"currencyCode":"XTS","decimalPlaces":2}]}'
            return Response(200, table.encode(), {"Content-Type": "application/json"})
        if request.method != "POST" or request.path not in ADDRESSES:
            return Response(404)
        address = parse_qs(request.query).get(ADDRESSES[request.path], [""])[0]
        parts = urlsplit(address)
        if f"{parts.scheme}://{parts.netloc}" != self._setting.origin and "calls-anywhere" not in self._quirks:
            return Response(400, b"the address is not registered")
        act: Callable[[bytes, str], Response] = self._pay if request.path.endswith("pacs008") else self._look_up
        return act(request.body, address)

    def _pay(self, body: bytes, address: str) -> Response:
        if "fetches-entity" in self._quirks:
            sandbox_xml.fetch_entity(body)
        if "reads-doctype" in self._quirks:
            body = sandbox_xml.without_doctype(body)
        if "question-marks" in self._quirks:
            body = body.decode("utf-8", "replace").encode("ascii", "replace")
        verdict = self._judged(body)
        if any(each.rule in UNREADABLE for each in verdict.broken):
            return Response(400, verdict.broken[0].rule.encode())
        facts = verdict.facts
        code = self._code(verdict)
        status = "RJCT" if code else "ACCC"
        with self._lock:
            self._count += 1
            reference = f"CLR-{self._count}"
            known = self._paid.get(facts.text(f"{TX}PmtId/UETR"))
            if known and "resend-pays" not in self._quirks and known[0] == facts.text(f"{HEADER}MsgId"):
                code, status, reference = "", "ACCC", known[1]
                if "resend-duplicate" in self._quirks:
                    code, status = "DUPL", "RJCT"
            elif not code:
                self._paid[facts.text(f"{TX}PmtId/UETR")] = (facts.text(f"{HEADER}MsgId"), reference)
        self._report(facts, address, status, code, reference)
        return Response(202)

    def _judged(self, body: bytes) -> Verdict:
        if "version" in self._ignored:
            body = sandbox_xml.as_version(body, "pacs.008.001.13")
        verdict = validate(body, self._setting.country, self._setting.terms)
        return structs.replace(verdict, broken=tuple(each for each in verdict.broken if each.rule not in self._ignored))

    def _code(self, verdict: Verdict) -> str:
        """Why a payment is rejected, empty where it is not."""
        if verdict.broken:
            return verdict.broken[0].code
        facts, agreed = verdict.facts, self._setting.agreement
        if "refuses-purpose" in self._quirks and facts.text(f"{TX}Purp/Cd") == "SALA":
            return "CH16"
        own: Mapping[str, tuple[str, bool]] = {
            "age": ("TM01", not _is_recent(facts.text(f"{TX}AddtlDtTm/AccptncDtTm"))),
            "intermediary": ("RC11", facts.text(f"{TX}IntrmyAgt1/FinInstnId/BICFI") != agreed.intermediary_1),
            "quote-id": ("AB04", facts.text(f"{TX}AgrdRate/QtId") != agreed.quote),
            "quote-rate": ("AB04", facts.text(f"{TX}AgrdRate/PreAgrdXchgRate") != agreed.rate),
            "known-uetr": ("DUPL", self._is_reused(facts)),
        }
        return next((code for rule, (code, broken) in own.items() if broken and rule not in self._ignored), "")

    def _is_reused(self, facts: Facts) -> bool:
        known = self._paid.get(facts.text(f"{TX}PmtId/UETR"))
        return known is not None and known[0] != facts.text(f"{HEADER}MsgId")

    def _report(self, facts: Facts, address: str, status: str, code: str, reference: str) -> None:
        """Answer a payment: NORM hears ACWP first."""
        priority = facts.text(f"{HEADER}PmtTpInf/InstrPrty") or "HIGH"
        amount = facts.leaf(f"{TX}IntrBkSttlmAmt")
        text = amount.text if amount and number(amount.text) is not None else "0"
        uetr = facts.text(f"{TX}PmtId/UETR")
        report = {
            "original": facts.text(f"{HEADER}MsgId")[:35] or "NONE",
            "uetr": uetr if UETR.fullmatch(uetr) else "",
            "reference": reference,
            "currency": amount.currency if amount else "XTS",
            "amount": "1.00" if "other-amount" in self._quirks else text,
        }
        reasons = samples.REASON.format(code=code) if code and "no-reason" not in self._quirks else ""
        late = f"late-{'high' if priority == 'HIGH' else 'normal'}" in self._quirks
        delay = self._setting.seconds.get(priority, 1.0) + 0.3 if late and status == "ACCC" else 0.0
        if priority == "NORM" and status == "ACCC":
            self._send(address, report, "ACWP", "", 0.0)
        if "elsewhere" in self._quirks and self._last_address and status == "ACCC":
            address, self._last_address = self._last_address, address
        elif status == "ACCC":
            self._last_address = address
        for _ in range(2 if "twice" in self._quirks else 1):
            self._send(address, report, status, reasons * (2 if "two-reasons" in self._quirks else 1), delay)

    def _send(self, address: str, report: Mapping[str, str], status: str, reasons: str, delay: float) -> None:
        template = samples.PACS_002
        if not report["uetr"]:
            template = template.replace("      <OrgnlUETR>{uetr}</OrgnlUETR>\n", "")
        own = {"message_id": f"{report['reference']}-{status}", "created": _now(), "status": status, "reasons": reasons}
        self._post(address, template.format_map({**report, **own}).encode(), delay)

    def _look_up(self, body: bytes, address: str) -> Response:
        verdict = validate(body, self._setting.country, self._setting.terms)
        if not verdict.accepted:
            return Response(400, verdict.broken[0].rule.encode())
        facts = verdict.facts
        payer = facts.text("IdVrfctnReq/Assgnmt/Cretr/Pty/Nm")
        proxy = facts.text("IdVrfctnReq/Vrfctn/PtyAndAcctId/Acct/Prxy/Id")
        with self._lock:
            asked = self._asked.setdefault(payer, set())
            asked.add(proxy)
            if len(asked) > self._setting.lookups and "lookup-unlimited" not in self._quirks:
                return Response(429, fields={"Retry-After": "1"})
        kind = self._setting.proxies.get(proxy, "unknown")
        slow = kind == "blocked" and "lookup-slow-blocked" in self._quirks
        self._post(address, self._lookup_report(facts, kind), LOOKUP_SECONDS + (0.35 if slow else 0.0))
        return Response(202)

    def _lookup_report(self, facts: Facts, kind: str) -> bytes:
        name = self._setting.full_name if "lookup-whole-name" in self._quirks else self._setting.masked_name
        account = samples.ACCOUNT.format(
            creditor_account=self._setting.agreement.creditor_account,
            creditor_agent=self._setting.agreement.creditor_agent,
            name=name,
        )
        code = {"unknown": "BE23", "deregistered": DEREGISTERED, "blocked": BLOCKED}.get(kind, "")
        if "lookup-same-code" in self._quirks:
            code = "BE23"
        result = account if kind == "registered" else f"<Rsn><Cd>{code}</Cd></Rsn>"
        if kind == "blocked" and "lookup-names-blocked" in self._quirks:
            result += account
        own: dict[str, Any] = {
            "message_id": f"LKP-{time.monotonic_ns() % 10**12}",
            "created": _now(),
            "original": "OTHER" if "lookup-other-id" in self._quirks else facts.text("IdVrfctnReq/Assgnmt/MsgId"),
            "verified": "true" if kind == "registered" else "false",
            "result": result,
        }
        return samples.fill(samples.ACMT_024, self._setting.agreement, own)


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}Z"


def _is_recent(text: str) -> bool:
    """Whether a payment was accepted within TOLERATED_AGE of now; a time that cannot be read is not a matter of age."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return True
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return abs(datetime.now(UTC) - moment) < TOLERATED_AGE
