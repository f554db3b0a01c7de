"""Looking at credential issuers. One token serves everything that needs one, since a pre-authorized code is used up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from conformance.core.area import Job, Observed
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.network import Door
from conformance.eid.issuer.evidence import Attempts
from conformance.eid.issuer.observe_authorization import read_authorization
from conformance.eid.issuer.observe_codes import read_codes
from conformance.eid.issuer.observe_issued import read_attestations, read_batch, read_mdoc, read_status_list
from conformance.eid.issuer.requesting import attempt, read_issued
from conformance.eid.issuer.session import Session, keep_nonce, read_metadata, read_nonces, read_signed
from conformance.eid.issuer.tokens import ask_token

TOGETHER = 4
OLD = "time/old-nonce"

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
    with suppress(Undecided, Untested):
        keep_nonce(session)
    for name, read_first in NEED_NOTHING.items():
        if name in names:
            take(name, partial(read_first, session))
    wanted = [name for name in NEED_TOKEN if name in names]
    if wanted:
        take("token", lambda: ask_token(session))
        lacking = failures.pop("token", None)
        failures |= dict.fromkeys(wanted, lacking) if lacking is not None else {}
        for name in wanted if lacking is None else ():
            take(name, partial(NEED_TOKEN[name], session))
    return Observed(job, began, records, failures, session.connections)


def details(session: Session, name: str) -> list[str]:
    """What was asked for of an observation, in order."""
    return sorted(ask.partition(":")[2] for ask in session.job.asks if ask.startswith(f"{name}:"))


def read_attempts(session: Session) -> Attempts:
    """Each wrong request that was asked for, between two right ones; the one that waits comes last of them."""
    wanted = sorted(details(session, "issuance"), key=lambda name: name == OLD)
    made = {"control-before": attempt(session)}
    made |= {name: attempt(session, name.rpartition("/")[2]) for name in wanted}
    made["control-after"] = attempt(session)
    return Attempts(made)


NEED_NOTHING: Mapping[str, Callable[[Session], Any]] = {
    "signed_metadata": read_signed,
    "nonces": read_nonces,
    "code_flow": read_authorization,
}
NEED_TOKEN: Mapping[str, Callable[[Session], Any]] = {
    "issued": read_issued,
    "issued_batch": read_batch,
    "status_list": read_status_list,
    "issued_mdoc": read_mdoc,
    "attestations": lambda session: read_attestations(session, details(session, "attestations")),
    "issuance": read_attempts,
    "offer_codes": lambda session: read_codes(session, int(details(session, "offer_codes")[0])),
}
"""What needs a token, in this order: whoever redeems a code twice may lose what came of it (RFC 6749 section 4.1.2)."""
