"""Reading certificates and chains: what is found apart from what, and that hostile bytes end in a reason."""

from __future__ import annotations

import hashlib
import random
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp, verification
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.core.garbage import set_apart
from conformance.core.model import Reason, Undecided
from conformance.tls import der, trust
from conformance.tls.certificate_facts import Unreadable, facts, key_facts, listed_logs, read
from conformance.tls.evidence import ServedChain, Staple
from conformance.tls.pki import SCT_LIST, Material, timestamp_list
from conformance.tls.recipes import HOSTILE_TEXT, SERVERS
from conformance.tls.server_names import covered
from tests.tls.chains import NAME, Issued, authorities, issue, read_against, served


def variant(name: str, **options: Any) -> ServedChain:
    return served(authorities().variant(name, NAME), **options)


def test_a_good_certificate_says_what_was_put_into_it() -> None:
    leaf, issuer = variant("good").certificates
    assert (leaf.key_type, leaf.key_bits, leaf.curve, leaf.exponent) == ("ECDSA", 256, "secp256r1", 0)
    assert (leaf.dns_names, leaf.ip_addresses, leaf.name_count, leaf.common_names) == ((NAME,), (), 1, (NAME,))
    assert (leaf.extended_key_usage, leaf.key_usage) == (("serverAuth",), ("digitalSignature",))
    assert (leaf.embedded_scts, leaf.must_staple, leaf.is_ca) == (2, False, False)
    assert (leaf.crl_urls, leaf.ocsp_urls) == (("http://crl.xa.test/sandbox.crl",), ())
    assert (leaf.signature_hash, leaf.signature_algorithm) == ("sha256", "1.2.840.10045.4.3.2")
    assert (leaf.version, leaf.serial_positive, leaf.self_issued) == (3, True, False)
    assert leaf.not_before.endswith("Z")
    assert datetime.fromisoformat(leaf.not_after) - datetime.fromisoformat(leaf.not_before) == timedelta(
        days=40, seconds=-1
    )
    assert (issuer.is_ca, issuer.extended_key_usage, issuer.key_usage) == (
        True,
        None,
        ("digitalSignature", "keyCertSign", "cRLSign"),
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rsa1024", ("RSA", 1024, "", 65537)),
        ("exponent-3", ("RSA", 2048, "", 3)),
        ("secp256k1", ("ECDSA", 256, "secp256k1", 0)),
    ],
)
def test_keys_are_described_by_type_size_curve_and_exponent(name: str, expected: tuple[str, int, str, int]) -> None:
    leaf = variant(name).certificates[0]
    assert (leaf.key_type, leaf.key_bits, leaf.curve, leaf.exponent) == expected


def element(tag: int, *parts: bytes) -> bytes:
    """One DER element of our own making."""
    content = b"".join(parts)
    size = len(content).to_bytes(2, "big")
    return bytes((tag, 0x82)) + size + content


def oid(hexadecimal: str) -> bytes:
    return element(6, bytes.fromhex(hexadecimal))


@pytest.mark.parametrize(
    ("spki", "expected"),
    [
        (
            element(
                48,
                element(48, oid("2a864886f70d010101")),
                element(3, b"\0", element(48, element(2, b"\0\xff" * 128), element(2, b"\x04"))),
            ),
            ("RSA", 2040, "", 4),
        ),
        (
            element(
                48,
                element(48, oid("2a864886f70d010101")),
                element(3, b"\0", element(48, element(2, b"\x7f" * 16), element(2, b"\x7f" * 16_000))),
            ),
            ("RSA", 127, "", 0),
        ),
        (
            element(48, element(48, oid("2a8648ce3d0201"), element(48)), element(3, b"\0\4", bytes(64))),
            ("ECDSA", 256, "explicit", 0),
        ),
        (
            element(48, element(48, oid("2a8648ce3d0201"), oid("2b81040006")), element(3, b"\0\4", bytes(28))),
            ("ECDSA", 112, "1.3.132.0.6", 0),
        ),
        (element(48, element(48, oid("2b6570")), element(3, b"\0", bytes(32))), ("Ed25519", 256, "", 0)),
        (element(48, element(48, oid("2a0304")), element(3, b"\0", bytes(32))), ("1.2.3.4", 256, "", 0)),
    ],
    ids=["even-exponent", "huge-exponent", "explicit-curve", "unknown-curve", "ed25519", "unknown-algorithm"],
)
def test_keys_that_the_library_refuses_are_described_too(spki: bytes, expected: tuple[str, int, str, int]) -> None:
    assert key_facts(spki) == expected


