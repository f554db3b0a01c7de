"""Which function judges what: read once from the areas' modules, every mistake a load error."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.core.area import MARK, Area
from conformance.core.model import Profile, Requirement

CONTEXT = frozenset({"rule", "service", "claims", "observed_at"})
"""Argument names that are no observations: the rule's parameters, the service and the claims as declared, the
time it was observed."""


class JudgeError(Exception):
    """A defect of the suite itself: judges and profile do not fit together."""


@dataclass(frozen=True, slots=True)
class JudgeEntry:
    """One judge function: its area, the names of its arguments in order, and those that are observations."""

    area: Area
    function: Callable[..., Iterator[Any]]
    arguments: tuple[str, ...]
    observations: tuple[str, ...]

    @property
    def node(self) -> str:
        """Where it stands: `module.py::function`, as pytest writes it."""
        return f"{self.function.__module__.replace('.', '/')}.py::{self.function.__name__}"


def load_judges(areas: Iterable[Area]) -> Mapping[str, JudgeEntry]:
    """Requirement id -> judge, for every area.

    Raises:
        JudgeError: two judges for one requirement, an argument that is no observation of the area or given twice, a
            judge that reads no observation, or one that is not a generator function.
    """
    entries: dict[str, JudgeEntry] = {}
    for area in areas:
        for name in area.judges:
            module = importlib.import_module(name)
            for function in vars(module).values():
                ids = getattr(function, MARK, ()) if getattr(function, "__module__", None) == name else ()
                if not ids:
                    continue
                entry = check_judge(area, function)
                for requirement_id in ids:
                    if requirement_id in entries:
                        other = entries[requirement_id].node
                        raise JudgeError(f"{requirement_id} has two judges: {other} and {entry.node}")
                    entries[requirement_id] = entry
    return entries


def check_judge(area: Area, function: Callable[..., Iterator[Any]]) -> JudgeEntry:
    """The entry of one marked function, or JudgeError."""
    where = f"{function.__module__}.{function.__name__}"
    if not inspect.isgeneratorfunction(function):
        raise JudgeError(f"{where} is not a generator function, so it could only pass")
    arguments = tuple(inspect.signature(function).parameters)
    unknown = [name for name in arguments if name not in area.observations and name not in CONTEXT]
    if unknown:
        raise JudgeError(
            f"{where} asks for {', '.join(unknown)}; the area {area.name} observes "
            f"{', '.join(sorted(area.observations))}"
        )
    observations = tuple(name for name in arguments if name not in CONTEXT)
    if not observations:
        raise JudgeError(f"{where} reads no observation, so it judges nothing")
    return JudgeEntry(area, function, arguments, observations)


def match(
    profile: Profile, judges: Mapping[str, JudgeEntry], requirements: Iterable[Requirement] | None = None
) -> None:
    """Check that each of these requirements of the profile has a judge; without any named, each that it has.

    Raises:
        JudgeError: a requirement without a judge, an unknown `needs`, or a cycle of `needs`.
    """
    for requirement in profile.requirements.values() if requirements is None else requirements:
        if requirement.derives:
            if requirement.id in judges:
                raise JudgeError(f"{requirement.id} of profile {profile.id} derives, and has a judge as well")
        elif requirement.id not in judges:
            raise JudgeError(f"{requirement.id} of profile {profile.id} has no judge")
    for requirement in profile.requirements.values():
        for need in requirement.needs:
            if need not in profile.requirements:
                raise JudgeError(f"{requirement.id} needs {need}, which profile {profile.id} does not have")
    order(profile.requirements)


def order(requirements: Mapping[str, Requirement]) -> tuple[str, ...]:
    """The ids with every requirement after those that it needs, else in profile order.

    Raises:
        JudgeError: a cycle, with its members.
    """
    done: dict[str, None] = {}

    def visit(requirement_id: str, path: tuple[str, ...]) -> None:
        if requirement_id in done:
            return
        if requirement_id in path:
            raise JudgeError(f"needs form a cycle: {' -> '.join((*path, requirement_id))}")
        for need in requirements[requirement_id].needs:
            if need in requirements:
                visit(need, (*path, requirement_id))
        done[requirement_id] = None

    for requirement_id in requirements:
        visit(requirement_id, ())
    return tuple(done)
