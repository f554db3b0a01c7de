"""What issuers issue: credentials, batches, status lists and mdocs (RFC 9901; OpenID4VCI 1.0; ISO/IEC 18013-5)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, NotTested, Reason, Rule, Undecided, Untested, Violation, Violations
from conformance.eid.issuer.evidence import Batch, Issued, Mdoc, StatusList


@requirement("EID-VCI-09")
def test_credential_is_what_was_asked_for(issued: Issued, rule: Rule) -> Violations:
    if issued.trouble:
        yield Violation(issued.trouble, "an SD-JWT VC")
        return
    if issued.typ not in rule.params["types"]:
        yield Violation("typ is another", " or ".join(rule.params["types"]), issued.typ)
    if not issued.verified:
        found = issued.key_source or "no key"
        yield Violation("the signature is not by a key of the issuer", "verified", f"{issued.alg}, {found}")
    if issued.type != issued.expected_type:
        yield Violation("vct is not the configuration's", issued.expected_type, issued.type)
    if not issued.bound:
        yield Violation("cnf does not hold the key of the proof")
    if issued.unreferenced:
        yield Violation(f"{issued.unreferenced} of {issued.disclosures} Disclosures belong to no digest")
    if issued.hidden:
        yield Violation("claims that rule validity are in Disclosures", "in clear", ", ".join(issued.hidden))
    yield from odd_times(issued, rule)


def odd_times(issued: Issued, rule: Rule) -> Iterator[Violation]:
    """Times that no sane issuer sets."""
    if issued.issued_at is not None and issued.issued_at > rule.params["skew_seconds"]:
        yield Violation("iat lies ahead", f"at most {rule.params['skew_seconds']} s", f"{issued.issued_at} s")
    if issued.expires is not None and issued.expires <= 0:
        yield Violation("it has expired when it is issued", "exp ahead", f"{issued.expires} s")


@requirement("EID-SDJ-15-G")
def test_issued_credential_gives_nothing_away(issued: Issued, rule: Rule) -> Violations:
    if issued.trouble:
        raise Undecided(Reason.NOT_OBSERVABLE, issued.trouble)
    if issued.private_members:
        yield Violation("cnf holds a private key", "public members alone", ", ".join(issued.private_members))
    if not issued.disclosures and not issued.private_members:
        raise NotApplicable("the credential has no Disclosures")
    if issued.shortest_salt is not None and issued.shortest_salt < rule.params["salt_octets"]:
        yield Violation("a salt is short", f"{rule.params['salt_octets']} octets", f"{issued.shortest_salt} octets")


@requirement("EID-VCI-11")
def test_batch_has_a_credential_for_each_key(issued_batch: Batch) -> Violations:
    seen = issued_batch
    if seen.size < 2:
        raise NotApplicable("the metadata offers no batches of SD-JWT VCs")
    if seen.trouble:
        yield Violation(seen.trouble, "SD-JWT VCs")
        return
    if seen.credentials > seen.proofs:
        yield Violation("more credentials than proofs", f"at most {seen.proofs}", str(seen.credentials))
    if seen.keys < min(seen.credentials, seen.proofs):
        yield Violation("credentials are not bound to a key each", str(seen.credentials), f"{seen.keys} different keys")
    if seen.repeated_salts:
        yield Violation("salts are used again", f"{seen.salts} different ones", f"{seen.repeated_salts} repeated")
    if seen.places < seen.statuses:
        yield Violation("credentials share a place in a status list", f"{seen.statuses} places", str(seen.places))


@requirement("EID-TSL-04")
def test_status_list_hides_its_holders_among_others(status_list: StatusList, rule: Rule) -> Violations:
    seen = status_list
    if not seen.named:
        raise NotApplicable("the credential names no status list")
    if seen.personal:
        yield Violation("the address of the list is the credential's own", "one address for many credentials")
    if seen.status != 200 or seen.trouble:
        yield Violation(seen.trouble or "no list is served", "200 with a Status List Token", f"status {seen.status}")
        return
    if seen.entries < rule.params["entries"]:
        yield Violation("the list is small", f"at least {rule.params['entries']} places", str(seen.entries))
    if seen.ttl is None or seen.ttl <= 0:
        yield Violation("ttl is absent or not positive", "seconds", "absent" if seen.ttl is None else str(seen.ttl))
    if seen.expires is None or seen.expires <= 0:
        yield Violation("exp is absent or past", "ahead", "absent" if seen.expires is None else f"{seen.expires} s")
    if not seen.readable:
        yield Violation("scripts of other origins may not read the list", "Access-Control-Allow-Origin: *")


@requirement("EID-MDOC-06")
def test_items_are_salted_and_tagged(issued_mdoc: Mdoc, rule: Rule) -> Violations:
    seen = issued_mdoc
    if not seen.offered:
        raise NotApplicable("the metadata offers no configuration of format mso_mdoc")
    if seen.lacking:
        raise Untested(NotTested.NO_CREDENTIAL, f"the manifest names no mdoc configuration: {seen.lacking}")
    if seen.trouble:
        yield Violation(seen.trouble, "an IssuerSigned")
        return
    if seen.shortest_random is None:
        raise Undecided(Reason.NOT_OBSERVABLE, "the mdoc has no items")
    if seen.shortest_random < rule.params["random_octets"]:
        due = f"{rule.params['random_octets']} octets"
        yield Violation("the random of an item is short", due, f"{seen.shortest_random} octets")
    for name, tags in rule.params["kinds"].items():
        if (found := seen.tags.get(name)) is not None and found not in tags:
            yield Violation(f"{name} is of another type", " or ".join(tags), found)
