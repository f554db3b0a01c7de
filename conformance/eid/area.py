"""The e-ID area: its rooms joined."""

from __future__ import annotations

from conformance.core.area import join
from conformance.eid.credentials.area import CREDENTIALS
from conformance.eid.issuer.area import ISSUER
from conformance.eid.op.area import OP
from conformance.eid.rp.area import RP
from conformance.eid.verifier.area import VERIFIER

EID = join("eid", "e-ID", OP, RP, ISSUER, VERIFIER, CREDENTIALS)
