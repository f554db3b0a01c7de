"""The parser: what was written is read, every change is seen or harmless, and nothing makes it raise or linger."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.core.codec import decode, encode
from conformance.payments.qr.build import Field, body, payload, sealed
from conformance.payments.qr.crc import crc16, crc_of, way_of
from conformance.payments.qr.mutate import mutations
from conformance.payments.qr.parse import MAX_CHARACTERS, TEMPLATES, QrError, Reading, parse, read
from conformance.payments.qr.tlv import DataObject
from tests.payments.qr.known import ANNEX_B7, KNOWN, SOUND, rules

CHARACTERS = st.characters(codec="utf-8")
PLAIN_IDS = sorted({f"{i:02}" for i in range(100)} - TEMPLATES - {"63"})


def values(most: int = 99) -> st.SearchStrategy[str]:
    return st.text(CHARACTERS, min_size=1, max_size=most)


def inner() -> st.SearchStrategy[tuple[Field, ...]]:
    names = st.lists(st.sampled_from([f"{i:02}" for i in range(100)]), min_size=1, max_size=4, unique=True)
    return names.flatmap(lambda ids: st.tuples(*(st.tuples(st.just(name), values(15)) for name in ids)))


def fields() -> st.SearchStrategy[list[Field]]:
    plain = st.tuples(st.sampled_from(PLAIN_IDS), values(30))
    template = st.tuples(st.sampled_from(sorted(TEMPLATES)), inner())
    return st.lists(st.one_of(plain, template), min_size=1, max_size=12, unique_by=lambda each: each[0])


def written(objects: tuple[DataObject, ...], *, opened: bool = True) -> tuple[Field, ...]:
    """Fields as they were written, from what was read."""
    return tuple((o.id, written(o.objects, opened=False) if opened and o.id in TEMPLATES else o.value) for o in objects)


@settings(max_examples=60)
@given(fields())
def test_what_was_written_is_read(made: list[Field]) -> None:
    text = payload(made)
    objects = parse(text)
    assert written(objects[:-1]) == tuple(made)
    assert objects[-1].id == "63"
    for each in objects:
        assert text[each.offset : each.offset + 2] == each.id
        assert text[each.offset + 4 : each.offset + 4 + len(each.value)] == each.value
        for one in each.objects:
            assert text[one.offset : one.offset + 2] == one.id


@settings(max_examples=40)
@given(fields())
def test_a_reading_survives_being_stored(made: list[Field]) -> None:
    reading = read(payload(made))
    assert decode(encode(reading), Reading) == reading


@given(st.one_of(st.text(), st.binary(), st.text(st.sampled_from("0123456789AZ")), st.text(st.characters())))
@example("\ud800")
@example("0002\udfff1")
@example("00020\u0661")
@example(b"\xff")
def test_nothing_but_a_qr_error_is_raised(text: str | bytes) -> None:
    reading = read(text)
    encode(reading)  # whatever was read can be stored
    rules(text)
    if not reading.fatal:
        assert parse(text) == reading.objects
        return
    with pytest.raises(QrError) as caught:
        parse(text)
    assert caught.value.defect in reading.defects
    assert 0 <= caught.value.defect.offset <= len(text)


@settings(max_examples=60)
@given(st.integers(0, len(SOUND) - 1), CHARACTERS)
def test_a_changed_character_is_detected(at: int, other: str) -> None:
    """CRC-16 finds every burst of at most 16 bits: another ASCII character is always found, as is any but by chance."""
    text = SOUND[:at] + other + SOUND[at + 1 :]
    if text == SOUND:
        assert rules(text) == []
    elif other.isascii() or not set(rules(text)) & {"crc-value"}:
        assert rules(text), f"{other!r} at {at} is not detected"


def test_every_single_ascii_change_of_a_sound_code_is_detected() -> None:
    """Exhaustive: one octet for another is a burst of 8 bits, which a CRC of 16 cannot miss."""
    for at in range(len(SOUND)):
        for other in "0123456789ABCDEF %a":
            if SOUND[at] != other:
                assert rules(SOUND[:at] + other + SOUND[at + 1 :]), f"{other!r} at {at}"


def test_insertions_and_removals_are_detected() -> None:
    missed = [text for text in mutations(SOUND, 2000) if not rules(text)]
    assert missed == []


@pytest.mark.parametrize(
    ("text", "kind", "offset", "path"),
    [
        ("", "empty", 0, ""),
        ("0", "id", 0, ""),
        ("000201X", "id", 6, ""),
        ("000201A10411", "id", 6, ""),
        ("0002010Z02AB", "id", 6, ""),
        ("00020101 211", "length", 8, ""),
        ("000201010011", "length", 8, ""),
        ("0002015303963590", "id", 13, ""),
        ("0002015999AB", "overrun", 8, ""),
        ("00020126090011AB", "overrun", 8, ""),
        (body([("00", "01"), ("26", "0009ABC")]), "overrun", 12, "26"),
        (body([("00", "01"), ("62", "07")]), "id", 10, "62"),
        ("00020101\uff10\uff1211", "length", 8, ""),
        ("00020101\u0660\u066211", "length", 8, ""),
        ("000201" + "9" * MAX_CHARACTERS, "size", MAX_CHARACTERS, ""),
        ("000201\ud83d", "encoding", 6, ""),
        (b"000201\xc3\x28", "encoding", 6, ""),
        ("https://example.test/", "id", 0, ""),
    ],
)
def test_a_defect_says_where_and_what(text: str | bytes, kind: str, offset: int, path: str) -> None:
    with pytest.raises(QrError) as caught:
        parse(text)
    assert (caught.value.defect.kind, caught.value.defect.offset, caught.value.defect.path) == (kind, offset, path)
    assert f"offset {offset}" in str(caught.value)


def test_lengths_count_code_points() -> None:
    """An astral character counts one, where UTF-16 has two units and UTF-8 four octets."""
    text = payload([("00", "01"), ("64", (("00", "en"), ("01", "🛍")))])
    assert "0101🛍" in text
    assert parse(text)[1].objects[1].value == "🛍"


def test_what_an_unreserved_template_holds_spoils_nothing() -> None:
    digest = "0123456789abcdef0123456789abcdef01234567"
    reading = read(payload([("00", "01"), ("82", digest)]))
    assert [each.path for each in reading.defects] == ["82"]
    assert reading.fatal == ()
    assert reading.objects[1].value == digest


def test_templates_are_opened_once_and_no_deeper() -> None:
    """Nesting a thousand deep cannot be written into 99 characters; what can be is read one level down."""
    text = "X"
    while len(text) < 92:
        text = f"50{len(text):02}{text}"
    (template,) = [each for each in parse(sealed("000201" + f"80{len(text):02}{text}")) if each.id == "80"]
    assert [one.objects for one in template.objects] == [()]


@pytest.mark.parametrize("unit", ["9", "0104", "5303963", "[", "\0", "\U0001f6cd", "26040011"])
def test_a_megabyte_is_refused_at_once(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    begun = time.process_time()
    assert read(text).fatal[0].kind == "size"
    assert time.process_time() - begun < 0.2


def test_time_is_linear() -> None:
    def cost(count: int) -> float:
        text = "5303963" * count
        best = 9.9
        for _ in range(7):
            begun = time.process_time()
            read(text)
            best = min(best, time.process_time() - begun)
        return best

    assert cost(1000) < 40 * max(cost(100), 1e-5)


def test_the_crc_is_that_of_the_standard() -> None:
    assert crc16(b"123456789") == 0x29B1
    assert ANNEX_B7[-4:] == crc_of(ANNEX_B7[:-4]) == "A13A"
    assert way_of(ANNEX_B7[:-4], "C919") == "over code points & 0xFF"


@pytest.mark.parametrize("rule", ["crc-value", "crc-octets"])
def test_the_standards_own_example_is_sound(rule: str) -> None:
    assert rules(ANNEX_B7) == ["cross-account"]
    wrong = ANNEX_B7[:-4] + "C919"
    assert rule in rules(wrong)


def test_known_is_loaded() -> None:
    assert len(KNOWN.schemes) >= 14