@pytest.mark.parametrize("number", [b"\x00", b"\x80"])
def test_an_rsa_number_that_is_not_positive_is_refused(number: bytes) -> None:
    """An exponent of 0 must not be taken for one that is too large to be noted."""
    with pytest.raises(der.DerError):
        der.rsa_numbers(element(48, element(2, b"\x7f"), element(2, number)))


LONG = ".".join(["a" * 60] * 5)
NAMES = [
    (NAME, [NAME], True),
    (NAME.upper(), [NAME], True),
    (f"{NAME}.", [NAME], True),
    (NAME, ["PORTAL.XA.TEST"], True),
    (NAME, ["*.xa.test"], True),
    (NAME, ["*.test"], False),
    ("a.portal.xa.test", ["*.xa.test"], False),
    ("xa.test", ["*.xa.test"], False),
    (NAME, ["p*.xa.test"], False),
    (NAME, ["*l.xa.test"], False),
    (NAME, ["portal.*.test"], False),
    (NAME, ["*.*.test"], False),
    (NAME, ["*"], False),
    (NAME, ["*."], False),
    (NAME, [f"{NAME}\x00.evil.test"], False),
    (NAME, [f"\x1b{NAME}"], False),
    (NAME, [f"{NAME}."], False),
    (NAME, [""], False),
    ("", [""], False),
    ("", ["*."], False),
    (f"{NAME}\x00", [f"{NAME}\x00"], False),
    (NAME, ["other.test", NAME], True),
    (NAME, [], False),
    ("bücher.test", ["xn--bcher-kva.test"], True),
    ("bücher.test", ["bücher.test"], False),
    ("xn--bcher-kva.test", ["*.test"], True),
    ("a" * 64 + ".test", ["a" * 64 + ".test"], False),
    ("localhost", ["localhost"], True),
    ("192.0.2.1", ["192.0.2.1"], False),
    ("192.0.2.1", ["*.0.2.1"], False),
    (LONG, [LONG], False),
    ("a..test", ["a..test"], False),
    ("\ud800.test", ["x.test"], False),
]


@pytest.mark.parametrize(("server_name", "names", "expected"), NAMES, ids=range(len(NAMES)))
def test_dns_names_are_matched_by_whole_labels(server_name: str, names: list[str], *, expected: bool) -> None:
    assert covered(server_name, names, []) is expected


@pytest.mark.parametrize(
    ("server_name", "address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("::1", "0:0:0:0:0:0:0:1", True),
        ("[2001:db8::1]", "2001:db8::1", True),
        ("::ffff:192.0.2.1", "192.0.2.1", False),
        (NAME, "192.0.2.1", False),
    ],
)
def test_ip_addresses_are_matched_by_ip_address_names_only(server_name: str, address: str, *, expected: bool) -> None:
    assert covered(server_name, [server_name], [ip_address(address)]) is (expected or server_name == NAME)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.lists(st.text(max_size=300), max_size=3))
def test_no_text_is_more_than_a_mismatch(server_name: str, names: list[str]) -> None:
    assert covered(server_name, names, []) in (True, False)


def test_name_dates_and_trust_are_found_apart() -> None:
    expired, other, unlisted = variant("expired"), variant("other-name"), variant("untrusted-root")
    assert (expired.trusted, expired.name_matches) == (True, True)
    assert (other.trusted, other.name_matches) == (True, False)
    assert (unlisted.trusted, unlisted.name_matches, unlisted.trust_undecided) == (False, True, "")
    assert "was not sent and is no anchor" in unlisted.trust_detail


