"""A room of services that are asked over HTTP, as the core sees it: what such rooms share.

What opens sockets or serves is imported from the room's package when it is needed and not before: `observe.observe`,
`sandbox.FAULTS` and `stage.stage`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from conformance.core import scope
from conformance.core.area import Area, Gap, Job, Kit, Observed, Stand, no_gaps

if TYPE_CHECKING:
    from conformance.core.model import Requirement, Service, Target
    from conformance.core.network import Door


def reach(service: Service) -> tuple[tuple[str, str], ...]:
    """The host of `base_url`, the address that is dialled instead, and where a declared command itself reaches."""
    host = urlsplit(str(service.settings["base_url"])).hostname or ""
    dialled = (("http", scope.split_address(service.address)[0]),) if service.address else ()
    commands = tuple(("command", each) for each in service.settings.get("reaches", ()))
    return (("http", scope.canonical_host(host)), *dialled, *commands)


def http_room(
    package: str,
    *,
    title: str,
    role: str,
    observations: Mapping[str, type],
    asks: Callable[[Requirement], frozenset[str]],
    budget: Callable[[frozenset[str]], int],
    judges: tuple[str, ...],
    gaps: Callable[[Target, Service], tuple[Gap, ...]] = no_gaps,
) -> Area:
    """The room of one role. judges: names of modules in the package. Every observation of it is an active one."""

    def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
        return cast("Iterator[Observed]", import_module(f"{package}.observe").observe(jobs, door))

    def faults() -> Mapping[str, str]:
        return cast("Mapping[str, str]", import_module(f"{package}.sandbox").FAULTS)

    def stage(stand: Stand, kit: Kit) -> AbstractContextManager[Mapping[str, Any]]:
        return cast("AbstractContextManager[Mapping[str, Any]]", import_module(f"{package}.stage").stage(stand, kit))

    return Area(
        name="payments",
        title=title,
        roles=(role,),
        observations=observations,
        asks=asks,
        observe=observe,
        judges=tuple(f"{package}.{name}" for name in judges),
        budget=budget,
        reach=reach,
        faults=faults,
        stage=stage,
        active=frozenset(observations),
        gaps=gaps,
    )
