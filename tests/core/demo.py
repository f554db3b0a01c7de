"""A small area for the tests of the core: one observation, whose record says what its judge shall do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from types import ModuleType

from conformance.core.area import Area, Job, Observed, requirement
from conformance.core.judging import JudgeEntry, check_judge
from conformance.core.model import (
    Clause,
    Level,
    NotApplicable,
    NotTested,
    Profile,
    Reason,
    Requirement,
    Rule,
    Service,
    Target,
    Undecided,
    Untested,
    Violation,
    Violations,
)
from conformance.core.network import Door

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Thing:
    """What each requirement's judge shall do: `hold`, `violate`, `absent`, `unclear`, `untested`, `crash`, or more."""

    acts: Mapping[str, str] = field(default_factory=dict)


@requirement("DEMO-01", "DEMO-02", "DEMO-03", "DEMO-04")
def test_thing_holds(thing: Thing, rule: Rule) -> Violations:
    """Does what the record says."""
    for act in thing.acts.get(rule.id, "hold").split():
        match act:
            case "violate":
                yield Violation("is not so", "so", "otherwise")
            case "absent":
                raise NotApplicable("there is none")
            case "unclear":
                raise Undecided(Reason.TIMEOUT, "no answer")
            case "untested":
                raise Untested(NotTested.NO_CREDENTIAL, "no key")
            case "crash":
                raise KeyError("x")
            case "strange":
                yield "not a violation"  # type: ignore[misc]
            case "endless":
                while True:
                    yield Violation("again")


def asks(_: Requirement) -> frozenset[str]:
    return frozenset({"thing"})


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """The record that the service's settings hold; `lost` yields nothing, `broken` raises."""
    for job in jobs:
        settings = job.service.settings
        if settings.get("lost"):
            continue
        if settings.get("broken"):
            raise RuntimeError("the observer broke")
        if settings.get("stop"):
            raise KeyboardInterrupt
        if reason := settings.get("failure"):
            yield Observed(job, door.now(), {}, {"thing": (Reason(reason), "said so")})
        else:
            yield Observed(job, door.now(), {"thing": Thing(settings.get("acts", {}))}, connections=1)


DEMO = Area(
    name="demo",
    title="Demo",
    roles=("demo",),
    observations={"thing": Thing},
    asks=asks,
    observe=observe,
    judges=(__name__,),
    budget=len,
    reach=lambda service: (("demo", service.address.partition(":")[0]),),
    faults=dict,
    stage=lambda *_: nullcontext({}),
)


def judges() -> dict[str, JudgeEntry]:
    entry = check_judge(DEMO, test_thing_holds)
    return dict.fromkeys(("DEMO-01", "DEMO-02", "DEMO-03", "DEMO-04"), entry)


def demand(number: int, level: Level = Level.MUST, **changes: object) -> Requirement:
    made = Requirement(
        id=f"DEMO-{number:02}",
        rev=1,
        title="It is so",
        statement="It MUST be so.",
        level=level,
        area="demo",
        roles=("demo",),
        cite=(Clause("RFC 0", "1"),),
        why="because",
        fix={"general": "make it so"},
        faults=("not-so",),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def profile(*requirements: Requirement) -> Profile:
    found = requirements or (demand(1), demand(2, Level.SHOULD))
    return Profile("demo", "1", "Demo", "draft", 30, {r.id: r for r in found}, sha256="0" * 64)


def target(name: str = "xa-demo", country: str = "XA", **settings: object) -> Target:
    service = Service("main", "demo", "127.0.0.1:1", settings=settings)
    return Target(name, country, name, (service,))


def module_with(**functions: object) -> ModuleType:
    """A module that the judge loader can be pointed at."""
    made = ModuleType("demo_module")
    for name, function in functions.items():
        function.__module__ = "demo_module"
        setattr(made, name, function)
    return made


TODAY = date(2026, 11, 24)
