"""Cases of EMVCo codes in general: each clause violated once, the traps of checksums, lengths and Unicode."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.payments.qr.build import Field, body, changed, payload, sealed, tlv
from conformance.payments.qr.cases import EMVCO, Case
from conformance.payments.qr.crc import WAYS, crc_of
from conformance.payments.qr.vectors_bases import BASES, LOCAL_NAMES, NOW
from conformance.payments.qr.vectors_hostile import hostile_cases
from conformance.payments.qr.vectors_make import (
    CRC,
    STRUCTURE,
    VALUE,
    accepted,
    ascending,
    by,
    refused,
    searched,
    steady,
)
from conformance.payments.qr.vectors_routing import routing_cases

STATIC, DYNAMIC = BASES[EMVCO].static, BASES[EMVCO].dynamic
TEXT = payload(steady(DYNAMIC))
ANNEX_FIELDS: tuple[Field, ...] = (
    ("00", "01"),
    ("01", "12"),
    ("29", (("00", "D15600000000"), ("05", "A93FO3230Q"))),
    ("31", (("00", "D15600000001"), ("03", "12345678"))),
    ("52", "4111"),
    ("58", "CN"),
    ("59", "BEST TRANSPORT"),
    ("60", "BEIJING"),
    ("64", (("00", "ZH"), ("01", "最佳运输"), ("02", "北京"))),
    ("54", "23.72"),
    ("53", "156"),
    ("55", "01"),
    ("62", (("03", "1234"), ("06", "***"), ("07", "A6008667"), ("09", "ME"))),
    ("91", (("00", "A011223344998877"), ("07", "12345678"))),
)
"""EMV QRCPS MPM v1.1, annex B.7, rebuilt from its printed hexadecimal text; its CRC is A13A."""


def emvco_cases() -> Iterator[Case]:
    """All of them."""
    yield from _valid()
    yield from _checksums()
    yield from _unicode()
    yield from _lengths()
    yield from _order()
    yield from _values()
    yield from routing_cases()
    yield from hostile_cases()


def _valid() -> Iterator[Case]:
    yield accepted("emvco-static", "valid", EMVCO, STATIC, "a static code")
    yield accepted("emvco-dynamic", "valid", EMVCO, DYNAMIC, "a dynamic code")
    yield accepted("emvco-checked", "valid", EMVCO, DYNAMIC, "a dynamic code, validated", operation="qr.validate")
    yield accepted(
        "emvco-annex-b7", "valid", EMVCO, ANNEX_FIELDS, "the standard's own example", as_is=True, clauses=("B.7",)
    )
    fee = changed(DYNAMIC, ("55", "02"), ("56", "1.00"))
    yield accepted("emvco-fee", "tip", EMVCO, fee, "a fixed fee", operation="qr.validate", clauses=("4.7.7",))
    for width in ("5", "05.00", "99.99"):
        percent = changed(DYNAMIC, ("55", "03"), ("57", width))
        yield accepted(
            f"emvco-percent-{width}", "tip", EMVCO, percent, f"a fee of {width} per cent", operation="qr.validate"
        )
    for amount in ("98.", "1", "0.01", "9999999999999", "10.5"):
        fields = changed(DYNAMIC, ("54", amount))
        yield accepted(f"emvco-amount-{amount}", "amount", EMVCO, fields, f"amount {amount}", operation="qr.validate")
    long = changed(STATIC, ("59", "EXAMPLE SHOP OF 25 CHARS."), ("60", "EXAMPLE 15 CHAR"))
    yield accepted("emvco-long-names", "valid", EMVCO, long, "59 and 60 as long as they may be", clauses=("table 3.6",))


def _checksums() -> Iterator[Case]:
    control = "emvco-dynamic"
    for number, mask in enumerate((0x0001, 0x8000, 0xFF00, 0x00FF, 0x0FF0)):
        digits = f"{int(TEXT[-4:], 16) ^ mask:04X}"
        yield refused(f"emvco-crc-{number}", "crc", EMVCO, TEXT[:-4] + digits, "another CRC", control, reasons=CRC)
    yield refused(
        "emvco-crc-value-changed",
        "crc",
        EMVCO,
        TEXT.replace("540541.20", "540591.20"),
        "the amount changed after the CRC was made",
        control,
        reasons=CRC,
    )
    folded = payload(changed(DYNAMIC, ("59", "Example Shop"))).upper()
    yield refused("emvco-crc-folded", "crc", EMVCO, folded, "upper-cased after the CRC was made", control, reasons=CRC)
    for way in ("without the trailing 6304", "with the initial value 0000"):
        name = f"emvco-crc-{way.split()[-1]}"
        yield refused(name, "crc", EMVCO, by(way, DYNAMIC), f"a CRC computed {way}", control, reasons=CRC)
    for digits in ("ZZZZ", "    ", "+0A1"):
        name = f"emvco-crc-text-{digits.encode().hex()}"
        reasons = (*CRC, "structure", "value")
        yield refused(name, "crc", EMVCO, TEXT[:-4] + digits, "no digits in 63", control, reasons=reasons)
    yield refused("emvco-crc-absent", "crc", EMVCO, body(DYNAMIC), "no 63", control, reasons=(*STRUCTURE,))
    slip = tlv("00", "000600000101030990218202600000000000000001") + tlv("51", "TH") + "9104"
    notes = "a transfer slip's code: its CRC stands at 91 and there is none at 63, so it is no payable code"
    yield refused("emvco-slip", "crc", EMVCO, slip + crc_of(slip), notes, control, reasons=(*STRUCTURE, "value"))
    for start in ("0", "00"):
        fields = searched(STATIC, start)
        sound = payload(fields)
        notes = f"a CRC that begins with {start}"
        name = f"emvco-zero-{start}"
        yield accepted(name, "crc-digits", EMVCO, fields, notes, as_is=True, clauses=("4.7.3.2",))
        other = sound[:-4] + "1" + sound[-3:]
        yield refused(f"{name}-other", "crc-digits", EMVCO, other, "its first digit changed", name, reasons=CRC)
        short = sound[:-4] + sound[-4:].lstrip("0")
        yield refused(
            f"{name}-short",
            "length",
            EMVCO,
            short,
            "its leading zeros left out, with length 04",
            name,
            reasons=STRUCTURE,
        )
        cut = sound[:-6] + f"{len(sound[-4:].lstrip('0')):02}" + sound[-4:].lstrip("0")
        yield refused(
            f"{name}-cut", "crc-digits", EMVCO, cut, "its zeros left out, length too", name, reasons=STRUCTURE
        )
    fields = searched(STATIC, letter=True)
    lower = payload(fields)[:-4] + payload(fields)[-4:].lower()
    yield accepted("emvco-crc-lower", "crc-lower-case", EMVCO, fields, "a CRC in lower case", as_is=True, text=lower)


WRONG = {"latin": "over Latin-1", "points": "over code points & 0xFF", "units": "over UTF-16 units & 0xFF"}


def _unicode() -> Iterator[Case]:
    for script, template in LOCAL_NAMES.items():
        fields = steady(ascending(changed(DYNAMIC, template)))
        name = f"emvco-{script}"
        yield accepted(name, "crc-unicode", EMVCO, fields, f"{script} text, CRC over UTF-8", clauses=("1.4.3", "4.7.3"))
        covered = f"{body(fields)}6304"
        seen = {crc_of(covered)}
        for short, way in WRONG.items():
            if (digits := f"{WAYS[way](covered):04X}") not in seen:
                seen.add(digits)
                text = by(way, fields)
                yield refused(f"{name}-{short}", "crc-unicode", EMVCO, text, f"its CRC {way}", name, reasons=CRC)
    inside = "Cửa hàng"
    octets = body(STATIC) + tlv("64", tlv("00", "vi") + f"01{len(inside.encode()):02}{inside}")
    yield refused(
        "emvco-length-octets",
        "length",
        EMVCO,
        sealed(octets),
        "64.01 counts octets",
        "emvco-vietnamese",
        reasons=STRUCTURE,
    )
    astral = "🛍🍜"
    units = body(STATIC) + tlv("64", tlv("00", "en") + f"01{len(astral) * 2:02}{astral}")
    yield refused(
        "emvco-length-units",
        "length",
        EMVCO,
        sealed(units),
        "64.01 counts UTF-16 units",
        "emvco-astral",
        reasons=STRUCTURE,
    )


def _lengths() -> Iterator[Case]:
    control = "emvco-dynamic"
    stem = body(DYNAMIC)
    for name, text, notes in (
        ("overrun", stem + "6299ABC", "62 says 99 characters"),
        ("by-one", stem + "61041234567", "61 is short by three"),
        ("letters", stem + "610A12345", "a length of 0A"),
        ("zero", stem + "6100", "a length of 00"),
        ("negative", stem + "61-112345", "a length of -1"),
        ("plus", stem + "61+512345", "a length of +5"),
        ("space", stem + "61 512345", "a length with a space"),
        ("full-width", stem + "61\uff10\uff1512345", "a length in full-width digits"),
        ("arabic", stem + "61\u0660\u066512345", "a length in Arabic-Indic digits"),
        ("superscript", stem + "610\u00b212", "a length with a superscript digit"),
        ("id-letters", stem + "6A0512345", "an ID with a letter"),
        ("id-full-width", stem + "\uff16\uff110512345", "an ID in full-width digits"),
        ("inner", stem + "62110712T000001", "62.07 is longer than 62"),
        ("inner-tail", stem + "62130707T00000107", "two characters are left in 62"),
        ("inner-zero", stem + "62040700", "62.07 has length 00"),
        ("language", stem + "64100002my0109A", "64.01 is longer than 64"),
    ):
        yield refused(f"emvco-length-{name}", "length", EMVCO, sealed(text), notes, control, reasons=STRUCTURE)
    for count in (1, 2, 3):
        notes = f"cut {count} characters before its end"
        yield refused(f"emvco-cut-{count}", "length", EMVCO, TEXT[:-count], notes, control, reasons=STRUCTURE)


def _order() -> Iterator[Case]:
    control, structure = "emvco-dynamic", ("structure", "invalid")
    for name, fields, notes in (
        ("53", (*DYNAMIC, ("53", "963")), "53 twice, alike"),
        ("54", (*DYNAMIC, ("54", "1.00")), "54 twice, with another amount"),
        ("58", (*DYNAMIC, ("58", "XB")), "58 twice"),
        ("62-07", changed(DYNAMIC, ("62", (("07", "T1"), ("07", "T2")))), "62.07 twice"),
        ("00", (*DYNAMIC, ("00", "01")), "00 twice"),
    ):
        yield refused(f"emvco-twice-{name}", "duplicate", EMVCO, payload(fields), notes, control, reasons=structure)
    again = TEXT + tlv("63", "0000")
    for name, text, notes in (
        ("object", TEXT + tlv("59", "OTHER"), "a data object behind 63"),
        ("space", f"{TEXT} ", "a space behind 63"),
        ("line", f"{TEXT}\r\n", "a line break behind 63"),
        ("nul", f"{TEXT}\0", "NUL behind 63"),
        ("crc", again, "63 twice"),
        ("digit", f"{TEXT}0", "one digit behind 63"),
    ):
        yield refused(f"emvco-behind-{name}", "last", EMVCO, text, notes, control, reasons=STRUCTURE)
    middle = DYNAMIC[1:]
    yield accepted("emvco-descending", "order", EMVCO, (DYNAMIC[0], *reversed(middle)), "IDs in descending order")
    by_currency = (DYNAMIC[0], *sorted(middle, key=lambda each: each[0] != "58"))
    yield accepted("emvco-58-first", "order", EMVCO, by_currency, "58 before 53 and 54, as Thai codes have it")
    late = (*changed(DYNAMIC, without=("54",)), ("54", "41.20"))
    yield accepted("emvco-54-last", "order", EMVCO, late, "54 next to 63")
    for name, field in (
        ("65", ("65", "RFU")),
        ("79", ("79", "RFU")),
        ("15", ("15", "99990000000000000001999900000000")),
        ("62-12", ("62", (("12", "RFU"),))),
        ("62-50", ("62", (("50", (("00", "TEST.OTHER"), ("01", "X"))),))),
        ("64-07", ("64", (("00", "en"), ("01", "Example"), ("07", "RFU")))),
        ("80", ("80", (("00", "TEST.OTHER"), ("01", "X")))),
        ("82", ("82", "0123456789abcdef0123456789abcdef01234567")),
        ("01-13", ("01", "13")),
    ):
        fields = changed(STATIC, field)
        yield accepted(
            f"emvco-reserved-{name}", "reserved", EMVCO, fields, f"{name} is to be ignored", clauses=("1.4.4",)
        )


def _values() -> Iterator[Case]:
    control = "emvco-checked"

    def broken(name: str, group: str, notes: str, *changes: Field, clause: str) -> Case:
        return refused(
            f"emvco-{name}",
            group,
            EMVCO,
            payload(steady(ascending(changed(DYNAMIC, *changes)))),
            notes,
            control,
            reasons=VALUE,
            operation="qr.validate",
            clauses=(clause,),
        )

    amounts = {
        "zero-decimals": "0.00", "negative": "-1", "plus": "+1", "exponent": "1e3", "comma": "1,000",
        "points": "1.2.3", "point": ".", "long": "12345678901234", "space": "3 705", "decimal-comma": "98,73",
        "words": "nan", "infinite": "inf", "hexadecimal": "0x10", "underscore": "1_0", "arabic": "\u0661\u0662",
        "full-width": "\uff11\uff12", "trailing": "10 ", "leading-point": ".50",
    }  # fmt: skip
    for name, amount in amounts.items():
        yield broken(f"amount-{name}", "amount", f"amount {amount!r}", ("54", amount), clause="4.7.4")
    for currency in ("MMK", "999", "000", "1a3"):
        yield broken(f"currency-{currency}", "currency", f"currency {currency}", ("53", currency), clause="4.7.5.1")
    tips: dict[str, tuple[Field, ...]] = {
        "02-alone": (("55", "02"),),
        "03-alone": (("55", "03"),),
        "56-alone": (("56", "1.00"),),
        "57-alone": (("57", "5.00"),),
        "56-with-01": (("55", "01"), ("56", "1.00")),
        "56-zero": (("55", "02"), ("56", "0")),
        "57-zero": (("55", "03"), ("57", "0")),
        "57-hundred": (("55", "03"), ("57", "100")),
        "57-sign": (("55", "03"), ("57", "5%")),
        "both": (("55", "02"), ("56", "1.00"), ("57", "5.00")),
    }
    for name, changes in tips.items():
        yield broken(f"tip-{name}", "tip", f"tip {name}", *changes, clause="4.7.6 to 4.7.8")
    for code in ("CN", "ID", "PH", "VN", "TL"):
        fields = changed(STATIC, ("58", code))
        yield accepted(f"emvco-country-{code}", "country", EMVCO, fields, f"the country {code}", clauses=("table 3.6",))
    for name in ("01", "05", "07", "08"):
        asked = changed(DYNAMIC, ("62", ((name, "***"),)))
        yield accepted(
            f"emvco-prompt-{name}",
            "prompt",
            EMVCO,
            asked,
            f"the payer gives 62.{name}",
            operation="qr.validate",
            ask=(f"62.{name}",),
        )
    first = changed(STATIC, ("62", (("00", "ph.ppmi.qrph"), ("07", "T01"))))
    yield accepted("emvco-62-00", "sub-id-00", EMVCO, first, "62.00 holds a GUID, as Philippine codes have it")
    unpaid = payload(changed(STATIC, ("01", "12")))
    yield Case(
        "emvco-no-amount", "dynamic-without-amount", EMVCO, "qr.validate", unpaid, "any",
        "12 without an amount: asked for, or refused", reasons=("missing", "value", "invalid"), ask=("54",), now=NOW,
    )  # fmt: skip