@pytest.mark.parametrize("name", ["rsa1024", "exponent-3", "sha1-chain", "secp256k1"])
def test_a_weak_key_or_hash_does_not_hide_the_path(name: str) -> None:
    found = variant(name)
    assert (found.trusted, found.publicly_trusted, len(found.path)) == (True, True, 3)


def test_sha1_is_named_where_it_was_used() -> None:
    leaf, issuer = variant("sha1-chain").certificates
    assert (leaf.signature_hash, issuer.signature_hash) == ("sha1", "sha256")


@pytest.mark.parametrize("name", ["good", "good-rsa", "shuffled-chain", "untrusted-root", "self-signed"])
def test_the_library_agrees_on_trust(name: str) -> None:
    """On chains that its profile of RFC 5280 has no other objection to, cryptography's verifier is an oracle."""
    material = authorities().variant(name, NAME)
    leaf, *sent = map(x509.load_der_x509_certificate, material.chain_der)
    store = verification.Store(x509.load_pem_x509_certificates(authorities().public_roots_pem))
    builder = (
        verification.PolicyBuilder()
        .store(store)
        .extension_policies(
            ca_policy=verification.ExtensionPolicy.permit_all().require_present(
                x509.BasicConstraints, verification.Criticality.AGNOSTIC, None
            ),
            ee_policy=verification.ExtensionPolicy.permit_all().require_present(
                x509.SubjectAlternativeName, verification.Criticality.AGNOSTIC, None
            ),
        )
    )
    try:
        builder.build_server_verifier(x509.DNSName(NAME)).verify(leaf, sent)
        verified = True
    except verification.VerificationError:
        verified = False
    assert variant(name).trusted is verified


def test_the_anchors_asked_for_and_the_public_ones_are_told_apart() -> None:
    private = variant("private-root", anchors_pem=authorities().private_roots_pem, anchors_label="roots.pem")
    assert (private.trusted, private.publicly_trusted, private.anchors) == (True, False, "roots.pem")
    public = variant("good", anchors_pem=authorities().private_roots_pem, anchors_label="roots.pem")
    assert (public.trusted, public.publicly_trusted) == (False, True)


@pytest.mark.parametrize(
    ("name", "order", "missing", "root"),
    [
        ("good", "ok", False, False),
        ("shuffled-chain", "certificate 1 does not certify certificate 0", False, False),
        ("missing-intermediate", "ok", True, False),
        ("root-sent", "ok", False, True),
        ("self-signed", "ok", False, False),
        ("untrusted-root", "ok", False, False),
    ],
)
def test_what_was_sent_after_the_leaf(name: str, order: str, *, missing: bool, root: bool) -> None:
    found = variant(name)
    assert (found.order, found.missing_issuer, found.root_sent) == (order, missing, root)


def chain_of(**options: Any) -> tuple[Issued, Issued, Issued]:
    """(root, intermediate with these options, leaf)."""
    root = issue("root")
    middle = issue("middle", root, **options)
    return root, middle, issue(NAME, middle, ca=False)


def only_dns(permitted: str | None = None, excluded: str | None = None) -> x509.NameConstraints:
    return x509.NameConstraints(
        [x509.DNSName(permitted)] if permitted else None, [x509.DNSName(excluded)] if excluded else None
    )


