"""The sandbox's callbacks: each payment's event is sent until it is taken, from a thread of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from conformance.payments import webhook
from conformance.payments.api.sandbox import Payment

DELAYS_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Before the first sending and before each further one."""
PATIENCE_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends callbacks to one address. secrets: HMAC keys, all of which sign; key: signs JWS instead, where given."""

    url: str
    secrets: Sequence[bytes]
    faults: frozenset[str] = frozenset()
    key: Any = None
    now: Callable[[], float] = time.time

    def created(self, payment: Payment) -> None:
        """Complete the payment soon, and tell so."""
        threading.Thread(target=self._deliver, args=(payment,), daemon=True).start()

    def _deliver(self, payment: Payment) -> None:
        event = f"evt{payment.id}"
        state = "failed" if "api-callback-disagrees" in self.faults else "completed"
        told = {"reference": payment.reference, "status": state}
        body = json.dumps({"id": event, "type": "payment.completed", "data": told}).encode()
        for number, delay in enumerate(DELAYS_SECONDS):
            time.sleep(delay)
            if number == 0 and not payment.told:
                payment.status = "completed"
            name = f"{event}x{number}" if "api-retry-new-id" in self.faults else event
            if 200 <= self._post(self.url, body, self._fields(name, body)) < 300 or "api-retry-never" in self.faults:
                return

    def _fields(self, event: str, body: bytes) -> dict[str, str]:
        if "api-callback-unsigned" in self.faults:
            return {webhook.ID: event}
        stamp = int(self.now()) - (3600 if "api-callback-stale-time" in self.faults else 0)
        signed = json.dumps(json.loads(body), indent=1).encode() if "api-callback-reserialised" in self.faults else body
        if self.key is not None:
            return webhook.sign_jws(self.key, event, stamp, signed, "ES256")
        secrets = self.secrets[:1] if "api-callback-one-key" in self.faults else self.secrets
        return webhook.sign_hmac(secrets, event, stamp, signed)

    def _post(self, url: str, body: bytes, fields: dict[str, str], hops: int = 1) -> int:
        """The status of the answer, 0 for none."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=PATIENCE_SECONDS)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("POST", parts.path or "/", body, {"Content-Type": "application/json", **fields})
            answer = connection.getresponse()
            elsewhere = answer.headers.get("Location", "")
            if answer.status == 307 and elsewhere and hops and "api-callback-redirected" in self.faults:
                return self._post(elsewhere, body, fields, hops - 1)
            return answer.status
        return 0
