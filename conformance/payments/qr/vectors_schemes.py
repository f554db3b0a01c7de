"""Cases of each scheme: its valid codes, and each way of breaking one that its readers must see."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.payments.qr.build import Field, body, changed, payload, sealed
from conformance.payments.qr.cases import EMVCO, Case
from conformance.payments.qr.vectors_bases import BASES, LOCAL_NAMES, Base
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


def scheme_cases() -> Iterator[Case]:
    """The cases of every scheme but EMVCo in general."""
    for scheme, base in BASES.items():
        if scheme != EMVCO:
            yield from _valid(scheme, base)
            if scheme != "sandbox-xb":  # its indicator is 02: readers that refuse that would fail every group
                yield from _text(scheme, base)
                yield from _values(scheme, base)


def _valid(scheme: str, base: Base) -> Iterator[Case]:
    short = "person" if base.short else "valid"
    yield accepted(f"{scheme}-static", short, scheme, base.static, "a static code", operation="qr.validate")
    yield accepted(
        f"{scheme}-dynamic",
        short,
        scheme,
        base.dynamic,
        "a dynamic code",
        operation="qr.validate",
        routed=base.guid,
    )
    yield accepted(f"{scheme}-parsed", "valid", scheme, base.dynamic, "a dynamic code, parsed alone")
    yield accepted(
        f"{scheme}-fixed",
        "fixed-amount",
        scheme,
        base.dynamic,
        "the amount of a dynamic code is not the payer's to change",
        operation="qr.validate",
        editable=False,
    )
    if base.expired:
        late = changed(base.dynamic, *base.expired)
        yield refused(
            f"{scheme}-expired",
            "expiry",
            scheme,
            payload(late),
            "expired before the time given",
            f"{scheme}-dynamic",
            reasons=("expired", "invalid"),
            operation="qr.validate",
        )


def _text(scheme: str, base: Base) -> Iterator[Case]:
    """Checksum, lengths, order, repetition."""
    control = f"{scheme}-parsed"
    sound = payload(base.dynamic)
    wrong = f"{int(sound[-4:], 16) ^ 0x1111:04X}"
    zero = searched(base.static, "0")
    lower = payload(searched(base.static, letter=True))
    middle = base.dynamic[1:]
    yield refused(f"{scheme}-crc", "crc", scheme, sound[:-4] + wrong, "another CRC", control, reasons=CRC)
    yield accepted(
        f"{scheme}-crc-zero", "crc-digits", scheme, zero, "a CRC that begins with 0", as_is=True, clauses=("4.7.3.2",)
    )
    text = lower[:-4] + lower[-4:].lower()
    fields = searched(base.static, letter=True)
    yield accepted(
        f"{scheme}-crc-lower",
        "crc-lower-case",
        scheme,
        fields,
        "a CRC in lower case",
        as_is=True,
        text=text,
    )
    local = changed(base.static, LOCAL_NAMES["burmese"])
    yield accepted(f"{scheme}-local", "crc-unicode", scheme, local, "a name in another script, CRC over UTF-8")
    text = by("over code points & 0xFF", local)
    name = f"{scheme}-crc-points"
    yield refused(name, "crc-unicode", scheme, text, "its CRC over code points", f"{scheme}-local", reasons=CRC)
    yield refused(f"{scheme}-tail", "last", scheme, f"{sound}\n", "a line break behind 63", control, reasons=STRUCTURE)
    yield refused(
        f"{scheme}-overrun",
        "length",
        scheme,
        sealed(f"{body(base.dynamic)}62200707T000001"),
        "62 says 20 characters and takes the CRC in",
        control,
        reasons=STRUCTURE,
    )
    repeated = (*base.dynamic, ("53", dict(base.dynamic)["53"]))
    yield refused(
        f"{scheme}-twice", "duplicate", scheme, payload(repeated), "53 twice", control, reasons=("structure", "invalid")
    )
    yield accepted(
        f"{scheme}-backwards", "order", scheme, (base.dynamic[0], *reversed(middle)), "IDs in descending order"
    )
    unknown: tuple[Field, ...] = (*base.static, ("65", "RFU"))
    yield accepted(f"{scheme}-reserved", "reserved", scheme, unknown, "65, which is reserved, is to be ignored")


def _values(scheme: str, base: Base) -> Iterator[Case]:
    control = f"{scheme}-dynamic"

    def broken(name: str, group: str, notes: str, *changes: Field) -> Case:
        text = payload(steady(ascending(changed(base.dynamic, *changes))))
        return refused(f"{scheme}-{name}", group, scheme, text, notes, control, reasons=VALUE, operation="qr.validate")

    yield broken("amount-exponent", "amount", "amount 1e3", ("54", "1e3"))
    yield broken("amount-zero", "amount", "amount 0", ("54", "0"))
    yield broken("currency-letters", "currency", "the currency in letters", ("53", base.letters))
    yield broken("currency-foreign", "currency", "a currency that the scheme does not use", ("53", "392"))
    yield broken("tip-alone", "tip", "55 is 02 and 56 is absent", ("55", "02"))
    yield accepted(
        f"{scheme}-prompt",
        "prompt",
        scheme,
        changed(base.dynamic, ("62", (("05", "***"),))),
        "the payer gives the reference",
        operation="qr.validate",
        ask=("62.05",),
    )