NETWORK = x509.NameConstraints([x509.IPAddress(ip_network("10.0.0.0/8"))], None)
PEOPLE = x509.NameConstraints(
    [x509.DirectoryName(x509.Name([x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "XB")]))], None
)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ""),
        ({"ca": False}, "is not a CA"),
        ({"extra": [(only_dns("xa.test"), True)]}, ""),
        ({"extra": [(only_dns("xb.test"), True)]}, "do not permit"),
        ({"extra": [(only_dns(excluded="xa.test"), True)]}, "exclude a name"),
        ({"extra": [(NETWORK, True)]}, ""),
        ({"extra": [(PEOPLE, True)]}, "do not permit"),
        ({"extra": [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)]}, "excludes serverAuth"),
        ({"extra": [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)]}, ""),
        ({"extra": [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)]}, "1.2.3.4"),
        ({"extra": [(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), False)]}, ""),
        ({"extra": [(x509.KeyUsage(*(True, *[False] * 8)), True)]}, "lacks keyCertSign"),
    ],
    ids=range(12),
)
def test_an_issuer_must_be_allowed_to_be_one(options: dict[str, Any], words: str) -> None:
    root, middle, leaf = chain_of(**options)
    found = read_against(root, leaf, middle)
    assert found.trusted is not bool(words)
    assert words in found.trust_detail


def test_a_path_longer_than_its_ca_allows_is_none() -> None:
    root = issue("root", path_length=0)
    middle = issue("middle", root)
    found = read_against(root, issue(NAME, middle, ca=False), middle)
    assert not found.trusted
    assert "allows 0 CAs below it" in found.trust_detail


def test_a_ca_as_leaf_counts_as_no_ca_below_its_issuer() -> None:
    root = issue("root", path_length=0)
    assert read_against(root, issue(NAME, root, ca=True)).trusted


def test_a_critical_extension_of_the_leaf_that_nobody_processes_ends_the_path() -> None:
    root = issue("root")
    poison = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)
    assert not read_against(root, issue(NAME, root, ca=False, extra=[poison])).trusted


def test_a_signature_by_another_key_of_the_same_name_ends_the_path() -> None:
    root, impostor = issue("root"), issue("root")
    found = read_against(root, issue(NAME, impostor, ca=False), impostor)
    assert (found.trusted, found.trust_undecided) == (False, "")


def test_an_expired_anchor_is_none() -> None:
    root = issue("root", days=(-60, -1))
    found = read_against(root, issue(NAME, root, ca=False))
    assert not found.trusted
    assert "outside its validity period" in found.trust_detail


def test_the_path_goes_round_an_expired_cross_certificate() -> None:
    """The valid one of two certificates for the same CA name is on the path, in whatever order they were sent."""
    root = issue("root")
    middle = issue("middle", root)
    expired = issue("middle", root, key=middle.key, days=(-60, -1))
    leaf = issue(NAME, middle, ca=False)
    for sent in ((expired, middle), (middle, expired)):
        found = read_against(root, leaf, *sent)
        assert found.path[1] == read(middle.der).sha256


def test_a_listed_leaf_is_its_own_anchor() -> None:
    leaf = issue(NAME, ca=False)
    assert read_against(leaf, leaf).trusted


def test_a_listed_leaf_lacks_no_issuer() -> None:
    leaf = issue(NAME, issue("root"), ca=False)
    assert not read_against(leaf, leaf).missing_issuer


@pytest.mark.parametrize(
    ("name", "base", "inside"),
    [
        ("xa.test", "xa.test", True),
        ("a.XA.test", ".xa.test", True),
        ("evilxa.test", "xa.test", False),
        ("x", "", True),
    ],
)
def test_a_name_constraint_covers_whole_labels(name: str, base: str, *, inside: bool) -> None:
    assert trust.within(x509.DNSName(name), x509.DNSName(base)) is inside


def test_a_loop_of_issuers_ends() -> None:
    """Z09: A is certified by B and B by A."""
    first = issue("first")
    second = issue("second", first)
    crossed = issue("first", second, key=first.key)
    found = read_against(issue("root"), issue(NAME, first, ca=False), crossed, second)
    assert (found.trusted, found.trust_undecided) == (False, "")


def test_five_hundred_intermediates_are_neither_trusted_nor_searched() -> None:
    """Z09: what was not read is said, so that no judge takes the rest for the whole."""
    root, middle, leaf = chain_of()
    began = time.process_time()
    found = read_against(root, leaf, *[issue("extra", root)] * 499, middle)
    assert time.process_time() - began < 2
    assert not found.trusted
    assert found.unreadable == ("32: 501 certificates were sent, 32 are read",)


