"""What is asked for twice is done once: replays, idempotency keys, requests at once."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.payments.api.evidence import Api
from conformance.payments.api.reading import answered, controls, done, group, same, shown


def _counted(api: Api, probe: str) -> Violations:
    """The service lists what the probe created once."""
    if (number := api.counts.get(probe, 1)) != 1:
        yield Violation(f"lists the payment of {probe} {number} times", "once", str(number))


@requirement("PAY-API-01")
def test_replay_does_not_execute_again(api: Api) -> Violations:
    """The octets of an accepted request, sent again, create nothing: an error, or the first answer again."""
    group(api, "repeats")
    controls(api, "repeats/another", "repeats/first")
    replay = answered(api, "repeats/replay")
    if done(replay) and not same(api, "repeats/replay", "repeats/first"):
        yield Violation("carries out a replayed request", "an error or the first answer", shown(replay))
    yield from _counted(api, "repeats/replay")


@requirement("PAY-API-02")
def test_key_with_another_body_is_refused(api: Api, rule: Rule) -> Violations:
    """An idempotency key that was used is refused with another body."""
    group(api, "repeats")
    controls(api, "repeats/first")
    other = answered(api, "repeats/other")
    if other.status not in rule.params["statuses"]:
        expected = f"HTTP {' or '.join(map(str, rule.params['statuses']))}"
        yield Violation("answers a used idempotency key with another body otherwise", expected, shown(other))


@requirement("PAY-API-03")
def test_equal_requests_at_once_execute_once(api: Api, rule: Rule) -> Violations:
    """Of equal requests that arrive at once one is carried out; the others get its answer or 409."""
    group(api, "at-once")
    for number in rule.params["parallel"]:
        name = f"at-once/{number}"
        replies = {f"{name}-{each}": answered(api, f"{name}-{each}") for each in range(number)}
        carried = [probe for probe, reply in replies.items() if done(reply)]
        if not carried:
            raise Undecided(Reason.CONTROL_FAILED, f"none of {number} equal requests at once was carried out")
        if alike := [probe for probe in carried if replies[probe].equals not in ("", *carried)]:
            detail = f"different payments are answered alike: {alike[0]} and {replies[alike[0]].equals}"
            raise Undecided(Reason.CONTROL_FAILED, detail)
        originals = [probe for probe in carried if not replies[probe].equals]
        if len(originals) > 1:
            yield Violation(f"answers {number} equal requests at once differently", "one", f"{len(originals)} answers")
        for probe, reply in replies.items():
            if not done(reply) and reply.status != 409:
                yield Violation(f"answers the losing request {probe} otherwise", "the result or 409", shown(reply))
        yield from _counted(api, name)
        if len(originals) == 1 and api.at_once.get(name, 0) < 2:
            raise Undecided(Reason.NOT_OBSERVABLE, f"the authorised rate kept the {number} requests apart")
