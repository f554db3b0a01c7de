"""Z41 end to end: a client certificate's key, by `file:` and by `env:`, is in no file written and in no output.

The key is a real one, so that it is used; its PEM text, each line of it, its DER and its private number are looked for,
also in hexadecimal and base64, in every file of the run (of archives, every member) and in all that is printed.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from conformance.cli import main
from conformance.core.results import read_results
from conformance.tls import observe_client_certificates, observe_hellos, observe_http
from conformance.tls.pki import Material
from tests.tls.chains import NAME, authorities
from tests.tls.endpoints import endpoint, public_roots, server_context
from tests.written import everything
from tests.zoo.servers import Handler, answering, closed_port, resetting, serve

CANARY = "canary-9f27c1"
ENVIRONMENT = "SUITE_CANARY_KEY"

MANIFEST = """
[target]
id = "xa-canary"
country = "XA"
name = "Canary"
[[target.service]]
id = "api"
role = "tls-endpoint"
address = "{address}"
server_name = "{name}"
serves = ["openid-provider"]
trust = "roots.pem"
mtls = true
client_certificate = {{ certificate = "file:client.pem", key = "{key}" }}
[target.service.untrusted_client_certificates]
untrusted = {{ certificate = "file:old.pem", key = "env:SUITE_CANARY_OLD" }}
"""


def traces(key_pem: bytes) -> dict[str, bytes]:
    """What a key could be recognised by."""
    key = serialization.load_pem_private_key(key_pem, None)
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    number = key.private_numbers()  # type: ignore[union-attr]
    value = number.private_value if isinstance(key, ec.EllipticCurvePrivateKey) else number.d  # type: ignore[union-attr]
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    lines = [line for line in key_pem.splitlines() if line and not line.startswith(b"-----")]
    found = {f"line {number}": line for number, line in enumerate(lines)}
    for name, octets in (("DER", der), ("number", raw)):
        found |= {
            name: octets,
            f"{name} in hex": octets.hex().encode(),
            f"{name} in base64": base64.b64encode(octets),
            f"{name} in base64url": base64.urlsafe_b64encode(octets).rstrip(b"="),
        }
    return found | {"decimal": str(value).encode()}


class Manifest:
    """A manifest with secrets, and the looking for them."""

    def __init__(self, folder: Path, address: str, *, by: str = "file", garbage: bool = False) -> None:
        self.folder, self.out = folder / "manifest", folder / "out"
        self.folder.mkdir()
        trusted, old = authorities().client("trusted"), authorities().client("untrusted")
        self.needles = traces(trusted.key_pem) | {f"old {name}": each for name, each in traces(old.key_pem).items()}
        key = trusted.key_pem
        if garbage:
            key = f"-----BEGIN PRIVATE KEY-----\n{CANARY}{'A' * 50}\n-----END PRIVATE KEY-----\n".encode()
            self.needles = {"canary": CANARY.encode()}
        self._write(trusted, old, key)
        self.environment = {ENVIRONMENT: key.decode(), "SUITE_CANARY_OLD": old.key_pem.decode()}
        reference = "file:client.key" if by == "file" else f"env:{ENVIRONMENT}"
        self.path = self.folder / "manifest.toml"
        self.path.write_text(MANIFEST.format(address=address, name=NAME, key=reference), encoding="utf-8")

    def _write(self, trusted: Material, old: Material, key: bytes) -> None:
        (self.folder / "client.pem").write_bytes(trusted.certificate_pem)
        (self.folder / "client.key").write_bytes(key)
        (self.folder / "old.pem").write_bytes(old.certificate_pem)
        (self.folder / "roots.pem").write_bytes(Path(public_roots()).read_bytes())

    def assert_clean(self, *texts: bytes) -> None:
        places = [*everything(self.out), *((f"output {number}", text) for number, text in enumerate(texts))]
        assert [name for name, _ in places if name.startswith("evidence.zip/evidence/")]
        for place, data in places:
            found = [name for name, needle in self.needles.items() if needle in data]
            assert found == [], place


def command(manifest: Manifest, *options: str) -> subprocess.CompletedProcess[bytes]:
    arguments = ["run", "--target", str(manifest.path), "--out", str(manifest.out), *options]
    return subprocess.run(
        [sys.executable, "-m", "conformance", *arguments],
        env={**os.environ, **manifest.environment, "TMPDIR": str(manifest.out.parent)},
        cwd=manifest.out.parent,
        capture_output=True,
        timeout=100,
        check=False,
    )


def test_the_looking_finds_what_is_there(tmp_path: Path) -> None:
    """The needles themselves, written in an archive."""
    manifest = Manifest(tmp_path, "127.0.0.1:1")
    manifest.out.mkdir()
    with zipfile.ZipFile(manifest.out / "evidence.zip", "w") as archive:
        archive.writestr("evidence/x.json", b"." + (manifest.folder / "client.key").read_bytes())
    with pytest.raises(AssertionError, match="line 0"):
        manifest.assert_clean()


@pytest.mark.parametrize("by", ["file", "env"])
@pytest.mark.parametrize("front", ["loop", "pytest"])
def test_z41_key_that_is_used_is_written_and_printed_nowhere(tmp_path: Path, by: str, front: str) -> None:
    with endpoint(context=server_context(clients="client-root")) as (https, _):
        manifest = Manifest(tmp_path, https.at, by=by)
        ended = command(manifest, "--front", front, "--format", "json" if front == "loop" else "text")
        assert any(https.client_certificates), "the certificate was presented"
    manifest.assert_clean(ended.stdout, ended.stderr)
    assert {cell.requirement: cell.status.value for cell in read_results(manifest.out).cells}["TLS-MTL-02"] == "pass"
    left = [path.name for path in tmp_path.iterdir() if path.name not in ("manifest", "out")]
    assert left == [], "nothing is left in the folder for temporary files"


ENDINGS: dict[str, Handler] = {"reset": resetting, "http": answering(b"HTTP/1.1 200 OK\r\n\r\n")}
BRIEF = ("--area", "tls", "--front", "loop", "--no-report")


@pytest.mark.parametrize("name", ["closed", "reset", "http"])
def test_z41_key_shows_in_no_failure(tmp_path: Path, name: str) -> None:
    with serve(ENDINGS.get(name, resetting), read=False) as server:
        manifest = Manifest(tmp_path, f"127.0.0.1:{closed_port()}" if name == "closed" else server.at, by="env")
        ended = command(manifest, *BRIEF)
    manifest.assert_clean(ended.stdout, ended.stderr)


def test_z41_key_that_cannot_be_read_shows_nowhere(tmp_path: Path) -> None:
    with endpoint(context=server_context(clients="client-root")) as (https, _):
        manifest = Manifest(tmp_path, https.at, garbage=True)
        ended = command(manifest, *BRIEF)
    manifest.assert_clean(ended.stdout, ended.stderr)
    cells = {cell.requirement: cell for cell in read_results(manifest.out).cells}
    assert cells["TLS-MTL-03"].status.value == "error"


def raising(manifest: Manifest) -> object:
    """A defect of ours whose message holds every secret."""
    keys = [manifest.environment[ENVIRONMENT], manifest.environment["SUITE_CANARY_OLD"]]

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"boom {keys[0]} {keys[1]!r} {keys}")

    return broken


@pytest.mark.parametrize(
    ("module", "function"),
    [(observe_http, "trusted_key"), (observe_client_certificates, "_attempt"), (observe_hellos, "second")],
    ids=["http", "client-certificates", "hellos"],
)
def test_z41_key_shows_in_no_crash_of_an_observer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object, function: str
) -> None:
    with endpoint(context=server_context(clients="client-root")) as (https, _):
        manifest = Manifest(tmp_path, https.at, by="env")
        for name, value in manifest.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(module, function, raising(manifest))
        arguments = ["run", "--target", str(manifest.path), "--out", str(manifest.out), *BRIEF]
        ended = CliRunner().invoke(main, arguments)
    manifest.assert_clean(ended.output.encode(), repr(ended.exception).encode())
    crashed = [cell for cell in read_results(manifest.out).cells if cell.reason == "internal"]
    assert crashed, "the crash was seen"
    assert "boom" in crashed[0].detail


def test_z41_plan_and_explain_read_no_secret(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path, "127.0.0.1:1")
    (manifest.folder / "client.key").unlink()
    for arguments in (["plan", "--target", str(manifest.path)], ["explain", "TLS-MTL-02"]):
        ended = CliRunner().invoke(main, arguments)
        assert ended.exit_code == 0, ended.output
