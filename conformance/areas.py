"""The areas, in the order of the matrix. The one place that knows them all."""

from __future__ import annotations

from conformance.core.area import Area
from conformance.eid.area import EID
from conformance.payments.area import PAYMENTS
from conformance.tls.area import TLS

AREAS: tuple[Area, ...] = (TLS, EID, PAYMENTS)
