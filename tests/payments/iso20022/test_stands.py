"""Senders and gateways of the sandbox that conform are green. `tests/test_faults.py` runs every fault."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.core.area import Kit
from conformance.core.model import Status
from conformance.core.profile import load_profile
from conformance.payments.iso20022 import stage
from conformance.payments.iso20022.stage import POLICIES
from conformance.wire.own_tls import own_certificate
from tests.payments.iso20022.sandboxes import cells_of

STANDS = (("iso20022-sender", "good"), *(("ips-gateway", policy) for policy in POLICIES))


@pytest.mark.parametrize(("role", "policy"), STANDS)
def test_a_conforming_stand_is_green(role: str, policy: str) -> None:
    bound = {
        key
        for key, value in load_profile("asean").requirements.items()
        if role in value.roles and key.startswith(("PAY-ISO", "PAY-PRX"))
    }
    cells = cells_of(role, policy=policy)
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


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ("other", ("error", "harness", "no handshake at callback.listen came to an end: tlsv1_alert_unknown_ca")),
        ("key", ("not-tested", "no-credential", "callback.tls is no certificate and its key (SSLError)")),
        ("plain", ("error", "harness", "no handshake at callback.listen came to an end: http_request")),
    ],
)
def test_a_certificate_that_is_not_taken_is_nothing_against_the_gateway(
    monkeypatch: pytest.MonkeyPatch, spoilt: str, told: tuple[str, str, str]
) -> None:
    """It takes payments and answers none, since it does not reach us; which would otherwise be its fault."""
    right, given = own_certificate(), stage._callback
    other = own_certificate.__wrapped__()
    shown = {"other": other, "key": (right[0], other[1]), "plain": right}[spoilt]

    def callback(policy: str, kit: Kit, listen: str) -> dict[str, Any]:
        found = given(policy, kit, listen)
        for name, pem in zip(("callback.pem", "callback.key"), shown, strict=True):
            (kit.folder / name).write_bytes(pem)
        url = found["url"].replace("https:", "http:") if spoilt == "plain" else found["url"]
        return {**found, "url": url}

    monkeypatch.setattr(stage, "_callback", callback)
    monkeypatch.setattr(stage, "SECONDS", {"HIGH": 0.5, "NORM": 0.5})
    cells = cells_of("ips-gateway", policy="https")
    bound = [cell for key, cell in cells.items() if key.startswith(("PAY-ISO", "PAY-PRX"))]
    assert len(bound) > 20
    assert {(str(cell.status), cell.reason, cell.detail) for cell in bound} == {told}
