"""Every fault turns red what it must and nothing else, and every conforming server of the sandbox is green."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest
from _pytest.mark.structures import ParameterSet

from conformance.areas import AREAS
from conformance.commands.prepare import Request
from conformance.commands.proof import RED, Proof, faults_of, prove, unnamed
from conformance.commands.run import execute
from conformance.core.area import Stand
from conformance.core.model import Status
from conformance.core.profile import load_profile, shipped_profiles
from conformance.sandbox import Sandbox, Spec
from conformance.tls.policy import BENIGN
from tests.conftest import SECOND_CHANCE

ROLES = {
    fault: requirement.roles[0]
    for name in shipped_profiles()
    for requirement in load_profile(name).requirements.values()
    for fault in (() if requirement.derives else requirement.faults)
}
FAULTS = sorted(ROLES)
DERIVED = {row.id: row.faults for row in load_profile("asean").requirements.values() if row.derives}
Proofs: TypeAlias = Mapping[str, tuple[Proof, str]]
"""The proof of each fault, with what was wrong the first time, empty for nothing."""
AT_ONCE = 24
"""Faults that are served at once: more of them only wait for one another."""


def chunks() -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is proved together, by name: faults of services of one role, or all derived rows."""
    for role in sorted(set(ROLES.values())):
        faults = [fault for fault in FAULTS if ROLES[fault] == role]
        for number, start in enumerate(range(0, len(faults), AT_ONCE)):
            yield f"{role}-{number}", tuple(faults[start : start + AT_ONCE])
    yield "derived", tuple(DERIVED)


CHUNKS = dict(chunks())


@cache
def proofs_of_chunk(chunk: str) -> Proofs:
    """The proofs of a chunk: a fixture of the module would be set up anew for each of its tests, as pytest has it."""
    return proofs_of(CHUNKS[chunk])


def proofs_of(asked: Collection[str]) -> dict[str, tuple[Proof, str]]:
    """The proofs of some faults or derived rows.

    What came out wrong among the others is proved once more by itself, where nothing delays it: that it is caught is
    the claim, not that dozens of servers keep their time on one core. The test that it is of tells so.
    """
    found = {proof.fault: (proof, "") for proof in prove(asked) if is_asked(proof, asked)}
    for name, (proof, _) in list(found.items()):
        if wrong := trouble(proof):
            again = name.partition("(")[2].rstrip(")") or name
            found |= {second.fault: (second, wrong) for second in prove([again]) if second.fault == name}
    return found


def proved(found: tuple[Proof, str], record_property: Callable[[str, object], None]) -> Proof:
    """One proof, with a note where it is the second."""
    proof, wrong = found
    if wrong:
        record_property(SECOND_CHANCE, wrong)
    return proof


def trouble(proof: Proof) -> str:
    """What is wrong with a proof: what it did not catch, broke as well, or has listed as broken without need."""
    unbroken = idle(proof) and f"listed and not broken: {', '.join(idle(proof))}"
    return "; ".join(part for part in (proof.trouble, unbroken) if part)


def is_asked(proof: Proof, wanted: Collection[str]) -> bool:
    """Whether a proof is of one of the faults or derived rows, and not of a row that shares the fault."""
    fault, _, row = proof.fault.partition(" (")
    return row.rstrip(")") in wanted if row else fault in wanted


def idle(proof: Proof) -> list[str]:
    """What is listed as collateral and did not break; a derived row lists whatever may come with it."""
    return [] if "(" in proof.fault else sorted(proof.collateral - proof.red)


def together(chunk: str, *arguments: object) -> ParameterSet:
    """A case that is proved with a chunk; its name says so, for whoever spreads the tests."""
    return pytest.param(chunk, *arguments, id="|".join([chunk, "-".join(map(str, arguments))]))


@pytest.mark.parametrize(
    ("chunk", "fault"),
    [together(chunk, fault) for chunk in CHUNKS if chunk != "derived" for fault in CHUNKS[chunk]],
)
def test_the_fault_is_caught_and_breaks_nothing_else(
    chunk: str, fault: str, record_property: Callable[[str, object], None]
) -> None:
    """What the profile lists as broken as well must break: what is listed and does not break hides findings."""
    proof = proved(proofs_of_chunk(chunk)[fault], record_property)
    assert proof.caught, proof.trouble
    assert idle(proof) == []


@pytest.mark.parametrize(
    ("chunk", "row", "fault"),
    [together("derived", row, fault) for row, faults in DERIVED.items() for fault in faults],
)
def test_a_derived_row_is_red_where_its_source_is(
    chunk: str, row: str, fault: str, record_property: Callable[[str, object], None]
) -> None:
    proof = proved(proofs_of_chunk(chunk)[f"{fault} ({row})"], record_property)
    assert proof.caught, proof.trouble


def test_every_fault_belongs_to_a_requirement() -> None:
    assert unnamed() == frozenset()
    assert set(FAULTS) <= {fault for area in AREAS for fault in area.faults()}


def test_every_requirement_names_a_fault() -> None:
    for name in shipped_profiles():
        for requirement in load_profile(name).requirements.values():
            assert requirement.faults, f"{requirement.id} of {name} could only pass"


def test_every_fault_is_in_one_chunk() -> None:
    faults = [fault for chunk, each in CHUNKS.items() if chunk != "derived" for fault in each]
    assert sorted(faults) == FAULTS
    assert set(FAULTS) == {fault for name in shipped_profiles() for fault in faults_of(load_profile(name))}


def test_a_second_chance_is_told_and_there_is_no_third(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong, right = (
        Proof("x", "asean", frozenset({"A"}), frozenset(), red, {}) for red in (frozenset(), frozenset("A"))
    )
    answers = {"x": [wrong, right], "y": [replace(wrong, fault="y")] * 2, "z": [replace(right, fault="z")]}
    monkeypatch.setattr(f"{__name__}.prove", lambda wanted: [answers[each].pop(0) for each in wanted])
    found = proofs_of("xyz")
    assert {name: (proof.caught, wrong) for name, (proof, wrong) in found.items()} == {
        "x": (True, "not caught: A (not red)"),
        "y": (False, "not caught: A (not red)"),
        "z": (True, ""),
    }
    told: list[tuple[str, object]] = []
    proved(found["x"], lambda name, value: told.append((name, value)))
    proved(found["z"], lambda name, value: told.append((name, value)))
    assert told == [(SECOND_CHANCE, "not caught: A (not red)")]


def test_a_fault_that_is_not_caught_is_told() -> None:
    proof = Proof("x", "asean", frozenset({"A"}), frozenset({"B"}), frozenset({"C"}), {"A": "pass"})
    assert not proof.caught
    assert proof.trouble == "not caught: A (pass); also red: C"


def test_benign_servers_are_green(tmp_path: Path) -> None:
    """One-defect faults are not enough: a check that dislikes what is allowed would turn these red."""
    specs = [
        Spec(f"xy-{name}", "XY", name, (Stand(f"xy-{name}", "XY", "service", "tls-endpoint", name),)) for name in BENIGN
    ]
    with Sandbox(specs) as sandbox:
        request = Request(out=tmp_path / "run")
        ran = execute(request, sandbox.door(), sandbox.targets, front="loop", quiet=True)
    bad = [
        (cell.target, cell.requirement, cell.status, cell.detail, [each.message for each in cell.violations])
        for cell in ran.run.cells
        if cell.status in (*RED, Status.ERROR, Status.NOT_TESTED)
    ]
    assert bad == []
    assert {cell.target for cell in ran.run.cells} == {spec.target for spec in specs}
