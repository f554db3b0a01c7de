"""The lines that `plan` names for the templates of manifests are read, and take their gaps away."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core.area import Gap
from conformance.core.model import Target
from conformance.core.paths import profiles_dir
from conformance.core.target import load_target
from conformance.sandbox import area_of
from tests.gaps import end_of_toml, parsed

ROLES = sorted(path.stem for path in (profiles_dir() / "targets").glob("*.toml"))


def gaps_of(target: Target) -> tuple[Gap, ...]:
    service = target.services[0]
    return area_of(service.role).gaps(target, service)


def with_line(text: str, role: str, line: str) -> str:
    """The manifest with a line pasted where it belongs: into its table, or at the head of the service or the claims."""
    table, _ = parsed(line)
    said = line[: end_of_toml(line)]
    if "[target.claims]" in line:
        return text.replace("[target]\n", f"[target]\nclaims = {{ {said} }}\n")
    anchor = f"[target.service.{table}]" if table else f'role = "{role}"'
    head, found, rest = text.partition(anchor)
    assert found, line
    first, _, after = rest.partition("\n")
    return f"{head}{found}{first}\n{said}\n{after}"


@pytest.mark.parametrize("role", ROLES)
def test_lines_that_plan_names_can_be_pasted(role: str, tmp_path: Path) -> None:
    file = tmp_path / "manifest.toml"
    text = (profiles_dir() / "targets" / f"{role}.toml").read_text(encoding="utf-8")
    for _ in range(9):
        file.write_text(text, encoding="utf-8")
        if not (found := gaps_of(load_target(file))):
            break
        text = with_line(text, role, found[0].add)
    assert gaps_of(load_target(file)) == ()
