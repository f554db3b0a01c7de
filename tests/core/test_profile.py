"""Profiles: what is loaded, what an overlay may do, and what each mistake is called."""

from __future__ import annotations

import difflib
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.core import schema
from conformance.core.codec import decode, encode
from conformance.core.errors import ConfigError, nearest, shown
from conformance.core.model import Level, Profile
from conformance.core.overlay import tighter
from conformance.core.paths import data_dir, profiles_dir, vectors_dir
from conformance.core.profile import digest, load_profile, shipped_profiles
from tests.golden import update

PROFILE = """
id = "base"
version = "2026.1"
title = "Base"
status = "draft"
max_age_days = 30
statement = "Ours."
catalogues = ["tls.toml"]
"""

HEAD = 'area = "tls"\ntitle = "TLS"\n'

ENTRY = """
[[requirement]]
id = "TLS-VER-01"
rev = 1
title = "It is so"
statement = "It SHOULD be so."
level = "SHOULD"
roles = ["tls-endpoint"]
cite = [{ doc = "RFC 1", section = "2" }]
why = "because"
fix = { general = "make it so" }
faults = ["not-so"]
params = { bits = 2048, days = 30, names = ["a", "b"], table = { x = ["1"] }, fixed = "z" }
tighten = { bits = "min", days = "max", names = "subset", table = "superset" }
"""

OVERLAY = """
id = "over"
extends = "base/profile.toml"
version = "2026.2"
title = "Over"
status = "draft"
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a base profile and, where given, an overlay of it; gives the file to load."""

    def made(catalogue: str = HEAD + ENTRY, overlay: str = "", profile: str = PROFILE, name: str = "over.toml") -> Path:
        (tmp_path / "base").mkdir(exist_ok=True)
        (tmp_path / "base" / "profile.toml").write_text(profile, encoding="utf-8")
        (tmp_path / "base" / "tls.toml").write_text(catalogue, encoding="utf-8")
        if not overlay:
            return tmp_path / "base" / "profile.toml"
        (tmp_path / name).write_text(OVERLAY + overlay, encoding="utf-8")
        return tmp_path / name

    return made


