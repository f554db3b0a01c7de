"""What certificates must say, and how their chains must be served: RFC 5280, RFC 9525, RFC 9846, CA/B TLS BR."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Service, Undecided, Violation, Violations
from conformance.tls.clocks import MOST_SKEW_SECONDS
from conformance.tls.evidence import Certificate, CertificateFacts, ServedChain
from conformance.tls.server_names import as_address, labels, reference_labels

# Certificates signed with these have no hash to name (RFC 8410, RFC 9881).
HASHLESS = frozenset(
    {"1.3.101.112", "1.3.101.113", "2.16.840.1.101.3.4.3.17", "2.16.840.1.101.3.4.3.18", "2.16.840.1.101.3.4.3.19"}
)

# What the certificate's key does in a key exchange, by the beginning of the suite's name (RFC 5246 section 7.4.2);
# every other exchange is signed.
KEY_USES = (
    ("TLS_RSA_WITH_", "keyEncipherment"),
    ("TLS_RSA_EXPORT_", "keyEncipherment"),
    ("TLS_RSA_PSK_", "keyEncipherment"),
    ("TLS_ECDH_", "keyAgreement"),
    ("TLS_DH_", "keyAgreement"),
)


LEAST_WILDCARD = len("*.x")
"""Characters of the shortest name that a wildcard can be in."""


@dataclass(frozen=True, slots=True)
class Case:
    """One certificate to judge, the chain that it came in, and where that is, as a prefix for messages."""

    where: str
    chain: ServedChain
    facts: CertificateFacts


def over(cases: Sequence[Case], troubles: Sequence[Undecided], one: Callable[[Case], Violations]) -> Violations:
    """What `one` finds in each case, in order. A case that cannot be decided does not keep the others from failing.

    Raises:
        Undecided: after all cases, the first of `troubles` and of what `one` raised; or there is nothing to judge.
        NotApplicable: after all cases, none was applicable.
    """
    raised, idle = list(troubles), []
    for case in cases:
        try:
            yield from one(case)
        except Undecided as trouble:
            raised.append(Undecided(trouble.reason, f"{case.where}{trouble.detail}"))
        except NotApplicable as outcome:
            idle.append(outcome)
    if raised:
        raise raised[0]
    if not cases:
        raise Undecided(Reason.NOT_OBSERVABLE, "no certificate was seen")
    if len(idle) == len(cases):
        raise idle[0]


def leaves(certificate: Certificate) -> tuple[list[Case], list[Undecided]]:
    """The readable leaf of each chain, and an outcome for each chain whose leaf is missing or cannot be read."""
    cases, troubles = [], []
    for chain in certificate.chains:
        where = f"{chain.scheme} chain: " if len(certificate.chains) > 1 else ""
        lost = [text for text in chain.unreadable if text.startswith("0:")]
        if lost:
            troubles.append(Undecided(Reason.CERTIFICATE, f"{where}the leaf cannot be read: {lost[0]}"))
        elif not chain.certificates:
            troubles.append(Undecided(Reason.NOT_OBSERVABLE, f"{where}no certificate was seen"))
        else:
            cases.append(Case(where, chain, chain.certificates[0]))
    return cases, troubles


def each_leaf(certificate: Certificate, one: Callable[[Case], Violations]) -> Violations:
    """`over` the leaf of each chain."""
    yield from over(*leaves(certificate), one)


def each_certificate(certificate: Certificate, one: Callable[[Case], Violations]) -> Violations:
    """`over` every certificate of every chain that has a readable leaf."""
    found, troubles = leaves(certificate)
    cases = []
    for case in found:
        issuers = case.chain.certificates[1:]
        cases += [case, *(replace(case, where=f"{case.where}issuer {item.subject}: ", facts=item) for item in issuers)]
        if case.chain.unreadable:
            troubles.append(unreadable(case.chain))
    yield from over(cases, troubles, one)


def by_both_clocks(ahead: int, at: datetime, judge: Callable[[datetime], Violations]) -> Violations:
    """What `judge` finds at the time of observation, where that does not depend on whose clock is right.

    ahead: by how many seconds the endpoint's clock is ahead of ours.

    Raises:
        Undecided: CONTROL_FAILED, where the endpoint's clock is far from ours and by it the outcome is another.
    """
    found, ended = whole(judge(at))
    if abs(ahead) > MOST_SKEW_SECONDS:
        theirs, other = whole(judge(at + timedelta(seconds=ahead)))
        if (bool(found), type(ended)) != (bool(theirs), type(other)):
            fact = f"our clock and the endpoint's differ by {abs(ahead)} s, and so does the outcome"
            raise Undecided(Reason.CONTROL_FAILED, fact)
    yield from found
    if ended:
        raise ended


def whole(violations: Violations) -> tuple[list[Violation], NotApplicable | Undecided | None]:
    """All violations of a judge, and how it ended."""
    found: list[Violation] = []
    try:
        for violation in violations:
            found += [violation]
    except (NotApplicable, Undecided) as outcome:
        return found, outcome
    return found, None


def instant(text: str) -> datetime:
    """A time of the evidence."""
    return datetime.fromisoformat(text).astimezone(UTC)


def in_effect(limits: list[dict[str, Any]], day: date) -> dict[str, Any] | None:
    """The latest entry whose `from` is not after that day; None before the first."""
    begun = [limit for limit in limits if date.fromisoformat(str(limit["from"])) <= day]
    return max(begun, key=lambda limit: str(limit["from"]), default=None)


def validity(facts: CertificateFacts) -> timedelta:
    """How long a certificate is valid, both ends included, so one second more than their difference (BR 6.3.2)."""
    return instant(facts.not_after) - instant(facts.not_before) + timedelta(seconds=1)


def in_days(period: timedelta) -> str:
    """A period as days and seconds, for messages."""
    return f"{period.days} days" + (f" and {period.seconds} s" if period.seconds else "")


def unreadable(chain: ServedChain) -> Undecided:
    """The outcome where a certificate that could not be read may be the one that matters."""
    return Undecided(Reason.CERTIFICATE, f"cannot be read: {chain.unreadable[0]}")


def require_public(chain: ServedChain) -> None:
    """Go on for publicly trusted leaves only.

    Raises:
        NotApplicable: it is not publicly trusted.
        Undecided: the search for a path to the public anchors could not tell.
    """
    if chain.publicly_trusted:
        return
    if chain.public_undecided:
        raise Undecided(Reason.CERTIFICATE, f"whether it is publicly trusted is not known: {chain.public_undecided}")
    if chain.unreadable:
        raise unreadable(chain)
    raise NotApplicable("the leaf is not publicly trusted")


def require_chain(case: Case) -> None:
    """Go on where there is more than a self-signed leaf.

    Raises:
        NotApplicable: there is not.
    """
    if case.facts.self_issued and len(case.chain.certificates) == 1 and not case.chain.unreadable:
        raise NotApplicable("the leaf is self-signed, so there is no chain")


@requirement("TLS-CRT-01")
def test_chain_leads_to_a_trust_anchor(certificate: Certificate) -> Violations:
    """A path exists from the leaf to one of the given anchors, over what was sent."""

    def one(case: Case) -> Violations:
        chain = case.chain
        if chain.trusted:
            return
        if chain.trust_undecided:
            raise Undecided(Reason.CERTIFICATE, chain.trust_undecided)
        if chain.unreadable:
            raise unreadable(chain)
        yield Violation(
            f"{case.where}no path to a trust anchor", f"a path to the {chain.anchors} anchors", chain.trust_detail
        )

    yield from each_leaf(certificate, one)


@requirement("TLS-CRT-02")
def test_certificate_covers_the_server_name(certificate: Certificate) -> Violations:
    """A subjectAltName covers the name that was asked for; the common name is not consulted (RFC 9525 section 2)."""

    def one(case: Case) -> Violations:
        if case.chain.name_matches:
            return
        names = (*case.facts.dns_names, *case.facts.ip_addresses)
        more = f" and {case.facts.name_count - 5} more" if case.facts.name_count > 5 else ""
        yield Violation(
            f"{case.where}certificate does not cover the server name",
            f"subjectAltName for {certificate.server_name}",
            f"{', '.join(names[:5])}{more}" if names else "no subjectAltName for hosts",
        )

    yield from each_leaf(certificate, one)


@requirement("TLS-CRT-03")
def test_certificate_is_within_its_validity_period(certificate: Certificate, observed_at: datetime) -> Violations:
    """The leaf, and each issuer that was sent and that the path needs, is valid at the time of observation."""

    def one(at: datetime, case: Case) -> Violations:
        facts = case.facts
        if facts is not case.chain.certificates[0] and facts.sha256 not in case.chain.path:
            return
        expected = f"{facts.not_before} to {facts.not_after} includes the time of observation"
        observed = at.astimezone(UTC).isoformat(timespec="seconds")
        if at < instant(facts.not_before):
            yield Violation(f"{case.where}certificate is not valid yet", expected, observed)
        elif at > instant(facts.not_after):
            yield Violation(f"{case.where}certificate has expired", expected, observed)

    yield from by_both_clocks(
        certificate.ahead, observed_at, lambda at: each_certificate(certificate, partial(one, at))
    )


@requirement("TLS-CRT-04")
def test_certificate_is_renewed_in_time(certificate: Certificate, observed_at: datetime, rule: Rule) -> Violations:
    """The leaf is valid for some days more: a share of its validity where that is short.

    Raises:
        NotApplicable: it has expired, which is another requirement's finding.
    """

    def one(at: datetime, case: Case) -> Violations:
        left = instant(case.facts.not_after) - at
        if left < timedelta():
            raise NotApplicable(f"{case.where}the certificate has expired")
        period = instant(case.facts.not_after) - instant(case.facts.not_before)
        short = period <= timedelta(days=rule.params["short_days"])
        least = period / rule.params["short_share"] if short else timedelta(days=rule.params["min_days"])
        if left < least:
            yield Violation(f"{case.where}certificate is about to expire", f"{in_days(least)} left", in_days(left))

    yield from by_both_clocks(certificate.ahead, observed_at, lambda at: each_leaf(certificate, partial(one, at)))


@requirement("TLS-CRT-13")
def test_serial_number_cannot_be_guessed(certificate: Certificate, rule: Rule) -> Violations:
    """The serial number is positive, of at most 20 octets, and of a publicly trusted leaf long enough to be random."""

    def one(case: Case) -> Violations:
        facts, most, least = case.facts, rule.params["max_octets"], rule.params["min_octets"]
        if not facts.serial_positive:
            yield Violation(f"{case.where}serial number is not positive", "a positive number", facts.serial_hex)
        elif facts.serial_octets > most:
            yield Violation(
                f"{case.where}serial number is too long", f"at most {most} octets", f"{facts.serial_octets} octets"
            )
        elif case.chain.publicly_trusted and facts.serial_octets < least:
            expected = f"64 random bits, so {least} octets or more"
            yield Violation(f"{case.where}serial number is too short to be random", expected, facts.serial_hex)

    yield from each_leaf(certificate, one)


@requirement("TLS-CRT-05")
def test_validity_is_within_the_limit_of_its_issuance(certificate: Certificate, rule: Rule) -> Violations:
    """A publicly trusted leaf is valid no longer than was allowed on the day it was issued, which notBefore tells."""

    def one(case: Case) -> Violations:
        require_public(case.chain)
        facts = case.facts
        limit = in_effect(rule.params["limits"], instant(facts.not_before).date())
        if limit is None:
            raise NotApplicable(f"issued {facts.not_before}, before the first limit")
        if validity(facts) > timedelta(days=limit["days"]):
            yield Violation(
                f"{case.where}certificate is valid too long",
                f"at most {limit['days']} days when issued on or after {limit['from']}",
                f"{in_days(validity(facts))}, {facts.not_before} to {facts.not_after}",
            )

    yield from each_leaf(certificate, one)


@requirement("TLS-CRT-06", "TLS-CRT-06-S")
def test_rsa_keys_are_strong(certificate: Certificate, rule: Rule) -> Violations:
    """Each RSA key that is sent has a modulus and an exponent of at least the sizes named, the exponent odd."""
    bits, exponent = rule.params.get("min_bits", 0), rule.params["min_exponent"]

    def one(case: Case) -> Violations:
        facts = case.facts
        if not facts.key_type.startswith("RSA"):
            raise NotApplicable("no RSA key is served")
        if facts.key_bits < bits:
            yield Violation(f"{case.where}RSA key is short", f"at least {bits} bits", f"{facts.key_bits} bits")
        # 0 stands for an exponent above 64 bits, which is slow and allowed.
        if facts.exponent and (facts.exponent < exponent or facts.exponent % 2 == 0):
            yield Violation(
                f"{case.where}RSA exponent is not allowed", f"an odd number, at least {exponent}", str(facts.exponent)
            )

    yield from each_certificate(certificate, one)


@requirement("TLS-CRT-07")
def test_ecdsa_keys_are_on_allowed_curves(certificate: Certificate, rule: Rule) -> Violations:
    """Each ECDSA key that is sent lies on a curve of the list."""
    curves = rule.params["curves"]

    def one(case: Case) -> Violations:
        if case.facts.key_type != "ECDSA":
            raise NotApplicable("no ECDSA key is served")
        if case.facts.curve not in curves:
            yield Violation(
                f"{case.where}ECDSA key is on another curve", f"one of {', '.join(curves)}", case.facts.curve
            )

    yield from each_certificate(certificate, one)


@requirement("TLS-CRT-08")
def test_certificates_are_not_signed_with_broken_hashes(certificate: Certificate, rule: Rule) -> Violations:
    """No certificate that is sent is signed with a forbidden hash; a root's own signature says nothing."""
    forbidden = rule.params["hashes"]

    def one(case: Case) -> Violations:
        facts = case.facts
        if facts.self_issued and facts is not case.chain.certificates[0]:
            return
        if facts.signature_hash in forbidden:
            yield Violation(
                f"{case.where}certificate is signed with {facts.signature_hash}",
                f"none of {', '.join(forbidden)}",
                f"signature algorithm {facts.signature_algorithm}",
            )
        elif not facts.signature_hash and facts.signature_algorithm not in HASHLESS:
            raise Undecided(Reason.CERTIFICATE, f"signature algorithm {facts.signature_algorithm} is not known")

    yield from each_certificate(certificate, one)


