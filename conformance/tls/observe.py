"""The TLS area's only way out: hellos of all jobs in one loop, whatever blocks in threads beside it."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any, Final, TypeAlias

from conformance.core import scope
from conformance.core.area import Job, Observed
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.network import Address, Door
from conformance.core.selector import Conversation, Failure, converse
from conformance.tls import observe_hellos
from conformance.tls.asks import HELLO_OBSERVATIONS
from conformance.tls.observe_hellos import FIRST, Reading, Talk

THREADS: Final = 16
AHEAD: Final = 64
"""How many jobs may wait for a thread, and how many names are looked up before their turn."""

HELLOS: Final = HELLO_OBSERVATIONS | {"certificate"}
UNREACHABLE: Final = frozenset(
    {Reason.DNS, Reason.REFUSED, Reason.CONNECT_TIMEOUT, Reason.TIMEOUT, Reason.OUT_OF_SCOPE, Reason.RATE_LIMIT}
)
"""Where the control ends so, every other attempt would too."""

Outcome: TypeAlias = tuple[Reason | NotTested, str]
Start: TypeAlias = tuple[Job, tuple[Address, ...] | Undecided]


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """Look at every job's service; yield each as soon as it is complete."""
    with ThreadPoolExecutor(THREADS, "tls-observe") as pool:
        waiting: set[Future[Observed]] = set()
        for talk in converse(_conversations(jobs, door, pool), door):
            job, ended = talk
            if blocks(job, ended):
                waiting.add(pool.submit(finish, job, ended, door))
            else:
                yield finish(job, ended, door)
            done, waiting = wait(waiting, 0 if len(waiting) < AHEAD else None, FIRST_COMPLETED)
            for each in done:
                yield each.result()
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for each in done:
                yield each.result()


def _conversations(
    jobs: Iterable[Job], door: Door, pool: ThreadPoolExecutor
) -> Iterator[tuple[Job, Conversation[Talk | Undecided]]]:
    for job, addresses in _starts(jobs, door, pool):
        yield job, _conversation(job, addresses, door)


def _starts(jobs: Iterable[Job], door: Door, pool: ThreadPoolExecutor) -> Iterator[Start]:
    """Each job with where to connect. Names are looked up in threads, some jobs ahead."""
    ahead: deque[Start | Future[Start]] = deque()
    source = iter(jobs)
    while True:
        for job in itertools.islice(source, max(AHEAD - len(ahead), 0)):
            host = scope.split_host(job.service.address)
            literal = scope.literal(host.removeprefix("[").removesuffix("]")) is not None
            ahead.append(_start(job, door) if literal else pool.submit(_start, job, door))
        if not ahead:
            return
        found = ahead.popleft()
        yield found.result() if isinstance(found, Future) else found


def _start(job: Job, door: Door) -> Start:
    try:
        host, port = scope.split_address(job.service.address)
        return job, door.permit(job.target, host, port, "tls")
    except Undecided as trouble:
        return job, trouble


def _conversation(job: Job, addresses: tuple[Address, ...] | Undecided, door: Door) -> Conversation[Talk | Undecided]:
    """The talk with the first address that takes a connection; without hellos to ask, nothing is sent."""
    if isinstance(addresses, Undecided):
        return addresses
    if not HELLOS & {ask.partition(":")[0] for ask in job.asks}:
        return Talk(job, addresses[0], b"")
        yield []
    for address in addresses:
        talk = yield from observe_hellos.converse(job, address, door.limits.offenders)
        failure = talk.got[FIRST][1]
        if not isinstance(failure, Failure) or failure.reason not in (Reason.REFUSED, Reason.CONNECT_TIMEOUT):
            break
    return talk


def blocks(job: Job, ended: Talk | Undecided) -> bool:
    """Whether anything is left to do that waits for a network."""
    names = {ask.partition(":")[0] for ask in job.asks}
    return not isinstance(ended, Undecided) and bool(
        names - {"versions", "tolerance", "suites", "groups", "signatures"}
    )


