"""Both records of a payment API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.payments.api.evidence import Api
from conformance.payments.callbacks import Callbacks


@dataclass(frozen=True, slots=True)
class Seen:
    """What was observed of one service."""

    api: Api
    callbacks: Callbacks

    @property
    def records(self) -> Mapping[str, Any]:
        """By the names of the observations."""
        return {"api": self.api, "callbacks": self.callbacks}
