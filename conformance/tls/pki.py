"""The sandbox's certificates, made after `recipes.py`.

Keys are made once a day and kept on disk with the CA certificates; leaves are issued at each start. None of them is
trusted by anything but the sandbox.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID, ObjectIdentifier

from conformance.tls.recipes import CLIENTS, LONG_DAYS, SERVERS, Recipe
from conformance.tls.server_names import as_address

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

FILE, LOCK, MOST_AGE = "pki-1.json", "pki.lock", timedelta(days=1)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SCT_LIST = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
CA_NAMES: Final = (
    "public-root",
    "intermediate",
    "lower-intermediate",
    "rsa-intermediate",
    "private-root",
    "private-intermediate",
    "unlisted-root",
    "unlisted-intermediate",
    "client-root",
    "stranger-root",
)
RSA_KEYS: Final = {
    "rsa-intermediate": (2048, 65537),
    "rsa2048": (2048, 65537),
    "rsa1024": (1024, 65537),
    "rsa-exponent-3": (2048, 3),
}
PARENTS: Final = {
    "intermediate": "public-root",
    "lower-intermediate": "intermediate",
    "rsa-intermediate": "public-root",
    "private-intermediate": "private-root",
    "unlisted-intermediate": "unlisted-root",
}


@dataclass(frozen=True, slots=True)
class Material:
    """What a server or client presents: leaf and chain as sent, the leaf's key, and a DER OCSP response to staple."""

    certificate_pem: bytes
    key_pem: bytes
    chain_der: tuple[bytes, ...]
    staple: bytes | None = None


