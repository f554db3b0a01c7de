"""`conformance run`: the main job, on manifests or, without any, on the sandbox."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.commands.prepare import Prepared, Request, judges_of, output_folder, prepare, settings_of
from conformance.commands.progress import progress_to
from conformance.commands.stopping import terminable
from conformance.core import engine
from conformance.core.engine import Progress
from conformance.core.judging import JudgeEntry
from conformance.core.model import Target
from conformance.core.network import Door
from conformance.core.profile import load_profile
from conformance.core.results import Run, read_results

PYTEST_CELLS = 20_000
"""Up to so many cells pytest runs them, above it the plain loop: an item costs 0.1 ms and 2 kB, a call 3 us."""


UNUSED = (
    "cacheprovider",
    "capture",
    "debugging",
    "doctest",
    "faulthandler",
    "junitxml",
    "legacypath",
    "logging",
    "monkeypatch",
    "pastebin",
    "recwarn",
    "setuponly",
    "setupplan",
    "skipping",
    "stepwise",
    "subtests",
    "terminal",
    "threadexception",
    "tmpdir",
    "unittest",
    "unraisableexception",
    "warnings",
)
"""Plugins of pytest that do nothing for an item of ours, and take a third of its start."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A run as it lies on disk, with the plan it followed."""

    run: Run
    prepared: Prepared
    connections: int
    folder: Path
    stopped: bool = False


def execute(
    request: Request, door: Door, targets: Iterable[Target] | None = None, *, front: str = "auto", quiet: bool = False
) -> Ran:
    """Plan, observe, judge, write; both front ends leave the same bytes.

    Args:
        request: see Request.
        door: the way to the network.
        targets: loaded targets instead of the request's manifests.
        front: `pytest`, `loop`, or `auto` for pytest up to PYTEST_CELLS cells.
        quiet: no progress on stderr.

    Raises:
        ConfigError, JudgeError: see `prepare`.
    """
    now = door.now()
    prepared = prepare(request, now, targets)
    folder = output_folder(request, now)
    plan = prepared.plan
    watched = progress_to(
        sys.stderr,
        quiet=quiet,
        opened=lambda: sum(tuple(door.counts.values())),
        most=plan.connections,
        services=sum(bool(service.jobs) for service in plan.services),
    )
    with terminable(), watched as progress:
        if front == "loop" or (front == "auto" and plan.cell_count > PYTEST_CELLS):
            outcome = engine.run(prepared.plan, door, settings_of(prepared, folder, progress))
        else:
            outcome = _under_pytest(request, prepared, door, folder, progress)
    return Ran(read_results(folder), prepared, outcome.connections, folder, stopped=outcome.stopped)


def warm(request: Request, front: str) -> None:
    """Read what a run needs whatever its targets, for who waits for them anyway.

    Raises:
        ConfigError, JudgeError: as `prepare`.
    """
    judges_of(load_profile(request.profile))
    if front != "loop":
        importlib.import_module("conformance.plugin")


def judging_files(judges: Mapping[str, JudgeEntry], chosen: Container[str]) -> list[Path]:
    """The files of the judges of the chosen requirements; of all, where none of the chosen has a judge. Sorted."""
    entries = [entry for each, entry in judges.items() if each in chosen] or judges.values()
    return sorted({Path(str(sys.modules[entry.function.__module__].__file__)) for entry in entries})


def _under_pytest(
    request: Request, prepared: Prepared, door: Door, folder: Path, progress: Progress | None
) -> engine.Outcome:
    """Run the prepared plan as pytest items, with nothing of the caller's pytest configuration."""
    import pytest  # noqa: PLC0415 - a quarter second that `list` and `explain` need not pay

    from conformance.plugin import SESSION, Session, selectable  # noqa: PLC0415

    session = Session(request, prepared, door, folder, door.now(), progress)

    files = judging_files(prepared.plan.judges, {key[2] for key in selectable(prepared.plan)})
    wanted = frozenset(files).union(*(file.parents for file in files))

    class Carrier:
        """Hands the session to the plugin before it looks for one, and keeps pytest from looking at other files."""

        @pytest.hookimpl(tryfirst=True)
        def pytest_configure(self, config: pytest.Config) -> None:
            config.stash[SESSION] = session

        @pytest.hookimpl(tryfirst=True)
        def pytest_ignore_collect(self, collection_path: Path) -> bool:
            return collection_path not in wanted

    here = Path(__file__).resolve().parent.parent
    arguments = [
        "-c",
        str(here / "pytest.ini"),
        "--rootdir",
        str(here),
        "--assert=plain",
        *(f"-pno:{name}" for name in UNUSED),
        "-pconformance.plugin",
        *map(str, files),
    ]
    saved = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    autoload = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        code = pytest.main(arguments, plugins=[Carrier()])
    finally:
        os.environ.update({name: value for name, value in saved.items() if value is not None})
        if autoload is None:
            del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
    if session.outcome is None and code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if session.outcome is None:
        raise RuntimeError(f"pytest ended with {code} before anything was judged")
    return session.outcome
