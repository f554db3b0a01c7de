"""What `plan` announces of gateways whose manifest leaves things out is what a run gives."""

from __future__ import annotations

import pytest

from conformance.payments.iso20022.gaps import bound
from tests.gaps import elsewhere, stood


@pytest.mark.parametrize("role", ["ips-gateway", "iso20022-sender"])
def test_a_complete_manifest_leaves_nothing_out(role: str) -> None:
    with stood(role) as found:
        assert found.announced(found.target) == {}


SETS = (
    ("callback", "proxies"),
    ("canary", "proxies", "answer_seconds"),
    ("masked_name", "full_name", "lookups_per_payer", "agreement", "proxies.blocked"),
    ("proxies.registered", "proxies.unknown", "callback.signature"),
)


@pytest.mark.parametrize("keys", SETS, ids=" ".join)
def test_what_is_announced_comes(keys: tuple[str, ...]) -> None:
    with stood("ips-gateway") as found:
        target = found.without(*keys)
        assert found.announced(target)
        assert found.came(target) == found.announced(target)


def test_one_kind_of_proxy_alone() -> None:
    with stood("ips-gateway") as found:
        target = found.without("masked_name", "proxies.deregistered", "lookups_per_payer")
        announced = found.announced(target)
        assert announced == dict.fromkeys(("PAY-PRX-02", "PAY-PRX-04"), "not-tested(opt-in)")
        assert found.came(target, *announced) == announced


def test_the_lines_take_the_gaps_away() -> None:
    with stood("ips-gateway") as found:
        for keys in SETS:
            assert found.announced(found.filled(found.without(*keys))) == {}


def test_payments_that_are_not_authorised(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere(monkeypatch)
    with stood("ips-gateway") as found:
        target = found.without("canary", "proxies")
        assert found.announced(target) == dict.fromkeys(bound(), "not-tested(not-authorised)")
        assert found.came(target) == found.announced(target)
