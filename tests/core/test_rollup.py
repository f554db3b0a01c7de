"""The roll-up: the order of merging cannot matter, nothing is never a pass, and each statement has its condition."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.core.model import Basis, Cell, Level, NotTested, Requirement, Status
from conformance.core.rollup import Standing, Statement, Tally, standing, worst
from tests.core.demo import demand

statuses = st.sampled_from(list(Status))


def cell(requirement: Requirement, status: Status, service: str = "main", reason: str = "") -> Cell:
    return Cell("XA", "xa-demo", service, requirement.id, 1, requirement.level, status, requirement.basis, reason)


def stand(*found: tuple[Requirement, Status], survey: bool = False, stale: bool = False) -> Standing:
    """Each pair is one service's cell; a requirement may stand in several."""
    cells: dict[str, tuple[Cell, ...]] = {}
    for number, (requirement, status) in enumerate(found):
        cells[requirement.id] = (*cells.get(requirement.id, ()), cell(requirement, status, f"s{number}"))
    old = frozenset(c.key for many in cells.values() for c in many) if stale else frozenset()
    requirements = {requirement.id: requirement for requirement, _ in found}
    return standing(requirements.values(), cells, old, survey=survey)


MUST, OTHER_MUST, SHOULD = demand(1), demand(2, Level.MUST_NOT), demand(3, Level.SHOULD)
PASS, FAIL, ERROR, WARNING = Status.PASS, Status.FAIL, Status.ERROR, Status.WARNING
WAIVED, NOT_TESTED, NOT_APPLICABLE = Status.WAIVED, Status.NOT_TESTED, Status.NOT_APPLICABLE


def test_the_order_is_the_written_one() -> None:
    order = (FAIL, ERROR, NOT_TESTED, WAIVED, WARNING, PASS, NOT_APPLICABLE)
    for worse, better in pairwise(order):
        assert worst([better, worse]) is worse
    assert set(order) == set(Status)


def test_nothing_is_never_a_pass() -> None:
    assert worst([]) is NOT_TESTED
    assert Tally().worst is NOT_TESTED


