"""Each rule on its own: a sound code breaks none, one change breaks exactly the one that is meant, at its place."""

from __future__ import annotations

import pytest

from conformance.payments.qr.build import Field, body, payload, sealed, tlv
from conformance.payments.qr.check import check, sound, verdicts
from conformance.payments.qr.facts import facts_of
from conformance.payments.qr.findings import CLAUSES
from conformance.payments.qr.parse import read
from conformance.payments.qr.sandbox_issuer import DYNAMIC, MERCHANT, SETS
from tests.payments.qr.known import KNOWN, SOUND, STATIC, dynamic, place, rules


def test_the_sandboxes_codes_break_nothing() -> None:
    for country, made in SETS.items():
        for entry in made():
            found = check(entry.payload, KNOWN, sandbox=True)
            binding = [each for each in found if not each.note and each.clause.layer.value != "cross-border"]
            assert binding == [], (country, entry.name)
            if entry.cross_border:
                assert [each for each in found if each.clause.layer.value == "cross-border"] == []


Case = tuple[str, str, str]

CASES: list[Case] = [
    ("duplicate", "53", payload((*DYNAMIC, ("53", "963")))),
    ("duplicate", "62.07", dynamic(("62", (("07", "A"), ("07", "B"))))),
    ("first", "00", payload((DYNAMIC[1], DYNAMIC[0], *DYNAMIC[2:]))),
    ("first", "00", payload(DYNAMIC[1:])),
    ("format-indicator", "00", dynamic(("00", "02"))),
    ("format-indicator", "00", dynamic(("00", "03"))),
    ("last", "63", SOUND + "9903ABC"),
    ("last", "63", SOUND + "\n"),
    ("last", "63", SOUND + "x"),
    ("crc-absent", "63", body(DYNAMIC)),
    ("crc-value", "63", SOUND[:-4] + ("1234" if SOUND[-4:] != "1234" else "4321")),
    ("crc-form", "63", SOUND[:-4] + "12G4"),
    ("reserved-id", "65", dynamic(("65", "X"))),
    ("reserved-id", "79", dynamic(("79", "X"))),
    ("reserved-id", "62.12", dynamic(("62", (("12", "X"),)))),
    ("reserved-id", "62.00", dynamic(("62", (("00", "X"),)))),
    ("reserved-id", "64.03", dynamic(("64", (("00", "en"), ("01", "A"), ("03", "B"))))),
    ("initiation", "01", dynamic(("01", "13"))),
    ("initiation", "01", dynamic(("01", "31"))),
    ("initiation-amount", "01", dynamic(("01", "11"))),
    ("initiation-amount", "01", dynamic(without=("01",))),
    *(
        ("amount", "54", dynamic(("54", each)))
        for each in ("0", "0.00", "-1", "+1", "1e3", "1,000", "1.2.3", ".", ".5", "12345678901234", "1 0", "\u0661")
    ),
    *(("currency", "53", dynamic(("53", each))) for each in ("MMK", "999", "96", "9630", "\uff19\uff16\uff13")),
    ("scheme-currency", "53", dynamic(("53", "702"))),
    ("decimals", "54", dynamic(("54", "1.234"))),
    *(("country", "58", dynamic(("58", each))) for each in ("la", "RP", "RI", "RC", "XXX", "1")),
    ("tip", "55", dynamic(("55", "04"))),
    ("tip", "56", dynamic(("55", "02"))),
    ("tip", "56", dynamic(("55", "01"), ("56", "1"))),
    ("tip", "57", dynamic(("55", "03"), ("57", "100"))),
    ("tip", "57", dynamic(("55", "03"), ("57", "0"))),
    ("tip", "57", dynamic(("55", "03"), ("57", "5%"))),
    ("tip", "56", dynamic(("55", "02"), ("56", "0"))),
    *(("mandatory", each, dynamic(without=(each,))) for each in ("52", "53", "58", "59", "60")),
    ("account", "02", dynamic(without=("26",))),
    ("form", "52", dynamic(("52", "541"))),
    ("form", "59", dynamic(("59", "A" * 26))),
    ("form", "60", dynamic(("60", "A" * 16))),
    ("form", "61", dynamic(("61", "A" * 11))),
    ("characters", "59", dynamic(("59", "A\0B"))),
    ("characters", "59", dynamic(("59", "A\u202eB"))),
    ("characters", "59", dynamic(("59", "e\u0301"))),
    ("local-name", "59", dynamic(("59", "ហាង"))),
    ("guid", "26", dynamic(("26", (("01", "999901"),)))),
    ("guid", "27", dynamic(("27", (("00", "no guid"),)))),
    ("guid", "27", dynamic(("27", (("00", "A" * 33),)))),
    ("unreserved-guid", "80", dynamic(("80", (("01", "X"),)))),
    ("unreserved-guid", "82", dynamic(("82", "opaque"))),
    ("additional-data", "62.05", dynamic(("62", (("05", "R" * 26),)))),
    ("template-form", "62.09", dynamic(("62", (("09", "X"),)))),
    ("template-form", "62.09", dynamic(("62", (("09", "AA"),)))),
    ("template-form", "62.10", dynamic(("62", (("10", "9" * 21),)))),
    ("template-form", "62.11", dynamic(("62", (("11", "1"),)))),
    ("template-form", "64", dynamic(("64", (("00", "en"),)))),
    ("template-form", "64", dynamic(("64", (("01", "A"),)))),
    ("template-form", "64.01", dynamic(("64", (("00", "en"), ("01", "A" * 26))))),
    ("layout", "26.01", dynamic(("26", (("00", "TEST.XA-PAY"), ("01", "BANK"), ("02", "T"))))),
    ("layout", "26.02", dynamic(("26", (("00", "TEST.XA-PAY"), ("01", "999901"))))),
    ("layout", "58", dynamic(("58", "SG"))),
    ("cross-country", "58", dynamic(("58", "RP"))),
    ("cross-currency", "53", dynamic(("53", "XTS"))),
    ("cross-mandatory", "60", dynamic(without=("60",))),
    ("overrun", "62", sealed(body(DYNAMIC) + "62100799ABCDEF")),
]
"""(rule, path, payload): the rule is broken there."""