@pytest.mark.parametrize(
    ("signatures", "words"),
    [
        (trust.MOST_SIGNATURES, "more than 64 signatures to check"),
        (100_000, "the search was cut after 257 steps"),
    ],
)
def test_a_crowd_of_issuers_with_one_name_is_cut(signatures: int, words: str) -> None:
    """Six keys that certify each other: the paths are bounded by signatures, and were these free, by steps."""
    keys = [issue("crowd") for _ in range(6)]
    crowd = [read(issue("crowd", by, key=of.key).der) for by in keys for of in keys if by is not of]
    budget = trust.Signatures(signatures)
    found = trust.find_path(
        read(issue(NAME, keys[0], ca=False).der), crowd, trust.anchors(issue("root").pem), budget, datetime.now(UTC)
    )
    assert not found.certificates
    assert words in found.undecided


def test_a_key_too_large_to_use_is_undecided() -> None:
    """Z13: a modulus of 16,384 bits is not used, and what it signed is not called forged."""
    modulus = random.Random(1).getrandbits(16_384) | 1 | 1 << 16_383
    giant = rsa.RSAPublicNumbers(65537, modulus).public_key()
    small = rsa.generate_private_key(65537, 2048)
    root = issue("root")
    middle = issue("middle", root, public_key=giant)
    leaf = issue(NAME, Issued(middle.certificate, small), ca=False)
    began = time.process_time()
    found = read_against(root, leaf, middle)
    assert time.process_time() - began < 1
    assert not found.trusted
    assert "key too large (RSA, 16384 bits)" in found.trust_undecided
    assert found.certificates[1].key_bits == 16_384


def test_a_bundle_without_a_certificate_is_our_own_trouble() -> None:
    with pytest.raises(Undecided) as caught:
        variant("good", anchors_pem=b"no certificate here")
    assert caught.value.reason is Reason.HARNESS


def test_the_public_bundle_is_indexed_once_and_parsed_on_demand() -> None:
    pem = Path(certifi.where()).read_bytes()
    found = trust.anchors(pem)
    assert found is trust.anchors(pem)
    assert len(found.digests) > 100
    before = len(found.parsed)
    variant("good", public_pem=pem)
    assert len(found.parsed) <= before + 1
    everyone = [item for subject in found.by_subject for item in found.named(subject)]
    assert len(everyone) == len(found.digests)
    assert all(trust.Signatures().verified(item, item) for item in everyone)


def test_an_unreadable_leaf_leaves_the_issuers_readable() -> None:
    good = authorities().variant("good", NAME).chain_der
    found = served(Material(b"", b"", (good[0][:-1], good[1])))
    assert found.unreadable[0].startswith("0: ")
    assert (len(found.certificates), found.trusted, found.name_matches) == (1, False, False)


def test_no_certificate_is_an_empty_chain() -> None:
    found = served(Material(b"", b"", ()))
    assert (found.certificates, found.unreadable, found.trusted) == ((), (), False)


def test_hostile_names_are_read_bounded_and_match_nothing() -> None:
    """Z12: ESC, U+202E, NUL and markup stay what they are; only the good name beside them matches."""
    material = authorities().variant("hostile-names", NAME)
    found = served(material, "portal.test")
    leaf = found.certificates[0]
    assert not found.name_matches
    assert served(material, NAME).name_matches
    assert leaf.common_names == (HOSTILE_TEXT,)
    assert max(map(len, (*leaf.dns_names, *leaf.common_names, leaf.subject))) <= 256


def test_a_hundred_thousand_names_are_read_within_a_second() -> None:
    """Z10: the evidence keeps the first hundred and the count, the match sees them all."""
    material = authorities().variant("many-names", NAME)
    with set_apart():  # as in a run: what other tests left on the heap is not searched for garbage meanwhile
        began = time.thread_time()
        found = served(material, "n99998.many.test")
        seconds = time.thread_time() - began
    assert seconds < 1
    assert (found.certificates[0].name_count, len(found.certificates[0].dns_names)) == (100_000, 100)
    assert found.name_matches


