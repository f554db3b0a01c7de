"""One way for text from elsewhere into any output: what a reader cannot see becomes an escape that can be seen."""

from __future__ import annotations

import re

# Characters that Python calls printable and that show nothing: joiners, fillers, variation selectors.
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
_BLANKS = re.compile(f"[{_BLANK}]")
_SUSPECT = re.compile(r"[^\x20-\x7e]")
LIMIT = 1000


def display(text: str, limit: int = LIMIT) -> str:
    r"""`text` on one line, safe for terminals, logs, CSV, JUnit, HTML (before its own quoting) and Markdown.

    C0, C1, DEL, bidi controls, zero-width and other invisible characters, surrogates, private use, unassigned code
    points, line and paragraph separators and spaces other than U+0020 become `\x1b`, `\u202e` or `\U000e0041`, so that
    the result always has a UTF-8 form. What is beyond `limit` characters is counted, not shown. Markup characters
    stay: quoting them is the format's own business.
    """
    cut = len(text) - limit
    if cut > 0:
        text = text[:limit]
    if not text.isprintable() or (not text.isascii() and _BLANKS.search(text)):
        text = _SUSPECT.sub(_visible, text)
    return f"{text}... ({cut} more characters)" if cut > 0 else text


def count(number: int, noun: str) -> str:
    """`1 cell`, `2 cells`: for nouns with a plain plural."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    if character.isprintable() and not _BLANKS.match(character):
        return character
    if character in _NAMED:
        return _NAMED[character]
    point = ord(character)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
