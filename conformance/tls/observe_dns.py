"""The CAA records that govern a service's name (RFC 8659 section 3)."""

from __future__ import annotations

from typing import Any

import dns.exception
import dns.rdata

from conformance.core import scope
from conformance.core.model import Reason, Service, Target, Undecided
from conformance.core.network import Door
from conformance.tls.evidence import Caa, CaaRecord
from conformance.tls.server_names import as_address, reference_labels
from conformance.wire.lookup import lookup

MOST_RECORDS, VALUE_LENGTH = 64, 1024


def observe_caa(door: Door, target: Target, service: Service) -> Caa:
    """Climb from the server name to the top, and stop at the first record set.

    An IP address and a local name (one label, or below `localhost`) have none: nothing is asked.

    Raises:
        Undecided: as `lookup`; TIMEOUT when the climb takes too long; TOO_LARGE for more records than are read.
    """
    labels = reference_labels(service.server_name)
    if as_address(service.server_name) or len(labels) < 2 or scope.is_localhost(".".join(labels)):
        return Caa("", "", ())
    queried = ".".join(labels)
    deadline = door.monotonic() + door.limits.total_seconds
    for depth in range(len(labels)):
        if door.monotonic() >= deadline:
            raise Undecided(Reason.TIMEOUT, f"the CAA records of {queried} took too long")
        name = ".".join(labels[depth:])
        if texts := lookup(door, target, name, "CAA"):
            if len(texts) >= MOST_RECORDS:
                raise Undecided(Reason.TOO_LARGE, f"{name} has {MOST_RECORDS} CAA records or more")
            return Caa(queried, name, tuple(sorted(map(_record, texts), key=lambda each: (each.tag, each.value))))
    return Caa(queried, "", ())


def _record(text: str) -> CaaRecord:
    """A record from its presentation format; octets of the value outside ASCII as Python escapes."""
    try:
        record: Any = dns.rdata.from_text("IN", "CAA", text)
    except (dns.exception.DNSException, ValueError):
        raise Undecided(Reason.DNS, f"{text[:80]!a} is no CAA record") from None
    value: str = record.value.decode("ascii", "backslashreplace")
    if len(value) > VALUE_LENGTH:
        raise Undecided(Reason.TOO_LARGE, f"a CAA value of {len(value)} characters")
    return CaaRecord(record.flags, record.tag.decode("ascii", "backslashreplace"), value)
