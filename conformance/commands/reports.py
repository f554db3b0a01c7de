"""Writing a run's files and printing its report: the bridge from results to `conformance.report`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from conformance.core.model import Profile
from conformance.core.replay import recall
from conformance.core.results import Run
from conformance.core.store import EVIDENCE_NAME, EvidenceArchive


def profile_of(directory: Path) -> Profile:
    """The resolved profile that a run was judged by, from its archive."""
    folder = directory if directory.is_dir() else directory.parent
    with EvidenceArchive(folder / EVIDENCE_NAME) as archive:
        return recall(archive).profile


def as_of_runs(runs: Sequence[Run]) -> datetime:
    """The newest observation time of the runs."""
    return max(datetime.fromisoformat(run.header.observed_at) for run in runs).astimezone(UTC)
