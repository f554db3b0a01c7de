"""`replay`, `report`, `matrix` and `diff`: what is done with runs that lie on disk."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote

import click

from conformance.areas import AREAS
from conformance.commands.prepare import chosen, empty_folder, writable
from conformance.commands.reports import print_report, profile_of, write_reports
from conformance.core.errors import ConfigError
from conformance.core.judging import load_judges
from conformance.core.profile import load_profile
from conformance.core.replay import Change, archive_of, changes, replay, write_archive, write_run
from conformance.core.results import Run, read_results
from conformance.exits import Exit, exit_of
from conformance.report.display import count


def replay_run(directory: Path, profile_name: str, only: tuple[str, ...], out: Path | None, form: str) -> int:
    """Judge again; say whether the cells are the stored ones, or name each that is not."""
    judges = load_judges(AREAS)
    profile = load_profile(profile_name) if profile_name else None
    stored = read_results(directory)
    old = profile_of(directory)
    ids = frozenset(chosen(only, profile or old)) if only else None
    run, plan = replay(directory, judges, profile=profile, only=ids)
    if out:
        empty_folder(out)
        write_archive(directory, out, plan)
        write_run(run, out)
    compared = _only(stored, ids), _only(run, ids)
    found = changes(*compared, old, profile or old, whole=True)
    if form == "json":
        click.echo(json.dumps({"cells": len(compared[1].cells), "changed": [_change(c) for c in found]}, indent=1))
    else:
        if ids is not None:
            print_report(run, profile or old, directory)
        print_changes(found, f"replayed {count(len(compared[1].cells), 'cell')}: ", "identical to the stored ones")
        if out:
            click.echo(f"written to {out}; read it with: conformance report {quote(str(out))}")
    return Exit.DIFFERS if found and profile is None else exit_of(compared[1].cells)


def _only(run: Run, ids: frozenset[str] | None) -> Run:
    return run if ids is None else Run(run.header, tuple(c for c in run.cells if c.requirement in ids), run.directory)


def report_run(directory: Path, form: str) -> int:
    """Print a run's report and write its files anew."""
    run = read_results(directory)
    folder = archive_of(directory).parent
    profile = profile_of(folder)
    paths = write_reports([run], profile, folder)
    if form == "json":
        click.echo(json.dumps({"written": [str(path) for path in paths]}, indent=1))
    else:
        print_report(run, profile, folder)
    return exit_of(run.cells)


def merge_runs(directories: tuple[Path, ...], out: Path, as_of: str, form: str) -> None:
    """Write the matrix of several runs."""
    runs = [read_results(directory) for directory in directories]
    profiles = [profile_of(directory) for directory in directories]
    when = None
    if as_of:
        try:
            when = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
        except ValueError:
            raise ConfigError("--as-of", "", f'"{as_of}"', "a date such as 2026-11-24") from None
    paths = write_reports(runs, profiles[0], writable(out), as_of=when, profiles=profiles)
    if form == "json":
        click.echo(json.dumps({"written": [str(path) for path in paths]}, indent=1))
    else:
        click.echo(f"{count(len(runs), 'run')} merged: {', '.join(str(path) for path in paths)}")


def diff_runs(before: Path, after: Path, form: str) -> int:
    """Name every differing cell."""
    one, two = read_results(before), read_results(after)
    found = changes(one, two, profile_of(before), profile_of(after))
    if form == "json":
        click.echo(json.dumps([_change(change) for change in found], indent=1))
    else:
        print_changes(found, "verdicts: ", "none differs")
    return Exit.DIFFERS if found else Exit.OK


def print_changes(found: list[Change], lead: str, none: str) -> None:
    """One line a changed cell."""
    for change in found:
        click.echo(
            f"{' '.join(change.key)}: {change.before or 'no cell'} -> {change.after or 'no cell'} ({change.why})"
        )
    click.echo(lead + (f"{len(found)} {'differ' if len(found) > 1 else 'differs'}" if found else none))


def _change(change: Change) -> dict[str, str]:
    target, service, requirement = change.key
    return {
        "target": target,
        "service": service,
        "requirement": requirement,
        "before": change.before,
        "after": change.after,
        "why": change.why,
    }
