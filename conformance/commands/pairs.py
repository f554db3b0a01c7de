"""From the archives of runs to pairs of countries: finds both sides' evidence and holds them against each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance.areas import AREAS
from conformance.core.countries import MEMBERS
from conformance.core.judge import MAX_VIOLATIONS
from conformance.core.model import NotApplicable, NotTested, Reason, Status, Undecided, Untested, Violation
from conformance.core.replay import archive_of, recall
from conformance.core.results import Run
from conformance.core.store import EvidenceArchive, StoreError
from conformance.payments.pairs import MEETINGS, Meeting
from conformance.report.pairs import Crossing, PairKind, PairMatrix, load_pairs, make_pairs

AREA = "payments"
Side = tuple[str, str, Any]
"""Country, `target/service`, and the record, or the (reason, detail) of its failure."""


def pairs_of(runs: Sequence[Run]) -> PairMatrix | None:
    """The pairs of these runs; None where no service of them can be a side of one."""
    data = load_pairs()
    roles = {role for kind in data.kinds for role in (kind.issuer_role, kind.acceptor_role)}
    wanted = {i for kind in data.kinds for i in (*kind.issuer, *kind.acceptor)}
    cells = [cell for run in runs for cell in run.cells if cell.requirement in wanted]
    if not any(cell.service for cell in cells):
        return None
    sides = [side for run in runs for side in _sides(run, roles)]
    crossings = [each for kind in data.kinds for each in _crossings(kind, sides)]
    others = sorted({cell.country for cell in cells} - set(MEMBERS))
    return make_pairs(cells, crossings, (*MEMBERS, *others), data)


def _sides(run: Run, roles: set[str]) -> Iterator[tuple[str, Side, Mapping[str, Any]]]:
    """(role, (country, name, failures), records) of each service of a run that can be a side; none without archive."""
    if run.directory is None or not archive_of(run.directory).exists():
        return
    area = next(area for area in AREAS if area.name == AREA)
    try:
        with EvidenceArchive(archive_of(run.directory)) as archive:
            services = {
                (target.id, service.id): (service.role, target.country)
                for target in recall(archive).targets
                for service in target.services
                if service.role in roles
            }
            for target_id, service_id, name, digest in archive.index():
                if name == AREA and (target_id, service_id) in services:
                    role, country = services[target_id, service_id]
                    bundle = archive.bundle(area, digest)
                    yield role, (country, f"{target_id}/{service_id}", bundle.failures), bundle.records
    except StoreError:
        return  # the results stand without their evidence; such a pair says so


def _crossings(kind: PairKind, sides: Iterable[tuple[str, Side, Mapping[str, Any]]]) -> Iterator[Crossing]:
    """Each issuer against each acceptor of another country."""
    known = list(sides)
    meeting = MEETINGS[kind.id]
    for role, issuer, records in known:
        for other_role, acceptor, other_records in known:
            fits = role == kind.issuer_role and other_role == kind.acceptor_role
            if fits and issuer[0] != acceptor[0]:
                yield _crossing(kind.id, meeting, (issuer, records), (acceptor, other_records))


def _crossing(
    kind: str, meeting: Meeting, one: tuple[Side, Mapping[str, Any]], two: tuple[Side, Mapping[str, Any]]
) -> Crossing:
    """What comes of one meeting, as a judge's outcome."""
    issuer, acceptor = one[0], two[0]
    names = (issuer[0], acceptor[0], issuer[1], acceptor[1])
    for (side, records), observation in ((one, meeting.issuer), (two, meeting.acceptor)):
        if observation not in records:
            reason, detail = side[2].get(observation, (Reason.NOT_OBSERVABLE, "it was not observed"))
            status = Status.NOT_TESTED if isinstance(reason, NotTested) else Status.ERROR
            return Crossing(kind, *names, status, reason.value, f"{side[1]}: {detail}")
    violations: list[Violation] = []
    try:
        for found in meeting.cross(one[1][meeting.issuer], two[1][meeting.acceptor]):
            violations.append(found)
            if len(violations) == MAX_VIOLATIONS:
                break
    except NotApplicable as end:
        if not violations:
            return Crossing(kind, *names, Status.NOT_APPLICABLE, "", end.facts)
    except (Undecided, Untested) as end:
        if not violations:
            status = Status.ERROR if isinstance(end, Undecided) else Status.NOT_TESTED
            return Crossing(kind, *names, status, end.reason.value, end.detail)
    if violations:
        return Crossing(kind, *names, Status.FAIL, "violated", violations=tuple(violations))
    return Crossing(kind, *names, Status.PASS)
