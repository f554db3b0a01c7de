"""Looking at senders and gateways. Gateways answer later, so several are looked at at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from conformance.core.area import Job, Observed
from conformance.core.network import Door
from conformance.payments.iso20022.asks import SENDER
from conformance.payments.iso20022.observe_gateway import observe_gateway
from conformance.payments.iso20022.observe_messages import observe_messages
from conformance.payments.side_by_side import side_by_side

AT_ONCE = 8
"""More than elsewhere: most of the time of a gateway goes by waiting for its answers."""


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """One result a job. What fails is recorded under the observation's name, with its reason."""
    return side_by_side(partial(_one, door), jobs, AT_ONCE)


def _one(door: Door, job: Job) -> Observed:
    if job.service.role == SENDER:
        return Observed(job, door.now(), {"messages": observe_messages(job.target, job.service)})
    started = door.now()
    door = door.apart()
    records, failures = observe_gateway(door, job.target, job.service, job.asks)
    return Observed(job, started, records, failures, door.opened)