@cache
def seeds() -> tuple[bytes, ...]:
    names = set(SERVERS) - {"many-names", "hostile-names"}
    return tuple(authorities().variant(name, NAME).chain_der[0] for name in sorted(names))


def mutant(source: random.Random, data: bytes) -> bytes:
    """The bytes with one to three places changed, cut or doubled; two changes in three keep the length."""
    changed = bytearray(data)
    for _ in range(source.choice((1, 1, 2, 3))):
        at, kind = source.randrange(len(changed)), source.choice((0, 0, 0, 1, 1, 1, 2, 3, 4))
        if kind == 0:
            changed[at] = source.randrange(256)
        elif kind == 1:
            changed[at] ^= 1 << source.randrange(8)
        elif kind == 2:
            del changed[at : at + source.randint(1, 8)]
        elif kind == 3:
            changed[at:at] = changed[at : at + source.randint(1, 16)]
        else:
            changed = changed[: max(at, 1)] if source.random() < 0.2 else changed + b"\0"
        if not changed:
            changed = bytearray(b"\0")
    return bytes(changed)


def test_five_thousand_mutants_are_read_or_named_unreadable() -> None:
    """Z11: whatever the bytes, the outcome is facts or a reason, and no mutant of a signed part is trusted."""
    source, outcomes = random.Random(20261124), {"read": 0, "unreadable": 0}
    issuer = authorities().variant("good", NAME).chain_der[1]
    for number in range(5_000):
        original = seeds()[number % len(seeds())]
        changed = mutant(source, original)
        found = served(Material(b"", b"", (changed, issuer)))
        outcomes["unreadable" if found.unreadable else "read"] += 1
        assert len(found.certificates) + len(found.unreadable) == 2
        if found.trusted:
            assert read(changed).certificate.tbs_certificate_bytes == read(original).certificate.tbs_certificate_bytes
    assert min(outcomes.values()) > 500


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_but_our_own_error(data: bytes) -> None:
    for reader in (read, der.certificate_fields, key_facts, der.dotted, der.rsa_numbers):
        try:
            reader(data)
        except (Unreadable, der.DerError):
            continue
    assert all(len(log) == 32 for log in listed_logs(data))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:0],
        lambda data: data[:40],
        lambda data: data + b"\0",
        lambda data: data.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x08", 1),
        lambda data: b"\x30\x80" + data[4:] + b"\0\0",
    ],
    ids=["empty", "truncated", "trailing", "version-9", "indefinite"],
)
def test_malformed_certificates_are_unreadable(change: Any) -> None:
    with pytest.raises(Unreadable):
        facts(read(change(seeds()[0])))


def test_logs_are_counted_once_whatever_the_source() -> None:
    listed = timestamp_list(3)[4:]  # without the OCTET STRING's header
    assert len(listed_logs(listed)) == 3
    assert variant("no-sct").scts == 0
    assert variant("no-sct", tls_scts=listed).scts == 3
    assert variant("good", tls_scts=listed).scts == 3
    assert listed_logs(listed[:-1])[:2] == listed_logs(listed)[:2]


def test_the_embedded_list_is_the_one_of_the_certificate() -> None:
    leaf = read(seeds()[0]).extensions.get_extension_for_oid(SCT_LIST).value
    assert isinstance(leaf, x509.PrecertificateSignedCertificateTimestamps)


def staple_of(material: Material, staple: bytes | None, **options: Any) -> Staple:
    found = served(Material(b"", b"", material.chain_der), staple=staple, **options).staple
    assert found is not None
    return found


