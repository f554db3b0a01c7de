"""FSPIOP-Signature: what verifies, and what does not (Signature v1.1, sections 3.2 and 3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, NotTested, Reason, Rule, Undecided, Untested, Violation, Violations
from conformance.payments.fspiop.evidence import Fspiop, Vector
from conformance.payments.fspiop.reading import carried_out, controls, outcome, refused, shown
from conformance.payments.groups import answered, group


@requirement("PAY-FSP-03")
def test_signatures_over_raw_bodies_verify(fspiop: Fspiop, rule: Rule) -> Violations:
    """Every shape of body and the three algorithms verify, other algorithms do not, and what is passed on is whole."""
    if fspiop.vectors:
        yield from _answered_well(fspiop, rule)
        return
    group(fspiop, "signatures")
    rights = [f"signatures/{name}" for name in (*rule.params["algorithms"], *rule.params["shapes"])]
    controls(fspiop, "signatures/right", "signatures/right-after")
    validated = _validated(fspiop)
    for probe in rights:
        if not carried_out(fspiop, probe):
            what = f"refuses the right signature {probe.partition('/')[2]}"
            reply = answered(fspiop, probe)
            yield Violation(what, "202", f"{shown(reply, outcome(fspiop, probe))} for {reply.sent}")
    yield from _passed_on_whole(fspiop, rights)
    if validated:
        for name in rule.params["forged"]:
            yield from refused(fspiop, f"a signature by {name}", f"signatures/forged-{name}")


def _passed_on_whole(fspiop: Fspiop, probes: list[str]) -> Violations:
    """What reached us as the payee is what the payer signed.

    Raises:
        Untested: the hub leaves verifying to the payee, and we are none.
    """
    if not any(outcome(fspiop, probe).played for probe in probes):
        if not _validated(fspiop):
            detail = "the hub leaves verifying to the payee, and the manifest names no key of the payee"
            raise Untested(NotTested.NO_CREDENTIAL, detail)
        return
    for probe in ("signatures/right", *probes):
        found = outcome(fspiop, probe)
        if found.forwarded and found.intact != "good":
            what = f"passes {probe.partition('/')[2]} on so that its signature does not verify"
            yield Violation(what, "the octets and fields that were signed", f"{found.intact} {found.reason}".strip())


@requirement("PAY-FSP-04")
def test_altered_requests_are_refused(fspiop: Fspiop, rule: Rule) -> Violations:
    """A request that differs from the signed one in one thing is refused."""
    if fspiop.vectors:
        yield from _answered_well(fspiop, rule)
        return
    group(fspiop, "altered")
    if not _validated(fspiop):
        raise NotApplicable("the manifest states that signatures are verified by the payee, not by the hub")
    controls(fspiop, "altered/right", "altered/right-after")
    for name in rule.params["altered"]:
        yield from refused(fspiop, f"a request whose {name} is not the signed one", f"altered/{name}")


def _validated(fspiop: Fspiop) -> bool:
    return fspiop.stated.get("signatures", "validated") == "validated"


def _answered_well(fspiop: Fspiop, rule: Rule) -> Iterator[Violation]:
    """The vectors of the rule are answered as is due; a refusal counts only beside its accepted control.

    Raises:
        Untested: UNSUPPORTED, where the implementation has no such operation.
        Undecided: HARNESS, where it failed; CONTROL_FAILED, where no case counted.
    """
    by_id = {each.id: each for each in fspiop.vectors}
    own = [each for each in fspiop.vectors if each.id.startswith(tuple(rule.params["cases"]))]
    if all(each.word == "unsupported" for each in own):
        raise Untested(NotTested.UNSUPPORTED, own[0].text if own else "no case of this requirement")
    counted, failed = 0, ""
    for each in own:
        if each.word in ("error", "unsupported"):
            failed = failed or f"{each.id}: {each.text}"
        elif each.due == "output" or _was_taken(by_id.get(each.control)):
            counted += 1
            if each.word != each.due:
                yield Violation(f"{each.id} ({each.notes})", each.due, f"{each.word} {each.text}".strip())
    if failed:
        raise Undecided(Reason.HARNESS, failed)
    if not counted:
        raise Undecided(Reason.CONTROL_FAILED, "none of the right requests was accepted")


def _was_taken(vector: Vector | None) -> bool:
    return vector is not None and vector.word == "output"
