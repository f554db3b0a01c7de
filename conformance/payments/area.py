"""The payments area: its rooms joined."""

from __future__ import annotations

from conformance.core.area import join
from conformance.payments.api.area import API
from conformance.payments.fspiop.area import FSPIOP
from conformance.payments.iso20022.area import ISO20022
from conformance.payments.qr.area import QR
from conformance.payments.snap.area import SNAP

PAYMENTS = join("payments", "Payments", QR, SNAP, API, FSPIOP, ISO20022)
