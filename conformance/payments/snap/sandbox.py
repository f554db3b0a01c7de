"""A SNAP service that keeps the rules, and its named faults. Answers are a function of request and state."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from conformance.payments.snap import sandbox_rules as rules
from conformance.payments.snap.sandbox_rules import Refusal
from conformance.payments.snap.signature import JAKARTA, Dialect, rsa_verifies, stamp, token_string
from conformance.wire.serving import Request, Response

CLIENT_KEY, SHORT_CLIENT_KEY, PARTNER = "sandbox-client", "sandbox-client-short", "sandbox-partner"
QR_PAYLOAD: Final = (
    "00020101021126330015XA.SNAP.SANDBOX011000000000005204000053039635802XA5906NOBODY6007NOWHERE630487B0"
)
"""The one scheme that it decodes; its GUID is reserved for the sandbox."""

FAULTS: Final[Mapping[str, str]] = {
    "snap-token-type-mac": "the token answer says tokenType `mac`",
    "snap-token-without-expiry": "the token answer has no expiresIn",
    "snap-token-errors-alike": "every refused token request is 4017300",
    "snap-token-signature-unchecked": "the token endpoint does not verify X-SIGNATURE",
    "snap-token-never-expires": "a token works after its expiresIn",
    "snap-signature-unchecked": "transactions are accepted with any signature",
    **{f"snap-lenient-{name}": f"a signature over another {name} is accepted" for name in rules.COMPONENTS},
    "snap-hex-unchecked": "a signature in hex is accepted without being verified",
    "snap-hex-only": "X-SIGNATURE is in hex, and so the manifest states it",
    "snap-nested-left-out": "objects in objects in objects are left out of the digest",
    "snap-minify-strips-strings": "white space inside strings is removed before the digest",
    "snap-json-reserialised": "the body is parsed and serialised again before the digest",
    "snap-hash-of-escaped-ascii": "characters beyond ASCII are escaped before the digest",
    "snap-empty-hash-field": "without a body the digest's place in the string-to-sign is empty",
    "snap-query-sorted": "the query is sorted before it is signed, which the manifest does not say",
    "snap-headers-optional": "CHANNEL-ID and X-PARTNER-ID may be absent",
    "snap-header-errors-unnamed": "answers about header fields do not name the field",
    "snap-skew-unchecked": "any time is accepted in X-TIMESTAMP",
    "snap-zone-optional": "X-TIMESTAMP without a zone is accepted",
    "snap-window-undeclared": "the manifest does not state the accepted window",
    "snap-external-id-ignored": "an X-EXTERNAL-ID that was used executes again",
    "snap-external-id-race": "ten equal requests at once execute more than once",
    "snap-external-id-32": "an X-EXTERNAL-ID of more than 32 digits is refused",
    "snap-external-id-unbounded": "an X-EXTERNAL-ID of 37 digits is accepted",
    "snap-reference-reusable": "a partnerReferenceNo that was used executes again with other content",
    "snap-code-letters": "responseCode of transactions has letters for the service code",
    "snap-message-long": "responseMessage of errors has more than 150 characters",
    "snap-amount-number": "amount.value may be a number",
    "snap-amount-decimals-free": "amount.value may have any count of decimals",
    "snap-pending-forever": "the query never says a final status",
    "snap-unknown-reference-found": "the query answers 200 for a reference that it never saw",
    "snap-decode-crc-unchecked": "a QR payload with a wrong CRC is decoded",
    "snap-decode-500": "a QR payload of an unknown scheme is answered with 500",
}

RACE_SECONDS = 0.25
"""Between looking for an id and keeping it, where that is a fault: long enough for a busy machine."""

SERVICES: Final = {
    "/v1.0/access-token/b2b": "73",
    "/v1.0/balance-inquiry": "11",
    "/v1.0/transaction-history": "12",
    "/v1.0/transaction-history-list": "12",
    "/v1.0/qr/qr-mpm-generate": "47",
    "/v1.0/qr/qr-mpm-decode": "48",
    "/v1.0/qr/qr-mpm-query": "51",
}


@dataclass(slots=True)
class Payment:
    """An executed transaction. asked: how often its status was asked for."""

    reference: str
    external_id: str
    content: bytes
    number: int
    asked: int = 0


@dataclass(slots=True)
class Bank:
    """The service: its keys, its dialect, its faults and what it remembers. One lock guards what it remembers.

    public_key: of the client, for RSA. secret: shared with the client, for HMAC. replays: a used X-EXTERNAL-ID gets
    the original answer instead of 409. paid: called with the reference of each new transaction, to notify the partner.
    """

    public_key: Any
    secret: bytes
    dialect: Dialect
    faults: frozenset[str] = frozenset()
    replays: bool = False
    paid: Callable[[str], None] = lambda _: None
    window: timedelta = timedelta(minutes=5)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tokens: dict[str, datetime] = field(default_factory=dict)
    externals: dict[tuple[str, str], Response | None] = field(default_factory=dict)
    payments: list[Payment] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Request) -> Response:
        """The answer to a request, whatever it is."""
        service = SERVICES.get(request.path, "00")
        try:
            return self._answer(request, service)
        except Refusal as refusal:
            return self.made(refusal.status, service, refusal.case, refusal.message)

    def _answer(self, request: Request, service: str) -> Response:
        if service == "00":
            raise Refusal(404, "00", "Invalid Transaction Status")
        if service == "73":
            return self._token(request)
        rules.check_headers(request, self.faults, bearer=self.dialect.mode == "symmetric")
        rules.check_time(request.fields["x-timestamp"], self.now(), self.window, self.faults)
        token = self._bearer(request) if self.dialect.mode == "symmetric" else ""
        rules.check_signature(request, token, self)
        rules.check_method(request.method, request.path)
        body = rules.json_object(request.body) if request.method == "POST" else {}
        return OPERATIONS[request.path](self, request, body)

    def _token(self, request: Request) -> Response:
        try:
            client = self._client(request)
        except Refusal:
            if "snap-token-errors-alike" in self.faults:
                raise Refusal(401, "00", "Unauthorized. Request") from None
            raise
        seconds = 1 if client == SHORT_CLIENT_KEY else 900
        token = rules.new_token()
        with self.lock:
            self.tokens[token] = self.now() + timedelta(seconds=seconds)
        issued = {"accessToken": token, "tokenType": "Bearer", "expiresIn": str(seconds)}
        if "snap-token-type-mac" in self.faults:
            issued["tokenType"] = "mac"
        if "snap-token-without-expiry" in self.faults and client == CLIENT_KEY:
            del issued["expiresIn"]
        return self.made(200, "73", "00", "Successful", issued)

    def _client(self, request: Request) -> str:
        client = rules.check_token_request(request, self.now(), self.window)
        text = token_string(client, request.fields["x-timestamp"])
        octets = rules.signature_octets(request, self.dialect)
        verified = "snap-token-signature-unchecked" in self.faults or rsa_verifies(self.public_key, octets, text)
        if client not in (CLIENT_KEY, SHORT_CLIENT_KEY) or not verified:
            raise Refusal(401, "00", "Unauthorized. Signature")
        return client

    def _bearer(self, request: Request) -> str:
        kind, _, token = request.fields.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Refusal(401, "03", "Token Not Found (B2B)")
        with self.lock:
            until = self.tokens.get(token)
        if until is None or (self.now() >= until and "snap-token-never-expires" not in self.faults):
            raise Refusal(401, "01", "Invalid Token (B2B)")
        return token

    def made(
        self, status: int, service: str, case: str, message: str, more: Mapping[str, Any] | None = None
    ) -> Response:
        """An answer with its response code; a `status` of 400 or more is an error."""
        code = "US" if "snap-code-letters" in self.faults and service != "73" else service
        if status >= 400 and "snap-message-long" in self.faults:
            message = message.ljust(151, ".")
        body = {"responseCode": f"{status}{code}{case}", "responseMessage": message, **(more or {})}
        fields = {"Content-Type": "application/json", "X-TIMESTAMP": stamp(self.now(), self.dialect.timestamp)}
        return Response(status, json.dumps(body, separators=(",", ":")).encode(), fields)


def inquire(bank: Bank, _: Request, __: Mapping[str, Any]) -> Response:
    """Balance inquiry, service 11."""
    amount = {"value": "1000000.00", "currency": "IDR"}
    return bank.made(200, "11", "00", "Successful", {"accountInfos": [{"availableBalance": amount}]})


def history(bank: Bank, _: Request, __: Mapping[str, Any]) -> Response:
    """Everything that was executed, service 12."""
    with bank.lock:
        listed = [{"partnerReferenceNo": each.reference} for each in bank.payments]
    return bank.made(200, "12", "00", "Successful", {"detailData": listed})


def pay(bank: Bank, request: Request, body: Mapping[str, Any]) -> Response:
    """QR generation, service 47: executes once for each X-EXTERNAL-ID of a day and each partnerReferenceNo."""
    external_id = request.fields["x-external-id"]
    key = (bank.now().astimezone(JAKARTA).date().isoformat(), external_id)
    rules.check_amount(body, bank.faults)
    reference = rules.text_of(body, "partnerReferenceNo", 64)
    race = "snap-external-id-race" in bank.faults
    with bank.lock:
        used = key in bank.externals and "snap-external-id-ignored" not in bank.faults
        before = bank.externals.get(key)
        known = next((each for each in bank.payments if each.reference == reference), None)
        if not used and not race:
            bank.externals[key] = None
    if used:
        if bank.replays and before is not None:
            return before
        raise Refusal(409, "00", "Conflict")
    if race:
        time.sleep(RACE_SECONDS)
    if known and known.external_id != external_id and "snap-reference-reusable" not in bank.faults:
        if known.content != request.body:
            raise Refusal(404, "18", "Inconsistent Request")
        raise Refusal(409, "01", "Duplicate partnerReferenceNo")
    with bank.lock:
        payment = Payment(reference, external_id, request.body, len(bank.payments) + 1)
        bank.payments.append(payment)
        more = {"referenceNo": f"{payment.number:012d}", "partnerReferenceNo": reference}
        response = bank.made(202, "47", "00", "Request In Progress", more)
        bank.externals[key] = response
    bank.paid(reference)
    return response


def query(bank: Bank, _: Request, body: Mapping[str, Any]) -> Response:
    """QR query, service 51: pending when first asked, then successful."""
    original = rules.text_of(body, "originalPartnerReferenceNo", 64)
    with bank.lock:
        found = next((each for each in bank.payments if each.reference == original), None)
        if found:
            found.asked += 1
    if found is None and "snap-unknown-reference-found" not in bank.faults:
        raise Refusal(404, "01", "Transaction Not Found")
    final = found is None or (found.asked > 1 and "snap-pending-forever" not in bank.faults)
    state = {"latestTransactionStatus": "00" if final else "03"}
    return bank.made(200, "51", "00", "Successful", {"originalPartnerReferenceNo": original, **state})


def decode(bank: Bank, _: Request, body: Mapping[str, Any]) -> Response:
    """QR decoding, service 48, of one scheme."""
    payload = rules.text_of(body, "qrContent", 512)
    if not payload.startswith("000201") or payload[-8:-4] != "6304":
        raise Refusal(400, "01", "Invalid Field Format qrContent")
    if not rules.crc_holds(payload) and "snap-decode-crc-unchecked" not in bank.faults:
        raise Refusal(400, "01", "Invalid Field Format qrContent")
    if "XA.SNAP.SANDBOX" not in payload:
        if "snap-decode-500" in bank.faults:
            raise Refusal(500, "00", "General Error")
        raise Refusal(404, "08", "Invalid Merchant")
    return bank.made(200, "48", "00", "Successful", {"merchantName": "NOBODY"})


OPERATIONS: Final[Mapping[str, Callable[[Bank, Request, Mapping[str, Any]], Response]]] = {
    "/v1.0/balance-inquiry": inquire,
    "/v1.0/transaction-history": history,
    "/v1.0/transaction-history-list": history,
    "/v1.0/qr/qr-mpm-generate": pay,
    "/v1.0/qr/qr-mpm-decode": decode,
    "/v1.0/qr/qr-mpm-query": query,
}
