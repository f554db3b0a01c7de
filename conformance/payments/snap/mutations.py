"""One change each: what a negative signature probe alters, and the bodies of the S family. Pure tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

COMPONENTS: Final = ("method", "path", "query", "token", "body", "timestamp", "secret")


def earlier(text: str) -> str:
    """The timestamp one second before, in the same form."""
    moment = datetime.fromisoformat(text) - timedelta(seconds=1)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z" if text.endswith("Z") else "+00:00")


ALTER: Final[Mapping[str, Callable[[Any], Any]]] = {
    "method": lambda method: "PATCH" if method != "PATCH" else "POST",
    "path": lambda path: f"{path}/x",
    "query": lambda query: f"{query}&x=1" if query else "x=1",
    "token": lambda token: token[::-1],
    "body": lambda body: body + b"1",
    "timestamp": earlier,
    "secret": lambda secret: secret[::-1],
}
"""Component of the string-to-sign, or the secret -> another value of it."""

ADDITIONS: Final[Mapping[str, str]] = {
    "S1": '{"amount":{"value":"12345678.00","currency":"IDR"}}',
    "S2": '{"amount":{"value":"12345678.00","currency":"IDR"}}',
    "S3": '{"remark":"Transfer  Test"}',
    "S4": '{"name":"Kopi\u2615"}',
    "S5": '{"url":"https:\\/\\/x.id"}',
    "S6": '{"n":1.0,"big":12345678901234567890}',
    "S9": '{"b":"1","2":"x","1":"y"}',
}
"""What each case of the family puts into `additionalInfo`, which SNAP leaves free, so that the rest stays valid."""

S8_QUERY: Final = "pageSize=10&fromDate=2026-11-01T00:00:00+07:00"
"""Neither sorted nor encoded."""


def with_addition(body: str, addition: str) -> str:
    """A JSON object's text with `additionalInfo` put before its last brace; no other character changes."""
    head = body.rstrip().removesuffix("}").rstrip()
    comma = "" if head.endswith("{") else ","
    return f'{head}{comma}"additionalInfo":{addition}}}'


def pretty(body: str) -> str:
    """The same members in the same order with line breaks and indents, strings and numbers as they are.

    Only for bodies whose strings hold no bracket, comma or colon and no number that JSON prints otherwise.
    """
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)


def reordered(body: bytes) -> bytes:
    """The body with the members of its top level in reverse order."""
    members: dict[str, Any] = json.loads(body)
    return json.dumps(dict(reversed(members.items())), separators=(",", ":"), ensure_ascii=False).encode()


def stripped(body: bytes) -> bytes:
    """The body without any white space, that inside strings included."""
    return b"".join(body.split())


def escaped(body: bytes) -> bytes:
    """The body with every character beyond ASCII escaped, as a serialiser prints it."""
    return json.dumps(json.loads(body), separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Time:
    """A timestamp probe: so many seconds off, written as `form` says (`{}` is the right text)."""

    seconds: int = 0
    form: str = "right"


TIMES: Final[Mapping[str, Time]] = {
    "early-10-min": Time(-600),
    "early-4-min": Time(-240),
    "now": Time(0),
    "late-4-min": Time(240),
    "late-10-min": Time(600),
    "no-zone": Time(0, "no-zone"),
    "zone-without-colon": Time(0, "no-colon"),
    "hour-24": Time(0, "hour-24"),
}

AMOUNTS: Final[Mapping[str, str]] = {
    "number": "10000",
    "no-decimals": '"10000"',
    "one-decimal": '"10000.0"',
    "three-decimals": '"10000.000"',
    "comma": '"10000,00"',
    "plus": '"+10000.00"',
    "minus": '"-10000.00"',
    "exponent": '"1e4"',
    "17-digits": '"12345678901234567.00"',
}
"""Name -> the JSON text that stands for `amount.value`."""
RIGHT_AMOUNT: Final = '"10000.00"'
