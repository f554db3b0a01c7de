"""The sandbox's OpenID providers: a stand becomes a server, and the keys of its manifest and signed data with it."""

from __future__ import annotations

import contextlib
import json
import secrets
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.core.area import Kit, Stand, check_stand
from conformance.eid import trust
from conformance.eid.op import sandbox_certificates
from conformance.eid.op.policy import BENIGN, FACTOR, FAULTS, HIGH, HIGH_PLUS, LOW, SUBSTANTIAL, Policy, with_faults
from conformance.eid.op.sandbox import Registered, State, serve
from conformance.wire import jose
from conformance.wire.jws import SigningKey, load_key, new_key
from conformance.wire.kept_keys import kept_key
from conformance.wire.pem import private_pem

REDIRECT_URI = "https://rp.example/callback"
ENCRYPTION = {"alg": "ECDH-ES+A256KW", "enc": "A256CBC-HS512"}
USER = "erika"


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Serve the stand; yield the keys of its manifest.

    Raises:
        ConfigError: no such policy or fault.
    """
    policy = policy_of(stand)
    password = secrets.token_urlsafe(12)
    ours = {name: keys_of(policy, kit.keys) for name in ("suite", "other")}
    state = State(policy, provider_keys(kit.keys), clients_of(policy, ours), (USER, password))
    state.extra_keys = extra_keys(policy)
    state.push_seconds = 5 if policy.slow else 60
    with serve(state, *contexts(policy, kit)) as issuer:
        (kit.folder / "password").write_text(password, encoding="utf-8")
        write_signed(policy, kit.folder, stand.country, issuer)
        keys: dict[str, Any] = {
            "issuer": issuer,
            "client": client_keys(policy, kit.folder, "suite", ours["suite"], state.clients["suite"].secret),
            "second_client": client_keys(policy, kit.folder, "other", ours["other"], state.clients["other"].secret),
            "login": [
                {"fields": {"login": USER}, "secrets": {"password": "file:password"}},
                {"button": {"name": "decision", "value": "allow"}},
            ],
            "refuse": [{"link": "/abort"}],
            "acr": SUBSTANTIAL,
            "acr_map": "file:acr-map.jws",
            "trust_list": "file:trust-list.jws",
            "trust_keys": "file:trust-keys.json",
            "subject_type": "pairwise",
        }
        yield {**keys, **({"slow": True} if policy.slow else {})}


def contexts(policy: Policy, kit: Kit) -> tuple[ssl.SSLContext, ...]:
    """TLS of the issuer's place, and of the aliases where there are any."""
    if policy.certificates == "self_signed_tls_client_auth":
        return (sandbox_certificates.context(policy, kit),)
    aliases = (sandbox_certificates.context(policy, kit),) if policy.certificates else ()
    return (kit.server_context(), *aliases)


def policy_of(stand: Stand) -> Policy:
    """The policy that the stand names, with its faults. Raises ConfigError."""
    check_stand(stand, BENIGN, FAULTS, "OpenID providers")
    return with_faults(BENIGN[stand.policy], *stand.faults)


def provider_keys(folder: Path) -> tuple[SigningKey, ...]:
    """What the provider signs with; the first is the usual one."""
    return new_key("ES256", "es"), SigningKey(kept_key(folder, "openid-provider"), "PS256", "ps")


def keys_of(policy: Policy, folder: Path) -> dict[str, SigningKey]:
    """The keys of a client, by what they are for."""
    if not policy.high:
        return {}
    return {
        "key": new_key("ES256", "client-es"),
        "rsa_key": SigningKey(kept_key(folder, "openid-client"), "RS256", "client-rsa"),
        "encryption": new_key("ES256", "client-enc"),
    }


def clients_of(policy: Policy, ours: Mapping[str, Mapping[str, SigningKey]]) -> dict[str, Registered]:
    """The clients as the provider knows them."""
    found = {}
    for name, keys in ours.items():
        jwks = {key.kid: key.public_jwk for use, key in keys.items() if use != "encryption"}
        encryption = {**keys["encryption"].public_jwk, "kid": keys["encryption"].kid} if policy.encrypted else None
        secret = "" if policy.high else secrets.token_urlsafe(24)
        uri = REDIRECT_URI if name == "suite" else f"https://{name}.example/callback"
        found[name] = Registered(name, uri, jwks, secret, encryption, **sandbox_certificates.registered(policy, name))
    return found