@pytest.mark.parametrize(
    ("rule", "path", "text"), CASES, ids=[f"{rule}-{number}" for number, (rule, *_) in enumerate(CASES)]
)
def test_a_rule_is_broken_where_it_is(rule: str, path: str, text: str) -> None:
    found = {(each.rule, each.path) for each in check(text, KNOWN, sandbox=True)}
    assert (rule, path) in found


def test_every_rule_is_broken_by_something() -> None:
    elsewhere = {"encoding", "size", "empty", "id", "length", "long", "crc-octets", "cross-account"}
    assert set(CLAUSES) == {rule for rule, *_ in CASES} | elsewhere


@pytest.mark.parametrize(
    ("rule", "text", "where"),
    [
        ("amount", dynamic(("54", "1e3")), ("54", SOUND.index("5405"))),
        ("country", dynamic(("58", "RP")), ("58", SOUND.index("5802"))),
        ("crc-absent", body(DYNAMIC), ("63", len(body(DYNAMIC)))),
        ("last", SOUND + "x", ("63", len(SOUND))),
    ],
)
def test_a_finding_says_its_offset(rule: str, text: str, where: tuple[str, int]) -> None:
    path, offset = place(text, rule)
    assert path == where[0]
    assert offset == where[1] or text[offset : offset + 2] == path


def test_nothing_else_is_found_where_one_thing_is_wrong() -> None:
    """What stands beside a finding is a consequence of it, listed below."""
    more = {
        (rule, path): extra
        for rule, path, text in CASES
        if (extra := set(rules(text)) - {rule} - BESIDE.get(rule, set()) - BESIDE.get(f"{rule}:{path}", set()))
    }
    assert more == {}


BESIDE = {
    "account": {"cross-account"},
    "characters": {"local-name"},
    "country": {"cross-country"},
    "cross-country": {"country"},
    "cross-currency": {"currency", "scheme-currency"},
    "cross-mandatory": {"mandatory"},
    "currency": {"scheme-currency", "cross-currency"},
    "guid": {"cross-account"},
    "last": {"characters", "unreserved-guid"},
    "first": {"format-indicator"},
    "mandatory": {"cross-mandatory"},
}


def test_wide_tips_are_arguable_and_accepted() -> None:
    """57 has no fixed width: 5, 05 and 5.00 say the same."""
    for text in ("5", "05", "5.0", "05.00", "99.99", "0.01"):
        assert rules(dynamic(("55", "03"), ("57", text))) == []


@pytest.mark.parametrize("text", ["98.", "1", "0.01", "9999999999999", "10.50"])
def test_amounts_that_are_right(text: str) -> None:
    assert rules(dynamic(("54", text))) == []


def test_more_than_512_characters_is_advice() -> None:
    others: list[Field] = [(f"{i}", (("00", f"TEST.OTHER-{i}"), ("01", "9" * 70))) for i in range(40, 46)]
    text = payload((*MERCHANT, *others))
    assert rules(text) == ["long"]
    assert sound(check(text, KNOWN, sandbox=True))


def test_the_codes_of_the_sandbox_are_codes_there_alone() -> None:
    assert {each.rule for each in check(STATIC, KNOWN)} >= {"currency", "country"}
    assert rules(STATIC) == []


def test_advice_spoils_no_verdict() -> None:
    facts = facts_of(read(dynamic(("01", "11"))), KNOWN, sandbox=True)
    found = check(dynamic(("01", "11")), KNOWN, sandbox=True)
    assert [each.rule for each in found] == ["initiation-amount"]
    assert verdicts(facts, found).core


@pytest.mark.parametrize(
    ("way", "made"),
    [
        ("over UTF-16 units & 0xFF", lambda text: bytes(ord(c) & 0xFF for c in text)),
        ("without the trailing 6304", None),
    ],
)
def test_a_known_way_of_a_wrong_crc_is_named(way: str, made: object) -> None:
    from conformance.payments.qr.crc import WAYS  # noqa: PLC0415

    text = body((*MERCHANT, ("64", (("00", "en"), ("01", "🛍"))))) + "6304"
    found = check(f"{text}{WAYS[way](text):04X}", KNOWN, sandbox=True)
    assert any(way in each.message for each in found if each.rule == "crc-value")


def test_a_slip_is_told_from_a_code() -> None:
    slip = tlv("00", "000600000101030990218202600000000000000001") + "5102TH" + "9104ABCD"
    (found,) = [each for each in check(slip, KNOWN) if each.rule == "format-indicator"]
    assert "slip" in found.message