def refused(path: str | Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_profile(path)
    return caught.value


# --- what is shipped


@pytest.mark.parametrize("name", ["asean", "asean-high", "asean-survey"])
def test_the_resolved_profile_is_its_golden_file(name: str) -> None:
    """An accidental change shows in review."""
    golden = (update.GOLDEN / f"profile-{name}.json").read_text(encoding="utf-8").splitlines()
    found = update.resolved(name).splitlines()
    changes = "\n".join(difflib.unified_diff(golden, found, "golden", "resolved now", lineterm="", n=2))
    assert not changes, f"where this is meant: python -m tests.golden.update, and read its diff\n{changes[:4000]}"


def test_every_shipped_file_is_valid_and_listed_as_checked() -> None:
    """`checked.json` saves the start-up from validating; it must never save a file that is not valid."""
    listed = (profiles_dir() / "schema" / schema.CHECKED).read_text(encoding="utf-8")
    assert update.checked() == listed, "python -m tests.golden.update writes it"


def test_a_file_that_is_not_listed_is_validated(write: Write) -> None:
    path = write(HEAD + ENTRY.replace("why =", "wyh ="))
    assert "unknown key" in refused(path).found


def test_the_profile_has_95_tls_requirements_and_the_claims_row() -> None:
    found = load_profile("asean").requirements
    assert sum(each.area == "tls" for each in found.values()) == 95
    assert [each.id for each in found.values() if each.area == "general"] == ["GEN-CLM-01"]
    assert list(found)[:2] == ["TLS-VER-01", "TLS-VER-02"]


def test_every_requirement_says_why_how_and_which_fault() -> None:
    for made in load_profile("asean-high").requirements.values():
        assert made.faults, made.id
        assert made.cite, made.id
        assert set(made.fix) == {"general"} or set(made.fix) == {"nginx", "apache", "haproxy"}, made.id
        assert made.statement.endswith("."), made.id
        assert not made.title.endswith("."), made.id


def test_no_fault_is_named_twice_without_being_declared() -> None:
    """A fault belongs to one requirement; what else it turns red is collateral."""
    owners: dict[str, str] = {}
    for made in load_profile("asean-high").requirements.values():
        for fault in () if made.derives else made.faults:
            assert fault not in owners, (fault, owners.get(fault), made.id)
            owners[fault] = made.id


def test_the_stricter_tier_is_stricter_and_nothing_is_lost() -> None:
    base, high = load_profile("asean").requirements, load_profile("asean-high").requirements
    assert set(high) - set(base) == {"EID-HIGH-01", "TLS-HIGH-01"}
    assert set(base) <= set(high)
    assert high["TLS-CIP-14"].level is Level.MUST
    assert high["TLS-GRP-04"].statement == "The endpoint MUST support the group X25519MLKEM768."
    assert "payment-api" in high["TLS-HIGH-01"].serves
    assert not [made.id for made in high.values() if made.derogation]


def test_the_survey_is_a_survey() -> None:
    survey = load_profile("asean-survey")
    assert survey.survey
    assert 15 <= len(survey.requirements) <= 20
    assert not load_profile("asean").survey


def test_dates_that_are_our_own_say_so() -> None:
    for made in load_profile("asean-high").requirements.values():
        assert (made.in_force is None) or "this profile's own" in made.in_force_note, made.id


def test_the_profile_claims_no_endorsement() -> None:
    assert "neither ASEAN nor any government" in load_profile("asean").statement
    assert load_profile("asean-high").statement == load_profile("asean").statement


@pytest.mark.parametrize("path", sorted((profiles_dir() / "schema").glob("*.json")), ids=lambda path: path.stem)
def test_schemas_are_closed_described_and_local(path: Path) -> None:
    """2020-12; no unknown key anywhere; a description for every key; no pattern that can backtrack; no remote $ref."""
    if path.name == schema.CHECKED:
        return
    found = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(found)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"

    def look(node: Any, where: str) -> None:
        if not isinstance(node, dict):
            return
        if node.get("type") == "object" and "properties" in node:
            elsewhere = "service-<role>.json" in node.get("description", "")
            assert node.get("additionalProperties") is False or elsewhere, where
        for key, value in node.get("properties", {}).items():
            assert isinstance(value, dict)
            assert "$ref" in value or value.get("description"), f"{where}.{key}"
        if "pattern" in node:
            assert node["pattern"].startswith("^"), where
            assert node["pattern"].endswith("$"), where
            assert ")+" not in node["pattern"], where
            assert ")*" not in node["pattern"], where
        assert "://" not in node.get("$ref", ""), where
        for key, value in node.items():
            for each in value if isinstance(value, list) else [value]:
                look(each, f"{where}.{key}")

    look(found, path.stem)


@pytest.mark.parametrize("path", sorted((vectors_dir() / "sandbox").glob("*.toml")), ids=lambda path: path.stem)
def test_the_countries_of_the_sandbox_are_as_their_schema_says(path: Path) -> None:
    assert schema.load_document(path, "sandbox").data["country"] == path.stem.upper()


def test_loading_is_fast_and_needs_no_validator() -> None:
    """`conformance list` has 0.4 s; what makes loading slow is the import of jsonschema."""
    code = (
        "import sys; from conformance.core.profile import load_profile; load_profile('asean');"
        "print([name for name in ('jsonschema', 'requests', 'cryptography', 'socket') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- resolving


def test_a_profile_is_frozen() -> None:
    profile = load_profile("asean")
    with pytest.raises(TypeError):
        profile.requirements["TLS-VER-01"] = None  # type: ignore[index]
    with pytest.raises(TypeError):
        profile.requirements["TLS-VER-01"].params["version"] = "x"  # type: ignore[index]
    with pytest.raises(AttributeError):
        profile.requirements["TLS-VER-01"].level = Level.MAY  # type: ignore[misc]
    assert isinstance(profile.requirements["TLS-VER-05"].params["one_of"], tuple)


def test_the_digest_is_of_the_content_alone(write: Write) -> None:
    """Comments and the file's place do not count; every fact does, and it survives being stored."""
    first = load_profile(write())
    assert load_profile(write("# a comment\n" + HEAD + ENTRY)).sha256 == first.sha256
    assert load_profile(write(HEAD + ENTRY.replace("because", "Because"))).sha256 != first.sha256
    stored = decode(encode(first), Profile)
    assert stored.sha256 == first.sha256 == digest(first)
    assert digest(stored) == first.sha256
    assert hashlib.sha256(encode(replace(first, sha256=""))).hexdigest() == first.sha256


def test_dates_in_parameters_are_text(write: Write) -> None:
    """So that a rule is the same live and from a stored profile."""
    profile = load_profile(write(HEAD + ENTRY.replace('fixed = "z"', "fixed = 2026-01-02")))
    assert profile.requirements["TLS-VER-01"].params["fixed"] == "2026-01-02"


def test_a_profile_is_found_by_name_file_and_folder(write: Write) -> None:
    path = write()
    assert load_profile(path).id == load_profile(str(path)).id == load_profile(path.parent).id == "base"
    assert set(shipped_profiles()) == {"asean", "asean-high", "asean-survey"}
    error = refused("asean-hihg")
    assert (error.key, error.nearest) == ("", "asean-high")


def test_data_lies_in_the_wheel_or_beside_the_package(tmp_path: Path) -> None:
    package = tmp_path / "conformance"
    package.mkdir()
    assert data_dir("profiles", package) == tmp_path / "profiles"
    (package / "data" / "profiles").mkdir(parents=True)
    assert data_dir("profiles", package) == package / "data" / "profiles"


# --- what a catalogue may not say

BROKEN: list[tuple[str, str, str, str, str]] = [
    ("level", 'level = "SHOULD"', 'level = "SHUOLD"', "one of MUST", "SHOULD"),
    ("unknown-key", "why =", "whi =", "", "why"),
    ("statement-word", "It SHOULD be so.", "It MUST be so.", "SHOULD alone", ""),
    ("statement-two-words", "It SHOULD be so.", "It SHOULD be so and MAY not.", "SHOULD alone", ""),
    ("statement-no-word", "It SHOULD be so.", "It is so.", "SHOULD alone", ""),
    ("rev", "rev = 1", "rev = 0", "at least 1", ""),
    ("rev-type", "rev = 1", 'rev = "1"', "a whole number", ""),
    ("id", '"TLS-VER-01"', '"tls-ver-1"', "the id of a requirement", ""),
    ("id-newline", '"TLS-VER-01"', '"TLS-VER-01\\n"', "the id of a requirement", ""),
    ("role", '["tls-endpoint"]', '["tls-endpiont"]', "one of tls-endpoint", "tls-endpoint"),
    ("no-fault", '["not-so"]', "[]", "at least 1", ""),
    ("fault-twice", '["not-so"]', '["not-so", "not-so"]', "each value once", ""),
    ("no-cite", '[{ doc = "RFC 1", section = "2" }]', "[]", "at least 1", ""),
    ("fix", "general =", "nginks =", "one of apache, general, haproxy, nginx", "nginx"),
    ("needs", "why =", 'needs = ["TLS-VER-02"]\nwhy =', "a requirement of this profile", "TLS-VER-01"),
    ("needs-itself", "why =", 'needs = ["TLS-VER-01"]\nwhy =', "no cycle", ""),
    ("collateral-fault", "why =", 'collateral = { not-soo = ["TLS-VER-01"] }\nwhy =', "one of its faults", "not-so"),
    ("collateral-id", "why =", 'collateral = { not-so = ["TLS-VER-03"] }\nwhy =', "a requirement of", "TLS-VER-01"),
    ("tighten-key", 'bits = "min"', 'bit = "min"', "one of its params", "bits"),
    ("tighten-word", 'bits = "min"', 'bits = "mni"', "one of min, max, subset, superset", "min"),
    ("in-force", "why =", "in_force = 2027-01-01\nwhy =", "both, or neither", ""),
    ("note-alone", "why =", 'in_force_note = "x"\nwhy =', "both, or neither", ""),
    ("date", "why =", 'in_force = "2027-13-01"\nin_force_note = "x"\nwhy =', "a date, YYYY-MM-DD", ""),
    ("time", "why =", "in_force = 2027-01-01T00:00:00Z\nwhy =", "a date, YYYY-MM-DD", ""),
    ("clock", "why =", "in_force = 07:32:00\nwhy =", "a date, YYYY-MM-DD", ""),
    ("nan", "bits = 2048", "bits = nan", "a number", ""),
    ("basis", "why =", 'basis = "X"\nwhy =', "one of L, V, D, R, E", ""),
    ("serves", "why =", 'serves = ["payment-ap"]\nwhy =', "one of", "payment-api"),
]


@pytest.mark.parametrize(("old", "new", "expected", "near"), [each[1:] for each in BROKEN], ids=[e[0] for e in BROKEN])
def test_a_wrong_entry_is_named(write: Write, old: str, new: str, expected: str, near: str) -> None:
    assert old in ENTRY
    error = refused(write(HEAD + ENTRY.replace(old, new, 1)))
    assert expected in error.expected
    assert error.nearest == near
    assert str(error).startswith(error.file)
    assert error.file.endswith(("tls.toml", "profile.toml"))


def test_an_id_is_used_once(write: Write) -> None:
    error = refused(write(HEAD + ENTRY + ENTRY))
    assert error.key == 'requirement "TLS-VER-01"'
    assert "base/tls.toml" in error.found


def test_a_cycle_of_needs_is_named(write: Write) -> None:
    other = ENTRY.replace("TLS-VER-01", "TLS-VER-02").replace("why =", 'needs = ["TLS-VER-01"]\nwhy =')
    error = refused(write(HEAD + ENTRY.replace("why =", 'needs = ["TLS-VER-02"]\nwhy =') + other))
    assert "TLS-VER-01 -> TLS-VER-02 -> TLS-VER-01" in error.found


def test_a_missing_key_is_named_with_its_entry(write: Write) -> None:
    error = refused(write(HEAD + ENTRY.replace('title = "It is so"\n', "")))
    assert (error.key, error.found) == ('requirement "TLS-VER-01"', "no title")


def test_a_missing_catalogue_is_named_with_its_neighbour(write: Write) -> None:
    error = refused(write(profile=PROFILE.replace("tls.toml", "tsl.toml")))
    assert error.file.endswith("base/tsl.toml")
    assert error.nearest == "tls.toml"


def test_a_message_is_where_what_and_nearest() -> None:
    error = ConfigError("profiles/xx.toml", 'change "TLS-2.1"', '"TLS-2.1"', "a requirement", "TLS-02.1")
    expected = 'profiles/xx.toml: change "TLS-2.1": found "TLS-2.1", expected a requirement; nearest: "TLS-02.1"'
    assert str(error) == expected
    assert str(ConfigError("x.toml", "", "a folder", "a file")) == "x.toml: found a folder, expected a file"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\x1b[2J\n", '"a\\u001b[2J\\n"'),
        ("cafe\u0301", '"cafe\\u0301"'),
        (True, "true"),
        (3, "3"),
        ([1, 2], "a list of 2"),
        ({"a": 1}, "a table"),
    ],
)
def test_values_are_shown_in_ascii(value: Any, text: str) -> None:
    assert shown(value) == text


def test_long_values_are_cut() -> None:
    assert len(shown("x" * 10_000)) < 110
    assert nearest("x" * 1_000_000, ["x" * 70]) in ("", "x" * 70)


# --- files that are no files


def test_toml_errors_have_line_and_column(write: Write) -> None:
    error = refused(write(HEAD + ENTRY + "this is\n"))
    assert error.key.startswith("line 17, column ")
    assert error.expected == "TOML"


def test_keys_are_not_given_twice(write: Write) -> None:
    assert refused(write(HEAD + ENTRY.replace("rev = 1", "rev = 1\nrev = 2"))).key.startswith("line 7, column ")


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b'id = "\xff"\n', "octet 0xff"),
        (b"\xff\xfei\x00d\x00", "octet 0xff"),
        (b"a = " + b"[" * 100_000, "values nested too deeply"),
        (b"a = " + b"9" * 5_000, "Exceeds the limit"),
        (b"#" * (schema.MAX_OCTETS + 1), "more than 1,000,000 octets"),
        (b"", "no id"),
        (b"\x00", "invalid statement"),
    ],
    ids=["octet", "utf-16", "deep", "digits", "large", "empty", "nul"],
)
def test_a_file_of_other_octets_is_refused(tmp_path: Path, octets: bytes, found: str) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(octets)
    error = refused(path)
    assert found in error.found
    assert error.file == str(path)


