"""The sandbox's TLS endpoints: a stand becomes a server, and the keys of its manifest."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.core.area import Kit, Stand, check_stand
from conformance.tls import sandbox_dns
from conformance.tls.pki import Pki
from conformance.tls.policy import BENIGN, FAULTS, Policy, with_faults
from conformance.tls.sandbox import serve
from conformance.wire.client_authority import written
from conformance.wire.client_certificates import ClientKey

UNWANTED = ("untrusted", "expired", "wrong-eku")


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Serve the stand; yield the keys of its manifest.

    Raises:
        ConfigError: no such policy or fault.
    """
    name = f"{stand.id}.{stand.target}.test"
    policy = replace(policy_of(stand), server_name=name)
    kit.announce(name, sandbox_dns.FAULTS.get(policy.caa, sandbox_dns.GOOD), ("127.0.0.1",))
    pki = authorities(kit.keys)
    with serve(policy, pki) as endpoint:
        keys: dict[str, Any] = {"address": endpoint.address, "server_name": name}
        if endpoint.plain_http:
            keys["plain_http"] = endpoint.plain_http
        if endpoint.second:
            keys["also"] = [endpoint.second]
        if policy.trust == "private":
            (kit.folder / "roots.pem").write_bytes(pki.private_roots_pem)
            keys["trust"] = "roots.pem"
        keys |= client_keys(policy, kit, pki)
        if policy.claims:
            keys["claims"] = dict(policy.claims)
        yield keys


def client_keys(policy: Policy, kit: Kit, pki: Pki) -> dict[str, Any]:
    """What a manifest says of client certificates; nothing where the policy does not declare them."""
    if not policy.declares_mtls:
        return {}
    return {
        "mtls": True,
        "client_certificate": client_files(kit, pki, "trusted"),
        "untrusted_client_certificates": {wrong: client_files(kit, pki, wrong) for wrong in UNWANTED},
    }


@lru_cache(maxsize=1)
def authorities(folder: Path) -> Pki:
    """The sandbox's authorities, one set a process: see `Pki.cached`."""
    return Pki.cached(folder)


def policy_of(stand: Stand) -> Policy:
    """The policy that the stand names, with its faults.

    Raises:
        ConfigError: no such policy or fault.
    """
    check_stand(stand, BENIGN, FAULTS, "the area tls")
    return with_faults(BENIGN[stand.policy], *stand.faults)


def client_files(kit: Kit, pki: Pki, name: str) -> dict[str, str]:
    """A client certificate and its key as files, as a manifest refers to them."""
    material = pki.client(name)
    return written(kit.folder, name, ClientKey(material.certificate_pem, material.key_pem))