@dataclass(slots=True)
class Pki:
    """The sandbox's authorities: keys and CA certificates as PEM by name, and the leaves issued so far."""

    created: datetime
    keys: Mapping[str, str]
    authorities: Mapping[str, str]
    issued: dict[tuple[str, str], Material] = field(default_factory=dict)

    @classmethod
    def cached(cls, directory: Path | None) -> Pki:
        """The authorities kept in `directory` (made where it is missing), new ones where they are older than a day.

        Processes that start at once wait for the first and share its authorities. None: new ones, kept nowhere.
        """
        if directory is None:
            return cls.made(datetime.now(UTC))
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = directory / FILE
        with (directory / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            now = datetime.now(UTC)  # after the wait: what was made meanwhile is not from the future
            kept = cls.kept(file, now)
            if kept is None:
                kept = cls.made(now)
                kept.keep(file)
            return kept

    @classmethod
    def made(cls, now: datetime) -> Pki:
        """New keys and CA certificates."""
        keys: dict[str, Key] = {name: new_key(name) for name in (*CA_NAMES, *(set(RSA_KEYS) - set(CA_NAMES)))}
        authorities = {name: authority(name, keys, now) for name in CA_NAMES}
        return cls(
            now,
            {name: key_pem(key).decode() for name, key in keys.items()},
            {name: pem(certificate).decode() for name, certificate in authorities.items()},
        )

    @classmethod
    def kept(cls, file: Path, now: datetime) -> Pki | None:
        """What a file holds; None where there is none, it is too old, from the future, or not ours."""
        try:
            held = json.loads(file.read_text(encoding="utf-8"))
            pki = cls(datetime.fromisoformat(held["created"]), held["keys"], held["authorities"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        whole = set(pki.authorities) == set(CA_NAMES) and set(pki.keys) == {*CA_NAMES, *RSA_KEYS}
        return pki if whole and timedelta(0) <= now - pki.created <= MOST_AGE else None

    def keep(self, file: Path) -> None:
        """Write the file, in one step for whoever reads it."""
        text = json.dumps({"created": self.created.isoformat(), "keys": self.keys, "authorities": self.authorities})
        draft = file.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)

    @property
    def public_roots_pem(self) -> bytes:
        """The sandbox's stand-in for the public bundle."""
        return self.authorities["public-root"].encode()

    @property
    def private_roots_pem(self) -> bytes:
        """A national or private root."""
        return self.authorities["private-root"].encode()

    @property
    def client_ca_pem(self) -> bytes:
        """Who issues the client certificates that a server with client authentication trusts."""
        return self.authorities["client-root"].encode()

    def variant(self, name: str, server_name: str = "localhost") -> Material:
        """A server's certificate for a DNS name or IP address.

        Raises:
            KeyError: no such variant.
            ValueError: `wildcard` for a name that no wildcard covers.
        """
        return self.remembered(name, server_name, SERVERS[name])

    def client(self, name: str) -> Material:
        """A client's certificate: `trusted`, `untrusted`, `expired` or `wrong-eku`.

        Raises:
            KeyError: no such client.
        """
        return self.remembered(f"client {name}", "client.xa.test", CLIENTS[name])

    def remembered(self, name: str, server_name: str, recipe: Recipe) -> Material:
        """The leaf that was issued under that name, issued now where there is none."""
        key = (name, server_name)
        if key not in self.issued:
            self.issued[key] = self.issue(recipe, server_name)
        return self.issued[key]

    def issue(self, recipe: Recipe, server_name: str, now: datetime | None = None) -> Material:
        """A leaf made after a recipe, with what is sent after it and its staple."""
        now = now or datetime.now(UTC)
        key = self.key(recipe.key) if recipe.key in RSA_KEYS else new_key(recipe.key)
        signer = self.key(recipe.issuer) if recipe.issuer else key
        issuer = self.authority(recipe.issuer) if recipe.issuer else None
        unsigned = leaf(recipe, server_name, key, issuer, now)
        certificate = unsigned.sign(signer, hashes.SHA256())
        data = certificate.public_bytes(serialization.Encoding.DER)
        if recipe.sha1:
            assert isinstance(signer, rsa.RSAPrivateKey)
            data = resigned_with_sha1(certificate, signer)
            certificate = x509.load_der_x509_certificate(data)
        sent = [self.authority(name) for name in (lineage(recipe.issuer) if recipe.sent is None else recipe.sent)]
        staple = None if issuer is None else stapled(recipe, certificate, issuer, signer, now)
        chain = (data, *(item.public_bytes(serialization.Encoding.DER) for item in sent))
        return Material(b"".join(pem(item) for item in (certificate, *sent)), key_pem(key), chain, staple)

    def key(self, name: str) -> Key:
        """A key that was kept."""
        # Our own file: checking an RSA key's primes again would cost more than the rest of the start.
        key = serialization.load_pem_private_key(self.keys[name].encode(), None, unsafe_skip_rsa_key_validation=True)
        assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
        return key

    def authority(self, name: str) -> x509.Certificate:
        """A CA certificate."""
        return x509.load_pem_x509_certificate(self.authorities[name].encode())


def new_key(name: str) -> Key:
    """A key as its name asks for: RSA as listed, secp256k1, else P-256."""
    if name in RSA_KEYS:
        bits, exponent = RSA_KEYS[name]
        return rsa.generate_private_key(exponent, bits)
    return ec.generate_private_key(ec.SECP256K1() if name == "secp256k1" else ec.SECP256R1())


def key_pem(key: Key) -> bytes:
    """A key as unencrypted PKCS #8 in PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def pem(certificate: x509.Certificate) -> bytes:
    """A certificate in PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def lineage(issuer: str) -> tuple[str, ...]:
    """The issuer and its issuers, without the root."""
    return (issuer, *lineage(PARENTS[issuer])) if issuer in PARENTS else ()


def named(common_name: str) -> x509.Name:
    """A distinguished name of the sandbox's country."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "XA"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Conformance sandbox"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def key_usage(*allowed: str) -> x509.KeyUsage:
    """A KeyUsage with just these bits."""
    bits = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{bit: bit in allowed for bit in bits})


def authority(name: str, keys: Mapping[str, Key], now: datetime) -> x509.Certificate:
    """A CA certificate, older than any leaf, signed by its parent or by itself."""
    parent = PARENTS.get(name, name)
    subject, issuer = (named(f"Sandbox {ca.replace('-', ' ')}") for ca in (name, parent))
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(keys[name].public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * LONG_DAYS * DAY)
        .not_valid_after(now + 10 * 365 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(key_usage("key_cert_sign", "crl_sign", "digital_signature"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[name].public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[parent].public_key()), critical=False)
        .sign(keys[parent], hashes.SHA256())
    )


def leaf(
    recipe: Recipe, server_name: str, key: Key, issuer: x509.Certificate | None, now: datetime
) -> x509.CertificateBuilder:
    """A leaf, not signed yet."""
    subject = named((recipe.common_name or server_name)[:64])
    starts = now.replace(microsecond=0) + recipe.starts_days * DAY
    public = key.public_key()
    identifier = (
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
            issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        )
        if issuer
        else x509.AuthorityKeyIdentifier.from_issuer_public_key(public)
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public)
        .serial_number(recipe.serial or x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + recipe.valid_days * DAY - timedelta(seconds=1))
        .add_extension(identifier, critical=False)
    )
    for extension, critical in extensions(recipe, server_name):
        builder = builder.add_extension(extension, critical=critical)
    return builder


def extensions(recipe: Recipe, server_name: str) -> Sequence[tuple[x509.ExtensionType, bool]]:
    """The extensions of a leaf, each with whether it is critical."""
    names = recipe.names(server_name)
    usage = (recipe.usage, "key_cert_sign") if recipe.ca else (recipe.usage,)
    optional: tuple[tuple[Any, x509.ExtensionType | None], ...] = (
        (names is not None, None if names is None else alternative_names(names)),
        (recipe.timestamps, x509.UnrecognizedExtension(SCT_LIST, timestamp_list(recipe.timestamps))),
        (recipe.features, x509.TLSFeature([x509.TLSFeatureType.status_request])),
        (recipe.crl, distribution_points("http://crl.xa.test/sandbox.crl")),
    )
    return (
        (x509.BasicConstraints(ca=recipe.ca, path_length=None), True),
        (key_usage(*usage), True),
        (x509.ExtendedKeyUsage(recipe.purposes), False),
        *((extension, False) for wanted, extension in optional if wanted and extension is not None),
    )


def alternative_names(names: Sequence[str]) -> x509.SubjectAlternativeName:
    """A subjectAltName: IP addresses as iPAddress, all else as dNSName."""
    addresses = {name: as_address(name) for name in names[:8]}
    return x509.SubjectAlternativeName(
        [x509.IPAddress(address) if (address := addresses.get(name)) else x509.DNSName(name) for name in names]
    )


def distribution_points(url: str) -> x509.CRLDistributionPoints:
    """One CRL distribution point."""
    return x509.CRLDistributionPoints([x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)])


def timestamp_list(count: int) -> bytes:
    """An OCTET STRING with a SignedCertificateTimestampList (RFC 6962 section 3.3): logs and signatures are made up."""
    entries = b""
    for number in range(count):
        log = sha256(f"sandbox log {number}".encode()).digest()
        signature = b"\x30\x44" + (b"\x02\x20" + b"\x11" * 32) * 2
        entry = b"\x00" + log + (1_767_225_600_000).to_bytes(8, "big") + b"\x00\x00\x04\x03" + sized(signature)
        entries += sized(entry)
    content = sized(entries)
    return b"\x04" + der_length(len(content)) + content


def sized(data: bytes) -> bytes:
    """The data with its length in two bytes before it."""
    return len(data).to_bytes(2, "big") + data


def der_length(length: int) -> bytes:
    """A length as DER writes it."""
    if length < 0x80:
        return bytes((length,))
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(size),)) + size


def resigned_with_sha1(certificate: x509.Certificate, signer: rsa.RSAPrivateKey) -> bytes:
    """The certificate signed with SHA-1 instead of SHA-256, as DER.

    `cryptography` makes no such signature, so it is computed after RFC 8017 section 8.2. The two algorithm
    identifiers are of equal length, so the TBSCertificate stays as it is otherwise.
    """
    old, new = (bytes.fromhex(f"300d06092a864886f70d0101{last}0500") for last in ("0b", "05"))
    tbs = certificate.tbs_certificate_bytes.replace(old, new, 1)
    digest_info = bytes.fromhex("3021300906052b0e03021a05000414") + sha1(tbs, usedforsecurity=False).digest()
    numbers = signer.private_numbers()
    size = signer.key_size // 8
    padded = b"\x00\x01" + b"\xff" * (size - len(digest_info) - 3) + b"\x00" + digest_info
    signature = pow(int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")
    bits = b"\x03" + der_length(size + 1) + b"\x00" + signature
    return b"\x30" + der_length(len(tbs) + len(new) + len(bits)) + tbs + new + bits


def stapled(
    recipe: Recipe, certificate: x509.Certificate, issuer: x509.Certificate, signer: Key, now: datetime
) -> bytes | None:
    """The OCSP response that the recipe asks for, as DER."""
    if recipe.staple is None:
        return None
    status, age_days, valid_days = recipe.staple
    this_update = now.replace(microsecond=0) - age_days * DAY
    revoked = status == "revoked"
    return (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=certificate,
            issuer=issuer,
            # What every responder and server knows to identify a certificate by; HAProxy 2.6 staples no other.
            algorithm=hashes.SHA1(),  # noqa: S303
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=this_update,
            next_update=this_update + valid_days * DAY,
            revocation_time=this_update - HOUR if revoked else None,
            revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
        .sign(signer, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )
