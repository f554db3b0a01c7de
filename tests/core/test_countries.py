"""The country register: eleven members, in order, with what is and is not published and where that was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core import countries
from conformance.core.countries import MEMBERS, load_countries
from conformance.core.errors import ConfigError
from conformance.core.paths import profiles_dir

CURRENCIES = {
    "BN": ("BND", "096"), "KH": ("KHR", "116"), "ID": ("IDR", "360"), "LA": ("LAK", "418"), "MY": ("MYR", "458"),
    "MM": ("MMK", "104"), "PH": ("PHP", "608"), "SG": ("SGD", "702"), "TH": ("THB", "764"), "TL": ("USD", "840"),
    "VN": ("VND", "704"),
}  # fmt: skip


def test_the_members_are_eleven_in_order() -> None:
    assert " ".join(country.code for country in load_countries()) == "BN KH ID LA MY MM PH SG TH TL VN"


def test_the_currencies_are_those_of_iso_4217() -> None:
    assert {each.code: (each.currency, each.currency_number) for each in load_countries()} == CURRENCIES


def test_every_country_says_what_is_not_published_and_every_fact_its_source() -> None:
    for country in load_countries():
        assert country.not_published, country.code
        for fact in (*country.published, *country.not_published):
            assert fact.source, (country.code, fact.what)
            assert fact.confidence in ("read", "background", "uncertain")


def test_what_was_read_nowhere_does_not_claim_to_be_read() -> None:
    for country in load_countries():
        for fact in (*country.published, *country.not_published):
            doubtful = "not found" in fact.source or "not confirmed" in fact.source
            assert doubtful == (fact.confidence != "read") or fact.confidence == "uncertain", (country.code, fact.what)


def test_no_country_is_assessed() -> None:
    """Neutral words: what is absent says nothing about a service."""
    text = (profiles_dir() / "countries.toml").read_text(encoding="utf-8").lower()
    assert not [word for word in ("insecure", "weak security", "poor", "behind", "fails", "bad ") if word in text]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('code = "KH"', 'code = "BN"', " ".join(MEMBERS)),
        ('code = "KH"', 'code = "XX"', "one of BN, KH, ID, LA, MY, MM, PH, SG, TH, TL, VN"),
        ('currency_number = "096"', "currency_number = 96", "a string"),
        ('currency = "BND"', 'currency = "bnd"', "iSO 4217 code"),
        ('confidence = "read"', 'confidence = "sure"', "one of read, background, uncertain"),
        ('area = "qr"', 'area = "tls"', "one of e-id, payments, qr"),
    ],
    ids=["twice", "code", "number", "currency", "confidence", "area"],
)
def test_a_wrong_register_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, expected: str
) -> None:
    text = (profiles_dir() / "countries.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "countries.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(countries, "profiles_dir", lambda: tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_countries.__wrapped__()
    assert caught.value.expected == expected
