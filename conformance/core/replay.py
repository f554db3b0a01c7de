"""Judging stored evidence again, offline: by the profile it was judged by, or by a newer one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from conformance import __version__
from conformance.core.codec import CodecError, decode, encode, encode_in_order
from conformance.core.derive import Derivation
from conformance.core.engine import deselected, stopped_cells
from conformance.core.judge import judge_service
from conformance.core.judging import JudgeEntry, match
from conformance.core.model import Cell, NotTested, Profile, Target
from conformance.core.plan import Plan, case_of, make_plan
from conformance.core.results import RESULTS_NAME, Run, cell_lines, make_header, write_results
from conformance.core.store import EVIDENCE_NAME, EvidenceArchive, StoreError
from conformance.core.waivers import Waiver


@dataclass(frozen=True, slots=True)
class Memory:
    """What an archive remembers of its run beside the evidence."""

    profile: Profile
    targets: tuple[Target, ...]
    waivers: tuple[Waiver, ...]
    observed_at: datetime
    suite_version: str
    waivers_sha256: str
    deselected: frozenset[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class _PlanFile:
    observed_at: datetime
    suite_version: str
    waivers_sha256: str
    deselected: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that differs between two runs, and why. before, after: the status, empty where there is no cell."""

    key: tuple[str, str, str]
    before: str
    after: str
    why: str


def recall(archive: EvidenceArchive) -> Memory:
    """The profile, targets, waivers and selection of the run.

    Raises:
        StoreError: a member is absent, damaged or of another shape.
    """
    try:
        plan = decode(archive.read("plan.json"), _PlanFile)
        return Memory(
            profile=decode(archive.read("profile.json"), Profile),
            targets=decode(archive.read("targets.json"), tuple[Target, ...]),
            waivers=decode(archive.read("waivers.json"), tuple[Waiver, ...]),
            observed_at=plan.observed_at,
            suite_version=plan.suite_version,
            waivers_sha256=plan.waivers_sha256,
            deselected=frozenset(plan.deselected),
        )
    except CodecError as error:
        raise StoreError(f"{archive.path}: {error}") from None


def replay(
    directory: Path,
    judges: Mapping[str, JudgeEntry],
    *,
    profile: Profile | None = None,
    only: frozenset[str] | None = None,
) -> tuple[Run, Plan]:
    """Judge the evidence under `directory` again.

    Args:
        directory: the folder of a run.
        judges: from `load_judges`.
        profile: another profile than the one stored.
        only: judge these requirement ids alone.

    Raises:
        StoreError: the archive is absent or damaged.
        JudgeError: the profile and the judges do not fit.
    """
    with EvidenceArchive(archive_of(directory)) as archive:
        memory = recall(archive)
        rules = profile or memory.profile
        match(rules, judges)
        plan = make_plan(
            rules,
            memory.targets,
            judges,
            today=memory.observed_at.date(),
            select=lambda key: key not in memory.deselected and (only is None or key[2] in only),
        )
        if profile:
            plan = _seen(plan, asked(memory, judges))
        digests: dict[tuple[str, str], dict[str, str]] = {}
        for target_id, service_id, area_name, digest in archive.index():
            digests.setdefault((target_id, service_id), {})[area_name] = digest
        derivation = Derivation(plan, memory.waivers, memory.observed_at)
        places: dict[int, tuple[Cell, ...]] = {}
        stopped = False
        for index, service in enumerate(plan.services):
            known = digests.get(service.place, {})
            bundles = {
                area.name: archive.bundle(area, known[area.name]) for area, _ in service.jobs if area.name in known
            }
            if len(bundles) < len(service.jobs):
                stopped = True
                found = stopped_cells(service, memory.waivers)
            else:
                found = judge_service(case_of(service, memory.waivers), judges, bundles)
            places.update(derivation.add(index, found))
        places.update(derivation.rest())
    cells = [cell for index in sorted(places) for cell in places[index]]
    header = make_header(
        rules,
        memory.targets,
        observed_at=memory.observed_at.isoformat(timespec="seconds"),
        plan_sha256=plan.digest,
        complete=plan.complete and not stopped,
        suite_version=__version__,
        waivers_sha256=memory.waivers_sha256,
    )
    return Run(header, tuple(cells)), plan


def archive_of(directory: Path) -> Path:
    """The archive of the run in a folder, or beside the results file that is named instead."""
    return (directory if directory.is_dir() else directory.parent) / EVIDENCE_NAME


