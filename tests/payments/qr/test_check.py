"""Leaving out the rules that can find nothing hides nothing: all rules, one by one, find the same."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conformance.payments.qr.build import Field, body, changed, payload, sealed
from conformance.payments.qr.cases import shipped_cases
from conformance.payments.qr.check import check, check_facts, check_whole
from conformance.payments.qr.facts import facts_of
from conformance.payments.qr.parse import read
from conformance.payments.qr.rules import rules_for
from conformance.payments.qr.vectors_bases import BASES
from tests.payments.qr.known import KNOWN
from tests.payments.qr.test_parse import fields

IDS = st.one_of(
    st.sampled_from(["00", "01", "52", "53", "54", "55", "56", "57", "58", "62", "63", "64"]),
    st.integers(0, 99).map("{:02}".format),
)
VALUES = st.one_of(
    st.sampled_from(
        ["01", "02", "03", "11", "12", "13", "764", "963", "978", "999", "TH", "XA", "RP", "1.00", "0.00", "00.01"]
    ),
    st.sampled_from(
        [
            "0002en0104Name",
            "0002e10104Name",
            "0104Name",
            "0112A",
            "0007com.foo",
            "é",
            "e\u0301",
            "\u202e",
            "\x1b",
            "A" * 99,
        ]
    ),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
)
SOUND = sorted((name, each) for name, base in BASES.items() for each in (base.static, base.dynamic))


def hold(text: str | bytes) -> None:
    for sandbox in (False, True):
        facts = facts_of(read(text), KNOWN, sandbox=sandbox)
        found = check_whole(facts)
        assert check_facts(facts) == found
        for _ in range(2):  # what the first leaves in memory changes nothing
            assert check(text, KNOWN, sandbox=sandbox) == found


@given(st.sampled_from(SOUND), st.lists(st.tuples(IDS, VALUES), max_size=3), st.lists(IDS, max_size=2), st.booleans())
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_changed_code_is_judged_as_by_every_rule(
    base: tuple[str, tuple[Field, ...]], changes: list[Field], without: list[str], whole: bool
) -> None:
    made = [each for each in changed(base[1], *changes, without=without) if len(body([each])) < 104]
    hold(payload(made) if whole else body(made))


@given(fields(), st.permutations(range(4)))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_fields_in_any_order_are_judged_as_by_every_rule(made: list[Field], order: list[int]) -> None:
    hold(sealed(body(made[place] for place in order if place < len(made)) + body(made[1:])))


@given(st.one_of(st.text(), st.binary(), st.text(st.sampled_from("0123456789AZ"))))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example("")
@example("\ud800")
@example("0" * 8_000)
@example("000201" * 200)
@example("00020163041D0F99")
@example("000201800163049999")
def test_any_text_is_judged_as_by_every_rule(text: str | bytes) -> None:
    hold(text)


def test_every_vector_is_judged_as_by_every_rule() -> None:
    for case in shipped_cases():
        hold(case.text)


@pytest.mark.parametrize("place", range(0, 120, 5))
def test_every_change_of_one_character_is_judged_as_by_every_rule(place: int) -> None:
    for _, made in SOUND:
        text = payload(made)
        for new in ("0", "9", "A", "é"):
            hold(text[:place] + new + text[place + 1 :])


def test_little_is_kept_of_strangers_codes() -> None:
    for number in range(2_000):
        hold(f"0002{number % 90 + 10}0102{number % 89 + 10}53037{number % 90 + 10}")
    assert rules_for.cache_info().currsize <= 1_024
