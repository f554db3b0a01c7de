"""The pytest front end. Inert unless `--profile` is given.

A function marked `@requirement(...)` becomes one item a cell: pytest itself refuses generator tests, and an item of
our own costs a quarter of a parametrised one. Items are chosen first (`-k`, `--deselect`, `--lf`), then everything they
need is observed once, then each item reports its cell. A deselected cell is written as not-tested, never dropped.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from conformance.core.area import MARK

if TYPE_CHECKING:
    from conformance.commands.prepare import Prepared, Request
    from conformance.core.engine import Outcome, Progress
    from conformance.core.model import Cell, Requirement
    from conformance.core.network import Door
    from conformance.core.plan import Plan, ServicePlan

Key = tuple[str, str, str]
Verdict = Literal["passed", "failed", "skipped"]
Phase = Literal["setup", "call"]


@dataclass(slots=True)
class Session:
    """One conformance run under pytest: what was planned, then what became of it."""

    request: Request
    prepared: Prepared
    door: Door
    folder: Path
    started: datetime
    progress: Progress | None = None
    cells: dict[Key, Cell] = field(default_factory=dict)
    items: set[Key] = field(default_factory=set)
    outcome: Outcome | None = None
    bound: list[tuple[ServicePlan, Mapping[str, Requirement]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Note by id what binds each service, without what the plan has deselected already (`--only`, `--area`)."""
        for service in self.prepared.plan.services:
            own = {key[2] for key in selectable_of(service)}
            self.bound.append((service, {each.id: each for each in service.requirements if each.id in own}))


SESSION = pytest.StashKey[Session]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a conformance run under plain pytest."""
    group = parser.getgroup("conformance", "interoperability conformance")
    group.addoption("--profile", default="", help="judge by this profile (asean, asean-high, or a file)")
    group.addoption("--target", action="append", default=[], type=Path, help="manifest of a service; repeatable")
    group.addoption("--out", type=Path, default=None, help="folder for the run (default: reports/runs/<time>)")
    group.addoption("--waivers", type=Path, default=None, help="file of waivers")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load profile and manifests, and plan; nothing is sent yet."""
    for level in LEVELS:
        config.addinivalue_line("markers", f"{level}: a cell of this level of requirement")
    if not config.getoption("--profile") or SESSION in config.stash:
        return
    if config.getoption("numprocesses", None):
        raise pytest.UsageError("-n is refused: workers share no rate limit, and each would observe everything again")
    from conformance.commands.prepare import Request, output_folder, prepare  # noqa: PLC0415 - inert without --profile
    from conformance.core.errors import ConfigError  # noqa: PLC0415
    from conformance.core.network import Door  # noqa: PLC0415

    if not config.getoption("--target"):
        raise pytest.UsageError("--profile needs --target FILE; `conformance run` alone starts the sandbox")
    door = Door()
    request = Request(
        profile=config.getoption("--profile"),
        targets=tuple(config.getoption("--target")),
        waivers=config.getoption("--waivers"),
        out=config.getoption("--out"),
    )
    try:
        now = door.now()
        prepared = prepare(request, now)
        folder = config.rootpath if config.option.collectonly else output_folder(request, now)
    except ConfigError as error:
        raise pytest.UsageError("\n".join(map(str, (error, *error.others)))) from None
    config.stash[SESSION] = Session(request, prepared, door, folder, now)


