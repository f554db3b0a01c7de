"""When a code expires, as its scheme says it: milliseconds since 1970, or a date in the scheme's zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from conformance.payments.qr.facts import Facts
from conformance.payments.qr.recognise import Match, Spec
from conformance.payments.qr.tlv import DataObject

DATE = re.compile(r"[0-9]{8}(?:[0-9]{6})?", re.ASCII).fullmatch


def expiry_of(facts: Facts) -> datetime | None:
    """The earliest moment at which a code of a recognised scheme expires, in UTC; None where it never does."""
    ends = [end for match in facts.matches for end in _ends(facts, match)]
    return min(ends, default=None)


def parse_now(text: str) -> datetime | None:
    """The moment that a question is asked at; None where it names none with a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _ends(facts: Facts, match: Match) -> Iterator[datetime]:
    zone = _zone(match.layout.scheme.utc_offset)
    inside = ((each, match.layout.objects.get(each.id)) for each in match.object.objects)
    at_root = ((facts.root[name], spec) for name, spec in match.layout.root.items() if name in facts.root)
    for each, spec in (*inside, *at_root):
        if spec is not None:
            yield from _of(each, spec, zone)


def _of(each: DataObject, spec: Spec, zone: timezone) -> Iterator[datetime]:
    if spec.spec.expiry and (moment := moment_of(each.value, spec.spec.expiry, zone)):
        yield moment
    for inner in each.objects:
        if inner.id in spec.objects:
            yield from _of(inner, spec.objects[inner.id], zone)


def moment_of(value: str, kind: str, zone: timezone) -> datetime | None:
    """What a value says, in UTC; a date alone lasts to its end. None where it says no moment."""
    try:
        if kind == "epoch-ms":
            return datetime.fromtimestamp(int(value) / 1000, UTC) if value.isascii() and value.isdigit() else None
        if not DATE(value):
            return None
        if len(value) == 8:
            day = datetime.strptime(value, "%Y%m%d").replace(tzinfo=zone)
            return (day + timedelta(days=1, microseconds=-1)).astimezone(UTC)
        return datetime.strptime(value, "%Y%m%d%H%M%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _zone(offset: str) -> timezone:
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    return timezone((1 if offset[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
