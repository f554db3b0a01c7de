"""The matrix: requirements by countries, from one or several runs. Pure: equal inputs give an equal matrix."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from msgspec import Struct

from conformance.core.countries import Country
from conformance.core.errors import ConfigError
from conformance.core.model import Cell, Profile, Requirement, Status
from conformance.core.results import Run, TargetSummary
from conformance.core.rollup import NONE, Standing, Tally, standing

Key = tuple[str, str, str]
SANDBOX = re.compile(r"X[A-Z]")
"""ISO 3166 user-assigned codes: countries that do not exist."""
NAMED_DIFFERENCES = 12


class Column(Struct, frozen=True):
    """One country. targets: empty where it has no submission. observed_at: of its oldest run, None where there is none.

    age_days: whole days from then to the matrix's as-of time. stale: whether a cell is older than the profile allows.
    """

    code: str
    name: str
    fictitious: bool
    targets: tuple[TargetSummary, ...]
    services: int
    observed_at: datetime | None
    age_days: int
    stale: bool

    @property
    def submitted(self) -> bool:
        """Whether there are results of this country."""
        return bool(self.targets or self.services)


class Entry(Struct, frozen=True):
    """One requirement in one country: the worst of its services, their counts, the cells by (target, service).

    status: None where the country has no submission; not-tested where it has one and no service that is bound.
    """

    country: str
    requirement: str
    status: Status | None
    tally: Tally
    cells: tuple[Cell, ...]
    stale: bool


class Row(Struct, frozen=True):
    """One requirement and its entry in each country, in the order of the columns."""

    requirement: Requirement
    entries: tuple[Entry, ...]


class Group(Struct, frozen=True):
    """The requirements of one area that bind the same roles."""

    area: str
    roles: tuple[str, ...]
    rows: tuple[Row, ...]


class Source(Struct, frozen=True):
    """One of the runs that were merged. folder: the last part of its path, empty when it was never on disk."""

    folder: str
    observed_at: datetime
    suite_version: str
    targets: tuple[str, ...]
    cells: int
    complete: bool


class Matrix(Struct, frozen=True):
    """All that the reports say. standings: by (country code, area), for countries with a submission."""

    profile: Profile
    as_of: datetime
    sources: tuple[Source, ...]
    columns: tuple[Column, ...]
    areas: tuple[str, ...]
    groups: tuple[Group, ...]
    standings: Mapping[tuple[str, str], Standing]

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row, group by group."""
        return tuple(row for group in self.groups for row in group.rows)


def make_matrix(
    runs: Sequence[Run],
    profile: Profile,
    countries: Sequence[Country],
    as_of: datetime,
    profiles: Sequence[Profile] = (),
) -> Matrix:
    """The matrix of `runs`, all judged by `profile`.

    Args:
        runs: one or more; of services that they share, the cells must be equal.
        profile: the resolved profile that every run names.
        countries: the register; each is a column, sandbox countries follow where the runs have them.
        as_of: aware; results older than the profile's `max_age_days` at this time are stale.
        profiles: the resolved profile of each run, in the same order, to name what differs; may be left out.

    Raises:
        ConfigError: a run of another profile, a cell of an unknown requirement or country, or two cells for one
            (target, service, requirement) that differ.
    """
    for position, run in enumerate(runs):
        _check_profile(run, profile, profiles[position] if position < len(profiles) else None)
        _check_time(run, as_of)
    cells = _merge(runs, profile)
    stale = _stale(runs, profile, as_of)
    by_place = _by_place(cells)
    columns = _columns(runs, countries, by_place, stale, as_of)
    groups = tuple(
        Group(area, roles, tuple(Row(r, tuple(_entry(c, r, by_place, stale) for c in columns)) for r in found))
        for (area, roles), found in _grouped(profile.requirements.values()).items()
    )
    areas = tuple(dict.fromkeys(requirement.area for requirement in profile.requirements.values()))
    standings = {
        (column.code, area): standing(
            [r for r in profile.requirements.values() if r.area == area],
            by_place.get(column.code, {}),
            stale,
            survey=profile.survey,
        )
        for column in columns
        if column.submitted
        for area in areas
    }
    return Matrix(profile, as_of, tuple(map(_source, runs)), columns, areas, groups, standings)


