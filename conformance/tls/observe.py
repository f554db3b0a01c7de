"""The TLS area's only way out: hellos of all jobs in one loop, whatever blocks in threads beside it."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any, Final, TypeAlias

from msgspec.structs import replace

from conformance.core import scope
from conformance.core.area import Job, Observed
from conformance.core.codec import encode
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.network import Address, Door
from conformance.core.selector import Conversation, Failure, converse
from conformance.tls import observe_hellos
from conformance.tls.asks import HELLO_OBSERVATIONS, SECURITY_TXT, observations
from conformance.tls.clocks import compared, seconds_ahead
from conformance.tls.hello_records import Reading
from conformance.tls.talk import FIRST, Talk

THREADS: Final = 16
MOST_EVIDENCE: Final = 245_760
"""Octets of the records of one service, so that its evidence file stays below 256 KiB."""

AHEAD: Final = 64
"""How many jobs may wait for a thread, and how many names are looked up before their turn."""

HELLOS: Final = HELLO_OBSERVATIONS | {"certificate"}
ANSWERED: Final = frozenset({"versions", "tolerance", "suites", "groups", "signatures"})
"""What is read from the answers to hellos alone."""

UNREACHABLE: Final = frozenset(
    {Reason.DNS, Reason.REFUSED, Reason.CONNECT_TIMEOUT, Reason.TIMEOUT, Reason.OUT_OF_SCOPE, Reason.RATE_LIMIT}
)
"""Where the control ends so, every other attempt would too."""

Outcome: TypeAlias = tuple[Reason | NotTested, str]
Start: TypeAlias = tuple[Job, tuple[Address, ...] | Undecided]


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """Look at every job's service; yield each as soon as it is complete."""
    with ThreadPoolExecutor(THREADS, "tls-observe") as pool:
        threads = _Threads(pool)
        for job, ended in converse(_conversations(jobs, door, threads), door):
            if blocks(job, ended):
                threads.waiting.add(pool.submit(finished, job, ended, door))
            else:
                yield finished(job, ended, door)
            yield from threads.done()
        while threads.waiting:
            wait(threads.waiting, return_when=FIRST_COMPLETED)
            yield from threads.done()
        yield from threads.done()


class _Threads:
    """What waits for a network beside the loop, so that the loop never does."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.pool = pool
        self.waiting: set[Future[Observed]] = set()
        self._done: list[Future[Observed]] = []

    def full(self) -> bool:
        """Whether as many jobs wait for a thread as may."""
        if not self.waiting:
            return False
        ended = {each for each in self.waiting if each.done()}
        self.waiting -= ended
        self._done += ended
        return len(self.waiting) >= AHEAD

    def done(self) -> Iterator[Observed]:
        """What has ended since this was last asked."""
        self.full()
        while self._done:
            yield self._done.pop().result()


def _conversations(
    jobs: Iterable[Job], door: Door, threads: _Threads
) -> Iterator[tuple[Job, Conversation[Talk | Undecided]] | None]:
    """The jobs' conversations; None while threads are behind, or while names are still being looked up."""
    starts = _starts(jobs, door, threads.pool)
    while True:
        if threads.full():
            yield None
            continue
        try:
            found = next(starts)
        except StopIteration:
            return
        yield (found[0], _conversation(*found, door)) if found else None


def _starts(jobs: Iterable[Job], door: Door, pool: ThreadPoolExecutor) -> Iterator[Start | None]:
    """Each job with where to connect, None while no lookup has ended. Names are looked up in threads, some ahead."""
    ahead: deque[Start | Future[Start]] = deque()
    source = iter(jobs)
    while True:
        for job in itertools.islice(source, max(AHEAD - len(ahead), 0)):
            host = scope.split_host(job.service.address)
            literal = scope.literal(host.removeprefix("[").removesuffix("]")) is not None
            ahead.append(_start(job, door) if literal else pool.submit(_start, job, door))
        if not ahead:
            return
        place = next((n for n, each in enumerate(ahead) if not isinstance(each, Future) or each.done()), None)
        if place is None:
            yield None
            continue
        found = ahead[place]
        del ahead[place]
        yield found.result() if isinstance(found, Future) else found


def _start(job: Job, door: Door) -> Start:
    try:
        host, port = scope.split_address(job.service.address)
        return job, door.permit(job.target, host, port, "tls")
    except Undecided as trouble:
        return job, trouble
    except Exception as error:  # noqa: BLE001 - our own defect must not lose the other jobs
        return job, _defect(error)


def _defect(error: Exception) -> Undecided:
    return Undecided(Reason.INTERNAL, f"{type(error).__name__}: {error}")


def _conversation(job: Job, addresses: tuple[Address, ...] | Undecided, door: Door) -> Conversation[Talk | Undecided]:
    """The talk with the first address that takes a connection; without hellos to ask, nothing is sent."""
    if isinstance(addresses, Undecided):
        return addresses
    if not HELLOS & observations(job.asks):
        return Talk(job, addresses[0], b"")
    try:
        for address in addresses:
            talk = yield from observe_hellos.converse(job, address, door.limits.offenders)
            failure = talk.got[FIRST][1]
            if not isinstance(failure, Failure) or failure.reason not in (Reason.REFUSED, Reason.CONNECT_TIMEOUT):
                break
    except Exception as error:  # noqa: BLE001 - as above
        return _defect(error)
    return talk


def blocks(job: Job, ended: Talk | Undecided) -> bool:
    """Whether anything is left to do that waits for a network."""
    return not isinstance(ended, Undecided) and not observations(job.asks) <= ANSWERED


def finished(job: Job, ended: Talk | Undecided, door: Door) -> Observed:
    """As `finish`; where that fails, every observation of the job does. Records that are too large become failures."""
    try:
        return bounded(finish(job, ended, door))
    except Exception as error:  # noqa: BLE001 - as above
        names = observations(job.asks)
        count = 0 if isinstance(ended, Undecided) else ended.connections
        trouble = (Reason.INTERNAL, f"{type(error).__name__}: {error}")
        return Observed(job, door.now(), {}, dict.fromkeys(names, trouble), count)


def bounded(observed: Observed) -> Observed:
    """What was observed, without its largest records where together they are more than is kept of one service."""
    encoded = {name: encode(record) for name, record in observed.records.items()}
    failures = dict(observed.failures)
    while sum(map(len, encoded.values())) > MOST_EVIDENCE:
        name = max(encoded, key=lambda each: len(encoded[each]))
        failures[name] = (Reason.TOO_LARGE, f"a record of {len(encoded.pop(name))} octets")
    records = {name: observed.records[name] for name in encoded}
    return replace(observed, records=records, failures=failures, encoded=encoded)


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
        self.names = observations(job.asks)
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
    place, wanted = (job.target, job.service), SECURITY_TXT in job.asks
    if http := found.take("http", lambda: observe_http(door, *place, security_txt=wanted)):
        found.connections += 1 + http.plain_declared + (http.security_txt is not None)
        if certificate := found.records.get("certificate"):
            found.records["certificate"] = compared(certificate, seconds_ahead(http.secure, door.now()))
    if seen := found.take("client_certificates", lambda: observe_client_certificates(door, job.target, job.service)):
        found.connections += len(seen.attempts)
    if several := found.take("addresses", lambda: observe_addresses(door, job.target, job.service)):
        count = len(several.fingerprints) + len(several.failures)
        found.connections += 2 * count if count > 1 else 0