@requirement("TLS-CRT-09")
def test_intermediates_are_sent_in_order(certificate: Certificate) -> Violations:
    """Every certificate between the leaf and an anchor is sent, each certifying the one before it."""

    def one(case: Case) -> Violations:
        require_chain(case)
        chain = case.chain
        if chain.order != "ok":
            yield Violation(
                f"{case.where}chain is not in order", "each certificate certifies the one before it", chain.order
            )
        if chain.unreadable:
            raise unreadable(chain)
        if chain.missing_issuer:
            yield Violation(
                f"{case.where}an intermediate certificate is not sent",
                f"every certificate up to the {chain.anchors} anchors",
                f"nothing sent by {case.facts.issuer}",
            )
        elif not chain.trusted and not chain.root_sent:
            detail = chain.trust_undecided or chain.trust_detail
            raise Undecided(Reason.NOT_OBSERVABLE, f"whether an intermediate is missing cannot be seen: {detail}")

    yield from each_leaf(certificate, one)


@requirement("TLS-CRT-09-S")
def test_root_is_not_sent(certificate: Certificate) -> Violations:
    """What a client must already have is not sent."""

    def one(case: Case) -> Violations:
        require_chain(case)
        chain = case.chain
        if chain.root_sent:
            yield Violation(
                f"{case.where}root certificate is sent",
                "intermediates only",
                f"{len(chain.certificates)} certificates, the last {chain.certificates[-1].subject}",
            )
        elif chain.unreadable:
            raise unreadable(chain)

    yield from each_leaf(certificate, one)