def client_keys(policy: Policy, folder: Path, name: str, keys: Mapping[str, SigningKey], secret: str) -> dict[str, Any]:
    """A client as the manifest describes it, its keys beside the manifest."""
    made: dict[str, Any] = {
        "id": name,
        "redirect_uri": REDIRECT_URI if name == "suite" else f"https://{name}.example/callback",
        "scope": "openid profile",
        "auth": "private_key_jwt" if policy.high else "client_secret_basic",
        "dpop": policy.dpop,
    }
    if policy.certificates:
        made |= sandbox_certificates.manifest_keys(policy, folder, name)
    if not policy.high:
        (folder / f"{name}.secret").write_text(secret, encoding="utf-8")
        return {**made, "secret": f"file:{name}.secret"}
    made |= {"id_token_signed_response_alg": "ES256"}
    if made["auth"] == "private_key_jwt":
        for use in ("key", "rsa_key"):
            (folder / f"{name}-{use}.pem").write_bytes(private_pem(keys[use].private))
            made[use] = f"file:{name}-{use}.pem"
        made |= {"kid": keys["key"].kid, "rsa_kid": keys["rsa_key"].kid}
    if policy.encrypted or "not-encrypted" in policy.quirks:
        (folder / f"{name}-enc.pem").write_bytes(private_pem(keys["encryption"].private))
        made["encryption"] = {"key": f"file:{name}-enc.pem", **ENCRYPTION}
    return made


def extra_keys(policy: Policy) -> tuple[Mapping[str, Any], ...]:
    """The keys that faults publish beside the good ones."""
    decoy = new_key("ES256")
    members = {**decoy.public_jwk, "use": "sig", "alg": "ES256"}
    weak = {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": "weak",
        "e": "AQAB",
        "n": jose.b64(b"\xc1" + bytes(126) + b"\x01"),
    }
    made = {
        "private-member": {**jose.jwk(decoy.private, private=True), "use": "sig", "alg": "ES256", "kid": "decoy"},
        "kid-twice": {**members, "kid": "ES"},
        "weak-rsa": weak,
        "key-without-use": {**decoy.public_jwk, "kid": "decoy"},
    }
    return tuple(made[name] for name in made if name in policy.quirks)


@lru_cache(maxsize=1)
def list_key() -> SigningKey:
    """Who signs the sandbox's lists: a test key, for this process alone."""
    return load_key(private_pem(new_key().private), kid="sandbox-lists")


def write_signed(policy: Policy, folder: Path, country: str, issuer: str) -> None:
    """The country's map and list, and the key that signs them."""
    key = list_key()
    today = datetime.now(UTC).date()
    head = {
        "country": country,
        "sequence": 1,
        "issued": (today - timedelta(days=1)).isoformat(),
        "expires": (today + timedelta(days=30)).isoformat(),
    }
    levels = {LOW: "low", SUBSTANTIAL: "substantial", HIGH: "high", HIGH_PLUS: "high"}
    acr = [{"acr": value, "level": level} for value, level in levels.items()]
    entry = {
        "issuer": issuer,
        "status": "withdrawn" if "withdrawn" in policy.quirks else "granted",
        "jwks_hosts": ["keys.example" if "unlisted-jwks-host" in policy.quirks else "localhost"],
        "not_before": head["issued"],
        "not_after": head["expires"],
    }
    files = {
        "acr-map": {**head, "levels": acr, "factors": [FACTOR]},
        "trust-list": {**head, "services": [entry]},
    }
    for kind, payload in files.items():
        (folder / f"{kind}.jws").write_text(trust.signed(kind, payload, key), encoding="ascii")
    jwks = {"keys": [{**key.public_jwk, "kid": key.kid, "alg": key.alg, "use": "sig"}]}
    (folder / "trust-keys.json").write_text(json.dumps(jwks), encoding="ascii")
