"""How many requests were really on their way at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """The largest number of spans (begin, end) that have a moment in common; ends belong to no span."""
    events = sorted(event for begin, end in spans for event in ((begin, 1), (max(begin, end), -1)))
    most = now = 0
    for _, step in events:
        now += step
        most = max(most, now)
    return most
