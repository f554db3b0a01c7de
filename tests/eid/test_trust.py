"""Signed data of a country: nothing is used before everything about it holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance.core.model import NotTested, Undecided, Untested
from conformance.core.paths import profiles_dir
from conformance.eid import trust
from conformance.wire import jose
from conformance.wire.jws import SigningKey, compact, new_key, tampered

KEY = new_key("ES256", "lists")
TODAY = date(2026, 11, 28)
MAP: Mapping[str, Any] = {
    "country": "XA",
    "sequence": 7,
    "issued": "2026-11-01",
    "expires": "2026-12-31",
    "levels": [{"acr": "urn:x:high", "level": "high"}],
    "factors": ["urn:x:otp"],
}


def read(folder: Path, token: str, *, least: int = 0, key: SigningKey = KEY) -> Mapping[str, Any]:
    (folder / "data.jws").write_text(token, encoding="ascii")
    jwks = {"keys": [{**key.public_jwk, "kid": key.kid}, {"kty": "unknown"}, 5]}
    (folder / "keys.json").write_text(json.dumps(jwks), encoding="ascii")
    return trust.read_signed(
        "acr-map", folder / "data.jws", folder / "keys.json", country="XA", today=TODAY, least=least
    )


def test_good_data_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, trust.signed("acr-map", MAP, KEY), least=7)["levels"][0]["level"] == "high"


BAD: dict[str, tuple[Callable[[], str], str]] = {
    "tampered": (lambda: tampered(trust.signed("acr-map", MAP, KEY)), "signature does not verify"),
    "other-key": (lambda: trust.signed("acr-map", MAP, new_key("ES256", "lists")), "signature does not verify"),
    "unknown-kid": (lambda: trust.signed("acr-map", MAP, new_key("ES256", "x")), "not among the trusted"),
    "none": (lambda: compact(KEY, MAP, {"alg": "none", "typ": trust.TYPES["acr-map"]}), "not among the trusted"),
    "hs256": (
        lambda: jose.compact({"alg": "HS256", "typ": trust.TYPES["acr-map"], "kid": "lists"}, MAP, b"k"),
        "not among the trusted",
    ),
    "trust-list-as-map": (lambda: trust.signed("trust-list", MAP, KEY), "typ is not"),
    "crit": (lambda: compact(KEY, MAP, {"typ": trust.TYPES["acr-map"], "crit": ["x"]}), "crit"),
    "other-country": (lambda: trust.signed("acr-map", {**MAP, "country": "XB"}, KEY), "it is for XB"),
    "expired": (lambda: trust.signed("acr-map", {**MAP, "expires": "2026-11-27"}, KEY), "valid from"),
    "not-yet": (lambda: trust.signed("acr-map", {**MAP, "issued": "2026-11-29"}, KEY), "valid from"),
    "unknown-level": (
        lambda: trust.signed("acr-map", {**MAP, "levels": [{"acr": "a", "level": "medium"}]}, KEY),
        "medium",
    ),
    "unknown-member": (lambda: trust.signed("acr-map", {**MAP, "more": 1}, KEY), "more"),
    "no-jws": (lambda: json.dumps(MAP), "no JWS"),
    "duplicate-members": (
        lambda: compact(KEY, b'{"country":"XA","country":"XB"}', {"typ": trust.TYPES["acr-map"]}),
        "duplicate",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_data_is_not_used(name: str, tmp_path: Path) -> None:
    make, why = BAD[name]
    with pytest.raises(Undecided, match=why):
        read(tmp_path, make())


def test_an_older_edition_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(Undecided, match="older than 8"):
        read(tmp_path, trust.signed("acr-map", MAP, KEY), least=8)


def test_a_file_that_is_absent_is_no_credential(tmp_path: Path) -> None:
    with pytest.raises(Untested) as caught:
        trust.read_signed("acr-map", tmp_path / "no", tmp_path / "keys", country="XA", today=TODAY)
    assert caught.value.reason is NotTested.NO_CREDENTIAL


MEMBERS = ("BN", "ID", "KH", "LA", "MM", "MY", "PH", "SG", "TH", "TL", "VN")


@pytest.mark.parametrize("country", [*MEMBERS, "XA"])
def test_no_country_has_published_a_map(country: str) -> None:
    with pytest.raises(Untested) as caught:
        trust.shipped_map(country)
    assert caught.value.reason is NotTested.NOT_PUBLISHED


def test_shipped_maps_are_without_entries() -> None:
    files = sorted((profiles_dir() / "eid").glob("*.json"))
    assert tuple(path.stem for path in files) == MEMBERS
    for path in files:
        data = json.loads(path.read_bytes())
        assert (data["country"], data["levels"], data["factors"]) == (path.stem, [], [])
        assert data["note"]
