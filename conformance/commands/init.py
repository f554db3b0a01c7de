"""`conformance init ROLE`: a commented manifest to start from."""

from __future__ import annotations

import json
import re
from pathlib import Path
from shlex import quote

import click

from conformance.core.countries import load_countries
from conformance.core.errors import ConfigError, nearest, shown
from conformance.core.paths import profiles_dir


def init_manifest(role: str, country: str, out: Path | None, form: str) -> None:
    """Write the role's template with the country filled in, or list the roles.

    Raises:
        ConfigError: no such role or country, or the file exists or cannot be written.
    """
    templates = {path.stem: path for path in sorted((profiles_dir() / "targets").glob("*.toml"))}
    if not role:
        click.echo(json.dumps(list(templates)) if form == "json" else "\n".join(templates))
        return
    if role not in templates:
        raise ConfigError("init", "ROLE", shown(role), f"one of {', '.join(templates)}", nearest(role, templates))
    country = known_country(country)
    text = templates[role].read_text(encoding="utf-8")
    file = out or Path(f"{country.lower()}-{role}.toml")
    if file.is_dir():
        file /= f"{country.lower()}-{role}.toml"
    if file.exists():
        raise ConfigError(str(file), "", "a file that exists", "a new file: name one with --out")
    text = text.replace('country = "XA"', f'country = "{country}"').replace('id = "xa-', f'id = "{country.lower()}-')
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise ConfigError(
            "--out", "", f"{file} ({error.strerror})", "a new file in a folder that can be written"
        ) from None
    if form == "json":
        click.echo(json.dumps({"written": [str(file)]}, indent=1))
        return
    name = quote(str(file))
    click.echo(f"wrote {file}; edit it, then:\n  conformance plan --target {name}\n  conformance run --target {name}")


def known_country(code: str) -> str:
    """The code in capitals. Raises ConfigError for one that is neither of the register nor of the sandbox."""
    register = [country.code for country in load_countries()]
    if code.upper() not in register and not re.fullmatch("X[A-Z]", code.upper()):
        expected = f"one of {', '.join(register)}, or XA to XZ"
        raise ConfigError("init", "--country", shown(code), expected, nearest(code, register))
    return code.upper()
