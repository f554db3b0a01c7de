"""A message as rules read it: by path, by name, transaction by transaction."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

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

KEPT = 64
KEPT_LEAVES = 256
"""So many sets of places are kept, each of a message of so many leaves at most; messages of a sender share them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact that breaks a rule. path: where, empty for the whole message. observed: what stands there."""

    message: str
    path: str = ""
    expected: str = ""
    observed: str = ""


class Places(NamedTuple):
    """What the paths of a message say by themselves. Numbers are those of leaves.

    named: by the name of their element. times, proprietary: date-times, and what stands under a proprietary code.
    known: every path to a leaf and above one. transactions: the paths of the message's repeated part, each with a
    final `/`.
    """

    named: Mapping[str, tuple[int, ...]]
    times: tuple[int, ...]
    proprietary: tuple[int, ...]
    known: frozenset[str]
    transactions: tuple[str, ...]


def places_of(paths: tuple[str, ...], kind: str) -> Places:
    """What these paths say, in a message of a kind."""
    named: dict[str, list[int]] = {}
    known: set[str] = set()
    for number, path in enumerate(paths):
        above, _, name = path.rpartition("/")
        named.setdefault(name.partition("[")[0] if name[-1:] == "]" else name, []).append(number)
        while above not in known:
            known.add(above)
            above = above.rpartition("/")[0]
    known.update(paths)
    return Places(
        {name: tuple(numbers) for name, numbers in named.items()},
        tuple(sorted(each for name, numbers in named.items() if name.endswith("DtTm") for each in numbers)),
        tuple([number for number, path in enumerate(paths) if "Prtry" in path and "Prtry" in path.split("/")]),
        frozenset(known),
        tuple(_repeated(TRANSACTIONS[kind], known)) if kind in TRANSACTIONS else (),
    )


_kept = lru_cache(KEPT)(places_of)
forget = _kept.cache_clear


@lru_cache(KEPT)
def version_of(namespace: str) -> tuple[str, str]:
    """The version that a namespace names, and the kind of message; both empty for what is no ISO 20022 message."""
    version = namespace.removeprefix(PREFIX) if namespace.startswith(PREFIX) else ""
    return version, ".".join(version.split(".")[:2])


def _repeated(path: str, known: Container[str]) -> list[str]:
    """`a/b/`, `a/b[2]/`, ... as far as they are known."""
    found, count, place = [], 1, path
    while place in known:
        found.append(f"{place}/")
        count += 1
        place = f"{path}[{count}]"
    return found


class Facts:
    """A message with its leaves by path and by name.

    version: `pacs.008.001.13`, empty for what is no ISO 20022 message. kind: its first two parts, `pacs.008`.
    country: of the target that the message belongs to. transactions: the paths of the message's repeated part, each
    with a final `/`. texts: of all leaves. amounts: every leaf with a currency.
    """

    __slots__ = ("_places", "amounts", "by_path", "country", "kind", "message", "texts", "transactions", "version")

    def __init__(self, message: Message, country: str = "") -> None:
        leaves = message.leaves
        paths = tuple([leaf.path for leaf in leaves])
        self.message = message
        self.country = country
        self.version, self.kind = version_of(message.namespace)
        self.by_path = dict(zip(paths, leaves, strict=True))
        self._places = _kept(paths, self.kind) if len(paths) <= KEPT_LEAVES else places_of(paths, self.kind)
        self.texts = [leaf.text for leaf in leaves]
        self.amounts = [leaf for leaf in leaves if leaf.currency]
        self.transactions = self._places.transactions

    def text(self, path: str) -> str:
        """The text at a path, empty where there is none."""
        leaf = self.by_path.get(path)
        return leaf.text if leaf else ""

    def named(self, *names: str) -> list[Leaf]:
        """The leaves whose element has one of these names, by name and in order."""
        leaves, named = self.message.leaves, self._places.named
        return [leaves[number] for name in names if name in named for number in named[name]]

    def times(self) -> list[Leaf]:
        """Every date-time."""
        leaves = self.message.leaves
        return [leaves[number] for number in self._places.times]

    def proprietary(self) -> list[Leaf]:
        """Every leaf that is a proprietary code or stands under one."""
        leaves = self.message.leaves
        return [leaves[number] for number in self._places.proprietary]

    def has(self, path: str) -> bool:
        """Whether an element with content stands at or below a path."""
        return path in self._places.known

    def repeated(self, path: str) -> list[str]:
        """The paths of an element and its equal neighbours, each with a final `/`: `a/b/`, `a/b[2]/`, ..."""
        return _repeated(path, self._places.known)