def response(leaf: x509.Certificate, issuer: Issued, signer: Issued, *, sent: bool = False) -> bytes:
    """A good answer about `leaf`, signed by `signer`."""
    now = datetime.now(UTC)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            leaf,
            issuer.certificate,
            hashes.SHA1(),
            ocsp.OCSPCertStatus.GOOD,
            now - timedelta(hours=1),
            now + timedelta(days=7),
            None,
            None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.NAME, signer.certificate)
    )
    if sent:
        builder = builder.certificates([signer.certificate])
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_a_good_staple_is_good_for_its_leaf_only() -> None:
    good, other = authorities().variant("good-staple", NAME), authorities().variant("good", NAME)
    own, foreign = staple_of(good, good.staple), staple_of(other, good.staple)
    assert (own.status, own.certificate_status, own.matches, own.signature_verified) == (
        "successful",
        "good",
        True,
        True,
    )
    assert (foreign.matches, foreign.signature_verified) == (False, True)
    assert (
        staple_of(
            authorities().variant("revoked-staple", NAME), authorities().variant("revoked-staple", NAME).staple
        ).certificate_status
        == "revoked"
    )


OCSP_SIGNING = [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False)]


@pytest.mark.parametrize(
    ("delegate", "verified"),
    [
        ({"extra": OCSP_SIGNING}, True),
        ({}, False),
        ({"extra": OCSP_SIGNING, "days": (-60, -1)}, False),
    ],
    ids=["delegate", "without-purpose", "expired"],
)
def test_a_delegate_signs_only_with_the_purpose_and_in_its_time(delegate: dict[str, Any], *, verified: bool) -> None:
    root = issue("root")
    leaf, signer = issue(NAME, root, ca=False), issue("responder", root, ca=False, **delegate)
    chain = Material(b"", b"", (leaf.der,))
    staple = response(leaf.certificate, root, signer, sent=True)
    found = staple_of(chain, staple, anchors_pem=root.pem, public_pem=root.pem)
    assert (found.matches, found.signature_verified) == (True, verified)


def test_a_delegate_of_somebody_else_signs_nothing() -> None:
    root, stranger = issue("root"), issue("root")
    leaf, signer = issue(NAME, root, ca=False), issue("responder", stranger, ca=False, extra=OCSP_SIGNING)
    found = staple_of(
        Material(b"", b"", (leaf.der,)),
        response(leaf.certificate, root, signer, sent=True),
        anchors_pem=root.pem,
        public_pem=root.pem,
    )
    assert not found.signature_verified


@pytest.mark.parametrize("wrong", ["nothing", "name", "key", "responder"])
def test_a_staple_names_issuer_key_and_responder(wrong: str) -> None:
    root = issue("root")
    other = issue("other", key=root.key if wrong == "responder" else None)
    leaf = issue(NAME, root, ca=False)
    named = hashlib.sha256((other if wrong == "name" else root).certificate.subject.public_bytes()).digest()
    point = (
        (other if wrong == "key" else root)
        .certificate.public_key()
        .public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )
    now = datetime.now(UTC)
    staple = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            named,
            hashlib.sha256(point).digest(),
            leaf.certificate.serial_number,
            hashes.SHA256(),
            ocsp.OCSPCertStatus.GOOD,
            now,
            now + timedelta(days=1),
            None,
            None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.NAME, (other if wrong == "responder" else root).certificate)
        .sign(root.key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    found = staple_of(Material(b"", b"", (leaf.der,)), staple, anchors_pem=root.pem, public_pem=root.pem)
    assert (found.matches, found.signature_verified) == (wrong not in ("name", "key"), wrong != "responder")


def test_a_staple_of_garbage_is_unreadable_and_one_without_answer_says_its_status() -> None:
    good = authorities().variant("good-staple", NAME)
    assert staple_of(good, b"\x30\x03\x0a\x01\x06").status == "unauthorized"
    assert staple_of(good, b"garbage").status == "unreadable"


def test_mutants_of_a_staple_are_read_or_unreadable_and_never_verified() -> None:
    good = authorities().variant("good-staple", NAME)
    assert good.staple
    source = random.Random(20261124)
    tbs = ocsp.load_der_ocsp_response(good.staple).tbs_response_bytes
    for _ in range(1_000):
        changed = mutant(source, good.staple)
        found = staple_of(good, changed)
        if found.signature_verified:
            assert ocsp.load_der_ocsp_response(changed).tbs_response_bytes == tbs
