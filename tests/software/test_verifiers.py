"""Libraries that nobody here wrote get the verdicts that were judged by hand, and no others."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.eid.credentials.vectors import sources
from tests.software.verifiers import HERE, VERIFIERS, Verifier, compare, kept

KEPT = tomllib.loads((HERE / "disagreements.toml").read_text(encoding="utf-8"))


@pytest.mark.software
@pytest.mark.parametrize("verifier", VERIFIERS, ids=lambda each: each.name)
def test_every_disagreement_was_judged_by_hand(verifier: Verifier, tmp_path: Path) -> None:
    found = compare(verifier, tmp_path)
    assert found.counts["output"] > 0, "its controls are not accepted"
    assert found.differing == kept(KEPT[verifier.name])


@pytest.mark.software
def test_reader_that_knows_no_seals_says_so(tmp_path: Path) -> None:
    reader = next(each for each in VERIFIERS if each.name == "claim169")
    found = compare(replace(reader, operations=("vds.verify",)), tmp_path)
    assert set(found.counts) == {"unsupported"}


def test_kept_disagreements_are_of_vectors_that_exist_and_have_a_reason() -> None:
    cases = {case["id"] for source in sources() for group in source.groups.values() for case in group["cases"]}
    assert set(KEPT) == {verifier.name for verifier in VERIFIERS}
    for entries in KEPT.values():
        listed = [case for entry in entries for case in entry["cases"]]
        assert len(listed) == len(set(listed))
        assert set(listed) <= cases
        assert all(len(entry["why"]) > 20 for entry in entries)


@pytest.mark.parametrize("name", ["python_harness.py", "node_harness.mjs"])
def test_example_harnesses_are_short(name: str) -> None:
    verifier = next(each for each in VERIFIERS if each.harness.name == name)
    assert len(verifier.harness.read_text(encoding="utf-8").splitlines()) < 80
