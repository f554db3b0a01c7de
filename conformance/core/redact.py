"""What must not be written: registered secrets in every form they travel in, and what looks like one.

A replaced text leaves `[redacted:kind:length]`. No digest of it is kept: a national number has so little entropy that
its SHA-256 is as good as the number. Each rule counts what it replaced, so that a report can say that something was
there. Redaction is the last thing before evidence is written; facts that need the secret (its entropy, a signature)
are taken from it before.

Three tables: field names whose values are secrets, whatever they look like; patterns, each with a test that keeps
chance digits from matching; and the secrets that a manifest named, registered when they were loaded.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import quote, quote_plus

from conformance.core.codec import decode, encode
from conformance.core.needles import Needles

SECRET_FIELDS = frozenset(
    {
        *("authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "apikey", "x-auth-token", "dpop"),
        *("client_assertion", "client_secret", "access_token", "refresh_token", "id_token", "id_token_hint"),
        *("logout_token", "registration_access_token", "subject_token", "actor_token", "device_code", "user_code"),
        *("auth_req_id", "code", "code_verifier", "assertion", "samlresponse", "samlart", "x-csrf-token"),
        *("password", "passwd", "pin", "otp", "passcode", "private_key"),
    }
)
"""Names of header fields, JSON members and form parameters whose values are never written. Lower case."""

PRIVATE_JWK_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})
"""Private members of a JSON Web Key (RFC 7518 section 6), secret in an object that has `kty`."""

_PARAMETERS = "|".join(sorted(re.escape(name) for name in SECRET_FIELDS))
_TOKEN = "[A-Za-z0-9_-]"  # noqa: S105 - a character class


def luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1 annex B."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _is_card_number(text: str) -> bool:
    digits = _digits(text)
    return 13 <= len(digits) <= 19 and digits[0] in "23456" and luhn(digits)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(2000 + year, month, day)
    except ValueError:
        return False
    return True


def _is_nric(text: str) -> bool:
    """Singapore NRIC and FIN: weights 2765432, an offset by series, a check letter."""
    first, digits, last = text[0], text[1:8], text[8]
    total = sum(int(digit) * weight for digit, weight in zip(digits, (2, 7, 6, 5, 4, 3, 2), strict=True))
    total += {"S": 0, "T": 4, "F": 0, "G": 4, "M": 3}[first]
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK", "M": "KLJNPQRTUWX"}
    position = 10 - total % 11 if first == "M" else total % 11
    return letters[first][position] == last


def _is_nik(text: str) -> bool:
    """Indonesia NIK: region, birthday DDMMYY (day + 40 for women), serial."""
    day = int(text[6:8])
    return 11 <= int(text[:2]) <= 97 and _is_day(int(text[10:12]), int(text[8:10]), day - 40 if day > 40 else day)


def _is_mykad(text: str) -> bool:
    """Malaysia NRIC: birthday YYMMDD, place of birth, serial."""
    digits = _digits(text)
    return _is_day(int(digits[:2]), int(digits[2:4]), int(digits[4:6])) and digits[6:8] != "00"


def _is_thai(text: str) -> bool:
    """Thailand: 13 digits, the last a check digit modulo 11."""
    digits = _digits(text)
    total = sum(int(digit) * (13 - place) for place, digit in enumerate(digits[:12]))
    return digits[0] != "0" and (11 - total % 11) % 10 == int(digits[12])


def _is_cccd(text: str) -> bool:
    """Viet Nam: province 001 to 096, century and sex, year, serial."""
    return 1 <= int(text[:3]) <= 96 and text[3] in "0123"


def _is_random(text: str) -> bool:
    """A token after a scheme's name, and not the next word of a sentence such as "basic constraints"."""
    return any(each.isdigit() or each == "=" or each.isupper() for each in text[1:])


def _always(_: str) -> bool:
    return True


def _number(pattern: str) -> re.Pattern[str]:
    """A pattern of digits that stands alone: no part of a longer word, of a fraction or of a hex digest."""
    return re.compile(rf"(?<![A-Za-z0-9.]){pattern}(?![A-Za-z0-9])", re.ASCII)


