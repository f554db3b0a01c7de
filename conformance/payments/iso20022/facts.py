"""A message as rules read it: by path, by name, transaction by transaction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import compress

from conformance.payments.iso20022.evidence import Leaf, Message
from conformance.payments.iso20022.places import NAMED, places_in, repeated
from conformance.payments.iso20022.shapes import Shape

PREFIX = "urn:iso:std:iso:20022:tech:xsd:"
KEPT = 64
"""So many namespaces are kept."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact that breaks a rule. path: where, empty for the whole message. observed: what stands there."""

    message: str
    path: str = ""
    expected: str = ""
    observed: str = ""


@lru_cache(KEPT)
def version_of(namespace: str) -> tuple[str, str]:
    """The version that a namespace names, and the kind of message; both empty for what is no ISO 20022 message."""
    version = namespace.removeprefix(PREFIX) if namespace.startswith(PREFIX) else ""
    return version, ".".join(version.split(".")[:2])


class Facts:
    """A message with its leaves by path and by name.

    version: `pacs.008.001.13`, empty for what is no ISO 20022 message. kind: its first two parts, `pacs.008`.
    country: of the target that the message belongs to. transactions: the paths of the message's repeated part, each
    with a final `/`. texts: of all leaves. amounts: every leaf with a currency.
    """

    __slots__ = ("amounts", "country", "kind", "message", "places", "texts", "transactions", "version")

    def __init__(self, message: Message, country: str = "", shape: Shape | None = None) -> None:
        """Index a message. shape: of it, where who read it has one."""
        leaves = message.leaves
        self.message = message
        self.country = country
        self.version, self.kind = version_of(message.namespace)
        self.places = places_in(leaves, shape, self.kind)
        self.texts = [leaf.text for leaf in leaves]
        self.amounts = list(compress(leaves, shape.currencies if shape else [leaf.currency for leaf in leaves]))
        self.transactions = self.places.transactions

    def alike(self) -> tuple[str, ...]:
        """What tells messages with the same paths apart in their codes: country, texts of TELLING, currencies."""
        texts = self.texts
        codes = [texts[number] for number in self.places.telling]
        return (self.country, *codes, *[leaf.currency for leaf in self.amounts])

    def leaf(self, path: str) -> Leaf | None:
        """The leaf at a path."""
        number = self.places.numbers.get(path)
        return None if number is None else self.message.leaves[number]

    def text(self, path: str) -> str:
        """The text at a path, empty where there is none."""
        number = self.places.numbers.get(path)
        return "" if number is None else self.texts[number]

    def named(self, *names: str) -> list[Leaf]:
        """The leaves whose element has one of these names, all of NAMED, by name and in order."""
        leaves, numbers = self.message.leaves, self.places.picked.get(names)
        if numbers is None:
            if not NAMED.issuperset(names):
                raise KeyError(names)
            named = self.places.named
            numbers = [number for name in names if name in named for number in named[name]]
            self.places.picked[names] = numbers
        return [leaves[number] for number in numbers]

    def times(self) -> list[Leaf]:
        """Every date-time."""
        leaves = self.message.leaves
        return [leaves[number] for number in self.places.times]

    def proprietary(self) -> list[Leaf]:
        """Every leaf that is a proprietary code or stands under one."""
        leaves = self.message.leaves
        return [leaves[number] for number in self.places.proprietary]

    def has(self, path: str) -> bool:
        """Whether an element with content stands at or below a path."""
        return path in self.places.known

    def repeated(self, path: str) -> list[str]:
        """The paths of an element and its equal neighbours, each with a final `/`: `a/b/`, `a/b[2]/`, ..."""
        places = self.places
        found = places.repeats.get(path)
        if found is None:
            found = places.repeats[path] = repeated(path, places.known)
        return found
