"""A path from a leaf to a trust anchor: RFC 5280 section 6, bounded, with the leaf's dates and lint left aside.

`cryptography.x509.verification` refuses SHA-1, RSA below 2048 bits and an expired leaf as part of one answer, so it
cannot say whether a path exists. This search can: it follows names, checks signatures with the bare key, and asks of
each issuer only what makes it one (CA flag, keyCertSign, path length, name constraints, serverAuth where it limits
its purposes, no critical extension unknown to us). Whatever a server sends, at most `MOST_SIGNATURES` signatures are
checked and `MOST_STEPS` certificates visited; a search that is cut, or a signature that the library cannot check,
leaves `undecided`, never a wrong "no path".
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from conformance.tls import der
from conformance.tls.certificate_facts import Parsed, Unreadable, alternative_names, bounded, extension, read
from conformance.tls.clocks import OUTDATED

MOST_DEPTH, MOST_STEPS, MOST_SIGNATURES, MOST_RSA_BITS = 12, 256, 64, 8192
PEM = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----(.*?)-----END", re.DOTALL)
PROCESSED = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.NameConstraints,
    x509.CertificatePolicies,
    x509.PolicyConstraints,
    x509.InhibitAnyPolicy,
    x509.AuthorityKeyIdentifier,
    x509.SubjectKeyIdentifier,
    x509.TLSFeature,
    x509.CRLDistributionPoints,
)


class Refused(Exception):  # noqa: N818 - says why a signature cannot be checked
    """A signature that the library cannot check, or that is too costly to."""


@dataclass(slots=True)
class Anchors:
    """Trust anchors by subject. Only those that a path asks for are ever parsed, each once a process."""

    by_subject: Mapping[bytes, tuple[bytes, ...]]
    digests: frozenset[str]
    parsed: dict[bytes, tuple[Parsed, ...]] = field(default_factory=dict)

    def named(self, subject: bytes) -> tuple[Parsed, ...]:
        """The anchors with that DER subject."""
        if subject not in self.by_subject:
            return ()
        if subject not in self.parsed:
            self.parsed[subject] = tuple(readable(self.by_subject[subject]))
        return self.parsed[subject]


@lru_cache(maxsize=64)
def anchors(pem: bytes) -> Anchors:
    """The anchors of a PEM bundle.

    Raises:
        ValueError: the bundle holds no certificate.
    """
    by_subject: dict[bytes, tuple[bytes, ...]] = {}
    digests: set[str] = set()
    for body in PEM.findall(pem):
        try:
            data = binascii.a2b_base64(body)
            subject = der.certificate_fields(data).subject
        except ValueError:
            continue  # one bad entry in a bundle of many leaves the others usable
        by_subject[subject] = (*by_subject.get(subject, ()), data)
        digests.add(sha256(data).hexdigest())
    if not digests:
        raise ValueError("the trust anchors hold no certificate in PEM")
    return Anchors(by_subject, frozenset(digests))


def readable(chain: Iterable[bytes]) -> Iterable[Parsed]:
    """The certificates that can be read."""
    for data in chain:
        try:
            yield read(data)
        except Unreadable:
            continue


@dataclass(slots=True)
class Signatures:
    """Which certificate signed which: each pair checked once, within a budget. `doubts`: what could not be checked."""

    left: int = MOST_SIGNATURES
    known: dict[tuple[str, str], bool | None] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)

    def verified(self, child: Parsed, issuer: Parsed) -> bool:
        """Whether the issuer's key verifies the signature on the child."""
        return self.checked(child, issuer) is True

    def refuted(self, child: Parsed, issuer: Parsed) -> bool:
        """Whether it was checked and does not. A signature that cannot be checked is neither."""
        return self.checked(child, issuer) is False

    def checked(self, child: Parsed, issuer: Parsed) -> bool | None:
        """The answer for a pair, None where it cannot be had."""
        pair = (child.sha256, issuer.sha256)
        if pair not in self.known:
            self.known[pair] = self.check(child, issuer)
        return self.known[pair]

    def check(self, child: Parsed, issuer: Parsed) -> bool | None:
        """As `checked`, without the memory."""
        if self.left <= 0:
            self.doubts.append(f"more than {MOST_SIGNATURES} signatures to check")
            return None
        self.left -= 1
        try:
            verify(child, issuer)
        except InvalidSignature:
            return False
        except Refused as refusal:
            self.doubts.append(f"the signature on {child.label} cannot be checked: {refusal}")
            return None
        return True


