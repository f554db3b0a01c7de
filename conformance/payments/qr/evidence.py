"""What can be seen of QR codes: payloads as read, and what an implementation answered. No verdict words."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from conformance.payments.qr.cases import Case
from conformance.payments.qr.parse import Reading
from conformance.payments.qr.schemes import Scheme


class Payload(Struct, frozen=True):
    """A payload that was handed in. name: as the manifest or the file has it. cross_border: it is for payers abroad."""

    name: str
    cross_border: bool
    reading: Reading


class Payloads(Struct, frozen=True):
    """All payloads of a service. country: the target's. schemes: the overlays that they can be held against."""

    country: str
    schemes: tuple[Scheme, ...]
    items: tuple[Payload, ...]


class Answer(Struct, frozen=True):
    """What a reader said to one case.

    word: output, rejected, unsupported or error. text: the code, reason or message of the other three. broken: the
    child itself failed. fields: of its output, those that the case names; None where it reports none at all.
    routed, editable, ask: of its output, None where it says nothing of them.
    """

    case: Case
    word: str
    text: str
    seconds: float
    broken: bool = False
    fields: Mapping[str, str] | None = None
    routed: str | None = None
    editable: bool | None = None
    ask: tuple[str, ...] | None = None


class Changes(Struct, frozen=True):
    """What a reader said to single changes of one payload. words: how often each. offenders: payloads that broke it."""

    case: str
    count: int
    words: Mapping[str, int]
    slowest_seconds: float
    offenders: tuple[str, ...] = ()


class Answers(Struct, frozen=True):
    """All answers of a reader. schemes: those that the manifest declares, empty for all."""

    implementation: str
    schemes: tuple[str, ...]
    items: tuple[Answer, ...]
    changes: tuple[Changes, ...] = ()