# Kind, pattern, test. In order: what is longer and surer first. Every pattern is linear: a repeated class is entered
# only where no member of it stands before, and never nested.
PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    (
        "private-key",
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----.*?"
            r"(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|\Z)",
            re.DOTALL,
        ),
        _always,
    ),
    ("jwt", re.compile(rf"(?<!{_TOKEN})eyJ{_TOKEN}{{5,}}(?:\.{_TOKEN}*){{2,4}}"), _always),
    (
        "credentials",
        re.compile(r'(?i)(?:(?<=\bbearer )|(?<=\bbasic )|(?<=\bdpop ))(?![\w-]+=")[\w.~+/=-]{8,}'),
        _is_random,
    ),
    ("parameter", re.compile(rf"(?i)(?<![\w-])(?:{_PARAMETERS})=(?!\[redacted:)[^&#;\s\"'<>]+"), _always),
    (
        "card-number",
        _number(r"(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{5})"),
        _is_card_number,
    ),
    ("national-number", _number(r"[STFGM]\d{7}[A-Z]"), _is_nric),
    ("national-number", _number(r"\d{16}"), _is_nik),
    ("national-number", _number(r"\d-?\d{4}-?\d{5}-?\d{2}-?\d"), _is_thai),
    ("national-number", _number(r"\d{12}"), _is_cccd),
    ("national-number", _number(r"\d{6}-?\d{2}-?\d{4}"), _is_mykad),
    ("national-number", _number(r"\d{4}-\d{4}-\d{4}-\d{4}"), _always),  # PhilSys
    # Myanmar
    ("national-number", _number(r"\d{1,2}/[A-Za-z]{3,10}\([A-Z]{1,2}\)\d{6}"), _always),
)

# What data must show for a pattern to match: looked for in the lower-cased octets, or in their shape, where each digit
# is `0`, each capital `A`, each small letter `a`, each dash itself and the rest a space. Evidence is mostly hex
# digests; this look costs microseconds a record where the patterns would cost milliseconds.
_HINTS = (b"eyj", b'"kty"')
_SPACED_HINTS = (b"private key", b"bearer ", b"basic ", b"dpop ")
_PARAMETER_HINTS = tuple(f"{name}=".encode() for name in SECRET_FIELDS)
_LONG_NUMBER = b" " + b"0" * 12
_LONG_NUMBERS = tuple(f" {'0' * digits} ".encode() for digits in range(12, 20))
"""To their ends, since hex digests begin so too; all of them begin as `_LONG_NUMBER` does."""

_SHAPES = (
    (b" ", (b" 0000 0000 0000", b" 0000 000000 0")),
    (b"-", (b" 0000-0000-0000", b" 0000-000000-0", b"0-0000-00000-00-0", b"000000-00-0000")),
    (b")", (b"A 000000",)),
    (b"", (b"A0000000A",)),
)
"""The other shapes, by the octet without which the data has none of them."""

_SHAPE_OF = bytes(
    ord("0" if chr(octet).isdigit() else "A" if chr(octet).isupper() else "a" if chr(octet).islower() else "-")
    if octet < 128 and (chr(octet).isalnum() or octet == ord("-"))
    else ord(" ")
    for octet in range(256)
)


SHORT_CHARACTERS, MOST_CLEAN = 64, 20_000
"""Texts up to that length in which nothing was found are remembered: records repeat their names and words."""

FEWEST_DIGITS = 7
"""Of the shortest number that a pattern looks for."""


def has_hint(data: bytes) -> bool:
    """Whether one of the words stands in these octets without which no pattern but those of digits matches."""
    lowered = data.lower()
    return (
        any(hint in lowered for hint in _HINTS)
        or (b" " in lowered and any(hint in lowered for hint in _SPACED_HINTS))
        or (b"=" in lowered and any(parameter in lowered for parameter in _PARAMETER_HINTS))
    )


def forms(secret: str) -> Iterator[str]:
    """The texts in which a secret travels: as it is, without line breaks, escaped in JSON or a URL, hex, base64.

    Base64 inside a longer text (`user:secret` of Basic) depends on where the secret starts, modulo 3; the characters
    which it alone decides are given for each of the three. Secrets of fewer than 6 octets only as they are and
    escaped, since the cores of their encodings would be too short to mean anything.
    """
    octets = secret.encode("utf-8", "surrogatepass")
    escaped = quote(secret, safe="", errors="replace")
    yield from (secret, json.dumps(secret)[1:-1], escaped, escaped.lower(), quote_plus(secret, errors="replace"))
    yield quote(secret, safe="/", errors="replace")
    if "\n" in secret:
        lines = secret.split()
        yield "".join(secret.splitlines())
        yield from (line for line in lines if len(line) >= 24 and not line.startswith("-----"))
    if len(octets) < 6:
        return
    yield from (octets.hex(), octets.hex().upper())
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + octets)
        first = (0, 2, 3)[shift]
        last = len(whole) - (0, 3, 2)[(shift + len(octets)) % 3]
        core = whole[first:last].decode()
        yield core
        yield core.replace("+", "-").replace("/", "_")
        yield quote(core, safe="")


