"""Where shipped data lies: `conformance/data` of an installed wheel, else the folders of the checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def data_dir(name: str, package: Path = PACKAGE) -> Path:
    """The folder of shipped data with this name, existing or not: `profiles` or `vectors`."""
    installed = package / "data" / name
    return installed if installed.is_dir() else package.parent / name


def profiles_dir() -> Path:
    """The catalogue, overlays, schemas, templates of manifests and the country register."""
    return data_dir("profiles")


def vectors_dir() -> Path:
    """Test vectors, and what the sandbox serves and must come to."""
    return data_dir("vectors")
