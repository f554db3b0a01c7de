"""Peer tools see the same versions, suites and groups of a server as we do, save what `disagreements.toml` explains."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.tls.pki import Pki
from tests.software.configurations import load_configurations
from tests.software.enumeration import enumerate_server
from tests.software.launchers import ServerAbsent, serve
from tests.software.material import write_files
from tests.software.oracles import (
    Difference,
    Facts,
    OracleAbsent,
    OracleFailed,
    ask_sslyze,
    ask_testssl,
    compare,
    read_sslyze,
    read_testssl,
)

CONFIGURATIONS = load_configurations()
ASKED = (*"ABCDEFGH", "nginx-no-tls13", "gnutls-tls12", "node-good")
QUICK = ("A", "B", "G")
"""testssl.sh takes a quarter of a minute on these, and more than one on the others."""

FILE = Path(__file__).with_name("disagreements.toml")


@dataclass(frozen=True, slots=True)
class Listed:
    """An explained disagreement of one tool on some configurations."""

    tool: str
    configurations: frozenset[str]
    difference: Difference
    reason: str


def load_listed(file: Path = FILE) -> tuple[Listed, ...]:
    """The explained disagreements."""
    entries = tomllib.loads(file.read_text(encoding="utf-8")).get("disagreement", [])
    return tuple(
        Listed(
            entry["tool"],
            frozenset(entry["configurations"]),
            Difference(entry["topic"], frozenset(entry.get("ours", ())), frozenset(entry.get("theirs", ()))),
            entry["reason"],
        )
        for entry in entries
    )


LISTED = load_listed()


@pytest.fixture
def port(request: pytest.FixtureRequest, pki: Pki, tmp_path: Path) -> Iterator[int]:
    """The port of the running configuration that the test names."""
    configuration = CONFIGURATIONS[request.param]
    try:
        with serve(configuration, write_files(pki, configuration.certificates, tmp_path)) as running:
            yield running.port
    except ServerAbsent as absent:
        pytest.skip(str(absent))


def judge(tool: str, configuration: str, ours: Facts, theirs: Facts) -> None:
    """Fail on a difference that is not listed, and on one that is and is not seen."""
    found = {difference.topic: difference for difference in compare(ours, theirs)}
    listed = {
        entry.difference.topic: entry.difference
        for entry in LISTED
        if entry.tool == tool and configuration in entry.configurations
    }
    wrong = [
        f"{topic}: found {found.get(topic, 'no difference')}, listed {listed.get(topic, 'none')}"
        for topic in sorted({*found, *listed})
        if found.get(topic) != listed.get(topic)
    ]
    assert not wrong, f"{tool} on {configuration}\n" + "\n".join(wrong)


def asked(ask: Callable[[int, Path], Facts], port: int, folder: Path) -> Facts:
    try:
        return ask(port, folder)
    except OracleAbsent as absent:
        pytest.skip(str(absent))


@pytest.mark.software
@pytest.mark.parametrize(("port", "name"), [(each, each) for each in ASKED], indirect=["port"], ids=ASKED)
def test_sslyze_sees_the_same(port: int, name: str, tmp_path: Path) -> None:
    theirs = asked(ask_sslyze, port, tmp_path)
    judge("sslyze", name, enumerate_server(port), theirs)


@pytest.mark.software
@pytest.mark.parametrize(("port", "name"), [(each, each) for each in QUICK], indirect=["port"], ids=QUICK)
def test_testssl_sees_the_same(port: int, name: str, tmp_path: Path) -> None:
    theirs = asked(ask_testssl, port, tmp_path)
    judge("testssl", name, enumerate_server(port), theirs)


def test_every_disagreement_has_a_reason_and_a_reader() -> None:
    for entry in LISTED:
        assert entry.reason
        assert entry.tool in ("sslyze", "testssl")
        assert entry.configurations <= set(ASKED if entry.tool == "sslyze" else QUICK)


def facts(
    versions: str = "", suites: Mapping[str, str] | None = None, groups: str = "", known: str | None = None
) -> Facts:
    listed = {version: frozenset(names.split()) for version, names in (suites or {}).items()}
    return Facts(
        frozenset(versions.split()),
        listed,
        frozenset(groups.split()),
        None,
        None if known is None else frozenset(known.split()),
    )


@pytest.mark.parametrize(
    ("theirs", "topic"),
    [
        pytest.param(facts("TLSv1.2", {"TLSv1.2": "X"}, "x25519"), "versions", id="version"),
        pytest.param(facts("TLSv1.2 TLSv1.3", {"TLSv1.2": "X Y"}, "x25519"), "suites TLSv1.2", id="suite"),
        pytest.param(facts("TLSv1.2 TLSv1.3", {"TLSv1.2": "X"}, "x25519 x448"), "groups", id="group"),
    ],
)
def test_a_difference_is_found(theirs: Facts, topic: str) -> None:
    ours = facts("TLSv1.2 TLSv1.3", {"TLSv1.2": "X"}, "x25519")
    assert compare(ours, ours) == []
    assert [difference.topic for difference in compare(ours, theirs)] == [topic]


def test_what_a_tool_does_not_ask_about_is_no_difference() -> None:
    ours = facts(groups="x25519 x25519mlkem768")
    assert compare(ours, facts(groups="x25519", known="x25519 x448")) == []
    assert compare(ours, facts(groups="x25519", known="x25519 x25519mlkem768")) != []


def test_a_scan_that_did_not_complete_is_no_fact() -> None:
    scan = {"status": "ERROR", "error_reason": "CONNECTIVITY_ISSUE", "result": None}
    with pytest.raises(OracleFailed, match="CONNECTIVITY_ISSUE"):
        read_sslyze({"server_scan_results": [{"scan_result": {"ssl_2_0_cipher_suites": scan}}]})
    with pytest.raises(OracleFailed, match="TLS1_3"):
        read_testssl([{"id": "TLS1_2", "finding": "offered"}])
