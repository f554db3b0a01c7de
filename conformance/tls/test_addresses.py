"""Every address of a service: RFC 9325 section 3.9."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Undecided, Violation, Violations
from conformance.tls.evidence import Addresses


@requirement("TLS-CRT-21")
def test_addresses_are_configured_alike(addresses: Addresses) -> Violations:
    """Each address of the service gives the same answers to the same questions."""
    seen = dict(addresses.fingerprints)
    if not seen and not addresses.failures:
        raise Undecided(Reason.NOT_OBSERVABLE, "no address was asked")
    if len(seen) + len(addresses.failures) == 1 and seen:
        raise NotApplicable(f"the service has one address, {next(iter(seen))}")
    first, *others = sorted(seen) or [""]
    for address in others:
        if seen[address] != seen[first]:
            yield Violation(
                "is configured differently on its addresses",
                f"{first}: {seen[first]}",
                f"{address}: {seen[address]}",
            )
    if addresses.failures:
        failed = "; ".join(f"{address}: {reason}" for address, reason in sorted(addresses.failures.items()))
        raise Undecided(Reason.NOT_OBSERVABLE, f"not every address could be asked: {failed}")