class Redactor:
    """Replaces secrets in texts. `counts`: how often each rule (kind) replaced something."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._kinds: dict[str, str] = {}
        self._texts: Needles[str] = Needles(())
        self._octets: Needles[bytes] = Needles(())
        self._stale = False
        self._clean: set[str] = set()
        self._lock = threading.Lock()

    def register(self, secret: str, kind: str = "secret") -> None:
        """Replace this secret from now on, in every form of `forms`.

        Raises:
            ValueError: the secret is empty, or the kind not of lower-case letters and dashes.
        """
        if not secret or not re.fullmatch(r"[a-z-]+", kind):
            raise ValueError(f"a {kind!a} of {len(secret)} characters cannot be redacted")
        with self._lock:
            for form in forms(secret):
                self._kinds.setdefault(form, kind)
            self._stale = True

    def _refresh(self) -> None:
        """Build what looks for the registered secrets, once after the last of several; a key has some 200 forms."""
        if not self._stale:
            return
        with self._lock:
            self._texts = Needles(self._kinds)
            self._octets = Needles(
                json.dumps(form, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass") for form in self._kinds
            )
            self._clean = set()  # last, and another one: who looks with the old words adds to the old one
            self._stale = False

    def found(self, text: str) -> tuple[str, ...]:
        """The kinds of the registered secrets that a text holds in any form, in order, once each."""
        self._refresh()
        return tuple(dict.fromkeys(self._kinds[form] for _, form in self._texts.places(text)))

    def text(self, text: str) -> str:
        """The text with registered secrets and everything that matches a pattern replaced."""
        self._refresh()
        clean = self._clean
        if text in clean:
            return text
        found = self._without_patterns(self._without_registered(text))
        if found == text and len(text) <= SHORT_CHARACTERS and len(clean) < MOST_CLEAN:
            clean.add(text)
        return found

    def _without_patterns(self, text: str) -> str:
        """The text with everything that matches a pattern replaced."""
        octets = text.encode("utf-8", "surrogatepass")
        if octets.translate(_SHAPE_OF).count(b"0") < FEWEST_DIGITS and not has_hint(octets):
            return text
        for kind, pattern, test in PATTERNS:
            text = pattern.sub(lambda match, k=kind, t=test: self._matched(k, t, match.group()), text)  # type: ignore[misc]
        return text

    def fields(self, fields: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Header fields with secret values replaced. Of Set-Cookie the name and the attributes stay."""
        return tuple((name, self._field(name.lower(), value)) for name, value in fields)

    def record(self, value: Any, names: frozenset[str] = SECRET_FIELDS) -> Any:
        """A JSON value (mappings, lists, strings) with secrets replaced; members with these names whole."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            hidden = names | PRIVATE_JWK_MEMBERS if "kty" in value else names
            return {self.text(str(name)): self._member(str(name), each, names, hidden) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.record(each, names) for each in value]
        return value

    def redact_json(self, data: bytes) -> bytes:
        """Canonical JSON of our own records, redacted. Our member names are no secrets, so only values count.

        Almost always there is nothing to replace, and the same bytes come back after one look.
        """
        if not self._suspects(data):
            return data
        return encode(self.record(decode(data, Any), frozenset()))

    def _suspects(self, data: bytes) -> bool:
        """Whether `text` could change anything here; exact for registered secrets, coarse for patterns."""
        self._refresh()
        if self._octets.within(data) or has_hint(data):
            return True
        shape = data.translate(_SHAPE_OF)
        if _LONG_NUMBER in shape and any(number in shape for number in _LONG_NUMBERS):
            return True
        return any(octet in data and any(each in shape for each in shapes) for octet, shapes in _SHAPES)

    def _without_registered(self, text: str) -> str:
        """The text with the registered secrets replaced."""
        parts, end = [], 0
        for start, form in self._texts.places(text):
            parts += [text[end:start], self._mark(self._kinds[form], form)]
            end = start + len(form)
        return "".join([*parts, text[end:]]) if parts else text

    def _mark(self, kind: str, text: str) -> str:
        self.counts[kind] += 1
        return f"[redacted:{kind}:{len(text)}]"

    def _matched(self, kind: str, test: Callable[[str], bool], text: str) -> str:
        if not test(text):
            return text
        if kind == "parameter":
            name, _, value = text.partition("=")
            return f"{name}={self._mark(kind, value)}"
        return self._mark(kind, text)

    def _field(self, name: str, value: str) -> str:
        if name == "set-cookie":
            pair, semicolon, attributes = value.partition(";")
            cookie, equals, content = pair.partition("=")
            hidden = self._mark("cookie", content.strip()) if content.strip() else ""
            return f"{self.text(cookie)}{equals}{hidden}{semicolon}{self.text(attributes)}"
        if name in SECRET_FIELDS and value:
            return self._mark("field", value)
        return self.text(value)

    def _member(self, name: str, value: Any, names: frozenset[str], hidden: frozenset[str]) -> Any:
        if name.lower() in hidden and isinstance(value, str) and value:
            return self._mark("field", value)
        return self.record(value, names)
