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
from conformance.core.replay import archive_of, recall
from conformance.core.results import Run
from conformance.core.store import EvidenceArchive
from conformance.report.matrix import Matrix, make_matrix
from conformance.report.terminal import Shape, render_terminal


def profile_of(directory: Path) -> Profile:
    """The resolved profile that a run was judged by, from its archive."""
    with EvidenceArchive(archive_of(directory)) as archive:
        return recall(archive).profile


def known_profile(directory: Path) -> Profile | None:
    """As `profile_of`; None where results are kept without their archive, as a baseline may be."""
    return profile_of(directory) if archive_of(directory).exists() else None


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
    """Write matrix.html, matrix.json, matrix.csv, junit.xml and, where there are pairs, pairs.csv; their paths.

    Raises:
        ConfigError: the runs cannot be laid beside each other; says what differs.
    """
    from conformance.commands.pairs import pairs_of  # noqa: PLC0415 - a fifth of the start of a run without reports
    from conformance.report.csv import render_csv, render_pairs_csv  # noqa: PLC0415
    from conformance.report.html import render_html  # noqa: PLC0415
    from conformance.report.json import render_json  # noqa: PLC0415
    from conformance.report.junit import render_junit  # noqa: PLC0415

    matrix = matrix_of(runs, profile, as_of=as_of, profiles=profiles)
    pairs = pairs_of(runs)
    texts = {
        "matrix.html": render_html(matrix, pairs),
        "matrix.json": render_json(matrix, pairs),
        "matrix.csv": render_csv(matrix),
        **({"pairs.csv": render_pairs_csv(pairs)} if pairs else {}),
        "junit.xml": render_junit(matrix),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return [folder / name for name in texts]


def print_report(run: Run, profile: Profile, folder: Path, *, brief: bool = False, notes: Sequence[str] = ()) -> None:
    """Print a run: coloured on a terminal, plain elsewhere. brief: the sums alone. notes: lines below the sums."""
    terminal = sys.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, 120) if terminal else 100
    shape = Shape(width=width, folder=str(folder), details=not brief, notes=tuple(notes))
    click.echo(render_terminal(matrix_of([run], profile), shape, colour=terminal), nl=False)
