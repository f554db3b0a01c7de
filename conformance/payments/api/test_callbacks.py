"""Callbacks, sent and received: signatures, time, repetition, order, addresses."""

from __future__ import annotations

from itertools import pairwise

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.payments.api.evidence import Api
from conformance.payments.api.reading import answered, controls, done, group, shown
from conformance.payments.callbacks import Callbacks, Delivery


def _came(callbacks: Callbacks, plan: str = "") -> tuple[Delivery, ...]:
    """The callbacks that arrived, or those of one plan.

    Raises:
        Undecided: a payment was not accepted, or no callback arrived at all.
    """
    if callbacks.refused:
        raise Undecided(Reason.CONTROL_FAILED, f"a payment was not accepted: {callbacks.refused}")
    if not callbacks.deliveries:
        raise Undecided(Reason.NOT_OBSERVABLE, "not one callback arrived")
    return tuple(each for each in callbacks.deliveries if plan in ("", each.plan))


@requirement("PAY-CB-01")
def test_callbacks_are_signed(callbacks: Callbacks, rule: Rule) -> Violations:
    """Every callback is signed over its raw body and a recent time, by each key that the manifest names."""
    for each in _came(callbacks):
        what = f"callback {each.event or 'without an id'} ({each.plan})"
        if each.signature != "good":
            yield Violation(f"sends a {what} whose signature is {each.signature}", "a right signature", each.reason)
        elif each.age is None:
            yield Violation(f"sends a {what} whose signature covers no time", "a time", "none")
        elif abs(each.age) > rule.params["max_age_seconds"]:
            yield Violation(f"sends a {what} of another time", f"{rule.params['max_age_seconds']} s", f"{each.age:g} s")
        elif each.keys < callbacks.key_count:
            yield Violation(f"does not sign a {what} by every key in force", str(callbacks.key_count), str(each.keys))


@requirement("PAY-CB-02")
def test_receiver_verifies(api: Api, rule: Rule) -> Violations:
    """The service refuses callbacks that are wrongly signed, unsigned, altered or old."""
    group(api, "receiver")
    controls(api, "receiver/right", "receiver/right-after")
    for name in rule.params["refused"]:
        reply = answered(api, f"receiver/{name}")
        if not 400 <= reply.status < 500:
            yield Violation(f"answers a callback that is {name} otherwise", "4xx", shown(reply))


@requirement("PAY-CB-03")
def test_callbacks_are_repeated_under_one_id(callbacks: Callbacks, api: Api, rule: Rule) -> Violations:
    """What was not taken comes again under the same id and after a bounded time; a repeated one is taken."""
    for plan in rule.params["plans"]:
        came = _came(callbacks, plan)
        if len(came) < 2:
            yield Violation(f"does not repeat a callback that was {plan}", "a second time", f"{len(came)} times")
            continue
        if len({each.event for each in came}) > 1 or not came[0].event:
            ids = ", ".join(each.event or "none" for each in came)
            yield Violation(f"repeats a callback that was {plan} under another id", "one id", ids)
        if len({each.digest for each in came}) > 1:
            yield Violation(f"repeats a callback that was {plan} with another body", "the same body", "different ones")
        gaps = [later.at - earlier.at for earlier, later in pairwise(came)]
        if max(gaps) > rule.params["max_gap_seconds"]:
            yield Violation(
                "waits longer before it repeats", f"{rule.params['max_gap_seconds']} s", f"{max(gaps):.1f} s"
            )
    yield from _repeated(api)


def _repeated(api: Api) -> Violations:
    """A callback that we sent twice was taken twice, where the service takes any."""
    if "receiver/repeated" not in api.answers:
        return
    controls(api, "receiver/right")
    if not done(reply := answered(api, "receiver/repeated")):
        yield Violation("refuses a callback that it has taken before", "2xx again", shown(reply))


@requirement("PAY-CB-04")
def test_status_agrees_with_the_callback(callbacks: Callbacks) -> Violations:
    """The status query says what the callback said."""
    came = _came(callbacks, "taken")
    if not came:
        raise Undecided(Reason.NOT_OBSERVABLE, "no callback of the payment arrived")
    if callbacks.trouble or not came[-1].state or not callbacks.state:
        detail = callbacks.trouble or "callback or status query tell no status"
        raise Undecided(Reason.NOT_OBSERVABLE, detail)
    if came[-1].state != callbacks.state:
        yield Violation("tells another status than its query", callbacks.state, came[-1].state)


@requirement("PAY-CB-05")
def test_callback_addresses_are_public_and_final(callbacks: Callbacks, api: Api, rule: Rule) -> Violations:
    """Addresses without TLS or in private networks are refused, and redirects are not followed."""
    if not _came(callbacks, "redirected-first"):
        raise Undecided(Reason.NOT_OBSERVABLE, "no callback came that could be redirected")
    if callbacks.canary:
        yield Violation(
            "follows a redirect of a callback", "no connection elsewhere", f"{callbacks.canary} connections"
        )
    if api.skipped.get("register", ("",))[0] == "unsupported":
        return
    group(api, "register")
    controls(api, "register/right", "register/right-after")
    for name in rule.params["refused"]:
        reply = answered(api, f"register/{name}")
        if not 400 <= reply.status < 500:
            yield Violation(f"answers an address that is {name} otherwise", "4xx", shown(reply))


@requirement("PAY-CB-06")
def test_late_callbacks_change_nothing(api: Api) -> Violations:
    """After success a callback that tells of an earlier status does not bring that status back."""
    group(api, "order")
    controls(api, "order/create", "order/success", "order/status")
    wanted = api.stated.get("success", "completed")
    if answered(api, "order/create").state == wanted:
        raise Undecided(Reason.CONTROL_FAILED, "the payment is done as soon as it is created, so nothing is late")
    status = answered(api, "order/status").state
    if not status:
        raise Undecided(Reason.NOT_OBSERVABLE, "the status query tells no status")
    if status != wanted:
        yield Violation("lets a late callback change a final status", wanted, status)