class CellItem(pytest.Item):
    """One cell: one requirement on one service of one target."""

    def __init__(self, *, key: Key, judge: str, entry: Requirement, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.key = key
        self.judge = judge
        self.entry = entry
        self.add_marker(entry.level.value.lower().replace(" ", "_"))
        self.extra_keyword_matches.update((entry.id, entry.area, key[0], key[1]))

    def runtest(self) -> None:
        """Never called: `pytest_runtest_protocol` reports the cell itself."""
        raise AssertionError(self.nodeid)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the requirement is judged, and its title."""
        return self.path, None, f"{self.entry.id} {'/'.join(self.key[:2])}"


def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str, obj: object) -> object:
    """Each judge as the items of its cells; none of them without a profile."""
    ids = getattr(obj, MARK, None)
    if ids is None:
        return None
    if SESSION not in collector.config.stash:
        return []
    return list(_items(collector, name, ids, collector.config.stash[SESSION]))


def _items(collector: pytest.Collector, name: str, ids: tuple[str, ...], session: Session) -> Iterator[CellItem]:
    """An item for each cell of the judge."""
    for service, bound in session.bound:
        for requirement in [bound[each] for each in ids if each in bound]:
            key = (*service.place, requirement.id)
            node = f"{name}[{'-'.join(key)}]"
            # Given as text, so that pytest reads the bracket as it will read it back from its cache (--lf).
            whole = f"{collector.nodeid}::{node}"
            yield CellItem.from_parent(collector, name=node, nodeid=whole, key=key, judge=name, entry=requirement)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Observe and judge what was not deselected; the loop that follows reports item by item."""
    if SESSION not in session.config.stash or session.config.option.collectonly:
        return
    from conformance.commands.prepare import settings_of  # noqa: PLC0415
    from conformance.core import engine  # noqa: PLC0415
    from conformance.core.plan import make_plan  # noqa: PLC0415

    run = session.config.stash[SESSION]
    plan = run.prepared.plan
    run.items = {item.key for item in session.items if isinstance(item, CellItem)}
    chosen = run.items | followers(plan, run.items)
    if chosen != selectable(plan):
        plan = make_plan(plan.profile, plan.targets, plan.judges, today=run.started.date(), select=chosen.__contains__)
        run.prepared = replace(run.prepared, plan=plan)
    settings = settings_of(run.prepared, run.folder, run.progress)
    gathered = engine.gather(
        plan, run.door, settings, lambda _, cells: run.cells.update((c.key, c) for c in cells), run.started
    )
    session.config.stash[GATHERED] = gathered


LEVELS = ("must", "must_not", "should", "should_not", "may")
GATHERED = pytest.StashKey[Any]()


def followers(plan: Plan, items: set[Key]) -> set[Key]:
    """The keys of derived cells, which have no judge and so no item: chosen where all that they come from is."""
    from conformance.core.plan import sources_of  # noqa: PLC0415

    found = set()
    for service in plan.services:
        own = selectable_of(service)
        derived = [r for r in service.requirements if r.derives and (*service.place, r.id) in own]
        if not own - {(*service.place, r.id) for r in derived} <= items:
            continue
        for requirement in derived:
            source = service.source
            keys = {(*source, each.id) for each in sources_of(requirement, plan.profile)} if source else set()
            if keys <= items:
                found.add((*service.place, requirement.id))
    return found


def selectable_of(service: ServicePlan) -> set[Key]:
    """The keys of one service's cells that nothing deselected."""
    from conformance.core.model import NotTested  # noqa: PLC0415

    gone = {i for i, (reason, _) in service.excluded.items() if reason is NotTested.DESELECTED}
    return {key for key in service.keys if key[2] not in gone}


def selectable(plan: Any) -> set[Key]:
    """The keys of the plan's cells that nothing deselected."""
    from conformance.core.engine import deselected  # noqa: PLC0415

    return {key for service in plan.services for key in service.keys} - set(deselected(plan))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Report the cell: judges are pure, so set-up, call and teardown phases would only cost time."""
    if not isinstance(item, CellItem):
        return None
    run = item.config.stash[SESSION]
    cell = run.cells[item.key]
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    report = report_of(item, cell)
    item.ihook.pytest_runtest_logreport(report=report)
    if item.config.getoption("xmlpath", None):  # --junitxml takes a case's properties from its teardown
        item.ihook.pytest_runtest_logreport(report=teardown_of(report))
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


OUTCOMES: Mapping[str, tuple[Verdict, Phase]] = {
    "pass": ("passed", "call"),
    "warning": ("passed", "call"),
    "fail": ("failed", "call"),
    "error": ("failed", "setup"),  # pytest and JUnit call a failed set-up an error
    "not-applicable": ("skipped", "call"),
    "not-tested": ("skipped", "call"),
    "waived": ("skipped", "call"),
}
LETTERS = {
    "pass": (".", "PASS"),
    "warning": ("w", "WARNING"),
    "fail": ("F", "FAIL"),
    "error": ("E", "ERROR"),
    "not-applicable": ("-", "NOT-APPLICABLE"),
    "not-tested": ("?", "NOT-TESTED"),
    "waived": ("v", "WAIVED"),
}


def report_of(item: CellItem, cell: Cell) -> pytest.TestReport:
    """A cell as pytest's report: the long text for what failed, the reason for what did not run."""
    from conformance.report.display import display  # noqa: PLC0415

    outcome, when = OUTCOMES[cell.status.value]
    lines = [f"{cell.status.value}: {item.entry.id} ({cell.level}) {item.entry.title}"]
    lines += [f"  {clause}" for clause in item.entry.cite]
    lines += [f"  {cell.reason} {cell.detail}".rstrip()] if cell.reason or cell.detail else []
    for violation in cell.violations:
        lines += [
            f"  {violation.message}",
            f"    expected: {violation.expected}",
            f"    observed: {violation.observed}",
        ]
    text = "\n".join(display(line, 500) for line in lines)
    longrepr: Any = None
    if outcome == "failed":
        longrepr = text
    elif outcome == "skipped":
        longrepr = (str(item.path), 0, f"{cell.status.value}: {display(cell.reason or cell.detail, 200)}")
    now = time.time()
    report = pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords={},
        outcome=outcome,
        longrepr=longrepr,
        when=when,
        sections=(),
        duration=0.0,
        start=now,
        stop=now,
        user_properties=[("verdict", cell.status.value)],
    )
    report.conformance_status = cell.status.value  # type: ignore[attr-defined]
    return report


