"""Valid codes of each scheme for the vectors, as fields. Every identifier is made up; none can be paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.payments.qr.build import Field, changed

CREATED, EXPIRES = "1893499200000", "1893500100000"
NOW = "2030-01-01T12:05:00Z"
"""Between the two: 2030-01-01 12:00 and 12:15 UTC, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Base:
    """A scheme's valid codes.

    static, dynamic: without and with an amount. guid: what it is routed by. letters: its currency in letters.
    expired: the change that lets the dynamic code expire before NOW, empty where the scheme has no expiry.
    fixed: the dynamic code fixes the amount. short: it may lack 52, 59 or 60.
    """

    static: tuple[Field, ...]
    dynamic: tuple[Field, ...]
    guid: str
    letters: str
    expired: tuple[Field, ...] = ()
    fixed: bool = True
    short: bool = False


def _shop(indicator: str, account: Field, currency: str, country: str, city: str) -> tuple[Field, ...]:
    return (
        ("00", indicator),
        ("01", "11"),
        account,
        ("52", "5411"),
        ("53", currency),
        ("58", country),
        ("59", "EXAMPLE SHOP"),
        ("60", city),
    )


def _paid(static: tuple[Field, ...], amount: str, *more: Field) -> tuple[Field, ...]:
    """The dynamic code of a static one: its IDs in ascending order."""
    return tuple(sorted(changed(static, ("01", "12"), ("54", amount), *more)))


def _paynow(editable: str, expiry: str) -> Field:
    proxy = (("00", "SG.PAYNOW"), ("01", "2"), ("02", "T26AA0001Z"), ("03", editable))
    return ("26", (*proxy, ("04", expiry)) if expiry else proxy)


def _xa(expiry: str = "") -> Field:
    account = (("00", "TEST.XA-PAY"), ("01", "999901"), ("02", "TESTSHOP1"))
    return ("26", (*account, ("03", "0"), ("04", expiry)) if expiry else account)


_EMVCO = _shop("01", ("02", "9999000000000001"), "963", "XA", "EXAMPLE CITY")
_XA_SHOP = _shop("01", _xa(), "963", "XA", "EXAMPLE CITY")
_XB = _shop("02", ("30", (("00", "TEST.XB-ABROAD"), ("01", "999900000000001"))), "963", "XB", "EXAMPLE TOWN")
_XC = _shop("01", ("30", (("00", "TEST.XC-PAY"), ("01", "shop@test"), ("02", "Test Bank"))), "963", "XC", "TEST PORT")
_TIMES: Field = ("99", (("00", CREATED), ("01", EXPIRES)))
_OVER: Field = ("99", (("00", "1893400000000"), ("01", "1893499200000")))

_PAYNOW = _shop("01", _paynow("1", ""), "702", "SG", "Singapore")
_DUITNOW = _shop("02", ("26", (("00", "A0000006150001"), ("01", "999999"), ("02", "TESTQR0001"))), "458", "MY", "IPOH")
_PROMPTPAY: tuple[Field, ...] = (
    ("00", "01"),
    ("01", "11"),
    ("29", (("00", "A000000677010111"), ("01", "0066800000000"))),
    ("53", "764"),
    ("58", "TH"),
)
_QRIS_ACCOUNT: Field = (
    "26",
    (("00", "ID.CO.EXAMPLE.WWW"), ("01", "936099990000000001"), ("02", "000000001"), ("03", "UMI")),
)
_QRIS = (
    *_shop("01", _QRIS_ACCOUNT, "360", "ID", "JAKARTA"),
    ("51", (("00", "ID.CO.QRIS.WWW"), ("02", "ID1020000000000"), ("03", "UMI"))),
    ("61", "10110"),
)
_QRPH_ACCOUNT: Field = (
    "28",
    (("00", "ph.ppmi.p2m"), ("01", "XXXXPHM1XXX"), ("03", "TESTMERCH01"), ("05", "000")),
)
_QRPH = _shop("01", _QRPH_ACCOUNT, "608", "PH", "MANILA")
_VIETQR: tuple[Field, ...] = (
    ("00", "01"),
    ("01", "11"),
    ("38", (("00", "A000000727"), ("01", (("00", "999999"), ("01", "0000000000"))), ("02", "QRIBFTTA"))),
    ("53", "704"),
    ("58", "VN"),
)
_KHQR = _shop("01", ("29", (("00", "test@test"),)), "116", "KH", "Phnom Penh")
_LAOQR: tuple[Field, ...] = (
    ("00", "01"),
    ("01", "11"),
    ("38", (("00", "A005266284662577"), ("01", "27710418"), ("02", "001"), ("03", "TESTRECEIVER01"))),
    ("53", "418"),
    ("58", "LA"),
    ("59", "EXAMPLE SHOP"),
)
_MMQR = (
    *_shop("01", ("26", (("00", "MM.COM.MMQR"), ("01", "000000000000001"), ("02", "000000"))), "104", "MM", "YANGON"),
    ("64", (("00", "my"), ("01", "ဆိုင်"))),
)


