"""One look at the conforming sandbox, shared by the tests of the judges."""

from __future__ import annotations

import pytest

from conformance.core.codec import decode, encode
from conformance.payments.api.area import API
from conformance.payments.api.evidence import Api
from tests.payments.stands import observed, served


@pytest.fixture(scope="session")
def good() -> Api:
    """What the sandbox shows, written and read back as a run does."""
    with served("payment-api") as (target, door):
        found = observed(API, target, door, "payment-api")
    assert not found.failures
    return decode(encode(found.records["api"]), Api)
