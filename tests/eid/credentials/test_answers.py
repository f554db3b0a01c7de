"""Judges of the room: green, red, undecided, for every requirement."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from conformance.core.judging import load_judges
from conformance.core.model import NotTested, Reason, Requirement, Rule, Undecided, Untested, Violation
from conformance.core.profile import load_profile
from conformance.eid.credentials.area import CREDENTIALS
from conformance.eid.credentials.evidence import Group, Vectors
from tests.eid.credentials.evidence import changed, vectors

JUDGES = load_judges((CREDENTIALS,))
REQUIREMENTS = [each for each in load_profile("asean").requirements.values() if each.id in JUDGES]
GOOD = vectors()
REFUSED = {"word": "rejected", "text": "signature", "given": ""}


def judged(requirement: Requirement, record: Vectors) -> list[Violation]:
    return list(JUDGES[requirement.id].function(record, Rule(requirement.id, requirement.params)))


def places(requirement: Requirement, due: str) -> list[tuple[str, int]]:
    """Group and position of every case that is no control and of which this is due."""
    return [
        (group, position)
        for group in requirement.params["groups"]
        for position, answer in enumerate(GOOD.groups[group].answers)
        if not answer.control and answer.due == due
    ]


by_id = pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda each: each.id)
with_refusals = pytest.mark.parametrize(
    "requirement", [each for each in REQUIREMENTS if places(each, "rejected")], ids=lambda each: each.id
)
with_outputs = pytest.mark.parametrize(
    "requirement", [each for each in REQUIREMENTS if places(each, "output")], ids=lambda each: each.id
)


def test_every_requirement_of_the_room_has_a_judge() -> None:
    assert len(REQUIREMENTS) == len(JUDGES) == 50
    assert all(places(each, "rejected") or places(each, "output") for each in REQUIREMENTS)


@by_id
def test_answers_as_they_are_due_are_no_violation(requirement: Requirement) -> None:
    assert judged(requirement, GOOD) == []


@with_refusals
def test_hostile_case_that_is_accepted_is_a_violation(requirement: Requirement) -> None:
    group, position = places(requirement, "rejected")[0]
    (violation,) = judged(requirement, changed(GOOD, group, position, word="output", given="{}"))
    assert violation.message.startswith(f"accepts {group}-")
    assert violation.observed == "accepted"


@with_outputs
def test_good_case_that_is_refused_is_a_violation(requirement: Requirement) -> None:
    group, position = places(requirement, "output")[0]
    (violation,) = judged(requirement, changed(GOOD, group, position, **REFUSED))
    assert violation.message.startswith(f"refuses {group}-")
    (other,) = judged(requirement, changed(GOOD, group, position, given='{"x":2}'))
    assert (other.expected, other.observed) == ('{"x":1}', '{"x":2}')


@by_id
def test_control_that_is_not_answered_as_due_decides_nothing(requirement: Requirement) -> None:
    group = requirement.params["groups"][0]
    wrong = REFUSED if GOOD.groups[group].answers[0].due == "output" else {"word": "output", "given": "{}"}
    with pytest.raises(Undecided) as error:
        judged(requirement, changed(GOOD, group, 0, **wrong))
    assert error.value.reason is Reason.CONTROL_FAILED


@by_id
def test_empty_evidence_is_never_a_pass(requirement: Requirement) -> None:
    for groups in ({}, {name: Group("x", ()) for name in GOOD.groups}):
        with pytest.raises(Undecided) as error:
            judged(requirement, replace(GOOD, groups=groups))
        assert error.value.reason is Reason.NOT_OBSERVABLE
    alone = {name: replace(group, answers=group.answers[:1]) for name, group in GOOD.groups.items()}
    with pytest.raises(Undecided):
        judged(requirement, replace(GOOD, groups=alone))


@with_refusals
def test_crash_is_no_refusal(requirement: Requirement) -> None:
    group, position = places(requirement, "rejected")[0]
    with pytest.raises(Undecided) as error:
        judged(requirement, changed(GOOD, group, position, word="error", text="it was ended by SIGSEGV"))
    assert error.value.reason is Reason.HARNESS
    with pytest.raises(Undecided):
        judged(requirement, changed(GOOD, group, 0, word="error", text="x"))


@with_refusals
def test_refusal_for_another_reason_decides_nothing(requirement: Requirement) -> None:
    group, position = places(requirement, "rejected")[0]
    with pytest.raises(Undecided, match="refused for 'weather'"):
        judged(requirement, changed(GOOD, group, position, text="weather"))
    assert judged(requirement, changed(GOOD, group, position, text="invalid")) == []


@with_refusals
def test_what_is_not_supported_is_not_tested(requirement: Requirement) -> None:
    group, position = places(requirement, "rejected")[0]
    for at in (0, position):
        with pytest.raises(Untested) as error:
            judged(requirement, changed(GOOD, group, at, word="unsupported", text="no such format"))
        assert error.value.reason is NotTested.UNSUPPORTED


def test_a_violation_stands_beside_what_could_not_be_decided() -> None:
    requirement = next(each for each in REQUIREMENTS if each.id == "EID-SDJ-01")
    record = changed(GOOD, "sdj-signature", 1, word="output", given="{}")
    record = changed(record, "sdj-issuer", 1, word="error", text="x")
    found: list[Any] = []
    with pytest.raises(Undecided):
        found.extend(JUDGES[requirement.id].function(record, Rule(requirement.id, requirement.params)))
    generator = JUDGES[requirement.id].function(record, Rule(requirement.id, requirement.params))
    assert next(generator).message.startswith("accepts sdj-signature")