def test_a_folder_a_missing_file_and_an_impossible_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "sg.toml").mkdir()
    assert refused(tmp_path / "sg.toml").file.endswith("sg.toml/profile.toml")
    (tmp_path / "over.toml").write_text(OVERLAY.replace("base/profile.toml", "sg.toml"), encoding="utf-8")
    assert refused(tmp_path / "over.toml").found == "a folder"
    assert refused(tmp_path / "voer.toml").nearest == "over.toml"
    assert "cannot be opened" in refused(tmp_path / "a\0b.toml").found
    assert "cannot be opened" in refused(tmp_path / ("x" * 300 + ".toml")).found


def test_an_unreadable_file_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write()

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert "Permission denied" in refused(path).found


def test_validating_takes_no_time_that_a_file_chooses(write: Write) -> None:
    """A file of the largest size with hostile names ends soon."""
    hostile = "".join(f'"{"a" * 90}{n}" = 1\n' for n in range(8_000))
    started = time.process_time()
    refused(write(HEAD + ENTRY + hostile))
    assert time.process_time() - started < 10


# --- overlays

DEROGATION = 'derogation = { authority = "Agency", until = 2027-06-30, reason = "old devices" }\n'


def change(text: str) -> str:
    return f'[[change]]\nrequirement = "TLS-VER-01"\n{text}'


