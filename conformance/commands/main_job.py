"""`conformance run` from options to exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from conformance.commands.prepare import Request
from conformance.commands.reports import print_report, write_reports
from conformance.commands.run import Ran, execute
from conformance.core.network import Door, Limits
from conformance.core.replay import Change, changes
from conformance.core.results import read_results
from conformance.exits import DEFAULT_FAIL_ON, Exit, exit_of


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
    if not targets:
        return _on_sandbox(request, front=front, no_report=no_report, quiet=quiet, form=form)
    ran = execute(request, Door(limits=limits_of(request)), front=front, quiet=quiet)
    differences = changes(read_results(baseline), ran.run) if baseline else None
    _tell(ran, differences, no_report=no_report, quiet=quiet, form=form)
    if differences is not None:
        return Exit.DIFFERS if differences else Exit.OK
    return exit_of(ran.run.cells, fail_on or DEFAULT_FAIL_ON)


def limits_of(request: Request) -> Limits:
    """The door's limits: with --enumerate, every offender is named, however many connections it takes."""
    return Limits(offenders=1000, connections_per_target=2000) if request.enumerate else Limits()


def _on_sandbox(request: Request, *, front: str, no_report: bool, quiet: bool, form: str) -> int:
    """Start the sandbox, run on it, and hold its verdicts against the expected ones, both ways."""
    from conformance.sandbox import Sandbox, differences, load_specs  # noqa: PLC0415 - servers only when needed

    specs = load_specs()
    with Sandbox(specs) as sandbox:
        ran = execute(request, sandbox.door(limits_of(request)), sandbox.targets, front=front, quiet=quiet)
    found = differences(ran.run, specs, ran.prepared.plan.profile)
    _tell(ran, found, no_report=no_report, quiet=quiet, form=form, sandbox=True)
    return Exit.DIFFERS if found else Exit.OK


def _tell(
    ran: Ran, found: list[Change] | None, *, no_report: bool, quiet: bool, form: str, sandbox: bool = False
) -> None:
    profile = ran.prepared.plan.profile
    paths = [] if no_report else write_reports([ran.run], profile, ran.folder)
    if form == "json":
        click.echo(json.dumps(_summary(ran, found, paths), indent=1))
        return
    print_report(ran.run, profile, ran.folder, brief=quiet)
    click.echo(f"{ran.connections} connections; run written to {ran.folder}")
    if found is not None:
        what = "the sandbox's expected verdicts" if sandbox else "the baseline"
        for change in found:
            click.echo(
                f"  {' '.join(change.key)}: expected {change.before or 'no cell'}, got "
                f"{change.after or 'no cell'} ({change.why})"
            )
        click.echo(f"{len(found)} verdicts differ from {what}" if found else f"every verdict matches {what}")


def _summary(ran: Ran, found: list[Change] | None, paths: list[Path]) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for cell in ran.run.cells:
        counts[cell.status.value] = counts.get(cell.status.value, 0) + 1
    return {
        "directory": str(ran.folder),
        "profile": {"id": ran.run.header.profile_id, "sha256": ran.run.header.profile_sha256},
        "counts": counts,
        "connections": ran.connections,
        "differences": None
        if found is None
        else [{"key": list(change.key), "expected": change.before, "got": change.after} for change in found],
        "written": [str(path) for path in paths],
    }
