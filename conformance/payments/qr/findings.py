"""What can be wrong with a payload: the table of rules, and one finding.

Each rule belongs to one layer, one clause and one requirement of the profile; the judges, `conformance qr explain` and
the benchmark read the same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec


class Layer(StrEnum):
    """The three things that are said of a payload, apart from one another."""

    CORE = "core"
    DIALECT = "dialect"
    CROSS = "cross-border"


@dataclass(frozen=True, slots=True)
class Clause:
    """What a rule rests on. doc: EMVCo or the scheme. advice: a SHOULD."""

    layer: Layer
    requirement: str
    section: str
    advice: bool = False


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One thing that breaks a rule. path: the data object, `26.01`. offset: its place in the payload, in characters.

    note: why it does not count, where the scheme's document allows it or the rule itself is uncertain.
    """

    rule: str
    path: str
    offset: int
    message: str
    expected: str = ""
    observed: str = ""
    note: str = ""

    @property
    def clause(self) -> Clause:
        """What its rule rests on."""
        return CLAUSES[self.rule]


Found = tuple[Finding, ...]
NONE: Found = ()

_C, _D, _X = Layer.CORE, Layer.DIALECT, Layer.CROSS

CLAUSES: Mapping[str, Clause] = {
    # syntax
    "encoding": Clause(_C, "PAY-QR-29", "1.4.3"),
    "size": Clause(_C, "PAY-QR-07-G", "4.1"),
    "empty": Clause(_C, "PAY-QR-07-G", "4.4.1"),
    "id": Clause(_C, "PAY-QR-07-G", "4.4.1"),
    "length": Clause(_C, "PAY-QR-07-G", "4.4.1"),
    "overrun": Clause(_C, "PAY-QR-07-G", "4.4.1"),
    "duplicate": Clause(_C, "PAY-QR-08-G", "4.3.1.2"),
    # order and checksum
    "first": Clause(_C, "PAY-QR-05-G", "4.6.1.1"),
    "format-indicator": Clause(_C, "PAY-QR-05-G", "4.7.1.1"),
    "last": Clause(_C, "PAY-QR-06-G", "4.6.1.2"),
    "crc-absent": Clause(_C, "PAY-QR-01", "4.2.1.1"),
    "crc-form": Clause(_C, "PAY-QR-01", "4.7.3.2"),
    "crc-value": Clause(_C, "PAY-QR-01", "4.7.3.1"),
    "crc-octets": Clause(_C, "PAY-QR-04-G", "1.4.3 and 4.7.3.1"),
    # values at the root
    "reserved-id": Clause(_C, "PAY-QR-10-G", "4.5.4"),
    "initiation": Clause(_C, "PAY-QR-11", "4.7.2.1"),
    "initiation-amount": Clause(_C, "PAY-QR-11-S", "4.7.2", advice=True),
    "amount": Clause(_C, "PAY-QR-12-G", "4.7.4"),
    "currency": Clause(_C, "PAY-QR-14-G", "4.7.5.1"),
    "country": Clause(_C, "PAY-QR-16-G", "4.7"),
    "tip": Clause(_C, "PAY-QR-19-G", "4.7.6 to 4.7.8"),
    "mandatory": Clause(_C, "PAY-QR-26", "4.2.1.1"),
    "account": Clause(_C, "PAY-QR-26", "4.2.1.1"),
    "form": Clause(_C, "PAY-QR-27", "table 3.6"),
    "long": Clause(_C, "PAY-QR-28", "4.1", advice=True),
    "characters": Clause(_C, "PAY-QR-29", "1.4.3"),
    "local-name": Clause(_C, "PAY-QR-21", "4.9", advice=True),
    # templates
    "guid": Clause(_C, "PAY-QR-17-G", "4.7.11.2"),
    "unreserved-guid": Clause(_C, "PAY-QR-17-G", "4.11.1.2"),
    "additional-data": Clause(_C, "PAY-QR-20-G", "4.8.1"),
    "template-form": Clause(_C, "PAY-QR-27", "tables 3.7 and 3.8"),
    # the scheme's own table
    "decimals": Clause(_D, "PAY-QR-13", "scheme"),
    "scheme-currency": Clause(_D, "PAY-QR-14-G", "scheme"),
    "layout": Clause(_D, "PAY-QR-25", "scheme"),
    # readiness for another country's reader
    "cross-mandatory": Clause(_X, "PAY-QR-15", "4.2.1.1"),
    "cross-currency": Clause(_X, "PAY-QR-15", "4.7.5.1"),
    "cross-country": Clause(_X, "PAY-QR-15", "table 3.6"),
    "cross-account": Clause(_X, "PAY-QR-15", "4.7.11"),
}
"""Rule -> what it rests on. Sections are of EMV QRCPS MPM v1.1, `scheme` stands for the document of the scheme."""
