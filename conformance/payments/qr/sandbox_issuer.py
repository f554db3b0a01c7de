"""What the sandbox's issuers hand in: conforming payloads of XA, XB and XC, and named faults.

Every identifier is made up, and every GUID lies under `.test`, so that no code can be paid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.payments.qr.build import Field, body, changed, payload, sealed, tlv
from conformance.payments.qr.crc import WAYS, crc_of

MERCHANT: tuple[Field, ...] = (
    ("00", "01"),
    ("01", "11"),
    ("26", (("00", "TEST.XA-PAY"), ("01", "999901"), ("02", "TESTSHOP1"))),
    ("52", "5411"),
    ("53", "963"),
    ("58", "XA"),
    ("59", "EXAMPLE SHOP"),
    ("60", "EXAMPLE CITY"),
)
DYNAMIC = changed(MERCHANT, ("01", "12"), ("54", "41.20"))
PERSON: tuple[Field, ...] = (
    ("00", "01"),
    ("01", "11"),
    ("27", (("00", "TEST.XA-PERSON"), ("01", "0000000001"))),
    ("53", "963"),
    ("58", "XA"),
)
LOCAL: Field = ("64", (("00", "km"), ("01", "ហាងសាកល្បង")))


@dataclass(frozen=True, slots=True)
class Entry:
    """One payload of an issuer, as its file has it."""

    name: str
    payload: str
    cross_border: bool = False


def _xa() -> tuple[Entry, ...]:
    """XA: all of EMVCo, with tips, additional data and a name in another script."""
    return (
        Entry("static", payload(MERCHANT)),
        Entry("dynamic", payload(DYNAMIC), cross_border=True),
        Entry("fee", payload(changed(DYNAMIC, ("55", "02"), ("56", "1.00")))),
        Entry("percentage", payload(changed(MERCHANT, ("55", "03"), ("57", "5.00")))),
        Entry("references", payload(changed(MERCHANT, ("62", (("01", "INV-0001"), ("05", "***"), ("07", "T01")))))),
        Entry("local-name", payload(changed(MERCHANT, LOCAL))),
        Entry("person", payload(PERSON)),
    )


def _xb() -> tuple[Entry, ...]:
    """XB: payload format indicator 02, a digest in 82, short codes at home and whole ones for payers abroad."""
    home = (("29", (("00", "TEST.XB-HOME"), ("01", "0800000001"))), ("53", "963"), ("58", "XB"))
    abroad = (
        ("30", (("00", "TEST.XB-ABROAD"), ("01", "999900000000001"))),
        ("52", "5812"),
        ("53", "963"),
        ("58", "XB"),
        ("59", "EXAMPLE NOODLES"),
        ("60", "EXAMPLE TOWN"),
    )
    static, dynamic = (("00", "02"), ("01", "11")), (("00", "02"), ("01", "12"))
    return (
        Entry("home", payload((*static, *home))),
        Entry("home-amount", payload((*dynamic, *home, ("54", "98.")))),
        Entry("home-digest", payload((*static, *home, ("82", "0123456789abcdef0123456789abcdef01234567")))),
        Entry("abroad", payload((*static, *abroad)), cross_border=True),
        Entry("abroad-any-order", payload((*dynamic, *reversed(abroad), ("54", "12.5"))), cross_border=True),
    )


def _xc() -> tuple[Entry, ...]:
    """XC: whole amounts, timestamps before the CRC, names in Khmer, Lao and Vietnamese."""
    account = ("30", (("00", "TEST.XC-PAY"), ("01", "shop@test"), ("02", "Test Bank")))
    shop: tuple[Field, ...] = (
        ("00", "01"),
        ("01", "11"),
        account,
        ("52", "5999"),
        ("53", "963"),
        ("58", "XC"),
        ("59", "Example Shop"),
        ("60", "Example City"),
    )
    times: Field = ("99", (("00", "1893499200000"), ("01", "1893500100000")))
    return (
        Entry("static", payload(shop), cross_border=True),
        Entry("dynamic", payload(changed(shop, ("01", "12"), ("54", "5000"), times)), cross_border=True),
        Entry("khmer", payload(changed(shop, LOCAL))),
        Entry("lao", payload(changed(shop, ("64", (("00", "lo"), ("01", "ຮ້ານທົດສອບ")))))),
        Entry("vietnamese", payload(changed(shop, ("64", (("00", "vi"), ("01", "Cửa hàng thử")))))),
    )


POLICIES: Mapping[str, str] = {"good": "by the stand's country", "xa": "XA", "xb": "XB", "xc": "XC"}
"""A policy -> whose payloads it hands in."""

SETS: Mapping[str, Callable[[], tuple[Entry, ...]]] = {"XA": _xa, "XB": _xb, "XC": _xc}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one payload more. replaces: the name of the payload that goes for it."""

    description: str
    make: Callable[[], str]
    cross_border: bool = False
    replaces: str = ""


def _crc(text: str, digits: str) -> str:
    return f"{text}6304{digits}"


def _with(*changes: Field, base: Iterable[Field] = MERCHANT, without: Iterable[str] = ()) -> Callable[[], str]:
    return lambda: payload(changed(base, *changes, without=without))


def _by_code_points() -> str:
    text = body(changed(MERCHANT, LOCAL)) + "6304"
    return f"{text}{WAYS['over code points & 0xFF'](text):04X}"


