"""OpenID4VP verifiers served over https on loopback, each with the manifest that its operator would write."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import conformance
from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.model import Cell
from conformance.core.network import Door
from conformance.eid.verifier.sandbox import certificate
from conformance.sandbox import entries
from conformance.tls.pki import Pki
from conformance.wire import jose
from conformance.wire.client_certificates import made
from conformance.wire.jws import new_key
from conformance.wire.pem import private_pem
from tests.software.launchers import ServerAbsent, free_port, launched
from tests.software.material import write_files

FOLDER = Path(__file__).with_name("openid4vp")
PACKAGES = Path(conformance.__file__).parent.parent / ".oracle" / "openid4vp"
VCT, ISS = "https://credentials.example/person", "https://issuer.example"
CLAIMS = {"family_name": "Santos", "birth_date": "1990-01-31"}


@dataclass(frozen=True, slots=True)
class Served:
    """A verifier that runs. manifest: its target file. roots: PEM file of the CA that it is certified by."""

    manifest: Path
    roots: Path


def polaris() -> list[str]:
    """The command that serves polaris-oid4vp.

    Raises:
        ServerAbsent: it is not installed.
    """
    if not (PACKAGES / "polaris_oid4vp").is_dir():
        raise ServerAbsent("polaris-oid4vp is not installed; tests/software/openid4vp/install.sh installs it")
    return [sys.executable, str(FOLDER / "polaris_verifier.py")]


def openid4vc() -> list[str]:
    """The command that serves @openid4vc/openid4vp.

    Raises:
        ServerAbsent: it or node is not installed.
    """
    node = shutil.which("node")
    if node is None:
        raise ServerAbsent("node is not installed (20 or later)")
    if not (FOLDER / "node_modules" / "@openid4vc" / "openid4vp").is_dir():
        raise ServerAbsent("@openid4vc/openid4vp is not installed; tests/software/openid4vp/install.sh installs it")
    return [node, str(FOLDER / "openid4vc_verifier.mjs")]


SOFTWARE: Mapping[str, Callable[[], list[str]]] = {"polaris-oid4vp": polaris, "@openid4vc/openid4vp": openid4vc}


@contextlib.contextmanager
def serve_verifier(folder: Path, pki: Pki, software: str, settings: Mapping[str, Any]) -> Iterator[Served]:
    """Run a verifier while the block runs.

    Args:
        folder: an empty one, for its files and the manifest.
        pki: the CA.
        software: a key of SOFTWARE.
        settings: `claims` that it asks for, and what its own script takes beside that.

    Raises:
        ServerAbsent, ServerFailed: see `launchers`.
    """
    command = SOFTWARE[software]()
    files = write_files(pki, ["good"], folder)
    port = free_port()
    issuer, own = new_key(), new_key()
    (folder / "issuer.pem").write_bytes(private_pem(issuer.private))
    if settings.get("certified"):
        write_issuer(folder)
    given = {
        "origin": f"https://localhost:{port}",
        "port": port,
        "second_port": free_port(),
        "packages": str(PACKAGES),
        "certificate": files.texts["certificate0"],
        "key": files.texts["key0"],
        "issuer": ISS,
        "issuer_jwk": issuer.public_jwk,
        "own_jwk": jose.jwk(own.private, private=True),
        "x5c": base64.b64encode(certificate(own)).decode(),
        "vct": VCT,
        **({"anchor": str(folder / "anchor.pem")} if settings.get("certified") else {}),
        **settings,
    }
    (folder / "settings.json").write_text(json.dumps(given), encoding="utf-8")
    with launched([*command, str(folder / "settings.json")], folder, port):
        yield Served(write_manifest(folder, given), Path(files.texts["roots"]))


def write_issuer(folder: Path) -> None:
    """An issuer that signs by certificate, and the anchor that a verifier trusts instead of its key."""
    now = datetime.now(UTC)
    begin, end = now - timedelta(days=1), now + timedelta(days=1)
    anchor = made("Issuers of XA", begin, end, authority=True)
    signer = made("issuer.example", begin, end, by=anchor)
    for name, pem in (("anchor", anchor.certificate), ("issuer-chain", signer.certificate), ("issuer", signer.key)):
        (folder / f"{name}.pem").write_bytes(pem)


def write_manifest(folder: Path, given: Mapping[str, Any]) -> Path:
    """The manifest of the running verifier. The purpose needs the family name alone."""
    service = {
        "id": "verifier",
        "role": "credential-verifier",
        "start": f"{given['origin']}/start",
        "result": f"{given['origin']}/result",
        "marker": "presentation accepted",
        "needed": ["family_name"],
        "credential": {
            "iss": ISS,
            "vct": VCT,
            "claims": {name: CLAIMS[name] for name in given["claims"]},
            "key": "file:issuer.pem",
            **({"certificate": "file:issuer-chain.pem"} if given.get("certified") else {}),
        },
    }
    path = folder / "manifest.toml"
    head = {"id": "software", "country": "XA", "name": "Software under test"}
    lines = ["[target]", *entries(head), "[[target.service]]", *entries(service)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def cells_of(folder: Path, pki: Pki, configuration: Mapping[str, Any]) -> dict[str, Cell]:
    """Serve the configuration and run its profile against it; cells by requirement.

    Raises:
        ServerAbsent, ServerFailed.
    """
    with serve_verifier(folder, pki, configuration["software"], configuration["settings"]) as served:
        request = Request(profile=configuration["profile"], targets=(served.manifest,), out=folder / "run")
        ran = execute(request, Door(ca_file=str(served.roots)), front="loop", quiet=True)
    return {cell.requirement: cell for cell in ran.run.cells}
