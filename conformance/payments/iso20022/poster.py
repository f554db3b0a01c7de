"""How the sandbox's gateway sends its answers: one thread, by time, each signed."""

from __future__ import annotations

import contextlib
import heapq
import http.client
import itertools
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from conformance.payments.iso20022 import signature

FIELD = "X-JWS-Signature"
Post = Callable[[str, bytes, float], None]
"""(address, body, delay in seconds): sends later, returns at once."""


@contextlib.contextmanager
def posting(secret: bytes, context: ssl.SSLContext) -> Iterator[Post]:
    """Send what is handed over until the context ends; what is due later than that is not sent.

    secret: for the signature; empty: none is made. context: for addresses that begin with https.
    """
    queue: list[tuple[float, int, str, bytes]] = []
    changed = threading.Condition()
    ended = threading.Event()
    numbers = itertools.count()

    def post(address: str, body: bytes, delay: float) -> None:
        with changed:
            heapq.heappush(queue, (time.monotonic() + delay, next(numbers), address, body))
            changed.notify()

    def work() -> None:
        while not ended.is_set():
            with changed:
                wait = queue[0][0] - time.monotonic() if queue else 1.0
                if wait > 0:
                    changed.wait(wait)
                    continue
                _, _, address, body = heapq.heappop(queue)
            _send(address, body, secret, context)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield post
    finally:
        ended.set()
        with changed:
            changed.notify()
        thread.join(2.0)


def _send(address: str, body: bytes, secret: bytes, context: ssl.SSLContext) -> None:
    parts = urlsplit(address)
    fields = {"Content-Type": "application/xml"}
    if secret:
        fields[FIELD] = signature.sign(body, secret)
    connection = (
        http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=2, context=context)
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    )
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("POST", parts.path, body, fields)
        connection.getresponse().read()
