"""`conformance init ROLE`: a commented manifest to start from."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.core.errors import ConfigError, nearest
from conformance.core.paths import profiles_dir


def init_manifest(role: str, country: str, out: Path | None) -> None:
    """Write the role's template with the country filled in, or list the roles."""
    templates = {path.stem: path for path in sorted((profiles_dir() / "targets").glob("*.toml"))}
    if not role:
        for name in templates:
            click.echo(name)
        return
    if role not in templates:
        raise ConfigError("init", "ROLE", f'"{role}"', f"one of {', '.join(templates)}", nearest(role, templates))
    text = templates[role].read_text(encoding="utf-8")
    file = out or Path(f"{country.lower()}-{role}.toml")
    if file.is_dir():
        file /= f"{country.lower()}-{role}.toml"
    if file.exists():
        raise ConfigError(str(file), "", "a file that exists", "a new file: name one with --out")
    text = text.replace('country = "XA"', f'country = "{country}"').replace('id = "xa-', f'id = "{country.lower()}-')
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    click.echo(f"wrote {file}; edit it, then:\n  conformance plan --target {file}\n  conformance run --target {file}")
