"""What one of our own servers or clients proves its name with: chain, key, staple, and signatures of the key."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from hashlib import sha1, sha256
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from conformance.core.model import Reason, Undecided
from conformance.tls.pki import Material
from conformance.wire.pem import read_private_key

_HASHES: Final[dict[int, type[hashes.HashAlgorithm]]] = {
    0x0403: hashes.SHA256,
    0x0503: hashes.SHA384,
    0x0603: hashes.SHA512,
    0x0804: hashes.SHA256,
    0x0805: hashes.SHA384,
    0x0806: hashes.SHA512,
    0x0401: hashes.SHA256,
    0x0501: hashes.SHA384,
    0x0601: hashes.SHA512,
}
ECDSA_SHA1, RSA_SHA1, PSS = 0x0203, 0x0201, range(0x0804, 0x0807)
_SHA1: Final = Prehashed(hashes.SHA1())  # noqa: S303 - a defect that the sandbox shows
_ECDSA13: Final = {"secp256r1": (0x0403,), "secp384r1": (0x0503,), "secp521r1": (0x0603,)}
_RSA12: Final = (0x0804, 0x0401, 0x0805, 0x0501, 0x0806, 0x0601)


@dataclass(frozen=True, slots=True)
class Credentials:
    """One certificate with its key."""

    chain: tuple[bytes, ...]
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    staple: bytes | None

    @property
    def is_rsa(self) -> bool:
        """Whether the key is an RSA key."""
        return isinstance(self.key, rsa.RSAPrivateKey)

    def schemes(self, *, tls13: bool) -> tuple[int, ...]:
        """What the key can sign with, best first, SHA-1 left out.

        TLS 1.3 has no scheme for curves outside `_ECDSA13`; a server that presents one all the same is a defect, and
        signs as for secp256r1.
        """
        if isinstance(self.key, rsa.RSAPrivateKey):
            return tuple(PSS) if tls13 else _RSA12
        return _ECDSA13.get(self.key.curve.name, (0x0403,)) if tls13 else (0x0403, 0x0503, 0x0603)

    def common_scheme(self, offered: Container[int], *, tls13: bool) -> int | None:
        """The best scheme of ours that a peer offers, None where there is none."""
        return next((each for each in self.schemes(tls13=tls13) if each in offered), None)

    def sign(self, scheme: int, content: bytes) -> bytes:
        """A signature (RFC 9846 section 4.3.3)."""
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            if scheme == ECDSA_SHA1:
                return self.key.sign(_sha1(content), ec.ECDSA(_SHA1))
            return self.key.sign(content, ec.ECDSA(_HASHES[scheme]()))
        if scheme == RSA_SHA1:
            return self.key.sign(_sha1(content), padding.PKCS1v15(), _SHA1)
        digest = _HASHES[scheme]()
        if scheme in PSS:
            return self.key.sign(content, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        return self.key.sign(content, padding.PKCS1v15(), digest)


@dataclass(frozen=True, slots=True)
class Introduction:
    """Our certificate, and whom it is shown to: servers that prove to hold the key of one of these leaves (SHA-256)."""

    credentials: Credentials
    servers: frozenset[str]

    def fits(self, leaf: bytes, scheme: int, content: bytes, signature: bytes) -> bool:
        """Whether the leaf is one of them, and the signature over the content is by its key."""
        return sha256(leaf).hexdigest() in self.servers and is_signed(leaf, scheme, content, signature)


def is_signed(leaf: bytes, scheme: int, content: bytes, signature: bytes) -> bool:
    """Whether a signature in a scheme of ECDSA, RSA-PSS, RSA PKCS #1 or EdDSA is by the certificate's key."""
    try:
        key = x509.load_der_x509_certificate(leaf).public_key()
        if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, content)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(_HASHES[scheme]()))
        elif isinstance(key, rsa.RSAPublicKey):
            digest = _HASHES[scheme]()
            pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
            key.verify(signature, content, pss if scheme in PSS else padding.PKCS1v15(), digest)
        else:
            return False
    except (ValueError, KeyError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def from_pem(certificate: bytes, key: bytes) -> Credentials:
    """A certificate chain and its key.

    Raises:
        Undecided: HARNESS, where they cannot be read, or the key is of a type that our own readers cannot sign with.
    """
    try:
        chain = tuple(
            each.public_bytes(serialization.Encoding.DER) for each in x509.load_pem_x509_certificates(certificate)
        )
        private = read_private_key(key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Undecided(Reason.HARNESS, f"the client certificate cannot be used: {type(error).__name__}") from None
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise Undecided(Reason.HARNESS, "the client key is neither RSA nor ECDSA")
    return Credentials(chain, private, None)


def _sha1(content: bytes) -> bytes:
    return sha1(content, usedforsecurity=False).digest()


def load(material: Material) -> Credentials:
    """What a variant of the sandbox's PKI holds."""
    # Our own key: checking its primes again would cost more than the rest of the start.
    key = serialization.load_pem_private_key(material.key_pem, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return Credentials(material.chain_der, key, material.staple)
