"""The FSPIOP room as the core sees it."""

from __future__ import annotations

from conformance.payments.fspiop.asks import asks, budget
from conformance.payments.fspiop.evidence import Fspiop
from conformance.payments.fspiop.gaps import gaps
from conformance.payments.room import http_room

FSPIOP = http_room(
    "conformance.payments.fspiop",
    title="FSPIOP hubs",
    role="fspiop",
    observations={"fspiop": Fspiop},
    asks=asks,
    budget=budget,
    judges=("test_headers", "test_signatures", "test_transfers", "test_data"),
    gaps=gaps,
)
