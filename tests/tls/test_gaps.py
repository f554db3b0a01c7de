"""What `plan` announces of endpoints whose manifest leaves things out is what a run gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.gaps import Stood, stood


@pytest.fixture(scope="module")
def mutual() -> Iterator[Stood]:
    with stood("tls-endpoint", "client-certificates") as found:
        yield Stood(found.area, replace(found.target, claims={"tls13": True}), found.door)


@pytest.fixture(scope="module")
def whole(mutual: Stood) -> dict[str, str]:
    """What comes to nothing though the manifest is complete, for a reason that no manifest changes."""
    return mutual.came(mutual.target)


STATED = {"TLS-MTL-04", "TLS-HTT-05"}
"""What binds endpoints that ask for no certificate, and pages that set cookies."""

ONE_ADDRESS = {"TLS-CRT-21": "not-applicable"}
"""The sandbox's endpoints have no second address to name."""


def test_a_complete_manifest_leaves_nothing_out(mutual: Stood, whole: dict[str, str]) -> None:
    assert mutual.announced(mutual.target) == ONE_ADDRESS
    assert {each for each in whole if each.startswith(("TLS-MTL-", "TLS-HTT-", "GEN-"))} <= STATED


@pytest.mark.parametrize(
    "keys",
    [
        ("client_certificate", "plain_http"),
        ("untrusted_client_certificates",),
        ("untrusted_client_certificates.expired",),
    ],
    ids=" ".join,
)
def test_what_is_announced_comes(mutual: Stood, whole: dict[str, str], keys: tuple[str, ...]) -> None:
    target = mutual.without(*keys)
    assert mutual.came(target) == whole | mutual.announced(target)


def test_without_mutual_authentication_and_claims() -> None:
    with stood("tls-endpoint") as found:
        announced = found.announced(found.target)
        assert announced.keys() == {"TLS-CRT-21", "TLS-MTL-01", "TLS-MTL-02", "TLS-MTL-03", "GEN-CLM-01"}
        assert found.came(found.target, *announced) == announced


def test_an_endpoint_without_a_name() -> None:
    with stood("tls-endpoint") as found:
        nameless = replace(found.target.services[0], server_name="127.0.0.1")
        target = replace(found.target, services=(nameless,))
        announced = found.announced(target)
        assert announced.keys() - found.announced(found.target).keys() == {"TLS-EXT-07", "TLS-EXT-08", "TLS-CRT-19"}
        assert found.came(target, *announced) == announced
