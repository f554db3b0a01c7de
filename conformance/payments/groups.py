"""How judges read a record of probes: groups that were left out or broke, and answers that are not there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

from conformance.core.model import NotTested, Reason, Undecided, Untested


class Answered(Protocol):
    """An answer to one probe. trouble: `reason: detail` where none was read, else empty."""

    @property
    def trouble(self) -> str:
        """See above."""


A = TypeVar("A", bound=Answered)
A_co = TypeVar("A_co", bound=Answered, covariant=True)


class Probed(Protocol[A_co]):
    """A record of answers by `group/probe`, with the groups that were left out or whose controls broke."""

    @property
    def answers(self) -> Mapping[str, A_co]:
        """By `group/probe`."""

    @property
    def skipped(self) -> Mapping[str, tuple[str, str]]:
        """Group -> a member of NotTested and a detail."""

    @property
    def broken(self) -> Mapping[str, tuple[str, str]]:
        """Group -> a member of Reason and a detail."""


def entered(record: Probed[Answered], name: str) -> None:
    """Return where the group was neither left out nor broken.

    Raises:
        Untested: it was left out, with the reason.
        Undecided: it broke, with the reason.
    """
    if name in record.skipped:
        reason, detail = record.skipped[name]
        raise Untested(NotTested(reason), detail)
    if name in record.broken:
        reason, detail = record.broken[name]
        raise Undecided(Reason(reason), detail)


def group(record: Probed[Answered], name: str) -> None:
    """Return where answers of the group are in evidence. Raises as `entered`, and Undecided where there are none."""
    entered(record, name)
    if not any(probe.startswith(f"{name}/") for probe in record.answers):
        raise Undecided(Reason.NOT_OBSERVABLE, f"no answer of the group {name} is in evidence")


def answered(record: Probed[A], probe: str) -> A:
    """The probe's answer.

    Raises:
        Undecided: it was not sent, or no answer was read, with what became of it.
    """
    answer = record.answers.get(probe)
    if answer is None:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{probe} was not sent")
    if answer.trouble:
        reason, _, detail = answer.trouble.partition(": ")
        raise Undecided(Reason(reason), f"{probe}: {detail}")
    return answer
