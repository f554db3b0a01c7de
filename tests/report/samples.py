"""Runs made by hand for the reports' tests: the shipped profile, sandbox countries, verdicts of every kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from conformance.core.countries import load_countries
from conformance.core.model import Cell, Level, Profile, Requirement, Status, Violation
from conformance.core.profile import load_profile
from conformance.core.results import Header, Run, ServiceSummary, TargetSummary
from conformance.report.matrix import Matrix, make_matrix

OBSERVED_AT = "2026-11-24T12:00:00+00:00"
AS_OF = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
WHOLE = load_profile("asean")
PROFILE = replace(
    WHOLE, requirements={i: each for i, each in WHOLE.requirements.items() if each.area in ("tls", "general")}
)
"""A part of the profile, so that pages and tables stay of a size that can be reasoned about."""

COUNTRIES = load_countries()
MIXED = {
    "VER-03": Status.FAIL,
    "VER-04": Status.FAIL,
    "VER-06": Status.WARNING,
    "CIP-05": Status.FAIL,
    "CIP-10": Status.WARNING,
    "GRP-04": Status.WARNING,
    "EXT-03": Status.WAIVED,
    "CRT-19": Status.ERROR,
    "CRT-16": Status.NOT_APPLICABLE,
    "MTL-01": Status.NOT_APPLICABLE,
    "MTL-02": Status.NOT_APPLICABLE,
    "MTL-03": Status.NOT_TESTED,
    "HTT-01": Status.WARNING,
    "EXT-10": Status.NOT_TESTED,
}


def status_of(requirement: Requirement, kind: str, number: int) -> Status:
    """The verdict of a made-up country: `good`, `mixed`, `legacy`."""
    short = requirement.id.removeprefix("TLS-")
    if kind == "good":
        return Status.NOT_APPLICABLE if short.startswith("MTL") or short == "CRT-16" else Status.PASS
    if kind == "mixed":
        return MIXED.get(short, Status.PASS)
    if short.endswith("CLM-01"):
        return Status.NOT_APPLICABLE
    if number % 3 == 0 and requirement.level is not Level.MAY:
        return Status.FAIL if requirement.level.binding else Status.WARNING
    return (Status.PASS, Status.NOT_APPLICABLE, Status.PASS, Status.ERROR, Status.PASS)[number % 5]


def cell_of(requirement: Requirement, status: Status, country: str, target: str, service: str) -> Cell:
    """One plausible cell."""
    violated = status in (Status.FAIL, Status.WARNING, Status.WAIVED)
    return Cell(
        country=country,
        target=target,
        service=service,
        requirement=requirement.id,
        rev=requirement.rev,
        level=requirement.level,
        status=status,
        basis=requirement.basis,
        reason={Status.ERROR: "timeout", Status.NOT_TESTED: "no-credential"}.get(status, "violated" * violated),
        detail={
            Status.ERROR: "10.0 s passed without an answer",
            Status.NOT_TESTED: "client_certificate is not given",
            Status.NOT_APPLICABLE: "the endpoint does not ask for a certificate",
        }.get(status, ""),
        violations=(Violation("accepts TLSv1.0", "a fatal alert", "TLS_RSA_WITH_AES_128_CBC_SHA"),) if violated else (),
        evidence=("3f2b8d7c0a91" + "0" * 52,),
        waiver="W-2026-007" if status is Status.WAIVED else "",
        underlying="fail" if status is Status.WAIVED else "",
        notices=("waived until 2027-01-31: replaced with the new gateway",) if status is Status.WAIVED else (),
    )


def run_of(
    *places: tuple[str, str, int],
    profile: Profile = PROFILE,
    observed_at: str = OBSERVED_AT,
    directory: Path | None = None,
) -> Run:
    """One run. places: (country, kind, number of services) each."""
    targets, cells = [], []
    for country, kind, count in places:
        name = f"{country.lower()}-{kind}"
        services = tuple(
            ServiceSummary(f"s{n}", "tls-endpoint", f"127.0.0.1:{8443 + n}", f"{name}.test") for n in range(count)
        )
        targets.append(TargetSummary(name, country, f"Services of {country}", services))
        for position, service in enumerate(services):
            for number, requirement in enumerate(profile.requirements.values()):
                status = status_of(requirement, kind if position == 0 else "good", number)
                cells.append(cell_of(requirement, status, country, name, service.id))
    return Run(header_of(targets, profile, observed_at), tuple(cells), directory)


def header_of(targets: Iterable[TargetSummary], profile: Profile = PROFILE, observed_at: str = OBSERVED_AT) -> Header:
    """A header for these targets."""
    return Header(
        suite_version="0.1.0",
        profile_id=profile.id,
        profile_version=profile.version,
        profile_sha256=profile.sha256,
        observed_at=observed_at,
        targets=tuple(targets),
        plan_sha256="0" * 64,
        max_age_days=profile.max_age_days,
    )


def matrix_of(*runs: Run, profile: Profile = PROFILE, as_of: datetime = AS_OF) -> Matrix:
    """The matrix of these runs."""
    return make_matrix(runs, profile, COUNTRIES, as_of)


def sandbox_matrix() -> Matrix:
    """XA good, XB mixed with two services, XC legacy."""
    return matrix_of(run_of(("XA", "good", 1), ("XB", "mixed", 2), ("XC", "legacy", 1), directory=Path("runs/sample")))


def with_cell(run: Run, index: int, **changes: object) -> Run:
    """The run with one cell changed."""
    cells = list(run.cells)
    cells[index] = cells[index].but(**changes)
    return replace(run, cells=tuple(cells))
