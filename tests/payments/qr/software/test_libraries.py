"""Readers and generators that nobody here wrote: every disagreement with the vectors is one that was judged by hand."""

from __future__ import annotations

import tomllib

import pytest

from conformance.core.model import Status
from tests.payments.qr.software.libraries import HERE, READERS, Library, absent, answers, broken, outcomes, written

DISAGREEMENTS = tomllib.loads((HERE / "disagreements.toml").read_text(encoding="utf-8"))
GENERATORS = tomllib.loads((HERE / "generators.toml").read_text(encoding="utf-8"))

pytestmark = pytest.mark.software


@pytest.mark.parametrize("library", READERS, ids=lambda each: each.name)
def test_a_reader_disagrees_where_it_is_known_to(library: Library) -> None:
    if why := absent(library):
        pytest.skip(why)
    listed = dict(DISAGREEMENTS[library.name])
    sometimes = set(listed.pop("sometimes", ()))
    seen = {
        requirement: [each.message for each in outcome.violations][:5] or outcome.detail
        for requirement, outcome in outcomes(library).items()
        if outcome.status not in (Status.PASS, Status.NOT_TESTED)
    }
    assert set(seen) - sometimes == set(listed), seen
    assert all(len(reason) >= 10 for reason in listed.values())


@pytest.mark.parametrize("library", READERS, ids=lambda each: each.name)
def test_a_reader_was_really_asked(library: Library) -> None:
    if why := absent(library):
        pytest.skip(why)
    said = answers(library)
    assert said.implementation.startswith(library.name)
    assert sum(each.word == "output" for each in said.items) >= 5
    assert sum(outcome.status is Status.PASS for outcome in outcomes(library).values()) >= 3


def test_every_disagreement_is_of_a_reader() -> None:
    assert set(DISAGREEMENTS) == {library.name for library in READERS}


def test_what_generators_write_is_judged() -> None:
    made = written()
    if not made:
        pytest.skip("no generator is installed; .ci/install does that")
    for name, text in made.items():
        assert text.startswith("0002"), (name, text)
        assert {each.rule for each in broken(text)} == set(GENERATORS.get(name, ())), (name, broken(text))
    assert len(made) >= 9
