"""`list` and `explain`: what the profile asks."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import click

from conformance.core.errors import ConfigError, nearest, shown
from conformance.core.model import Requirement
from conformance.core.profile import load_profile


def list_requirements(profile_name: str, area: str, form: str) -> None:
    """Print the requirements of a profile, in its order."""
    profile = load_profile(profile_name)
    found = [r for r in profile.requirements.values() if not area or r.area == area]
    if area and not found:
        areas = sorted({r.area for r in profile.requirements.values()})
        raise ConfigError("--area", "", shown(area), f"one of {', '.join(areas)}", nearest(area, areas))
    if form == "json":
        click.echo(json.dumps([describe(requirement) for requirement in found], indent=1, ensure_ascii=False))
        return
    width = max(len(requirement.id) for requirement in found)
    for requirement in found:
        click.echo(f"{requirement.id:<{width}}  {requirement.level:<10}  {requirement.title}")
    levels = Counter(requirement.level.value for requirement in found)
    faults = {fault for requirement in found for fault in requirement.faults}
    click.echo(
        f"\n{len(found)} requirements ({', '.join(f'{n} {level}' for level, n in levels.most_common())}), "
        f"{len(faults)} faults that must turn them red; profile {profile.id} {profile.version}, "
        f"sha256 {profile.sha256[:16]}"
    )


def describe(requirement: Requirement) -> dict[str, Any]:
    """A requirement as JSON says it."""
    return {
        "id": requirement.id,
        "rev": requirement.rev,
        "title": requirement.title,
        "statement": requirement.statement,
        "level": requirement.level.value,
        "area": requirement.area,
        "role": list(requirement.roles),
        "serves": list(requirement.serves),
        "cite": [
            {"doc": c.doc, "section": c.section, **({"note": c.note} if c.note else {})} for c in requirement.cite
        ],
        "why": requirement.why,
        "fix": dict(requirement.fix),
        "params": json.loads(json.dumps(dict(requirement.params), default=_plain)),
        "needs": list(requirement.needs),
        "faults": list(requirement.faults),
        "fake_only": requirement.fake_only,
        "in_force": requirement.in_force.isoformat() if requirement.in_force else None,
        "in_force_note": requirement.in_force_note,
        "basis": requirement.basis.value,
        "derogation": requirement.derogation,
    }


def _plain(value: Any) -> Any:
    """Dates, frozen mappings and tuples of a profile as JSON has them."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "items"):
        return dict(value)
    return list(value)


def explain_requirement(requirement_id: str, profile_name: str, form: str) -> None:
    """Print all that the profile and the suite say of one requirement."""
    profile = load_profile(profile_name)
    requirement = profile.requirements.get(requirement_id.upper())
    if requirement is None:
        raise ConfigError(
            "explain",
            "",
            shown(requirement_id),
            f"a requirement of profile {profile.id}",
            nearest(requirement_id.upper(), profile.requirements),
        )
    if form == "json":
        click.echo(json.dumps(describe(requirement), indent=1, ensure_ascii=False))
        return
    for line in explanation(requirement):
        click.echo(line)


def explanation(requirement: Requirement) -> list[str]:
    """The lines of `conformance explain`."""
    from conformance.areas import AREAS  # noqa: PLC0415 - judges are not needed to list
    from conformance.core.judging import load_judges  # noqa: PLC0415

    lines = [f"{requirement.id} rev {requirement.rev}: {requirement.title}", "", f"  {requirement.statement}", ""]
    lines += [f"level      {requirement.level}"]
    if requirement.in_force:
        lines += [f"in force   from {requirement.in_force}: {requirement.in_force_note}"]
    lines += [
        f"binds      {', '.join(requirement.roles)}"
        + (f" serving {', '.join(requirement.serves)}" if requirement.serves else "")
    ]
    lines += [f"clause     {clause}" for clause in requirement.cite]
    lines += [f"why        {requirement.why}"]
    lines += [f"fix        {name}: {text}" for name, text in requirement.fix.items()]
    lines += [f"needs      {', '.join(requirement.needs)}"] if requirement.needs else []
    lines += [f"parameter  {name} = {_plain_text(value)}" for name, value in requirement.params.items()]
    if requirement.derives:
        lines += [f"derived    from {', '.join(requirement.derives)} at the same host and port; not probed itself"]
    else:
        entry = load_judges(AREAS)[requirement.id]
        lines += [f"observes   {', '.join(sorted(entry.area.asks(requirement)))}", f"judged by  {entry.node}"]
    lines += [f"red with   conformance sandbox --fault {fault}" for fault in requirement.faults]
    if requirement.fake_only:
        lines += ["           (no maintained server shows this defect; only the sandbox does)"]
    return lines


def _plain_text(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False)
