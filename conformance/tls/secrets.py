"""What two TLS peers derive and how they protect records, as pure functions over bytes.

TLS 1.3: the key schedule of RFC 9846 section 7, but for sessions resumed, record protection of its section 5.2.
TLS 1.2: the PRF of RFC 5246 section 5, the extended master secret of RFC 7627, AES-GCM records (RFC 5288) and
ChaCha20-Poly1305 records (RFC 7905). Both readers of ours and the sandbox's raw servers stand on this one module.

Whatever does not hold (a wrong tag, a point off the curve) is a ValueError.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TAG_BYTES, IV_BYTES, SALT_BYTES = 16, 12, 4
APPLICATION_DATA = 23
Side = Literal["client", "server"]


@dataclass(frozen=True, slots=True)
class Suite:
    """A cipher suite that we can speak: its code point and registry name, AEAD, key size, hash of the PRF or HKDF."""

    code: int
    name: str
    aead: Literal["AES-GCM", "ChaCha20-Poly1305"]
    key_bytes: int
    digest: Literal["sha256", "sha384"]

    def hash(self, data: bytes) -> bytes:
        """The suite's hash."""
        return hashlib.new(self.digest, data).digest()

    @property
    def hash_bytes(self) -> int:
        """The length of the suite's hash."""
        return hashlib.new(self.digest).digest_size


