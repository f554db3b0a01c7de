"""One case of `vectors/payments/qr.json`: what a reader is asked, and what it should answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from conformance.core.paths import vectors_dir

REASONS = ("crc", "structure", "missing", "value", "unsupported-scheme", "expired", "invalid")
"""Why a code is refused. `invalid`: refused without a particular reason, which is right for every case."""

EMVCO = "emvco"
"""The scheme of cases that need none: readers of EMVCo codes in general."""


class Case(Struct, frozen=True):
    """One question.

    group: what it is about; requirements name groups. scheme: the overlay whose readers are asked, or EMVCO.
    payload: the text; repeated: text and count that stand behind it, for what is too long for a file.
    now: RFC 3339, for `qr.validate`. result: what is due: `output`, `rejected`, or `any` for either, but no failure.
    reasons: those for which it may be refused. fields: path -> value, each to be extracted so.
    routed: the GUID that it is routed by; None where that is not asked. editable: whether the payer may change the
    amount. ask: the paths that the payer is asked for. control: the case that must be accepted for this one to count.
    mutations: so many single changes of the payload are asked as well, none of which may fail.
    """

    id: str
    group: str
    scheme: str
    operation: Literal["qr.parse", "qr.validate"]
    payload: str
    result: Literal["output", "rejected", "any"]
    notes: str
    clauses: tuple[str, ...] = ()
    repeated: tuple[str, int] = ("", 0)
    now: str = ""
    reasons: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    routed: str | None = None
    editable: bool | None = None
    ask: tuple[str, ...] = ()
    control: str = ""
    mutations: int = 0

    @property
    def text(self) -> str:
        """The whole payload."""
        return self.payload + self.repeated[0] * self.repeated[1]

    @property
    def question(self) -> dict[str, Any]:
        """The input of its operation."""
        return {"payload": self.text, "now": self.now} if self.operation == "qr.validate" else {"payload": self.text}


def vectors_file() -> Path:
    """Where the cases are shipped."""
    return vectors_dir() / "payments" / "qr.json"


@cache
def shipped_cases() -> tuple[Case, ...]:
    """All cases, in the order of the file."""
    return msgspec.convert(json.loads(vectors_file().read_bytes())["cases"], tuple[Case, ...])
