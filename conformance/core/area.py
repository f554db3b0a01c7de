"""What an area hands to the core: its observations, what each requirement asks for, how to look, and its judges.

The core imports no area; `conformance/areas.py` lists them. A judge is a generator function marked `@requirement(...)`
whose argument names are the names of observations, plus any of `rule`, `service`, `claims` and `observed_at`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from conformance.core.errors import ConfigError, nearest

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from conformance.core.model import NotTested, Reason, Requirement, Service, Target
    from conformance.core.network import Door

    Judge = Callable[..., Iterator[Any]]

F = TypeVar("F", bound="Callable[..., Any]")

MARK = "__requirements__"


def requirement(*ids: str) -> Callable[[F], F]:
    """Mark a generator function as the judge of the requirements `ids`."""

    def mark(function: F) -> F:
        setattr(function, MARK, ids)
        return function

    return mark


@dataclass(frozen=True, slots=True)
class Job:
    """What to observe on one service: the union of the asks of all the cells that were planned for it.

    An ask is `observation` or `observation:detail`, for instance `http` or `versions:TLSv1.0`.
    """

    target: Target
    service: Service
    asks: frozenset[str]


class Observed(Struct, frozen=True):
    """What came of a job. Each observation that was asked for is in exactly one of `records` and `failures`.

    A failure is a reason with a detail: a member of Reason makes its cells `error`, one of NotTested `not-tested`.
    encoded: the canonical JSON of those records that the area has encoded already, to know their size.
    """

    job: Job
    observed_at: datetime
    records: Mapping[str, Any]
    failures: Mapping[str, tuple[Reason | NotTested, str]] = {}
    connections: int = 0
    encoded: Mapping[str, bytes] = {}


@dataclass(frozen=True, slots=True)
class Stand:
    """A service that the sandbox is to serve.

    target: the id of the sandbox's target. policy: the conforming variant it starts from, by the area's own names.
    faults: what is wrong with it, one upon the other. fronts: a tls-endpoint is the one that this stand answers at, so
    that its faults are faults of that server's TLS; empty for a stand with a server of its own.
    """

    target: str
    country: str
    id: str
    role: str
    policy: str
    faults: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()
    fronts: str = ""


@dataclass(frozen=True, slots=True)
class Kit:
    """What the sandbox has for each stand.

    folder: an empty folder of the stand's own, for files that its manifest names; it goes when the sandbox stops.
    keys: a folder that stays for a day, for keys that take long to make. roots: PEM file of the sandbox's CA.
    server_context: TLS for a server named `localhost`, with a certificate that leads to those roots; what it is called
    with, if anything, is called with each of the library's settings for that, to change them.
    announce: makes the sandbox's name server know a name, with its CAA records and addresses.
    """

    folder: Path
    keys: Path
    roots: Path
    server_context: Callable[..., ssl.SSLContext]
    announce: Callable[[str, tuple[Any, ...], tuple[str, ...]], None]


def check_stand(stand: Stand, policies: Iterable[str], faults: Iterable[str], whose: str) -> None:
    """Raise ConfigError, where a stand names a policy or a fault that there is not. whose: faults, as in `issuers`."""
    if stand.policy not in (known := tuple(policies)):
        near = nearest(stand.policy, known)
        raise ConfigError("sandbox", "policy", f'"{stand.policy}"', f"one of {', '.join(known)}", near)
    named = tuple(faults)
    for fault in stand.faults:
        if fault not in named:
            raise ConfigError("sandbox", "faults", f'"{fault}"', f"a fault of {whose}", nearest(fault, named))


@dataclass(frozen=True, slots=True)
class Gap:
    """What a manifest leaves out, so that some requirements come to nothing on a service. For `conformance plan`.

    requirements: their ids. becomes: what the cells will be, as `not-applicable`, `not-tested(no-credential)`,
    `error(not-observable)`, or `fail` where the manifest must state it. add: the line to add.
    """

    requirements: tuple[str, ...]
    becomes: str
    add: str


def no_gaps(_: Target, __: Service) -> tuple[Gap, ...]:
    """The gaps of an area that asks nothing more of a manifest than its schema does."""
    return ()


def left_out(settings: Mapping[str, Any], table: Mapping[str, Gap]) -> Iterator[Gap]:
    """The gaps of a table, by key of a manifest (`client.key` where it is a key of a key), whose key the settings lack.

    What lacks for want of a whole table (`client`) is a gap of the table's, and not of each of its keys.
    """
    for key, gap in table.items():
        outer, _, inner = key.partition(".")
        value = settings.get(outer)
        if inner and value:
            value = value.get(inner)
        elif inner:
            continue
        if not value:
            yield gap


def in_order(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """The gaps, each without the requirements of which an earlier one says that they become something else."""
    becomes: dict[str, str] = {}
    found = []
    for gap in gaps:
        mine = tuple(each for each in gap.requirements if becomes.setdefault(each, gap.becomes) == gap.becomes)
        found += [replace(gap, requirements=mine)] if mine else []
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Area:
    """One room of the house.

    `observations` maps each observation's name to its record type. `asks` is pure: which asks a requirement needs.
    `observe` is the area's only I/O; it yields a job's result as soon as it is complete, in any order, holding no
    more than a bounded number of jobs at a time. `judges` names the modules that hold the judges.
    `active` names the observations that a target must have authorised with `active = true`.
    `budget` gives how many connections a set of asks costs at most, for the plan.
    `reach` gives the (kind, host) pairs that looking at a service dials, for the authorisation; none where nothing is
    dialled. `gaps` names what a manifest leaves out. `faults` describes the sandbox's faults by name. `stage` serves a
    stand until the context ends and yields the keys of its manifest beside id, role and serves, and under `claims`
    those of the target.
    """

    name: str
    title: str
    roles: tuple[str, ...]
    observations: Mapping[str, type]
    asks: Callable[[Requirement], frozenset[str]]
    observe: Callable[[Iterable[Job], Door], Iterator[Observed]]
    judges: tuple[str, ...]
    budget: Callable[[frozenset[str]], int]
    reach: Callable[[Service], tuple[tuple[str, str], ...]]
    faults: Callable[[], Mapping[str, str]]
    stage: Callable[[Stand, Kit], AbstractContextManager[Mapping[str, Any]]]
    active: frozenset[str] = frozenset()
    gaps: Callable[[Target, Service], tuple[Gap, ...]] = no_gaps


def join(name: str, title: str, *parts: Area) -> Area:
    """One area of several rooms, each with roles and observations of its own: a question goes to the room it is of."""
    by_role = {role: part for part in parts for role in part.roles}
    by_observation = {observation: part for part in parts for observation in part.observations}

    def asks(requirement: Requirement) -> frozenset[str]:
        return by_role[requirement.roles[0]].asks(requirement)

    def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
        given = tuple(jobs)
        for part in parts:
            if mine := [job for job in given if job.service.role in part.roles]:
                yield from part.observe(mine, door)

    def budget(asked: frozenset[str]) -> int:
        shares: dict[str, set[str]] = {}
        for ask in asked:
            shares.setdefault(by_observation[ask.partition(":")[0]].title, set()).add(ask)
        return sum(part.budget(frozenset(shares[part.title])) for part in parts if part.title in shares)

    return Area(
        name=name,
        title=title,
        roles=tuple(by_role),
        observations={observation: part.observations[observation] for observation, part in by_observation.items()},
        asks=asks,
        observe=observe,
        judges=tuple(judge for part in parts for judge in part.judges),
        budget=budget,
        reach=lambda service: by_role[service.role].reach(service),
        faults=lambda: {fault: text for part in parts for fault, text in part.faults().items()},
        stage=lambda stand, kit: by_role[stand.role].stage(stand, kit),
        active=frozenset().union(*(part.active for part in parts)),
        gaps=lambda target, service: by_role[service.role].gaps(target, service),
    )
