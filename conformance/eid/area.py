"""The e-ID area: its rooms joined."""

from __future__ import annotations

from conformance.core.area import join
from conformance.eid.credentials.area import CREDENTIALS
from conformance.eid.op.area import OP
from conformance.eid.rp.area import RP

EID = join("eid", "e-ID", OP, RP, CREDENTIALS)
