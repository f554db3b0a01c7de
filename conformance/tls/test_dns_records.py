"""DNS records of the service's name: RFC 8659."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Service, Undecided, Violation, Violations
from conformance.tls.caa import Permission, organisations, permission
from conformance.tls.evidence import Caa, Certificate, CertificateFacts
from conformance.tls.server_names import as_address, reference_labels


@requirement("TLS-CRT-19")
def test_caa_records_permit_the_issuer(caa: Caa, certificate: Certificate, service: Service, rule: Rule) -> Violations:
    """The name has CAA records, and they permit whoever issued the served certificates.

    Which domain name stands for an issuer is the issuer's own statement; the rule's table knows some by the
    organisation in the certificate. For another issuer only records that permit nobody decide.
    """
    _is_a_dns_name(service.server_name)
    if not caa.queried:
        raise Undecided(Reason.NOT_OBSERVABLE, "no CAA record was asked for")
    if not caa.name:
        yield Violation("has no CAA record", "CAA records for the name or a name above it", f"none for {caa.queried}")
        return
    if not caa.records:
        raise Undecided(Reason.NOT_OBSERVABLE, f"the record set of {caa.name} is empty")
    leaves = [
        chain.certificates[0]
        for chain in certificate.chains
        if chain.certificates and not any(position.startswith("0:") for position in chain.unreadable)
    ]
    if not leaves:
        raise Undecided(Reason.NOT_OBSERVABLE, "no certificate was seen whose issuer could be compared")
    undecided = []
    for leaf in leaves:
        permitted = permission(caa.records, wildcard=_only_by_wildcard(leaf, service.server_name, caa.name))
        candidates = _domains(leaf, rule.params["issuers"])
        if _forbids(permitted, candidates):
            yield Violation("CAA records do not permit the issuer", _names(permitted), leaf.issuer)
        elif permitted.unknown_critical:
            undecided.append(f"critical properties that we do not know: {', '.join(permitted.unknown_critical)}")
        elif permitted.restricted and not candidates:
            undecided.append(f"which CAA domain stands for {leaf.issuer} is not in the rule's table")
    if undecided:
        raise Undecided(Reason.NOT_OBSERVABLE, undecided[0])


def _forbids(permitted: Permission, candidates: frozenset[str]) -> bool:
    """Whether the issuer, known under these domain names (none: unknown), was not permitted to issue."""
    if not permitted.restricted:
        return False
    return not permitted.issuers or (bool(candidates) and not candidates & permitted.issuers)


def _is_a_dns_name(name: str) -> None:
    labels = reference_labels(name)
    if as_address(name) or not labels:
        raise NotApplicable(f"the server name {name or '(none)'} is no DNS name")
    if len(labels) < 2 or labels[-1] == "localhost":
        raise NotApplicable(f"{name} is a local name")


def _only_by_wildcard(leaf: CertificateFacts, server_name: str, found_at: str) -> bool:
    """Whether the leaf covers the name by a wildcard alone, whose issuance records at the name itself do not govern."""
    name = ".".join(reference_labels(server_name))
    exact = any(each.lower().removesuffix(".") == name for each in leaf.dns_names)
    parent = f"*.{name.partition('.')[2]}"
    return not exact and parent in (each.lower() for each in leaf.dns_names) and found_at.lower() != name


def _domains(leaf: CertificateFacts, issuers: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """The CAA domains that the table gives for the issuer's organisation."""
    names = [name.casefold() for name in organisations(leaf.issuer)]
    return frozenset(
        domain for domain, words in issuers.items() if any(word.casefold() in name for word in words for name in names)
    )


def _names(permitted: Permission) -> str:
    return f"issued by {', '.join(sorted(permitted.issuers)) or 'nobody'}"
