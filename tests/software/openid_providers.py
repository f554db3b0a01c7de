"""oidc-provider served over https on loopback, and the manifest that describes it as its operator would."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.eid.op.policy import GOOD, SUBSTANTIAL
from conformance.eid.op.stage import pem, rsa_key, write_signed
from conformance.sandbox import entries
from conformance.tls.pki import Pki
from conformance.wire import jose
from conformance.wire.jws import SigningKey, new_key
from tests.software.launchers import ServerAbsent, free_port, launched
from tests.software.material import write_files

FOLDER = Path(__file__).with_name("openid")
LEVELS = ("low", "substantial", "high")


@dataclass(frozen=True, slots=True)
class Served:
    """A provider that runs. manifest: its target file. roots: PEM file of the CA that it is certified by."""

    manifest: Path
    roots: Path


def node() -> str:
    """The node that runs it, and the package.

    Raises:
        ServerAbsent: either is missing.
    """
    program = shutil.which("node")
    if program is None:
        raise ServerAbsent("node is not installed (20 or later)")
    if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        raise ServerAbsent("oidc-provider is not installed; tests/software/openid/install.sh installs it")
    return program


@contextlib.contextmanager
def serve_provider(folder: Path, pki: Pki, *, mode: str, nonces: bool = False) -> Iterator[Served]:
    """Run oidc-provider while the block runs.

    Args:
        folder: an empty one, for its files and the manifest.
        pki: the CA.
        mode: `fapi` (FAPI 2.0: PAR, private_key_jwt, DPoP) or `plain` (client_secret_basic).
        nonces: DPoP proofs need one.

    Raises:
        ServerAbsent, ServerFailed: see `launchers`.
    """
    program = node()
    files = write_files(pki, ["good"], folder)
    port = free_port()
    issuer = f"https://localhost:{port}"
    keys = {name: client_keys(folder, name) for name in ("suite", "other")}
    settings: dict[str, Any] = {
        "mode": mode,
        "issuer": issuer,
        "port": port,
        "nonces": nonces,
        "certificate": files.texts["certificate0"],
        "key": files.texts["key0"],
        "acrValues": [f"{SUBSTANTIAL.rpartition(':')[0]}:{level}" for level in LEVELS],
        "jwks": {
            "keys": [private(rsa(folder), use="sig", alg="PS256" if mode == "fapi" else "RS256"), private(new_key())]
        },
        "clients": [registration(mode, name, keys[name]) for name in keys],
    }
    if mode == "plain":
        settings["jwks"]["keys"].append(private(rsa(folder, "second"), use="sig", alg="PS256"))
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    write_signed(GOOD, folder, "XA", issuer)
    (folder / "password").write_text("any", encoding="utf-8")
    with launched([program, str(FOLDER / "server.mjs"), str(folder / "settings.json")], folder, port):
        yield Served(write_manifest(folder, mode, issuer, keys), Path(files.texts["roots"]))


def rsa(folder: Path, name: str = "provider") -> SigningKey:
    """An RSA key of the provider."""
    return SigningKey(rsa_key(folder, name), "PS256", f"rsa-{name}")


def private(key: SigningKey, **members: Any) -> dict[str, Any]:
    """A private key as a JWK, for the provider itself."""
    return jose.jwk(key.private, private=True, **({"kid": key.kid} if key.kid else {}), **members)


def client_keys(folder: Path, name: str) -> dict[str, SigningKey]:
    """The keys of a client, written for the manifest."""
    made = {
        "key": new_key("ES256", f"{name}-es"),
        "rsa_key": SigningKey(rsa_key(folder, "client"), "RS256", f"{name}-rsa"),
    }
    for use, key in made.items():
        (folder / f"{name}-{use}.pem").write_bytes(pem(key.private))
    (folder / f"{name}.secret").write_text(f"secret-of-{name}-{'x' * 20}", encoding="utf-8")
    return made


def redirect_uri(name: str) -> str:
    """The redirect URI of a client."""
    return f"https://{name}.example/callback"


def registration(mode: str, name: str, keys: Mapping[str, SigningKey]) -> dict[str, Any]:
    """A client as the provider is told of it."""
    made: dict[str, Any] = {
        "client_id": name,
        "redirect_uris": [redirect_uri(name)],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
    }
    if mode == "plain":
        secret = f"secret-of-{name}-{'x' * 20}"
        return {**made, "client_secret": secret, "token_endpoint_auth_method": "client_secret_basic"}
    return {
        **made,
        "token_endpoint_auth_method": "private_key_jwt",
        "id_token_signed_response_alg": "PS256",
        "dpop_bound_access_tokens": True,
        "require_pushed_authorization_requests": True,
        "jwks": {"keys": [{**key.public_jwk, "kid": key.kid, "use": "sig"} for key in keys.values()]},
    }


def write_manifest(folder: Path, mode: str, issuer: str, keys: Mapping[str, Mapping[str, SigningKey]]) -> Path:
    """The manifest of the running provider."""

    def client(name: str) -> dict[str, Any]:
        made = {"id": name, "redirect_uri": redirect_uri(name), "scope": "openid profile"}
        if mode == "plain":
            return {**made, "auth": "client_secret_basic", "secret": f"file:{name}.secret"}
        key = {"key": f"file:{name}-key.pem", "kid": keys[name]["key"].kid}
        rsa = {"rsa_key": f"file:{name}-rsa_key.pem", "rsa_kid": keys[name]["rsa_key"].kid}
        return {**made, "auth": "private_key_jwt", **key, **rsa, "dpop": True, "id_token_signed_response_alg": "PS256"}

    service = {
        "id": "op",
        "role": "openid-provider",
        "issuer": issuer,
        "client": client("suite"),
        "second_client": client("other"),
        "login": [
            {"fields": {"login": "erika", "prompt": "login"}, "secrets": {"password": "file:password"}},
            {"fields": {"prompt": "consent"}},
        ],
        "refuse": [{"link": "/abort"}],
        "acr": SUBSTANTIAL,
        "acr_map": "file:acr-map.jws",
        "trust_list": "file:trust-list.jws",
        "trust_keys": "file:trust-keys.json",
    }
    head = {"id": "software", "country": "XA", "name": "Software under test"}
    front = {
        "id": "op-tls",
        "role": "tls-endpoint",
        "address": issuer.removeprefix("https://"),
        "server_name": "localhost",
        "serves": ["openid-provider"],
    }
    lines = ["[target]", *entries(head)]
    for each in (service, front):
        lines += ["[[target.service]]", *entries(each), ""]
    path = folder / "target.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
