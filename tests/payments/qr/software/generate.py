"""What PyPI libraries write, as one JSON object: library and what was asked -> payload. Every identifier is made up."""

# A script beside the libraries, which have no types: each is imported where it is used, and may raise what it likes.
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, BLE001, PLC0415

import json
import sys


def quiet(make):
    try:
        return str(make())
    except Exception as error:
        return f"threw {type(error).__name__}: {error}"[:200]


def khqr(**more):
    from konthaina_khqr import KHQRGenerator, MerchantType

    made = KHQRGenerator(MerchantType.INDIVIDUAL).set_bakong_account_id("shop@test").set_merchant_name("Example Shop")
    for name, value in more.items():
        made = getattr(made, f"set_{name}")(value)
    return made.generate().qr


def vietqr_emvco(*words):
    from vietqr_emvco import VietQRGenerator

    return VietQRGenerator("999999", "0000000000").generate(*words)


def vietnam_qr_pay(**more):
    from vietnam_qr_pay import QRPay

    return QRPay.init_viet_qr(bank_bin="999999", bank_number="0000000000", **more).build()


def promptpay_qr(*words):
    from promptpay_qr import generate_payload

    return generate_payload("0800000000", *words)


def sgqrgen_price():
    from decimal import Decimal

    from sgqrgen import SgQRGenerator

    label = sys.argv[1]
    return SgQRGenerator(label).change_price(Decimal("41.20")).qr


MADE = {
    "vietqr-emvco static": vietqr_emvco,
    "vietqr-emvco amount": lambda: vietqr_emvco(12300, "TEST", "EXAMPLE SHOP"),
    "vietqr-emvco accents": lambda: vietqr_emvco(12300, "Tiền hàng", "Cửa hàng"),
    "vietnam-qr-pay py static": vietnam_qr_pay,
    "vietnam-qr-pay py amount": lambda: vietnam_qr_pay(amount="12300", purpose="TEST"),
    "promptpay-qr py static": promptpay_qr,
    "promptpay-qr py amount": lambda: promptpay_qr(41.2),
    "konthaina-khqr static": khqr,
    "sgqrgen price": sgqrgen_price,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps({name: quiet(make) for name, make in MADE.items()}))
