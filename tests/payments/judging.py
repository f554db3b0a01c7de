"""One requirement judged on evidence that a test holds in its hands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from conformance.areas import AREAS
from conformance.core.judge import Bundle, Case, Outcome, judge_one
from conformance.core.judging import JudgeEntry, load_judges
from conformance.core.model import NotTested, Profile, Reason, Service, Target
from conformance.core.profile import load_profile

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)


@cache
def profile() -> Profile:
    return load_profile("asean")


@cache
def judges() -> Mapping[str, JudgeEntry]:
    return load_judges(AREAS)


def judged(
    requirement_id: str,
    records: Mapping[str, Any],
    failures: Mapping[str, tuple[Reason | NotTested, str]] | None = None,
) -> Outcome:
    """The outcome of one requirement of the profile `asean` on these records."""
    requirement = profile().requirements[requirement_id]
    service = Service("svc", requirement.roles[0])
    target = Target("xa-test", "XA", "Test", (service,))
    case = Case(target, service, (requirement,), (requirement_id,), {}, {})
    return judge_one(requirement, judges()[requirement_id], case, Bundle(records, failures or {}, NOW, {}))


def ids(role: str) -> tuple[str, ...]:
    """The requirements that bind a role, but those whose cells are derived from another area's."""
    return tuple(each.id for each in profile().requirements.values() if role in each.roles and not each.derives)
