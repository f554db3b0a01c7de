"""What the manifest of a gateway may leave out, and which requirements then come to nothing. A sender's: nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.area import Gap, in_order, left_out
from conformance.core.model import Service, Target
from conformance.core.profile import load_profile
from conformance.payments.authority import unchangeable
from conformance.payments.iso20022.asks import GATEWAY

OPT_IN, NO_CALLBACK = "not-tested(opt-in)", "not-tested(no-callback)"
LOOKUPS = ("PAY-PRX-01-R", "PAY-PRX-02", "PAY-PRX-03")
BURST, CANARY = "PAY-PRX-04", "PAY-ISO-20"


PROXIES = {
    kind: f'{kind} = {{ type = "MBNO", values = ["+000-5550{number}00"] }}'
    for number, kind in enumerate(("registered", "unknown", "deregistered", "blocked"), 1)
}
TABLE = "under [target.service.proxies]"


LEFT_OUT: Mapping[str, Gap] = {
    "canary": Gap(
        (CANARY,), NO_CALLBACK, 'canary = { listen = "127.0.0.1:9011", url = "http://127.0.0.1:9011/canary" }'
    ),
    "proxies": Gap(
        (*LOOKUPS, BURST),
        OPT_IN,
        f"proxies = {{ {', '.join(PROXIES.values())} }}",
    ),
    "proxies.registered": Gap(LOOKUPS, OPT_IN, f"{PROXIES['registered']} {TABLE}"),
    "proxies.unknown": Gap(("PAY-PRX-02", BURST), OPT_IN, f"{PROXIES['unknown']} {TABLE}"),
    "proxies.deregistered": Gap(("PAY-PRX-02",), OPT_IN, f"{PROXIES['deregistered']} {TABLE}"),
    "proxies.blocked": Gap(("PAY-PRX-02",), OPT_IN, f"{PROXIES['blocked']} {TABLE}"),
    "lookups_per_payer": Gap((BURST,), OPT_IN, "lookups_per_payer = 5, more than which are then made"),
}
"""Key of the manifest -> its gap."""


def gaps(target: Target, service: Service) -> tuple[Gap, ...]:
    """The gaps of one service."""
    return in_order(_gaps(target, service)) if service.role == GATEWAY else ()


def bound() -> tuple[str, ...]:
    """The requirements of a gateway that are judged here."""
    found = load_profile("asean").requirements.values()
    return tuple(each.id for each in found if GATEWAY in each.roles and not each.derives)


def _gaps(target: Target, service: Service) -> Iterator[Gap]:
    given = service.settings
    if not given.get("callback"):
        line = 'callback = { listen = "127.0.0.1:9010", url = "http://127.0.0.1:9010/iso20022" }'
        yield Gap(bound(), NO_CALLBACK, f"{line}, registered with the gateway")
        return
    yield from unchangeable(target, given["base"], bound())
    yield from left_out(given, LEFT_OUT)
    if not given.get("masked_name") and not given.get("full_name"):
        line = 'masked_name = "Ex***** Pa***" and full_name = "Example Payee", of the registered proxy'
        yield Gap(("PAY-PRX-03",), OPT_IN, line)