def test_an_overlay_tightens(write: Write) -> None:
    text = 'level = "MUST"\nparams = { bits = 3072, days = 7, names = ["b"], table = { x = ["1", "2"], y = ["3"] } }\n'
    profile = load_profile(write(overlay=change(text)))
    made = profile.requirements["TLS-VER-01"]
    assert (made.level, made.statement) == (Level.MUST, "It MUST be so.")
    assert (made.params["bits"], made.params["days"], made.params["names"]) == (3072, 7, ("b",))
    assert made.params["table"] == {"x": ("1", "2"), "y": ("3",)}
    assert (made.origin, made.derogation) == ("over.toml", "")
    assert (profile.id, profile.extends) == ("over", ("base@2026.1",))
    assert profile.max_age_days == 30


LOOSE = [
    ("level", 'level = "MAY"\n', "level"),
    ("bits", "params = { bits = 1024 }\n", "params.bits"),
    ("bits-text", 'params = { bits = "4096" }\n', "params.bits"),
    ("bits-true", "params = { bits = true }\n", "params.bits"),
    ("days", "params = { days = 31 }\n", "params.days"),
    ("names", 'params = { names = ["a", "c"] }\n', "params.names"),
    ("names-none", "params = { names = [] }\n", "params.names"),
    ("names-text", 'params = { names = "a" }\n', "params.names"),
    ("table", 'params = { table = { y = ["1"] } }\n', "params.table"),
    ("table-value", 'params = { table = { x = ["2"] } }\n', "params.table"),
    ("fixed", 'params = { fixed = "y" }\n', "params.fixed"),
    ("in-force", 'in_force = 2027-01-01\nin_force_note = "x"\n', "in_force"),
]