def verify(child: Parsed, issuer: Parsed) -> None:
    """Check the signature on `child` with the key of `issuer`.

    Raises:
        InvalidSignature: it is not a signature by that key, or the key is of another type than the algorithm.
        Refused: the library does not know the algorithm or the key, or the key is too large to be used.
    """
    certificate = child.certificate
    try:
        hash_algorithm, parameters = certificate.signature_hash_algorithm, certificate.signature_algorithm_parameters
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Refused(bounded(str(error), 120)) from error
    verify_bytes(issuer, certificate.signature, certificate.tbs_certificate_bytes, hash_algorithm, parameters)


def verify_bytes(
    signer: Parsed, signature: bytes, data: bytes, hash_algorithm: hashes.HashAlgorithm | None, parameters: object
) -> None:
    """Check a signature over `data`, as `verify` does; parameters are the library's padding or ECDSA object."""
    try:
        key = signer.certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Refused(bounded(str(error), 120)) from error
    try:
        if isinstance(key, rsa.RSAPublicKey):
            if key.key_size > MOST_RSA_BITS or key.public_numbers().e >= 2**64:
                raise Refused(f"key too large (RSA, {key.key_size} bits)")
            if not isinstance(parameters, padding.PKCS1v15 | padding.PSS) or hash_algorithm is None:
                raise InvalidSignature
            key.verify(signature, data, parameters, hash_algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            if not isinstance(parameters, ec.ECDSA):
                raise InvalidSignature
            key.verify(signature, data, parameters)
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, data)
        else:
            raise Refused(f"keys of type {type(key).__name__} are not used here")
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Refused(bounded(str(error), 120)) from error


@dataclass(frozen=True, slots=True)
class Path:
    """What a search found. certificates: leaf first, anchor last; none where no path was found, and then `detail`
    says why, or `undecided` why it cannot be said.
    """

    certificates: tuple[Parsed, ...] = ()
    detail: str = ""
    undecided: str = ""


@dataclass(slots=True)
class Search:
    """One depth-first search. `notes`: (length of the path, why it went no further)."""

    trusted: Anchors
    sent: Mapping[bytes, Sequence[Parsed]]
    signatures: Signatures
    now: datetime
    steps: int = 0
    notes: list[tuple[int, str]] = field(default_factory=list)

    def extend(self, path: tuple[Parsed, ...]) -> tuple[Parsed, ...]:
        """The path completed to an anchor, empty where there is none."""
        self.steps += 1
        top = path[-1]
        if top.sha256 in self.trusted.digests:
            return path
        if self.steps > MOST_STEPS or len(path) > MOST_DEPTH:
            self.signatures.doubts.append(f"the search was cut after {self.steps} steps at depth {len(path)}")
            return ()
        candidates = self.candidates(path)
        if not candidates:
            self.note(
                path,
                f"{top.label} is self-signed and no anchor"
                if top.self_issued
                else f"{top.issuer_label}, the issuer of {top.label}, was not sent and is no anchor",
            )
        for issuer in candidates:
            trouble = issuer_trouble(issuer, path, self.now, anchor=issuer.sha256 in self.trusted.digests)
            if not trouble and not self.signatures.verified(top, issuer):
                trouble = f"the key of {issuer.label} does not verify the signature on {top.label}"
            if trouble:
                self.note(path, trouble)
            elif found := self.extend((*path, issuer)):
                return found
        return ()

    def candidates(self, path: tuple[Parsed, ...]) -> list[Parsed]:
        """Who may have issued the last certificate: anchors first, then what was sent, the valid ones first.

        A name with a key that is already on the path would be a loop.
        """
        used = {(item.fields.subject, item.fields.spki) for item in path}
        name = path[-1].fields.issuer
        sent = sorted(self.sent.get(name, ()), key=lambda item: not item.valid_at(self.now))
        return [
            item for item in (*self.trusted.named(name), *sent) if (item.fields.subject, item.fields.spki) not in used
        ]

    def note(self, path: tuple[Parsed, ...], text: str) -> None:
        """Remember why a path ended."""
        self.notes.append((len(path), text))


