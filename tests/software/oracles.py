"""Peer tools run on the same servers, and what they say in one form: versions, suites and groups.

sslyze and testssl.sh are run as programs, never imported: they are AGPL and GPL. Only the facts of their JSON are read;
their verdicts and exit codes differ between identical runs. Each tool knows some suites and groups and not others, so
an answer comes with what was asked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.software.launchers import SYSTEM_FOLDERS

CHECKOUT = Path(__file__).resolve().parents[2]
SSLYZE_VARIABLE = "CONFORMANCE_SSLYZE"
SSLYZE_SECONDS, TESTSSL_SECONDS = 120, 300
VERSIONS = ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")

SSLYZE_VERSIONS = {
    f"{old}_cipher_suites": version
    for old, version in zip(("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1", "tls_1_2", "tls_1_3"), VERSIONS, strict=True)
}
TESTSSL_VERSIONS = dict(zip(("SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3"), VERSIONS, strict=True))

GROUPS = {"prime256v1": "secp256r1", "prime192v1": "secp192r1"}
"""Names of groups that are not IANA's; others differ in case at most."""

TESTSSL_GROUPS = frozenset(
    {
        "sect163k1",
        "sect163r1",
        "sect163r2",
        "sect193r1",
        "sect193r2",
        "sect233k1",
        "sect233r1",
        "sect239k1",
        "sect283k1",
        "sect283r1",
        "sect409k1",
        "sect409r1",
        "sect571k1",
        "sect571r1",
        "secp160k1",
        "secp160r1",
        "secp160r2",
        "secp192k1",
        "secp192r1",
        "secp224k1",
        "secp224r1",
        "secp256k1",
        "secp256r1",
        "secp384r1",
        "secp521r1",
        "brainpoolp256r1",
        "brainpoolp384r1",
        "brainpoolp512r1",
        "x25519",
        "x448",
        "ffdhe2048",
        "ffdhe3072",
        "ffdhe4096",
        "ffdhe6144",
        "ffdhe8192",
    }
)
"""The groups that testssl.sh 3.0 asks for, in lower case."""


class OracleAbsent(Exception):  # noqa: N818 - a reason to skip, not an error
    """The tool is not installed; says what is missing and what installs it."""


class OracleFailed(Exception):  # noqa: N818
    """The tool gave no usable answer."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a tool saw of a server. Suites and versions by their IANA names, groups in lower case.

    asked_suites, asked_groups: what the tool asks about; None: everything, or it does not say.
    """

    versions: frozenset[str]
    suites: Mapping[str, frozenset[str]]
    groups: frozenset[str]
    asked_suites: Mapping[str, frozenset[str]] | None = None
    asked_groups: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One topic (`versions`, `suites TLSv1.2`, `groups`) on which two tools do not say the same."""

    topic: str
    ours_alone: frozenset[str]
    theirs_alone: frozenset[str] = field(default_factory=frozenset)

    def __str__(self) -> str:
        return f"{self.topic}: ours alone {sorted(self.ours_alone)}, theirs alone {sorted(self.theirs_alone)}"


def compare(ours: Facts, theirs: Facts) -> list[Difference]:
    """Where the two differ, on what both asked about."""
    topics: list[tuple[str, frozenset[str], frozenset[str], frozenset[str] | None]] = [
        ("versions", ours.versions, theirs.versions, None)
    ]
    for version in VERSIONS:
        asked = theirs.asked_suites.get(version, frozenset()) if theirs.asked_suites is not None else None
        mine, other = (facts.suites.get(version, frozenset()) for facts in (ours, theirs))
        topics.append((f"suites {version}", mine, other, asked))
    topics.append(("groups", ours.groups, theirs.groups, theirs.asked_groups))
    found = []
    for topic, mine, other, asked in topics:
        seen = mine if asked is None else mine & asked
        if seen != other:
            found.append(Difference(topic, seen - other, other - seen))
    return found


def group(name: str) -> str:
    """A group's name as it is compared."""
    return GROUPS.get(name, name).lower()


def sslyze_program() -> str:
    """Where sslyze is: named by CONFORMANCE_SSLYZE, or in `.oracle/` of the checkout.

    Raises:
        OracleAbsent: in neither.
    """
    named = os.environ.get(SSLYZE_VARIABLE, "")
    path = Path(named) if named else CHECKOUT / ".oracle" / "bin" / "sslyze"
    if not path.exists():
        raise OracleAbsent(f"sslyze is not at {path} ({SSLYZE_VARIABLE} may name it; .ci/install installs it)")
    return str(path)


def sslyze_command(program: str, *targets: str, output: Path | None = None) -> list[str]:
    """A run of sslyze on versions, suites and curves alone."""
    return [
        program,
        "--mozilla_config",
        "disable",
        "--sslv2",
        "--sslv3",
        "--tlsv1",
        "--tlsv1_1",
        "--tlsv1_2",
        "--tlsv1_3",
        "--elliptic_curves",
        "--quiet",
        *([f"--json_out={output}"] if output else []),
        *targets,
    ]


