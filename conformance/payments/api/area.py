"""The room of payment APIs as the core sees it."""

from __future__ import annotations

from conformance.payments.api.asks import asks, budget
from conformance.payments.api.evidence import Api
from conformance.payments.api.gaps import gaps
from conformance.payments.callbacks import Callbacks
from conformance.payments.room import http_room

API = http_room(
    "conformance.payments.api",
    title="Payment APIs",
    role="payment-api",
    observations={"api": Api, "callbacks": Callbacks},
    asks=asks,
    budget=budget,
    judges=("test_repeats", "test_errors", "test_limits", "test_data", "test_callbacks", "test_tokens"),
    gaps=gaps,
)
