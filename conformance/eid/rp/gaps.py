"""What the manifest of a relying party may leave out, and which requirements then come to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.area import Gap, in_order
from conformance.core.model import Service, Target

ALL = (*(f"EID-RP-{number:02}" for number in range(1, 20)), "EID-JWKS-06")


def gaps(target: Target, service: Service) -> tuple[Gap, ...]:
    """The gaps of one relying party."""
    del target
    return in_order(_gaps(service))


def _gaps(service: Service) -> Iterator[Gap]:
    given = service.settings
    if not given.get("callback"):
        line = 'callback = { listen = "127.0.0.1:8443", issuer = "https://suite.example" }'
        yield Gap(ALL, "not-tested(no-callback)", line)
    elif not given["callback"].get("second_issuer"):
        line = 'second_issuer = "https://suite.example/second" under [target.service.callback], registered as the first'
        yield Gap(("EID-RP-01",), "not-tested(unsupported)", line)
    if not given.get("initiate_login_uri") and not given.get("command"):
        yield Gap(ALL, "not-tested(manual)", 'initiate_login_uri = "https://portal.example/login", or a command')
