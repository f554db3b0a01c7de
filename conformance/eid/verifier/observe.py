"""Looking at credential verifiers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from conformance.core.area import Job, Observed
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.network import Door
from conformance.eid.verifier.evidence import Presentations
from conformance.eid.verifier.session import Session, read_facts, show

TOGETHER = 4


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """Look at each job's verifier; the jobs come back in their order."""
    with ThreadPoolExecutor(TOGETHER, "eid-verifiers") as pool:
        yield from pool.map(lambda job: look(job, door), jobs)


def look(job: Job, door: Door) -> Observed:
    """Everything that was asked for, of one verifier."""
    began = door.now()
    session = Session(job, door)
    names = {ask.partition(":")[0] for ask in job.asks}
    records: dict[str, Any] = {}
    failures: dict[str, tuple[Reason | NotTested, str]] = {}
    for name, read in (("vp_request", read_facts), ("presentations", read_presentations)):
        if name in names:
            try:
                records[name] = read(session)
            except (Undecided, Untested) as trouble:
                failures[name] = (trouble.reason, trouble.detail)
    return Observed(job, began, records, failures, session.connections)


def read_presentations(session: Session) -> Presentations:
    """Each wrong presentation that was asked for, between two right ones."""
    wanted = sorted(ask.partition(":")[2] for ask in session.job.asks if ask.startswith("presentations:"))
    made = {"control-before": show(session)}
    made |= {name: show(session, name.rpartition("/")[2]) for name in wanted}
    made["control-after"] = show(session)
    return Presentations(made)
