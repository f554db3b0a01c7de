"""What can be seen of QR codes: payloads as read, and what an implementation answered. No verdict words."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.payments.qr.parse import Reading
from conformance.payments.qr.schemes import Scheme


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload that was handed in. name: as the manifest or the file has it. cross_border: it is for payers abroad."""

    name: str
    cross_border: bool
    reading: Reading


@dataclass(frozen=True, slots=True)
class Payloads:
    """All payloads of a service. country: the target's. schemes: the overlays that they can be held against."""

    country: str
    schemes: tuple[Scheme, ...]
    items: tuple[Payload, ...]
