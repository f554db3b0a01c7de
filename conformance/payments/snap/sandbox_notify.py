"""The sandbox's notifications: each transaction is told to the partner, from a thread of its own, until it is taken."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.payments.snap import notification
from conformance.payments.snap.client import number
from conformance.payments.snap.signature import Dialect, stamp

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

DELAYS_SECONDS = (0.02, 0.1, 0.3)
PATIENCE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Notifier:
    """Tells one partner. key: the service's own."""

    url: str
    key: RSAPrivateKey = field(repr=False)
    dialect: Dialect
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def paid(self, reference: str) -> None:
        """Tell that the transaction of this reference came to its end."""
        threading.Thread(target=self._deliver, args=(reference,), daemon=True).start()

    def _deliver(self, reference: str) -> None:
        told = {"originalPartnerReferenceNo": reference, "latestTransactionStatus": "00"}
        body, parts = json.dumps(told).encode(), urlsplit(self.url)
        for delay in DELAYS_SECONDS:
            time.sleep(delay)
            moment = stamp(self.now(), self.dialect.timestamp)
            fields = {
                "Content-Type": "application/json",
                "X-TIMESTAMP": moment,
                "X-EXTERNAL-ID": number(f"notification/{reference}", 20),
                "X-SIGNATURE": notification.sign(self.key, parts.path, moment, body, self.dialect),
            }
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=PATIENCE_SECONDS)
            with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
                connection.request("POST", parts.path, body, fields)
                if connection.getresponse().status == 200:
                    return
