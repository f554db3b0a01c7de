"""The libraries: where they are installed, which schemes each reads, and what they answer to the vectors.

`python -m tests.payments.qr.software.libraries` prints the table of readers, and what the generators wrote.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import conformance
from conformance.areas import AREAS
from conformance.core.area import Job
from conformance.core.judge import Bundle, Case, Outcome, judge_one
from conformance.core.judging import load_judges
from conformance.core.model import Requirement, Service, Target
from conformance.core.profile import load_profile
from conformance.payments.qr.answered import misread
from conformance.payments.qr.build import payload
from conformance.payments.qr.check import check
from conformance.payments.qr.evidence import Answers
from conformance.payments.qr.findings import Finding, Layer
from conformance.payments.qr.observe_reader import answers_of
from conformance.payments.qr.recognise import registry
from conformance.payments.qr.schemes import shipped_schemes
from conformance.payments.qr.vectors_bases import BASES

HERE = Path(__file__).parent
INSTALLED = Path(conformance.__file__).parent.parent / ".oracle" / "qr"
ALL = ("emvco", "paynow", "duitnow", "promptpay", "qris", "qrph", "vietqr", "khqr", "laoqr", "mmqr")


@dataclass(frozen=True, slots=True)
class Library:
    """A library as a reader. schemes: what it says that it reads."""

    name: str
    language: str
    schemes: tuple[str, ...]


READERS = (
    Library("promptparse", "js", ALL),
    Library("emvco-qr-sdk", "js", ALL),
    Library("emvqr", "js", ALL[1:]),
    Library("steplix-emvqr", "js", ALL),
    Library("promptpay-js", "js", ("promptpay",)),
    Library("bakong-khqr", "js", ("khqr",)),
    Library("ts-khqr", "js", ("khqr",)),
    Library("vietnam-qr-pay", "js", ("vietqr",)),
    Library("cemacqr", "py", ("emvco",)),
    Library("vietqr-emvco", "py", ("vietqr",)),
    Library("qriskit", "py", ("qris",)),
    Library("konthaina-khqr", "py", ("khqr",)),
    Library("sgqrgen", "py", ("paynow",)),
    Library("napas-qr-python", "py", ("vietqr",)),
)

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def absent(library: Library) -> str:
    """Why a library cannot be asked, empty where it can."""
    if library.language == "js":
        if not shutil.which("node"):
            return "node is not on the PATH"
        folder = INSTALLED / "node_modules" / library.name
    else:
        folder = INSTALLED / "python" / MODULES.get(library.name, library.name.replace("-", "_"))
    return "" if folder.is_dir() else f"{library.name} is not installed; .ci/install does that"


MODULES = {"napas-qr-python": "qr_pay"}


def command(library: Library) -> tuple[str, ...]:
    """What starts it behind the harness."""
    if library.language == "js":
        return (
            "/usr/bin/env",
            f"NODE_PATH={INSTALLED / 'node_modules'}",
            "node",
            str(HERE / "child.cjs"),
            library.name,
        )
    paths = f"PYTHONPATH={INSTALLED / 'python'}"
    return ("/usr/bin/env", paths, sys.executable, str(HERE / "child.py"), library.name)


@cache
def answers(library: Library) -> Answers:
    """What it answers to every case of its schemes."""
    service = Service("reader", "qr-reader", settings={"command": command(library), "schemes": library.schemes})
    target = Target("t", "XA", "T", (service,), path=str(HERE / "manifest.toml"))
    groups = {group for each in requirements() for group in each.params["groups"]}
    return answers_of(Job(target, service, frozenset(f"qr_answers:{group}" for group in groups)))


@cache
def requirements() -> tuple[Requirement, ...]:
    """Those that bind readers."""
    return tuple(each for each in load_profile("asean").requirements.values() if "qr-reader" in each.roles)


def outcomes(library: Library) -> Mapping[str, Outcome]:
    """Requirement -> what its judge makes of the answers."""
    judges = load_judges(AREAS)
    service = Service("reader", "qr-reader")
    target = Target("t", "XA", "T", (service,))
    bundle = Bundle({"qr_answers": answers(library)}, {}, AT, {})
    found = {}
    for each in requirements():
        case = Case(target, service, (each,), (each.id,), {}, {})
        found[each.id] = judge_one(each, judges[each.id], case, bundle)
    return found


def row(library: Library) -> str:
    """One line of the table: accepted and refused of what was due, and fields that are equal."""
    counts: Counter[str] = Counter()
    for answer in answers(library).items:
        if answer.case.result != "any" and answer.word != "unsupported":
            counts[f"{answer.case.result}:{answer.word}"] += 1
            if answer.case.result == answer.word == "output":
                counts["equal"] += not list(misread(answer))
    valid = sum(count for key, count in counts.items() if key.startswith("output:"))
    invalid = sum(count for key, count in counts.items() if key.startswith("rejected:"))
    return (
        f"{library.name:<18} accepts {counts['output:output']:>3} of {valid:>3} sound, "
        f"refuses {counts['rejected:rejected']:>3} of {invalid:>3} broken, fields equal {counts['equal']:>3}, "
        f"fails {counts['output:error'] + counts['rejected:error']:>2}"
    )


@cache
def written() -> Mapping[str, str]:
    """Library and what was asked -> the payload that it wrote, of those that are installed."""
    found: dict[str, str] = {}
    label = payload(BASES["paynow"].static)
    for words in (
        ("/usr/bin/env", f"NODE_PATH={INSTALLED / 'node_modules'}", "node", str(HERE / "generate.cjs")),
        ("/usr/bin/env", f"PYTHONPATH={INSTALLED / 'python'}", sys.executable, str(HERE / "generate.py"), label),
    ):
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode == 0:
            found |= json.loads(done.stdout)
    return found


def broken(text: str) -> list[Finding]:
    """What a written payload breaks that its scheme does not allow, readiness abroad aside."""
    found = check(text, registry(shipped_schemes()))
    return [each for each in found if not each.note and each.clause.layer is not Layer.CROSS]


def main() -> None:
    """Print both tables."""
    for library in READERS:
        sys.stdout.write((f"{library.name:<18} {absent(library)}" if absent(library) else row(library)) + "\n")
    for name, text in written().items():
        rules = ", ".join(f"{each.rule} at {each.path}" for each in broken(text)) or "sound"
        sys.stdout.write(f"{name:<26} {rules}\n")


if __name__ == "__main__":
    main()
