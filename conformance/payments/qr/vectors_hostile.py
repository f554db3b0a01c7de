"""Hostile text: whatever is printed on a sticker. A reader may answer as it likes, but it answers, and at once."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.payments.qr.build import changed, payload, sealed, tlv
from conformance.payments.qr.cases import EMVCO, Case
from conformance.payments.qr.vectors_bases import BASES

STATIC = BASES[EMVCO].static


def _named(name: str) -> str:
    return payload(changed(STATIC, ("59", name)))


def _nested() -> str:
    """Templates in templates, as deep as 99 characters go."""
    text = "X"
    while len(text) < 92:
        text = tlv("50", text)
    return payload(changed(STATIC, ("80", text)))


TEXTS = {
    "empty": ("", "nothing"),
    "head": ("000201", "the first object alone"),
    "digit": ("0", "one digit"),
    "crc": ("63041D3D", "a CRC alone"),
    "url": ("https://example.test/pay?amount=1", "a URL"),
    "json": ('{"00":"01"}', "JSON"),
    "base45": ("HC1:6BFOXN%TSMAHN-H", "base45 text"),
    "customer": ("hQVDUFYwMWETTwegAAAAVVVVUAhQYXlXYXZl", "a customer-presented code in base64"),
    "slip": (f"{tlv('00', '000600000101030990218202600000000000000001')}5102TH910412AB", "a Thai transfer slip"),
    "nul": (_named("EXAMPLE\0SHOP"), "NUL in the name"),
    "lines": (_named("EXAMPLE\r\nSHOP"), "a line break in the name"),
    "override": (_named("EXAMPLE \u202eEVIL"), "a direction override in the name"),
    "escape": (_named("EXAMPLE\x1b[31m"), "a terminal escape in the name"),
    "script": (_named("<script>alert(1)</script>"), "markup in the name"),
    "percent": (_named("EX%00%0d%0a%s%n"), "percent encodings in the name"),
    "quote": (_named("'; DROP TABLE qr;--"), "SQL in the name"),
    "template": (_named("${7*7}{{7*7}}"), "template syntax in the name"),
    "joined": (_named("👩‍👩‍👧‍👦"), "joined emoji in the name"),
    "combining": (_named("e" + "\u0301" * 20), "stacked combining marks in the name"),
    "noncharacter": (_named("EXAMPLE\uffff"), "a noncharacter in the name"),
    "private": (_named("\U000f0000"), "a private-use character in the name"),
    "proto": (payload((*STATIC, ("80", (("00", "__proto__"),)))), "__proto__ as a GUID"),
    "nested": (_nested(), "templates in templates"),
    "all-ids": (
        payload((STATIC[0], *((f"{i:02}", f"{i:02}") for i in range(2, 63)), *((f"{i}", "X") for i in range(64, 100)))),
        "every ID once",
    ),
    "513": (sealed("000201" + "".join(tlv(f"{i}", "9" * 77) for i in range(80, 87))), "over 512 characters"),
}  # fmt: skip

REPEATED = {
    "1069": ("000201", "6", 1063, "1,069 characters without an end"),
    "4296": ("000201", "0104", 1072, "4,294 characters of one object's head"),
    "long": ("000201", "9", 500_000, "half a million digits"),
    "ones": ("", "5303963", 60_000, "one object 60,000 times"),
    "thai": ("000201", "๙", 100_000, "100,000 Thai digits"),
    "brackets": ("", "[", 100_000, "100,000 brackets"),
}


def hostile_cases() -> Iterator[Case]:
    """All of them, and the changes of one sound code."""
    for name, (text, notes) in TEXTS.items():
        yield Case(f"hostile-{name}", "hostile", EMVCO, "qr.parse", text, "any", notes)
    for name, (text, unit, count, notes) in REPEATED.items():
        yield Case(f"hostile-{name}", "hostile", EMVCO, "qr.parse", text, "any", notes, repeated=(unit, count))
    for scheme in ("emvco", "sandbox-xc", "mmqr"):
        text = payload(BASES[scheme].dynamic)
        notes = "the code, and 334 single changes of it"
        yield Case(f"hostile-changes-{scheme}", "hostile", scheme, "qr.parse", text, "any", notes, mutations=334)
