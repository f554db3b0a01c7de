"""What `plan` announces of readers that declare some schemes alone is what a run gives."""

from __future__ import annotations

import pytest

from tests.gaps import stood
from tests.payments.qr.known import SOUND

WHOLE = [("qr-issuer", "good"), ("qr-reader", "good"), ("qr-reader", "every-scheme")]


@pytest.mark.parametrize(("role", "policy"), WHOLE)
def test_a_complete_manifest_leaves_nothing_out(role: str, policy: str) -> None:
    with stood(role, policy) as found:
        assert found.announced(found.target) == {}


def test_an_issuer_without_payloads_and_without_payers_abroad() -> None:
    with stood("qr-issuer") as found:
        nothing = found.without("payload_file")
        assert found.came(nothing) == found.announced(nothing)
        assert len(found.announced(nothing)) > 1
        home = found.without("payload_file", payloads=({"payload": SOUND},))
        assert found.announced(home) == {"PAY-QR-15": "not-applicable"}
        assert found.came(home, "PAY-QR-15") == found.announced(home)


@pytest.mark.parametrize("schemes", [("emvco",), ("khqr", "sandbox-xb"), ("duitnow",)], ids=" ".join)
def test_what_is_announced_comes(schemes: tuple[str, ...]) -> None:
    with stood("qr-reader", "every-scheme") as found:
        target = found.without(schemes=schemes)
        assert found.announced(target)
        assert found.came(target) == found.announced(target)


def test_lines_name_the_schemes_that_have_cases() -> None:
    with stood("qr-reader", "every-scheme") as found:
        target = found.without(schemes=("khqr",))
        lines = {each: gap.add for gap in found.area.gaps(target, target.services[0]) for each in gap.requirements}
    assert lines["PAY-QR-18"] == '"emvco" to schemes, if it reads codes of such a scheme'
    assert '"duitnow"' in lines["PAY-QR-05-R"]
