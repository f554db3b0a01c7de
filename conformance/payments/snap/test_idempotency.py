"""X-EXTERNAL-ID and partnerReferenceNo: what is asked twice is done once."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.payments.snap.evidence import Answer, Snap
from conformance.payments.snap.reading import accepted, answered, case, controls, group, shown, stated


def _same(snap: Snap, answer: Answer, first: str) -> bool:
    """Whether an answer has the octets of the first one, which no other request got.

    Raises:
        Undecided: the first answer was that of another transaction too, so equal octets show nothing.
    """
    if twin := snap.answers[first].equals:
        raise Undecided(Reason.CONTROL_FAILED, f"different transactions are answered alike: {first} and {twin}")
    return answer.equals == first


@requirement("PAY-SNP-12")
def test_external_id_executes_once(snap: Snap) -> Violations:
    """The same X-EXTERNAL-ID, in sequence and at once, is executed once and answered by 409xx00 or the first answer."""
    group(snap, "external")
    controls(snap, "external/other", "external/first")
    if stated(snap, "duplicate") not in ("conflict", "original"):
        yield Violation("what a repeated X-EXTERNAL-ID gets is not stated", "conflict or original", "nothing")
    second = answered(snap, "external/second")
    if case(second) != "409xx00" and not _same(snap, second, "external/first"):
        yield Violation("answers a repeated X-EXTERNAL-ID otherwise", "409xx00 or the first answer", shown(second))
    for probe, count in snap.counts.items():
        if probe.startswith("external/") and count > 1:
            yield Violation(f"executes {probe} more than once", "1", str(count))
    yield from _at_once(snap)


def _at_once(snap: Snap) -> Violations:
    """Of the requests that were sent at once, one answer at most is an execution."""
    probes = sorted(
        probe for probe in snap.answers if probe.startswith("external/parallel-") and "history" not in probe
    )
    answers = [answered(snap, probe) for probe in probes]
    done = [(probe, answer) for probe, answer in zip(probes, answers, strict=True) if accepted(answer)]
    if not done:
        raise Undecided(Reason.CONTROL_FAILED, "none of the equal requests that were sent at once was executed")
    if len(done) == 1 and snap.at_once.get("external/parallel", 0) < 2:
        raise Undecided(Reason.NOT_OBSERVABLE, "the authorised rate kept equal requests apart, so none met another")
    names = {probe for probe, _ in done}
    if alike := [probe for probe, answer in done if answer.equals and answer.equals not in names]:
        detail = f"different transactions are answered alike: {alike[0]} and {snap.answers[alike[0]].equals}"
        raise Undecided(Reason.CONTROL_FAILED, detail)
    originals = [probe for probe, answer in done if not answer.equals]
    if len(originals) > 1:
        yield Violation(
            "executes equal requests that arrive at once", "one execution", f"{len(originals)} answers differ"
        )


@requirement("PAY-SNP-13")
def test_external_id_has_36_digits_at_most(snap: Snap, rule: Rule) -> Violations:
    """An id of 36 digits is accepted and can be asked for, one of 37 is refused, and the day is Jakarta's."""
    group(snap, "digits")
    longest, longer = answered(snap, "digits/36"), answered(snap, "digits/37")
    if not accepted(longest):
        yield Violation("refuses an X-EXTERNAL-ID of 36 digits", "accepted", shown(longest))
    elif "digits/query" in snap.answers and not accepted(found := answered(snap, "digits/query")):
        yield Violation("does not find an X-EXTERNAL-ID of 36 digits", "found by the query", shown(found))
    if accepted(longer) or longer.status >= 500:
        yield Violation("answers an X-EXTERNAL-ID of 37 digits otherwise", "400xx01", shown(longer))
    zone = stated(snap, "day_zone")
    if not zone:
        raise Undecided(
            Reason.NOT_OBSERVABLE, "the manifest does not state the time zone of the day (dialect.day_zone)"
        )
    if zone != rule.params["zone"]:
        yield Violation("the day of an X-EXTERNAL-ID is another zone's", rule.params["zone"], zone)


@requirement("PAY-SNP-14")
def test_reference_pays_once(snap: Snap) -> Violations:
    """A partnerReferenceNo that was used pays no second time, with other content or with the same."""
    group(snap, "reference")
    controls(snap, "reference/first")
    other, same = answered(snap, "reference/other"), answered(snap, "reference/same")
    if accepted(other) and not _same(snap, other, "reference/first"):
        yield Violation("accepts a used partnerReferenceNo with another amount", "404xx18 or 409xx01", shown(other))
    if accepted(same) and not _same(snap, same, "reference/first"):
        yield Violation("accepts a used partnerReferenceNo again", "409xx01 or the first answer", shown(same))
    for probe, count in snap.counts.items():
        if probe.startswith("reference/") and count > 1:
            yield Violation(f"executes {probe} more than once", "1", str(count))
