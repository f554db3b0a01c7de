"""What `plan` announces of relying parties whose manifest leaves things out is what a run gives."""

from __future__ import annotations

import pytest

from tests.gaps import stood


def test_a_complete_manifest_leaves_nothing_out() -> None:
    with stood("relying-party") as found:
        assert found.announced(found.target) == {}


@pytest.mark.parametrize(
    "keys",
    [("callback",), ("callback.second_issuer",), ("initiate_login_uri",), ("callback", "initiate_login_uri")],
    ids=" ".join,
)
def test_what_is_announced_comes(keys: tuple[str, ...]) -> None:
    with stood("relying-party") as found:
        target = found.without(*keys)
        announced = found.announced(target)
        assert announced
        assert found.came(target, *(announced if len(announced) == 1 else ())) == announced
        assert found.announced(found.filled(target)) == {}
