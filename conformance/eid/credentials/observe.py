"""Asking an implementation behind the harness every vector that the plan needs. The room's only way out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.core.area import Job, Observed
from conformance.core.codec import encode
from conformance.core.model import NotTested, Reason, Undecided
from conformance.core.network import Door
from conformance.eid.credentials.evidence import Answer, Group, Vectors
from conformance.eid.credentials.vectors import Question, questions, source_of
from conformance.wire.child import Bounds
from conformance.wire.harness import Harness, Limits, Reply

TOGETHER = 4
"""Implementations that are asked at the same time."""

BOUNDS = Bounds(line_bytes=16_777_216, output_bytes=67_108_864)
"""A verifier that falls for a bomb hands out what it inflated, and that must be seen as what it is."""

TEXT_CHARACTERS = 300
GIVEN_CHARACTERS = 4_000


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """Ask each job's implementation; the jobs come back in their order."""
    with ThreadPoolExecutor(TOGETHER, "eid-vectors") as pool:
        yield from pool.map(lambda job: look(job, door), jobs)


def look(job: Job, door: Door) -> Observed:
    """All the answers of one implementation, or why there are none."""
    began = door.now()
    groups = sorted(ask.partition(":")[2] for ask in job.asks)
    failure: tuple[Reason | NotTested, str]
    try:
        record = ask_all(job, groups, int(began.timestamp()))
    except Undecided as trouble:
        failure = (trouble.reason, trouble.detail)
        return Observed(job, began, {}, {"vectors": failure})
    return Observed(job, began, {"vectors": record})


def ask_all(job: Job, groups: Iterable[str], now: int) -> Vectors:
    """Every question of these groups, one after the other.

    Raises:
        Undecided: HARNESS, where the command does not start or does not keep the contract.
    """
    settings = job.service.settings
    limits = Limits(bounds=BOUNDS)
    limits = replace(
        limits,
        start_seconds=float(settings.get("start_seconds", limits.start_seconds)),
        run_seconds=float(settings.get("run_seconds", limits.run_seconds)),
    )
    folder = Path(job.target.path).parent
    with Harness(settings["command"], folder, limits, passed=settings.get("environment", ())) as harness:
        found = {name: _group(harness, name, now) for name in groups}
    files = {source.name: source.sha256 for source in map(source_of, found)}
    about = harness.implementation
    return Vectors(about.name, about.version, found, files, harness.restarts, harness.stderr)


def _group(harness: Harness, name: str, now: int) -> Group:
    operation = source_of(name).data["operation"]
    return Group(operation, tuple(_answer(each, harness.run(operation, each.given)) for each in questions(name, now)))


def _answer(question: Question, reply: Reply) -> Answer:
    wanted = encode(question.wanted).decode()
    given = encode(narrowed(reply.output, question.wanted)).decode() if reply.word == "output" else ""
    return Answer(
        question.id,
        question.says,
        question.control,
        "output" if question.due == "output" else "rejected",
        question.reasons,
        wanted,
        reply.word,
        reply.text[:TEXT_CHARACTERS],
        given[:GIVEN_CHARACTERS],
    )


def narrowed(given: Any, wanted: Any) -> Any:
    """Of a value the members that another one has, all the way down; what is no object stays whole."""
    if isinstance(given, Mapping) and isinstance(wanted, Mapping):
        return {name: narrowed(given[name], wanted[name]) for name in wanted if name in given}
    return given
