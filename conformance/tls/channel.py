"""Records and handshake messages over a blocking socket, for our own client readers and the sandbox's raw servers.

Everything that a peer may do to a channel ends as `Undecided` with its reason, or as `Alerted`; the bytes that are
read from it are bounded, and so is the time.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Final

from conformance.core.model import Reason, Undecided
from conformance.tls.secrets import Protection

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
HELLO_REQUEST, CLIENT_HELLO, SERVER_HELLO, NEW_SESSION_TICKET, ENCRYPTED_EXTENSIONS = 0, 1, 2, 4, 8
CERTIFICATE, SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST, SERVER_HELLO_DONE, CERTIFICATE_VERIFY = 11, 12, 13, 14, 15
CLIENT_KEY_EXCHANGE, FINISHED, CERTIFICATE_STATUS, COMPRESSED_CERTIFICATE = 16, 20, 22, 25
WARNING, FATAL = 1, 2
CLOSE_NOTIFY, USER_CANCELED, NO_RENEGOTIATION, UNRECOGNIZED_NAME = 0, 90, 100, 112

HEADER_BYTES, PLAIN_BYTES, SEALED_BYTES = 5, 16_384, 16_384 + 2048
RECORD_TYPES: Final = frozenset({CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA})
MERE_WARNINGS: Final = {WARNING: (USER_CANCELED, UNRECOGNIZED_NAME)}
"""Alerts that end nothing (RFC 9846 section 6.1, RFC 6066 section 3)."""

IDLE_RECORDS: Final = 32
"""How many records that carry nothing a peer may send in a row."""


class Alerted(Exception):  # noqa: N818 - what the peer said, not an error of ours
    """The peer sent an alert that ends the handshake, or one that it waits for an answer to."""

    def __init__(self, level: int, code: int) -> None:
        super().__init__(f"alert {code}")
        self.level = level
        self.code = code


class Channel:
    """One connection. `reading` and `writing` protect its records once they are set.

    transcript: the handshake messages of both sides. version: what goes into the headers of records. skips_data: pass
    over application data where a handshake message is awaited.
    """

    def __init__(
        self, stream: socket.socket, deadline: float, max_bytes: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.stream = stream
        self.deadline = deadline
        self.reading: Protection | None = None
        self.writing: Protection | None = None
        self.transcript = b""
        self.version = 0x0303
        self.skips_data = False
        self._was_reset = False
        self._left = max_bytes
        self._monotonic = monotonic
        self._messages = bytearray()
        self._outgoing = b""

    @property
    def between_messages(self) -> bool:
        """Whether every handshake byte received has been taken: keys may change only here (RFC 9846 section 5.1)."""
        return not self._messages

    def send(self, kind: int, data: bytes) -> None:
        """Send data as records of one type, at least one, with whatever is sent before the next read or `flush`."""
        for start in range(0, max(len(data), 1), PLAIN_BYTES):
            outer, fragment = kind, data[start : start + PLAIN_BYTES]
            if self.writing is not None:
                outer, fragment = self.writing.seal(kind, fragment)
            self._outgoing += bytes((outer,)) + self.version.to_bytes(2, "big") + sized(fragment)

    def flush(self) -> None:
        """Send what waits to be sent. A peer that has left is found by the next read: it may have said why."""
        data, self._outgoing = self._outgoing, b""
        if not data:
            return
        self.stream.settimeout(self.check_deadline())
        try:
            self.stream.sendall(data)
        except TimeoutError:
            raise Undecided(Reason.TIMEOUT, "the peer takes no more data") from None
        except ConnectionResetError:
            self._was_reset = True  # said once: the next read sees an end like any other
        except OSError:
            return

    def send_message(self, kind: int, body: bytes) -> None:
        """Send one handshake message."""
        data = message(kind, body)
        self.transcript += data
        self.send(HANDSHAKE, data)

    def send_alert(self, level: int, code: int) -> None:
        """Send an alert."""
        self.send(ALERT, bytes((level, code)))

    def record(self) -> tuple[int, bytes]:
        """The type and content of the next record, once it is opened.

        Raises:
            Undecided: there is none, or it does not open.
        """
        self.flush()
        header = self._exactly(HEADER_BYTES)
        kind, length = header[0], int.from_bytes(header[3:], "big")
        if kind not in RECORD_TYPES or header[1] != 3:
            raise Undecided(Reason.NOT_TLS, f"a record would begin with {header.hex()}")
        if length > (SEALED_BYTES if self.reading else PLAIN_BYTES):
            raise Undecided(Reason.TLS_RECORD, f"a record of {length} bytes")
        fragment = self._exactly(length)
        if self.reading is None or kind == CHANGE_CIPHER_SPEC:
            return kind, fragment
        try:
            return self.reading.open(kind, fragment)
        except ValueError as error:
            raise Undecided(Reason.TLS_RECORD, str(error)) from None

    def message(self) -> tuple[int, bytes]:
        """The type and body of the next handshake message, added to the transcript.

        Raises:
            Alerted: an alert came instead.
            Undecided: no message came, or something else.
        """
        self._fill(4)
        length = int.from_bytes(self._messages[1:4], "big")
        if length > self._left + len(self._messages):
            raise Undecided(Reason.TOO_LARGE, f"a handshake message of {length} bytes")
        self._fill(4 + length)
        whole = bytes(self._messages[: 4 + length])
        del self._messages[: 4 + length]
        self.transcript += whole
        return whole[0], whole[4:]

    def _fill(self, count: int) -> None:
        idle = 0
        while len(self._messages) < count:
            kind, data = self.record()
            if kind == HANDSHAKE and data:
                self._messages += data
                continue
            idle += 1
            if kind == ALERT and len(data) == 2 and data[1] not in MERE_WARNINGS.get(data[0], ()):
                raise Alerted(data[0], data[1])
            passed = (CHANGE_CIPHER_SPEC, ALERT, APPLICATION_DATA) if self.skips_data else (CHANGE_CIPHER_SPEC, ALERT)
            if idle > IDLE_RECORDS or kind not in passed:
                raise Undecided(Reason.TLS_RECORD, f"a record of type {kind} where a handshake message was due")

    def change_cipher_spec(self) -> None:
        """Await the peer's ChangeCipherSpec (TLS 1.2).

        Raises:
            Alerted, Undecided: it does not come.
        """
        kind, data = self.record()
        if kind == ALERT and len(data) == 2:
            raise Alerted(data[0], data[1])
        if kind != CHANGE_CIPHER_SPEC or not self.between_messages:
            raise Undecided(Reason.TLS_RECORD, f"a record of type {kind} where ChangeCipherSpec was due")

    def check_deadline(self) -> float:
        """Seconds until the deadline.

        Raises:
            Undecided: TIMEOUT, none are left.
        """
        left = self.deadline - self._monotonic()
        if left <= 0 or getattr(self.stream, "expired", False):
            raise Undecided(Reason.TIMEOUT, "the total deadline passed")
        return left

    def _exactly(self, count: int) -> bytes:
        if count > self._left:
            raise Undecided(Reason.TOO_LARGE, "more bytes than are read of one connection")
        self._left -= count
        parts: list[bytes] = []
        while count:
            try:
                self.stream.settimeout(self.check_deadline())
                part = self.stream.recv(count)
            except TimeoutError:
                raise Undecided(Reason.TIMEOUT, "the total deadline passed") from None
            except OSError as error:
                raise Undecided(Reason.RESET, type(error).__name__) from None
            if not part:
                self.check_deadline()  # a watchdog ends a stream too: then it is the deadline
                if self._was_reset:
                    raise Undecided(Reason.RESET, ConnectionResetError.__name__)
                raise Undecided(Reason.CLOSED, "the stream ended within a record" if parts else "the stream ended")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def message(kind: int, body: bytes) -> bytes:
    """A handshake message."""
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def sized(data: bytes, width: int = 2) -> bytes:
    """The data with its length in `width` bytes before it."""
    return len(data).to_bytes(width, "big") + data


def extension(code: int, data: bytes) -> bytes:
    """One extension."""
    return code.to_bytes(2, "big") + sized(data)


def pairs(*codes: int) -> bytes:
    """Code points of two bytes each."""
    return b"".join(code.to_bytes(2, "big") for code in codes)