def moment(text: str) -> datetime:
    """The instant that a header names, in UTC; without a zone it is UTC."""
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _source(run: Run) -> Source:
    header = run.header
    return Source(
        folder=run.directory.name if run.directory else "",
        observed_at=moment(header.observed_at),
        suite_version=header.suite_version,
        targets=tuple(target.id for target in header.targets),
        cells=len(run.cells),
        complete=header.complete,
    )


def _check_profile(run: Run, profile: Profile, own: Profile | None) -> None:
    if run.header.profile_sha256 == profile.sha256:
        return
    found = f"{run.header.profile_id} {run.header.profile_version} (sha256 {run.header.profile_sha256[:12]})"
    differs = differences(profile, own) if own else []
    if differs:
        more = f"; and {len(differs) - NAMED_DIFFERENCES} more" if len(differs) > NAMED_DIFFERENCES else ""
        found += f", which differs: {'; '.join(differs[:NAMED_DIFFERENCES])}{more}"
    expected = f"the resolved profile {profile.id} {profile.version} (sha256 {profile.sha256[:12]}) of the others"
    raise ConfigError(_name(run), "profile", found, expected)


def _check_time(run: Run, as_of: datetime) -> None:
    """An observation of the future would never grow old. A day of grace, since as-of may be given as a date."""
    try:
        when = moment(run.header.observed_at)
    except (ValueError, OverflowError):
        raise ConfigError(_name(run), "observed_at", f'"{run.header.observed_at}"', "an ISO 8601 time") from None
    if when - as_of > timedelta(days=1):
        raise ConfigError(_name(run), "observed_at", when.isoformat(), f"a time before {as_of.isoformat()}, the as-of")


def differences(one: Profile, two: Profile) -> list[str]:
    """What sets two resolved profiles apart, requirement by requirement: id and the names of what differs."""
    found = [f"{i} only in {one.id} {one.version}" for i in one.requirements if i not in two.requirements]
    found += [f"{i} only in {two.id} {two.version}" for i in two.requirements if i not in one.requirements]
    names = [field.name for field in fields(Requirement)]
    for requirement_id in one.requirements.keys() & two.requirements.keys():
        first, second = one.requirements[requirement_id], two.requirements[requirement_id]
        parts = [_change(name, getattr(first, name), getattr(second, name)) for name in names]
        if any(parts):
            found.append(f"{requirement_id} {', '.join(part for part in parts if part)}")
    found += [
        _change(name, getattr(one, name), getattr(two, name))
        for name in ("id", "version", "status", "max_age_days", "survey")
        if getattr(one, name) != getattr(two, name)
    ]
    return sorted(found)


def _change(name: str, first: object, second: object) -> str:
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        keys = [str(key) for key in sorted(first.keys() | second.keys()) if first.get(key) != second.get(key)]
        return f"{name} {', '.join(keys)}" if keys else ""
    if first == second:
        return ""
    return f"{name} {first or 'none'} -> {second or 'none'}" if name in _SHORT else name


_SHORT = frozenset({"rev", "level", "in_force", "basis", "id", "version", "status", "max_age_days"})


def _name(run: Run) -> str:
    return str(run.directory) if run.directory else f"the run of {run.header.observed_at}"


