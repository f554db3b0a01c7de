"""The chain as served: what a Certificate message says, and what a path search finds at observation time.

Nothing here judges. Integrity, name, dates and trust are found apart from each other, so that one defect is one
finding: a path is searched without looking at the leaf's dates, names are matched whether or not a path exists.
Whatever the bytes are, a certificate is either read or named in `unreadable`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from msgspec.structs import replace

from conformance.core.model import Reason, Undecided
from conformance.tls.certificate_facts import (
    Parsed,
    Unreadable,
    alternative_names,
    embedded_logs,
    facts,
    listed_logs,
    read,
)
from conformance.tls.evidence import CertificateFacts, ServedChain, Staple
from conformance.tls.server_names import covered
from conformance.tls.staples import read_staple
from conformance.tls.trust import Anchors, Path, Signatures, anchors, find_path

MOST_CERTIFICATES = 32
"""How many certificates of a chain are read. What public servers send is below 10."""

ISSUER_NAMES = 4
COMMON_BYTES = 8192
"""Up to which size an issuer's certificate is remembered."""


def analyse(
    chain_der: Sequence[bytes],
    *,
    scheme: str,
    version: str,
    suite: str,
    server_name: str,
    anchors_pem: bytes,
    anchors_label: str,
    public_pem: bytes,
    now: datetime,
    staple: bytes | None = None,
    tls_scts: bytes = b"",
) -> ServedChain:
    """Read a chain as served, leaf first.

    `tls_scts` is the content of the signed_certificate_timestamp extension, `staple` a DER OCSPResponse, `now` the
    aware time of observation. `anchors_pem` and `public_pem` are PEM bundles; keep passing the same objects, since
    each is parsed once a process.

    Raises:
        Undecided: one of the bundles holds no certificate.
    """
    trusted, public = bundle(anchors_pem), bundle(public_pem)
    readable, unreadable = read_chain(chain_der)
    leaf = readable[0][0] if 0 in readable else None
    signatures = Signatures()
    certificates = {position: parsed for position, (parsed, _) in readable.items()}
    path, public_path = paths(leaf, certificates, (trusted, public), signatures, now)
    facing = [*certificates.values(), *issuers_of(leaf, trusted, public)]
    response, stapled = staple_facts(staple, leaf, facing, signatures, now)
    return ServedChain(
        scheme=scheme,
        version=version,
        suite=suite,
        certificates=tuple(item for _, item in readable.values()),
        name_matches=leaf is not None and covered(server_name, *alternative_names(leaf)),
        trusted=bool(path.certificates),
        trust_detail=path.detail,
        anchors=anchors_label,
        publicly_trusted=bool(public_path.certificates),
        order=order(certificates, signatures),
        missing_issuer=leaf is not None and not path.certificates and not issued(leaf, facing, signatures),
        root_sent=any(is_root(item, trusted, public) for position, item in certificates.items() if position > 0),
        unreadable=unreadable,
        scts=len({*(embedded_logs(leaf) if leaf else ()), *stapled, *listed_logs(tls_scts)}),
        staple=response,
        path=tuple(item.sha256 for item in path.certificates),
        trust_undecided=path.undecided,
        public_undecided=public_path.undecided,
    )


def bundle(pem: bytes) -> Anchors:
    """The anchors of a bundle.

    Raises:
        Undecided: there are none, so that every chain would look untrusted.
    """
    try:
        return anchors(pem)
    except ValueError as error:
        raise Undecided(Reason.HARNESS, str(error)) from error


def read_chain(chain: Sequence[bytes]) -> tuple[Mapping[int, tuple[Parsed, CertificateFacts]], tuple[str, ...]]:
    """(position -> certificate and facts, what was not read and why) of a chain's first 32 certificates."""
    readable: dict[int, tuple[Parsed, CertificateFacts]] = {}
    unreadable: list[str] = []
    for position, data in enumerate(chain[:MOST_CERTIFICATES]):
        try:
            common = len(data) <= COMMON_BYTES
            readable[position] = (
                (read_issuer(data) if common else read_issuer.__wrapped__(data)) if position else read_facts(data)
            )
        except Unreadable as error:
            unreadable.append(f"{position}: {error}")
    if len(chain) > MOST_CERTIFICATES:
        unreadable.append(f"{MOST_CERTIFICATES}: {len(chain)} certificates were sent, {MOST_CERTIFICATES} are read")
    return readable, tuple(unreadable)


def read_facts(data: bytes) -> tuple[Parsed, CertificateFacts]:
    """A certificate and what it says.

    Raises:
        Unreadable: whatever is wrong with the bytes.
    """
    parsed = read(data)
    return parsed, facts(parsed)


# The endpoints of a country share a few issuers; leaves are seen once and not kept.
@lru_cache(maxsize=256)
def read_issuer(data: bytes) -> tuple[Parsed, CertificateFacts]:
    """As `read_facts`; of the names, which only a leaf is asked for, the first few."""
    parsed, found = read_facts(data)
    few = {name: getattr(found, name)[:ISSUER_NAMES] for name in ("dns_names", "ip_addresses", "common_names")}
    return parsed, replace(found, **few)


def paths(
    leaf: Parsed | None,
    certificates: Mapping[int, Parsed],
    stores: tuple[Anchors, Anchors],
    signatures: Signatures,
    now: datetime,
) -> tuple[Path, Path]:
    """The paths to the asked and to the public anchors; one search where they are the same."""
    if leaf is None:
        return Path(detail="the leaf cannot be read"), Path()
    sent = [item for position, item in certificates.items() if position > 0]
    trusted, public = stores
    path = find_path(leaf, sent, trusted, signatures, now)
    return path, path if trusted is public else find_path(leaf, sent, public, signatures, now)


def issuers_of(leaf: Parsed | None, *stores: Anchors) -> list[Parsed]:
    """The anchors that bear the name of the leaf's issuer."""
    return [] if leaf is None else [item for store in stores for item in store.named(leaf.fields.issuer)]


def staple_facts(
    staple: bytes | None, leaf: Parsed | None, issuers: Sequence[Parsed], signatures: Signatures, now: datetime
) -> tuple[Staple | None, list[bytes]]:
    """The staple and the log ids of its SCTs; nothing where there is no staple or no leaf to read it against."""
    if staple is None or leaf is None:
        return None, []
    return read_staple(staple, leaf, issuers, signatures, now)


def order(certificates: Mapping[int, Parsed], signatures: Signatures) -> str:
    """`ok` where each certificate is certified by the next, else the first pair that is not."""
    for position, child in certificates.items():
        issuer = certificates.get(position + 1)
        if issuer is None:
            continue
        if child.fields.issuer != issuer.fields.subject or signatures.refuted(child, issuer):
            return f"certificate {position + 1} does not certify certificate {position}"
    return "ok"


def issued(leaf: Parsed, issuers: Sequence[Parsed], signatures: Signatures) -> bool:
    """Whether the leaf's issuer is at hand: among what was sent (for a self-signed leaf, itself) and the anchors.

    A signature that cannot be checked counts as one; the path search says that it could not be.
    """
    return any(item.fields.subject == leaf.fields.issuer and not signatures.refuted(leaf, item) for item in issuers)


def is_root(parsed: Parsed, *stores: Anchors) -> bool:
    """Whether a certificate is an anchor or names itself as its issuer."""
    return parsed.self_issued or any(parsed.sha256 in store.digests for store in stores)
