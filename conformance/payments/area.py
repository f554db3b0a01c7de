"""The payments area: its rooms joined."""

from __future__ import annotations

from conformance.core.area import join
from conformance.payments.qr.area import QR

PAYMENTS = join("payments", "Payments", QR)
