"""How the sandbox's certificates are made: one good one, and for each fault of the TLS-CRT rows one with that defect.

Every variant is the good certificate with one change. What that change cannot but break as well:

- `self-signed` and `untrusted-root` are not publicly trusted, so TLS-CRT-05 and -14 do not apply to them; a
  self-signed leaf has no chain, so neither does TLS-CRT-09.
- `missing-intermediate` has no path either, since no client can be sure to find what was not sent: TLS-CRT-01 fails
  too, and without a path it is not publicly trusted, so that TLS-CRT-05 and -14 do not apply.
- `rsa1024`, `sha1-chain` and `secp256k1` need a server that is willing to use them (`@SECLEVEL=0`, and for secp256k1
  TLS 1.2 with that group, since TLS 1.3 has no signature scheme for it).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from conformance.tls.server_names import as_address

GOOD_DAYS, LONG_DAYS = 40, 399
"""The good validity is below every limit of BR 6.3.2 up to 47 days, the long one above every limit since 2020."""

SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
HOSTILE_TEXT = "\x1b[31m\u202eevil\x00<script>alert(1)</script>=cmd()"
HOSTILE_NAMES = (
    "\x1b[31mred.test",
    "portal.test\x00.evil.test",
    "<script>alert(1)</script>.test",
    "=cmd()",
    "*.",
    "*.*.x",
    "a" * 10_240,
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a leaf is made. Days count from now; `names` None gives no subjectAltName; `features`: must-staple.

    `issuer` is a name of a CA, or empty for self-signed; `sent` names the CAs sent after the leaf, None its issuers
    without the root. `serial`: 0 for one at random. `staple`: (certificate status, age in days of thisUpdate, days of
    validity).
    """

    key: str = "P-256"
    issuer: str = "intermediate"
    sent: tuple[str, ...] | None = None
    names: Callable[[str], Sequence[str] | None] = lambda server_name: (server_name,)
    common_name: str | None = None
    starts_days: float = -1 / 24
    valid_days: float = GOOD_DAYS
    ca: bool = False
    usage: str = "digital_signature"
    purposes: tuple[ObjectIdentifier, ...] = (SERVER,)
    timestamps: int = 2
    features: bool = False
    crl: bool = True
    sha1: bool = False
    serial: int = 0
    staple: tuple[str, float, float] | None = None


def parent_wildcard(server_name: str) -> tuple[str, ...]:
    """The wildcard that stands for the left-most label.

    Raises:
        ValueError: the name has one label only, or is an IP address.
    """
    _, dot, parent = server_name.partition(".")
    if not dot or as_address(server_name):
        raise ValueError(f"no wildcard covers {server_name}")
    return (f"*.{parent}",)


GOOD = Recipe()
SERVERS: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "good": GOOD,
        "good-rsa": replace(GOOD, key="rsa2048"),
        "private-root": replace(GOOD, issuer="private-intermediate"),
        "good-staple": replace(GOOD, staple=("good", 1 / 24, 7)),
        "good-must-staple": replace(GOOD, features=True, staple=("good", 1 / 24, 7)),
        "wildcard": replace(GOOD, names=parent_wildcard),
        "self-signed": replace(GOOD, issuer=""),
        "untrusted-root": replace(GOOD, issuer="unlisted-intermediate"),
        "other-name": replace(GOOD, names=lambda _: ("other.test",), common_name="other.test"),
        "cn-only": replace(GOOD, names=lambda _: None),
        "expired": replace(GOOD, starts_days=-GOOD_DAYS - 1),
        "not-yet-valid": replace(GOOD, starts_days=1),
        "five-days-left": replace(GOOD, starts_days=5 - GOOD_DAYS),
        "serial-1": replace(GOOD, serial=1),
        "partial-wildcard": replace(GOOD, names=lambda name: (name, "w*.xa.test")),
        "long-validity": replace(GOOD, valid_days=LONG_DAYS),
        "rsa1024": replace(GOOD, key="rsa1024"),
        "exponent-3": replace(GOOD, key="rsa-exponent-3"),
        "secp256k1": replace(GOOD, key="secp256k1"),
        "sha1-chain": replace(GOOD, issuer="rsa-intermediate", sha1=True),
        "missing-intermediate": replace(GOOD, sent=()),
        "shuffled-chain": replace(GOOD, issuer="lower-intermediate", sent=("intermediate", "lower-intermediate")),
        "root-sent": replace(GOOD, sent=("intermediate", "public-root")),
        "client-auth-only": replace(GOOD, purposes=(CLIENT,)),
        "any-eku": replace(GOOD, purposes=(SERVER, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)),
        "key-encipherment-only": replace(GOOD, key="rsa2048", usage="key_encipherment"),
        "ca-leaf": replace(GOOD, ca=True),
        "no-sct": replace(GOOD, timestamps=0),
        "must-staple-unstapled": replace(GOOD, features=True),
        "stale-staple": replace(GOOD, staple=("good", 14, 7)),
        "revoked-staple": replace(GOOD, staple=("revoked", 1 / 24, 7)),
        "no-revocation-pointer": replace(GOOD, crl=False),
        "internal-name": replace(GOOD, names=lambda name: (name, "intranet.local")),
        "private-address": replace(GOOD, names=lambda name: (name, "10.20.30.40")),
        "hostile-names": replace(GOOD, names=lambda name: (name, *HOSTILE_NAMES), common_name=HOSTILE_TEXT),
        "many-names": replace(GOOD, names=lambda name: (name, *(f"n{number}.many.test" for number in range(99_999)))),
    }
)
CLIENT_BASE = replace(
    GOOD,
    issuer="client-root",
    names=lambda _: ("client.xa.test",),
    purposes=(CLIENT,),
    sent=(),
    crl=False,
    timestamps=0,
)
CLIENTS: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "trusted": CLIENT_BASE,
        "untrusted": replace(CLIENT_BASE, issuer="stranger-root"),
        "expired": replace(CLIENT_BASE, starts_days=-GOOD_DAYS - 1),
        "wrong-eku": replace(CLIENT_BASE, purposes=(SERVER,)),
    }
)
