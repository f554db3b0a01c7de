"""What the country's signed data say of the provider."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from conformance.core.model import NotTested, Undecided, Untested
from conformance.eid import trust
from conformance.eid.op.evidence import Jwks, Levels, TrustEntry
from conformance.eid.op.settings import Settings


def levels(settings: Settings, document: Mapping[str, Any], now: datetime) -> Levels:
    """What is advertised, beside the country's map."""
    listed = document.get("acr_values_supported")
    advertised = tuple(str(each)[:200] for each in listed[:100]) if isinstance(listed, list) else None
    try:
        payload = read(settings, "acr-map", settings.acr_map, now)
    except (Undecided, Untested) as trouble:
        return Levels(advertised, problem=(trouble.reason.value, trouble.detail))
    found: dict[str, tuple[str, ...]] = {}
    for entry in payload["levels"]:
        found[entry["acr"]] = (*found.get(entry["acr"], ()), entry["level"])
    return Levels(advertised, found, tuple(payload.get("factors", ())))


def read(settings: Settings, kind: str, file: str, now: datetime) -> Mapping[str, Any]:
    """The signed data that the manifest names. Raises Untested, Undecided."""
    if not file:
        if kind == "acr-map":
            return trust.shipped_map(settings.country)
        detail = f"the manifest names none (trust_list), and no trust list is published for {settings.country}"
        raise Untested(NotTested.NOT_PUBLISHED, detail)
    if not settings.trust_keys:
        raise Untested(NotTested.NO_CREDENTIAL, "the manifest names no trust_keys to verify signed data with")
    folder = settings.folder
    return trust.read_signed(
        kind, folder / file, folder / settings.trust_keys, country=settings.country, today=trust.today(now)
    )


def entry(settings: Settings, document: Mapping[str, Any], keys: Jwks | None, now: datetime) -> TrustEntry:
    """What the trust list says of the issuer."""
    url = document.get("jwks_uri")
    host = (urlsplit(url).hostname or "") if isinstance(url, str) else ""
    try:
        payload = read(settings, "trust-list", settings.trust_list, now)
    except (Undecided, Untested) as trouble:
        return TrustEntry(problem=(trouble.reason.value, trouble.detail), jwks_host=host)
    found = next((each for each in payload["services"] if each["issuer"] == settings.issuer), None)
    if found is None:
        return TrustEntry(jwks_host=host, sequence=payload["sequence"])
    named = found.get("certificates", [])
    served = [key.certificate_sha256 for key in (keys.keys if keys else ()) if key.certificate_sha256]
    today = trust.today(now)
    return TrustEntry(
        listed=True,
        status=found["status"],
        jwks_host=host,
        jwks_host_listed=host in found["jwks_hosts"],
        unlisted_certificates=tuple(digest for digest in served if digest not in named),
        certificates_named=len(named),
        service_begins_in_days=(date.fromisoformat(found["not_before"]) - today).days,
        service_ends_in_days=(date.fromisoformat(found["not_after"]) - today).days,
        sequence=payload["sequence"],
    )
