"""oidc-provider served over https on loopback, and the manifest that describes it as its operator would."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.eid.op import sandbox_certificates
from conformance.eid.op.policy import GOOD, SUBSTANTIAL
from conformance.eid.op.sandbox_certificates import manifest_keys
from conformance.eid.op.stage import write_signed
from conformance.sandbox import entries
from conformance.tls.pki import Pki
from conformance.wire import jose
from conformance.wire.client_authority import Issued
from conformance.wire.jws import SigningKey, new_key
from conformance.wire.kept_keys import kept_key
from conformance.wire.pem import private_pem
from tests.software.launchers import ServerAbsent, free_port, launched, program
from tests.software.material import Files, write_files

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
    found = shutil.which("node")
    if found is None:
        raise ServerAbsent("node is not installed (20 or later)")
    if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        raise ServerAbsent("oidc-provider is not installed; tests/software/openid/install.sh installs it")
    return found


@dataclass(frozen=True, slots=True)
class MutualTls:
    """Clients that authenticate by certificate, which nginx hands over. aliased: it asks for them at another port.

    unchecked: neither nginx nor the provider holds a certificate against anything. required: no nginx; the provider's
    own second listener hangs up on whoever has no certificate that it trusts.
    """

    method: str
    aliased: bool = False
    unchecked: bool = False
    required: bool = False


@contextlib.contextmanager
def serve_provider(
    folder: Path, pki: Pki, *, mode: str, nonces: bool = False, mtls: MutualTls | None = None
) -> Iterator[Served]:
    """Run oidc-provider while the block runs.

    Args:
        folder: an empty one, for its files and the manifest.
        pki: the CA.
        mode: `fapi` (FAPI 2.0: PAR, private_key_jwt, DPoP) or `plain` (client_secret_basic).
        nonces: DPoP proofs need one.
        mtls: certificates in place of private_key_jwt and DPoP.

    Raises:
        ServerAbsent, ServerFailed: see `launchers`.
    """
    binary = node()
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
        "clients": [registration(mode, name, keys[name], mtls) for name in keys],
    }
    front = front_of(files, port, mtls) if mtls else Front()
    if mtls:
        settings["mtls"] = {**front.settings, "method": mtls.method, "unchecked": mtls.unchecked}
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    write_signed(GOOD, folder, "XA", issuer)
    (folder / "password").write_text("any", encoding="utf-8")
    with contextlib.ExitStack() as stack:
        command = [binary, str(FOLDER / "server.mjs"), str(folder / "settings.json")]
        stack.enter_context(launched(command, folder, front.backend or port))
        if front.command:
            stack.enter_context(launched(front.command, front.folder, port))
        yield Served(write_manifest(folder, mode, issuer, keys, mtls), Path(files.texts["roots"]))


@dataclass(frozen=True, slots=True)
class Front:
    """What asks for certificates. settings: what the provider is told of it. backend: the port on which the provider
    listens in plain HTTP, behind the command.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    backend: int = 0
    command: list[str] = field(default_factory=list)
    folder: Path = Path()


def front_of(files: Files, port: int, mtls: MutualTls) -> Front:
    """The provider's own second listener, or nginx."""
    second = free_port() if mtls.aliased else 0
    aliases = {name: f"https://localhost:{second}{path}" for name, path in PATHS.items()} if second else None
    authority = certificates(mtls.method).authority.certificate
    if mtls.required:
        return Front({"second": second, "aliases": aliases, "authorities": authority.decode()})
    backend, folder = free_port(), files.folder / "nginx"
    folder.mkdir()
    (folder / "clients.pem").write_bytes(authority)
    command = nginx(folder, files, mtls, [port, *([second] if second else [])], backend)
    return Front({"backend": backend, "aliases": aliases}, backend, command, folder)


def nginx(folder: Path, files: Files, mtls: MutualTls, ports: list[int], backend: int) -> list[str]:
    """The provider's documentation has it so: the last of the ports asks for certificates, and says what it found."""
    verify = "optional" if mtls.method == "tls_client_auth" and not mtls.unchecked else "optional_no_ca"
    asking = f"ssl_verify_client {verify}; ssl_client_certificate {folder}/clients.pem;"
    servers = [SERVER.format(port=each, more=asking if each == ports[-1] else "", backend=backend) for each in ports]
    texts = {"nginx": str(folder), "certificate": files.texts["certificate0"], "key": files.texts["key0"]}
    text = Files(folder, texts).fill(NGINX + "".join(servers) + "}\n")
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    return [program("nginx", "nginx-light")(), "-p", f"{folder}/", "-e", "stderr", "-c", "nginx.conf"]


