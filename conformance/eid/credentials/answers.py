"""From answers to violations: what every judge of the room does with the groups that its rule names. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import NotTested, Reason, Rule, Undecided, Untested, Violation
from conformance.eid.credentials.evidence import Answer, Group, Vectors

GENERIC = "invalid"
"""The code of an implementation that refuses and cannot say why: it fits every refusal."""


def violations(vectors: Vectors, rule: Rule) -> Iterator[Violation]:
    """Every answer of the rule's groups that is not the one due.

    Raises:
        Undecided: CONTROL_FAILED, HARNESS or NOT_OBSERVABLE, after everything that could be judged.
        Untested: UNSUPPORTED, likewise.
    """
    trouble: list[Undecided | Untested] = []
    for name in rule.params["groups"]:
        group = vectors.groups.get(name, Group("", ()))
        if failed := _control_trouble(name, group):
            trouble.append(failed)
            continue
        for answer in group.answers:
            if answer.control:
                continue
            if violation := _violation(answer):
                yield violation
            elif doubt := _doubt(answer):
                trouble.append(doubt)
    if trouble:
        raise min(trouble, key=lambda each: isinstance(each, Untested))


def _control_trouble(name: str, group: Group) -> Undecided | Untested | None:
    """Why a group says nothing: it has no control, or the control is not answered as it is due."""
    controls = [answer for answer in group.answers if answer.control]
    if not controls or len(controls) == len(group.answers):
        return Undecided(Reason.NOT_OBSERVABLE, f"{name} was not asked")
    for answer in controls:
        if answer.word == "unsupported":
            return Untested(NotTested.UNSUPPORTED, f"{group.operation}: {answer.text}")
        if answer.word == "error":
            return Undecided(Reason.HARNESS, f"{answer.id}: {answer.text}")
        if answer.word != answer.due or (answer.due == "output" and answer.given != answer.wanted):
            return Undecided(Reason.CONTROL_FAILED, f"{answer.id} ({answer.says}): {_seen(answer)}")
    return None


def _violation(answer: Answer) -> Violation | None:
    """The violation that an answer shows, if it shows one."""
    message = f"{answer.id}: {answer.says}"
    if answer.due == "rejected" and answer.word == "output":
        return Violation(f"accepts {message}", f"rejected ({', '.join(answer.reasons)})", "accepted")
    if answer.due == "output" and answer.word == "rejected":
        return Violation(f"refuses {message}", "accepted", _seen(answer))
    if answer.due == "output" and answer.word == "output" and answer.given != answer.wanted:
        return Violation(f"reads {message} otherwise", answer.wanted, answer.given)
    return None


def _doubt(answer: Answer) -> Undecided | Untested | None:
    """Why an answer that is no violation is none that passes either."""
    if answer.word == "unsupported":
        return Untested(NotTested.UNSUPPORTED, f"{answer.id}: {answer.text}")
    if answer.word == "error":
        return Undecided(Reason.HARNESS, f"{answer.id}: {answer.text}")
    if answer.word == "rejected" and answer.text not in (GENERIC, *answer.reasons):
        due = ", ".join(answer.reasons)
        return Undecided(Reason.HARNESS, f"{answer.id}: refused for {answer.text!a}, and not for {due} or {GENERIC}")
    return None


def _seen(answer: Answer) -> str:
    if answer.word == "rejected":
        return f"rejected ({answer.text})"
    return f"{answer.word} {answer.given or answer.text}".rstrip()
