"""What the sandbox's hub sends: one thread hands on requests in their order, to one address, and then stops."""

from __future__ import annotations

import contextlib
import http.client
import queue
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlsplit

from conformance.payments.fspiop.messages import FIELD, media_type
from conformance.wire.serving import Request

PATIENCE_SECONDS = 1.0
PASSED = ("content-type", "accept", "date", "fspiop-source", "fspiop-destination", "fspiop-uri", "fspiop-http-method")
"""The fields that go on with a request, as they came, beside its signature."""


@dataclass(frozen=True, slots=True)
class Item:
    """One request to send."""

    method: str
    path: str
    fields: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Deliverer:
    """Sends to the address that both FSPs gave. name: of the hub, where it speaks for itself."""

    url: str
    name: str = "hub"
    _items: queue.Queue[Item | None] = field(default_factory=queue.Queue)

    def pass_on(self, request: Request, path: str, body: bytes | None = None) -> None:
        """Hand a request on as it came; `body` stands for another."""
        names = (*PASSED, FIELD)
        fields = {name: request.fields[name] for name in names if name in request.fields}
        self._items.put(Item(request.method, path, fields, request.body if body is None else body))

    def tell(self, to: str, path: str, body: bytes) -> None:
        """Tell an FSP something of the hub's own. Such a callback is not signed: the field is optional (table 1)."""
        fields = {
            "content-type": media_type("1.0"),
            "date": format_datetime(datetime.now(UTC), usegmt=True),
            "fspiop-source": self.name,
            "fspiop-destination": to,
        }
        self._items.put(Item("PUT", path, fields, body))

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Send until the context ends."""
        thread = threading.Thread(target=self._work, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._items.put(None)
            thread.join(PATIENCE_SECONDS)

    def _work(self) -> None:
        parts = urlsplit(self.url)
        while (item := self._items.get()) is not None:
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=PATIENCE_SECONDS)
            with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
                connection.request(item.method, f"{parts.path}{item.path}", item.body, dict(item.fields))
                connection.getresponse().read()
