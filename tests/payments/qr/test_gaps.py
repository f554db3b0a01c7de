"""What `plan` announces of readers that declare some schemes alone is what a run gives."""

from __future__ import annotations

import pytest

from tests.gaps import stood


@pytest.mark.parametrize("policy", ["good", "every-scheme"])
def test_a_complete_manifest_leaves_nothing_out(policy: str) -> None:
    with stood("qr-reader", policy) as found:
        assert found.announced(found.target) == {}


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