def ask_sslyze(port: int, folder: Path) -> Facts:
    """What sslyze says of localhost at that port.

    Raises:
        OracleAbsent, OracleFailed: see there.
    """
    output = folder / "sslyze.json"
    run(sslyze_command(sslyze_program(), f"localhost:{port}", output=output), SSLYZE_SECONDS)
    return read_sslyze(load(output))


def read_sslyze(data: Mapping[str, Any]) -> Facts:
    """The facts of sslyze's JSON.

    Raises:
        OracleFailed: a scan did not complete.
    """
    results = [entry["scan_result"] for entry in data["server_scan_results"]]
    if len(results) != 1 or results[0] is None:
        raise OracleFailed("sslyze scanned nothing")
    suites, asked = {}, {}
    for key, version in SSLYZE_VERSIONS.items():
        scan = results[0][key]
        if scan["status"] != "COMPLETED":
            raise OracleFailed(f"sslyze: {key}: {scan['status']} {scan['error_reason']}")
        accepted, rejected = (
            frozenset(entry["cipher_suite"]["name"] for entry in scan["result"][f"{word}_cipher_suites"])
            for word in ("accepted", "rejected")
        )
        suites[version], asked[version] = accepted, accepted | rejected
    curves = results[0]["elliptic_curves"]
    if curves["status"] != "COMPLETED":
        raise OracleFailed(f"sslyze: elliptic_curves: {curves['status']} {curves['error_reason']}")
    supported, rejected = (
        frozenset(group(curve["name"]) for curve in curves["result"][f"{word}_curves"] or ())
        for word in ("supported", "rejected")
    )
    versions = frozenset(version for version, found in suites.items() if found)
    return Facts(versions, suites, supported, asked, supported | rejected)


def testssl_program() -> str:
    """Where testssl.sh is; Debian calls it testssl.

    Raises:
        OracleAbsent: nowhere on the PATH.
    """
    for name in ("testssl", "testssl.sh"):
        if path := shutil.which(name, path=SYSTEM_FOLDERS):
            return path
    raise OracleAbsent("testssl is not installed (Debian package testssl.sh; .ci/install installs it)")


def ask_testssl(port: int, folder: Path) -> Facts:
    """What testssl.sh says of localhost at that port: protocols, suites and forward secrecy, never its full scan.

    Raises:
        OracleAbsent, OracleFailed: see there.
    """
    output = folder / "testssl.json"
    openssl = shutil.which("openssl", path=SYSTEM_FOLDERS) or "openssl"
    run(
        [
            testssl_program(),
            "--openssl",
            openssl,
            "--ip",
            "127.0.0.1",
            "-n",
            "none",
            "--quiet",
            "--warnings",
            "off",
            "--color",
            "0",
            "-p",
            "-E",
            "-f",
            "--jsonfile",
            str(output),
            f"localhost:{port}",
        ],
        TESTSSL_SECONDS,
    )
    return read_testssl(load(output))


def read_testssl(findings: list[Mapping[str, str]]) -> Facts:
    """The facts of testssl.sh's flat JSON.

    Raises:
        OracleFailed: a protocol is missing from it.
    """
    by_id = {entry["id"]: entry["finding"] for entry in findings}
    if missing := [name for name in TESTSSL_VERSIONS if name not in by_id]:
        raise OracleFailed(f"testssl.sh says nothing of {', '.join(missing)}")
    versions = frozenset(version for name, version in TESTSSL_VERSIONS.items() if by_id[name].startswith("offered"))
    by_prefix = {name.lower(): version for name, version in TESTSSL_VERSIONS.items()}
    suites: dict[str, set[str]] = {version: set() for version in VERSIONS}
    for name, finding in by_id.items():
        if name.startswith("cipher-"):
            prefix = name.removeprefix("cipher-").rpartition("_")[0].lower()
            suites[by_prefix[prefix]].add(finding.split()[-1])
    named = f"{by_id.get('PFS_ECDHE_curves', '')} {by_id.get('DH_groups', '')}".split()
    groups = frozenset(map(group, named)) & TESTSSL_GROUPS
    return Facts(
        versions, {version: frozenset(found) for version, found in suites.items()}, groups, None, TESTSSL_GROUPS
    )


def run(command: list[str], seconds: int) -> None:
    """Run a tool to its end; what it says on the terminal is no fact.

    Raises:
        OracleFailed: it takes longer.
    """
    try:
        subprocess.run(command, capture_output=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise OracleFailed(f"{command[0]} did not end within {seconds} s") from None


def load(path: Path) -> Any:
    """A tool's JSON.

    Raises:
        OracleFailed: there is none.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OracleFailed(f"{path.name}: {error}") from None
