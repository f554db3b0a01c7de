"""Scheme overlays: what a national scheme asks of a payload beyond EMVCo, and what it allows, as tables of data.

One file a scheme in `profiles/qr/`, held against `profiles/schema/qr-scheme.json`; a regulator adds one without code.
A scheme is recognised by the GUID in sub-ID 00 of a template in 26 to 51, never by the template's number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field

from conformance.core.paths import profiles_dir

Status = Literal["published", "samples", "not-published", "sandbox"]
Kind = Literal["person", "merchant", "either", "national"]


class Source(Struct, frozen=True):
    """Where a scheme's table comes from. confidence: specification, samples, third-party or uncertain."""

    doc: str
    confidence: str
    note: str = ""


class Allowance(Struct, frozen=True):
    """A deviation from EMVCo that the scheme's document allows. rule: of `findings.CLAUSES`. path: where."""

    rule: str
    path: str
    why: str


class ObjectSpec(Struct, frozen=True):
    """What a scheme asks of one data object.

    form: regular expression for the whole value, empty for any. required_with: root ID whose presence demands it.
    expiry: how the value says when the code expires, `epoch-ms` or `local-date` (YYYYMMDD, or YYYYMMDDhhmmss), in the
    scheme's zone; empty where it does not. objects: what it holds, where it is a template.
    uncertain: why the table may be wrong here; what breaks it is then reported and never judged.
    """

    id: str
    name: str
    form: str = ""
    required: bool = False
    required_with: str = ""
    expiry: str = ""
    objects: tuple[ObjectSpec, ...] = ()
    uncertain: str = ""


class Template(Struct, frozen=True):
    """A merchant account template that a scheme defines.

    guid: values of sub-ID 00 that name it, letter case aside. form: what sub-ID 00 looks like where no value is
    fixed. kind: whom it pays; `national` for one that stands beside accounts. usual: the ID it is usually seen at.
    one_of: exactly one of these sub-IDs is there. fixed_amount: sub-ID and value that say the payer may not change it.
    """

    id: str
    name: str
    kind: Kind
    guid: tuple[str, ...] = ()
    form: str = ""
    usual: str = ""
    cross_border: bool = True
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    fixed_amount: tuple[str, str] = ("", "")
    objects: tuple[ObjectSpec, ...] = ()
    allow: tuple[Allowance, ...] = ()


class Scheme(Struct, frozen=True):
    """One scheme. currencies: ISO 4217 numeric codes with the decimals written at most. utc_offset: `+07:00`."""

    id: str
    title: str
    country: str
    status: Status
    source: tuple[Source, ...]
    currencies: Mapping[str, int] = field(default_factory=dict)
    utc_offset: str = "+00:00"
    objects: tuple[ObjectSpec, ...] = ()
    template: tuple[Template, ...] = ()
    allow: tuple[Allowance, ...] = ()

    @property
    def published(self) -> bool:
        """Whether there is a table of fields to judge by."""
        return self.status != "not-published"


def load_scheme(path: Path) -> Scheme:
    """One overlay.

    Raises:
        ConfigError: it is not as its schema says; with file, key, what was found and what was expected.
    """
    from conformance.core.schema import load_document  # noqa: PLC0415 - the records alone are what judges read

    return msgspec.convert(dict(load_document(path, "qr-scheme").data), Scheme)


@cache
def shipped_schemes() -> tuple[Scheme, ...]:
    """The overlays of `profiles/qr/`, in the order of their files."""
    return tuple(load_scheme(path) for path in sorted((profiles_dir() / "qr").glob("*.toml")))


def of_country(schemes: Iterable[Scheme], country: str) -> tuple[Scheme, ...]:
    """The schemes of one country."""
    return tuple(scheme for scheme in schemes if scheme.country == country)
