"""The run: observe, store, read back, judge, write. Two front ends share it, pytest and the plain loop.

Observations stream in; each service is judged as soon as its last job is complete, its lines go to a spool, and at the
end the spool is put in plan order, so that neither memory nor the bytes of the results depend on which service answered
first.
"""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from typing import IO, TYPE_CHECKING

from conformance import __version__
from conformance.core.area import Area, Job, Observed
from conformance.core.codec import encode, encode_in_order
from conformance.core.derive import Derivation
from conformance.core.garbage import set_apart
from conformance.core.judge import Bundle, judge_service
from conformance.core.model import Cell, NotTested, Reason
from conformance.core.plan import Plan, ServicePlan, case_of
from conformance.core.redact import Redactor
from conformance.core.results import RESULTS_NAME, Footer, Header, cell_lines, make_header, write_results
from conformance.core.store import EVIDENCE_NAME, EvidenceStore
from conformance.core.waivers import Waiver

if TYPE_CHECKING:
    from conformance.core.network import Door

Sink = Callable[[int, tuple[Cell, ...]], None]
"""Takes the number of a service in the plan and its cells."""

Progress = Callable[[int, int, str], None]
"""Called with jobs finished, jobs planned, and the last one's `target/service`."""


AHEAD = 64
"""Observations that wait to be judged, at most."""


class AuditError(Exception):
    """Planned services are not finished plus failed ones: the suite lost one. Our own defect."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run needs beside its plan. waivers: all that were loaded. selected: see make_plan."""

    directory: Path
    redactor: Redactor
    waivers: tuple[Waiver, ...] = ()
    waivers_sha256: str = ""
    progress: Progress | None = None


@dataclass(slots=True)
class Audit:
    """Every planned service is finished (judged on evidence) or failed (a job of it broke in our own code)."""

    planned: int
    finished: int = 0
    failed: int = 0

    def close(self) -> None:
        """Raise AuditError unless the books balance."""
        if self.planned != self.finished + self.failed:
            raise AuditError(f"planned {self.planned} services, finished {self.finished}, failed {self.failed}")


@dataclass(slots=True)
class Spool:
    """Lines of judged services on disk, in the order they finished, and where each service's lines lie."""

    file: IO[bytes]
    size: int = 0
    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, index: int, cells: tuple[Cell, ...]) -> None:
        """Append the cells of service number `index` of the plan."""
        lines = cell_lines(cells)
        self.file.write(lines)
        self.places[index] = (self.size, len(lines))
        self.size += len(lines)
        self.counts.update([cell.status for cell in cells])

    def lines(self) -> Iterator[bytes]:
        """The lines of each service, in plan order."""
        self.file.flush()
        raw = getattr(self.file, "raw", self.file)  # the blocks lie here and there: a buffer reads more than is wanted
        for index in sorted(self.places):
            start, length = self.places[index]
            raw.seek(start)
            yield raw.read(length)


@dataclass(slots=True)
class Pending:
    """A service some of whose jobs are still out."""

    index: int
    plan: ServicePlan
    missing: set[str]
    bundles: dict[str, Bundle] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is known when all has been judged. stopped: by Ctrl-C, or by a front end that ends early."""

    started: datetime
    connections: int
    stopped: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left behind."""

    header: Header
    footer: Footer
    connections: int
    stopped: bool


def run(plan: Plan, door: Door, settings: Settings) -> Outcome:
    """The plain loop: observe, judge and write the whole plan. Ctrl-C writes what there is, the rest not-tested."""
    started = door.now()
    with tempfile.TemporaryFile() as file:
        spool = Spool(file)
        gathered = gather(plan, door, settings, spool.add, started)
        return write(plan, settings, gathered, spool.lines(), spool.counts)


def gather(plan: Plan, door: Door, settings: Settings, sink: Sink, started: datetime) -> Gathered:
    """Observe and judge; hand each service's cells to `sink` as soon as they are whole, in any order.

    Raises:
        AuditError: a planned service got no cells.
    """
    audit = Audit(len(plan.services))
    derivation = Derivation(plan, settings.waivers, started)
    seen: set[int] = set()
    connections, stopped = 0, False

    def add(index: int, cells: tuple[Cell, ...]) -> None:
        seen.add(index)
        for number, whole in derivation.add(index, cells):
            sink(number, whole)

    with set_apart(), open_store(plan, settings, started) as store:
        try:
            for index, bundles, count in observe(plan, door, store, settings.progress, audit):
                connections += count
                add(index, judge_service(case_of(plan.services[index], settings.waivers), plan.judges, bundles))
        except KeyboardInterrupt:
            stopped = True
        for index in [number for number in range(len(plan.services)) if stopped and number not in seen]:
            audit.failed += 1
            add(index, stopped_cells(plan.services[index], settings.waivers))
        for number, whole in derivation.rest():
            sink(number, whole)
    audit.close()
    return Gathered(started, connections, stopped)


def write(
    plan: Plan, settings: Settings, gathered: Gathered, lines: Iterable[bytes], counts: Mapping[str, int]
) -> Outcome:
    """Write the results file: `lines` are blocks of whole lines, in plan order."""
    header = header_of(plan, settings, gathered.started, complete=plan.complete and not gathered.stopped)
    with (settings.directory / RESULTS_NAME).open("wb") as stream:
        footer = write_results(stream, header, lines, counts)
    return Outcome(header, footer, gathered.connections, gathered.stopped)


