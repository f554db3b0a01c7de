"""What `plan` announces of SNAP services whose manifest leaves things out is what a run gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.payments.snap.gaps import CREATING, LEFT_OUT
from tests.gaps import Stood, elsewhere, stood

DIALECT = tuple(key for key in LEFT_OUT if key.startswith("dialect."))


@pytest.fixture(scope="module")
def good() -> Iterator[Stood]:
    with stood("snap-api") as found:
        yield found


@pytest.mark.parametrize("policy", ["good", "asymmetric"])
def test_a_complete_manifest_leaves_nothing_out(policy: str) -> None:
    with stood("snap-api", policy) as found:
        assert found.announced(found.target) == {}
        if policy == "asymmetric":
            assert found.announced(found.without("client_secret", "expiring_client_key")) == {}


SETS = (
    ("client_secret",),
    ("callback", "expiring_client_key", "qr_payload", "operations.list", *DIALECT),
    ("operations.query", "operations.qr_decode", "operations.history"),
    ("operations.transaction",),
)


@pytest.mark.parametrize("keys", SETS, ids=" ".join)
def test_what_is_announced_comes(good: Stood, keys: tuple[str, ...]) -> None:
    target = good.without(*keys)
    assert good.came(target) == good.announced(target)


def test_the_lines_take_the_gaps_away(good: Stood) -> None:
    for keys in SETS:
        assert good.announced(good.filled(good.without(*keys))) == {}


def test_a_transaction_without_an_amount(good: Stood) -> None:
    operations = good.target.services[0].settings["operations"]
    fixed = {**operations["transaction"], "body": operations["transaction"]["body"].replace("$amount", '"10000.00"')}
    target = good.without(operations={**operations, "transaction": fixed})
    found = good.announced(target)
    assert found == dict.fromkeys(("PAY-SNP-14", "PAY-SNP-16"), "error(not-observable)")
    assert good.came(target, *found) == found


def test_payments_that_are_not_authorised(good: Stood, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere(monkeypatch)
    assert good.announced(good.target) == dict.fromkeys(CREATING, "not-tested(not-authorised)")
    assert good.came(good.target, *CREATING) == good.announced(good.target)
    target = good.without("callback", "operations.transaction", "dialect.duplicate")
    assert good.came(target, *CREATING) == good.announced(target)
