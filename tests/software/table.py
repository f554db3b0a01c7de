"""What came of e-ID software that nobody here wrote: `python -m tests.software.table [WORD ...]`.

Live software: each requirement with its verdict, what was seen, and why, as it was judged by hand. Verifiers behind the
harness: each group of vectors with the answers, and how many are not the reference's. With words, only the software
whose title holds one of them. What is not installed says so.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from conformance.core.model import Cell
from conformance.eid.credentials.vectors import sources
from conformance.report.display import display
from conformance.tls.pki import Pki
from tests.eid.rp import manifests, test_software
from tests.software import openid4vp_verifiers, test_credential_issuers, test_openid4vp_verifiers, verifiers
from tests.software.launchers import ServerAbsent

WORDS = ("output", "rejected", "unsupported", "error")
HEADS = ("cases", "accepted", "rejected", "unsupported", "error", "disagreements")


@dataclass(frozen=True, slots=True)
class Shown:
    """One table. make: its lines, made in an empty folder; raises ServerAbsent or skips where nothing is installed."""

    title: str
    make: Callable[[Path], Iterator[str]]


def tables() -> Iterator[Shown]:
    """All of them."""
    yield Shown("Authlib as relying party", relying_party)
    yield Shown("oidc-provider as credential issuer", credential_issuer)
    for each in test_openid4vp_verifiers.CONFIGURATIONS:
        yield Shown(f"{each['id']}: as credential verifier", partial(credential_verifier, each))
    for verifier in verifiers.VERIFIERS:
        yield Shown(f"{verifier.name} behind the harness", partial(behind_harness, verifier))


def relying_party(folder: Path) -> Iterator[str]:
    """Requirements of Authlib in the use that its documentation shows."""
    if test_software.ABSENT:
        raise ServerAbsent(f"not installed: {', '.join(test_software.ABSENT)}")
    with test_software.authlib(folder) as keys:
        cells = manifests.cells_of(folder, keys)
    yield from verdicts(cells.values(), {name: why for name, (_, why) in test_software.EXPECTED.items()})


def credential_issuer(folder: Path) -> Iterator[str]:
    """Requirements of oidc-provider's OID4VCI feature."""
    cells = test_credential_issuers.cells_of(folder)
    yield from verdicts(cells, {name: why for name, (_, why) in test_credential_issuers.EXPECTED.items()})


def credential_verifier(configuration: Mapping[str, object], folder: Path) -> Iterator[str]:
    """Requirements of an OpenID4VP verifier, and what each verdict rests on."""
    home = folder / "verifier"
    home.mkdir()
    cells = openid4vp_verifiers.cells_of(home, Pki.cached(folder), configuration)
    why = configuration.get("reasons", {})
    assert isinstance(why, dict)
    yield from verdicts(cells.values(), why)
    if configuration["id"] == configuration["software"]:
        rests_on = test_openid4vp_verifiers.RESTS_ON[str(configuration["software"])]
        yield from (f"  {name:<12} rests on {text}" for name, text in rests_on.items())


def verdicts(cells: Iterable[Cell], why: Mapping[str, str]) -> Iterator[str]:
    """A line a requirement, then the counts."""
    counts: Counter[str] = Counter()
    for cell in cells:
        counts[cell.status.value] += 1
        seen = "; ".join(each.message for each in cell.violations) or cell.detail
        yield f"  {cell.requirement:<12} {cell.status.value:<15} {display(seen, 150)}".rstrip()
        if cell.requirement in why:
            yield f"  {'':<12} {'':<15} why: {why[cell.requirement]}"
    yield "  " + ", ".join(f"{count} {status}" for status, count in counts.items())


def behind_harness(verifier: verifiers.Verifier, folder: Path) -> Iterator[str]:
    """Groups of vectors, and the disagreements with the reason that was found for each."""
    found = verifiers.compare(verifier, folder)
    yield from groups(found)
    yield "  disagreements, judged by hand: what is answered, cases, the first of them, why"
    entries = tomllib.loads((verifiers.HERE / "disagreements.toml").read_text(encoding="utf-8"))[verifier.name]
    for entry in entries:
        yield f"  {entry['answer']:<11} {len(entry['cases']):>5}  {entry['cases'][0]:<22} {entry['why']}"
    kept = verifiers.kept(entries)
    for case in sorted(found.differing.keys() | kept.keys()):
        if found.differing.get(case) != kept.get(case):
            yield f"  not as kept: {case} is answered {found.differing.get(case, 'as is due')}"


def groups(found: verifiers.Compared) -> Iterator[str]:
    """A line a group, then the sums."""
    homes = {
        case["id"]: (source.data["operation"], name)
        for source in sources()
        for name, group in source.groups.items()
        for case in group["cases"]
    }
    differing = Counter(homes[case] for case in found.differing)
    yield f"  {'operation':<18} {'group':<22}" + "".join(f"  {head}" for head in HEADS)
    for (operation, name), counts in found.groups.items():
        yield line(operation, name, counts, differing[operation, name])
    yield line("all", "", found.counts, differing.total())


def line(operation: str, name: str, counts: Counter[str], differing: int) -> str:
    """Counts of one group."""
    numbers = (counts.total(), *(counts[word] for word in WORDS), differing)
    return f"  {operation:<18} {name:<22}" + "".join(
        f"{number:>{len(head) + 2}}" for head, number in zip(HEADS, numbers, strict=True)
    )


def main(words: Iterable[str]) -> None:
    """Print those whose title holds one of the words; all where there are none."""
    wanted = [word.lower() for word in words]
    for shown in tables():
        if wanted and not any(word in shown.title.lower() for word in wanted):
            continue
        sys.stdout.write(f"{shown.title}\n")
        with TemporaryDirectory(prefix="conformance-") as folder:
            try:
                for text in shown.make(Path(folder)):
                    sys.stdout.write(f"{text}\n")
            except (ServerAbsent, pytest.skip.Exception) as absent:
                sys.stdout.write(f"  left out: {absent}\n")
        sys.stdout.write("\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
