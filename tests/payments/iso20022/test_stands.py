"""Senders and gateways of the sandbox that conform are green. `tests/test_faults.py` runs every fault."""

from __future__ import annotations

import pytest

from conformance.core.model import Status
from conformance.core.profile import load_profile
from tests.payments.iso20022.sandboxes import cells_of

ROLES = ("iso20022-sender", "ips-gateway")


@pytest.mark.parametrize("role", ROLES)
def test_a_conforming_stand_is_green(role: str) -> None:
    bound = {
        key
        for key, value in load_profile("asean").requirements.items()
        if role in value.roles and key.startswith(("PAY-ISO", "PAY-PRX"))
    }
    cells = cells_of(role)
    assert {(key, cell.status, cell.detail) for key, cell in cells.items() if key in bound} == {
        (key, Status.PASS, "") for key in bound
    }


def test_what_cannot_be_read_leaves_everything_else_decided() -> None:
    """A message that cannot be read is one requirement's finding; the others still judge what is left."""
    cells = cells_of("iso20022-sender", "message-xml-bomb")
    other = {cell.requirement: cell.status for cell in cells.values() if cell.status is not Status.PASS}
    assert other == {"PAY-ISO-15-G": Status.FAIL, "PAY-ISO-05-G": Status.NOT_APPLICABLE}


def test_unsigned_answers_decide_nothing_but_that_they_are_unsigned() -> None:
    cells = cells_of("ips-gateway", "gateway-unsigned")
    assert cells["PAY-ISO-21"].status is Status.FAIL
    assert cells["PAY-ISO-01-R"].reason == "control-failed"
    assert "signature absent" in cells["PAY-ISO-01-R"].detail
