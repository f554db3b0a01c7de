"""What the tests of other software share."""

from __future__ import annotations

import pytest

from conformance.tls.pki import Pki


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Authorities and keys of the test servers, made once."""
    return Pki.cached(tmp_path_factory.mktemp("pki"))
