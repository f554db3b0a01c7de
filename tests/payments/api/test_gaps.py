"""What `plan` announces of payment APIs whose manifest leaves things out is what a run gives."""

from __future__ import annotations

import pytest

from conformance.payments.api.asks import GROUPS
from conformance.payments.api.gaps import READING
from tests.gaps import elsewhere, stood

LIMITED = ("PAY-API-07", "PAY-API-07-S")
CREATING = tuple(each for each in GROUPS if each not in READING)


def test_a_complete_manifest_leaves_nothing_out() -> None:
    with stood("payment-api") as found:
        assert found.announced(found.target) == {}
        assert found.announced(found.without("operations.find", "operations.register", "account")) == {}


SETS = (
    ("callback", "receiver_secret", "throttle_after", "dialect.max_page", "operations.register"),
    ("operations.get", "throttle_after", "operations.find", "account"),
    ("operations.receiver", "throttle_after", "dialect.success", "dialect.pending", "dialect.errors"),
    ("callback", "operations.get", "operations.receiver", "operations.throttled"),
)


@pytest.mark.parametrize("keys", SETS, ids=" ".join)
def test_what_is_announced_comes(keys: tuple[str, ...]) -> None:
    with stood("payment-api") as found:
        target = found.without(*keys)
        unmet = dict.fromkeys(LIMITED, "not-applicable") if "operations.throttled" in keys else {}
        assert found.came(target) == found.announced(target) | unmet


def test_the_lines_take_the_gaps_away() -> None:
    with stood("payment-api") as found:
        for keys in SETS:
            assert found.announced(found.filled(found.without(*keys))) == {}


def test_payments_that_are_not_authorised(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere(monkeypatch)
    with stood("payment-api") as found:
        assert found.announced(found.target) == dict.fromkeys(CREATING, "not-tested(not-authorised)")
        assert found.came(found.target, *CREATING) == found.announced(found.target)
        target = found.without("callback", "operations.receiver", "operations.get")
        assert found.came(target, *CREATING) == found.announced(target)


def test_a_token_that_nothing_is_said_of() -> None:
    with stood("payment-api") as found:
        assert found.announced(found.without("dpop_key")) == {"PAY-TLS-04": "not-applicable"}
        tokenless = dict.fromkeys(("PAY-TLS-04", "PAY-TLS-04-S"), "not-applicable")
        assert found.announced(found.without("access_token")) == tokenless
        assert found.came(found.without("access_token"), *tokenless) == tokenless
        assert found.announced(found.filled(found.without("dpop_key", "access_token"))) == {}
    with stood("payment-api", "certificate-bound") as found:
        assert found.announced(found.target) == {}
        undeclared = found.without("certificate_bound")
        assert found.came(undeclared, "PAY-TLS-04") == found.announced(undeclared) == {"PAY-TLS-04": "not-applicable"}