@requirement("TLS-CRT-10")
def test_extended_key_usage_is_for_servers(certificate: Certificate) -> Violations:
    """The extendedKeyUsage names serverAuth and does not name anyExtendedKeyUsage."""

    def one(case: Case) -> Violations:
        usages = case.facts.extended_key_usage
        if usages is None or "serverAuth" not in usages:
            yield Violation(
                f"{case.where}extendedKeyUsage lacks serverAuth",
                "serverAuth",
                "no extendedKeyUsage" if usages is None else ", ".join(usages) or "an empty list",
            )
        elif "anyExtendedKeyUsage" in usages:
            yield Violation(
                f"{case.where}extendedKeyUsage names anyExtendedKeyUsage", "named purposes only", ", ".join(usages)
            )

    yield from each_leaf(certificate, one)


@requirement("TLS-CRT-11")
def test_key_usage_permits_the_key_exchange(certificate: Certificate) -> Violations:
    """The keyUsage, where present, permits what the flight's suite does with the key (RFC 5280 section 4.2.1.3)."""

    def one(case: Case) -> Violations:
        suite, usage = case.chain.suite, case.facts.key_usage
        if not suite:
            raise Undecided(Reason.NOT_OBSERVABLE, "the suite of the flight was not seen")
        needed = next((use for start, use in KEY_USES if suite.startswith(start)), "digitalSignature")
        if usage is not None and needed not in usage:
            yield Violation(
                f"{case.where}keyUsage does not permit the key exchange",
                f"{needed} for {suite}",
                ", ".join(usage) or "no bit set",
            )

    yield from each_leaf(certificate, one)


