"""The raw servers: they do what the library's server does, and clients that are not ours get along with them."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.tls import credentials
from conformance.tls.client_hello import ClientHello, parse_client_hello, read_opening
from conformance.tls.front import SMALL_GROUPS, decide, is_grease
from conformance.tls.policy import BOTH, FAULTS, GOOD, Policy, with_faults
from conformance.tls.recipes import SERVERS
from conformance.tls.sandbox import serve
from tests.tls.chains import NAME, authorities
from tests.tls.endpoints import public_roots
from tests.tls.hellos import exchange, hello, hello13, records
from tests.tls.test_sandbox import CASES, OK

RAW = replace(GOOD, server_name=NAME, raw=BOTH)
LOADED = credentials.load(authorities().variant("good", NAME))


@pytest.mark.parametrize(
    "name", [name for name in CASES if not name.startswith(("mtls-", "tls12", "no-staple", "no-certificate"))]
)
def test_raw_server_conforms_where_the_library_does(name: str) -> None:
    look, good, _ = CASES[name]
    with serve(RAW, authorities()) as endpoint:
        assert look(endpoint) == good


@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("certificate", ["good", "good-rsa"])
def test_library_client_verifies_a_raw_server(certificate: str, maximum: ssl.TLSVersion) -> None:
    """The library checks the signature over the handshake, both Finished messages and the chain."""
    with serve(replace(RAW, certificate=certificate), authorities()) as endpoint:
        assert exchange(endpoint.address, roots=public_roots(), maximum=maximum).startswith(OK)


def s_client(address: str, *options: str) -> str:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    command = ["openssl", "s_client", "-connect", address, "-servername", NAME, "-CAfile", public_roots(), *options]
    return subprocess.run(command, input=b"", capture_output=True, timeout=10, check=False).stdout.decode()


@pytest.mark.software
@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("-tls1_3", "-groups", groups, "-ciphersuites", suite), id=f"{groups}-{suite}")
        for groups, suite in (
            ("X25519", "TLS_AES_128_GCM_SHA256"),
            ("P-256", "TLS_AES_256_GCM_SHA384"),
            ("P-384", "TLS_CHACHA20_POLY1305_SHA256"),
            ("P-521:X25519", "TLS_AES_256_GCM_SHA384"),
        )
    ]
    + [
        pytest.param(("-tls1_2", "-groups", groups, "-cipher", suite), id=f"{groups}-{suite}")
        for groups, suite in (
            ("X25519:P-256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
            ("P-256", "ECDHE-ECDSA-AES256-GCM-SHA384"),
            ("P-384:P-256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        )
    ],
)
def test_openssl_gets_along_with_each_suite_and_group(options: tuple[str, ...]) -> None:
    """P-521 first makes OpenSSL send a share that calls for a HelloRetryRequest."""
    with serve(RAW, authorities()) as endpoint:
        said = s_client(endpoint.address, *options)
    assert options[-1] in said
    assert "Verify return code: 0 (ok)" in said


@pytest.mark.software
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_reads_the_staple(version: str) -> None:
    with serve(replace(RAW, certificate="good-staple"), authorities()) as endpoint:
        assert "OCSP Response Status: successful" in s_client(endpoint.address, version, "-status")


@pytest.mark.software
def test_openssl_without_extended_master_secret_gets_along() -> None:
    """The other derivation of the master secret (RFC 5246 section 8.1)."""
    with serve(with_faults(RAW, "no-ems"), authorities()) as endpoint:
        said = s_client(endpoint.address, "-tls1_2")
    assert "Extended master secret: no" in said
    assert "Verify return code: 0 (ok)" in said


def parsed(data: bytes) -> ClientHello:
    found = parse_client_hello(data)
    assert found
    return found


def test_hello_reads_back_as_it_was_made() -> None:
    made = parsed(hello13((0x1301, 0x1A1A), groups=(29, 23), shares=(23, 29), protocols=(b"h2", b"http/1.1")))
    assert made.suites == (0x1301, 0x1A1A)
    assert made.groups == (29, 23)
    assert list(made.shares) == [23, 29]
    assert made.server_name == NAME
    assert made.protocols == (b"h2", b"http/1.1")
    assert made.versions == (0x0304,)
    assert made.schemes == (0x0403, 0x0804, 0x0401)


@pytest.mark.parametrize(
    "damage",
    [lambda data: data + b"\0", lambda data: data[:-1], lambda data: b"\2" + data[1:]],
    ids=["longer", "shorter", "ServerHello"],
)
def test_message_of_another_length_or_kind_is_no_hello(damage: Callable[[bytes], bytes]) -> None:
    data = damage(hello())
    assert parse_client_hello(data) is None
    resized = data[:1] + (len(data) - 4).to_bytes(3, "big") + data[4:]
    assert parse_client_hello(resized) is None


def test_hello_in_several_records_is_one_hello() -> None:
    data = hello13()
    octets = records(data[:50]) + records(data[50:])
    for cut in (3, 30, 60, len(octets) - 1):
        assert read_opening(octets[:cut]).kind == "more"
    whole = read_opening(octets)
    assert whole.hello
    assert whole.hello.message == data


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\n", b"\x15\3\1\0\2\2\x28", b"\x16\3\1\0\5\2\0\0\1\0", b"\x16\3\1\0\0\x16\3\1\0\0"],
    ids=["http", "alert", "ServerHello", "empty-records"],
)
def test_what_is_no_hello_is_told_from_one(data: bytes) -> None:
    assert read_opening(data).kind == "other"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_are_an_opening(data: bytes) -> None:
    for octets in (data, b"\x16\3\1" + data, records(b"\1" + len(data).to_bytes(3, "big") + data), b"\x80" + data):
        assert read_opening(octets).kind in ("more", "hello", "ssl2", "other")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255), st.booleans(), st.sampled_from(sorted(FAULTS)))
def test_any_damaged_hello_is_decided_on(at: int, value: int, tls13: bool, fault: str) -> None:
    data = bytearray(hello13() if tls13 else hello(extra={43: b"\2\3\4"}))
    data[at % len(data)] = value
    found = parse_client_hello(bytes(data))
    if found is not None:
        policy = with_faults(replace(GOOD, server_name=NAME), fault)
        assert decide(found, policy, LOADED, split=False).kind
        assert found.server_name is not None
        assert isinstance(found.protocols, tuple)


def test_small_groups_are_those_below_224_bits() -> None:
    """IANA's registry: sect163k1 (1) to sect193r2 (5), secp160k1 (15) to secp192r1 (19)."""
    assert {1, 2, 3, 4, 5, 15, 16, 17, 18, 19} == SMALL_GROUPS


def test_grease_is_what_rfc_8701_reserves() -> None:
    assert [code for code in range(0x10000) if is_grease(code)] == [0x0A0A + 0x1010 * step for step in range(16)]


def test_faults_add_up() -> None:
    policy: Policy = with_faults(GOOD, "tls10", "rc4", "3des", "no-ems", "compression", "no-hsts", "plain-hsts")
    assert 0x0301 in policy.versions
    assert policy.legacy_suites == (0xC007, 0xC008)
    assert policy.quirks == {"no-ems", "compression"}
    assert policy.http.hsts == ()
    assert policy.http.plain_hsts


def test_certificate_faults_name_variants_of_the_pki() -> None:
    apply: Callable[[Policy], Policy]
    for fault in FAULTS.values():
        apply = fault.apply
        assert apply(GOOD).certificate in SERVERS
