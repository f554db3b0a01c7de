"""Manifests: what an operator declares of its services, and what a tester may do with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from conformance.core import scope
from conformance.core.errors import ConfigError, shown
from conformance.core.model import Authorisation, Service, Target, Undecided
from conformance.core.schema import Document, frozen, load_document, marked, read_octets, schema_of
from conformance.core.secret import Secret

OWN_KEYS = frozenset({"id", "role", "address", "server_name", "serves"})
"""Keys of a service that every area knows; the others are its settings, as `schema/service-<role>.json` has them."""

RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{device}{digit}" for device in ("com", "lpt") for digit in range(10))}
)
"""Names that Windows keeps for devices, so that no file can have them."""


def load_target(path: Path) -> Target:
    """The target of a manifest. Reads no secret and opens no connection.

    Raises:
        ConfigError: with file, key, what was found and what was expected; no secret is ever in it.
    """
    document = load_document(Path(path), "target", _service_schemas)
    data = document.data["target"]
    _usable_id(document, "target.id", data["id"])
    services: dict[str, Service] = {}
    for entry in data["service"]:
        service = _service(document, entry)
        if service.id in services:
            where = f"target.service {shown(service.id)}.id"
            raise ConfigError(document.name, where, "a second service of this id", "each id once")
        services[service.id] = service
    if resolver := data.get("resolver", ""):
        _address(document, "target.resolver", resolver)
    return Target(
        id=data["id"],
        country=data["country"],
        name=data["name"],
        services=tuple(services.values()),
        authorisation=_authorisation(document, data["authorisation"]) if "authorisation" in data else None,
        claims=frozen(data.get("claims", {})),
        resolver=resolver,
        path=document.name,
        sha256=document.sha256,
    )


def _service_schemas(data: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """The schemas of a manifest's services, as far as it has any of known roles."""
    target = data.get("target")
    entries = target.get("service") if isinstance(target, Mapping) else None
    for position, entry in enumerate(entries if isinstance(entries, list) else ()):
        role = entry.get("role") if isinstance(entry, Mapping) else None
        if role in schema_of("catalogue.json")["$defs"]["role"]["enum"]:
            yield f"service-{role}", ("target", "service", position)


def secrets_of(target: Target) -> Iterator[Secret]:
    """Every secret that a target refers to, for the redactor."""
    for service in target.services:
        yield from _secrets(service.settings)


def _secrets(value: Any) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _secrets(each)


def _usable_id(document: Document, where: str, name: str) -> None:
    """Ids name files, so they must be safe on every system."""
    if name in RESERVED:
        raise ConfigError(document.name, where, shown(name), "a name that Windows does not keep for a device")


def _service(document: Document, entry: Mapping[str, Any]) -> Service:
    where = f"target.service {shown(entry['id'])}"
    _usable_id(document, f"{where}.id", entry["id"])
    address, host = entry.get("address", ""), ""
    if address:
        host, _ = _address(document, f"{where}.address", address)
    for key, text in (("plain_http", entry.get("plain_http", "")), *(("also", each) for each in entry.get("also", ()))):
        if text:
            _address(document, f"{where}.{key}", text)
    name = entry.get("server_name", "")
    if name:
        try:
            name = scope.canonical_host(name)
        except Undecided as trouble:
            raise ConfigError(document.name, f"{where}.server_name", trouble.detail, "a host name") from None
    if entry.get("trust", "public") != "public":
        _roots(document, f"{where}.trust", entry["trust"])
    schema = schema_of(f"service-{entry['role']}.json")
    settings = {key: value for key, value in entry.items() if key not in OWN_KEYS}
    return Service(
        id=entry["id"],
        role=entry["role"],
        address=address,
        server_name=name or host,
        serves=tuple(entry.get("serves", ())),
        settings=frozen(marked(settings, schema, lambda reference: Secret(reference, document.path.parent))),
    )


def _address(document: Document, where: str, text: str) -> tuple[str, int]:
    """Host and port of `host:port`, an IPv6 host in brackets."""
    try:
        host, port = scope.split_address(text)
    except Undecided as trouble:
        raise ConfigError(document.name, where, trouble.detail, "host:port, such as login.example:443") from None
    if ":" in host and not text.startswith("["):
        raise ConfigError(document.name, where, shown(text), f"[{host}]:{port}, if that is meant")
    return host, port


def _roots(document: Document, where: str, name: str) -> None:
    """Check that a file of roots exists, beside the manifest, and holds certificates alone."""
    try:
        octets = read_octets(document.path.parent / name)
    except ConfigError as error:
        expected = '"public", or a file of roots in PEM beside the manifest'
        raise ConfigError(document.name, where, f"{error.file}: {error.found}", expected, error.nearest) from None
    if b"PRIVATE KEY-----" in octets:
        raise ConfigError(document.name, where, "a private key in the file", "certificates in PEM alone")
    if not re.search(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----", octets):
        raise ConfigError(document.name, where, "no certificate in the file", '"public", or a file of roots in PEM')


def _authorisation(document: Document, data: Mapping[str, Any]) -> Authorisation:
    where = "target.authorisation"
    begin, end = date.fromisoformat(data["not_before"]), date.fromisoformat(data["not_after"])
    if end < begin:
        raise ConfigError(document.name, f"{where}.not_after", end.isoformat(), f"{begin} (not_before) or later")
    for pattern in data["hosts"]:
        try:
            scope.canonical_host(pattern.removeprefix("*."))
        except Undecided as trouble:
            expected = "a host name, *.name for all names below it, or an address"
            raise ConfigError(document.name, f"{where}.hosts", trouble.detail, expected) from None
    return Authorisation(
        granted_by=data["granted_by"],
        reference=data["reference"],
        not_before=begin,
        not_after=end,
        hosts=tuple(data["hosts"]),
        kinds=tuple(data["kinds"]),
        active=data.get("active", False),
        state_changing=data.get("state_changing", False),
        max_rps=float(data.get("max_rps", 2.0)),
        private_addresses=data.get("private_addresses", False),
    )
