"""What the manifest of an issuer leaves out, so that a requirement comes to nothing."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.core.area import Gap
from conformance.core.model import Service, Target


def gaps(target: Target, service: Service) -> tuple[Gap, ...]:
    """The gaps of one service."""
    del target
    settings = service.settings
    file = str(settings.get("payload_file", ""))
    if service.role != "qr-issuer" or _abroad(settings) or file.endswith(".json"):
        return ()
    return (
        Gap(("PAY-QR-15",), "not-applicable", "cross_border = true, for codes that payers of other countries scan"),
    )


def _abroad(settings: Mapping[str, object]) -> bool:
    """Whether some payload is for payers abroad, as far as the manifest itself says."""
    inline = settings.get("payloads", ())
    entries = inline if isinstance(inline, tuple | list) else ()
    return bool(settings.get("cross_border")) or any(
        isinstance(entry, Mapping) and entry.get("cross_border") for entry in entries
    )
