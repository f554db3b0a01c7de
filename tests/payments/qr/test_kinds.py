"""Objects of one kind are alike to every rule: of codes that differ in one value, any is judged first."""

from __future__ import annotations

import pytest

from conformance.payments.qr.build import Field, body, changed, sealed
from conformance.payments.qr.check import check, check_whole
from conformance.payments.qr.facts import facts_of
from conformance.payments.qr.parse import read
from conformance.payments.qr.recognise import registry
from conformance.payments.qr.schemes import ObjectSpec, Scheme, Template
from conformance.payments.qr.vectors_bases import BASES
from tests.payments.qr.known import KNOWN
from tests.payments.qr.test_shapes import whole

ALIKE: dict[str, tuple[str, ...]] = {
    "02": ("9999000000000001", "1"),
    "26": (
        *(
            "0011TEST.XA-PAY0106999901",
            "0011test.xa-pay0106999901",
            "0011TEST.XA-PAY0105999901",
            "0011TEST.XA-PAY02019",
        ),
        *("0011TEST.XA-PAY01069999010203A-B", "0011TEST.XA-PAY01069999010203ABC", "0011TEST.XA-PAY0203ABC0106999901"),
        *(
            "0009shop@bank",
            "0010other@bank",
            "0013ID.CO.XYZ.WWW",
            "0011com.example",
            "0011com-example",
            "01069999010011TEST.XA-PAY",
        ),
        *(
            "0011TEST.XA-PAY01069999010106999901",
            "0012TEST.XB-HOME",
            "0014TEST.XA-PERSON",
            "plain",
            "0002A",
            "0004A\u0301BC",
        ),
        *("0010A00000072701180006999999010412340208QRIBFTTA", "0010A00000072701180006999999020412340208QRIBFTTA"),
        *("0010A000000727010812345678", "0010A000000727", "0014ID.CO.QRIS.WWW0303UMI", "0014ID.CO.QRIS.WWW0303XXX"),
    ),
    "52": ("5411", "541A", "54110"),
    "54": ("1", "1.", "1.5", "1.50", "1.500", "0.00", "x", "12345678901234", "1.2.3"),
    "59": ("A", "B", "A" * 26, "B" * 27, "é", "ก", "e\u0301", "A\x1b", "A\u202e"),
    "60": ("A", "B", "A" * 16, "é"),
    "61": ("1", "12345678901"),
    "62": (
        "0503ABC",
        "0500",
        "0526" + "A" * 26,
        "0002AB",
        "0502AB0503ABC",
        "0702AB0503ABC",
        "0904AMEX",
        "1201A",
        "5001A",
        "05",
    ),
    "64": (
        "0002en0104Name",
        "0002my0104Name",
        "0002e10104Name",
        "0104Name",
        "0002en",
        "0002en0104Name0301A",
        "0002th0101ก",
    ),
    "70": ("A", "B"),
    "80": (
        "0011com.example0101A",
        "0011com-example0101A",
        "0011com.example0201A",
        "0101A",
        "0101A0101B",
        "plain",
        "00",
    ),
    "82": ("0123456789abcdef0123456789abcdef01234567", "0011com.example!", "0011com-example!", "0101A0101B!", "!"),
    "99": (
        *(
            "0013189349920000001131893500100000",
            "001318934992000000113189350010000A",
            "0013189349920000",
            "01131893500100000",
        ),
        *("plain", "0009com.test1", "0013189349920000001131893500100000!"),
    ),
}
"""ID -> values that are of one kind, and others that nearly are."""

BESIDE: tuple[tuple[Field, ...], ...] = tuple(
    BASES[name].dynamic for name in ("emvco", "sandbox-xa", "khqr", "mmqr", "duitnow", "vietqr", "sandbox-xb")
)


@pytest.mark.parametrize("name", ALIKE)
def test_what_was_judged_before_changes_nothing(name: str) -> None:
    """Of two codes that differ in one value, either is judged first."""
    for fields in BESIDE:
        made = [sealed(body(sorted(changed(fields, (name, value))))) for value in ALIKE[name]]
        due = {text: whole(text, sandbox=True) for text in made}
        for one in made:
            known = registry(KNOWN.schemes)
            assert check(one, known, sandbox=True) == due[one]
            for other in made:
                assert check(other, known, sandbox=True) == due[other], (one, other)


OWN = Scheme(
    id="own",
    title="a regulator's own",
    country="XA",
    status="sandbox",
    source=(),
    objects=(
        ObjectSpec("59", "name", form="[A-Z]{1,9}"),
        ObjectSpec("62", "data", objects=(ObjectSpec("05", "reference", form="INV.*", required=True),)),
    ),
    template=(Template("pay", "OWN", "merchant", guid=("TEST.OWN-PAY",)),),
)


@pytest.mark.parametrize("guid", ["TEST.OWN-PAY", "TEST.XA-OTHER"])
def test_what_an_overlay_asks_of_the_root_tells_kinds(guid: str) -> None:
    """No shipped overlay asks a form of a name, or anything of 62."""
    account: Field = ("26", (("00", guid),))
    changes: list[Field] = [("59", "SHOP"), ("59", "Shop"), ("59", "A shop"), ("62", "0505INV-1"), ("62", "0505inv-1")]
    changes += [("62", "0105INV-1"), ("62", "0205inv-1")]
    made = [sealed(body(sorted(changed(BASES["sandbox-xa"].dynamic, account, each)))) for each in changes]
    for one in made:
        known = registry((*KNOWN.schemes, OWN))
        for text in (one, *made):
            assert check(text, known, sandbox=True) == check_whole(facts_of(read(text), known, sandbox=True)), text
