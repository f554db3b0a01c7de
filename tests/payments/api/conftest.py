"""One look at the conforming sandbox, shared by the tests of the judges."""

from __future__ import annotations

import pytest

from conformance.core.codec import decode, encode
from conformance.payments.api.area import API
from conformance.payments.api.evidence import Api
from conformance.payments.callbacks import Callbacks
from tests.payments.api.seen import Seen
from tests.payments.stands import observed, served


@pytest.fixture(scope="session")
def good() -> Seen:
    """What the sandbox shows, written and read back as a run does."""
    with served("payment-api") as (target, door):
        found = observed(API, target, door, "payment-api")
    assert not found.failures
    return Seen(decode(encode(found.records["api"]), Api), decode(encode(found.records["callbacks"]), Callbacks))