@pytest.mark.parametrize(("text", "key"), [each[1:] for each in LOOSE], ids=[each[0] for each in LOOSE])
def test_an_overlay_does_not_loosen(write: Write, text: str, key: str) -> None:
    error = refused(write(overlay=change(text)))
    assert error.key == f'change "TLS-VER-01".{key}'
    assert "loosening needs a derogation" in error.expected


@pytest.mark.parametrize("text", [each[1] for each in LOOSE], ids=[each[0] for each in LOOSE])
def test_a_derogation_loosens_and_stays_visible(write: Write, text: str) -> None:
    made = load_profile(write(overlay=change(text + DEROGATION))).requirements["TLS-VER-01"]
    assert made.derogation == "Agency, until 2027-06-30: old devices"


@pytest.mark.parametrize("missing", ["authority", "until", "reason"])
def test_a_derogation_is_whole(write: Write, missing: str) -> None:
    parts = {"authority": '"A"', "until": "2027-06-30", "reason": '"r"'}
    table = ", ".join(f"{key} = {value}" for key, value in parts.items() if key != missing)
    error = refused(write(overlay=change(f'level = "MAY"\nderogation = {{ {table} }}\n')))
    assert error.found == f"no {missing}"


def test_a_derogation_that_loosens_nothing_is_refused(write: Write) -> None:
    assert "loosens nothing" in refused(write(overlay=change('level = "MUST"\n' + DEROGATION))).found


