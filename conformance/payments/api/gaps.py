"""What the manifest of a payment API may leave out, and which requirements then come to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.area import Gap, in_order, left_out
from conformance.core.model import Service, Target
from conformance.payments.api.asks import CALLBACKS, GROUPS
from conformance.payments.authority import unchangeable

UNSEEN = "error(not-observable)"
OPERATIONS, DIALECT = "under [target.service.operations]", "under [target.service.dialect]"
CALLBACK = (
    'callback = { listen = "127.0.0.1:8600", url = "https://suite.example/cb", scheme = "standard-webhooks", '
    'keys = ["env:SUITE_HOOK_KEY"] }'
)
CONSTRAINED = ("PAY-TLS-04", "PAY-TLS-04-S")
READING = ("PAY-API-07", "PAY-API-07-S", "PAY-API-09", *CONSTRAINED)
"""Requirements for which no payment is created."""

RECEIVED = ("PAY-CB-02", "PAY-CB-06")
RECEIVER: Mapping[str, Gap] = {
    "operations.receiver": Gap(
        RECEIVED,
        UNSEEN,
        'receiver = { path = "/webhooks", method = "POST", body = \'{"data":{"reference":"$reference",'
        f'"status":"$state"}}}}\' }} {OPERATIONS}',
    ),
    "receiver_secret": Gap(RECEIVED, UNSEEN, 'receiver_secret = "env:SUITE_RECEIVER_SECRET"'),
}
REST: Mapping[str, Gap] = {
    "operations.get": Gap(("PAY-CB-04", "PAY-CB-06"), UNSEEN, f'get = {{ path = "/payments/$id" }} {OPERATIONS}'),
    "dialect.max_page": Gap(("PAY-API-09",), "fail", f"max_page = 100 {DIALECT}"),
    "throttle_after": Gap(
        ("PAY-API-07", "PAY-API-07-S"),
        "not-tested(opt-in)",
        "throttle_after = 20, after so many reads at once a limit is to be met",
    ),
}
"""Key of the manifest -> its gap; the receiver's are looked at before anything is asked for, the rest after."""


def gaps(target: Target, service: Service) -> tuple[Gap, ...]:
    """The gaps of one service."""
    return in_order(_gaps(target, service))


def _gaps(target: Target, service: Service) -> Iterator[Gap]:
    given = service.settings
    if not given.get("callback"):
        yield Gap(tuple(sorted(CALLBACKS)), "not-tested(no-callback)", CALLBACK)
    yield from left_out(given, RECEIVER)
    yield from unchangeable(target, given["base_url"], tuple(each for each in GROUPS if each not in READING))
    yield from left_out(given, REST)
    if not given.get("access_token"):
        yield Gap(CONSTRAINED, "not-applicable", 'access_token = "env:SUITE_TOKEN"')
    if not (given.get("dpop_key") or (given.get("certificate_bound") and given.get("client_certificate"))):
        line = 'dpop_key = "env:SUITE_DPOP_KEY", if access_token is bound to one (or certificate_bound = true)'
        yield Gap(CONSTRAINED[:1], "not-applicable", line)
