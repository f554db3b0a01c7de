"""The payments area: its rooms joined."""

from __future__ import annotations

from conformance.core.area import join
from conformance.payments.api.area import API
from conformance.payments.qr.area import QR
from conformance.payments.snap.area import SNAP

PAYMENTS = join("payments", "Payments", QR, SNAP, API)
