"""The e-ID area: its rooms joined."""

from __future__ import annotations

from conformance.core.area import join
from conformance.eid.credentials.area import CREDENTIALS

EID = join("eid", "e-ID", CREDENTIALS)
