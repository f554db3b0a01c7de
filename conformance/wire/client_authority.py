"""Servers of the sandbox that ask for client certificates, and the authority and certificates for them."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from conformance.wire.client_certificates import ClientKey, made

NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, for which the standard library has no name."""


def asking(roots: bytes, *, expired: bool = False) -> Callable[[ssl.SSLContext], None]:
    """Makes a server ask for client certificates, and serve who has none; for servers of the sandbox.

    Args:
        roots: PEM of what they must lead to.
        expired: takes certificates of any time.
    """

    def change(context: ssl.SSLContext) -> None:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=roots.decode("ascii"))
        if expired:
            context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)

    return change


def written(folder: Path, name: str, key: ClientKey) -> dict[str, str]:
    """The pair as files of a folder, as a manifest refers to them."""
    (folder / f"{name}.pem").write_bytes(key.certificate)
    (folder / f"{name}.key").write_bytes(key.key)
    return {"certificate": f"file:{name}.pem", "key": f"file:{name}.key"}


@dataclass(frozen=True, slots=True)
class Issued:
    """What an authority of the sandbox made, for this process alone: for two clients, and one that expired."""

    authority: ClientKey
    own: ClientKey
    other: ClientKey
    expired: ClientKey


@cache
def issued(own: str, other: str) -> Issued:
    """Certificates of two clients by their names, by an authority made for them."""
    now = datetime.now(UTC)
    begin, end = now - timedelta(days=2), now + timedelta(days=2)
    authority = made("Sandbox client authority", begin, end, authority=True)
    return Issued(
        authority,
        made(own, begin, end, by=authority),
        made(other, begin, end, by=authority),
        made(own, begin, now - timedelta(days=1), by=authority),
    )
