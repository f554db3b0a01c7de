"""Senders of the sandbox: the conforming one is green, and each fault turns its requirements red and no others."""

from __future__ import annotations

import pytest

from conformance.core.model import Level, Profile, Status
from conformance.core.profile import load_profile
from conformance.payments.iso20022 import sandbox
from tests.payments.iso20022.sandboxes import cells_of

ROLE = "iso20022-sender"
PROFILE: Profile = load_profile("asean")
BOUND = {key: value for key, value in PROFILE.requirements.items() if ROLE in value.roles}
NAMED = {fault for requirement in BOUND.values() for fault in requirement.faults}


def test_a_conforming_sender_is_green() -> None:
    assert {(key, cell.status) for key, cell in cells_of(ROLE).items()} == {(key, Status.PASS) for key in BOUND}


@pytest.mark.parametrize("fault", sandbox.faults())
def test_each_fault_turns_its_requirements_red_and_no_others(fault: str) -> None:
    naming = {key for key, requirement in BOUND.items() if fault in requirement.faults}
    beside = {other for requirement in BOUND.values() for other in requirement.collateral.get(fault, ())}
    red = {key for key, cell in cells_of(ROLE, fault).items() if cell.status in (Status.FAIL, Status.WARNING)}
    if fault in NAMED:
        assert red == naming | beside
    else:
        assert red


def test_each_fault_leaves_everything_else_decided() -> None:
    """A message that cannot be read is one requirement's finding; the others still judge what is left."""
    cells = cells_of(ROLE, "message-xml-bomb")
    assert [cell.requirement for cell in cells.values() if cell.status is Status.ERROR] == []
    assert cells["PAY-ISO-13-S"].level == Level.SHOULD