def teardown_of(report: pytest.TestReport) -> pytest.TestReport:
    """An empty teardown with the properties of a cell's report."""
    return pytest.TestReport(
        nodeid=report.nodeid,
        location=report.location,
        keywords={},
        outcome="passed",
        longrepr=None,
        when="teardown",
        user_properties=report.user_properties,
    )


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """The seven verdicts by their own letters and words."""
    status = getattr(report, "conformance_status", None)
    if status is None:
        return None
    letter, word = LETTERS[status]
    category = {"fail": "failed", "error": "error", "pass": "passed"}.get(status, status)
    return category, letter, word


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the results: of every cell that was judged, those that -x kept from being reported among them.

    The exit status is ours.
    """
    run = session.config.stash.get(SESSION, None)
    gathered = session.config.stash.get(GATHERED, None)
    if run is None or gathered is None:
        return
    from conformance.core import engine  # noqa: PLC0415
    from conformance.core.results import cell_lines  # noqa: PLC0415
    from conformance.exits import exit_of  # noqa: PLC0415

    plan = run.prepared.plan
    cells = [run.cells[key] for service in plan.services for key in service.keys]
    counts = Counter(cell.status.value for cell in cells)
    settings = engine.Settings(run.folder, None, run.prepared.waivers, run.prepared.waivers_sha256)  # type: ignore[arg-type]
    run.outcome = engine.write(plan, settings, gathered, [cell_lines(cells)], counts)
    session.exitstatus = exit_of(cells)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Under plain pytest, say where the run lies."""
    run = config.stash.get(SESSION, None)
    if run is not None and run.outcome is not None:
        terminalreporter.write_line(
            f"conformance run written to {run.folder}; read it with: conformance report {run.folder}"
        )
