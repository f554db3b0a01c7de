"""`conformance run` from options to exit code."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import click

from conformance.commands.prepare import Request
from conformance.commands.reports import known_profile, print_report, write_reports
from conformance.commands.run import Ran, execute, warm
from conformance.core.model import NotTested
from conformance.core.network import Door, Limits
from conformance.core.replay import Change, changes
from conformance.core.results import RESULTS_NAME, read_results
from conformance.core.store import EVIDENCE_NAME
from conformance.exits import DEFAULT_FAIL_ON, Exit, exit_of
from conformance.report.display import count, display


def run_command(
    *,
    profile: str,
    targets: tuple[Path, ...],
    only: tuple[str, ...],
    area: str,
    out: Path | None,
    waivers: Path | None,
    fail_on: tuple[str, ...],
    baseline: Path | None,
    front: str,
    enumerate_: bool,
    no_report: bool,
    quiet: bool,
    form: str,
) -> int:
    """Run, write, report; the exit code."""
    request = Request(profile, targets, only, area, waivers, out, enumerate_)
    before = (read_results(baseline), known_profile(baseline)) if baseline else None
    if targets:
        ran, found = execute(request, Door(limits=limits_of(request)), front=front, quiet=quiet), None
    else:
        ran, found = _on_sandbox(request, front=front, quiet=quiet)
    if before:
        found = changes(before[0], ran.run, before[1], ran.prepared.plan.profile)
    code = exit_of(ran.run.cells, fail_on or DEFAULT_FAIL_ON)
    if found is not None:
        code = Exit.DIFFERS if found else Exit.OK
    paths = [] if no_report else write_reports([ran.run], ran.prepared.plan.profile, ran.folder)
    if form == "json":
        click.echo(json.dumps(_summary(ran, found, paths, code), indent=1))
    else:
        _tell(ran, found, paths, quiet=quiet, what=f"the baseline {baseline}" if baseline else EXPECTED)
    return code


EXPECTED = "what the sandbox must come to"


def limits_of(request: Request) -> Limits:
    """The door's limits: with --enumerate, every offender is named, however many connections it takes."""
    return Limits(offenders=1000, connections_per_target=2000) if request.enumerate else Limits()


def _on_sandbox(request: Request, *, front: str, quiet: bool) -> tuple[Ran, list[Change]]:
    """Start the sandbox, run on it, and hold its verdicts against the expected ones, both ways."""
    from conformance.commands.apart import sandbox_apart  # noqa: PLC0415 - servers only when needed
    from conformance.sandbox import differences, load_specs  # noqa: PLC0415

    specs = load_specs()
    with sandbox_apart(meanwhile=partial(warm, request, front)) as sandbox:
        ran = execute(request, sandbox.door(limits_of(request)), sandbox.targets, front=front, quiet=quiet)
    return ran, differences(ran.run, specs, ran.prepared.plan.profile)


def _tell(ran: Ran, found: list[Change] | None, paths: list[Path], *, quiet: bool, what: str) -> None:
    """The report, where it lies, and what differs from `what`, where that was asked for."""
    notes = ["stopped: what was not reached is not tested"] if ran.stopped else []
    notes += [f"{count(ran.connections, 'connection')}; run written to {ran.folder}"]
    notes += [f"matrix: {path}" for path in paths if path.suffix == ".html"]
    print_report(ran.run, ran.prepared.plan.profile, ran.folder, brief=quiet, notes=notes)
    if found is None:
        return
    for change in found:
        click.echo(
            f"  {' '.join(change.key)}: expected {change.before or 'no cell'}, got "
            f"{change.after or 'no cell'} ({display(change.why, 500)})"
        )
    judged = sum(cell.reason != NotTested.DESELECTED for cell in ran.run.cells)
    differ = f"{count(len(found), 'verdict')} of {judged} {'differ' if len(found) > 1 else 'differs'} from"
    click.echo(f"{differ} {what}" if found else f"all {judged} verdicts match {what}")


def _summary(ran: Ran, found: list[Change] | None, paths: list[Path], code: int) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for cell in ran.run.cells:
        counts[cell.status.value] = counts.get(cell.status.value, 0) + 1
    return {
        "exit": int(code),
        "directory": str(ran.folder),
        "complete": ran.run.header.complete,
        "stopped": ran.stopped,
        "profile": {"id": ran.run.header.profile_id, "sha256": ran.run.header.profile_sha256},
        "counts": counts,
        "connections": ran.connections,
        "differences": None
        if found is None
        else [
            {"key": list(change.key), "expected": change.before, "got": change.after, "why": change.why}
            for change in found
        ],
        "written": [str(path) for path in (ran.folder / RESULTS_NAME, ran.folder / EVIDENCE_NAME, *paths)],
    }
