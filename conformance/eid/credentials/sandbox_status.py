"""The sandbox's verifier: Token Status Lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.eid.credentials.checks import Checks, Refused, inflate, is_time, read_b64, read_object
from conformance.eid.credentials.sandbox_jws import verified

MAX_LIST = 16_777_216
"""Octets of a list once it is inflated: over a hundred million credentials of one bit."""


def status_of(checks: Checks, given: Mapping[str, Any]) -> int:
    """The status at an index of a list: token, uri, index, keys, algorithms, now, leeway_seconds."""
    header, payload = verified(checks, "tsl", given["token"], given["keys"], given["algorithms"])
    checks.must("tsl-typ", header.get("typ") == "statuslist+jwt", "type")
    claims = read_object(payload)
    checks.must("tsl-sub", claims.get("sub") == given["uri"], "subject")
    now, leeway = given["now"], given["leeway_seconds"]
    issued, expires = claims.get("iat"), claims.get("exp")
    checks.must("tsl-iat", is_time(issued) and issued < now + leeway, "time")
    if expires is not None or "exp" in claims:
        checks.must("tsl-exp", is_time(expires) and expires > now - leeway, "time")
    return value_at(checks, claims.get("status_list"), given["index"])


def value_at(checks: Checks, listed: Any, index: Any) -> int:
    """The value at an index of `status_list`."""
    if not isinstance(listed, Mapping):
        raise Refused("status")
    bits = listed.get("bits")
    if isinstance(bits, bool) or not isinstance(bits, int) or bits < 1:
        raise Refused("status")
    checks.must("tsl-bits", bits in (1, 2, 4, 8), "status")
    packed = read_b64(listed.get("lst"), "status")
    octets = inflate(packed, 15, "status", 10**9 if checks.lacks("tsl-bomb") else MAX_LIST)
    if isinstance(index, bool) or not isinstance(index, int):
        raise Refused("status")
    place, shift = divmod(index * bits, 8)
    if not 0 <= place < len(octets):
        checks.must("tsl-index", holds=False, code="status")
        return 0
    if checks.lacks("tsl-bit-order"):
        shift = 8 - bits - shift
    return octets[place] >> shift & ((1 << bits) - 1)


def status_list_check(checks: Checks, given: Mapping[str, Any]) -> dict[str, Any]:
    """`status_list.check`."""
    return {"status": status_of(checks, given)}
