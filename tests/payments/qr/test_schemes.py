"""Overlays: every scheme recognised by its GUID wherever it stands, three verdicts a code, and tables that are data."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core.errors import ConfigError
from conformance.core.paths import profiles_dir
from conformance.payments.qr.build import changed, payload
from conformance.payments.qr.check import Verdicts, check_facts, verdicts
from conformance.payments.qr.facts import facts_of
from conformance.payments.qr.parse import read
from conformance.payments.qr.recognise import registry
from conformance.payments.qr.schemes import load_scheme, shipped_schemes
from conformance.payments.qr.vectors_bases import BASES
from tests.payments.qr.known import KNOWN

SYNTHETIC: list[tuple[str, str, Verdicts]] = [
    (
        "paynow",
        (
            "00020101021226490009SG.PAYNOW010120210T26AA0001Z0301005082027123152040000530370254041.235802SG"
            "5915EXAMPLE PTE LTD6009Singapore62120108INV-0001630477A4"
        ),
        Verdicts(True, True, True),
    ),
    (
        "duitnow",
        (
            "00020201021226420014A000000615000101069999990210TESTQR000152045411530345854041.235802MY"
            "5915EXAMPLE SDN BHD6012KUALA LUMPUR63045DD1"
        ),
        Verdicts(False, True, True),
    ),
    (
        "promptpay",
        ("00020101021229370016A00000067701011101130066800000000530376454041.235802TH63046553"),
        Verdicts(False, True, False),
    ),
    (
        "promptpay",
        (
            "00020101021230630016A00000067701011201150999999999999000208REF1TEST0308REF2TEST530376454041.23"
            "5802TH5910EXAMPLE CO63046F30"
        ),
        Verdicts(False, True, False),
    ),
    (
        "qris",
        (
            "00020101021226630017ID.CO.EXAMPLE.WWW011893609999000000000102090000000010303UMI51440014ID.CO.QRIS.WWW"
            "0215ID10200000000000303UMI5204541153033605405123005802ID5912EXAMPLE TOKO6007JAKARTA61051011063045365"
        ),
        Verdicts(True, True, True),
    ),
    (
        "qrph",
        (
            "00020101021228520011ph.ppmi.p2m0111XXXXPHM1XXX0311TESTMERCH01050303052045411530360854041.235802PH"
            "5911EXAMPLE INC6006MANILA63041FA3"
        ),
        Verdicts(True, True, True),
    ),
    (
        "vietqr",
        (
            "00020101021238540010A00000072701240006999999011000000000010208QRIBFTTA53037045405123005802VN"
            "62080804TEST6304CA58"
        ),
        Verdicts(False, True, False),
    ),
    (
        "khqr",
        (
            "00020101021229130009test@test52045999530311654035005802KH5912Example Shop6010Phnom Penh"
            "99340013189349920000001131893501000000630423CD"
        ),
        Verdicts(False, True, True),
    ),
    (
        "laoqr",
        (
            "00020101021238570016A00526628466257701082771041802030010314TESTRECEIVER0153034185405123005802LA"
            "5912EXAMPLE SHOP630465F6"
        ),
        Verdicts(False, True, False),
    ),
    (
        "mmqr",
        (
            "00020101021226440011MM.COM.MMQR01150000000000000010206000000520454115303104540412305802MM"
            "5912EXAMPLE SHOP6006YANGON6304FD86"
        ),
        Verdicts(True, False, False),
    ),
    (
        "mmqr",
        (
            "00020101021226440011MM.COM.MMQR01150000000000000010206000000520454115303104540412305802MM"
            "5912EXAMPLE SHOP6006YANGON64150002my0105ဆိုင်63040216"
        ),
        Verdicts(True, True, True),
    ),
]
"""Made-up codes with the verdicts that were written down before there was a parser."""


def judged(text: str) -> tuple[Verdicts, tuple[str, ...]]:
    facts = facts_of(read(text), KNOWN)
    return verdicts(facts, check_facts(facts)), tuple(match.layout.scheme.id for match in facts.matches)


@pytest.mark.parametrize(("scheme", "text", "expected"), SYNTHETIC)
def test_three_verdicts_of_every_scheme(scheme: str, text: str, expected: Verdicts) -> None:
    said, found = judged(text)
    assert said == expected
    assert set(found) == {scheme}


@pytest.mark.parametrize("scheme", [name for name in BASES if name != "emvco"])
def test_a_scheme_is_found_wherever_it_stands(scheme: str) -> None:
    fields = BASES[scheme].static
    account = next(name for name, value in fields if "26" <= name <= "51" and not isinstance(value, str))
    for wherever in ("26", "33", "36", "50"):
        moved = (*changed(fields, without=(account,)), (wherever, dict(fields)[account]))
        facts = facts_of(read(payload(moved)), KNOWN, sandbox=True)
        assert scheme in {match.layout.scheme.id for match in facts.matches}, wherever


def test_the_number_of_a_template_recognises_nothing() -> None:
    fields = changed(BASES["paynow"].static, ("26", (("00", "TEST.NOBODY"), ("01", "1"))))
    assert facts_of(read(payload(fields)), KNOWN).matches == ()


def test_an_account_in_place_of_a_guid_is_of_its_own_country_alone() -> None:
    abroad = changed(BASES["khqr"].static, ("58", "TH"))
    assert facts_of(read(payload(abroad)), KNOWN).matches == ()


@pytest.mark.parametrize("scheme", [name for name in BASES if name != "emvco"])
def test_a_scheme_is_broken_by_another_currency_and_country(scheme: str) -> None:
    for change, rule in ((("53", "392"), "scheme-currency"), (("58", "JP"), "layout")):
        if rule == "layout" and scheme in ("khqr", "qris"):
            continue  # recognised in their own country alone
        facts = facts_of(read(payload(changed(BASES[scheme].static, change))), KNOWN, sandbox=True)
        assert rule in {each.rule for each in check_facts(facts) if not each.note}


def test_what_is_uncertain_is_reported_and_not_judged() -> None:
    """SGQR v1.7 contradicts itself on 04 and 05, so a reference at 04 is no violation."""
    account = (("00", "SG.PAYNOW"), ("01", "2"), ("02", "T26AA0001Z"), ("03", "1"), ("04", "INV-1"))
    facts = facts_of(read(payload(changed(BASES["paynow"].static, ("26", account)))), KNOWN)
    (found,) = [each for each in check_facts(facts) if each.rule == "layout"]
    assert "contradicts" in found.note
    assert verdicts(facts, (found,)).dialect


def test_where_nothing_is_published_nothing_is_recognised() -> None:
    silent = [scheme for scheme in shipped_schemes() if not scheme.published]
    assert {scheme.country for scheme in silent} == {"BN", "TL"}
    assert all(not scheme.template for scheme in silent)


def test_two_schemes_allow_together_what_both_allow() -> None:
    """A label for VietQR and DuitNow needs its name, although VietQR alone does not."""
    both = (*BASES["vietqr"].static, ("26", (("00", "A0000006150001"), ("01", "999999"), ("02", "X"))))
    facts = facts_of(read(payload(both)), KNOWN)
    missing = {each.path for each in check_facts(facts) if each.rule == "mandatory" and not each.note}
    assert missing == {"52", "59", "60"}


def test_a_regulator_adds_a_scheme_without_code(tmp_path: Path) -> None:
    text = (profiles_dir() / "qr" / "sandbox-xa.toml").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text.replace("TEST.XA-PAY", "TEST.NEW-PAY").replace('"sandbox-xa"', '"new"'), encoding="utf-8")
    known = registry((load_scheme(own),))
    fields = changed(BASES["sandbox-xa"].static, ("26", (("00", "TEST.NEW-PAY"), ("01", "999901"), ("02", "SHOP"))))
    facts = facts_of(read(payload(fields)), known, sandbox=True)
    assert [match.layout.scheme.id for match in facts.matches] == ["new"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('country = "XA"', 'country = "JP"', "country"),
        ('id = "merchant"', 'identity = "merchant"', "identity"),
        ("963 = 2", "XTS = 2", "currencies"),
        ('kind = "merchant"', 'kind = "shop"', "kind"),
    ],
)
def test_an_overlay_that_is_wrong_is_refused(tmp_path: Path, old: str, new: str, key: str) -> None:
    text = (profiles_dir() / "qr" / "sandbox-xa.toml").read_text(encoding="utf-8")
    assert old in text
    own = tmp_path / "own.toml"
    own.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_scheme(own)
    assert key in str(caught.value)
