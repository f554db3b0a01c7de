"""A TLS client over a connection of the door, by memory buffers.

`SSLContext.wrap_socket` would take the descriptor away from the connection that the watchdog knows, and CPython (seen
in 3.11) leaves it open when the peer resets before the handshake. Here the connection stays the only owner.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from typing import TypeVar

from conformance.core.network import Connection

T = TypeVar("T")


class TlsStream:
    """Blocking; raises ssl.SSLError and OSError as they come."""

    def __init__(self, context: ssl.SSLContext, connection: Connection, server_name: str) -> None:
        self._connection = connection
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)

    def handshake(self) -> None:
        """Shake hands, verifying as the context says."""
        self._drive(self.tls.do_handshake)

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self._drive(lambda: self.tls.write(data))

    def recv(self, count: int) -> bytes:
        """Up to that many octets, none at the end: with a close_notify or, as most servers do it, without."""
        try:
            return self._drive(lambda: self.tls.read(count))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def _drive(self, step: Callable[[], T]) -> T:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()
                if data := self._connection.recv(16_384):
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    self._flush()  # our alert, which says why
                raise
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        if data := self._outgoing.read():
            self._connection.sendall(data)