def _base(static: tuple[Field, ...], amount: str, guid: str, letters: str, *, short: bool = False) -> Base:
    ordered = tuple(sorted(static))
    return Base(ordered, _paid(static, amount), guid, letters, short=short)


BASES: Mapping[str, Base] = {
    "emvco": _base(_EMVCO, "41.20", "", "XTS"),
    "sandbox-xa": Base(_XA_SHOP, _paid(_XA_SHOP, "41.20", _xa("20300131")), "TEST.XA-PAY", "XTS", (_xa("20291231"),)),
    "sandbox-xb": _base(_XB, "12.50", "TEST.XB-ABROAD", "XTS"),
    "sandbox-xc": Base(_XC, _paid(_XC, "5000", _TIMES), "TEST.XC-PAY", "XTS", (_OVER,)),
    "paynow": Base(
        _PAYNOW, _paid(_PAYNOW, "41.20", _paynow("0", "20300131")), "SG.PAYNOW", "SGD", (_paynow("0", "20291231"),)
    ),
    "duitnow": _base(_DUITNOW, "41.20", "A0000006150001", "MYR"),
    "promptpay": _base(_PROMPTPAY, "41.20", "A000000677010111", "THB", short=True),
    "qris": _base(_QRIS, "12300", "ID.CO.EXAMPLE.WWW", "IDR"),
    "qrph": _base(_QRPH, "41.20", "ph.ppmi.p2m", "PHP"),
    "vietqr": _base(_VIETQR, "12300", "A000000727", "VND", short=True),
    "khqr": Base(_KHQR, _paid(_KHQR, "5000", _TIMES), "test@test", "KHR", (_OVER,)),
    "laoqr": _base(_LAOQR, "12300", "A005266284662577", "LAK", short=True),
    "mmqr": _base(_MMQR, "5000", "MM.COM.MMQR", "MMK"),
}
"""The schemes of the vectors, in their order."""

LOCAL_NAMES: Mapping[str, Field] = {
    "khmer": ("64", (("00", "km"), ("01", "ហាងសាកល្បង"))),
    "lao": ("64", (("00", "lo"), ("01", "ຮ້ານທົດສອບ"))),
    "thai": ("64", (("00", "th"), ("01", "ร้านทดสอบ"))),
    "burmese": ("64", (("00", "my"), ("01", "စမ်းသပ်ဆိုင်"))),
    "vietnamese": ("64", (("00", "vi"), ("01", "Cửa hàng thử nghiệm"))),
    "chinese": ("64", (("00", "zh"), ("01", "示例商店"))),
    "latin": ("64", (("00", "ms"), ("01", "Café Olé"))),
    "astral": ("64", (("00", "en"), ("01", "Shop 🛍 and 🍜"))),
}
"""Language templates. `astral` holds characters that UTF-16 writes as two units and that count as one."""
