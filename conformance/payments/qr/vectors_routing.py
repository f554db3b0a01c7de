"""Cases about schemes: found by their GUID wherever they stand, unsupported ones, national traps."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.payments.qr.build import Field, changed, payload
from conformance.payments.qr.cases import EMVCO, Case
from conformance.payments.qr.vectors_bases import BASES, NOW
from conformance.payments.qr.vectors_make import accepted, refused


def routing_cases() -> Iterator[Case]:
    """All of them."""
    yield from _by_guid()
    yield from _unsupported()
    yield from _national()


def _moved(scheme: str, wherever: str, others: int) -> tuple[Field, ...]:
    """A scheme's static code with its account at another ID, behind others."""
    base = BASES[scheme].static
    account = next(name for name, value in base if "26" <= name <= "51" and not isinstance(value, str))
    value = dict(base)[account]
    rest = changed(base, without=(account,))
    label: list[Field] = [
        (f"{26 + number}", (("00", f"TEST.OTHER-{number}"), ("01", f"{number:02}" + "9" * 68)))
        for number in range(others)
    ]
    return (*rest[:2], *label, (wherever, value), *rest[2:])


def _by_guid() -> Iterator[Case]:
    for scheme, wherever, others in (
        ("sandbox-xa", "36", 1),
        ("sandbox-xa", "51", 0),
        ("sandbox-xa", "40", 9),
        ("paynow", "36", 3),
        ("paynow", "33", 0),
        ("paynow", "50", 11),
        ("vietqr", "26", 0),
        ("duitnow", "43", 2),
        ("laoqr", "30", 1),
    ):
        base = BASES[scheme]
        yield accepted(
            f"{scheme}-at-{wherever}",
            "guid",
            scheme,
            _moved(scheme, wherever, others),
            f"its account at {wherever}, behind {others} others",
            operation="qr.validate",
            routed=base.guid,
            clauses=("4.7.11",),
        )
    lower = changed(BASES["sandbox-xa"].static, ("26", (("00", "test.xa-pay"), ("01", "999901"), ("02", "TESTSHOP1"))))
    yield accepted("sandbox-xa-lower", "valid", "sandbox-xa", lower, "its GUID in lower case", operation="qr.validate")


def _unsupported() -> Iterator[Case]:
    shop = changed(BASES[EMVCO].static, without=("02",))
    for name, account, notes in (
        ("domain", (("00", "TEST.NOBODY"), ("01", "1")), "a reverse domain name that nobody supports"),
        ("aid", (("00", "A0000099999999"), ("01", "1")), "an AID that nobody supports"),
        ("uuid", (("00", "0123456789abcdef0123456789abcdef"),), "a UUID that nobody supports"),
    ):
        text = payload((*shop[:2], ("29", account), *shop[2:]))
        yield Case(
            f"emvco-unsupported-{name}", "unsupported", EMVCO, "qr.validate", text, "any", notes,
            reasons=("unsupported-scheme",), routed="", now=NOW,
        )  # fmt: skip


def _national() -> Iterator[Case]:
    xb: tuple[Field, ...] = (
        ("00", "02"),
        ("01", "11"),
        ("29", (("00", "TEST.XB-HOME"), ("01", "0800000001"))),
        ("53", "963"),
        ("58", "XB"),
    )
    digest: Field = ("82", "0123456789abcdef0123456789abcdef01234567")
    for scheme, fields in (("sandbox-xb", BASES["sandbox-xb"].static), ("duitnow", BASES["duitnow"].static)):
        yield accepted(
            f"{scheme}-02",
            "format-indicator",
            scheme,
            fields,
            "00 is 02, as its scheme sets it",
            operation="qr.validate",
        )
        yield accepted(
            f"{scheme}-82",
            "format-indicator" if scheme == "sandbox-xb" else "reserved",
            scheme,
            changed(fields, digest),
            "82 holds a digest that is no template",
            operation="qr.validate",
        )
    yield accepted("sandbox-xb-home", "valid", "sandbox-xb", xb, "without 52, 59 and 60", operation="qr.validate")
    person: tuple[Field, ...] = (
        ("00", "01"),
        ("01", "11"),
        ("27", (("00", "TEST.XA-PERSON"), ("01", "0000000001"))),
        ("53", "963"),
        ("58", "XA"),
    )
    yield accepted(
        "sandbox-xa-person", "person", "sandbox-xa", person, "without 52, 59 and 60", operation="qr.validate"
    )
    account = (("00", "SG.PAYNOW"), ("01", "2"), ("02", "T26AA0001Z"), ("03", "0"), ("05", "20291231"))
    table = changed(BASES["paynow"].dynamic, ("26", account))
    yield refused(
        "paynow-expired-05",
        "expiry",
        "paynow",
        payload(table),
        "expired, the date at 05 as the specification's table has it",
        "paynow-dynamic",
        reasons=("expired", "invalid"),
        operation="qr.validate",
    )
    stamp = changed(
        BASES["sandbox-xa"].dynamic,
        ("26", (("00", "TEST.XA-PAY"), ("01", "999901"), ("02", "TESTSHOP1"), ("04", "20300101195900"))),
    )
    yield refused(
        "sandbox-xa-expired-second",
        "expiry",
        "sandbox-xa",
        payload(stamp),
        "expired at 19:59 in its scheme's zone, which is 11:59 UTC",
        "sandbox-xa-dynamic",
        reasons=("expired", "invalid"),
        operation="qr.validate",
    )
    today = changed(
        BASES["sandbox-xa"].dynamic,
        ("26", (("00", "TEST.XA-PAY"), ("01", "999901"), ("02", "TESTSHOP1"), ("04", "20300101"))),
    )
    yield accepted(
        "sandbox-xa-today", "expiry", "sandbox-xa", today, "a date lasts to its end", operation="qr.validate"
    )
