"""What a cipher suite consists of, read from its registered name, and the sets of suites that requirements forbid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from conformance.tls.codepoints import SUITES


@dataclass(frozen=True, slots=True)
class Suite:
    """One cipher suite.

    key_exchange: `RSA`, `DH`, `DHE`, `ECDH`, `ECDHE`, `PSK`, `DHE_PSK`, `KRB5`, `SRP`, ...; `any` in TLS 1.3.
    authentication: `RSA`, `DSS`, `ECDSA`, `anon`, `PSK`, ...; `any` in TLS 1.3.
    cipher: `AES`, `3DES`, `RC4`, `NULL`, ...; bits: of its key (0 for NULL), 112 for 3DES; block_bits: 0 for streams.
    mode: `CBC`, `GCM`, `CCM`, `CCM_8`, `POLY1305`, `MGM`, ...; `stream` without one, empty for NULL.
    """

    code: int
    name: str
    key_exchange: str
    authentication: str
    cipher: str
    bits: int
    block_bits: int
    mode: str
    export: bool
    tls13: bool

    @property
    def aead(self) -> bool:
        """Whether encryption and integrity are one algorithm."""
        return self.mode in ("GCM", "CCM", "CCM_8", "POLY1305", "MGM", "AEGIS")

    @property
    def anonymous(self) -> bool:
        """Whether nobody is authenticated."""
        return self.authentication == "anon"


_TLS13_CODES: Final = frozenset({*range(0x1301, 0x1308), 0x00C6, 0x00C7, 0xC0B4, 0xC0B5, *range(0xC103, 0xC107)})
"""RFC 9846, RFC 8998, RFC 9150, RFC 9367 and the AEGIS draft."""

_CIPHERS: Final[tuple[tuple[str, str, int, int], ...]] = (
    # what the name holds, cipher, bits of its key, bits of a block; the first that fits counts
    ("AES_128", "AES", 128, 128),
    ("AES_256", "AES", 256, 128),
    ("NULL", "NULL", 0, 0),
    ("3DES", "3DES", 112, 64),
    ("RC4_40", "RC4", 40, 0),
    ("RC4_56", "RC4", 56, 0),
    ("RC4_128", "RC4", 128, 0),
    ("RC2_CBC_40", "RC2", 40, 64),
    ("RC2_CBC_56", "RC2", 56, 64),
    ("RC2_CBC", "RC2", 128, 64),
    ("IDEA", "IDEA", 128, 64),
    ("DES40", "DES", 40, 64),
    ("DES_CBC_40", "DES", 40, 64),
    ("DES", "DES", 56, 64),
    ("FORTEZZA", "SKIPJACK", 80, 64),
    ("28147", "GOST28147", 256, 64),
    ("MAGMA", "MAGMA", 256, 64),
    ("KUZNYECHIK", "KUZNYECHIK", 256, 128),
    ("CHACHA20", "CHACHA20", 256, 0),
    ("AEGIS_256", "AEGIS", 256, 128),
    ("AEGIS_128", "AEGIS", 128, 128),
    ("SEED", "SEED", 128, 128),
    ("SM4", "SM4", 128, 128),
    ("ARIA_128", "ARIA", 128, 128),
    ("ARIA_256", "ARIA", 256, 128),
    ("CAMELLIA_128", "CAMELLIA", 128, 128),
    ("CAMELLIA_256", "CAMELLIA", 256, 128),
)
_MODES: Final = (
    ("CBC", "CBC"),
    ("GCM", "GCM"),
    ("CCM_8", "CCM_8"),
    ("CCM", "CCM"),
    ("POLY1305", "POLY1305"),
    ("MGM", "MGM"),
    ("AEGIS", "AEGIS"),
    ("CTR", "CTR"),
    ("CNT", "CTR"),
)


@cache
def suite(code: int) -> Suite | None:
    """The suite of a code point, None for one that has no name."""
    name = SUITES.get(code)
    if name is None:
        return None
    tls13 = code in _TLS13_CODES
    left, separator, right = name.removeprefix("TLS_").partition("_WITH_")
    key_exchange, authentication = ("any", "any") if tls13 or not separator else _exchange(left)
    cipher, bits, block = _cipher(right if separator else left)
    mode = next((mode for part, mode in _MODES if part in (right or left)), "stream")
    return Suite(
        code,
        name,
        key_exchange,
        authentication,
        cipher,
        bits,
        block,
        mode if cipher != "NULL" else "",
        export="EXPORT" in left,
        tls13=tls13,
    )


def _exchange(left: str) -> tuple[str, str]:
    """Key exchange and authentication of what stands before WITH."""
    words = [word for word in left.split("_") if not word.startswith("EXPORT") and word != "FIPS"]
    if words[-1] == "anon":
        return words[0], "anon"
    if "PSK" in words:
        others = [word for word in words if word != "PSK"]
        return "_".join((*others, "PSK")), "RSA" if others == ["RSA"] else "PSK"
    if words[0] == "SRP":
        return "SRP", words[2] if len(words) > 2 else "SRP"
    if words[0] in ("DH", "DHE", "ECDH", "ECDHE", "CECPQ1"):
        return words[0], words[1]
    return words[0], "anon" if words[0] == "NULL" else words[0]


def _cipher(text: str) -> tuple[str, int, int]:
    for part, cipher, bits, block in _CIPHERS:
        if part in text:
            return cipher, bits, block
    return "NULL", 0, 0  # RFC 9150: integrity alone


ALLOWED12: Final = frozenset(
    {
        0xC02B,
        0xC02F,
        0xC02C,
        0xC030,
        0xCCA9,
        0xCCA8,  # AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305
        0xC0AC,
        0xC0AD,  # AES-CCM with full tags, ECDSA alone
        0xC05C,
        0xC05D,
        0xC060,
        0xC061,
        0xC086,
        0xC087,
        0xC08A,
        0xC08B,  # ARIA-GCM, Camellia-GCM
    }
)
"""ECDHE with a certificate and an AEAD with a full tag (RFC 9325 section 4.2)."""

ALLOWED13: Final = frozenset({0x1301, 0x1302, 0x1303, 0x1304})
"""RFC 9846 section 9.1, and AES-CCM with a full tag."""


def _weak(each: Suite) -> bool:
    """Export suites, and keys below 112 bits that are keys at all."""
    return each.export or 0 < each.bits < 112


_RULES: Final[Mapping[str, Callable[[Suite], bool]]] = MappingProxyType(
    {
        "null": lambda each: each.cipher == "NULL",
        "anonymous": lambda each: each.anonymous,
        "export": _weak,
        "rc4": lambda each: each.cipher == "RC4" and not _weak(each),
        "small-block": lambda each: each.block_bits == 64 and not _weak(each),
        "rsa-key-transport": lambda each: each.key_exchange == "RSA",
        "dhe": lambda each: each.key_exchange == "DHE" and not each.anonymous,
        "static-dh": lambda each: each.key_exchange == "DH" and not each.anonymous,
        "static-ecdh": lambda each: each.key_exchange == "ECDH" and not each.anonymous,
        "cbc": lambda each: each.mode == "CBC",
        "ccm8": lambda each: each.mode == "CCM_8",
        "not-allowed12": lambda each: each.code not in ALLOWED12,
    }
)


def _rank(each: Suite) -> tuple[bool, bool, bool, int]:
    """Offered first: what most servers would take, so that the first answer tells most."""
    return (
        each.key_exchange not in ("ECDHE", "DHE", "RSA"),
        each.cipher not in ("AES", "3DES", "RC4"),
        each.authentication not in ("RSA", "ECDSA"),
        each.code,
    )


_KNOWN: Final = tuple(sorted((each for each in map(suite, SUITES) if each), key=_rank))
_OLD: Final = tuple(each for each in _KNOWN if not each.tls13)


def _sets() -> dict[str, tuple[int, ...]]:
    found = {name: tuple(each.code for each in _OLD if rule(each)) for name, rule in _RULES.items()}
    found["not-allowed13"] = tuple(each.code for each in _KNOWN if each.tls13 and each.code not in ALLOWED13)
    return found


SETS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(_sets())
"""The named sets of `suites:deny:*`, in the order in which they are offered. All but `not-allowed13` are for TLS 1.2
and below; `not-allowed12` holds all of the others.
"""

_NATIONAL: Final = frozenset({"ARIA", "CAMELLIA", "SEED", "SM4", "GOST28147", "MAGMA", "KUZNYECHIK"})
NATIONAL12: Final = tuple(each.code for each in _OLD if each.cipher in _NATIONAL and not each.anonymous)
"""Suites of TLS 1.2 and below with a cipher that one country has standardised. They are not forbidden for that."""
