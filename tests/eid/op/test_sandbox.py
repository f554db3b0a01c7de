"""The sandbox's providers: the conforming ones are green in their tier, and nothing secret is ever written."""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.area import Job, Stand
from conformance.core.model import Authorisation, Cell, Reason, Status, Target
from conformance.core.network import Door
from conformance.core.secret import Secret
from conformance.core.target import load_target, secrets_of
from conformance.eid.op.observe import observe_one
from conformance.eid.op.policy import BENIGN, FAULTS
from conformance.eid.op.sandbox_certificates import material
from conformance.sandbox import Sandbox, Spec
from conformance.wire.jws import new_key
from conformance.wire.pem import private_pem

SLOW = {"EID-PAR-08", "EID-TOK-07"}
BY_CERTIFICATE = {
    *{"EID-IDT-08", "EID-UI-06"},
    *(f"EID-DPOP-{number}" for number in ("03", "04", "05", "08", "09", "10")),
}
WITHOUT_ASSERTIONS = BY_CERTIFICATE | {*(f"EID-CLI-{number:02}" for number in range(1, 10)), "EID-CLI-02-S"}
NOT_APPLICABLE = {
    "good": {"EID-IDT-08", "EID-UI-06"},
    "high": {"EID-IDT-08", "EID-UI-06"},
    "encrypted": set(),
    "without-nonces": {"EID-IDT-08", "EID-UI-06", "EID-DPOP-10"},
    "mtls": WITHOUT_ASSERTIONS,
    "mtls-self-signed": WITHOUT_ASSERTIONS,
    "mtls-bound": BY_CERTIFICATE,
}


def run(
    policy: str, profile: str, folder: Path, *faults: str, only: tuple[str, ...] = ()
) -> tuple[Mapping[str, Cell], Target]:
    """The cells of a provider of this policy, and its target."""
    stand = Stand("xy-op", "XY", "op", "openid-provider", policy, faults)
    with Sandbox([Spec("xy-op", "XY", "op", (stand,))]) as sandbox:
        request = Request(profile=profile, out=folder / "run", area="eid", only=only)
        ran = execute(request, sandbox.door(), sandbox.targets, front="loop", quiet=True)
        keep = {secret: secret.reveal() for secret in secrets_of(sandbox.targets[0])}
        (folder / "secrets").write_bytes(b"\n--\n".join(keep.values()))
    chosen = (cell for cell in ran.run.cells if cell.requirement.startswith("EID-") and cell.reason != "deselected")
    return {cell.requirement: cell for cell in chosen if cell.requirement != "EID-TLS-01"}, sandbox.targets[0]


@pytest.mark.parametrize("profile", ["asean", "asean-high"])
@pytest.mark.parametrize("policy", NOT_APPLICABLE)
def test_conforming_providers_are_green(policy: str, profile: str, tmp_path: Path) -> None:
    cells, _ = run(policy, profile, tmp_path)
    bad = {
        name: (cell.status, cell.detail, cell.violations)
        for name, cell in cells.items()
        if cell.status is not Status.PASS and name not in NOT_APPLICABLE[policy] | SLOW
    }
    assert bad == {}
    assert {name for name, cell in cells.items() if cell.status is Status.NOT_APPLICABLE} == NOT_APPLICABLE[policy]
    assert len(cells) >= 112


def test_the_baseline_provider_has_warnings_in_the_lower_tier_and_fails_in_the_stricter(tmp_path: Path) -> None:
    lower, _ = run("baseline", "asean", tmp_path)
    wanting = {"EID-DISC-09", "EID-DISC-10", "EID-PAR-03"}
    assert {name for name, cell in lower.items() if cell.status is Status.WARNING} == wanting
    assert not any(cell.status in (Status.FAIL, Status.ERROR) for cell in lower.values())
    (tmp_path / "high").mkdir()
    higher, _ = run("baseline", "asean-high", tmp_path / "high")
    assert {name for name, cell in higher.items() if cell.status is Status.FAIL} == {*wanting, "EID-HIGH-01"}


