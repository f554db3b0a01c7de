"""Real servers get the verdicts that were written by hand from their configurations (`expected/*.toml`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.model import Basis, Cell, Level, Status
from conformance.core.network import Door
from conformance.core.profile import load_profile
from conformance.tls.pki import Pki
from tests.software.configurations import Configuration, load_configurations
from tests.software.launchers import Running, ServerAbsent, serve
from tests.software.material import Files, write_clients, write_files

CONFIGURATIONS = load_configurations()
DNS_ROWS = {"TLS-CRT-19"}
"""What no TLS server shows: the records of its name, for which the sandbox has a name server."""


def toml(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def write_manifest(configuration: Configuration, running: Running, files: Files) -> Path:
    """The target manifest of the running server."""
    service = {
        "id": "server",
        "role": "tls-endpoint",
        "address": f"127.0.0.1:{running.port}",
        "server_name": "localhost",
        **configuration.manifest,
    }
    # A root file is named relative to the manifest.
    texts = {"trust": Path(files.fill(str(service["trust"]))).name} if "trust" in service else {}
    text = '[target]\nid = "software"\ncountry = "XA"\nname = "Software under test"\n[[target.service]]\n'
    text += "".join(f"{key} = {files.fill(toml(value))}\n" for key, value in {**service, **texts}.items())
    text += "[target.claims]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in configuration.claims.items())
    path = files.folder / "target.toml"
    path.write_text(text, encoding="utf-8")
    return path


def verdicts(configuration: Configuration, pki: Pki, folder: Path) -> Mapping[str, Cell]:
    """Serve the configuration and run the whole profile against it.

    Raises:
        ServerAbsent, ServerFailed: see `serve`.
    """
    files = write_files(pki, configuration.certificates, folder)
    write_clients(pki, folder)
    with serve(configuration, files) as running:
        request = Request(targets=(write_manifest(configuration, running, files),), out=folder / "run")
        ran = execute(request, Door(ca_file=files.texts["roots"]), front="loop", quiet=True)
        return {cell.requirement: cell for cell in ran.run.cells}


def differences(configuration: Configuration, cells: Mapping[str, Cell], today: date) -> list[str]:
    """A line for each requirement that did not come out as written, and for each that did not come out at all."""
    found = []
    for requirement in sorted({*cells, *configuration.expected, *(configuration.not_applicable or ())}):
        allowed = configuration.allowed(requirement, today)
        cell = cells.get(requirement)
        if cell is None:
            found.append(f"{requirement:12} expected {' or '.join(sorted(allowed)):22} got nothing")
        elif cell.status not in allowed:
            facts = "; ".join(f"{each.message} [{each.observed}]" for each in cell.violations) or cell.detail
            found.append(f"{requirement:12} expected {' or '.join(sorted(allowed)):22} got {cell.status}: {facts}")
    return found


@pytest.mark.software
@pytest.mark.parametrize("configuration", CONFIGURATIONS.values(), ids=list(CONFIGURATIONS))
def test_server_gets_the_verdicts_of_its_configuration(configuration: Configuration, pki: Pki, tmp_path: Path) -> None:
    try:
        cells = verdicts(configuration, pki, tmp_path)
    except ServerAbsent as absent:
        pytest.skip(str(absent))
    found = differences(configuration, cells, Door().now().date())
    assert not found, f"{configuration.id}: {configuration.why}\n" + "\n".join(found)


def test_expectations_name_requirements_of_the_profile() -> None:
    known = set(load_profile("asean").requirements)
    for configuration in CONFIGURATIONS.values():
        named = {
            *configuration.expected,
            *(configuration.not_applicable or ()),
            *configuration.reasons,
            *configuration.shows,
        }
        assert named <= known, f"{configuration.id}: {sorted(named - known)}"


def test_what_a_configuration_shows_is_expected_of_it() -> None:
    """What is violated, or of a MAY, not taken."""
    rows = load_profile("asean").requirements
    for configuration in CONFIGURATIONS.values():
        for requirement in configuration.shows:
            shown = ["not-applicable"] if rows[requirement].level is Level.MAY else ["fail", "warning"]
            assert configuration.expected.get(requirement, " ").split(" ")[0] in shown, (
                f"{configuration.id} is to show {requirement}, but does not expect it to be violated"
            )


def test_every_requirement_is_shown_by_software_or_fake_only() -> None:
    shown = {requirement for configuration in CONFIGURATIONS.values() for requirement in configuration.shows}
    rows = [each for each in load_profile("asean").requirements.values() if each.roles == ("tls-endpoint",)]
    fake_only = {requirement.id for requirement in rows if requirement.fake_only}
    assert not shown & fake_only, f"shown by software, yet called fake-only: {sorted(shown & fake_only)}"
    assert shown | fake_only | DNS_ROWS == {requirement.id for requirement in rows}


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        pytest.param({"TLS-VER-01": "fail"}, "TLS-VER-01", id="unexpected-fail"),
        pytest.param({"TLS-VER-03": "pass"}, "TLS-VER-03", id="expected-fail-passes"),
        pytest.param({"TLS-CIP-08": "pass"}, "TLS-CIP-08", id="not-applicable-passes"),
        pytest.param({"TLS-VER-03": None}, "got nothing", id="requirement-missing"),
        pytest.param({"TLS-CIP-06": "fail"}, "TLS-CIP-06", id="fails-before-in-force"),
    ],
)
def test_a_difference_is_found(cells: Mapping[str, str | None], line: str) -> None:
    configuration = Configuration(
        "x",
        "nginx",
        "",
        expected={"TLS-VER-03": "fail", "TLS-CIP-06": "warning until 2027-07-01"},
        not_applicable=frozenset({"TLS-CIP-08"}),
    )
    right = {"TLS-VER-01": "pass", "TLS-VER-03": "fail", "TLS-CIP-06": "warning", "TLS-CIP-08": "not-applicable"}
    assert not differences(configuration, cells_of(right), date(2026, 11, 24))
    found = differences(configuration, cells_of({**right, **cells}), date(2026, 11, 24))
    assert len(found) == 1
    assert line in found[0]


def cells_of(statuses: Mapping[str, str | None]) -> dict[str, Cell]:
    return {
        requirement: Cell("XA", "target", "service", requirement, 1, Level.MUST, Status(status), Basis.LIVE)
        for requirement, status in statuses.items()
        if status
    }