def test_derogations_add_up(write: Write, tmp_path: Path) -> None:
    write(overlay=change('level = "MAY"\n' + DEROGATION))
    top = OVERLAY.replace("base/profile.toml", "over.toml").replace('"over"', '"top"')
    text = 'params = { days = 40 }\nderogation = { authority = "B", until = 2027-01-31, reason = "r" }\n'
    (tmp_path / "top.toml").write_text(top + change(text), encoding="utf-8")
    profile = load_profile(tmp_path / "top.toml")
    found = profile.requirements["TLS-VER-01"].derogation
    assert found == "Agency, until 2027-06-30: old devices; B, until 2027-01-31: r"
    assert profile.extends == ("base@2026.1", "over@2026.2")


def test_a_level_is_not_turned_round(write: Write) -> None:
    error = refused(write(overlay=change('level = "MUST NOT"\n' + DEROGATION)))
    assert "turn SHOULD round" in error.expected


@pytest.mark.parametrize(("day", "accepted"), [("2026-12-31", True), ("2027-01-01", True), ("2027-01-02", False)])
def test_a_date_only_comes_earlier(write: Write, day: str, *, accepted: bool) -> None:
    dated = ENTRY.replace("SHOULD", "MUST").replace("why =", 'in_force = 2027-01-01\nin_force_note = "ours"\nwhy =')
    path = write(HEAD + dated, change(f'in_force = {day}\nin_force_note = "theirs"\n'))
    if accepted:
        made = load_profile(path).requirements["TLS-VER-01"]
        assert (made.in_force, made.in_force_note) == (date.fromisoformat(day), "theirs")
    else:
        assert refused(path).key.endswith("in_force")


def test_a_new_date_says_whose_it_is(write: Write) -> None:
    assert "in_force_note" in refused(write(overlay=change("in_force = 2026-01-01\n"))).found


def test_an_overlay_cannot_invent_a_requirement(write: Write) -> None:
    """It may change what is there, and add entries of its own, never one that it does not describe."""
    error = refused(write(overlay='[[change]]\nrequirement = "TLS-VRE-01"\nlevel = "MUST"\n'))
    assert error.expected == "a requirement of base@2026.1"
    assert error.nearest == "TLS-VER-01"


def test_an_overlay_cannot_invent_a_parameter(write: Write) -> None:
    assert refused(write(overlay=change("params = { bist = 4096 }\n"))).nearest == "bits"


def test_a_requirement_is_changed_once(write: Write) -> None:
    both = change('level = "MUST"\n') + change("params = { days = 7 }\n")
    assert refused(write(overlay=both)).found == "a second change of it"


