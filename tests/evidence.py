"""Evidence of a conforming TLS endpoint, made by hand: the judges' unit tests change one thing in it at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace as changed

from conformance.core.judge import Bundle
from conformance.core.model import Service, Target
from conformance.tls.evidence import (
    Addresses,
    Answer,
    Caa,
    CaaRecord,
    ClientCertificates,
    Denial,
    Features,
    Flight13,
    Groups,
    Http,
    HttpAnswer,
    Names,
    Renegotiation,
    Resumption,
    SecurityTxt,
    Signatures,
    Suites,
    Tolerance,
    Versions,
)
from tests.tls.chains import observed as certificate_evidence

OBSERVED_AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SENTINEL = "444f574e47524401"
SUITE12 = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"

REFUSED = Answer("refused", alert="handshake_failure", controlled=True)
UNCONTROLLED = Answer("refused", alert="handshake_failure")
SILENT = Answer("silent", reason="timeout", controlled=True)
CLOSED = Answer("closed", reason="closed", controlled=True)
BROKEN = Answer("broken", reason="not-tls", controlled=True)
TLS12 = Answer(
    "accepted",
    version="TLSv1.2",
    suite=SUITE12,
    group="secp256r1",
    compression="null",
    alpn="http/1.1",
    extensions=("extended_master_secret", "renegotiation_info", "application_layer_protocol_negotiation"),
    random_tail=SENTINEL,
    controlled=True,
    signature_scheme="ecdsa_secp256r1_sha256",
)
TLS13 = Answer(
    "accepted",
    version="TLSv1.3",
    suite="TLS_AES_128_GCM_SHA256",
    group="x25519",
    controlled=True,
    extensions=("supported_versions", "key_share"),
)
RETRY = changed(TLS13, retry=True)
DENIED = Denial(REFUSED)
SETS = (
    "null",
    "anonymous",
    "export",
    "rc4",
    "small-block",
    "rsa-key-transport",
    "dhe",
    "static-dh",
    "static-ecdh",
    "cbc",
    "ccm8",
    "not-allowed12",
    "not-allowed13",
)


def answered(**changes: Any) -> Answer:
    """A TLS 1.2 ServerHello with changes."""
    return changed(TLS12, **changes)


def records(**changes: Any) -> dict[str, Any]:
    """Every record of a conforming endpoint, with whole records replaced."""
    made: dict[str, Any] = {
        "versions": Versions(
            {
                "SSLv2": CLOSED,
                "SSLv3": REFUSED,
                "TLSv1.0": REFUSED,
                "TLSv1.1": REFUSED,
                "TLSv1.2": TLS12,
                "TLSv1.3": TLS13,
                "TLSv1.3+TLSv1.2": TLS13,
            }
        ),
        "tolerance": Tolerance(
            {"unknown-version": TLS13, "grease": TLS13, "large": TLS13, "split": TLS13, "retry": RETRY},
            shares=(("grease", "x25519", "aa"), ("large", "x25519", "bb")),
        ),
        "suites": Suites(
            denied=dict.fromkeys(SETS, DENIED),
            offered={
                "aes128gcm12": TLS12,
                "TLS_AES_128_GCM_SHA256": RETRY,
                "TLS_AES_256_GCM_SHA384": RETRY,
                "TLS_CHACHA20_POLY1305_SHA256": RETRY,
                "national": REFUSED,
            },
            order=(TLS12, TLS12),
        ),
        "groups": Groups(
            {each: changed(RETRY, group=each) for each in ("secp256r1", "x25519", "X25519MLKEM768")},
            DENIED,
            changed(RETRY, group="X25519MLKEM768"),
            {"ffdhe2048": REFUSED},
        ),
        "signatures": Signatures(DENIED, TLS13, ("ECDSA",), answered(signature_scheme="rsa_pss_rsae_sha256")),
        "features": Features(
            flight12=TLS12,
            flight13=Flight13(
                TLS13, alpn="http/1.1", finished_verified=True, ticket_seen=True, ticket_lifetime_seconds=7200
            ),
            alpn_none=Answer("refused", alert="no_application_protocol", controlled=True),
            fallback=Answer("refused", alert="inappropriate_fallback", controlled=True),
            renegotiation=Renegotiation(1, 0, "alert no_renegotiation"),
            ticket12_lifetime_seconds=7200,
            certificate_compression="zlib",
            resumption=Resumption("full handshake", "resumed with key_share"),
        ),
        "names": Names(
            named=TLS12,
            unknown=Answer("refused", alert="unrecognized_name", controlled=True),
            absent=TLS12,
            named_leaf="aa",
            named_matches=True,
        ),
        "certificate": certificate_evidence({"issuer": "CN=Issuer,O=Conformance sandbox"}),
        "client_certificates": ClientCertificates(declared=False, requested=False),
        "http": Http(
            secure=HttpAnswer(
                200, (("strict-transport-security", "max-age=63072000; includeSubDomains"),), "https://portal.xa.test/"
            ),
            plain=HttpAnswer(301, (("location", "https://portal.xa.test/"),), "http://portal.xa.test/"),
            plain_declared=True,
            security_txt=SecurityTxt(200, ("2027-01-01T00:00:00Z",), 80),
        ),
        "caa": Caa("portal.xa.test", "xa.test", (CaaRecord(0, "issue", "ca.xa.test"),)),
        "addresses": Addresses({"127.0.0.1:1": "same"}),
    }
    made.update(changes)
    return made


def bundle(**changes: Any) -> Bundle:
    """A conforming endpoint's bundle."""
    made = records(**changes)
    return Bundle(made, {}, OBSERVED_AT, dict.fromkeys(made, "e" * 64))


def service(**changes: Any) -> Service:
    """The endpoint as its manifest declares it."""
    made = Service(
        "portal", "tls-endpoint", "127.0.0.1:1", "portal.xa.test", ("openid-provider",), {"plain_http": "127.0.0.1:2"}
    )
    return replace(made, **changes)


def target() -> Target:
    """Its manifest."""
    return Target("xa-login", "XA", "Reference login", (service(),), claims={"tls13": True})
