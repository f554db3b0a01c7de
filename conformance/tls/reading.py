"""How judges read answers: the few questions that most of them ask."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from conformance.core.model import NotApplicable, NotTested, Reason, Undecided, Untested, Violation
from conformance.tls.evidence import Answer, Denial, Versions

T = TypeVar("T")


def known(mapping: Mapping[str, T], key: str) -> T:
    """The value under `key`; `Undecided` where it was never asked: an empty record decides nothing."""
    if key not in mapping:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{key} was not asked")
    return mapping[key]


def given(value: T | None, name: str, troubles: Mapping[str, str] = MappingProxyType({})) -> T:
    """The value; `Undecided` where it was not observed, with what `troubles` says of it, as `reason: detail`."""
    if value is None:
        reason, _, detail = troubles.get(name, "").partition(": ")
        if reason in set(Reason):
            raise Undecided(Reason(reason), f"{name}: {detail}")
        if reason in set(NotTested):
            raise Untested(NotTested(reason), f"{name}: {detail}")
        raise Undecided(Reason.NOT_OBSERVABLE, f"{name} was not observed")
    return value


def require_version(versions: Versions, version: str) -> None:
    """Raise `NotApplicable` unless the endpoint negotiates `version`."""
    answer = known(versions.answers, version)
    if not (answer.accepted and answer.version == version):
        raise NotApplicable(f"{version} is not offered: {answer.outcome}")


def offers(versions: Versions, version: str) -> bool:
    """Whether the endpoint negotiates `version`."""
    answer = known(versions.answers, version)
    return answer.accepted and answer.version == version


def violated(denial: Denial, what: str) -> Violation | None:
    """The violation of a hello that should have been refused, None where it was."""
    if not denial.answer.accepted:
        return None
    names = denial.offenders or (denial.answer.suite or denial.answer.signature_scheme or denial.answer.group,)
    more = "" if denial.complete else " and more"
    return Violation(f"negotiates {what}: {', '.join(names)}{more}", "a fatal alert", denial.answer.outcome)


def tolerates(answer: Answer) -> bool:
    """Whether a hello that must be coped with was answered.

    Here silence is the finding, as long as the same server answered the control hello before and after.
    """
    if answer.kind == "accepted":
        return answer.accepted
    if answer.reason == Reason.FLAKY:
        raise Undecided(Reason.FLAKY, answer.detail)
    if not answer.controlled:
        raise Undecided(Reason.CONTROL_FAILED, f"no control hello was accepted before and after ({answer.outcome})")
    return False
