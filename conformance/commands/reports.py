"""Writing a run's files and printing its report: the bridge from results to `conformance.report`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from conformance.core.countries import load_countries
from conformance.core.model import Profile
from conformance.core.replay import recall
from conformance.core.results import Run
from conformance.core.store import EVIDENCE_NAME, EvidenceArchive
from conformance.report.csv import render_csv
from conformance.report.html import render_html
from conformance.report.json import render_json
from conformance.report.junit import render_junit
from conformance.report.matrix import Matrix, make_matrix
from conformance.report.terminal import Shape, render_terminal


def profile_of(directory: Path) -> Profile:
    """The resolved profile that a run was judged by, from its archive."""
    folder = directory if directory.is_dir() else directory.parent
    with EvidenceArchive(folder / EVIDENCE_NAME) as archive:
        return recall(archive).profile


def matrix_of(
    runs: Sequence[Run],
    profile: Profile,
    *,
    as_of: datetime | None = None,
    profiles: Sequence[Profile] = (),
) -> Matrix:
    """The matrix of runs of one profile, at the newest observation time of them where no other is given."""
    newest = max(datetime.fromisoformat(run.header.observed_at) for run in runs).astimezone(UTC)
    return make_matrix(runs, profile, load_countries(), as_of or newest, profiles=profiles)


def write_reports(
    runs: Sequence[Run],
    profile: Profile,
    folder: Path,
    *,
    as_of: datetime | None = None,
    profiles: Sequence[Profile] = (),
) -> list[Path]:
    """Write matrix.html, matrix.json, matrix.csv and junit.xml; their paths.

    Raises:
        ConfigError: the runs cannot be laid beside each other; says what differs.
    """
    matrix = matrix_of(runs, profile, as_of=as_of, profiles=profiles)
    texts = {
        "matrix.html": render_html(matrix),
        "matrix.json": render_json(matrix),
        "matrix.csv": render_csv(matrix),
        "junit.xml": render_junit(matrix),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return [folder / name for name in texts]


def print_report(run: Run, profile: Profile, folder: Path, *, brief: bool = False) -> None:
    """Print a run: coloured on a terminal, plain elsewhere. brief: the sums alone."""
    terminal = sys.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, 120) if terminal else 100
    shape = Shape(width=width, folder=str(folder), details=not brief)
    click.echo(render_terminal(matrix_of([run], profile), shape, colour=terminal), nl=False)
