"""Whether a certificate's names cover a server name: RFC 9525 section 6. The common name is never consulted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.core.scope import IP, literal

LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")


def as_address(server_name: str) -> IP | None:
    """The IP address that `server_name` spells, brackets allowed; None where it is a DNS name."""
    return literal(server_name.removeprefix("[").removesuffix("]"))


def reference_labels(server_name: str) -> tuple[str, ...]:
    """The labels of a DNS name as compared: lower case, A-labels, without the root's dot; none where it is no name."""
    try:
        ascii_name = server_name.encode("idna").decode("ascii") if not server_name.isascii() else server_name
    except UnicodeError:
        return ()
    return labels(ascii_name.removesuffix("."))


def labels(name: str) -> tuple[str, ...]:
    """The labels of an ASCII host name in lower case; none where any is not letters, digits, hyphen, underscore."""
    if len(name) > 253 or not name.isascii():
        return ()
    parts = tuple(name.lower().split("."))
    return parts if all(LABEL.fullmatch(part) for part in parts) else ()


def dns_name_covers(presented: str, reference: tuple[str, ...]) -> bool:
    """Whether one dNSName covers the labels of a reference name.

    A wildcard stands for exactly one label, and only where it is the whole of the left-most one (section 6.3).
    """
    if not reference:
        return False
    if presented.startswith("*."):
        parent = labels(presented[2:])
        return bool(parent) and parent == reference[1:]
    return labels(presented) == reference


def covered(server_name: str, dns_names: Iterable[str], addresses: Iterable[object]) -> bool:
    """Whether a subjectAltName covers `server_name`, an IP address by iPAddress and a DNS name by dNSName only."""
    address = as_address(server_name)
    if address is not None:
        return any(address == presented for presented in addresses)
    reference = reference_labels(server_name)
    return any(dns_name_covers(presented, reference) for presented in dns_names)