def asked(memory: Memory, judges: Mapping[str, JudgeEntry]) -> dict[tuple[str, str], frozenset[str]]:
    """What the run looked for, by (target, service): its own plan, of the requirements that have a judge still."""
    known = {i: requirement for i, requirement in memory.profile.requirements.items() if i in judges}
    plan = make_plan(
        replace(memory.profile, requirements=known),
        memory.targets,
        judges,
        today=memory.observed_at.date(),
        select=lambda key: key not in memory.deselected,
    )
    return {service.place: frozenset().union(*(job.asks for _, job in service.jobs)) for service in plan.services}


def _seen(plan: Plan, looked: Mapping[tuple[str, str], frozenset[str]]) -> Plan:
    """The plan of another profile without what its run never looked for: such cells are not-tested."""
    services = []
    for service in plan.services:
        had = looked.get(service.place, frozenset())
        excluded = dict(service.excluded)
        for requirement in service.requirements:
            if requirement.derives:
                continue
            lacking = sorted(plan.judges[requirement.id].area.asks(requirement) - had)
            if requirement.id in service.judged and lacking:
                detail = f"the run did not look for {', '.join(lacking[:3])}; run again by this profile"
                excluded.setdefault(requirement.id, (NotTested.UNSUPPORTED, detail))
        gone = {i for i, (reason, _) in excluded.items() if reason is NotTested.UNSUPPORTED}
        judged = tuple(i for i in service.judged if i not in gone)
        services.append(replace(service, judged=judged, excluded=excluded))
    return replace(plan, services=tuple(services))


def write_archive(source: Path, directory: Path, plan: Plan) -> None:
    """Write the archive of a replayed run: the evidence of the run at `source`, the profile and selection of `plan`.

    Raises:
        StoreError: the source is damaged.
    """
    with EvidenceArchive(archive_of(source)) as archive:
        try:
            old = decode(archive.read("plan.json"), _PlanFile)
        except CodecError as error:
            raise StoreError(f"{archive.path}: plan.json: {error}") from None
        changed = {
            "profile.json": encode_in_order(plan.profile),
            "plan.json": encode(replace(old, deselected=deselected(plan))),
        }
        archive.copy(directory / EVIDENCE_NAME, changed)


def write_run(run: Run, directory: Path) -> None:
    """Write a replayed run's results under `directory`."""
    counts = Counter(cell.status.value for cell in run.cells)
    with (directory / RESULTS_NAME).open("wb") as stream:
        write_results(stream, run.header, (cell_lines([cell]) for cell in run.cells), counts)


def changes(
    before: Run, after: Run, old: Profile | None = None, new: Profile | None = None, *, whole: bool = False
) -> list[Change]:
    """Every cell whose status or reason differs between two runs, and why as far as the profiles show it.

    Args:
        before: one run.
        after: the other.
        old: the profile of `before`, where it is known.
        new: the profile of `after`.
        whole: compare cells to the last octet, as a replay does; two observations never have equal evidence.
    """
    first = {cell.key: cell for cell in before.cells}
    second = {cell.key: cell for cell in after.cells}
    places = {key[:2] for key in first}, {key[:2] for key in second}
    found = []
    for key in sorted(first.keys() | second.keys()):
        was, now = first.get(key), second.get(key)
        if was and now and (was == now if whole else (was.status, was.reason) == (now.status, now.reason)):
            continue
        if was and now:
            why = _why(was, now, old, new)
        else:
            what = "requirement" if key[:2] in places[1 if was else 0] else "service"
            why = f"{what} {'removed' if was else 'added'}"
        found.append(Change(key, was.status.value if was else "", now.status.value if now else "", why))
    return found


def _why(was: Cell, now: Cell, old: Profile | None, new: Profile | None) -> str:
    """In words: what of the requirement changed, or that the service did."""
    parts = []
    if was.status is now.status and was.reason != now.reason:
        parts.append(f"reason {was.reason or 'none'} -> {now.reason or 'none'}")
    if was.rev != now.rev:
        parts.append(f"rev {was.rev} -> {now.rev}")
    if was.level != now.level:
        parts.append(f"level {was.level} -> {now.level}")
    one = old.requirements.get(was.requirement) if old else None
    two = new.requirements.get(was.requirement) if new else None
    if one and two and encode(one.params) != encode(two.params):  # as JSON, which knows no tuples
        parts.append("parameters changed")
    if one and two and one.in_force != two.in_force:
        parts.append(f"in force {one.in_force or 'always'} -> {two.in_force or 'always'}")
    if was.waiver != now.waiver:
        parts.append(f"waiver {was.waiver or 'none'} -> {now.waiver or 'none'}")
    if NotTested.STOPPED.value in (was.reason, now.reason):
        parts.append("a run was stopped before this cell's turn")
    if was.evidence and now.evidence and not set(was.evidence) & set(now.evidence):
        parts.append("another observation")
    return ", ".join(parts) or "the suite's judging changed"
