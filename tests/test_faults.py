"""Every fault turns red what it must and nothing else, and every conforming server of the sandbox is green."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from conformance.areas import AREAS
from conformance.commands.prepare import Request
from conformance.commands.proof import RED, Proof, faults_of, prove, unnamed
from conformance.commands.run import execute
from conformance.core.area import Stand
from conformance.core.model import Status
from conformance.core.profile import load_profile, shipped_profiles
from conformance.sandbox import Sandbox, Spec
from conformance.tls.policy import BENIGN

FAULTS = sorted({fault for name in shipped_profiles() for fault in faults_of(load_profile(name))})
DERIVED = {row.id: row.faults for row in load_profile("asean").requirements.values() if row.derives}
AT_ONCE = 48
"""Faults that are served at once: more of them only wait for one another."""
CORES = 2
"""Processes that prove: each holds its own servers and its own run."""


@pytest.fixture(scope="module")
def proofs() -> dict[str, Proof]:
    """Every fault's proof. What came out wrong among the others is proved once more by itself, where nothing delays it:
    that it is caught is the claim, not that hundreds of servers keep their time on one core.
    """
    chunks = [FAULTS[start : start + AT_ONCE] for start in range(0, len(FAULTS), AT_ONCE)]
    asked = (*chunks, list(DERIVED))
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        given = zip(asked, pool.map(proven, asked), strict=True)
        found = {proof.fault: proof for wanted, proofs in given for proof in proofs if is_asked(proof, wanted)}
    for name in [name for name, proof in found.items() if not proof.caught or idle(proof)]:
        again = [name] if name in FAULTS else [name.partition("(")[2].rstrip(")")]
        found |= {proof.fault: proof for proof in prove(again) if is_asked(proof, again)}
    return found


def proven(wanted: list[str]) -> list[Proof]:
    """The proofs of some faults, whole: what a process hands back."""
    return list(prove(wanted))


def is_asked(proof: Proof, wanted: list[str]) -> bool:
    """Whether a proof is of one of the faults or derived rows, and not of a row that shares the fault."""
    fault, _, row = proof.fault.partition(" (")
    return row.rstrip(")") in wanted if row else fault in wanted


def idle(proof: Proof) -> list[str]:
    """What is listed as collateral and did not break; a derived row lists whatever may come with it."""
    return [] if "(" in proof.fault else sorted(proof.collateral - proof.red)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_fault_is_caught_and_breaks_nothing_else(fault: str, proofs: dict[str, Proof]) -> None:
    assert proofs[fault].caught, proofs[fault].trouble


@pytest.mark.parametrize(("row", "fault"), [(row, fault) for row, faults in DERIVED.items() for fault in faults])
def test_a_derived_row_is_red_where_its_source_is(row: str, fault: str, proofs: dict[str, Proof]) -> None:
    proof = proofs[f"{fault} ({row})"]
    assert proof.caught, proof.trouble


def test_every_fault_belongs_to_a_requirement() -> None:
    assert unnamed() == frozenset()
    assert set(FAULTS) <= {fault for area in AREAS for fault in area.faults()}


def test_every_requirement_names_a_fault() -> None:
    for name in shipped_profiles():
        for requirement in load_profile(name).requirements.values():
            assert requirement.faults, f"{requirement.id} of {name} could only pass"


def test_collateral_is_really_broken(proofs: dict[str, Proof]) -> None:
    """What is listed and does not break hides findings."""
    assert {fault: idle(proof) for fault, proof in proofs.items() if idle(proof)} == {}


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
