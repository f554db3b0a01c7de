"""Transfers from beginning to end: results, repeats, fulfilments (API Definition v1.1, sections 3.2.5, 4.4 and 6.7)."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Reason, Undecided, Violation, Violations
from conformance.payments.fspiop.evidence import Callback, Fspiop, Outcome
from conformance.payments.fspiop.reading import COMMITTED, commit, controls, is_taken, outcome, refusal, shown
from conformance.payments.groups import answered, entered, group


@requirement("PAY-FSP-02")
def test_results_come_as_put_in_time(fspiop: Fspiop) -> Violations:
    """POST is answered 202, and PUT tells the end: committed, refused by the payee, or expired."""
    group(fspiop, "results")
    controls(fspiop, "results/committed")
    for probe in ("results/committed-put", "results/rejected-put"):
        if probe in fspiop.answers and not is_taken(reply := answered(fspiop, probe)):
            raise Undecided(Reason.CONTROL_FAILED, f"the payee's right {probe} was answered {shown(reply)}")
    for probe in ("results/committed", "results/rejected", "expiry/transfer"):
        if probe in fspiop.answers and (reply := answered(fspiop, probe)).status != 202:
            yield Violation(f"answers POST /transfers otherwise ({probe})", "202", shown(reply))
    found = outcome(fspiop, "results/committed")
    if found.played:
        yield from _told(found, "a transfer that the payee fulfilled", error=False)
    elif not any(_is_due(each, error=each.error) for each in found.callbacks):
        raise Undecided(Reason.NOT_OBSERVABLE, "a payee that is not ours told nothing, or the hub did not")
    entered(fspiop, "expiry")
    wait = float(fspiop.stated.get("wait_seconds", 0))
    for probe, what, after in (
        ("results/rejected", "one that it refused", 0.0),
        ("expiry/transfer", "one that it left", wait),
    ):
        found = outcome(fspiop, probe)
        if found.callbacks and not found.forwarded:
            raise Undecided(Reason.CONTROL_FAILED, f"{probe} never reached the payee: {_list(found)}")
        yield from _told(found, what, error=True, after=after)


def _told(found: Outcome, what: str, *, error: bool, after: float = 0.0) -> Violations:
    """The payer was told the end of a transfer, by PUT, at its path, at most so many seconds after its expiration."""
    due = "PUT .../error" if error else f"PUT with {COMMITTED}"
    right = [each for each in found.callbacks if _is_due(each, error=error)]
    if not found.forwarded and not right:
        yield Violation(f"neither passes on nor answers {what}", due, _list(found))
    elif not right:
        yield Violation(f"does not tell the end of {what}", due, _list(found))
    elif right[0].after > after:
        expected = f"at most {after:g} s after its expiration" if after else "before its expiration"
        yield Violation(f"tells the end of {what} late", expected, f"{right[0].after:g} s after it")


def _is_due(callback: Callback, *, error: bool) -> bool:
    if callback.method != "PUT" or callback.error is not error:
        return False
    return bool(callback.code) if error else callback.state == COMMITTED


def _list(found: Outcome) -> str:
    said = [f"{each.method}{' .../error' if each.error else ''} {each.state}{each.code}" for each in found.callbacks]
    return ", ".join(said) or "nothing"


@requirement("PAY-FSP-06")
def test_a_repeated_transfer_is_not_another_one(fspiop: Fspiop) -> Violations:
    """The same transferId with the same content tells the earlier state again, with other content it is an error."""
    group(fspiop, "results")
    entered(fspiop, "repeats")
    controls(fspiop, "results/committed")
    if commit(outcome(fspiop, "results/committed")) is None:
        raise Undecided(Reason.CONTROL_FAILED, "the transfer that is repeated was not told to be committed")
    group(fspiop, "repeats")
    reply, found = answered(fspiop, "repeats/same"), outcome(fspiop, "repeats/same")
    if found.forwarded:
        yield Violation("passes a repeated transfer on again", "no second transfer", shown(reply, found))
    if not is_taken(reply) or commit(found) is None:
        yield Violation("does not tell a repeated transfer's state again", f"202, PUT {COMMITTED}", shown(reply, found))
    reply, found = answered(fspiop, "repeats/other"), outcome(fspiop, "repeats/other")
    refused = 400 <= reply.status < 500 or (is_taken(reply) and refusal(found) is not None)
    if found.forwarded or commit(found) or not refused:
        yield Violation("takes a used transferId with another amount", "4xx, or PUT .../error", shown(reply, found))


@requirement("PAY-FSP-07")
def test_only_the_right_fulfilment_in_time_commits(fspiop: Fspiop) -> Violations:
    """A fulfilment whose SHA-256 is not the condition commits nothing, and neither does the right one too late."""
    group(fspiop, "results")
    entered(fspiop, "fulfilment")
    entered(fspiop, "expiry")
    controls(fspiop, "results/committed")
    control = commit(outcome(fspiop, "results/committed"))
    if control is None:
        raise Undecided(Reason.CONTROL_FAILED, "the right fulfilment in time was not told to be committed")
    if not control.fulfilled:
        yield Violation("does not pass the fulfilment on to the payer", "the payee's", "another or none")
    for sent, put, end, what in (
        ("fulfilment/wrong", "fulfilment/wrong-put", "fulfilment/wrong", "a fulfilment of another condition"),
        ("expiry/transfer", "expiry/late-put", "expiry/late", "a fulfilment after the expiration"),
    ):
        if not outcome(fspiop, sent).forwarded:
            raise Undecided(Reason.CONTROL_FAILED, f"{sent} was not passed on, so it could not be fulfilled")
        reply, found = answered(fspiop, put), outcome(fspiop, end)
        if commit(found):
            yield Violation(f"commits on {what}", "no commitment", shown(reply, found))
        elif not found.callbacks and not 400 <= reply.status < 500:
            raise Undecided(
                Reason.NOT_OBSERVABLE, f"{put}: {shown(reply)}, and no state was told when it was asked for"
            )
