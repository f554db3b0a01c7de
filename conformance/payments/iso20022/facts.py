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
    with a final `/`. amounts: every leaf with a currency.
    """

    __slots__ = ("_branches", "_by_name", "amounts", "by_path", "country", "kind", "message", "transactions", "version")

    def __init__(self, message: Message, country: str = "") -> None:
        self.message = message
        self.country = country
        own = message.namespace.startswith(PREFIX)
        self.version = message.namespace.removeprefix(PREFIX) if own else ""
        self.kind = ".".join(self.version.split(".")[:2])
        self.by_path: dict[str, Leaf] = {}
        self._by_name: dict[str, list[Leaf]] = {}
        self._branches: set[str] = set()
        self._index(message.leaves)
        self.amounts = [leaf for leaf in message.leaves if leaf.currency]
        self.transactions = self.repeated(TRANSACTIONS[self.kind]) if self.kind in TRANSACTIONS else []

    def _index(self, leaves: tuple[Leaf, ...]) -> None:
        """Leaves by path and name, and every path above one: once, since every rule asks."""
        by_path, by_name, branches = self.by_path, self._by_name, self._branches
        for leaf in leaves:
            by_path[leaf.path] = leaf
            above, _, name = leaf.path.rpartition("/")
            if name[-1:] == "]":
                name = name.partition("[")[0]
            if name in by_name:
                by_name[name].append(leaf)
            else:
                by_name[name] = [leaf]
            while above not in branches:
                branches.add(above)
                above = above.rpartition("/")[0]

    def text(self, path: str) -> str:
        """The text at a path, empty where there is none."""
        leaf = self.by_path.get(path)
        return leaf.text if leaf else ""

    def named(self, *names: str) -> Iterator[Leaf]:
        """The leaves whose element has one of these names."""
        return (leaf for name in names if name in self._by_name for leaf in self._by_name[name])

    def has(self, path: str) -> bool:
        """Whether an element with content stands at or below a path."""
        return path in self.by_path or path in self._branches

    def repeated(self, path: str) -> list[str]:
        """The paths of an element and its equal neighbours, each with a final `/`: `a/b/`, `a/b[2]/`, ..."""
        found, count = [], 1
        while self.has(place := path if count == 1 else f"{path}[{count}]"):
            found.append(f"{place}/")
            count += 1
        return found
