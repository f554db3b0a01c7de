"""Two clocks: ours, and the one that an endpoint shows in its HTTP answers. Where they are far apart, one is wrong."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

from msgspec.structs import replace

from conformance.tls.evidence import Certificate, HttpAnswer, ServedChain

MOST_SKEW_SECONDS = 300
"""Clocks that are no further apart are taken for one."""

OUTDATED = "is outside its validity period"
"""How the path search says of an anchor that our clock speaks against it."""


def seconds_ahead(answer: HttpAnswer | None, now: datetime) -> int:
    """By how much the clock that an answer's one Date field shows is ahead of ours; 0 where it shows none."""
    dates = answer.all("date") if answer else ()
    if len(dates) != 1:
        return 0
    try:
        return round((parsedate_to_datetime(dates[0]) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):  # no date, one without a zone, one that no calendar has
        return 0


def compared(certificate: Certificate, ahead: int) -> Certificate:
    """A certificate with the difference of the clocks; what then no longer shows that a chain is not trusted."""
    chains = certificate.chains
    if abs(ahead) > MOST_SKEW_SECONDS:
        chains = tuple(_doubted(chain, ahead) for chain in chains)
    return replace(certificate, chains=chains, ahead=ahead)


def _doubted(chain: ServedChain, ahead: int) -> ServedChain:
    """A chain whose anchor may be in date by the other clock."""
    if chain.trusted or OUTDATED not in chain.trust_detail:
        return chain
    why = f"{chain.trust_detail} by our clock, from which the endpoint's differs by {abs(ahead)} s"
    public = chain.public_undecided if chain.publicly_trusted else why
    return replace(chain, trust_undecided=why, public_undecided=public)