@requirement("TLS-CRT-12")
def test_leaf_is_no_authority(certificate: Certificate) -> Violations:
    """The leaf's basicConstraints do not make it a CA."""

    def one(case: Case) -> Violations:
        if case.facts.is_ca:
            yield Violation(f"{case.where}leaf is a CA", "basicConstraints cA FALSE or absent", "cA TRUE")

    yield from each_leaf(certificate, one)


@requirement("TLS-CRT-24")
def test_wildcards_stand_for_one_label(certificate: Certificate, service: Service) -> Violations:
    """A wildcard is the whole left-most label, and an endpoint for e-ID or payments has none (RFC 9525 section 6.3)."""

    def one(case: Case) -> Violations:
        wildcards = [name for name in case.facts.dns_names if "*" in name]
        for name in wildcards:
            if not name.startswith("*.") or "*" in name[2:] or len(name) < LEAST_WILDCARD:
                yield Violation(f"{case.where}wildcard is not the left-most label", "such as *.example.org", name)
        if service.serves and wildcards:
            found = f"{wildcards[0]}, for {', '.join(service.serves)}"
            yield Violation(f"{case.where}certificate has a wildcard", "the endpoint's own names", found)
        if not wildcards and case.facts.name_count > len(case.facts.dns_names) + len(case.facts.ip_addresses):
            raise Undecided(Reason.TOO_LARGE, f"{case.facts.name_count} names, of which the first were kept")

    yield from each_leaf(certificate, one)


