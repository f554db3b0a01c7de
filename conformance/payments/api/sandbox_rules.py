"""What the sandbox's payment API checks, one rule a function; each raises a Problem."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from conformance.wire import dpop
from conformance.wire.client_certificates import confirmation
from conformance.wire.serving import Request

MAX_DEPTH = 64


class Problem(Exception):  # noqa: N818 - an answer, not an error
    """An error answer: HTTP status, title, further header fields."""

    def __init__(self, status: int, title: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(title)
        self.status, self.title, self.fields = status, title, fields or {}


@dataclass(frozen=True, slots=True)
class Token:
    """The client's access token. jkt, x5t: thumbprint of the key or certificate that it is bound to, where it is."""

    value: str
    jkt: str = ""
    x5t: str = ""


def check_token(request: Request, token: Token, origin: str, now: float, faults: frozenset[str]) -> None:
    """The token is the client's, and comes with what it is bound to."""
    scheme, _, value = request.fields.get("authorization", "").partition(" ")
    bound = token.jkt and not (scheme == "Bearer" and "api-token-as-bearer" in faults)
    fits = value == token.value and scheme == ("DPoP" if bound else "Bearer")
    if fits and bound:
        proofs = [request.fields[name] for name in ("dpop",) if name in request.fields]
        thumb = dpop.prover(proofs, request.method, f"{origin}{request.target}", now=now, token=value)
        fits = bool(thumb) and (thumb == token.jkt or "api-token-any-key" in faults)
    if fits and token.x5t:
        shown = confirmation(request.certificate) if request.certificate else ""
        fits = bool(shown) and (shown == token.x5t or "api-token-any-certificate" in faults)
    if not fits:
        raise Problem(401, "No valid access token", {"WWW-Authenticate": "DPoP" if token.jkt else "Bearer"})


def check_accept(request: Request, faults: frozenset[str]) -> None:
    """JSON is acceptable."""
    accept = request.fields.get("accept", "*/*")
    if not re.search(r"\*/\*|application/(?:\*|json|problem\+json)", accept) and "api-any-accept" not in faults:
        raise Problem(406, "Only application/json is had", {"Accept": "application/json"})


def check_type(request: Request, faults: frozenset[str]) -> None:
    """The body is said to be JSON."""
    kind = request.fields.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and "api-any-type" not in faults:
        raise Problem(415, "Only application/json is read")


def json_object(body: bytes, faults: frozenset[str]) -> Mapping[str, Any]:
    """The members of the body."""
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        raise Problem(500 if "api-nested-500" in faults else 400, "The body nests too deeply")
    try:
        value = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Problem(500 if "api-malformed-500" in faults else 400, "The body is no JSON") from None
    if not isinstance(value, dict):
        raise Problem(400, "The body is no JSON object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member twice")
    return members


def amount_of(body: Mapping[str, Any], faults: frozenset[str], *, minor_units: bool) -> str:
    """The amount as text: a decimal string with two places, or an integer of minor units."""
    value = body.get("amount")
    if "api-amount-float" in faults and isinstance(value, float):
        return f"{value:.2f}"
    if minor_units and isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    if not minor_units and isinstance(value, str) and re.fullmatch(r"(?:0|[1-9][0-9]{0,15})\.[0-9]{2}", value):
        return value
    raise Problem(422, "amount is not as documented")


def may_become(status: str, told: Mapping[str, Any], faults: frozenset[str]) -> bool:
    """Whether a payment of this status may become what a callback tells: never back from its end."""
    return told.get("status") in ("pending", "completed") and (status == "pending" or "api-late-pending" in faults)


def check_url(url: str, faults: frozenset[str]) -> None:
    """An address for callbacks is https, and not one of this host or of a private network."""
    if "api-register-any" in faults:
        return
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        public = "." in host
    else:
        mapped = getattr(address, "ipv4_mapped", None)
        public = bool("api-register-mapped" in faults if mapped else address.is_global)
    if parts.scheme != "https" or not public:
        raise Problem(422, "url is no public https address")
