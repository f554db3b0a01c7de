"""A message as rules read it: by path, by name, transaction by transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.payments.iso20022.evidence import Leaf, Message

PREFIX = "urn:iso:std:iso:20022:tech:xsd:"
TRANSACTIONS = {
    "pacs.008": "FIToFICstmrCdtTrf/CdtTrfTxInf",
    "pacs.002": "FIToFIPmtStsRpt/TxInfAndSts",
    "acmt.023": "IdVrfctnReq/Vrfctn",
    "acmt.024": "IdVrfctnRpt/Rpt",
    "camt.054": "BkToCstmrDbtCdtNtfctn/Ntfctn",
}
"""Message -> where its repeated part stands."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact that breaks a rule. path: where, empty for the whole message. observed: what stands there."""

    message: str
    path: str = ""
    expected: str = ""
    observed: str = ""


class Facts:
    """A message with its leaves by path and by name.

    version: `pacs.008.001.13`, empty for what is no ISO 20022 message. kind: its first two parts, `pacs.008`.
    country: of the target that the message belongs to. transactions: the paths of the message's repeated part, each
    with a final `/`.
    """

    __slots__ = ("_branches", "_by_name", "by_path", "country", "kind", "message", "transactions", "version")

    def __init__(self, message: Message, country: str = "") -> None:
        self.message = message
        self.country = country
        own = message.namespace.startswith(PREFIX)
        self.version = message.namespace.removeprefix(PREFIX) if own else ""
        self.kind = ".".join(self.version.split(".")[:2])
        self.by_path = {leaf.path: leaf for leaf in message.leaves}
        self._by_name: dict[str, list[Leaf]] | None = None
        self._branches: set[str] | None = None
        self.transactions = self.repeated(TRANSACTIONS[self.kind]) if self.kind in TRANSACTIONS else []

    def text(self, path: str) -> str:
        """The text at a path, empty where there is none."""
        leaf = self.by_path.get(path)
        return leaf.text if leaf else ""

    def named(self, *names: str) -> Iterator[Leaf]:
        """The leaves whose element has one of these names."""
        if self._by_name is None:
            self._by_name = {}
            for leaf in self.message.leaves:
                name = leaf.path.rpartition("/")[2].partition("[")[0]
                self._by_name.setdefault(name, []).append(leaf)
        for name in names:
            yield from self._by_name.get(name, ())

    def has(self, path: str) -> bool:
        """Whether an element with content stands at or below a path."""
        if self._branches is None:
            self._branches = set(self.by_path)
            for each in self.by_path:
                while (each := each.rpartition("/")[0]) not in self._branches:
                    self._branches.add(each)
        return path in self._branches

    def repeated(self, path: str) -> list[str]:
        """The paths of an element and its equal neighbours, each with a final `/`: `a/b/`, `a/b[2]/`, ..."""
        found, count = [], 1
        while self.has(place := path if count == 1 else f"{path}[{count}]"):
            found.append(f"{place}/")
            count += 1
        return found
