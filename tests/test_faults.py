"""Every fault turns red what it must and nothing else, and every conforming server of the sandbox is green."""

from __future__ import annotations

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


@pytest.fixture(scope="module")
def proofs() -> dict[str, Proof]:
    return {proof.fault: proof for proof in prove()}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_fault_is_caught_and_breaks_nothing_else(fault: str, proofs: dict[str, Proof]) -> None:
    assert proofs[fault].caught, proofs[fault].trouble


def test_every_fault_belongs_to_a_requirement() -> None:
    assert unnamed() == frozenset()
    assert set(FAULTS) <= {fault for area in AREAS for fault in area.faults()}


def test_every_requirement_names_a_fault() -> None:
    for name in shipped_profiles():
        for requirement in load_profile(name).requirements.values():
            assert requirement.faults, f"{requirement.id} of {name} could only pass"


def test_collateral_is_really_broken(proofs: dict[str, Proof]) -> None:
    """What is listed and does not break hides findings."""
    idle = {
        fault: sorted(proof.collateral - proof.red) for fault, proof in proofs.items() if proof.collateral - proof.red
    }
    assert idle == {}


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
