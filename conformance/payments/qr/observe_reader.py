"""Readers: a declared command answers the cases of the vectors through the harness. It never knows what is due."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.core.area import Job, Observed
from conformance.core.model import NotTested, Undecided, Untested
from conformance.payments.qr.cases import Case, shipped_cases
from conformance.payments.qr.evidence import Answer, Answers, Changes
from conformance.payments.qr.mutate import mutations
from conformance.payments.side_by_side import side_by_side
from conformance.wire.harness import Harness, Limits, Reply

if TYPE_CHECKING:
    from conformance.core.network import Door

SHOWN_CHARACTERS = 300
MAX_ASKED = 20


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """The answers of each job's reader, several readers at once."""

    def look(job: Job) -> Observed:
        try:
            records = {"qr_answers": answers_of(job)}
        except (Undecided, Untested) as trouble:
            return Observed(job, door.now(), {}, {"qr_answers": (trouble.reason, trouble.detail)})
        return Observed(job, door.now(), records)

    return side_by_side(look, jobs)


def answers_of(job: Job) -> Answers:
    """Ask every case of the groups that the job names, and the sound cases beside them.

    Raises:
        Undecided: the command does not start or does not keep the contract.
        Untested: the manifest names no command.
    """
    settings = job.service.settings
    command: tuple[str, ...] = settings.get("command", ())
    if not command:
        raise Untested(NotTested.ROLE_MISSING, "the manifest names no command")
    schemes: tuple[str, ...] = settings.get("schemes", ())
    chosen = cases_of({ask.partition(":")[2] for ask in job.asks}, schemes)
    limits = Limits(run_seconds=float(settings.get("run_seconds", 5.0)))
    with Harness(command, Path(job.target.path).parent, limits, passed=settings.get("environment", ())) as harness:
        items = tuple(_asked(harness, case) for case in chosen)
        changes = tuple(_changed(harness, case) for case in chosen if case.mutations)
        who = f"{harness.implementation.name} {harness.implementation.version}".strip()
    return Answers(who, schemes, items, changes)


def cases_of(groups: Iterable[str], schemes: tuple[str, ...]) -> tuple[Case, ...]:
    """The cases of these groups and schemes with their controls, in the order of the vectors."""
    wanted, declared = frozenset(groups), frozenset(schemes)
    cases = [case for case in shipped_cases() if not declared or case.scheme in declared]
    chosen = {case.id for case in cases if case.group in wanted}
    chosen |= {case.control for case in cases if case.id in chosen}
    return tuple(case for case in cases if case.id in chosen)


def _asked(harness: Harness, case: Case) -> Answer:
    begun = time.monotonic()
    reply = harness.run(case.operation, case.question)
    seconds = round(time.monotonic() - begun, 3)
    if reply.word != "output":
        return Answer(case, reply.word, reply.text, seconds, reply.broken)
    return Answer(case, reply.word, "", seconds, fields=_fields(case, reply), **_said(reply.output))


def _fields(case: Case, reply: Reply) -> dict[str, str] | None:
    """Of the fields that it reports, those that the case names."""
    reported = reply.output.get("fields")
    if not isinstance(reported, Mapping):
        return None
    kept = {path: reported[path] for path in case.fields if path in reported}
    return {path: value[:SHOWN_CHARACTERS] for path, value in kept.items() if isinstance(value, str)}


def _said(output: Mapping[str, Any]) -> dict[str, Any]:
    """What else its output says, where it is of the contract's types."""
    scheme, editable, ask = output.get("scheme"), output.get("amount_editable"), output.get("ask")
    return {
        "routed": scheme[:SHOWN_CHARACTERS] if isinstance(scheme, str) else None,
        "editable": editable if isinstance(editable, bool) else None,
        "ask": tuple(each[:20] for each in ask[:MAX_ASKED] if isinstance(each, str)) if isinstance(ask, list) else None,
    }


def _changed(harness: Harness, case: Case) -> Changes:
    """Ask the single changes of one payload; after three failures the rest says nothing new."""
    words: Counter[str] = Counter()
    slowest, offenders, count = 0.0, [], 0
    for text in mutations(case.payload, case.mutations):
        begun = time.monotonic()
        reply = harness.run(case.operation, {"payload": text})
        slowest = max(slowest, time.monotonic() - begun)
        words[reply.word] += 1
        count += 1
        if reply.word == "error":
            offenders.append(text)
            if len(offenders) == 3:
                break
        if reply.word == "unsupported":
            break
    return Changes(case.id, count, dict(words), round(slowest, 3), tuple(offenders))
