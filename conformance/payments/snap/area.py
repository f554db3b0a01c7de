"""The SNAP room as the core sees it."""

from __future__ import annotations

from conformance.payments.callbacks import Callbacks
from conformance.payments.room import http_room
from conformance.payments.snap.asks import asks, budget
from conformance.payments.snap.evidence import Snap
from conformance.payments.snap.gaps import gaps

SNAP = http_room(
    "conformance.payments.snap",
    title="SNAP BI",
    role="snap-api",
    observations={"snap": Snap, "callbacks": Callbacks},
    asks=asks,
    budget=budget,
    judges=("test_token", "test_signature", "test_idempotency", "test_answers"),
    gaps=gaps,
)
