"""The observers of one provider: what is published first, then one login, then everything else side by side.

Each ask is `observation:detail`; a detail is a trial or a fact of its room. All that do not depend on each other run in
a few threads; the door keeps the rate. What keeps one detail from being seen touches no other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from conformance.core.area import Job, Observed
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.network import Door
from conformance.eid.op import (
    observe_authorization,
    observe_clients,
    observe_dpop,
    observe_errors,
    observe_metadata,
    observe_par,
    observe_resources,
    observe_token,
    observe_tokens,
    observe_trust,
    observe_userinfo,
)
from conformance.eid.op.asks import SLOW, details
from conformance.eid.op.evidence import Discovery, Jwks, Trial, Troubles
from conformance.eid.op.preflight import Run, preflight
from conformance.eid.op.provider import Provider
from conformance.eid.op.settings import Settings, client_of, settings_of
from conformance.eid.op.trials import guarded, untested

JOBS, THREADS = 4, 6
"""Providers looked at side by side, and threads for each."""

LATE = (("token", "samples"), ("token", "parallel"), ("id_token", "again"))
"""What is looked at alone, when all else is done: two logins at once mean something only if no third is under way."""

Failure = tuple[Reason | NotTested, str]


def _no_trials(_: Run, name: str) -> Trial:
    raise Undecided(Reason.INTERNAL, f"no trial {name}")


@dataclass(frozen=True, slots=True)
class Room:
    """What can be seen in one observation. record: puts facts, trials and troubles together, when all is done."""

    facts: Mapping[str, Callable[[Run], Any]]
    attempt: Callable[[Run, str], Trial]
    record: Callable[[Run, Mapping[str, Any], Mapping[str, Trial], Troubles], Any]


ROOMS: Mapping[str, Room] = {
    "par": Room(observe_par.FACTS, observe_par.attempt, observe_par.record),
    "authorization": Room(observe_authorization.FACTS, observe_authorization.attempt, observe_authorization.record),
    "client_authentication": Room(observe_clients.FACTS, observe_clients.attempt, observe_clients.record),
    "token": Room(observe_token.FACTS, observe_token.attempt, observe_token.record),
    "dpop": Room(observe_dpop.FACTS, observe_dpop.attempt, observe_dpop.record),
    "id_token": Room(observe_tokens.TOKEN_FACTS, _no_trials, observe_tokens.id_token_record),
    "assurance": Room(
        observe_tokens.ASSURANCE_FACTS, observe_tokens.assurance_attempt, observe_tokens.assurance_record
    ),
    "userinfo": Room(
        observe_userinfo.USERINFO_FACTS, observe_userinfo.userinfo_attempt, observe_userinfo.userinfo_record
    ),
    "refresh": Room(
        observe_resources.REFRESH_FACTS, observe_resources.refresh_attempt, observe_resources.refresh_record
    ),
    "revocation": Room(
        observe_resources.REVOCATION_FACTS, observe_resources.revocation_attempt, observe_resources.revocation_record
    ),
    "introspection": Room(observe_resources.INTROSPECTION_FACTS, _no_trials, observe_resources.introspection_record),
    "robustness": Room(observe_errors.FACTS, _no_trials, observe_errors.record),
}


@dataclass(slots=True)
class Look:
    """One job in progress."""

    job: Job
    door: Door
    settings: Settings
    records: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)
    connections: int = 0


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """Each job's result as soon as it is complete; a few jobs side by side, and within each a few threads."""
    todo = iter(jobs)
    with ThreadPoolExecutor(JOBS) as pool:
        running = {pool.submit(_isolated, job, door) for job in itertools.islice(todo, JOBS)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(_isolated, job, door) for job in itertools.islice(todo, len(done))}
            for future in done:
                yield future.result()


def _isolated(job: Job, door: Door) -> Observed:
    """As `observe_one`; a defect of ours on one provider must not lose the others."""
    try:
        return observe_one(job, door)
    except Exception as error:  # noqa: BLE001 - see above; the text of an exception may hold what is secret
        trouble = (Reason.INTERNAL, f"the observer broke: {type(error).__name__}")
        return Observed(job, door.now(), {}, dict.fromkeys(details(job.asks), trouble))


def observe_one(job: Job, door: Door) -> Observed:
    """Everything that was asked of one provider."""
    observed_at, door = door.now(), door.apart()
    asked = details(job.asks)
    try:
        look = Look(job, door, settings_of(job.target, job.service))
    except Untested as trouble:
        return Observed(job, observed_at, {}, dict.fromkeys(asked, (trouble.reason, trouble.detail)))
    document, keys = _published(look, asked)
    active = {name: wanted for name, wanted in asked.items() if name in ROOMS}
    if active:
        _logged_in(look, active, document, keys)
    for name in asked:
        if name not in look.records:
            look.failures.setdefault(name, (Reason.INTERNAL, f"{name} was not looked at"))
    failures = {name: failure for name, failure in look.failures.items() if name in asked}
    return Observed(job, observed_at, look.records, failures, door.opened)