def test_an_addition_names_its_area_and_is_new(write: Write) -> None:
    added = ENTRY.replace("TLS-VER-01", "TLS-OWN-01")
    assert refused(write(overlay=added)).found == "no area"
    with_area = added.replace("rev = 1", 'rev = 1\narea = "tls"')
    assert load_profile(write(overlay=with_area)).requirements["TLS-OWN-01"].origin == "over.toml"
    assert "an id that" in refused(write(overlay=with_area.replace("TLS-OWN-01", "TLS-VER-01"))).found


def test_a_cycle_of_overlays_is_refused(write: Write, tmp_path: Path) -> None:
    write(overlay=change('level = "MUST"\n'))
    (tmp_path / "a.toml").write_text(OVERLAY.replace("base/profile.toml", "b.toml"), encoding="utf-8")
    (tmp_path / "b.toml").write_text(OVERLAY.replace("base/profile.toml", "a.toml"), encoding="utf-8")
    assert refused(tmp_path / "a.toml").found == "the cycle a.toml -> b.toml -> a.toml"
    (tmp_path / "c.toml").write_text(OVERLAY.replace("base/profile.toml", "c.toml"), encoding="utf-8")
    assert "cycle" in refused(tmp_path / "c.toml").found


def test_an_overlay_extends_a_shipped_profile_by_name(tmp_path: Path) -> None:
    path = tmp_path / "sg.toml"
    path.write_text(OVERLAY.replace("base/profile.toml", "asean-high"), encoding="utf-8")
    assert load_profile(path).extends == ("asean@2026.1", "asean-high@2026.1")
    path.write_text(OVERLAY.replace("base/profile.toml", "asaen"), encoding="utf-8")
    assert refused(path).nearest == "asean"


def test_results_do_not_stay_fresh_for_longer(write: Write) -> None:
    assert load_profile(write(overlay="max_age_days = 7\n")).max_age_days == 7
    assert refused(write(overlay="max_age_days = 31\n")).expected == "at most 30, as base has"


def test_a_subset_is_a_survey_and_says_so(write: Write) -> None:
    two = HEAD + ENTRY + ENTRY.replace("TLS-VER-01", "TLS-VER-02")
    survey = load_profile(write(two, 'survey = true\nonly = ["TLS-VER-02"]\n'))
    assert (survey.survey, list(survey.requirements)) == (True, ["TLS-VER-02"])
    assert refused(write(two, 'only = ["TLS-VER-02"]\n')).key == "survey"
    assert refused(write(two, "survey = true\n")).key == "survey"
    assert refused(write(two, 'survey = true\nonly = ["TLS-VER-20"]\n')).nearest == "TLS-VER-02"
    needy = HEAD + ENTRY + ENTRY.replace("TLS-VER-01", "TLS-VER-02").replace("why =", 'needs = ["TLS-VER-01"]\nwhy =')
    assert refused(write(needy, 'survey = true\nonly = ["TLS-VER-02"]\n')).key == 'requirement "TLS-VER-02".needs'


def test_an_overlay_of_a_survey_is_a_survey(write: Write, tmp_path: Path) -> None:
    write(overlay='survey = true\nonly = ["TLS-VER-01"]\n')
    (tmp_path / "top.toml").write_text(OVERLAY.replace("base/profile.toml", "over.toml"), encoding="utf-8")
    assert load_profile(tmp_path / "top.toml").survey


def test_an_equal_value_is_no_loosening() -> None:
    assert tighter("", ("a", "b"), ["a", "b"])
    assert not tighter("", ("a", "b"), ["b", "a"])
    assert tighter("min", 5, 5)
    assert tighter("max", 5, 5)
    assert tighter("subset", ("a",), ["a"])


def test_true_is_no_number() -> None:
    assert not tighter("min", 0, True)
    assert not tighter("max", 5, False)


def test_a_parameter_is_no_time_of_day(write: Write) -> None:
    """Where no schema looks: it would be another day elsewhere."""
    for text in ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00", "07:32:00"):
        error = refused(write(HEAD + ENTRY.replace('fixed = "z"', f"fixed = {text}")))
        assert (error.key, error.expected) == ('requirement "TLS-VER-01".params.fixed', "a date, YYYY-MM-DD (in UTC)")
