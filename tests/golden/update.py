"""Write the golden files anew: `python -m tests.golden.update`, by hand, and then read the diff.

`profile-*.json` are the resolved shipped profiles, so that a change of any requirement shows in review.
`profiles/schema/checked.json` lists the shipped files that were held against their schemas here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from conformance.core.codec import encode, sha256
from conformance.core.paths import profiles_dir
from conformance.core.profile import load_profile, shipped_profiles
from conformance.core.schema import CHECKED, mistakes, parse_toml, plain, read_octets, refuse, validate

GOLDEN = Path(__file__).parent


def shipped_files() -> dict[Path, str]:
    """Every file under `profiles/` that people write -> its schema."""
    folder = profiles_dir()
    found = {path: "profile" if path.name == "profile.toml" else "catalogue" for path in folder.glob("*/*.toml")}
    found |= dict.fromkeys(folder.glob("targets/*.toml"), "target")
    found |= dict.fromkeys(folder.glob("qr/*.toml"), "qr-scheme")
    found |= dict.fromkeys(folder.glob("*.toml"), "overlay")
    found[folder / "countries.toml"] = "countries"
    found[folder / "pairs.toml"] = "pairs"
    return dict(sorted(found.items()))


def checked() -> str:
    """The text of `checked.json`, after holding each file against its schema."""
    listed: dict[str, list[str]] = {}
    for path, schema in shipped_files().items():
        octets = read_octets(path)
        data = plain(parse_toml(octets, str(path)), str(path))
        validate(data, schema, str(path))
        for position, service in enumerate(data["target"]["service"] if schema == "target" else ()):
            refuse(mistakes(data, f"service-{service['role']}", str(path), ("target", "service", position)))
        listed.setdefault(schema, []).append(sha256(octets))
    return json.dumps(listed, indent=1, sort_keys=True) + "\n"


def resolved(name: str) -> str:
    """The text of a golden file: a resolved profile as JSON that people can read."""
    return json.dumps(json.loads(encode(load_profile(name))), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write them all, and say which changed."""
    files = {profiles_dir() / "schema" / CHECKED: checked()}
    files |= {GOLDEN / f"profile-{name}.json": resolved(name) for name in shipped_profiles()}
    for path, text in files.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path}\n")


if __name__ == "__main__":
    main()
