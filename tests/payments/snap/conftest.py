"""One look at the conforming sandbox, shared by the tests of the judges."""

from __future__ import annotations

import pytest

from conformance.core.codec import decode, encode
from conformance.payments.snap.area import SNAP
from conformance.payments.snap.evidence import Snap
from tests.payments.stands import observed, served


@pytest.fixture(scope="session")
def good() -> Snap:
    """What the sandbox shows, written and read back as a run does."""
    with served("snap-api") as (target, door):
        found = observed(SNAP, target, door, "snap-api")
    assert not found.failures
    return decode(encode(found.records["snap"]), Snap)
