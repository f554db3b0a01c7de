"""What a server of the sandbox does: a conforming policy, and every named fault as one change of it.

Code points stand for suites, groups and signature schemes; the comments name them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Literal

from conformance.tls import sandbox_http
from conformance.tls.sandbox_http import HttpPolicy
from conformance.tls.secrets import SECP256R1, SECP384R1, X25519

TLS13, TLS12, TLS11, TLS10, SSL3, SSL2 = 0x0304, 0x0303, 0x0302, 0x0301, 0x0300, 0x0002
X25519MLKEM768: Final = 0x11EC
FFDHE2048: Final = 0x0100

RSA_PKCS1_SHA256, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512 = 0x0401, 0x0804, 0x0805, 0x0806
DAY_SECONDS: Final = 86_400

SUITES12: Final = (0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8)
"""ECDHE with AES-128-GCM, AES-256-GCM and ChaCha20-Poly1305, each for ECDSA and for RSA."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One server. The defaults conform.

    server_name: the one name that it serves. certificate, also_certificate: variants of `pki.py`; the second is added
    where it is not empty.
    versions: what is negotiated, newest first. prefers_tls12: in spite of that order.
    suites12, suites13, groups: what is negotiated, in the server's order, AEAD and ECDHE alone.
    legacy_suites: answered in TLS 1.2 where a hello offers none of suites12, up to ServerHelloDone.
    dh_bits: the prime of DHE suites. server_order: False follows the client's order in TLS 1.2. chacha_first: ChaCha20
    goes first where the client puts it first. schemes12, schemes13: what ServerKeyExchange and CertificateVerify may be
    signed with, empty: what suits the key. alpn: `strict` alerts where nothing is in common, `lax` goes on. sni:
    `strict` alerts for another name, `required` also for none. ticket_seconds: the lifetime of TLS 1.3 tickets where it
    is not the library's own. certificate_compression: with zlib, where a client of TLS 1.3 offers it.
    mtls: whether a client certificate is requested: `optional` refuses wrong ones, `any` refuses none but the absent.
    declares_mtls, trust, claims: what the manifest says of the service. caa: the name of a zone in
    `sandbox_dns.FAULTS`, or `good`. second: another address of the service, with a policy of its own.
    quirks: names that `front.py` and the raw servers know. raw: versions that our own servers speak, not the library.
    """

    server_name: str = "localhost"
    certificate: str = "good"
    also_certificate: str = ""
    versions: tuple[int, ...] = (TLS13, TLS12)
    prefers_tls12: bool = False
    suites12: tuple[int, ...] = SUITES12
    suites13: tuple[int, ...] = (0x1302, 0x1303, 0x1301)
    groups: tuple[int, ...] = (X25519MLKEM768, X25519, SECP256R1, SECP384R1)
    legacy_suites: tuple[int, ...] = ()
    encrypt_then_mac: bool = True
    dh_bits: int = 2048
    server_order: bool = True
    chacha_first: bool = False
    schemes12: tuple[int, ...] = ()
    schemes13: tuple[int, ...] = ()
    alpn: Literal["strict", "lax", "none"] = "strict"
    sni: Literal["strict", "required", "any"] = "strict"
    tickets: bool = True
    ticket_seconds: int = 0
    early_data: bool = False
    certificate_compression: bool = False
    mtls: Literal["off", "required", "optional", "any"] = "off"
    declares_mtls: bool = False
    trust: Literal["public", "private"] = "public"
    http: HttpPolicy = sandbox_http.GOOD
    caa: str = "good"
    claims: tuple[tuple[str, bool], ...] = ()
    second: Policy | None = None
    quirks: frozenset[str] = field(default_factory=frozenset)
    raw: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Fault:
    """A named change of a policy."""

    name: str
    description: str
    apply: Callable[[Policy], Policy]


BOTH: Final = frozenset({TLS12, TLS13})


def _change(*quirks: str, raw: frozenset[int] = frozenset(), **changes: Any) -> Callable[[Policy], Policy]:
    """A change of fields, with quirks and raw versions added to those that are there."""
    return lambda policy: replace(policy, quirks=policy.quirks | set(quirks), raw=policy.raw | raw, **changes)


def _older(*versions: int) -> Callable[[Policy], Policy]:
    """Versions added below those that are there."""
    return lambda policy: replace(policy, versions=(*policy.versions, *versions))


def _legacy(*suites: int, **changes: Any) -> Callable[[Policy], Policy]:
    """Suites of older days added to those that are there."""
    return lambda policy: replace(policy, legacy_suites=(*policy.legacy_suites, *suites), **changes)


def _without(field_name: str, *values: int) -> Callable[[Policy], Policy]:
    """Values taken out of a field."""

    def apply(policy: Policy) -> Policy:
        left = tuple(value for value in getattr(policy, field_name) if value not in values)
        changes: dict[str, Any] = {field_name: left}
        return replace(policy, **changes)

    return apply


def _presenting(variant: str, raw: frozenset[int] = frozenset()) -> Callable[[Policy], Policy]:
    return _change(certificate=variant, raw=raw)


def _answering(name: str) -> Callable[[Policy], Policy]:
    """The HTTP side as a fault of `sandbox_http` has it; several are laid over each other field by field."""
    wanted = sandbox_http.FAULTS[name]

    def apply(policy: Policy) -> Policy:
        names = ("hsts", "plain", "plain_hsts", "cookies", "without_certificate", "security_txt")
        changed: dict[str, Any] = {
            key: getattr(wanted, key) for key in names if getattr(wanted, key) != getattr(sandbox_http.GOOD, key)
        }
        return replace(policy, http=replace(policy.http, **changed))

    return apply


_ROWS: Final[tuple[tuple[str, str, Callable[[Policy], Policy]], ...]] = (
    ("ssl2", "answers an SSL 2.0 hello", _older(SSL2)),
    ("ssl3", "negotiates SSL 3.0", _older(SSL3)),
    ("tls10", "negotiates TLS 1.0", _older(TLS10)),
    ("tls11", "negotiates TLS 1.1", _older(TLS11)),
    ("tls12", "negotiates TLS 1.2 beside TLS 1.3", _change(versions=(TLS13, TLS12))),
    ("only-tls11", "knows nothing newer than TLS 1.1", _change(versions=(TLS11,))),
    ("no-tls13", "knows nothing newer than TLS 1.2", _without("versions", TLS13)),
    ("prefers-tls12", "selects TLS 1.2 where TLS 1.3 is offered too", _change(prefers_tls12=True)),
    ("hangs-up-on-versions", "hangs up on hellos of versions that it does not negotiate", _change("wordless")),
    ("unknown-version-intolerant", "refuses hellos that offer a version it does not know", _change("unknown-version")),
    ("no-downgrade-sentinel", "has no sentinel in its TLS 1.2 random", _change("no-sentinel", raw=frozenset({TLS12}))),
    ("grease-intolerant", "refuses hellos with GREASE suites, groups or extensions", _change("grease")),
    ("large-hello-intolerant", "drops hellos above 2,048 bytes", _change("large")),
    ("split-hello-intolerant", "drops hellos that do not arrive at once", _change("split")),
    (
        "selects-unoffered",
        "sends an extension that the hello did not offer",
        _change("unoffered", raw=frozenset({TLS12})),
    ),
    ("no-fallback-scsv", "goes on with a hello that says it is a second try", _change("no-fallback-scsv")),
    ("null", "negotiates NULL encryption", _legacy(0xC006)),  # ECDHE_ECDSA_WITH_NULL_SHA
    ("anonymous", "negotiates anonymous key exchange", _legacy(0x00A6)),  # DH_anon_WITH_AES_128_GCM_SHA256
    ("export", "negotiates an export suite", _legacy(0x0026)),  # KRB5_EXPORT_WITH_DES_CBC_40_SHA
    ("rc4", "negotiates RC4", _legacy(0xC007)),  # ECDHE_ECDSA_WITH_RC4_128_SHA
    ("3des", "negotiates 3DES", _legacy(0xC008)),  # ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA
    (
        "rsa-key-transport",
        "negotiates RSA key transport",
        _legacy(0x009C, certificate="good-rsa"),
    ),  # RSA_WITH_AES_128_GCM_SHA256
    ("dhe", "negotiates DHE in TLS 1.2", _legacy(0x009E, certificate="good-rsa")),  # DHE_RSA_WITH_AES_128_GCM_SHA256
    ("dhe-1024", "negotiates DHE with a prime of 1,024 bits", _legacy(0x009E, certificate="good-rsa", dh_bits=1024)),
    ("static-dh", "negotiates static DH", _legacy(0x00A0, certificate="good-rsa")),  # DH_RSA_WITH_AES_128_GCM_SHA256
    ("static-ecdh", "negotiates static ECDH", _legacy(0xC02D)),  # ECDH_ECDSA_WITH_AES_128_GCM_SHA256
    (
        "cbc-without-etm",
        "negotiates CBC and never encrypt_then_mac",
        _legacy(0xC023, encrypt_then_mac=False),
    ),  # ECDHE_ECDSA_WITH_AES_128_CBC_SHA256
    (
        "cbc-sha-without-etm",
        "negotiates CBC with HMAC-SHA1 and never encrypt_then_mac",
        _legacy(0xC009, encrypt_then_mac=False),
    ),  # ECDHE_ECDSA_WITH_AES_128_CBC_SHA
    ("no-aes128gcm12", "lacks AES-128-GCM in TLS 1.2", _without("suites12", 0xC02B, 0xC02F)),
    ("no-aes128gcm13", "lacks TLS_AES_128_GCM_SHA256", _change(suites13=(0x1302, 0x1303), raw=frozenset({TLS13}))),
    ("only-aes128gcm13", "knows TLS_AES_128_GCM_SHA256 only", _change(suites13=(0x1301,), raw=frozenset({TLS13}))),
    ("client-order", "follows the client's order, CBC suites remain", _legacy(0xC023, server_order=False)),
    ("ccm8", "negotiates a CCM_8 suite", _legacy(0xC0AE)),  # ECDHE_ECDSA_WITH_AES_128_CCM_8
    ("ccm8-tls13", "negotiates TLS_AES_128_CCM_8_SHA256", _change(suites13=(0x1302, 0x1303, 0x1301, 0x1305))),
    (
        "national-instead",
        "negotiates ARIA, and not AES-128-GCM, in TLS 1.2",
        _legacy(0xC05C, suites12=SUITES12[2:]),  # ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256
    ),
    ("cbc-with-etm", "negotiates CBC with encrypt_then_mac", _legacy(0xC023)),
    ("truncated-hmac", "negotiates truncated_hmac", _change("truncated-hmac", raw=frozenset({TLS12}))),
    ("no-p256", "lacks secp256r1", _change(groups=(X25519MLKEM768, X25519), raw=BOTH, certificate="good-rsa")),
    ("no-x25519", "lacks x25519", _change(groups=(X25519MLKEM768, SECP256R1, SECP384R1), raw=frozenset({TLS13}))),
    ("small-groups", "negotiates groups below 224 bits", _change("small-groups")),
    ("no-hybrid", "lacks X25519MLKEM768", _without("groups", X25519MLKEM768)),
    (
        "classical-first",
        "prefers x25519 to X25519MLKEM768",
        _change(groups=(X25519, SECP256R1, SECP384R1, X25519MLKEM768), raw=frozenset({TLS13})),
    ),
    (
        "ffdhe2048",
        "negotiates ffdhe2048 in TLS 1.3",
        lambda policy: replace(policy, groups=(*policy.groups, FFDHE2048)),
    ),
    ("reused-share", "answers every hello with the same key share", _change("reused-share", raw=frozenset({TLS13}))),
    ("no-retry", "refuses hellos that call for a HelloRetryRequest", _change("no-retry")),
    ("sha1-signatures", "signs with SHA-1 in TLS 1.2", _change("sha1-signatures")),
    (
        "no-mandatory-scheme",
        "signs with rsa_pss_rsae_sha384 and sha512 only in TLS 1.3",
        _change(certificate="good-rsa", schemes13=(RSA_PSS_SHA512, RSA_PSS_SHA384), raw=frozenset({TLS13})),
    ),
    (
        "pkcs1-only",
        "signs with rsa_pkcs1_sha256 only in TLS 1.2",
        _change(certificate="good-rsa", schemes12=(RSA_PKCS1_SHA256,), raw=frozenset({TLS12})),
    ),
    ("no-ems", "never negotiates extended_master_secret", _change("no-ems", raw=frozenset({TLS12}))),
    (
        "no-renegotiation-info",
        "never sends renegotiation_info",
        _change("no-renegotiation-info", raw=frozenset({TLS12})),
    ),
    ("client-renegotiation", "grants client-initiated renegotiation", _change("renegotiates")),
    ("compression", "negotiates DEFLATE", _change("compression", raw=frozenset({TLS12}))),
    ("heartbeat", "negotiates heartbeat", _change("heartbeat", raw=BOTH)),
    ("no-alpn", "knows no ALPN", _change(alpn="none")),
    ("lax-alpn", "goes on without a common ALPN protocol", _change(alpn="lax")),
    (
        "ignores-sni",
        "presents one certificate, for another name, whatever is asked for",
        _change(sni="any", certificate="other-name"),
    ),
    ("answers-unknown-name", "answers for names that it does not serve", _change(sni="any")),
    ("early-data", "issues tickets for 0-RTT", _change(early_data=True, raw=frozenset({TLS13}))),
    ("psk-ke", "resumes sessions without a key exchange", _change("psk-ke")),
    ("no-certificate-compression", "sends its certificate as it is", _change(certificate_compression=False)),
    ("ticket-8-days", "issues tickets for 8 days", _change(ticket_seconds=8 * DAY_SECONDS, raw=frozenset({TLS13}))),
    ("ticket-2-days", "issues tickets for 2 days", _change(ticket_seconds=2 * DAY_SECONDS, raw=frozenset({TLS13}))),
    *(
        (name, f"presents the certificate {name}", _presenting(name))
        for name in (
            "self-signed",
            "untrusted-root",
            "other-name",
            "cn-only",
            "expired",
            "not-yet-valid",
            "long-validity",
            "exponent-3",
            "five-days-left",
            "serial-1",
            "partial-wildcard",
            "missing-intermediate",
            "shuffled-chain",
            "root-sent",
            "client-auth-only",
            "any-eku",
            "key-encipherment-only",
            "ca-leaf",
            "no-sct",
            "must-staple-unstapled",
            "no-revocation-pointer",
            "internal-name",
            "private-address",
        )
    ),
    *(
        (name, f"presents the certificate {name}", _presenting(name, BOTH))
        for name in ("rsa1024", "secp256k1", "sha1-chain", "stale-staple", "revoked-staple")
    ),
    ("no-staple", "staples no OCSP response", _change("no-staple")),
    ("no-caa", "has no CAA record", _change(caa="no-caa")),
    ("caa-other-issuer", "has a CAA record for another issuer", _change(caa="caa-other-issuer")),
    (
        "uneven-addresses",
        "knows no TLS 1.3 at its second address",
        lambda policy: replace(policy, second=replace(policy, versions=(TLS12,), second=None)),
    ),
    ("unsaid-mtls", "requests a client certificate, and its manifest does not say so", _change(mtls="optional")),
    (
        "mtls-not-requested",
        "never requests the client certificate that its manifest declares",
        _change(mtls="off", declares_mtls=True),
    ),
    ("mtls-optional", "serves clients without a certificate", _change(mtls="optional", declares_mtls=True)),
    (
        "mtls-any-certificate",
        "serves clients with any certificate",
        _change(mtls="any", declares_mtls=True, raw=frozenset({TLS13})),
    ),
    *((name, f"answers HTTP as {name}", _answering(name)) for name in sandbox_http.FAULTS),
    ("claims-tls13", "offers TLS 1.3, and its manifest claims that it does not", _change(claims=(("tls13", False),))),
)
FAULTS: Final[Mapping[str, Fault]] = MappingProxyType({row[0]: Fault(*row) for row in _ROWS})

GOOD: Final = Policy()
BENIGN: Final[Mapping[str, Policy]] = MappingProxyType(
    {
        "good": GOOD,
        "chacha-priority": replace(GOOD, chacha_first=True),
        "ecdsa-only": replace(GOOD, suites12=(0xC02B, 0xC02C, 0xCCA9)),
        "rsa-only": replace(GOOD, certificate="good-rsa", suites12=(0xC02F, 0xC030, 0xCCA8)),
        "dual-certificate": replace(GOOD, also_certificate="good-rsa"),
        "tls13-only": replace(GOOD, versions=(TLS13,)),
        "sni-strict": replace(GOOD, sni="required"),
        "client-certificates": replace(GOOD, mtls="required", declares_mtls=True),
        "client-certificates-tls13": replace(GOOD, versions=(TLS13,), mtls="required", declares_mtls=True),
        "no-tickets": replace(GOOD, tickets=False),
        "compressed-certificate": replace(GOOD, certificate_compression=True, raw=frozenset({TLS13})),
        "national-beside": replace(GOOD, legacy_suites=(0xC05C,)),
        "pkcs1-first": replace(
            GOOD,
            certificate="good-rsa",
            schemes12=(RSA_PKCS1_SHA256, RSA_PSS_SHA256),
            raw=frozenset({TLS12}),
        ),
        "private-root": replace(GOOD, certificate="private-root", trust="private"),
        "good-staple": replace(GOOD, certificate="good-staple", raw=BOTH),
    }
)
"""Conforming servers that differ from the first one; all of them must come out green."""


def with_faults(policy: Policy, *names: str) -> Policy:
    """The policy with these faults, one upon the other.

    Raises:
        KeyError: no such fault.
    """
    for name in names:
        policy = FAULTS[name].apply(policy)
    return policy