SUITES13: Final = {
    suite.code: suite
    for suite in (
        Suite(0x1301, "TLS_AES_128_GCM_SHA256", "AES-GCM", 16, "sha256"),
        Suite(0x1302, "TLS_AES_256_GCM_SHA384", "AES-GCM", 32, "sha384"),
        Suite(0x1303, "TLS_CHACHA20_POLY1305_SHA256", "ChaCha20-Poly1305", 32, "sha256"),
    )
}
SUITES12: Final = {
    suite.code: suite
    for suite in (
        Suite(0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "AES-GCM", 16, "sha256"),
        Suite(0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "AES-GCM", 16, "sha256"),
        Suite(0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "AES-GCM", 32, "sha384"),
        Suite(0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "AES-GCM", 32, "sha384"),
        Suite(0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ChaCha20-Poly1305", 32, "sha256"),
        Suite(0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ChaCha20-Poly1305", 32, "sha256"),
    )
}

X25519, SECP256R1, SECP384R1 = 0x001D, 0x0017, 0x0018
GROUPS: Final = {X25519: "x25519", SECP256R1: "secp256r1", SECP384R1: "secp384r1"}
_CURVES: Final[dict[int, type[ec.EllipticCurve]]] = {SECP256R1: ec.SECP256R1, SECP384R1: ec.SECP384R1}


class KeyShare:
    """A fresh key pair of one of `GROUPS`; `public` is what goes on the wire."""

    def __init__(self, group: int) -> None:
        self.group = group
        self._private: x25519.X25519PrivateKey | ec.EllipticCurvePrivateKey
        if group == X25519:
            self._private = x25519.X25519PrivateKey.generate()
            self.public = self._private.public_key().public_bytes_raw()
        else:
            self._private = ec.generate_private_key(_CURVES[group]())
            self.public = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def exchange(self, peer: bytes) -> bytes:
        """The shared secret.

        Raises:
            ValueError: the peer's value is no element of the group, or one of small order.
        """
        if isinstance(self._private, x25519.X25519PrivateKey):
            return self._private.exchange(x25519.X25519PublicKey.from_public_bytes(peer))
        if peer[:1] != b"\x04":
            raise ValueError("the peer's point is not uncompressed")
        point = ec.EllipticCurvePublicKey.from_encoded_point(self._private.curve, peer)
        return self._private.exchange(ec.ECDH(), point)


class Protection(Protocol):
    """One direction of protected records; it counts them."""

    def seal(self, kind: int, data: bytes) -> tuple[int, bytes]:
        """A record's outer type and its fragment."""

    def open(self, kind: int, fragment: bytes) -> tuple[int, bytes]:
        """The true type and the content of a record.

        Raises:
            ValueError: it was not sealed so.
        """


def _aead(suite: Suite, key: bytes) -> AESGCM | ChaCha20Poly1305:
    return AESGCM(key) if suite.aead == "AES-GCM" else ChaCha20Poly1305(key)


def _nonce(iv: bytes, sequence: int) -> bytes:
    """RFC 9846 section 5.3, RFC 7905 section 2: the padded sequence number, xor the static IV."""
    return (int.from_bytes(iv, "big") ^ sequence).to_bytes(IV_BYTES, "big")


def _opened(aead: AESGCM | ChaCha20Poly1305, nonce: bytes, sealed: bytes, additional: bytes) -> bytes:
    try:
        return aead.decrypt(nonce, sealed, additional)
    except InvalidTag:
        raise ValueError("a record's tag does not verify") from None


class Protection13:
    """TLS 1.3 records under one traffic secret (RFC 9846 section 5.2)."""

    def __init__(self, suite: Suite, traffic_secret: bytes) -> None:
        self._aead = _aead(suite, expand_label(suite, traffic_secret, "key", b"", suite.key_bytes))
        self._iv = expand_label(suite, traffic_secret, "iv", b"", IV_BYTES)
        self._sequence = 0

    def seal(self, kind: int, data: bytes) -> tuple[int, bytes]:
        """See `Protection`."""
        header = bytes((APPLICATION_DATA, 3, 3)) + (len(data) + 1 + TAG_BYTES).to_bytes(2, "big")
        sealed = self._aead.encrypt(_nonce(self._iv, self._sequence), data + bytes((kind,)), header)
        self._sequence += 1
        return APPLICATION_DATA, sealed

    def open(self, kind: int, fragment: bytes) -> tuple[int, bytes]:
        """See `Protection`."""
        if kind != APPLICATION_DATA:
            raise ValueError(f"a record of type {kind} is not protected")
        header = bytes((APPLICATION_DATA, 3, 3)) + len(fragment).to_bytes(2, "big")
        inner = _opened(self._aead, _nonce(self._iv, self._sequence), fragment, header).rstrip(b"\0")
        self._sequence += 1
        if not inner:
            raise ValueError("a record holds no content type")
        return inner[-1], inner[:-1]


class Protection12:
    """TLS 1.2 AEAD records under one write key and one fixed IV (RFC 5246 section 6.2.3.3)."""

    def __init__(self, suite: Suite, key: bytes, iv: bytes) -> None:
        self._aead, self._iv, self._sequence = _aead(suite, key), iv, 0
        self._explicit = suite.aead == "AES-GCM"

    def _additional(self, kind: int, length: int) -> bytes:
        return self._sequence.to_bytes(8, "big") + bytes((kind, 3, 3)) + length.to_bytes(2, "big")

    def seal(self, kind: int, data: bytes) -> tuple[int, bytes]:
        """See `Protection`."""
        explicit = self._sequence.to_bytes(8, "big") if self._explicit else b""
        nonce = self._iv + explicit if explicit else _nonce(self._iv, self._sequence)
        sealed = self._aead.encrypt(nonce, data, self._additional(kind, len(data)))
        self._sequence += 1
        return kind, explicit + sealed

    def open(self, kind: int, fragment: bytes) -> tuple[int, bytes]:
        """See `Protection`."""
        explicit, sealed = (fragment[:8], fragment[8:]) if self._explicit else (b"", fragment)
        if len(sealed) < TAG_BYTES or len(explicit) != 8 * self._explicit:
            raise ValueError("a record is too short")
        nonce = self._iv + explicit if explicit else _nonce(self._iv, self._sequence)
        data = _opened(self._aead, nonce, sealed, self._additional(kind, len(sealed) - TAG_BYTES))
        self._sequence += 1
        return kind, data


def expand_label(suite: Suite, secret: bytes, label: str, context: bytes, length: int) -> bytes:
    """HKDF-Expand-Label (RFC 9846 section 7.1)."""
    name = b"tls13 " + label.encode()
    info = length.to_bytes(2, "big") + bytes((len(name),)) + name + bytes((len(context),)) + context
    block, output = b"", b""
    for counter in range(1, -(-length // suite.hash_bytes) + 1):
        block = hmac.digest(secret, block + info + bytes((counter,)), suite.digest)
        output += block
    return output[:length]


def handshake_secret(suite: Suite, shared: bytes) -> bytes:
    """The Handshake Secret, without a pre-shared key."""
    zeros = bytes(suite.hash_bytes)
    early = hmac.digest(zeros, zeros, suite.digest)
    return hmac.digest(_derived(suite, early), shared, suite.digest)


def main_secret(suite: Suite, handshake: bytes) -> bytes:
    """The Main Secret (Master Secret in RFC 8446)."""
    return hmac.digest(_derived(suite, handshake), bytes(suite.hash_bytes), suite.digest)


def _derived(suite: Suite, secret: bytes) -> bytes:
    return expand_label(suite, secret, "derived", suite.hash(b""), suite.hash_bytes)


def traffic_secret(suite: Suite, secret: bytes, side: Side, stage: Literal["hs", "ap"], transcript: bytes) -> bytes:
    """A traffic secret of one side: `hs` after ServerHello, `ap` after the server's Finished."""
    label = f"{side[0]} {stage} traffic"
    return expand_label(suite, secret, label, suite.hash(transcript), suite.hash_bytes)


def finished13(suite: Suite, traffic: bytes, transcript: bytes) -> bytes:
    """verify_data of the side whose handshake traffic secret is given (RFC 9846 section 4.5.3)."""
    key = expand_label(suite, traffic, "finished", b"", suite.hash_bytes)
    return hmac.digest(key, suite.hash(transcript), suite.digest)


def signed_content13(side: Side, suite: Suite, transcript: bytes) -> bytes:
    """What a CertificateVerify signs (RFC 9846 section 4.5.2)."""
    return b" " * 64 + f"TLS 1.3, {side} CertificateVerify".encode() + b"\0" + suite.hash(transcript)


def resumption_secret(suite: Suite, main: bytes, transcript: bytes) -> bytes:
    """What tickets are derived from, after the client's Finished (RFC 9846 section 7.1)."""
    return expand_label(suite, main, "res master", suite.hash(transcript), suite.hash_bytes)


def ticket_key(suite: Suite, resumption: bytes, nonce: bytes) -> bytes:
    """The pre-shared key of a ticket (RFC 9846 section 4.7.1)."""
    return expand_label(suite, resumption, "resumption", nonce, suite.hash_bytes)


def binder13(suite: Suite, key: bytes, truncated: bytes) -> bytes:
    """The binder of a ticket's key, over a ClientHello up to its binders (RFC 9846 section 4.3.11.2)."""
    early = hmac.digest(bytes(suite.hash_bytes), key, suite.digest)
    binder_key = expand_label(suite, early, "res binder", suite.hash(b""), suite.hash_bytes)
    return finished13(suite, binder_key, truncated)


def retried_transcript(suite: Suite, first_hello: bytes) -> bytes:
    """What stands for the first ClientHello after a HelloRetryRequest: a message_hash (RFC 9846 section 4.5.1)."""
    return bytes((254, 0, 0, suite.hash_bytes)) + suite.hash(first_hello)


def prf12(suite: Suite, secret: bytes, label: str, seed: bytes, length: int) -> bytes:
    """The PRF of TLS 1.2 (RFC 5246 section 5)."""
    seed = label.encode() + seed
    chained, output = seed, b""
    while len(output) < length:
        chained = hmac.digest(secret, chained, suite.digest)
        output += hmac.digest(secret, chained + seed, suite.digest)
    return output[:length]


def master_secret12(suite: Suite, shared: bytes, randoms: bytes, extended: bytes | None) -> bytes:
    """The master secret: over the randoms (client, server), or over the transcript `extended` where EMS holds."""
    if extended is not None:
        return prf12(suite, shared, "extended master secret", suite.hash(extended), 48)
    return prf12(suite, shared, "master secret", randoms, 48)


def finished12(suite: Suite, master: bytes, side: Side, transcript: bytes) -> bytes:
    """verify_data of a side (RFC 5246 section 7.4.9)."""
    return prf12(suite, master, f"{side} finished", suite.hash(transcript), 12)


def protections12(suite: Suite, master: bytes, client_random: bytes, server_random: bytes) -> dict[Side, Protection12]:
    """The write protections of both sides (RFC 5246 section 6.3)."""
    iv_bytes = SALT_BYTES if suite.aead == "AES-GCM" else IV_BYTES
    block = prf12(suite, master, "key expansion", server_random + client_random, 2 * (suite.key_bytes + iv_bytes))
    keys, ivs = block[: 2 * suite.key_bytes], block[2 * suite.key_bytes :]
    return {
        "client": Protection12(suite, keys[: suite.key_bytes], ivs[:iv_bytes]),
        "server": Protection12(suite, keys[suite.key_bytes :], ivs[iv_bytes:]),
    }
