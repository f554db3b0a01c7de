"""What several tests of QR codes need: the shipped schemes, sound codes, and findings by rule."""

from __future__ import annotations

from conformance.payments.qr.build import Field, changed, payload
from conformance.payments.qr.check import check
from conformance.payments.qr.recognise import registry
from conformance.payments.qr.sandbox_issuer import DYNAMIC, MERCHANT
from conformance.payments.qr.schemes import shipped_schemes

KNOWN = registry(shipped_schemes())
SOUND = payload(DYNAMIC)
STATIC = payload(MERCHANT)

ANNEX_B7 = (
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN"
    "5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.72530315655020162330304"
    "12340603***0708A60086670902ME"
    "91320016A0112233449988770708123456786304A13A"
)
"""EMV QRCPS MPM v1.1, annex B.7."""


def rules(text: str | bytes, *, noted: bool = True) -> list[str]:
    """The rules that a payload breaks, in their order; without those that its scheme allows where `noted` is false."""
    return [each.rule for each in check(text, KNOWN, sandbox=True) if noted or not each.note]


def place(text: str, rule: str) -> tuple[str, int]:
    """Path and offset of the first finding of a rule."""
    return next((each.path, each.offset) for each in check(text, KNOWN, sandbox=True) if each.rule == rule)


def dynamic(*changes: Field, without: tuple[str, ...] = ()) -> str:
    """The sound dynamic code with changes."""
    return payload(changed(DYNAMIC, *changes, without=without))
