"""Looking at senders and gateways, one job after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.core.area import Job, Observed
from conformance.core.network import Door
from conformance.payments.iso20022.asks import SENDER
from conformance.payments.iso20022.observe_messages import observe_messages


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """One result a job. What fails is recorded under the observation's name, with its reason."""
    for job in jobs:
        if job.service.role == SENDER:
            yield Observed(job, door.now(), {"messages": observe_messages(job.target, job.service)})
