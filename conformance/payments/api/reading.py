"""How judges read replies: what counts as done, and in a few words what was answered. Pure."""

from __future__ import annotations

from conformance.core.model import Reason, Undecided
from conformance.payments.api.evidence import Api, Reply
from conformance.payments.groups import answered, entered, group

__all__ = ["answered", "controls", "done", "entered", "group", "same", "shown"]


def done(reply: Reply) -> bool:
    """Whether the request was carried out."""
    return 200 <= reply.status < 300


def shown(reply: Reply) -> str:
    """A reply in a few words."""
    code = f", {reply.form} {reply.code}" if reply.code else ""
    return f"HTTP {reply.status} {reply.kind or 'without Content-Type'}{code}"


def controls(api: Api, *probes: str) -> None:
    """Return where every control was carried out; a negative means nothing beside one that was not.

    Raises:
        Undecided: CONTROL_FAILED, or what kept a control from being answered.
    """
    for probe in probes:
        reply = answered(api, probe)
        if not done(reply):
            raise Undecided(Reason.CONTROL_FAILED, f"the right request {probe} was answered {shown(reply)}")


def same(api: Api, probe: str, first: str) -> bool:
    """Whether an answer has the octets of the first one, which no other request got.

    Raises:
        Undecided: the first answer was that of another payment too, so equal octets show nothing.
    """
    if twin := api.answers[first].equals:
        raise Undecided(Reason.CONTROL_FAILED, f"different payments are answered alike: {first} and {twin}")
    return api.answers[probe].equals == first
