"""One look at the conforming sandbox, shared by the tests of the judges."""

from __future__ import annotations

import pytest

from conformance.core.codec import decode, encode
from conformance.payments.fspiop.area import FSPIOP
from conformance.payments.fspiop.evidence import Fspiop
from tests.payments.stands import observed, served


@pytest.fixture(scope="session")
def good() -> Fspiop:
    """What the sandbox shows, written and read back as a run does."""
    with served("fspiop") as (target, door):
        found = observed(FSPIOP, target, door, "fspiop")
    assert not found.failures
    return decode(encode(found.records["fspiop"]), Fspiop)