@requirement("TLS-CRT-23")
def test_names_are_of_the_public_internet(certificate: Certificate, rule: Rule) -> Violations:
    """Beside the name that was asked for, the leaf has no name of a network inside, and no private address."""
    own = reference_labels(certificate.server_name), as_address(certificate.server_name)

    def one(case: Case) -> Violations:
        inside = [name for name in case.facts.dns_names if is_internal(name, own[0], rule.params["suffixes"])]
        addresses = map(as_address, case.facts.ip_addresses)
        private = [str(each) for each in addresses if each is not None and not each.is_global and each != own[1]]
        if found := (*inside, *private):
            more = f" and {len(found) - 5} more" if len(found) > 5 else ""
            yield Violation(
                f"{case.where}certificate has internal names or addresses",
                "names and addresses of the public internet",
                f"{', '.join(found[:5])}{more}",
            )
        elif case.facts.name_count > len(case.facts.dns_names) + len(case.facts.ip_addresses):
            raise Undecided(Reason.TOO_LARGE, f"{case.facts.name_count} names, of which the first were kept")

    yield from each_leaf(certificate, one)


def is_internal(name: str, own: tuple[str, ...], suffixes: Sequence[str]) -> bool:
    """Whether a dNSName, other than the own one, has a single label or ends in one of the suffixes."""
    parts = labels(name.removeprefix("*."))
    if not parts or labels(name) == own:
        return False
    return len(parts) == 1 or any(parts[-len(each.split(".")) :] == tuple(each.split(".")) for each in suffixes)


@requirement("TLS-CRT-14")
def test_certificate_transparency_is_shown(certificate: Certificate, rule: Rule) -> Violations:
    """A publicly trusted leaf comes with SCTs of enough logs: embedded, stapled or in the TLS extension."""
    minimum = rule.params["minimum"]

    def one(case: Case) -> Violations:
        require_public(case.chain)
        if case.chain.scts < minimum:
            yield Violation(f"{case.where}too few SCTs", f"SCTs of at least {minimum} logs", f"of {case.chain.scts}")

    yield from each_leaf(certificate, one)
