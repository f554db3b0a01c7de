"""What judges of readers share: which answers count, and what is wrong with one.

A refusal counts only where the sound case beside it was accepted in the same run: a reader that refuses everything
passes nothing. A failure of the child is no refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.model import NotTested, Reason, Rule, Undecided, Untested, Violation
from conformance.payments.qr.evidence import Answer, Answers


def relevant(answers: Answers, rule: Rule) -> tuple[Answer, ...]:
    """The answers to the cases that the rule's requirement is about.

    Raises:
        Untested: none of them could be asked: the reader declares other schemes, or has no such operation.
    """
    found = [answer for answer in answers.items if answer.case.group in rule.params["groups"]]
    if not found:
        declared = ", ".join(answers.schemes) or "none"
        raise Untested(NotTested.UNSUPPORTED, f"no case is for the schemes that it declares: {declared}")
    able = tuple(answer for answer in found if answer.word != "unsupported")
    if not able:
        raise Untested(NotTested.UNSUPPORTED, f"{found[0].case.operation}: {found[0].text}")
    return able


def wrong(answers: Answers, rule: Rule) -> Iterator[Violation]:
    """What is wrong with the answers that the rule's requirement is about.

    Raises:
        Undecided: no answer counts, since the sound cases were not accepted or the child failed.
        Untested: as `relevant`.
    """
    by_id = {answer.case.id: answer for answer in answers.items}
    counted, failed = 0, ""
    for answer in relevant(answers, rule):
        if not _counts(answer, by_id):
            continue
        if answer.word == "error":
            failed = failed or f"{answer.case.id}: {answer.text}"
            if answer.case.result == "rejected":
                continue
        counted += 1
        yield from judged(answer)
    if failed:
        raise Undecided(Reason.HARNESS, f"a failure is no refusal: {failed}")
    if not counted:
        raise Undecided(Reason.CONTROL_FAILED, "none of the sound codes beside the cases was accepted")


def _counts(answer: Answer, by_id: Mapping[str, Answer]) -> bool:
    control = by_id.get(answer.case.control)
    return answer.case.result != "rejected" or (control is not None and control.word == "output")


def judged(answer: Answer) -> Iterator[Violation]:
    """What is wrong with one answer, its fields aside."""
    case, seen = answer.case, f"{answer.word} {answer.text}".strip()
    what = f"{case.id} ({case.notes})"
    if answer.word == "error":
        yield Violation(f"{what}: it fails", "an answer", seen)
    elif case.result == "rejected":
        if answer.word == "output":
            yield Violation(f"{what}: it accepts the code", f"rejected: {' or '.join(case.reasons)}", seen)
        elif answer.text not in case.reasons:
            yield Violation(f"{what}: it refuses for another reason", " or ".join(case.reasons), answer.text)
    elif answer.word == "rejected":
        if case.result == "output" or answer.text not in case.reasons:
            due = "output" if case.result == "output" else f"output, or rejected: {' or '.join(case.reasons)}"
            yield Violation(f"{what}: it refuses the code", due, seen)
    else:
        yield from _output(answer, what)


def _output(answer: Answer, what: str) -> Iterator[Violation]:
    """What an output says beside its fields."""
    case = answer.case
    if case.routed is not None and (answer.routed or "").upper() != case.routed.upper():
        due = case.routed or "no scheme"
        yield Violation(
            f"{what}: it is routed elsewhere", due, "nothing said" if answer.routed is None else answer.routed
        )
    if case.ask and not set(case.ask) <= set(answer.ask or ()):
        yield Violation(
            f"{what}: the payer is not asked", ", ".join(case.ask), ", ".join(answer.ask or ()) or "nothing"
        )


def misread(answer: Answer) -> Iterator[Violation]:
    """Fields of an accepted code that are absent or other than they stand in it."""
    for path, value in answer.case.fields.items():
        seen = (answer.fields or {}).get(path)
        if seen != value:
            what = f"{answer.case.id} ({answer.case.notes}): ID {path}"
            yield Violation(f"{what} is {'not reported' if seen is None else 'another value'}", value, seen or "")