@pytest.mark.parametrize("policy", ["encrypted", "mtls"])
def test_no_secret_is_written(policy: str, tmp_path: Path) -> None:
    run(policy, "asean", tmp_path)
    secrets = [each for each in (tmp_path / "secrets").read_bytes().split(b"\n--\n") if each.strip()]
    assert len(secrets) >= 6
    lines = [line for each in secrets for line in each.splitlines() if len(line) >= 12 and b"-----" not in line]
    with zipfile.ZipFile(tmp_path / "run" / "evidence.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members |= {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir() if path.suffix != ".zip"}
    evidence = b"".join(data for name, data in members.items() if name.startswith("evidence/"))
    assert b"callback" in evidence
    for name, data in members.items():
        assert not [line for line in lines if line in data], name
        assert b"eyJ" not in data, name
        assert b"Test Person" not in data, name


def revealing(monkeypatch: pytest.MonkeyPatch, files: Mapping[str, bytes]) -> None:
    """Have the files of these names, which a manifest refers to, hold something else."""
    reveal = Secret.reveal
    monkeypatch.setattr(Secret, "reveal", lambda each: files.get(Path(each.reference).name) or reveal(each))


def red(cells: Mapping[str, Cell]) -> list[str]:
    return [name for name, cell in cells.items() if cell.status in (Status.FAIL, Status.WARNING)]


MUTUAL = {name: material(BENIGN[name].certificates) for name in ("mtls", "mtls-self-signed")}
OTHER = {name: {"suite.pem": each.other.certificate, "suite.key": each.other.key} for name, each in MUTUAL.items()}
EXPIRED = {"suite.pem": MUTUAL["mtls"].expired.certificate, "suite.key": MUTUAL["mtls"].expired.key}
KEY = private_pem(new_key().private)


@pytest.mark.parametrize(
    ("policy", "files", "advice"),
    [
        ("good", {"password": b"wrong"}, "check the test user's secrets"),
        ("good", {"suite-key.pem": KEY}, "check client.id, and that the public key of client.key is registered"),
        ("mtls", OTHER["mtls"], "the subject of client.client_certificate is registered"),
        ("mtls", EXPIRED, "is client.client_certificate registered, in date"),
        ("mtls-self-signed", OTHER["mtls-self-signed"], "the key of client.client_certificate is registered"),
        ("encrypted", {"suite-enc.pem": KEY}, "preflight: ID token: client.encryption.key does not open it"),
    ],
    ids=["password", "key", "certificate", "expired-certificate", "certificate-key", "encryption-key"],
)
def test_what_the_manifest_has_wrong_turns_nothing_red(
    policy: str, files: Mapping[str, bytes], advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revealing(monkeypatch, files)
    cells, _ = run(policy, "asean", tmp_path)
    assert red(cells) == []
    assert cells["EID-DISC-01"].status is Status.PASS
    for name in ("EID-TOK-01", "EID-IDT-08", "EID-LOA-01", "EID-UI-01"):
        assert cells[name].reason == "control-failed"
        assert advice in cells[name].detail


@pytest.mark.parametrize(
    ("policy", "fault", "requirement"),
    [
        ("mtls", "push-without-authentication", "EID-PAR-02"),
        ("mtls", "binding-hidden", "EID-INT-01"),
        ("mtls", "code-not-bound", "EID-TOK-03"),
        ("mtls-self-signed", "any-client-certificate", "EID-CLI-10"),
        ("mtls-self-signed", "bound-token-without-certificate", "EID-DPOP-06"),
        ("mtls-bound", "certificate-not-compared", "EID-DPOP-07"),
        ("mtls-bound", "certificate-not-named", "EID-DPOP-02"),
    ],
)
def test_faults_show_however_clients_use_their_certificates(
    policy: str, fault: str, requirement: str, tmp_path: Path
) -> None:
    cells, _ = run(policy, "asean", tmp_path, fault, only=(requirement,))
    assert red(cells) == [requirement]


def test_a_key_that_does_not_load_is_no_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    revealing(monkeypatch, {"suite-enc.pem": b"no key"})
    cells, _ = run("encrypted", "asean", tmp_path, only=("EID-IDT-08",))
    assert cells["EID-IDT-08"].status is Status.NOT_TESTED
    assert "client.encryption.key does not load" in cells["EID-IDT-08"].detail


def test_a_provider_that_encrypts_wrongly_fails_where_encryption_is_judged(tmp_path: Path) -> None:
    cells, _ = run("encrypted", "asean", tmp_path, "encryption-spoiled")
    assert red(cells) == ["EID-IDT-08"]
    assert "does not decrypt" in cells["EID-IDT-08"].violations[0].observed
    assert "cannot be read" in cells["EID-LOA-01"].detail


def test_an_authorised_target_is_looked_at_within_its_rate(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    allowed = Authorisation(
        "Agency", "letter 1", today, today, ("localhost",), ("oidc",), active=True, max_rps=60, private_addresses=True
    )
    with Sandbox([Spec("xy-op", "XY", "op", (Stand("xy-op", "XY", "op", "openid-provider", "good"),))]) as sandbox:
        found = sandbox.targets[0]
        job = Job(replace(found, authorisation=allowed), found.services[0], frozenset({"token:redeemed-twice"}))
        roots = str(sandbox.roots)
        begin = time.monotonic()
        observed = observe_one(job, Door(ca_file=roots, free=()))
        elapsed = time.monotonic() - begin
        refused = observe_one(replace(job, target=found), Door(ca_file=roots, free=()))
    assert observed.failures == {}
    assert not observed.records["token"].trials["redeemed-twice"].granted
    assert elapsed >= (observed.connections - 2) / 60
    assert refused.failures["token"][0] is Reason.OUT_OF_SCOPE
    assert refused.connections == 0


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_has_a_sentence(name: str) -> None:
    assert FAULTS[name].description
    assert name not in BENIGN


def test_manifests_of_the_documentation_are_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "openid-providers.md").read_text(encoding="utf-8")
    whole, step, certified = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "roots.pem").write_text("-----BEGIN CERTIFICATE-----\n", encoding="ascii")
    single_page = re.sub(r"login = \[\n.*?\n\]\n", lambda _: step, whole, flags=re.DOTALL)
    mutual = re.sub(r"client = .*\n", lambda _: certified, whole)
    assert "tls_client_auth" in mutual
    for number, manifest in enumerate((whole, single_page, mutual)):
        path = tmp_path / f"{number}.toml"
        path.write_text(manifest, encoding="utf-8")
        assert load_target(path).services[0].role == "openid-provider"
    assert "next_member" in single_page


def test_manifests_of_the_readme_are_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    for name in ("roots.pem", "staging-root.pem"):
        (tmp_path / name).write_text("-----BEGIN CERTIFICATE-----\n", encoding="ascii")
    roles = []
    for number, manifest in enumerate(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)):
        path = tmp_path / f"{number}.toml"
        path.write_text(manifest, encoding="utf-8")
        roles.append(load_target(path).services[0].role)
    assert roles == ["tls-endpoint", "openid-provider"]
