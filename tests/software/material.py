"""What servers are given beside their configuration: certificates, staples, roots and Diffie-Hellman parameters."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from conformance.tls.pki import Material, Pki, der_length
from conformance.tls.recipes import GOOD, SERVERS, Recipe

EXTRA: Final[dict[str, Recipe]] = {
    "good-rsa-staple": replace(GOOD, key="rsa2048", staple=("good", 1 / 24, 7)),
}
"""Certificates that only real servers need."""

# The 1024-bit MODP group of RFC 2409 section 6.2 (Oakley group 2), whose weakness is the point.
OAKLEY_2 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)


@dataclass(frozen=True, slots=True)
class Files:
    """Where the files of one server lie. texts: what stands for `{name}` in its configuration."""

    folder: Path
    texts: dict[str, str]

    def fill(self, text: str) -> str:
        """The text with every known `{name}` replaced; other braces stay."""
        for name, value in self.texts.items():
            text = text.replace("{" + name + "}", value)
        return text


def material(pki: Pki, name: str) -> Material:
    """A server certificate for localhost: a variant of the sandbox's, or one of EXTRA."""
    return pki.remembered(name, "localhost", SERVERS.get(name) or EXTRA[name])


def write_files(pki: Pki, names: Iterable[str], folder: Path) -> Files:
    """Write certificates, keys, staples, roots and DH parameters for a server."""
    texts = {"folder": str(folder)}

    def put(key: str, file: str, octets: bytes) -> None:
        (folder / file).write_bytes(octets)
        texts[key] = str(folder / file)

    for number, name in enumerate(names):
        made = material(pki, name)
        put(f"certificate{number}", f"{number}.pem", made.certificate_pem)
        put(f"chain{number}", f"{number}-chain.pem", issuers_pem(made.certificate_pem))
        put(f"key{number}", f"{number}.key", made.key_pem)
        put(f"both{number}", f"both{number}.pem", made.certificate_pem + made.key_pem)
        if made.staple is not None:
            put(f"staple{number}", f"both{number}.pem.ocsp", made.staple)
    put("roots", "roots.pem", pki.public_roots_pem)
    put("private_roots", "private-roots.pem", pki.private_roots_pem)
    put("client_roots", "client-roots.pem", pki.client_ca_pem)
    put("dh1024", "dh1024.pem", parameters_pem(OAKLEY_2, 2))
    return Files(folder, texts)


def parameters_pem(prime: int, generator: int) -> bytes:
    """Diffie-Hellman parameters in PEM (PKCS #3), which `cryptography` is about to drop."""
    content = b""
    for number in (prime, generator):
        octets = number.to_bytes(number.bit_length() // 8 + 1, "big")
        content += b"\x02" + der_length(len(octets)) + octets
    text = base64.encodebytes(b"\x30" + der_length(len(content)) + content)
    return b"-----BEGIN DH PARAMETERS-----\n" + text + b"-----END DH PARAMETERS-----\n"


def issuers_pem(certificates: bytes) -> bytes:
    """What follows the first of several certificates in PEM."""
    end = b"-----END CERTIFICATE-----\n"
    return certificates.partition(end)[2]


def write_clients(pki: Pki, folder: Path) -> None:
    """Write the client certificates as `NAME.pem` and `NAME.key`."""
    for name in ("trusted", "untrusted", "expired", "wrong-eku"):
        made = pki.client(name)
        (folder / f"{name}.pem").write_bytes(made.certificate_pem)
        (folder / f"{name}.key").write_bytes(made.key_pem)
