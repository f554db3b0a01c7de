"""What the paths of a message's leaves say by themselves, worked out once for messages that have the same ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import repeat
from typing import Any

from msgspec import Struct

from conformance.payments.iso20022.evidence import Leaf
from conformance.payments.iso20022.shapes import Shape

TRANSACTIONS = {
    "pacs.008": "FIToFICstmrCdtTrf/CdtTrfTxInf",
    "pacs.002": "FIToFIPmtStsRpt/TxInfAndSts",
    "acmt.023": "IdVrfctnReq/Vrfctn",
    "acmt.024": "IdVrfctnRpt/Rpt",
    "camt.054": "BkToCstmrDbtCdtNtfctn/Ntfctn",
}
"""Message -> where its repeated part stands."""

TELLING = frozenset(
    {"NbOfTxs", "SttlmMtd", "ChrgBr", "Cd", "BICFI", "AnyBIC", "LEI", "Ctry", "CtryOfRes", "CtryOfBirth"}
)
"""Elements with codes. Messages of a sender with the same elements have few sets of them."""

REFERENCES = (
    *("MsgId", "InstrId", "EndToEndId", "TxId", "ClrSysRef", "StsId", "AcctSvcrRef", "NtryRef"),
    *("OrgnlMsgId", "OrgnlInstrId", "OrgnlEndToEndId", "OrgnlTxId"),
)
NAMED = TELLING.union(REFERENCES)
"""Elements that rules ask for by name."""

KEPT = 64
KEPT_LEAVES = 256
"""So many sets of places are kept, each of a message of so many leaves at most; messages of a sender share them."""


class Places(Struct, eq=False):
    """What the paths of a message say by themselves. Numbers are those of leaves.

    numbers: by path. named: those of NAMED by the name of their element. times, proprietary: date-times, and what
    stands under a proprietary code. known: every path to a leaf and above one. transactions: the paths of the message's
    repeated part, each with a final `/`. telling: the leaves of TELLING.

    What is kept for all messages with these paths. met, asked: whether `rules.asked` was called for one, and what came
    of it for which codes. picked, repeats: what `named` and `repeated` of Facts once answered.
    """

    numbers: Mapping[str, int]
    named: Mapping[str, Sequence[int]]
    times: Sequence[int]
    proprietary: Sequence[int]
    known: AbstractSet[str]
    transactions: Sequence[str]
    telling: Sequence[int]
    met: bool = False
    asked: dict[tuple[str, ...], tuple[Any, tuple[Any, ...]]] = {}
    picked: dict[tuple[str, ...], list[int]] = {}
    repeats: dict[str, list[str]] = {}


def places_of(paths: Sequence[str], kind: str) -> Places:
    """What the paths of the leaves say, in a message of a kind."""
    names, above = [], set()
    for parent, _, name in map(str.rpartition, paths, repeat("/")):
        names.append(name.partition("[")[0] if name[-1:] == "]" else name)
        while parent and parent not in above:
            above.add(parent)
            parent = parent.rpartition("/")[0]  # noqa: PLW2901 - upwards
    return _places(paths, names, above, kind)


def _places(paths: Sequence[str], names: Sequence[str], above: Iterable[str], kind: str) -> Places:
    """The same, with the names of the leaves and the paths above them."""
    named: defaultdict[str, list[int]] = defaultdict(list)
    wanted = [(number, name) for number, name in enumerate(names) if name in NAMED]
    for number, name in wanted:
        named[name].append(number)
    known = {*paths, *above}
    proprietary = enumerate(paths) if "Prtry" in "".join(paths) else ()
    return Places(
        dict(zip(paths, range(len(paths)), strict=True)),
        named,
        [number for number, name in enumerate(names) if name[-4:] == "DtTm"],
        [number for number, path in proprietary if "Prtry" in path.split("/")],
        known,
        repeated(TRANSACTIONS[kind], known) if kind in TRANSACTIONS else [],
        [number for number, name in wanted if name in TELLING],
    )


def places_in(leaves: Sequence[Leaf], shape: Shape | None, kind: str) -> Places:
    """The same, kept where the leaves are few. shape: of the message, where who read it has one."""
    if len(leaves) > KEPT_LEAVES:
        return places_of([leaf.path for leaf in leaves], kind)
    return _of_shape(shape, kind) if shape else _of_paths(tuple([leaf.path for leaf in leaves]), kind)


@lru_cache(KEPT)
def _of_paths(paths: tuple[str, ...], kind: str) -> Places:
    return places_of(paths, kind)


@lru_cache(KEPT)
def _of_shape(shape: Shape, kind: str) -> Places:
    return _places(shape.paths, shape.names, shape.above, kind)


def forget() -> None:
    """Forget all places that are kept."""
    _of_paths.cache_clear()
    _of_shape.cache_clear()


def repeated(path: str, known: Container[str]) -> list[str]:
    """`a/b/`, `a/b[2]/`, ... as far as they are known."""
    found, count, place = [], 1, path
    while place in known:
        found.append(f"{place}/")
        count += 1
        place = f"{path}[{count}]"
    return found
