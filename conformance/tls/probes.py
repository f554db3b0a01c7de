"""Every hello that is sent, by name. A probe asks one question; what it offers besides is what most servers expect.

Curves (RFC 8422 section 5.1.1): in TLS 1.2 supported_groups also binds the certificate's curve, so all hellos of 1.2
carry the likely ones. Groups and suites of TLS 1.3 are asked for without a key share: the HelloRetryRequest names both.
ffdhe groups are left out of TLS 1.2 (RFC 7919 section 4: they would replace the server's own prime).
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from conformance.tls.codepoints import GREASE, GROUP_CODES, SSL2_KINDS, SUITE_CODES, SUITES
from conformance.tls.hello import (
    SIGNATURE_ALGORITHMS_CERT,
    SSL2,
    SSL3,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    Hello,
    sized_codes,
)
from conformance.tls.suites import NATIONAL12, SETS, suite

SUITES13: Final = (0x1301, 0x1302, 0x1303)
SHARES: Final = (29, 23)

GROUPS12: Final = (29, 23, 24, 25, 30, 26, 27, 28, 22, 21)
"""x25519, the NIST curves, x448, brainpool, secp256k1, secp224r1."""

GROUPS13: Final = (29, 23, 24, 25, 30, 4588, 4587, 4589, 256, 257, 258, 259, 260, 31, 32, 33)
SMALL_GROUPS: Final = (19, 16, 1, 3, 2, 4, 5, 15, 17, 18)
"""Below 224 bits, the likely ones first."""

SCHEMES: Final = (
    0x0403,
    0x0804,
    0x0401,
    0x0503,
    0x0805,
    0x0501,
    0x0603,
    0x0806,
    0x0601,
    0x0807,
    0x0808,
    0x0809,
    0x080A,
    0x080B,
    0x081A,
    0x081B,
    0x081C,
    0x0303,
    0x0301,
    0x0203,
    0x0201,
    0x0202,
)
LEGACY_SCHEMES: Final = (0x0201, 0x0203, 0x0202, 0x0101, 0x0103, 0x0102)
"""SHA-1 and MD5 with RSA, ECDSA and DSA."""

PSS_SCHEMES: Final = (0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B)
PKCS1_SCHEMES: Final = frozenset({0x0401, 0x0501, 0x0601, 0x0301, 0x0201})
FALLBACK_SCSV: Final = 0x5600
"""RFC 7507 section 2."""

MANDATORY_SCHEMES: Final = (0x0403, 0x0804)
"""RFC 9846 section 9.1, without rsa_pkcs1_sha256, which signs certificates alone."""

MAINSTREAM: Final = (
    0xC02B,
    0xC02F,
    0xC02C,
    0xC030,
    0xCCA9,
    0xCCA8,
    0x009E,
    0x009F,
    0xCCAA,
    0xC0AC,
    0xC0AD,
    0xC009,
    0xC013,
    0xC00A,
    0xC014,
    0xC023,
    0xC027,
    0xC024,
    0xC028,
    0x0033,
    0x0039,
    0x0067,
    0x006B,
    0x009C,
    0x009D,
    0x003C,
    0x003D,
    0x002F,
    0x0035,
    0x0041,
    0x0084,
    0xC008,
    0xC012,
    0x0016,
    0x000A,
    0xC007,
    0xC011,
    0x0005,
    0x0004,
)
"""What nearly every server of TLS 1.2 and below has one of, strong ones first."""

_OLD: Final = tuple(
    each.code
    for each in (suite(code) for code in (*MAINSTREAM, *SUITES))
    if each
    and not each.tls13
    and not each.aead
    and each.key_exchange in ("RSA", "DHE", "ECDHE", "DH", "ECDH")
    and not each.name.endswith(("SHA256", "SHA384"))
)
SUITES_OLD: Final = tuple(dict.fromkeys(_OLD))
"""What exists below TLS 1.2, PSK, KRB5 and SRP left aside."""

FEATURES12: Final = ("ec_point_formats", "extended_master_secret", "renegotiation_info", "session_ticket")
RICH12: Final = (
    *FEATURES12,
    "status_request",
    "signed_certificate_timestamp",
    "encrypt_then_mac",
    "truncated_hmac",
    "heartbeat",
)
FEATURES13: Final = ("psk_key_exchange_modes",)

_TLS12: Final = Hello(suites=MAINSTREAM, groups=GROUPS12, schemes=SCHEMES, features=FEATURES12)
_DENY: Final = replace(_TLS12, features=(*FEATURES12, "encrypt_then_mac"))
_TLS13: Final = Hello(
    versions=(TLS13,), suites=SUITES13, groups=GROUPS13, schemes=SCHEMES, features=FEATURES13, shares=SHARES
)
# A TLS 1.2 server may answer these too, so they carry the curves of its certificate as well.
GROUPS: Final = tuple(dict.fromkeys((*GROUPS13, *GROUPS12)))
_BOTH: Final = replace(
    _TLS13,
    versions=(TLS13, TLS12),
    suites=(*SUITES13, *MAINSTREAM),
    groups=GROUPS,
    features=(*FEATURES12, *FEATURES13),
)
CONTROL: Final = replace(_BOTH, versions=(TLS13, TLS12, TLS11, TLS10))

PROBES: Final = MappingProxyType(
    {
        "control": CONTROL,
        "SSLv2": Hello(SSL2, kinds=tuple(SSL2_KINDS)),
        "SSLv3": Hello(SSL3, suites=SUITES_OLD, plain=True),
        "TLSv1.0": replace(_TLS12, legacy_version=TLS10, suites=SUITES_OLD, schemes=()),
        "TLSv1.1": replace(_TLS12, legacy_version=TLS11, suites=SUITES_OLD, schemes=()),
        "TLSv1.2": replace(_TLS12, features=RICH12, compressions=b"\1\0"),
        "TLSv1.3": _TLS13,
        "unknown-version": replace(_BOTH, versions=(GREASE[7], 0x0305, TLS13, TLS12)),
        "grease": replace(
            _BOTH,
            versions=(GREASE[2], TLS13, TLS12),
            suites=(GREASE[4], *_BOTH.suites),
            groups=(GREASE[6], *GROUPS),
            extra=((GREASE[1], b""), (GREASE[9], b"\0")),
            shares=(GREASE[6], *SHARES),
        ),
        "large": replace(_BOTH, size=3000),
        "split": replace(_BOTH, cut=100),
        # The other way round than above, so that a server that follows the client names another suite and group here.
        "retry": replace(
            _TLS13, suites=SUITES13[::-1], groups=(4588, 23, 24, *GROUPS13[3:5], 29, *GROUPS13[6:]), shares=()
        ),
        "aes128gcm12": replace(_TLS12, suites=(0xC02F, 0xC02B)),
        "small": replace(
            _TLS12,
            suites=tuple(code for code in MAINSTREAM if SUITES[code].startswith("TLS_ECDHE_")),
            groups=SMALL_GROUPS,
        ),
        "legacy": replace(
            _TLS12,
            suites=tuple(code for code in MAINSTREAM if SUITES[code][:9] in ("TLS_ECDHE", "TLS_DHE_R")),
            schemes=LEGACY_SCHEMES,
        ),
        # Without groups that come without a share: a HelloRetryRequest would be sent before a scheme is chosen.
        "mandatory": replace(_TLS13, schemes=MANDATORY_SCHEMES, groups=GROUPS13[:5]),
        "preferred": replace(_TLS13, groups=(29, 4588), shares=()),
        "national": replace(_DENY, suites=NATIONAL12),
        "alpn-none": replace(_BOTH, protocols=("x-none",)),
        "unknown": CONTROL,
    }
)

once: Final = lru_cache(maxsize=1024)
"""Equal questions are one object, so that it is compiled once. Naming offenders asks some that do not come again."""


@once
def deny(codes: tuple[int, ...]) -> Hello:
    """A hello of TLS 1.2 with these suites alone."""
    return replace(_DENY, suites=codes)


@once
def deny13(codes: tuple[int, ...]) -> Hello:
    """A hello of TLS 1.3 with these suites alone, without a share."""
    return replace(_TLS13, suites=codes, shares=())


@once
def group13(group: str) -> Hello:
    """A hello of TLS 1.3 with this group alone, without a share."""
    return replace(_TLS13, groups=(GROUP_CODES[group],), shares=())


@once
def plain_shares() -> Hello:
    """A hello of TLS 1.3 with x25519 and secp256r1 alone and a share of each, so that the answer holds a share too."""
    return replace(_TLS13, groups=SHARES)


@once
def suite13(name: str) -> Hello:
    """A hello of TLS 1.3 with this suite alone, without a share."""
    return deny13((SUITE_CODES[name],))


@once
def small_with_curves() -> Hello:
    """As `small`, for a server with an ECDSA certificate, whose curve must be offered too: last."""
    return replace(PROBES["small"], groups=(*SMALL_GROUPS, 23, 24, 25))


@once
def of_key(key: str) -> Hello:
    """A hello of TLS 1.2 that only a certificate with this type of key can answer: `RSA` or `ECDSA`."""
    codes = tuple(
        code
        for code in (*MAINSTREAM, *SETS["not-allowed12"])
        if (each := suite(code))
        and each.authentication == key
        and each.key_exchange in ("ECDHE", "DHE", "RSA")
        and each.cipher != "NULL"
    )
    return replace(PROBES["TLSv1.2"], suites=tuple(dict.fromkeys(codes)), compressions=b"\0")


@once
def pss() -> Hello:
    """As `of_key` RSA, to be signed with RSA-PSS alone; what signs certificates stands apart (RFC 9846, 4.3.3)."""
    return replace(of_key("RSA"), schemes=PSS_SCHEMES, extra=((SIGNATURE_ALGORITHMS_CERT, sized_codes(SCHEMES)),))


@once
def fallback(version: str) -> Hello:
    """The hello of a version, said to be a second try after one of a newer version had failed."""
    usual = PROBES[version]
    return replace(usual, suites=(*usual.suites, FALLBACK_SCSV))


@once
def pair(first: int, second: int) -> Hello:
    """Two suites in this order."""
    return replace(_TLS12, suites=(first, second))