def find_path(leaf: Parsed, sent: Sequence[Parsed], trusted: Anchors, signatures: Signatures, now: datetime) -> Path:
    """A path from `leaf` over the certificates that were sent to an anchor."""
    by_subject: dict[bytes, list[Parsed]] = {}
    for item in sent:
        by_subject.setdefault(item.fields.subject, []).append(item)
    if unknown := unprocessed(leaf):
        return Path(detail=f"{leaf.label} has a critical extension that is not processed: {unknown}")
    search = Search(trusted, by_subject, signatures, now)
    found = search.extend((leaf,))
    if found:
        return Path(found)
    # The longest path says most; of equals the first, since anchors are tried first.
    detail = max(search.notes, key=lambda note: note[0], default=(0, "no issuer"))[1]
    return Path(detail=detail, undecided=signatures.doubts[0] if signatures.doubts else "")


def issuer_trouble(issuer: Parsed, path: tuple[Parsed, ...], now: datetime, *, anchor: bool) -> str:
    """Why a certificate cannot be the issuer of the last one of `path`; empty where nothing speaks against it.

    An anchor must still be valid: who relies on an expired one relies on nothing that its holder still vouches for.
    """
    if anchor and not issuer.valid_at(now):
        return f"the anchor {issuer.label} {OUTDATED}"
    if unknown := unprocessed(issuer):
        return f"{issuer.label} has a critical extension that is not processed: {unknown}"
    below = sum(not item.self_issued for item in path[1:])
    return authority_trouble(issuer, below, anchor=anchor) or name_trouble(issuer, path[0])


def authority_trouble(issuer: Parsed, below: int, *, anchor: bool) -> str:
    """Why a certificate is no CA for TLS servers with `below` CAs under it; empty where it is one.

    An anchor of version 1 needs no CA flag, since it has no extensions.
    """
    constraints = extension(issuer, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        return "" if anchor and issuer.certificate.version is x509.Version.v1 else f"{issuer.label} is not a CA"
    if constraints.path_length is not None and below > constraints.path_length:
        return f"{issuer.label} allows {constraints.path_length} CAs below it, the path has {below}"
    usage = extension(issuer, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        return f"the keyUsage of {issuer.label} lacks keyCertSign"
    purposes = extension(issuer, x509.ExtendedKeyUsage)
    allowed = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if purposes is not None and not anchor and allowed.isdisjoint(purposes):
        return f"the extendedKeyUsage of {issuer.label} excludes serverAuth"
    return ""


def unprocessed(parsed: Parsed) -> str:
    """The first critical extension that is not processed here (RFC 5280 section 6.1.4 o), empty where none."""
    return next(
        (
            item.oid.dotted_string
            for item in parsed.extensions
            if item.critical and not isinstance(item.value, PROCESSED)
        ),
        "",
    )


def name_trouble(issuer: Parsed, leaf: Parsed) -> str:
    """Why the issuer's name constraints (RFC 5280 section 4.2.1.10) exclude the leaf; empty where they do not."""
    constraints = extension(issuer, x509.NameConstraints)
    if constraints is None:
        return ""
    dns_names, addresses = alternative_names(leaf)
    names = [x509.DNSName(name) for name in dns_names]
    for name in (*names, *addresses, leaf.certificate.subject):
        if any(within(name, subtree) for subtree in constraints.excluded_subtrees or ()):
            return f"the name constraints of {issuer.label} exclude a name of the leaf"
        same_kind = [subtree for subtree in constraints.permitted_subtrees or () if comparable(name, subtree)]
        if same_kind and not any(within(name, subtree) for subtree in same_kind):
            return f"the name constraints of {issuer.label} do not permit a name of the leaf"
    return ""


def comparable(name: object, subtree: x509.GeneralName) -> bool:
    """Whether a constraint speaks about names of this kind."""
    if isinstance(name, x509.DNSName):
        return isinstance(subtree, x509.DNSName)
    if isinstance(name, x509.Name):
        return isinstance(subtree, x509.DirectoryName) and bool(name.rdns)
    return isinstance(subtree, x509.IPAddress)


def within(name: object, subtree: x509.GeneralName) -> bool:
    """Whether a name lies in a subtree of its own kind."""
    if not comparable(name, subtree):
        return False
    if isinstance(name, x509.DNSName):
        base = str(subtree.value).lower().removeprefix(".")
        text = name.value.lower()
        return not base or text == base or text.endswith("." + base)
    if isinstance(name, x509.Name):
        prefix = subtree.value.rdns
        return bool(name.rdns[: len(prefix)] == prefix)
    return isinstance(subtree.value, IPv4Network | IPv6Network) and name in subtree.value
