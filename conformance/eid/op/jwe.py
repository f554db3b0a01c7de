"""Encrypted tokens (RFC 7516, RFC 7518) read with our key; and whose fault it is where they cannot be.

A token that is wrong whatever the key is, is a finding. One that our key does not open may be right: the key in the
manifest is then not the one whose public half the provider has, and nothing is decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.eid.op.settings import Client
from conformance.wire import jose
from conformance.wire.jws import load_key
from conformance.wire.strict_json import strict_json

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

WRAPPED_BITS: Mapping[str, int] = {"ECDH-ES+A128KW": 128, "ECDH-ES+A192KW": 192, "ECDH-ES+A256KW": 256}
RSA_ALGS: Mapping[str, str] = {"RSA-OAEP": "SHA1", "RSA-OAEP-256": "SHA256"}
KEY_ALGS = ("ECDH-ES", *WRAPPED_BITS, *RSA_ALGS)
CONTENT_ALGS: Mapping[str, tuple[int, int, int]] = {
    "A128CBC-HS256": (32, 16, 16),
    "A192CBC-HS384": (48, 16, 24),
    "A256CBC-HS512": (64, 16, 32),
    "A128GCM": (16, 12, 16),
    "A192GCM": (24, 12, 16),
    "A256GCM": (32, 12, 16),
}
"""enc -> octets of its key, its initialisation vector and its tag (RFC 7518 section 5)."""


class Unreadable(Exception):  # noqa: N818 - a fact about the token
    """A token that is no JWT; says why."""


def part(text: str) -> dict[str, Any]:
    """The JSON object of one part of a compact token.

    Raises:
        Unreadable: it holds none.
    """
    try:
        value = strict_json(jose.unb64(text))
    except (ValueError, Undecided) as error:
        raise Unreadable(getattr(error, "detail", "") or str(error)) from None
    if not isinstance(value, dict):
        raise Unreadable("no JSON object")
    return value


def decrypt(token: str, client: Client) -> tuple[dict[str, Any], str]:
    """(header, plaintext) of a compact JWE for our key; the plaintext is bounded.

    Raises:
        Unreadable: it is wrong, whatever the key.
        Untested: NO_CREDENTIAL, where the manifest names no key; UNSUPPORTED, where it names an algorithm that we lack.
        Undecided: CONTROL_FAILED, where our key does not open it.
    """
    from joserfc import jwe  # noqa: PLC0415 - only for providers that encrypt
    from joserfc.errors import JoseError  # noqa: PLC0415
    from joserfc.jwk import ECKey, RSAKey  # noqa: PLC0415

    header = part(token.partition(".")[0])
    if "zip" in header:
        raise Unreadable("zip in the JWE header: not decompressed")
    if not client.decryption_key:
        raise Untested(NotTested.NO_CREDENTIAL, "encrypted, and the manifest names no key for it (client.encryption)")
    encrypted_key = checked(header, token.split("."), client)
    private = load_key(client.decryption_key).private
    own = jose.jwk(private, private=True)
    if not opens(header, encrypted_key, private):
        raise wrong_key(header, client)
    try:
        key = ECKey.import_key(own) if own["kty"] == "EC" else RSAKey.import_key(own)
        found = jwe.decrypt_compact(token, key, algorithms=[*KEY_ALGS, *CONTENT_ALGS])
    except (JoseError, ValueError, TypeError, KeyError) as error:
        if header["alg"] == "ECDH-ES":  # the key is agreed on and not wrapped, so that only the content could show it
            raise wrong_key(header, client) from None
        raise Unreadable(f"its content does not decrypt ({type(error).__name__})") from None
    return header, (found.plaintext or b"").decode("ascii", "replace")


def wrong_key(header: Mapping[str, Any], client: Client) -> Exception:
    """What it means that our key does not open a token: nothing, unless the algorithm is not the registered one."""
    registered = client.encryption[0]
    if registered and header["alg"] != registered:
        return Unreadable(f"alg is {header['alg']}, which our key for {registered} does not open")
    detail = "client.encryption.key does not open it; is it the key whose public half the provider has?"
    return Undecided(Reason.CONTROL_FAILED, detail)


def checked(header: Mapping[str, Any], pieces: list[str], client: Client) -> bytes:
    """The encrypted key of a JWE whose parts are what its header says.

    Raises:
        Unreadable: they are not.
        Untested: UNSUPPORTED.
    """
    alg, enc = str(header.get("alg", "")), str(header.get("enc", ""))
    if alg not in KEY_ALGS or enc not in CONTENT_ALGS:
        if (alg, enc) == client.encryption:
            raise Untested(NotTested.UNSUPPORTED, f"alg {alg} and enc {enc} are not read here")
        raise Unreadable(f"alg {alg[:20]!a} and enc {enc[:20]!a} are none that are read here")
    try:
        encrypted_key, vector, content, tag = (jose.unb64(each) for each in pieces[1:])
    except ValueError:
        raise Unreadable("a part is no base64url") from None
    size, vector_size, tag_size = CONTENT_ALGS[enc]
    wrong = {
        "the initialisation vector": len(vector) != vector_size,
        "the tag": len(tag) != tag_size,
        "the ciphertext": not content or ("CBC" in enc and len(content) % 16 != 0),
        "the encrypted key": len(encrypted_key) != size + 8 if alg in WRAPPED_BITS else bool(encrypted_key),
    }
    if alg in RSA_ALGS:
        wrong["the encrypted key"] = len(encrypted_key) < 256
    for what in (each for each, is_wrong in wrong.items() if is_wrong):
        raise Unreadable(f"{what} does not have the size of {alg} and {enc}")
    return encrypted_key


def opens(header: Mapping[str, Any], encrypted_key: bytes, private: Any) -> bool:
    """Whether our key opens the encrypted key; of ECDH-ES alone, whether it could.

    Raises:
        Unreadable: the token's own key (`epk`) is none.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415 - only for providers that encrypt

    if header["alg"] in RSA_ALGS:
        return isinstance(private, rsa.RSAPrivateKey) and opens_rsa(header["alg"], encrypted_key, private)
    try:
        public = jose.public_key(header["epk"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unreadable("epk is no public key") from None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(public, ec.EllipticCurvePublicKey):
        return False
    return private.curve.name == public.curve.name and opens_wrapped(
        header, encrypted_key, private.exchange(ec.ECDH(), public)
    )


def opens_rsa(alg: str, encrypted_key: bytes, private: rsa.RSAPrivateKey) -> bool:
    """RSA-OAEP (RFC 7518 section 4.3)."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - only for providers that encrypt
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415

    digest = hashes.SHA1() if RSA_ALGS[alg] == "SHA1" else hashes.SHA256()  # noqa: S303 - what RSA-OAEP is
    try:
        private.decrypt(encrypted_key, padding.OAEP(padding.MGF1(digest), digest, None))
    except ValueError:
        return False
    return True


def opens_wrapped(header: Mapping[str, Any], encrypted_key: bytes, secret: bytes) -> bool:
    """AES Key Wrap under the key that both sides agreed on (RFC 7518 section 4.6)."""
    from cryptography.hazmat.primitives import keywrap  # noqa: PLC0415 - only for providers that encrypt

    if header["alg"] not in WRAPPED_BITS:
        return True
    try:
        keywrap.aes_key_unwrap(agreed(header, secret), encrypted_key)
    except (keywrap.InvalidUnwrap, ValueError):
        return False
    return True


def agreed(header: Mapping[str, Any], secret: bytes) -> bytes:
    """The key that both sides of ECDH-ES derive (RFC 7518 section 4.6.2)."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - only for providers that encrypt
    from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash  # noqa: PLC0415

    bits = WRAPPED_BITS[header["alg"]]
    named = (header["alg"].encode(), *(jose.unb64(str(header.get(each, ""))) for each in ("apu", "apv")))
    other = b"".join(len(each).to_bytes(4) + each for each in named) + bits.to_bytes(4)
    return ConcatKDFHash(hashes.SHA256(), bits // 8, other).derive(secret)