NGINX = """daemon off; master_process off; error_log stderr notice; pid {nginx}/nginx.pid;
events { worker_connections 512; }
http {
  access_log off; client_body_temp_path {nginx}/body; proxy_temp_path {nginx}/proxy; fastcgi_temp_path {nginx}/fcgi;
  uwsgi_temp_path {nginx}/uwsgi; scgi_temp_path {nginx}/scgi;
  large_client_header_buffers 4 32k;
  ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;
  add_header Strict-Transport-Security max-age=63072000 always;
"""
SERVER = """  server {{
    listen 127.0.0.1:{port} ssl; server_name localhost; {more}
    location / {{
      proxy_pass http://127.0.0.1:{backend};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header ssl-client-cert $ssl_client_escaped_cert;
      proxy_set_header ssl-client-verify $ssl_client_verify;
      proxy_set_header ssl-client-s-dn $ssl_client_s_dn;
    }}
  }}
"""
PATHS = {
    "token_endpoint": "/token",
    "pushed_authorization_request_endpoint": "/request",
    "introspection_endpoint": "/token/introspection",
    "revocation_endpoint": "/token/revocation",
    "userinfo_endpoint": "/me",
}
"""Where the provider has what a client with a certificate asks."""


def certificates(method: str) -> Issued:
    """The certificates of our two clients."""
    return sandbox_certificates.material(method)


def rsa(folder: Path, name: str = "provider") -> SigningKey:
    """An RSA key of the provider."""
    return SigningKey(kept_key(folder, f"openid-{name}"), "PS256", f"rsa-{name}")


def private(key: SigningKey, **members: Any) -> dict[str, Any]:
    """A private key as a JWK, for the provider itself."""
    return jose.jwk(key.private, private=True, **({"kid": key.kid} if key.kid else {}), **members)


def client_keys(folder: Path, name: str) -> dict[str, SigningKey]:
    """The keys of a client, written for the manifest."""
    made = {
        "key": new_key("ES256", f"{name}-es"),
        "rsa_key": SigningKey(kept_key(folder, "openid-client"), "RS256", f"{name}-rsa"),
    }
    for use, key in made.items():
        (folder / f"{name}-{use}.pem").write_bytes(private_pem(key.private))
    (folder / f"{name}.secret").write_text(f"secret-of-{name}-{'x' * 20}", encoding="utf-8")
    return made


def redirect_uri(name: str) -> str:
    """The redirect URI of a client."""
    return f"https://{name}.example/callback"


def registration(mode: str, name: str, keys: Mapping[str, SigningKey], mtls: MutualTls | None = None) -> dict[str, Any]:
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
    made |= {"id_token_signed_response_alg": "PS256", "require_pushed_authorization_requests": True}
    if mtls:
        return {**made, **certified(name, mtls)}
    return {
        **made,
        "token_endpoint_auth_method": "private_key_jwt",
        "dpop_bound_access_tokens": True,
        "jwks": {"keys": [{**key.public_jwk, "kid": key.kid, "use": "sig"} for key in keys.values()]},
    }


def certified(name: str, mtls: MutualTls) -> dict[str, Any]:
    """What the provider is told of a client's certificate."""
    found = certificates(mtls.method)
    leaf = (found.own if name == "suite" else found.other).leaf
    made = {"token_endpoint_auth_method": mtls.method, "tls_client_certificate_bound_access_tokens": True}
    if mtls.method == "tls_client_auth":
        return {**made, "tls_client_auth_subject_dn": leaf.subject.rfc4514_string()}
    der = base64.b64encode(leaf.public_bytes(serialization.Encoding.DER)).decode()
    return {
        **made,
        "jwks": {
            "keys": [{**jose.jwk(cast("ec.EllipticCurvePublicKey", leaf.public_key())), "use": "sig", "x5c": [der]}]
        },
    }


def write_manifest(
    folder: Path,
    mode: str,
    issuer: str,
    keys: Mapping[str, Mapping[str, SigningKey]],
    mtls: MutualTls | None = None,
) -> Path:
    """The manifest of the running provider."""

    def client(name: str) -> dict[str, Any]:
        made = {"id": name, "redirect_uri": redirect_uri(name), "scope": "openid profile"}
        if mode == "plain":
            return {**made, "auth": "client_secret_basic", "secret": f"file:{name}.secret"}
        if mtls:
            policy = replace(GOOD, certificates=mtls.method)
            return {**made, "id_token_signed_response_alg": "PS256", **manifest_keys(policy, folder, name)}
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