def _published(look: Look, asked: Mapping[str, frozenset[str]]) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """Metadata and keys; every observation that only reads them is recorded."""
    door, target, settings = look.door, look.job.target, look.settings
    try:
        discovery, document = observe_metadata.discover(door, target, settings)
    except (Undecided, Untested) as trouble:
        look.failures |= dict.fromkeys(asked, (trouble.reason, trouble.detail))
        return {}, []
    if discovery.problem is not None:
        failure = (Reason(discovery.problem[0]), discovery.problem[1])
        look.failures |= dict.fromkeys((name for name in asked if name != "discovery"), failure)
        look.records["discovery"] = discovery
        return {}, []
    keys: list[Mapping[str, Any]] = []
    facts: Jwks | None = None
    try:
        facts, keys = observe_metadata.look_at_keys(door, target, settings, document, door.now())
        look.records["jwks"] = facts
    except (Undecided, Untested) as trouble:
        look.failures["jwks"] = (trouble.reason, trouble.detail)
    _passive(look, asked, discovery, document, facts)
    return document, keys


def _passive(
    look: Look,
    asked: Mapping[str, frozenset[str]],
    discovery: Discovery,
    document: Mapping[str, Any],
    keys: Jwks | None,
) -> None:
    door, target, settings = look.door, look.job.target, look.settings
    wanted = asked.get("discovery", frozenset())
    if "oauth" in wanted:
        status, differs, problem = observe_metadata.oauth_metadata(door, target, settings, document)
        discovery = replace(discovery, oauth_status=status, oauth_differs=differs, oauth_problem=problem)
    if "places" in wanted:
        places = {
            name: observe_metadata.look_at_place(door, target, settings, document[name], method)
            for name, method in observe_metadata.ENDPOINTS.items()
            if name in document
        }
        places |= dict(observe_metadata.look_at_aliases(door, target, settings, document))
        discovery = replace(discovery, places=places)
    look.records["discovery"] = discovery
    if "cors" in asked:
        try:
            look.records["cors"] = observe_metadata.look_at_cors(door, target, settings, document)
        except (Undecided, Untested) as trouble:
            look.failures["cors"] = (trouble.reason, trouble.detail)
    if "levels" in asked:
        look.records["levels"] = observe_trust.levels(settings, document, door.now())
    if "trust" in asked:
        look.records["trust"] = observe_trust.entry(settings, document, keys, door.now())


def _logged_in(
    look: Look, active: Mapping[str, frozenset[str]], document: Mapping[str, Any], keys: list[Mapping[str, Any]]
) -> None:
    """The preflight, and everything that needs it."""
    if not document:
        return
    service = look.job.service
    try:
        client = client_of(service, "client")
        provider = Provider(look.door, look.job.target, look.settings, document, client)
        run = preflight(provider, service, keys)
    except (Undecided, Untested) as trouble:
        look.failures |= dict.fromkeys(active, (trouble.reason, trouble.detail))
        return
    seen: dict[str, dict[str, Any]] = {name: {} for name in active}
    tried: dict[str, dict[str, Trial]] = {name: {} for name in active}
    troubles: dict[str, dict[str, tuple[str, str]]] = {name: {} for name in active}
    wanted = [(name, detail) for name, asked in active.items() for detail in sorted(asked)]
    with ThreadPoolExecutor(THREADS) as pool:
        # What sleeps comes first, so that the wait lies beside all else.
        early = sorted((each for each in wanted if each not in LATE), key=lambda each: not _sleeps(*each))
        waiting = [(each, pool.submit(_detail, run, *each)) for each in early]
        for (name, detail), future in waiting:
            _sort(future, detail, seen[name], tried[name], troubles[name])
    for name, detail in (each for each in LATE if each in wanted):
        later: Future[Any] = Future()
        try:
            later.set_result(_detail(run, name, detail))
        except (Undecided, Untested) as trouble:
            later.set_exception(trouble)
        _sort(later, detail, seen[name], tried[name], troubles[name])
    for name in active:
        try:
            look.records[name] = ROOMS[name].record(run, seen[name], tried[name], troubles[name])
        except (Undecided, Untested) as trouble:
            look.failures[name] = (trouble.reason, trouble.detail)


def _sleeps(name: str, detail: str) -> bool:
    return detail.startswith("again-") or f"{name}:{detail}" in SLOW


def _detail(run: Run, name: str, detail: str) -> Any:
    """One fact, or one trial with its control."""
    room = ROOMS[name]
    try:
        if detail in room.facts:
            return room.facts[detail](run)
        return _trial(run, name, detail)
    except (Undecided, Untested):
        raise
    except Exception as error:
        # What a provider says must not end the run; the text of an exception may hold what is secret.
        raise Undecided(Reason.INTERNAL, f"{name}:{detail}: {type(error).__name__}") from error


def _trial(run: Run, name: str, detail: str) -> Trial:
    if f"{name}:{detail}" in SLOW and not run.provider.settings.slow:
        return untested(NotTested.OPT_IN, "slow: the manifest says slow = true where it is to be waited for")
    return replace(guarded(lambda: ROOMS[name].attempt(run, detail)), controlled=True)


def _sort(
    future: Future[Any],
    detail: str,
    seen: dict[str, Any],
    tried: dict[str, Trial],
    troubles: dict[str, tuple[str, str]],
) -> None:
    try:
        found = future.result()
    except (Undecided, Untested) as trouble:
        troubles[detail] = (trouble.reason.value, trouble.detail)
        return
    if isinstance(found, Trial):
        tried[detail] = found
    else:
        seen[detail] = found
