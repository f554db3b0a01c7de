"""What an answer shows and should not: stack traces, SQL, internal hosts, account numbers and our own token. Pure.

OWASP API Security Top 10 (2023), API8 and API3. Every pattern is linear and looks for what no error needs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

PATTERNS: Final[Mapping[str, re.Pattern[str]]] = {
    "stack-trace": re.compile(
        r"Traceback \(most recent call last\)|\bat [\w.$]{3,200}\([\w]{1,80}\.(?:java|kt|scala):\d+\)"
        r"|\bFile \"[^\"\n]{1,200}\", line \d+|\bat [\w.<>]{1,100} \([^)\n]{1,200}\.[jt]s:\d+:\d+\)"
        r"|\b(?:java|javax|org\.springframework|System)\.[\w.]{1,80}Exception\b|\bgoroutine \d+ \[",
    ),
    "sql": re.compile(
        r"\bSQLSTATE\b|\bORA-\d{5}\b|\b(?:SELECT|UPDATE|DELETE)\b[^\n]{1,200}\b(?:FROM|SET|WHERE)\b"
        r"|\bINSERT INTO\b|syntax error at or near"
    ),
    "internal-host": re.compile(
        r"(?<![\d.])(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(?![\d.])"
        r"|\b[\w-]{1,63}\.(?:internal|svc\.cluster\.local|corp|lan)\b"
    ),
}

HINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "stack-trace": ("Traceback (", "at ", 'File "', "Exception", "goroutine "),
    "sql": ("SQLSTATE", "ORA-", "SELECT", "UPDATE", "DELETE", "INSERT INTO", "syntax error at or near"),
    "internal-host": ("10.", "192.168.", "172.", ".internal", ".svc.cluster.local", ".corp", ".lan"),
}
"""Whatever a pattern finds holds one of these: a long text without them is not searched character by character."""


def leaks(text: str, secrets: Mapping[str, str]) -> tuple[str, ...]:
    """The kinds of what a text shows. secrets: kind -> what must not stand in it, such as the token that was sent."""
    hinted = [kind for kind, hints in HINTS.items() if any(hint in text for hint in hints)]
    found = [kind for kind in hinted if PATTERNS[kind].search(text)]
    return tuple(found + [kind for kind, secret in secrets.items() if secret and secret in text])
