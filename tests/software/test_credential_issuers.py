"""oidc-provider's OID4VCI feature, which nobody here wrote, gets the verdicts that were judged by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.model import Cell
from conformance.core.network import Door
from conformance.tls.pki import Pki
from conformance.wire import jose
from conformance.wire.jws import new_key
from tests.software.launchers import free_port, launched
from tests.software.material import write_files
from tests.software.verifiers import HERE, NODE_MODULES

EXPECTED = {
    "EID-VCI-02": ("not-applicable", "it answers application/json to whoever asks for signed metadata"),
    "EID-TSL-04": ("not-applicable", "its operator offers no lists"),
    "EID-MDOC-06": ("not-applicable", "its operator offers no mdocs"),
    "EID-VCI-06": (
        "warning",
        "a proof of yesterday or tomorrow is taken while its nonce is good: F.4 allows that, the profile asks more",
    ),
    "EID-VCI-10": (
        "warning",
        "credential_response_encryption is dropped before the request is read, and a plain credential is the answer",
    ),
}
"""Requirement -> status and why, where it is not `pass`."""

TX_CODE = "493536"


def cells_of(folder: Path) -> list[Cell]:
    """Serve it with two offers, and look at it."""
    node = shutil.which("node")
    if node is None or not (NODE_MODULES / "oidc-provider").is_dir():
        pytest.skip("node or oidc-provider is not installed: run .ci/install")
    files = write_files(Pki.cached(folder), ["good"], folder)
    port = free_port()
    issuer = f"https://localhost:{port}"
    attester = new_key()
    settings = {
        "issuer": issuer,
        "port": port,
        "certificate": files.texts["certificate0"],
        "key": files.texts["key0"],
        "key_jwk": {**jose.jwk(new_key().private, private=True), "kid": "issuer", "alg": "ES256", "use": "sig"},
        "offer": str(folder / "offer.json"),
        "spare": str(folder / "spare.json"),
        "tx_code": TX_CODE,
        "attester_jwk": attester.public_jwk,
    }
    (folder / "tx_code").write_text(TX_CODE, encoding="utf-8")
    (folder / "provider.json").write_text(json.dumps(jose.jwk(attester.private, private=True)), encoding="utf-8")
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "node_modules").symlink_to(NODE_MODULES)
    script = folder / "issuer.mjs"
    script.write_bytes((HERE / "issuer.mjs").read_bytes())
    manifest = folder / "manifest.toml"
    manifest.write_text(
        f'[target]\nid = "xa-issuer"\ncountry = "XA"\nname = "x"\n[[target.service]]\nid = "issuer"\n'
        f'role = "credential-issuer"\ncredential_issuer = "{issuer}"\nconfiguration = "person"\n'
        'client_id = "wallet"\nredirect_uri = "https://wallet.example/callback"\noffer = "file:offer.json"\n'
        'tx_code = "file:tx_code"\nspare_offer = "file:spare.json"\nspare_tx_code = "file:tx_code"\n'
        'attestation = { key = "file:provider.json", iss = "https://provider.example", of = ["key", "wallet"] }\n',
        encoding="utf-8",
    )
    with launched([node, str(script), str(folder / "settings.json")], folder, port):
        request = Request(area="eid", targets=(manifest,), out=folder / "run")
        ran = execute(request, Door(ca_file=files.texts["roots"]), front="loop", quiet=True)
    return list(ran.run.cells)


@pytest.mark.software
def test_issuer_gets_the_verdicts_that_were_judged_by_hand(tmp_path: Path) -> None:
    cells = cells_of(tmp_path)
    found = {cell.requirement: cell.status.value for cell in cells if cell.status.value != "pass"}
    facts = [(c.requirement, c.reason, c.detail, [v.message + " " + v.observed for v in c.violations]) for c in cells]
    assert len(cells) == 16
    assert found == {name: status for name, (status, _) in EXPECTED.items()}, facts
