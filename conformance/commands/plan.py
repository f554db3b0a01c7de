"""`conformance plan`: what a run would do, which rows cannot run yet, and the line of the manifest to add."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from conformance.commands.prepare import Request, prepare
from conformance.core import scope
from conformance.core.area import Area
from conformance.core.errors import ConfigError
from conformance.core.model import NotTested, Service, Undecided, Untested
from conformance.core.plan import Plan, ServicePlan, on_this_machine
from conformance.core.secret import Secret
from conformance.report.display import count, display

NAMED = 8
"""Requirements that are named for one gap; the others are counted."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Cells of a service that will come to nothing. becomes: what they will be. add: the line that changes it."""

    requirements: tuple[str, ...]
    becomes: str
    detail: str
    add: str


def show_plan(profile: str, targets: tuple[Path, ...], only: tuple[str, ...], area: str, form: str) -> None:
    """Print cells, connections and hosts, and for what cannot run the reason and the line to add.

    Raises:
        ConfigError: no target is named, or as `prepare` does.
    """
    if not targets:
        raise ConfigError("plan", "--target", "nothing", "a manifest; `conformance init ROLE` writes one")
    now = datetime.now(UTC)
    made = prepare(Request(profile, targets, only, area), now).plan
    rows = {service.place: tuple(missing(service, made, now.date())) for service in made.services}
    if form == "json":
        click.echo(json.dumps(described(made, rows), indent=1))
        return
    for service in made.services:
        for line in lines_of(service, rows[service.place]):
            click.echo(display(line, 500))
    click.echo(
        f"in all {count(made.cell_count, 'cell')} and at most {count(made.connections, 'connection')}; nothing was sent"
    )


def lines_of(service: ServicePlan, gaps: Iterable[Missing]) -> Iterator[str]:
    """What is printed of one service."""
    what = ", ".join(filter(None, (service.service.role, service.service.whereabouts)))
    cells, connections = count(len(service.requirements), "cell"), count(connections_of(service), "connection")
    yield f"{'/'.join(service.place)} ({what}): {cells}, at most {connections}"
    for gap in gaps:
        rest = len(gap.requirements) - NAMED
        names = ", ".join(gap.requirements[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
        yield f"  {gap.becomes}{': ' + gap.detail if gap.detail else ''}"
        yield f"    {count(len(gap.requirements), 'cell')}: {names}" if names else "    every cell that needs it"
        yield f"    add {gap.add}" if gap.add else ""


def connections_of(service: ServicePlan) -> int:
    """At most so many for one service."""
    return sum(area.budget(job.asks) for area, job in service.jobs)


def missing(service: ServicePlan, plan: Plan, today: date) -> Iterator[Missing]:
    """What will come to nothing on one service, with the reason and the line that changes it."""
    grouped: dict[tuple[NotTested, str], list[str]] = {}
    for requirement_id, why in service.excluded.items():
        grouped.setdefault(why, []).append(requirement_id)
    for (reason, detail), ids in grouped.items():
        add = ""
        if reason is NotTested.ROLE_MISSING:
            add = "a [[target.service]] of that role at the same host and port"
        elif reason is NotTested.DEPENDENCY:
            continue
        elif reason is not NotTested.DESELECTED:
            add = line_to_add(service, plan.judges[ids[0]].area, today)
        yield Missing(tuple(ids), f"not-tested({reason})", detail, add)
    runs = set(service.judged) - service.excluded.keys()
    for area in {plan.judges[i].area.name: plan.judges[i].area for i in service.judged}.values():
        for gap in area.gaps(service.target, service.service):
            if ids := [i for i in gap.requirements if i in runs]:
                yield Missing(tuple(ids), gap.becomes, "the manifest does not say", gap.add)
    yield from _by_purpose(service, runs)
    yield from _without_secret(service.service)


def line_to_add(service: ServicePlan, area: Area, today: date) -> str:
    """The line that the authorisation lacks for looking at a service."""
    target = service.target
    try:
        hosts = area.reach(service.service)
    except Undecided:
        return ""
    away = [(kind, host) for kind, host in hosts if not on_this_machine(target, host)]
    lines = (scope.lack(target.authorisation, host, kind, today)[1] for kind, host in away)
    return next(filter(None, lines), f"active = true to {scope.TABLE}")


def _by_purpose(service: ServicePlan, runs: set[str]) -> Iterator[Missing]:
    """Requirements that bind services for another purpose than the manifest names."""
    purposes = {service.service.role, *service.service.serves}
    ids = [r.id for r in service.requirements if r.id in runs and r.serves and not purposes & set(r.serves)]
    names = dict.fromkeys(role for r in service.requirements if r.id in ids for role in r.serves)
    if ids:
        add = f"serves = [...] of {', '.join(names)}, if the service is for one of them"
        yield Missing(tuple(ids), "not-applicable", "the manifest does not say", add)


def _without_secret(service: Service) -> Iterator[Missing]:
    """Secrets that the manifest refers to and that lead to nothing here."""
    for place, secret in _secrets(service.settings, ""):
        try:
            secret.reveal()
        except Untested as trouble:
            kind, _, name = secret.reference.partition(":")
            add = f"export {name}=..., before the run" if kind == "env" else f"the file {name} beside the manifest"
            yield Missing((), f"not-tested({trouble.reason})", f"{place}: {trouble.detail}", add)


def _secrets(value: Any, place: str) -> Iterator[tuple[str, Secret]]:
    if isinstance(value, Secret):
        yield place, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _secrets(each, f"{place}.{key}" if place else str(key))


def described(plan: Plan, rows: Mapping[tuple[str, str], tuple[Missing, ...]]) -> dict[str, Any]:
    """The plan as JSON has it."""
    return {
        "profile": {"id": plan.profile.id, "sha256": plan.profile.sha256},
        "cells": plan.cell_count,
        "connections_at_most": plan.connections,
        "services": [
            {
                "target": service.target.id,
                "service": service.service.id,
                "role": service.service.role,
                "address": service.service.address,
                "cells": len(service.requirements),
                "connections_at_most": connections_of(service),
                "asks": sorted(ask for _, job in service.jobs for ask in job.asks),
                "missing": [asdict(gap) for gap in rows[service.place]],
            }
            for service in plan.services
        ],
    }
