"""An option is seen where it is taken, and not where it is not: the fault of a MAY turns no cell red."""

from __future__ import annotations

import pytest

from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.area import Stand
from conformance.core.model import Level, Status
from conformance.core.profile import load_profile
from conformance.sandbox import Sandbox, Spec

OPTIONS = {
    # requirement: the policy that takes the option, and the fault that takes it away
    "TLS-VER-15": ("good", "no-fallback-scsv"),
    "TLS-CIP-17": ("national-beside", "national-instead"),
    "TLS-EXT-16": ("compressed-certificate", "no-certificate-compression"),
    "TLS-CRT-17": ("good-staple", "no-staple"),
}


def spec(requirement: str, *faults: str) -> Spec:
    target = f"xy-{requirement.lower()}-{len(faults)}"
    return Spec(
        target, "XY", target, (Stand(target, "XY", "service", "tls-endpoint", OPTIONS[requirement][0], faults),)
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[Status, str]]:
    """Status and detail by target and requirement."""
    specs = [made for each, (_, fault) in OPTIONS.items() for made in (spec(each), spec(each, fault))]
    with Sandbox(specs) as sandbox:
        request = Request(out=tmp_path_factory.mktemp("options") / "run", only=tuple(OPTIONS))
        ran = execute(request, sandbox.door(), sandbox.targets, front="loop", quiet=True)
    return {(cell.target, cell.requirement): (cell.status, cell.detail) for cell in ran.run.cells}


def test_the_options_are_those_of_the_profile() -> None:
    rows = load_profile("asean").requirements.values()
    assert {row.id for row in rows if row.level is Level.MAY and "tls-endpoint" in row.roles} == set(OPTIONS)
    assert all(OPTIONS[row.id][1] in row.faults for row in rows if row.id in OPTIONS)


@pytest.mark.parametrize("requirement", OPTIONS)
def test_option_is_seen_where_it_is_taken_and_only_there(
    requirement: str, found: dict[tuple[str, str], tuple[Status, str]]
) -> None:
    assert found[spec(requirement).target, requirement][0] is Status.PASS
    status, detail = found[spec(requirement, "fault").target, requirement]
    assert status is Status.NOT_APPLICABLE
    assert detail