def _by_octets() -> str:
    name = "ហាងសាក"
    return sealed(body(MERCHANT) + tlv("64", tlv("00", "km") + f"01{len(name.encode()):02}{name}"))


def _long() -> str:
    others = [(f"{i}", (("00", f"TEST.OTHER-{i}"), ("01", "9" * 70))) for i in range(40, 46)]
    return payload(changed(MERCHANT, *others))


def _lower_case() -> str:
    """A code whose CRC has a letter, lower-cased."""
    codes = (payload(changed(MERCHANT, ("59", f"EXAMPLE SHOP {number}"))) for number in range(100))
    code = next(each for each in codes if not each[-4:].isdigit())
    return code[:-4] + code[-4:].lower()


ISSUER_FAULTS: Mapping[str, Fault] = {
    "qr-crc-lower-case": Fault("a CRC with lower-case digits", _lower_case),
    "qr-crc-uncovered": Fault("a CRC without the trailing 6304", lambda: _crc(body(MERCHANT), crc_of(body(MERCHANT)))),
    "qr-crc-absent": Fault("no CRC", lambda: body(MERCHANT)),
    "qr-crc-code-points": Fault("a CRC over code points, not over UTF-8", _by_code_points),
    "qr-format-indicator": Fault("payload format indicator 03", _with(("00", "03"))),
    "qr-not-first": Fault("ID 01 before ID 00", lambda: payload((MERCHANT[1], MERCHANT[0], *MERCHANT[2:]))),
    "qr-after-crc": Fault("a blank behind the CRC", lambda: f"{payload(MERCHANT)} "),
    "qr-length-overrun": Fault("a sub-ID that is longer than its template", _with(("62", "0712T0000001"))),
    "qr-length-octets": Fault("a length that counts octets", _by_octets),
    "qr-repeated-id": Fault("ID 53 twice", lambda: payload((*MERCHANT, ("53", "963")))),
    "qr-repeated-sub-id": Fault("ID 62.07 twice", _with(("62", (("07", "T01"), ("07", "T02"))))),
    "qr-reserved-id": Fault("ID 65, which is reserved", _with(("65", "00"))),
    "qr-reserved-sub-id": Fault("ID 62.12, which is reserved", _with(("62", (("12", "X"),)))),
    "qr-initiation": Fault("point of initiation 31", _with(("01", "31"))),
    "qr-amount-static": Fault("an amount in a static code", _with(("54", "41.20"))),
    "qr-amount-exponent": Fault("the amount 1e3", _with(("54", "1e3"), base=DYNAMIC)),
    "qr-amount-zero": Fault("the amount 0.00", _with(("54", "0.00"), base=DYNAMIC)),
    "qr-decimals": Fault("an amount with three decimals", _with(("54", "1.234"), base=DYNAMIC)),
    "qr-currency-letters": Fault("the currency XTS in letters", _with(("53", "XTS"))),
    "qr-currency-foreign": Fault("a currency that the scheme does not use", _with(("53", "702"))),
    "qr-person-abroad": Fault(
        "a code between persons at home handed in as cross-border", _with(base=PERSON), cross_border=True
    ),
    "qr-person-whole": Fault(
        "codes between persons with category, name and city",
        _with(("52", "0000"), ("59", "EXAMPLE PERSON"), ("60", "EXAMPLE CITY"), base=PERSON),
        replaces="person",
    ),
    "qr-country": Fault("the country RP", _with(("58", "RP"))),
    "qr-guid-absent": Fault("an account template without a GUID", _with(("26", (("01", "999901"),)))),
    "qr-tip-percent": Fault("a percentage with a percent sign", _with(("55", "03"), ("57", "5%"))),
    "qr-reference-long": Fault("a reference of 26 characters", _with(("62", (("05", "R" * 26),)))),
    "qr-name-in-59": Fault("a Khmer name in ID 59", _with(("59", "ហាងសាកល្បង"))),
    "qr-scheme-acquirer": Fault(
        "an acquirer id with letters", _with(("26", (("00", "TEST.XA-PAY"), ("01", "BANK01"), ("02", "TESTSHOP1"))))
    ),
    "qr-no-city": Fault("a merchant's code without a city", _with(without=("60",))),
    "qr-category-letters": Fault("a category code with letters", _with(("52", "FOOD"))),
    "qr-long": Fault("more than 512 characters", _long),
    "qr-control-character": Fault("a BEL in the merchant's name", _with(("59", "EXAMPLE\x07SHOP"))),
    "qr-decomposed": Fault(
        "decomposed characters in the language template", _with(("64", (("00", "vi"), ("01", "Cu\u031b\u0309a"))))
    ),
}


def payloads_for(policy: str, country: str, faults: Iterable[str]) -> list[dict[str, Any]]:
    """The entries of an issuer's file."""
    whose = POLICIES[policy] if policy != "good" else country
    entries = list(SETS.get(whose, _xa)())
    for name in faults:
        fault = ISSUER_FAULTS[name]
        entries = [entry for entry in entries if not fault.replaces or entry.name != fault.replaces]
        entries.append(Entry(name, fault.make(), fault.cross_border))
    return [{"name": entry.name, "payload": entry.payload, "cross_border": entry.cross_border} for entry in entries]
