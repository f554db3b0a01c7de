"""How judges read a hub: what was accepted, what was refused, and when nothing can be said. Pure."""

from __future__ import annotations

from conformance.core.model import Reason, Undecided, Violation, Violations
from conformance.payments.fspiop.evidence import Callback, Fspiop, Outcome, Reply
from conformance.payments.groups import answered

EXPIRED, COMMITTED = "33", "COMMITTED"
"""How codes of expired objects begin (table 115); the state that ends a transfer well."""


def outcome(hub: Fspiop, probe: str) -> Outcome:
    """What arrived because of a probe; nothing where nobody listened."""
    return hub.outcomes.get(probe, Outcome())


def is_taken(reply: Reply) -> bool:
    """Whether the request was accepted for processing."""
    return 200 <= reply.status < 300


def refusal(found: Outcome) -> Callback | None:
    """The error that the payer was told, expiry aside: every transfer comes to that one day."""
    return next((each for each in found.callbacks if each.error and not each.code.startswith(EXPIRED)), None)


def commit(found: Outcome) -> Callback | None:
    """The message by which the payer was told that the transfer is committed."""
    return next((each for each in found.callbacks if not each.error and each.state == COMMITTED), None)


def shown(reply: Reply, found: Outcome | None = None) -> str:
    """An answer and what came of it, in a few words."""
    said = f"HTTP {reply.status}{f', errorCode {reply.code}' if reply.code else ''}"
    if found is None or not found.awaited:
        return said
    parts = [f"passed on {found.forwarded} times" if found.forwarded > 1 else "passed on"] if found.forwarded else []
    parts += [f"{each.method}{' /error' if each.error else ''} {each.code or each.state}" for each in found.callbacks]
    return f"{said}, then {', '.join(parts) or 'nothing'}"


def controls(hub: Fspiop, *probes: str) -> None:
    """Return where each right request was accepted; a negative means nothing beside one that was not.

    Raises:
        Undecided: CONTROL_FAILED, or what kept a control from being answered.
    """
    for probe in probes:
        reply, found = answered(hub, probe), outcome(hub, probe)
        if not is_taken(reply) or (refusal(found) and not found.forwarded):
            raise Undecided(Reason.CONTROL_FAILED, f"the right request {probe} was answered {shown(reply, found)}")


def accepted(hub: Fspiop, probe: str) -> bool:
    """Whether a request was carried out: answered 2xx, and passed on or told to be committed; False if refused.

    Raises:
        Undecided: it was answered 2xx, and what came of it was not seen.
    """
    reply, found = answered(hub, probe), outcome(hub, probe)
    if not is_taken(reply):
        return False
    if found.forwarded or commit(found):
        return True
    if refusal(found):
        return False
    why = "nothing more arrived" if found.awaited else "the manifest names no callback that would tell the end"
    raise Undecided(Reason.NOT_OBSERVABLE, f"{probe} was answered HTTP {reply.status} and {why}")


def carried_out(hub: Fspiop, probe: str) -> bool:
    """As `accepted`, of a right request: where nobody listened, 2xx is all there is to be seen."""
    if outcome(hub, probe).awaited:
        return accepted(hub, probe)
    return is_taken(answered(hub, probe))


def refused(hub: Fspiop, what: str, probe: str) -> Violations:
    """A request that has to be refused is, with 4xx or with an error callback, and is not passed on."""
    reply, found = answered(hub, probe), outcome(hub, probe)
    if accepted(hub, probe):
        yield Violation(f"accepts {what}", "4xx, or PUT .../error", f"{shown(reply, found)} for {reply.sent}")
    elif not is_taken(reply) and not 400 <= reply.status < 500:
        yield Violation(f"answers {what} otherwise", "4xx, or PUT .../error", f"{shown(reply)} for {reply.sent}")
