"""What the manifest's authorisation says about payments that a test would make, and the roots a server must lead to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from conformance.core import scope
from conformance.core.area import Gap
from conformance.core.model import NotTested, Service, Target, Undecided, Untested


def may_change_state(target: Target, host: str) -> None:
    """Return where a test may create payments at `host`: on loopback always, elsewhere where the manifest says so.

    Raises:
        Untested: NOT_AUTHORISED.
    """
    try:
        name = scope.canonical_host(host)
    except Undecided as trouble:
        raise Untested(NotTested.NOT_AUTHORISED, trouble.detail) from None
    address = scope.literal(name)
    own = scope.within(address, scope.LOOPBACK) if address is not None else scope.is_localhost(name)
    if not own and not (target.authorisation and target.authorisation.state_changing):
        raise Untested(NotTested.NOT_AUTHORISED, "the test creates payments; the authorisation has no state_changing")


def unchangeable(target: Target, url: str, requirements: tuple[str, ...]) -> Iterator[Gap]:
    """The gap of requirements that create payments at the host of `url`, where the manifest does not allow it."""
    try:
        may_change_state(target, urlsplit(url).hostname or "")
    except Untested as trouble:
        yield Gap(requirements, f"not-tested({trouble.reason})", f"state_changing = true to {scope.TABLE}")


def roots_path(target: Target, service: Service) -> str:
    """What `fetch` verifies with: `public`, or the PEM file of roots that the manifest names."""
    trust = str(service.settings.get("trust", "public"))
    return trust if trust == "public" else str(Path(target.path).parent / trust)
