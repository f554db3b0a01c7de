"""The country register: the 11 members of ASEAN, and what each publishes that a conformance test could use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from conformance.core.errors import ConfigError
from conformance.core.paths import profiles_dir
from conformance.core.schema import load_document

MEMBERS = ("BN", "KH", "ID", "LA", "MY", "MM", "PH", "SG", "TH", "TL", "VN")
"""The members in the order of every report: alphabetical by their English names."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is published, or is not.

    area: `e-id`, `payments` or `qr`. confidence: `read` in the source named, `background` knowledge that was not
    confirmed in a source, or `uncertain` (inferred, one weak source, or sources disagree).
    """

    area: str
    what: str
    confidence: str
    source: str


@dataclass(frozen=True, slots=True)
class Country:
    """One country. code: ISO 3166-1 alpha-2; currency, currency_number: ISO 4217."""

    code: str
    name: str
    currency: str
    currency_number: str
    published: tuple[Fact, ...]
    not_published: tuple[Fact, ...]


@cache
def load_countries() -> tuple[Country, ...]:
    """The register, in the order of MEMBERS.

    Raises:
        ConfigError: the shipped file was changed and breaks its schema or the order.
    """
    document = load_document(profiles_dir() / "countries.toml", "countries")
    found = tuple(
        Country(
            code=entry["code"],
            name=entry["name"],
            currency=entry["currency"],
            currency_number=entry["currency_number"],
            published=tuple(Fact(**fact) for fact in entry["published"]),
            not_published=tuple(Fact(**fact) for fact in entry["not_published"]),
        )
        for entry in document.data["country"]
    )
    codes = tuple(country.code for country in found)
    if codes != MEMBERS:
        raise ConfigError(document.name, "country", " ".join(codes), " ".join(MEMBERS))
    return found
