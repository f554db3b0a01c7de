"""What the sandbox's hub asks of a request before it does anything, and where its faults let go. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from conformance.payments.fspiop import signature
from conformance.payments.fspiop.messages import TRANSFERS, Message, media_type, written
from conformance.payments.fspiop.signature import FspiopError, is_amount
from conformance.wire.serving import Request, Response

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

VERSIONS: Final = (("1", "0"), ("1", "1"))
"""Of the resource /transfers (table 28)."""
LENIENT: Final = {
    "target": ("FSPIOP-URI", "FSPIOP-HTTP-Method"),
    "parties": ("FSPIOP-Source", "FSPIOP-Destination"),
    "date": ("Date",),
}
"""What a lenient hub takes from the protected header, whatever the request says."""
MEDIA: Final = re.compile(r"application/vnd\.interoperability\.transfers\+json(?:;\s*version=([0-9]+)(?:\.([0-9]+))?)?")
MANDATORY: Final = ("amount", "condition", "expiration", "ilpPacket", "payeeFsp", "payerFsp", "transferId")
UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Refusal(Exception):  # noqa: N818 - an answer, not an error
    """What a request is refused with: status, error code, description and extension list."""

    def __init__(self, status: int, code: str, text: str, more: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.more = status, code, text, more


@dataclass(frozen=True, slots=True)
class Asked:
    """A transfer that was asked for, as its body says."""

    id: str
    payer: str
    payee: str
    condition: str
    expiration: datetime
    content: bytes


def error(code: str, text: str, more: tuple[tuple[str, str], ...] = ()) -> bytes:
    """An errorInformation element (table 81)."""
    found: dict[str, Any] = {"errorCode": code, "errorDescription": text}
    if more:
        found["extensionList"] = {"extension": [{"key": key, "value": value} for key, value in more]}
    return written({"errorInformation": found})


def answer(refusal: Refusal) -> Response:
    """The answer that a refusal is."""
    body = error(refusal.code, refusal.text, refusal.more)
    return Response(refusal.status, body, {"Content-Type": media_type("1.0")})


def check_headers(request: Request, faults: frozenset[str]) -> None:
    """Mandatory fields (table 1) and the version that is asked for (section 3.3.4)."""
    fields, client = request.fields, request.method in ("POST", "GET")
    optional = "fspiop-headers-optional" in faults
    for name in ("content-type", "date", "fspiop-source", *(("accept",) if client else ())):
        if not fields.get(name) and not (optional and name in ("date", "accept")):
            raise Refusal(400, "3102", f"missing header field {name}")
    try:
        parsedate_to_datetime(fields.get("date", "") or "Mon, 23 Nov 2026 03:00:00 GMT")
    except ValueError:
        raise Refusal(400, "3101", "malformed header field date") from None
    if not MEDIA.fullmatch(fields["content-type"]):
        raise Refusal(400, "3101", "malformed header field content-type")
    if client and "accept" in fields and "fspiop-any-version" not in faults:
        check_version(fields["accept"], faults)


def check_version(accept: str, faults: frozenset[str]) -> None:
    """Raises Refusal 406 with the versions that there are, where none of them is asked for."""
    for each in accept.split(","):
        found = MEDIA.fullmatch(each.strip())
        if found and (
            found[1] is None or any(found[1] == major and found[2] in (None, minor) for major, minor in VERSIONS)
        ):
            return
    listed = () if "fspiop-versions-unlisted" in faults else VERSIONS[-1:]
    raise Refusal(406, "3001", "an unsupported version was requested", listed)


def check_signature(request: Request, keys: Mapping[str, RSAPublicKey], faults: frozenset[str]) -> None:
    """Raises Refusal 3105, where the request is not signed by its source."""
    uri = request.target[request.target.index(TRANSFERS) :]
    message = Message(request.method, uri, request.fields, request.body)
    key = keys.get(request.fields.get("fspiop-source", ""))
    if key is None:
        raise Refusal(400, "3105", "no key of this source")
    try:
        header = signature.read(message)[0]
        message = lenient(message, header, faults)
        if "fspiop-alg-none" in faults and header.get("alg") == "none":
            return
        if "fspiop-lenient-body" in faults and header.get("alg") in signature.HASHES:
            signature.agrees(header, message)
            return
        signature.verify(key, message)
    except FspiopError as trouble:
        raise Refusal(400, "3105", str(trouble)) from None
    if "fspiop-signature-canonical" in faults and request.method == "POST" and not canonical(request.body):
        raise Refusal(400, "3105", "not a signature of the sorted members")


def lenient(message: Message, header: Mapping[str, Any], faults: frozenset[str]) -> Message:
    """The message with what a fault does not compare taken from the protected header."""
    for name, compared in LENIENT.items():
        said = {each: str(header[each]) for each in compared if each in header}
        if f"fspiop-lenient-{name}" in faults:
            fields = {**message.fields, **{each.lower(): value for each, value in said.items()}}
            uri, method = said.get("FSPIOP-URI", message.uri), said.get("FSPIOP-HTTP-Method", message.method)
            message = replace(message, uri=uri, method=method, fields=fields)
    return message


def canonical(body: bytes) -> bool:
    """Whether a body is what a serialiser with sorted members makes of it."""
    try:
        return written(json.loads(body)) == body
    except ValueError:
        return True


def asked(body: bytes, faults: frozenset[str]) -> Asked:
    """The transfer of a body (table 29).

    Raises:
        Refusal: it is none.
    """
    found = members(body)
    for name in MANDATORY:
        if name not in found:
            raise Refusal(400, "3102", f"missing element {name}")
    money = found["amount"] if isinstance(found["amount"], dict) else {}
    if not right_amount(money.get("amount"), faults):
        raise Refusal(400, "3101", "malformed element amount")
    if not UUID.fullmatch(str(found["transferId"])):
        raise Refusal(400, "3101", "malformed element transferId")
    try:
        expiration = datetime.fromisoformat(str(found["expiration"])).astimezone(UTC)
    except ValueError:
        raise Refusal(400, "3101", "malformed element expiration") from None
    transfer, payer, payee, condition = (
        str(found[name]) for name in ("transferId", "payerFsp", "payeeFsp", "condition")
    )
    return Asked(transfer, payer, payee, condition, expiration, written(found))


def right_amount(amount: Any, faults: frozenset[str]) -> bool:
    """Whether an amount matches the pattern, or what a fault makes of it."""
    if "fspiop-amount-number" in faults and isinstance(amount, int | float):
        return True
    if "fspiop-amount-zeros" in faults and isinstance(amount, str) and re.fullmatch(r"[0-9]{1,18}\.[0-9]{1,4}", amount):
        return True
    return is_amount(amount)


def members(body: bytes) -> dict[str, Any]:
    """The members of a body. Raises Refusal 3101, where it is no JSON object."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "3101", "the body is no JSON") from None
    if not isinstance(found, dict):
        raise Refusal(400, "3101", "the body is no object")
    return found
