"""One request and its answer: the exchange as observers use it, and the evidence that may be written of it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from conformance.core.network import Address
from conformance.core.redact import Redactor
from conformance.wire.strict_json import strict_json


class Hop(Struct, frozen=True):
    """One redirect: the status that sent us on, the URL that was asked and the one that was named."""

    status: int
    url: str
    location: str


class HttpExchange(Struct, frozen=True):
    """One request and its answer, not yet redacted: for use in observers, never written as it is.

    fields: in order of arrival, names in lower case. body: decoded content, empty where only the head was asked for.
    asked_at, answered_at: aware UTC, before the request was sent and after the head was read. address: that was
    dialled. tls_version, certificate: of an https exchange, the latter the leaf in DER. hops: redirects before this
    answer. stopped: why `follow` went no further although the answer is a redirect (`downgrade`, `no-location`).
    """

    method: str
    url: str
    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes
    asked_at: datetime
    answered_at: datetime
    address: Address
    minor: int = 1
    informational: int = 0
    tls_version: str = ""
    certificate: bytes = b""
    hops: tuple[Hop, ...] = ()
    stopped: str = ""

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of the field `name` (lower case), in order."""
        return tuple(value for key, value in self.fields if key == name)

    def json(self, max_depth: int = 64) -> Any:
        """The body as strict JSON. Raises Undecided(JSON)."""
        return strict_json(self.body, max_depth, max(len(self.body), 1))


class HttpEvidence(Struct, frozen=True):
    """What is kept of an exchange: redacted, values bounded. body_sha256: of the body as redacted, so that a number
    of low entropy in it cannot be found again by trying; text: the redacted body where it was asked for.
    """

    method: str
    url: str
    status: int
    fields: tuple[tuple[str, str], ...]
    body_length: int
    body_sha256: str
    asked_at: datetime
    answered_at: datetime
    hops: tuple[Hop, ...] = ()
    stopped: str = ""
    text: str = ""


def evidence(
    exchange: HttpExchange, redactor: Redactor, *, text: bool = False, value_length: int = 2048
) -> HttpEvidence:
    """What may be written of an exchange."""
    body = redactor.text(exchange.body.decode("utf-8", "backslashreplace"))
    return HttpEvidence(
        method=exchange.method,
        url=redactor.text(exchange.url),
        status=exchange.status,
        fields=tuple((name[:128], _bounded(value, value_length)) for name, value in redactor.fields(exchange.fields)),
        body_length=len(exchange.body),
        body_sha256=hashlib.sha256(body.encode()).hexdigest(),
        asked_at=exchange.asked_at,
        answered_at=exchange.answered_at,
        hops=tuple(
            replace(hop, url=redactor.text(hop.url), location=redactor.text(hop.location)) for hop in exchange.hops
        ),
        stopped=exchange.stopped,
        text=body if text else "",
    )


def _bounded(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}[+{len(text) - length} characters]"
