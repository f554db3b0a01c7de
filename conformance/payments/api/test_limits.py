"""Throttling: RFC 6585 section 4, and the RateLimit fields of the HTTPAPI working group's draft."""

from __future__ import annotations

import re

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Undecided, Violation, Violations
from conformance.payments.api.evidence import Api, Reply
from conformance.payments.api.reading import answered, controls, group, shown


def _limited(api: Api) -> Reply:
    """The answer that said that it was too much.

    Raises:
        NotApplicable: no limit was met within the requests that the manifest allows.
    """
    group(api, "throttle")
    controls(api, "throttle/first")
    last = answered(api, "throttle/last")
    if last.status != 429:
        raise NotApplicable(
            f"no limit was met within the requests that the manifest states; the last was {shown(last)}"
        )
    return last


@requirement("PAY-API-07")
def test_throttling_says_when_to_come_back(api: Api) -> Violations:
    """A request too many is 429 with Retry-After, and another address in a header field changes nothing."""
    value = _limited(api).fields.get("retry-after", "")
    if not re.fullmatch(r"[0-9]{1,6}|[A-Z][a-z]{2}, [0-9A-Za-z: ]{20,24} GMT", value):
        yield Violation("answers 429 without Retry-After", "seconds or a date", value or "no such field")
    forwarded = answered(api, "throttle/forwarded")
    if forwarded.status < 400:
        yield Violation("keeps its limit by X-Forwarded-For", "429", shown(forwarded))
    elif forwarded.status != 429:
        raise Undecided(Reason.CONTROL_FAILED, f"with X-Forwarded-For the answer is {shown(forwarded)}")


@requirement("PAY-API-07-S")
def test_limits_are_told(api: Api) -> Violations:
    """RateLimit and RateLimit-Policy are sent."""
    limited, first = _limited(api), answered(api, "throttle/first")
    for name in ("ratelimit", "ratelimit-policy"):
        if name not in first.fields and name not in limited.fields:
            yield Violation(f"does not send {name}", "in answers of a limited operation", "no such field")