def header_of(plan: Plan, settings: Settings, started: datetime, *, complete: bool) -> Header:
    """The header of a run of this plan."""
    return make_header(
        plan.profile,
        plan.targets,
        observed_at=started.astimezone(UTC).isoformat(timespec="seconds"),
        plan_sha256=plan.digest,
        complete=complete,
        suite_version=__version__,
        waivers_sha256=settings.waivers_sha256,
    )


@contextmanager
def open_store(plan: Plan, settings: Settings, started: datetime) -> Iterator[EvidenceStore]:
    """The archive of the run, with all that replay needs beside the evidence."""
    memory = {
        "targets.json": plan.targets,
        "waivers.json": settings.waivers,
        "plan.json": {
            "observed_at": started,
            "suite_version": __version__,
            "waivers_sha256": settings.waivers_sha256,
            "deselected": deselected(plan),
        },
    }
    with EvidenceStore(settings.directory / EVIDENCE_NAME, settings.redactor) as store:
        store.write("profile.json", encode_in_order(plan.profile))  # public; its order is that of the results
        for name, record in memory.items():
            store.write(name, settings.redactor.redact_json(encode(record)))
        yield store


def deselected(plan: Plan) -> list[tuple[str, str, str]]:
    """The keys of the cells that were deselected, sorted."""
    return sorted(
        (service.target.id, service.service.id, requirement_id)
        for service in plan.services
        for requirement_id, (reason, _) in service.excluded.items()
        if reason is NotTested.DESELECTED
    )


def observe(
    plan: Plan, door: Door, store: EvidenceStore, progress: Progress | None, audit: Audit
) -> Iterator[tuple[int, Mapping[str, Bundle], int]]:
    """Observe every planned job; yield (its number in the plan, its bundles, connections) for each whole service."""
    pending: dict[tuple[str, str], Pending] = {}
    by_area: dict[str, tuple[Area, list[Job]]] = {}
    total = 0
    for index, service in enumerate(plan.services):
        if not service.jobs:
            audit.finished += 1
            yield index, {}, 0
            continue
        names = {area.name for area, _ in service.jobs}
        pending[service.target.id, service.service.id] = Pending(index, service, names)
        for area, job in service.jobs:
            by_area.setdefault(area.name, (area, []))[1].append(job)
            total += 1
    for done, (area, observed) in enumerate(_side_by_side(list(by_area.values()), door), 1):
        key = (observed.job.target.id, observed.job.service.id)
        if progress:
            progress(done, total, "/".join(key))
        waiting = pending[key]
        waiting.bundles[area.name] = store.add(area, observed).bundle
        waiting.missing.discard(area.name)
        if not waiting.missing:
            del pending[key]
            broken = any(reason is Reason.INTERNAL for reason, _ in observed.failures.values())
            audit.failed += broken
            audit.finished += not broken
            yield waiting.index, waiting.bundles, observed.connections


def _side_by_side(work: list[tuple[Area, list[Job]]], door: Door) -> Iterator[tuple[Area, Observed]]:
    """The observations of all areas. Several are looked at at once, a thread each, since each of them waits a lot."""
    if len(work) == 1:
        ((area, jobs),) = work
        yield from ((area, observed) for observed in _each(area, jobs, door))
        return
    found: Queue[tuple[Area, Observed] | BaseException | None] = Queue(AHEAD)

    def look(area: Area, jobs: list[Job]) -> None:
        try:
            for observed in _each(area, jobs, door):
                found.put((area, observed))
            found.put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the run is
            found.put(error)

    for area, jobs in work:
        threading.Thread(target=look, args=(area, jobs), name=f"observe-{area.name}", daemon=True).start()
    left = len(work)
    while left:
        match found.get():
            case None:
                left -= 1
            case BaseException() as error:
                raise error
            case observed:
                yield observed


def _each(area: Area, jobs: list[Job], door: Door) -> Iterator[Observed]:
    """The area's observations; a job that its observer lost or broke on becomes one whose every ask failed."""
    waiting = {(job.target.id, job.service.id): job for job in jobs}
    trouble = "the observer ended without an answer"
    try:
        for observed in area.observe(jobs, door):
            waiting.pop((observed.job.target.id, observed.job.service.id), None)
            yield observed
    except Exception as error:  # noqa: BLE001 - one broken observer must not lose the other services
        trouble = f"{type(error).__name__}: {error}"
    for job in waiting.values():
        names = {ask.partition(":")[0] for ask in job.asks}
        yield Observed(job, door.now(), {}, dict.fromkeys(names, (Reason.INTERNAL, trouble)))


def stopped_cells(service: ServicePlan, waivers: tuple[Waiver, ...]) -> tuple[Cell, ...]:
    """A service's cells when the run was stopped before it was judged."""
    case = case_of(service, waivers)
    stopped = (NotTested.STOPPED, "the run was stopped before this service was judged")
    excluded = {requirement.id: case.excluded.get(requirement.id, stopped) for requirement in case.requirements}
    return judge_service(replace(case, excluded=excluded, judged=()), {}, {})
