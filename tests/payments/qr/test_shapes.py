"""Codes judged by their shape are judged as by every rule, whatever was judged before them.

Every text here has its right CRC behind it unless the test is about that: without it no shape is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.payments.qr.build import Field, body, changed, payload, sealed
from conformance.payments.qr.cases import shipped_cases
from conformance.payments.qr.check import check, check_facts, check_whole
from conformance.payments.qr.facts import facts_of
from conformance.payments.qr.findings import Finding
from conformance.payments.qr.mutate import CHARACTERS
from conformance.payments.qr.parse import read
from conformance.payments.qr.recognise import registry
from conformance.payments.qr.shapes import MAX_KINDS, MAX_SHAPES, found_by_shape, memory_of
from conformance.payments.qr.tlv import pieces
from conformance.payments.qr.vectors_bases import BASES, LOCAL_NAMES
from tests.payments.qr.known import KNOWN

QRPH_62: Field = ("62", (("00", "ph.ppmi.qrph"), ("05", "INV-1")))
DIGEST: Field = ("82", "0123456789abcdef0123456789abcdef01234567")
CODES: tuple[tuple[Field, ...], ...] = (
    *(fields for base in BASES.values() for fields in (base.static, base.dynamic)),
    changed(BASES["qrph"].dynamic, QRPH_62),
    changed(BASES["duitnow"].dynamic, DIGEST),
    changed(
        BASES["sandbox-xa"].dynamic, ("55", "02"), ("56", "1.50"), ("62", (("01", "B1"), ("09", "ME"), ("50", "x")))
    ),
    *(changed(BASES["sandbox-xa"].static, name) for name in LOCAL_NAMES.values()),
)
"""Sound codes of every scheme, with what their documents allow beyond EMVCo."""

TEXTS = tuple(map(payload, CODES))


def whole(text: str, *, sandbox: bool) -> tuple[Finding, ...]:
    return check_whole(facts_of(read(text), KNOWN, sandbox=sandbox))


def hold(text: str) -> None:
    for sandbox in (True, False):
        due = whole(text, sandbox=sandbox)
        assert check(text, KNOWN, sandbox=sandbox) == due, text
        assert check(text, KNOWN, sandbox=sandbox) == due, text


@pytest.fixture(autouse=True, scope="module")
def _warm() -> None:
    """The shapes of all sound codes are remembered, so that those of this module meet them."""
    for text in TEXTS:
        hold(text)


def test_sound_codes_have_a_shape() -> None:
    """Else all else here is said of the whole way."""
    shaped = [text for text in TEXTS if found_by_shape(text, memory_of(KNOWN, True)) is not None]
    assert len(shaped) >= len(TEXTS) - 2


@pytest.mark.parametrize("text", TEXTS)
def test_every_change_of_one_character_is_judged_as_by_every_rule(text: str) -> None:
    for place in range(len(text) - 8):
        for new in "0Aé":
            hold(sealed(text[:place] + new + text[place + 1 : -8]))


@pytest.mark.parametrize("text", [payload(BASES[name].dynamic) for name in ("sandbox-xa", "khqr", "vietqr")])
def test_every_change_to_a_hostile_character_is_judged_as_by_every_rule(text: str) -> None:
    for place in range(len(text) - 8):
        for new in CHARACTERS:
            hold(sealed(text[:place] + new + text[place + 1 : -8]))
            hold(text[:place] + new + text[place + 1 :])


@pytest.mark.parametrize("text", TEXTS)
def test_a_cut_code_is_judged_as_by_every_rule(text: str) -> None:
    for end in range(len(text) - 8):
        hold(sealed(text[:end]))
        hold(text[:end])
        hold(text + text[:end])


def _rearranged(objects: list[str]) -> Iterator[list[str]]:
    for place, each in enumerate(objects):
        rest = objects[:place] + objects[place + 1 :]
        yield rest
        for other in range(len(rest) + 1):
            yield [*rest[:other], each, *rest[other:]]
            yield [*objects[:other], each, *objects[other:]]


@pytest.mark.parametrize("text", TEXTS)
def test_objects_left_out_moved_or_repeated_are_judged_as_by_every_rule(text: str) -> None:
    for objects in _rearranged(pieces(text)[:-1]):
        hold(sealed("".join(objects)))


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_template_holds_left_out_moved_or_repeated_is_judged_as_by_every_rule(text: str) -> None:
    objects = pieces(text)[:-1]
    for place, each in enumerate(objects):
        for inner in _rearranged(pieces(each, 4)):
            held = "".join(inner)
            if 0 < len(held) < 100:
                made = f"{each[:2]}{len(held):02}{held}"
                hold(sealed("".join([*objects[:place], made, *objects[place + 1 :]])))


VALUES = {
    "52": st.from_regex(r"[0-9A]{3,5}", fullmatch=True),
    "53": st.sampled_from(["963", "702", "458", "764", "360", "608", "704", "116", "840", "418", "104", "999", "THB"]),
    "54": st.from_regex(r"[0-9]{0,12}[.,]?[0-9]{1,3}", fullmatch=True),
    "58": st.sampled_from(["XA", "XB", "XC", "SG", "MY", "TH", "ID", "PH", "VN", "KH", "LA", "MM", "US", "RP", "th"]),
    "59": st.text(st.sampled_from("ABC é\u0301ก"), min_size=1, max_size=30),
    "60": st.text(st.sampled_from("ABC é\u0301ก"), min_size=1, max_size=20),
    "61": st.text(st.sampled_from("0123"), min_size=1, max_size=12),
}
GUIDS = (
    *("TEST.XA-PAY", "test.xa-pay", "TEST.XB-HOME", "SG.PAYNOW", "A0000006150001", "MM.COM.MMQR"),
    *("ID.CO.BANK.WWW", "COM.BANK.WWW", "shop@bank", "com.example", "?!"),
)
PARTS = tuple((f"{name:02}", value) for name in range(7) for value in ("0", "999999", "TESTSHOP1", "UMI", "x" * 33))


@st.composite
def same_shapes(draw: st.DrawFn) -> str:
    """Codes that differ from sound ones in values alone, within their forms or beyond."""
    fields = draw(st.sampled_from(CODES))
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=3, unique=True))
    made = changed(fields, *((name, draw(VALUES[name])) for name in names))
    if draw(st.booleans()):
        held = [("00", draw(st.sampled_from(GUIDS))), *draw(st.lists(st.sampled_from(PARTS), max_size=4))]
        if draw(st.booleans()):
            held = sorted(dict(held).items())
        if len(body(held)) < 100:
            made = changed(made, (draw(st.sampled_from(["26", "29", "51"])), tuple(held)))
    return payload(made)


@given(st.lists(same_shapes(), min_size=1, max_size=6))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_values_of_another_kind_are_judged_as_by_every_rule(texts: list[str]) -> None:
    for text in texts:
        hold(text)


@pytest.mark.parametrize("warm", [False, True])
def test_every_vector_is_judged_as_by_every_rule(warm: bool) -> None:
    if not warm:
        memory_of.cache_clear()
    for case in shipped_cases():
        hold(case.text)


def test_long_codes_are_judged_as_by_every_rule() -> None:
    """A code of a shape that is longer than 512 characters has one finding more."""
    cards: list[Field] = [(f"{name:02}", "9" * 39) for name in range(2, 12)]
    for fill in range(30, 60):
        text = payload([("00", "01"), *cards, ("12", "8" * fill), ("52", "5411"), ("58", "XA")])
        hold(text)
        assert (len(text) > 512) is ("long" in {each.rule for each in check(text, KNOWN)})


def test_what_cannot_be_read_has_no_shape() -> None:
    """A reading shows half a surrogate pair as an escape, and the text so shown may be a sound code."""
    shown = payload(changed(BASES["sandbox-xa"].dynamic, ("59", "SHOP \\ud83d")))
    hold(shown)
    facts = facts_of(read(shown.replace("\\ud83d", "\ud83d")), KNOWN, sandbox=True)
    assert facts.reading.text == shown
    assert [each.rule for each in check_facts(facts)] == ["encoding", "first"]


def test_what_is_remembered_is_bounded() -> None:
    known = registry(KNOWN.schemes)
    memory = memory_of(known, False)
    for number in range(MAX_KINDS + 50):
        check(sealed(f"0008{number:08}0102{number % 90 + 10}"), known)
        assert len(memory.kinds) <= MAX_KINDS
        assert len(memory.shapes) <= MAX_SHAPES
    for each in range(20):
        memory_of(registry(()), bool(each % 2))
    assert memory_of.cache_info().currsize <= 8


def test_registries_do_not_share_what_they_remember() -> None:
    text = payload(BASES["vietqr"].static)
    nothing = registry(())
    for known in (KNOWN, nothing, KNOWN):
        assert check(text, known) == check_whole(facts_of(read(text), known))
    assert check(text, KNOWN) != check(text, nothing)
