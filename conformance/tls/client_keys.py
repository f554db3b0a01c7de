"""Client certificates as the manifest of an endpoint refers to them, read when they are needed and not before."""

from __future__ import annotations

from pathlib import Path

from conformance.core.model import Service, Target
from conformance.wire.client_certificates import ClientKey, read_key


def trusted_key(service: Service) -> ClientKey | None:
    """What the manifest gives as `client_certificate`.

    Raises:
        Untested: NO_CREDENTIAL, where its references lead to nothing.
    """
    given = service.settings.get("client_certificate")
    return read_key(given) if given else None


def roots_path(target: Target, service: Service, public: str) -> str:
    """The PEM file of the roots that the manifest says the service's certificate leads to."""
    trust = service.settings.get("trust", "public")
    return public if trust == "public" else str(Path(target.path).parent / trust)