def finish(job: Job, ended: Talk | Undecided, door: Door) -> Observed:
    """The records of a job whose hellos have been answered, and the failures of the rest."""
    found = _Records(job, door)
    trouble = ended if isinstance(ended, Undecided) else _unanswered(ended)
    if trouble is None and isinstance(ended, Talk):
        _read_hellos(found, ended)
    elif trouble is not None:
        for each in found.names & HELLOS:
            found.failures[each] = (trouble.reason, trouble.detail)
    _look_beside(found, trouble)
    count = found.connections + (0 if isinstance(ended, Undecided) else ended.connections)
    return Observed(job, door.now(), found.records, found.failures, count)


def _unanswered(talk: Talk) -> Undecided | None:
    """Why the control was not answered, None where it was or was not sent."""
    got = talk.got[FIRST][1] if FIRST in talk.got else None
    return Undecided(got.reason, got.detail) if isinstance(got, Failure) else None


class _Records:
    """Records and failures of one job as they are found."""

    def __init__(self, job: Job, door: Door) -> None:
        self.job, self.door = job, door
        self.names = {ask.partition(":")[0] for ask in job.asks}
        self.records: dict[str, Any] = {}
        self.failures: dict[str, Outcome] = {}
        self.connections = 0

    def take(self, observation: str, look: Callable[[], Any]) -> Any:
        """The record that `look` returns, if it is asked for; what it raises is a failure."""
        if observation not in self.names or observation in self.failures:
            return None
        try:
            self.records[observation] = look()
        except (Undecided, Untested) as trouble:
            self.failures[observation] = (trouble.reason, trouble.detail)
        except Exception as error:  # noqa: BLE001 - our own defect must not lose the other observations
            self.failures[observation] = (Reason.INTERNAL, f"{type(error).__name__}: {error}")
        return self.records.get(observation)


def _read_hellos(found: _Records, talk: Talk) -> None:
    if FIRST not in talk.got:
        return
    reading = Reading(talk)
    for observation in ("versions", "tolerance", "suites", "groups", "signatures"):
        found.take(observation, getattr(reading, observation))
    if not found.names & {"features", "certificate", "names"}:
        return
    from conformance.tls import observe_handshakes as more  # noqa: PLC0415 - sweeps need no certificates

    handshakes = more.Handshakes(found.door, talk)
    certificate = found.take("certificate", lambda: more.observe_certificate(reading, handshakes))
    declared = found.job.service.settings.get("mtls") and "features" in found.names
    if ("names" in found.names or declared) and "certificate" not in found.names:
        with suppress(Undecided):
            certificate = more.observe_certificate(reading, handshakes)
    with suppress(Undecided, Untested):  # without, the handshakes that need it say so
        more.introduce(handshakes, certificate)
    found.take("features", lambda: more.observe_features(reading, handshakes))
    found.take("names", lambda: more.observe_names(reading, handshakes, certificate))
    found.connections += handshakes.connections


def _look_beside(found: _Records, trouble: Undecided | None) -> None:
    """What does not go through hellos. An endpoint that cannot be reached is not tried again."""
    if not found.names & {"http", "client_certificates", "caa", "addresses"}:
        return
    from conformance.tls.observe_addresses import observe_addresses  # noqa: PLC0415 - as above
    from conformance.tls.observe_client_certificates import observe_client_certificates  # noqa: PLC0415
    from conformance.tls.observe_dns import observe_caa  # noqa: PLC0415
    from conformance.tls.observe_http import observe_http  # noqa: PLC0415

    job, door = found.job, found.door
    found.take("caa", lambda: observe_caa(door, job.target, job.service))
    if trouble is not None and trouble.reason in UNREACHABLE:
        for each in found.names & {"http", "client_certificates", "addresses"}:
            found.failures[each] = (trouble.reason, trouble.detail)
        return
    if http := found.take("http", lambda: observe_http(door, job.target, job.service)):
        found.connections += 1 + http.plain_declared
    if seen := found.take("client_certificates", lambda: observe_client_certificates(door, job.target, job.service)):
        found.connections += len(seen.attempts)
    if several := found.take("addresses", lambda: observe_addresses(door, job.target, job.service)):
        count = len(several.fingerprints) + len(several.failures)
        found.connections += 2 * count if count > 1 else 0
