"""How a policy answers a ClientHello, before anything is sent: refused, dropped, or handed to one of the servers.

The front decides what the standard library's TLS gives no say in (ALPN alerts, groups, signature schemes, TLS 1.3
suites, older versions), so that a policy means the same whatever OpenSSL is installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from conformance.tls import secrets
from conformance.tls.client_hello import FALLBACK_SCSV, ClientHello
from conformance.tls.credentials import ECDSA_SHA1, RSA_SHA1, Credentials
from conformance.tls.fake12 import Choice, scheme12
from conformance.tls.fake13 import retry_group
from conformance.tls.policy import SSL3, SUITES12, TLS12, TLS13, Policy
from conformance.tls.secrets import SECP256R1

HANDSHAKE_FAILURE, DECODE_ERROR, PROTOCOL_VERSION, INAPPROPRIATE_FALLBACK = 40, 50, 70, 86
UNRECOGNIZED_NAME, NO_PROTOCOL = 112, 120
LARGE_BYTES: Final = 2048
OLD_SUITES: Final = (0xC009, 0xC013, 0xC00A, 0xC014, 0x002F)
"""Below TLS 1.2: ECDHE with AES-CBC and HMAC-SHA1, and for SSL 3.0, which has no ECDHE, the same with RSA."""

SMALL_GROUPS: Final = frozenset({*range(1, 6), *range(15, 20)})
"""sect163k1 to sect193r2 and secp160k1 to secp192r1: below 224 bits."""

EXCHANGES: Final = {
    0x002F: "static",
    0x009C: "static",
    0x0026: "static",
    0x00A0: "static",
    0xC02D: "static",
    0x009E: "dhe",
    0x00A6: "anonymous",
}
"""How the suites that are not ECDHE exchange keys, as `fake12.Choice` says it."""


@dataclass(frozen=True, slots=True)
class Action:
    """refuse: with `alert`; drop: close without a word; shown: select `group` and go no further; raw12, raw13: our own
    servers; real: the standard library, TLS 1.2 at most where `tls12` says so.
    """

    kind: Literal["refuse", "drop", "shown", "raw12", "raw13", "real"]
    alert: int = 0
    group: int = 0
    choice: Choice | None = None
    tls12: bool = False


REAL, DROP = Action("real"), Action("drop")


def refuse(alert: int) -> Action:
    """A fatal alert."""
    return Action("refuse", alert)


def decide(hello: ClientHello, policy: Policy, credentials: Credentials, *, split: bool) -> Action:
    """What becomes of a hello. split: it did not arrive at once."""
    if found := _intolerance(hello, policy, split=split):
        return found
    version = select_version(hello, policy)
    if version is None:
        return DROP if "wordless" in policy.quirks else refuse(PROTOCOL_VERSION)
    if FALLBACK_SCSV in hello.suites and version < max(policy.versions) and "no-fallback-scsv" not in policy.quirks:
        return refuse(INAPPROPRIATE_FALLBACK)
    return _misaddressed(hello, policy) or (
        _decide13(hello, policy) if version == TLS13 else _decide12(hello, policy, credentials, version)
    )


def _intolerance(hello: ClientHello, policy: Policy, *, split: bool) -> Action | None:
    """What the policy cannot cope with although it should."""
    if ("split" in policy.quirks and split) or ("large" in policy.quirks and len(hello.message) > LARGE_BYTES):
        return DROP
    if "unknown-version" in policy.quirks and any(each > TLS13 and not is_grease(each) for each in hello.versions):
        return refuse(PROTOCOL_VERSION)
    if "grease" in policy.quirks and any(map(is_grease, (*hello.suites, *hello.groups, *hello.extensions))):
        return refuse(DECODE_ERROR)
    return None


def is_grease(code: int) -> bool:
    """Whether RFC 8701 reserves the code point to keep servers tolerant."""
    return code & 0x0F0F == 0x0A0A and code >> 8 == code & 0xFF


def select_version(hello: ClientHello, policy: Policy) -> int | None:
    """The version to go on with (RFC 9846 section 4.3.1); what knows nothing above 1.1 does not read the extension."""
    known = policy.versions
    if hello.versions and known[0] >= TLS12:
        offered = [each for each in known if each in hello.versions]
    else:
        offered = [each for each in known if SSL3 <= each <= min(hello.legacy_version, TLS12)]
    if policy.prefers_tls12 and TLS12 in offered:
        return TLS12
    return max(offered, default=None)


def _misaddressed(hello: ClientHello, policy: Policy) -> Action | None:
    """Names and protocols that the server does not have."""
    name = hello.server_name
    if (name and policy.sni != "any" and name != policy.server_name) or (not name and policy.sni == "required"):
        return refuse(UNRECOGNIZED_NAME)
    if policy.alpn == "strict" and hello.protocols and b"http/1.1" not in hello.protocols:
        return refuse(NO_PROTOCOL)
    return None


def _decide13(hello: ClientHello, policy: Policy) -> Action:
    groups = [each for each in policy.groups if each in hello.groups]
    suite = next((each for each in policy.suites13 if each in hello.suites), None)
    if not groups or suite is None:
        return refuse(HANDSHAKE_FAILURE)
    if policy.schemes13 and not any(each in hello.schemes for each in policy.schemes13):
        return refuse(HANDSHAKE_FAILURE)
    group = retry_group(hello, policy)
    if group is not None and "no-retry" in policy.quirks:
        return refuse(HANDSHAKE_FAILURE)
    if suite not in secrets.SUITES13 or (group and group not in secrets.GROUPS):
        return Action("shown", group=group or groups[0])
    return Action("raw13") if TLS13 in policy.raw else REAL


def _decide12(hello: ClientHello, policy: Policy, credentials: Credentials, version: int) -> Action:
    scheme = scheme12(hello, version, policy, credentials)
    group = _group12(hello, policy)
    suite = _suite12(hello, policy, credentials, version, group=group)
    ours = version != TLS12 or version in policy.raw or scheme in (ECDSA_SHA1, RSA_SHA1) or group in SMALL_GROUPS
    ours = ours or FALLBACK_SCSV in hello.suites  # the library would refuse what has come this far
    if suite in policy.suites12 and not ours:
        return Action("real", tls12=policy.prefers_tls12 and TLS13 in hello.versions)
    if suite is None or scheme is None:
        return refuse(HANDSHAKE_FAILURE)
    return Action("raw12", choice=Choice(version, suite, EXCHANGES.get(suite, "ecdhe"), group or 0, scheme))


def _group12(hello: ClientHello, policy: Policy) -> int | None:
    """The group for ECDHE; a hello without the extension leaves it to the server (RFC 8422 section 4)."""
    if not hello.groups:
        return SECP256R1
    known = [each for each in policy.groups if each in secrets.GROUPS]
    known += sorted(SMALL_GROUPS) if "small-groups" in policy.quirks else []
    return next((each for each in known if each in hello.groups), None)


def _suite12(
    hello: ClientHello, policy: Policy, credentials: Credentials, version: int, *, group: int | None
) -> int | None:
    """The suite, in the order of whom the policy says; in the server's, those of `legacy_suites` come last."""
    if version != TLS12:
        return next((each for each in OLD_SUITES if each in hello.suites and (group or each in EXCHANGES)), None)
    kinds = (credentials.is_rsa,) if not policy.also_certificate else (True, False)
    own = [each for each in policy.suites12 if SUITES12.index(each) % 2 in kinds and group]
    legacy = [each for each in policy.legacy_suites if each in hello.suites and (group or each in EXCHANGES)]
    known = [*own, *legacy]
    first, second = (known, hello.suites) if policy.server_order else (hello.suites, known)
    return next((each for each in first if each in second), None)
