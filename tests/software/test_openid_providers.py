"""oidc-provider, which nobody here wrote, gets the verdicts written by hand in `openid/expected.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.model import Basis, Cell, Level, Status
from conformance.core.network import Door
from conformance.core.profile import load_profile
from conformance.tls.pki import Pki
from tests.software.handwritten import LISTS, differences
from tests.software.launchers import ServerAbsent
from tests.software.openid_providers import FOLDER, MutualTls, serve_provider
from tests.written import seen

CONFIGURATIONS = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))["configuration"]


def cells_of(configuration: Mapping[str, Any], pki: Pki, folder: Path) -> Mapping[str, Cell]:
    """Serve the configuration and run its profile against it.

    Raises:
        ServerAbsent, ServerFailed.
    """
    nonces = bool(configuration.get("nonces"))
    mtls = MutualTls(**configuration["mtls"]) if "mtls" in configuration else None
    with serve_provider(folder, pki, mode=configuration["mode"], nonces=nonces, mtls=mtls) as served:
        request = Request(profile=configuration["profile"], targets=(served.manifest,), out=folder / "run")
        ran = execute(request, Door(ca_file=str(served.roots)), front="loop", quiet=True)
    return {cell.requirement: cell for cell in ran.run.cells if cell.requirement.startswith("EID-")}


@pytest.mark.software
@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=lambda each: each["id"])
def test_provider_gets_the_verdicts_of_its_configuration(
    configuration: Mapping[str, Any], pki: Pki, tmp_path: Path
) -> None:
    try:
        cells = cells_of(configuration, pki, tmp_path)
    except ServerAbsent as absent:
        pytest.skip(str(absent))
    assert len(cells) >= 112
    assert not differences(configuration, cells), "\n".join(differences(configuration, cells))
    failing = [each for each, cell in cells.items() if cell.status is Status.FAIL]
    assert failing == configuration.get("fail", [])
    assert b"secret-of-suite" not in seen(tmp_path / "run")


def test_expectations_name_requirements_of_the_profile() -> None:
    for configuration in CONFIGURATIONS:
        known = set(load_profile(configuration["profile"]).requirements)
        named = {each for name in LISTS for each in configuration.get(name, ())} | set(configuration.get("reasons", {}))
        assert named <= known


def test_a_difference_is_found() -> None:
    configuration = CONFIGURATIONS[0]
    cell = Cell("XA", "t", "s", "EID-DISC-01", 1, Level.MUST, Status.FAIL, Basis.LIVE)
    assert differences(configuration, {"EID-DISC-01": cell})
    assert not differences(
        configuration, {"EID-DISC-01": Cell("XA", "t", "s", "EID-DISC-01", 1, Level.MUST, Status.PASS, Basis.LIVE)}
    )
