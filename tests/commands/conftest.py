"""Two endpoints on loopback for all tests of the commands, and a way to call these."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import conformance
from conformance.cli import main
from conformance.core.area import Stand
from conformance.sandbox import Sandbox, Spec, stand_for

PACKAGE = Path(conformance.__file__).resolve().parent
ENVIRONMENT = os.environ | {
    "PYTHONPATH": os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")])),
    "PYTEST_ADDOPTS": "",
}
"""For processes: they import the package that is tested, wherever they run."""

FAULTS = ("tls10", "short-hsts")
RED = ("TLS-VER-03", "TLS-HTT-01")


@dataclass(frozen=True, slots=True)
class Served:
    """Manifests of a conforming endpoint and of one with FAULTS, both served."""

    good: Path
    faulty: Path


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    text: str

    @property
    def data(self) -> Any:
        """The JSON that it printed."""
        return json.loads(self.text)


Call = Callable[..., Said]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    good = Stand("xa-good", "XA", "service", "tls-endpoint", "good")
    specs = (
        Spec("xa-good", "XA", "Good", (good,)),
        Spec("xb-faulty", "XB", "Faulty", (stand_for("xb-faulty", "XB", FAULTS),)),
    )
    with Sandbox(specs, folder, trusted=True):
        yield Served(*(folder / spec.target / "manifest.toml" for spec in specs))


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call `conformance` in an empty folder. Its tracebacks are caught nowhere, so that a test shows them."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object) -> Said:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "Traceback" not in result.output
        return Said(result.exit_code, result.output)

    return invoke


@pytest.fixture(scope="session")
def run_of_faulty(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one whole run on the faulty endpoint. Tests copy it before they change it."""
    folder = tmp_path_factory.mktemp("runs") / "faulty"
    result = CliRunner().invoke(main, ["run", "--target", str(served.faulty), "--out", str(folder), "--quiet"])
    assert result.exit_code == 1, result.output
    return folder
