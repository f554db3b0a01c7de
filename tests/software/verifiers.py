"""Libraries that nobody here wrote, behind the harness: how each is started, and how its answers are compared."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import conformance
from conformance.core.paths import vectors_dir
from conformance.eid.credentials.observe import narrowed
from conformance.eid.credentials.vectors import questions, sources
from conformance.wire.harness import Harness, Limits

ROOT = Path(conformance.__file__).parent.parent
NODE_MODULES = ROOT / ".oracle" / "credentials" / "node_modules"
HERE = Path(__file__).parent / "credentials"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A library with the harness around it. module: what must be installed for it, of Python or of npm."""

    name: str
    harness: Path
    module: str
    operations: tuple[str, ...]


VERIFIERS = (
    Verifier(
        "joserfc and sd-jwt",
        vectors_dir() / "harness" / "python_harness.py",
        "sd_jwt",
        ("jws.verify", "id_token.validate", "sd_jwt_vc.verify"),
    ),
    Verifier(
        "jose",
        vectors_dir() / "harness" / "node_harness.mjs",
        "jose",
        ("jws.verify", "id_token.validate", "dpop.verify"),
    ),
    Verifier("@sd-jwt/sd-jwt-vc", HERE / "sd_jwt_vc.mjs", "@sd-jwt/sd-jwt-vc", ("sd_jwt_vc.verify",)),
    Verifier("@auth0/mdl", HERE / "mdl.mjs", "@auth0/mdl", ("mdoc.verify",)),
    Verifier("claim169", HERE / "claim169_reader.py", "claim169", ("claim169_qr.verify",)),
)


@dataclass(slots=True)
class Compared:
    """What came of one library. groups: answers by word, of each group of an operation. differing: case -> the word
    that was not due.
    """

    groups: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    differing: dict[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> Counter[str]:
        """Answers by word."""
        return sum(self.groups.values(), Counter())


def command(verifier: Verifier, folder: Path) -> list[str]:
    """The command of its harness, run from `folder`; skips the test, with the reason, where something is absent."""
    if verifier.harness.suffix == ".py":
        if importlib.util.find_spec(verifier.module) is None:
            pytest.skip(f"{verifier.module} is not installed")
        start = f"import sys, runpy; sys.path.insert(0, {str(ROOT)!r}); runpy.run_path({str(verifier.harness)!r})"
        return [sys.executable, "-c", start]
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node")
    if not (NODE_MODULES / verifier.module).is_dir():
        pytest.skip(f"{verifier.module} is not installed: run .ci/install")
    (folder / "node_modules").symlink_to(NODE_MODULES)
    script = folder / verifier.harness.name
    script.write_bytes(verifier.harness.read_bytes())
    return [node, str(script)]


def compare(verifier: Verifier, folder: Path) -> Compared:
    """Ask every vector of its operations."""
    found = Compared()
    now = int(time.time())
    limits = Limits(start_seconds=60, run_seconds=30, total_seconds=300)
    with Harness(command(verifier, folder), folder, limits) as harness:
        for operation, name in operations(verifier.operations):
            counts = found.groups.setdefault((operation, name), Counter())
            for question in questions(name, now):
                reply = harness.run(operation, question.given)
                counts[reply.word] += 1
                right = reply.word == question.due and (
                    reply.text in ("invalid", *question.reasons)
                    if reply.word == "rejected"
                    else narrowed(reply.output, question.wanted) == question.wanted
                )
                if not right:
                    wrong_reason = reply.word == question.due == "rejected"
                    found.differing[question.id] = f"rejected: {reply.text}" if wrong_reason else reply.word
    return found


def operations(names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each operation with each of its groups."""
    for source in sources():
        if source.data["operation"] in names:
            yield from ((source.data["operation"], group) for group in source.groups)


def kept(entries: list[Mapping[str, object]]) -> dict[str, str]:
    """Case -> word, of the disagreements that were judged by hand."""
    found: dict[str, str] = {}
    for entry in entries:
        cases = entry["cases"]
        assert isinstance(cases, list)
        found |= dict.fromkeys(cases, str(entry["answer"]))
    return found
