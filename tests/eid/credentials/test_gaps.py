"""The manifest of an implementation behind the harness can leave out nothing that a row needs."""

from __future__ import annotations

import pytest

from tests.gaps import stood


@pytest.mark.parametrize("role", ["credential-library", "id-qr-reader"])
def test_a_manifest_is_complete_with_its_command(role: str) -> None:
    with stood(role) as found:
        assert set(found.target.services[0].settings) == {"command"}
        assert found.announced(found.target) == {}
        only = "EID-QR-*" if role == "id-qr-reader" else "EID-DPOP-*"
        assert found.came(found.target, only) == {}
