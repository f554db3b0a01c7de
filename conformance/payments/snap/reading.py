"""How judges read answers: what counts as accepted or refused, and when a group's controls decide nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import Reason, Undecided
from conformance.payments.groups import answered, group
from conformance.payments.snap.evidence import Answer, Snap

__all__ = ["accepted", "answered", "case", "controls", "group", "negatives", "shown", "signature_accepted", "stated"]


def accepted(answer: Answer) -> bool:
    """Whether the request was carried out: HTTP status and response code, where there is one, both say 2xx."""
    return 200 <= answer.status < 300 and answer.code[:1] in ("", "2")


def signature_accepted(answer: Answer) -> bool:
    """Whether the signature was found right, whatever the service said of the rest: no 401, and no 5xx."""
    return answer.status != 401 and answer.code[:3] != "401" and answer.status < 500


def case(answer: Answer) -> str:
    """Status and case of the response code without its service code: `401xx00`; empty where it is no such code."""
    code = answer.code
    return f"{code[:3]}xx{code[5:]}" if len(code) == 7 and code[:3].isdigit() and code[5:].isdigit() else ""


def shown(answer: Answer) -> str:
    """An answer in a few words."""
    said = f"responseCode {answer.code}" if answer.code else "no responseCode"
    return f"HTTP {answer.status}, {said}{f' {answer.message!a}' if answer.message else ''}"


def controls(snap: Snap, *probes: str) -> None:
    """Return where every control was accepted; a negative means nothing beside one that was not.

    Raises:
        Undecided: CONTROL_FAILED, or what kept a control from being answered.
    """
    for probe in probes:
        answer = answered(snap, probe)
        if not accepted(answer):
            raise Undecided(Reason.CONTROL_FAILED, f"the right request {probe} was answered {shown(answer)}")


def negatives(snap: Snap, name: str, *controlled: str) -> Iterator[tuple[str, Answer]]:
    """The answers of a group but its controls, by the probe's own name.

    Raises:
        Undecided: one of them was not answered.
    """
    for probe in snap.answers:
        own = probe.removeprefix(f"{name}/")
        if own != probe and own not in controlled:
            yield own, answered(snap, probe)


def stated(snap: Snap, name: str) -> str:
    """A choice of the dialect as the manifest states it, empty where it does not."""
    return snap.dialect.get(name, "")
