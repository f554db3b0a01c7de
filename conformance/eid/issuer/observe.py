"""Looking at credential issuers. One token serves everything that needs one, since a pre-authorized code is used up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from conformance.core.area import Job, Observed
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.network import Door
from conformance.eid.issuer.evidence import Attempts
from conformance.eid.issuer.session import (
    Session,
    ask_token,
    attempt,
    read_issued,
    read_metadata,
    read_nonces,
)

TOGETHER = 4

Failure = tuple[Reason | NotTested, str]


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """Look at each job's issuer; the jobs come back in their order."""
    with ThreadPoolExecutor(TOGETHER, "eid-issuers") as pool:
        yield from pool.map(lambda job: look(job, door), jobs)


def look(job: Job, door: Door) -> Observed:
    """Everything that was asked for, of one issuer."""
    began = door.now()
    names = {ask.partition(":")[0] for ask in job.asks}
    session = Session(job, door)
    records: dict[str, Any] = {}
    failures: dict[str, Failure] = {}

    def take(name: str, read: Callable[[], Any]) -> None:
        try:
            value = read()
        except (Undecided, Untested) as trouble:
            failures[name] = (trouble.reason, trouble.detail)
            return
        if name in names:
            records[name] = value

    take("issuer_metadata", lambda: read_metadata(session))
    if (broken := failures.get("issuer_metadata")) is not None:
        return Observed(job, began, {}, dict.fromkeys(names, broken), session.connections)
    if "nonces" in names:
        take("nonces", lambda: read_nonces(session))
    if names & {"issuance", "issued"}:
        take("token", lambda: ask_token(session))
        lacking = failures.pop("token", None)
        for name, read in (("issued", lambda: read_issued(session)), ("issuance", lambda: read_attempts(session))):
            if name in names and lacking is None:
                take(name, read)
            elif name in names and lacking is not None:
                failures[name] = lacking
    return Observed(job, began, records, failures, session.connections)


def read_attempts(session: Session) -> Attempts:
    """Each wrong request that was asked for, between two right ones."""
    wanted = sorted(ask.partition(":")[2] for ask in session.job.asks if ask.startswith("issuance:"))
    made = {"control-before": attempt(session)}
    made |= {name: attempt(session, name.rpartition("/")[2]) for name in wanted}
    made["control-after"] = attempt(session)
    return Attempts(made)