def _merge(runs: Sequence[Run], profile: Profile) -> Sequence[Cell]:
    """Each cell once."""
    for run in runs:
        unknown = next((cell for cell in run.cells if cell.requirement not in profile.requirements), None)
        if unknown is not None:
            expected = f"a requirement of {profile.id} {profile.version}"
            raise ConfigError(_name(run), "cell", f"{' '.join(unknown.key)}", expected)
    if len(runs) == 1:
        return runs[0].cells  # a run has no cell twice
    cells: dict[Key, tuple[Cell, Run]] = {}
    for run in runs:
        for cell in run.cells:
            known, origin = cells.setdefault(cell.key, (cell, run))
            if known != cell:
                found = f"{' '.join(cell.key)} is {cell.status} here and {known.status} in {_name(origin)}"
                raise ConfigError(_name(run), "cell", found, "each service in one run, or equal cells")
    return [cell for cell, _ in cells.values()]


def _stale(runs: Sequence[Run], profile: Profile, as_of: datetime) -> frozenset[Key]:
    """The keys of the cells that are older than the profile allows; of equal cells, the older one counts."""
    allowed = timedelta(days=profile.max_age_days)
    old = [run for run in runs if as_of - moment(run.header.observed_at) > allowed]
    return frozenset(cell.key for run in old for cell in run.cells)


def _by_place(cells: Iterable[Cell]) -> dict[str, dict[str, tuple[Cell, ...]]]:
    """Country -> requirement -> cells, by target and service."""
    found: dict[str, dict[str, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    for cell in cells:
        found[cell.country][cell.requirement].append(cell)
    place = attrgetter("target", "service")
    return {code: {i: tuple(sorted(many, key=place)) for i, many in rows.items()} for code, rows in found.items()}


def _columns(
    runs: Sequence[Run],
    countries: Sequence[Country],
    by_place: Mapping[str, Mapping[str, tuple[Cell, ...]]],
    stale: frozenset[Key],
    as_of: datetime,
) -> tuple[Column, ...]:
    """The register's countries in its order, then the sandbox's that have a target."""
    targets: dict[str, dict[str, TargetSummary]] = defaultdict(dict)
    times: dict[str, datetime] = {}
    for run in runs:
        when = moment(run.header.observed_at)
        for target in run.header.targets:
            targets[target.country].setdefault(target.id, target)
            times[target.country] = min(when, times.get(target.country, when))
    services: dict[str, set[tuple[str, str]]] = {}
    old: set[str] = set()
    for code, rows in by_place.items():
        services[code] = {(cell.target, cell.service) for many in rows.values() for cell in many}
        old |= {code for many in rows.values() for cell in many if cell.key in stale} if stale else set()
    names = {country.code: country.name for country in countries}
    others = sorted((targets.keys() | services.keys()) - names.keys())
    for code in others:
        if not SANDBOX.fullmatch(code):
            raise ConfigError("matrix", "country", f'"{code}"', "a country of the register, or XA to XZ")
    return tuple(
        Column(
            code=code,
            name=names.get(code, "Sandbox"),
            fictitious=code not in names,
            targets=tuple(targets[code][i] for i in sorted(targets[code])) if code in targets else (),
            services=len(services.get(code, ())),
            observed_at=times.get(code),
            age_days=max(0, (as_of - times[code]).days) if code in times else 0,
            stale=code in old,
        )
        for code in (*names, *others)
    )


def _grouped(requirements: Iterable[Requirement]) -> dict[tuple[str, tuple[str, ...]], list[Requirement]]:
    found: dict[tuple[str, tuple[str, ...]], list[Requirement]] = {}
    for requirement in requirements:
        found.setdefault((requirement.area, requirement.roles), []).append(requirement)
    return found


def _entry(
    column: Column,
    requirement: Requirement,
    by_place: Mapping[str, Mapping[str, tuple[Cell, ...]]],
    stale: frozenset[Key],
) -> Entry:
    cells = by_place.get(column.code, {}).get(requirement.id, ())
    tally = Tally.of(cell.status for cell in cells) if cells else NONE  # as most countries have
    return Entry(
        country=column.code,
        requirement=requirement.id,
        status=tally.worst if column.submitted else None,
        tally=tally,
        cells=cells,
        stale=bool(stale) and any(cell.key in stale for cell in cells),
    )
