"""What the manifest of a SNAP service may leave out, and which requirements then come to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.area import Gap, in_order, left_out
from conformance.core.model import Service, Target
from conformance.payments.authority import unchangeable
from conformance.payments.snap.asks import GROUPS

UNSEEN = "error(not-observable)"
OPERATIONS, DIALECT = "under [target.service.operations]", "under [target.service.dialect]"
CALLBACKS = ("PAY-CB-01", "PAY-CB-04")
CREATING = ("PAY-SNP-12", "PAY-SNP-13", "PAY-SNP-14", "PAY-SNP-16", "PAY-SNP-17", *CALLBACKS)
CALLBACK = (
    'callback = { listen = "127.0.0.1:8600", url = "https://suite.example/v1.0/qr/qr-mpm-notify", '
    'keys = ["file:service.pem"] }'
)
TRANSACTION = (
    'transaction = { path = "/v1.0/qr/qr-mpm-generate", service = "47", body = \'{"partnerReferenceNo":"$reference",'
    f'"amount":{{"value":$amount,"currency":"IDR"}}}}\' }} {OPERATIONS}'
)

LEFT_OUT: Mapping[str, Gap] = {
    "operations.list": Gap(
        ("PAY-SNP-04", "PAY-SNP-09"),
        UNSEEN,
        f'list = {{ path = "/v1.0/transaction-history", service = "12", method = "GET" }} {OPERATIONS}',
    ),
    "operations.transaction": Gap(CREATING, UNSEEN, TRANSACTION),
    "operations.query": Gap(
        ("PAY-SNP-17", "PAY-CB-04"),
        UNSEEN,
        'query = { path = "/v1.0/qr/qr-mpm-query", service = "51", body = \'{"originalPartnerReferenceNo":"$original",'
        f'"originalExternalId":"$external"}}\' }} {OPERATIONS}',
    ),
    "operations.qr_decode": Gap(
        ("PAY-SNP-18",),
        UNSEEN,
        'qr_decode = { path = "/v1.0/qr/qr-mpm-decode", service = "48", body = \'{"qrContent":$qr}\' } ' + OPERATIONS,
    ),
    "qr_payload": Gap(("PAY-SNP-18",), UNSEEN, 'qr_payload = "000201...", which qr_decode knows; never a payable one'),
    "dialect.window_seconds": Gap(("PAY-SNP-11",), "fail", f"window_seconds = 300 {DIALECT}"),
    "dialect.duplicate": Gap(("PAY-SNP-12",), "fail", f'duplicate = "conflict" (or "original") {DIALECT}'),
    "dialect.day_zone": Gap(("PAY-SNP-13",), UNSEEN, f'day_zone = "Asia/Jakarta" {DIALECT}'),
}
"""Key of the manifest -> its gap."""


def gaps(target: Target, service: Service) -> tuple[Gap, ...]:
    """The gaps of one service."""
    return in_order(_gaps(target, service))


def _gaps(target: Target, service: Service) -> Iterator[Gap]:
    given = service.settings
    symmetric = given["dialect"].get("mode", "symmetric") == "symmetric"
    if symmetric and not given.get("client_secret"):
        yield Gap((*GROUPS, *CALLBACKS), "not-tested(no-credential)", 'client_secret = "env:SUITE_SNAP_SECRET"')
        return
    if not given.get("callback"):
        yield Gap(CALLBACKS, "not-tested(no-callback)", CALLBACK)
    yield from unchangeable(target, given["base_url"], CREATING)
    if symmetric and not given.get("expiring_client_key"):
        line = 'expiring_client_key = "short", a client with the same key whose tokens live for 30 s at most'
        yield Gap(("PAY-SNP-03",), "not-tested(opt-in)", line)
    yield from left_out(given, LEFT_OUT)
    if "$amount" not in given["operations"].get("transaction", {}).get("body", "$amount"):
        line = f"$amount in the body of transaction {OPERATIONS}, in place of the amount"
        yield Gap(("PAY-SNP-14", "PAY-SNP-16"), UNSEEN, line)
