"""Looking at senders and gateways. Gateways answer later, so several are looked at at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from conformance.core.area import Job, Observed
from conformance.core.network import Door
from conformance.payments.iso20022.asks import SENDER
from conformance.payments.iso20022.observe_gateway import observe_gateway
from conformance.payments.iso20022.observe_messages import observe_messages

AT_ONCE = 4


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """One result a job. What fails is recorded under the observation's name, with its reason."""
    pending: set[Future[Observed]] = set()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for job in jobs:
            pending.add(pool.submit(_one, job, door))
            if len(pending) >= 2 * AT_ONCE:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        for each in pending:
            yield each.result()


def _one(job: Job, door: Door) -> Observed:
    if job.service.role == SENDER:
        return Observed(job, door.now(), {"messages": observe_messages(job.target, job.service)})
    started = door.now()
    before = door.counts[job.target.id]
    records, failures = observe_gateway(door, job.target, job.service, job.asks)
    return Observed(job, started, records, failures, door.counts[job.target.id] - before)
