"""The same two questions to every address of a service: a TLS 1.2 handshake and a TLS 1.3 one.

What is compared are the server's choices, not its keys: version, suite, group, extensions, application protocol, and
the type and size of the leaf's key, since nodes that hold certificates of their own are configured alike all the same.
The standard library shakes hands; its message callback shows the ServerHello and what follows it even where the
handshake then fails for want of a client certificate.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.core import scope
from conformance.core.model import Reason, Service, Target, Undecided
from conformance.core.network import Address, Door
from conformance.tls import certificate_facts
from conformance.tls.codepoints import ALERTS
from conformance.tls.evidence import Addresses
from conformance.tls.observe_client_certificates import (
    ALERT,
    CERTIFICATE,
    HANDSHAKE,
    NO_ALERT,
    meaning,
)
from conformance.tls.server_names import as_address
from conformance.wire.tls_stream import TlsStream

SERVER_HELLO, ENCRYPTED_EXTENSIONS, SERVER_KEY_EXCHANGE = 2, 8, 12
MOST_ADDRESSES = 16
VERSIONS: Final = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
EXTENSIONS: Final = {
    0: "server_name",
    10: "supported_groups",
    11: "ec_point_formats",
    16: "application_layer_protocol_negotiation",
    22: "encrypt_then_mac",
    23: "extended_master_secret",
    35: "session_ticket",
    43: "supported_versions",
    51: "key_share",
    65281: "renegotiation_info",
}
GROUPS: Final = {
    23: "secp256r1",
    24: "secp384r1",
    25: "secp521r1",
    29: "x25519",
    30: "x448",
    4587: "SecP256r1MLKEM768",
    4588: "X25519MLKEM768",
    4589: "SecP384r1MLKEM1024",
}
ALPN, KEY_SHARE, NAMED_CURVE = 16, 51, 3


@dataclass(slots=True)
class Flight:
    """What a server was seen to send in one handshake: messages by type, the last of each, and its alert."""

    messages: dict[int, bytes] = field(default_factory=dict)
    alert: str = ""

    def note(self, _: Any, direction: str, __: Any, content: int, kind: int, data: bytes) -> None:
        """Take in one message, as `ssl` reports it."""
        if direction == "read" and content == HANDSHAKE:
            self.messages[int(kind)] = data[4:]
        elif direction == "read" and content == ALERT and len(data) == 2 and data[1] not in NO_ALERT:
            self.alert = ALERTS.get(data[1], f"0x{data[1]:02x}")


def observe_addresses(door: Door, target: Target, service: Service) -> Addresses:
    """Ask each address of the host, and those that the manifest names in `also`. A single one is not asked.

    Raises:
        Undecided: as `Door.permit` for the service's own host; TOO_LARGE for more addresses than are asked.
    """
    found: dict[str, Address] = {}
    failures: dict[str, str] = {}
    for place in (service.address, *service.settings.get("also", ())):
        try:
            host, port = scope.split_address(place)
            found.update((_label(address), address) for address in door.permit(target, host, port, "tls"))
        except Undecided as trouble:
            if place == service.address:
                raise
            failures[place] = f"{trouble.reason}: {trouble.detail}"
    if len(found) > MOST_ADDRESSES:
        raise Undecided(Reason.TOO_LARGE, f"{len(found)} addresses")
    if len(found) + len(failures) == 1:
        return Addresses(dict.fromkeys(found, "not asked: the only address"))
    fingerprints: dict[str, str] = {}
    for label, address in found.items():
        try:
            fingerprints[label] = _fingerprint(door, target, service, address)
        except Undecided as trouble:
            failures[label] = f"{trouble.reason}: {trouble.detail}"
    return Addresses(fingerprints, failures)


def _label(address: Address) -> str:
    host, port = address[1][:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _fingerprint(door: Door, target: Target, service: Service, address: Address) -> str:
    """Both answers in words.

    Raises:
        Undecided: an answer is missing, or both are alerts, which tell nothing about a configuration.
    """
    flights = [_shake_hands(door, target, service, address, version) for version in VERSIONS]
    answers = [f"{version} {described(flight)}" for version, flight in zip(VERSIONS, flights, strict=True)]
    if all(SERVER_HELLO not in flight.messages for flight in flights):
        raise Undecided(Reason.TLS_ALERT, "; ".join(answers))
    return "; ".join(answers)


def _shake_hands(door: Door, target: Target, service: Service, address: Address, version: str) -> Flight:
    """What the server sends in a handshake of that version alone.

    Raises:
        Undecided: neither a ServerHello nor an alert came.
    """
    flight = Flight()
    host, _ = scope.split_address(service.address)
    name = service.server_name or host
    connection = door.dial(target, address)
    trouble: Exception | None = None
    try:
        TlsStream(_context(version, flight), connection, str(as_address(name) or name)).handshake()
    except (OSError, ValueError) as error:
        trouble = error
    finally:
        connection.close()
    if connection.expired or door.monotonic() >= connection.deadline or isinstance(trouble, TimeoutError):
        raise Undecided(Reason.TIMEOUT, f"{version}: no whole answer in time")
    if SERVER_HELLO not in flight.messages and not flight.alert:
        reason, detail = meaning(trouble)
        raise Undecided(reason, f"{version}: {detail}, no ServerHello and no alert")
    return flight


def _context(version: str, flight: Flight) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.minimum_version = context.maximum_version = VERSIONS[version]
    # As in observe_client_certificates: not documented, but tested by CPython and there since 3.8.
    context._msg_callback = flight.note  # type: ignore[attr-defined]  # noqa: SLF001
    return context


def described(flight: Flight) -> str:
    """A flight in words: `0x1301 x25519 [key_share,supported_versions] ECDSA 256`, or the alert."""
    if SERVER_HELLO not in flight.messages:
        return f"alert {flight.alert}"
    try:
        suite, extensions = server_hello(flight.messages[SERVER_HELLO])
        if encrypted := flight.messages.get(ENCRYPTED_EXTENSIONS):
            extensions |= dict(extension_list(encrypted[2:]))
        names = sorted(EXTENSIONS.get(code, str(code)) for code in extensions)
        alpn = extensions.get(ALPN, b"")[3:].decode("ascii", "backslashreplace")
        parts = (f"0x{suite:04X}", _group(flight, extensions), f"[{','.join(names)}]", alpn[:32], _leaf_key(flight))
    except (IndexError, certificate_facts.Unreadable) as error:
        raise Undecided(Reason.TLS_RECORD, f"a flight that cannot be read: {type(error).__name__}") from None
    return " ".join(part for part in parts if part)


def server_hello(body: bytes) -> tuple[int, dict[int, bytes]]:
    """Suite and extensions of a ServerHello. Raises IndexError where it is cut short."""
    at = 34 + 1 + body[34]
    suite = body[at] << 8 | body[at + 1]
    return suite, dict(extension_list(body[at + 5 :]))


def extension_list(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Code and content of each extension, their total length left out."""
    while octets:
        end = 4 + (octets[2] << 8 | octets[3])
        yield octets[0] << 8 | octets[1], octets[4:end]
        octets = octets[end:]


def _group(flight: Flight, extensions: dict[int, bytes]) -> str:
    """The group of the key exchange; empty where it has none."""
    octets = extensions.get(KEY_SHARE, b"")
    exchange = flight.messages.get(SERVER_KEY_EXCHANGE, b"")
    if not octets and exchange[:1] == bytes((NAMED_CURVE,)):
        octets = exchange[1:3]
    return GROUPS.get(code := int.from_bytes(octets[:2], "big"), f"group {code}") if octets else ""


def _leaf_key(flight: Flight) -> str:
    """Type and size of the leaf's key; empty where no certificate was sent."""
    message = flight.messages.get(CERTIFICATE)
    if not message:
        return ""
    start = 3
    if ENCRYPTED_EXTENSIONS in flight.messages:
        start += 1 + message[0]
    length = int.from_bytes(message[start : start + 3], "big")
    facts = certificate_facts.facts(certificate_facts.read(message[start + 3 : start + 3 + length]))
    return f"{facts.key_type} {facts.key_bits}"
