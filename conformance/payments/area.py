"""The payments area: its rooms joined to one."""

from __future__ import annotations

from conformance.core.area import join
from conformance.payments.iso20022.area import ISO20022

PAYMENTS = join("payments", "Payments", ISO20022)