@given(st.lists(statuses), st.randoms(use_true_random=False))
def test_any_permutation_comes_to_the_same(found: list[Status], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert worst(shuffled) is worst(found)
    assert Tally.of(shuffled) == Tally.of(found)


@given(st.lists(st.lists(statuses, min_size=1), min_size=1))
def test_any_grouping_comes_to_the_same(groups: list[list[Status]]) -> None:
    """Services into targets, targets into countries, runs into matrices: each may be merged first."""
    flat = [status for group in groups for status in group]
    assert worst(worst(group) for group in groups) is worst(flat)
    merged = Tally()
    for group in groups:
        merged = Tally.of(group) + merged
    assert merged == Tally.of(flat)
    assert merged.total == len(flat)
    assert merged.worst is worst(flat)


@given(st.lists(statuses, min_size=1))
def test_merging_twice_changes_no_verdict(found: list[Status]) -> None:
    assert worst([*found, *found, worst(found)]) is worst(found)


@given(st.lists(st.tuples(st.sampled_from([MUST, OTHER_MUST, SHOULD]), statuses), min_size=1), st.data())
def test_a_statement_does_not_depend_on_the_order_of_services(
    found: list[tuple[Requirement, Status]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(found))
    assert stand(*shuffled).statement is stand(*found).statement
    assert stand(*shuffled).tallies == stand(*found).tallies


@given(st.lists(st.tuples(st.sampled_from([MUST, OTHER_MUST, SHOULD]), statuses), min_size=1))
def test_conformant_is_said_only_where_every_must_holds_and_something_passed(
    found: list[tuple[Requirement, Status]],
) -> None:
    if stand(*found).statement is Statement.CONFORMANT:
        assert all(s in (PASS, NOT_APPLICABLE, WARNING) for r, s in found if r.level.binding)
        assert any(s is PASS for _, s in found)


@pytest.mark.parametrize(
    ("found", "statement"),
    [
        ([(MUST, PASS), (SHOULD, PASS)], "conformant"),
        ([(MUST, PASS), (OTHER_MUST, NOT_APPLICABLE)], "conformant"),
        ([(MUST, PASS), (SHOULD, WARNING)], "conformant"),
        ([(MUST, PASS), (OTHER_MUST, WARNING)], "conformant"),  # a MUST that is not in force yet
        ([(MUST, PASS), (SHOULD, ERROR)], "conformant"),
        ([(MUST, PASS), (SHOULD, NOT_TESTED)], "conformant"),
        ([(MUST, PASS), (OTHER_MUST, WAIVED)], "conformant with waivers"),
        ([(MUST, PASS), (SHOULD, WAIVED)], "conformant with waivers"),
        ([(MUST, FAIL), (OTHER_MUST, PASS)], "non-conformant"),
        ([(MUST, FAIL), (OTHER_MUST, ERROR)], "non-conformant"),
        ([(MUST, PASS), (MUST, FAIL)], "non-conformant"),  # two services
        ([(MUST, PASS), (OTHER_MUST, ERROR)], "undetermined"),
        ([(MUST, PASS), (OTHER_MUST, NOT_TESTED)], "undetermined"),
        ([(MUST, NOT_APPLICABLE)], "undetermined"),  # nothing was seen to hold
        ([(MUST, WAIVED)], "undetermined"),
    ],
)
def test_statement(found: list[tuple[Requirement, Status]], statement: str) -> None:
    assert stand(*found).statement == statement


def test_a_must_without_a_service_is_open() -> None:
    found = standing([MUST, OTHER_MUST], {MUST.id: (cell(MUST, PASS),)})
    assert found.statement is Statement.UNDETERMINED
    assert found.because == "1 of 2 MUST requirements are not decided"
    assert found.tallies["L"][NOT_TESTED] == 1


def test_no_cells_at_all_are_undetermined() -> None:
    assert standing([MUST], {}).statement is Statement.UNDETERMINED
    assert standing([MUST], {}).because == "no manifest has a service to check"
    assert standing([], {}).statement is Statement.UNDETERMINED


@pytest.mark.parametrize("status", list(Status), ids=str)
def test_old_cells_and_surveys_decide_nothing(status: Status) -> None:
    assert stand((MUST, PASS), (OTHER_MUST, status), stale=True).statement is Statement.UNDETERMINED
    assert stand((MUST, PASS), (OTHER_MUST, status), survey=True).statement is Statement.UNDETERMINED


def test_one_old_cell_blocks_conformant_but_no_fresh_fail() -> None:
    old, fresh = cell(MUST, PASS, "old"), cell(MUST, PASS, "fresh")
    assert standing([MUST], {MUST.id: (old, fresh)}, frozenset({old.key})).statement is Statement.UNDETERMINED
    broken = fresh.but(status=FAIL)
    assert standing([MUST], {MUST.id: (old, broken)}, frozenset({old.key})).statement is Statement.NON_CONFORMANT
    assert standing([MUST], {MUST.id: (fresh, broken)}, frozenset({broken.key})).statement is Statement.UNDETERMINED


def test_a_deselected_should_blocks_conformant() -> None:
    """A part of the profile is not the profile."""
    left_out = cell(SHOULD, NOT_TESTED, reason=NotTested.DESELECTED.value)
    found = standing([MUST, SHOULD], {MUST.id: (cell(MUST, PASS),), SHOULD.id: (left_out,)})
    assert found.statement is Statement.UNDETERMINED
    assert "deselected" in found.because


def test_bases_are_counted_apart_and_each_requirement_once() -> None:
    vectors = demand(4, basis=Basis.VECTORS)
    tallies = stand((MUST, PASS), (MUST, FAIL), (vectors, PASS)).tallies
    assert tallies["L"].found == ((FAIL, 1),)
    assert tallies["V"].found == ((PASS, 1),)
