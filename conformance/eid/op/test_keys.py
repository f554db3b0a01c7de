"""Keys and JWKS hygiene: EID-JWKS, EID-TRU."""

from __future__ import annotations

import re
from collections import Counter

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Undecided, Violation, Violations
from conformance.eid.op.evidence import Jwks, KeyFacts, TrustEntry
from conformance.eid.op.reading import listed, problem

MOST_BITS = 16_384
"""OpenSSL takes no longer modulus (OPENSSL_RSA_MAX_MODULUS_BITS)."""


def published(jwks: Jwks) -> tuple[KeyFacts, ...]:
    """The keys.

    Raises:
        Undecided: there are none to look at.
    """
    problem(jwks.problem)
    if not jwks.keys:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{jwks.url} answers {jwks.status} with {jwks.count} keys")
    return jwks.keys


def all_seen(jwks: Jwks) -> None:
    """Go on where every key was looked at: one of the others may hold what was looked for.

    Raises:
        Undecided: TOO_LARGE.
    """
    if jwks.count > len(jwks.keys):
        raise Undecided(Reason.TOO_LARGE, f"{jwks.count} keys, of which the first {len(jwks.keys)} were looked at")


def named(key: KeyFacts, position: int) -> str:
    """A key in a few words."""
    return f"key {position} ({key.kid or 'without kid'})"


@requirement("EID-JWKS-01")
def test_key_set_is_published(jwks: Jwks, rule: Rule) -> Violations:
    problem(jwks.problem)
    if jwks.scheme != "https":
        yield Violation("jwks_uri is no https URL", "https", jwks.url)
        return
    if jwks.status != 200:
        yield Violation(f"jwks_uri answers {jwks.status}", "200", str(jwks.status))
        return
    if jwks.media_type not in rule.params["media_types"]:
        yield Violation("the media type is another", listed(rule.params["media_types"]), jwks.media_type or "none")
    if not any(key.use in ("", "sig") and key.key_type in ("RSA", "EC", "OKP") for key in jwks.keys):
        yield Violation("there is no signing key", "at least one", f"{jwks.count} keys")


@requirement("EID-JWKS-02")
def test_no_private_member_is_published(jwks: Jwks) -> Violations:
    for position, key in enumerate(published(jwks)):
        if key.private:
            yield Violation(
                f"{named(key, position)} has {listed(key.private)}", "public members alone", listed(key.private)
            )
    if jwks.metadata_private:
        yield Violation(
            f"the metadata's jwks has {listed(jwks.metadata_private)}", "public members alone", "private ones"
        )
    all_seen(jwks)


@requirement("EID-JWKS-03")
def test_kids_are_there_and_unique(jwks: Jwks) -> Violations:
    keys = published(jwks)
    for position, key in enumerate(keys):
        if not key.kid:
            yield Violation(f"key {position} has no kid", "a kid", "absent")
    counts = Counter(key.kid.casefold() for key in keys if key.kid)
    for kid, count in counts.items():
        if count > 1:
            yield Violation(f"{count} keys have the kid {kid[:80]}", "each kid once, in any case", f"{count} times")
    all_seen(jwks)


@requirement("EID-JWKS-04")
def test_keys_are_strong(jwks: Jwks, rule: Rule) -> Violations:
    for position, key in enumerate(published(jwks)):
        if key.readable and key.key_type in ("RSA", "EC"):
            yield Violation(f"{named(key, position)} is no key", "the members of its type", key.readable)
        elif key.key_type == "RSA" and key.bits < rule.params["rsa_bits"]:
            yield Violation(f"{named(key, position)} has {key.bits} bits", str(rule.params["rsa_bits"]), str(key.bits))
        elif key.key_type == "RSA" and key.exponent != "ok":
            yield Violation(f"{named(key, position)} has a bad exponent", "odd, at least 65537", key.exponent)
        elif key.key_type in ("EC", "OKP") and key.crv not in rule.params["curves"] and key.use != "enc":
            yield Violation(f"{named(key, position)} is on {key.crv}", listed(rule.params["curves"]), key.crv)
        elif key.on_curve is False:
            yield Violation(f"{named(key, position)} has a point that is not on its curve", "on the curve", "not")
    all_seen(jwks)
    if large := [named(key, at) for at, key in enumerate(jwks.keys) if key.key_type == "RSA" and key.bits > MOST_BITS]:
        raise Undecided(Reason.TOO_LARGE, f"{large[0]} has a modulus of more than {MOST_BITS} bits, which nothing uses")


FAMILY = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP", "EC": "EC", "dir": "oct"}


@requirement("EID-JWKS-05")
def test_use_and_certificates_fit(jwks: Jwks) -> Violations:
    for position, key in enumerate(published(jwks)):
        if not key.use and not key.alg:
            yield Violation(f"{named(key, position)} has neither use nor alg", "use, alg or both", "neither")
        family = FAMILY.get(key.alg[:2])
        if family and family != key.key_type and not (key.alg.startswith("ECDH") and key.key_type == "OKP"):
            yield Violation(
                f"{named(key, position)} has alg {key.alg[:20]} and kty {key.key_type}", "alg of its type", key.key_type
            )
        if key.certificate not in ("", "absent"):
            yield Violation(
                f"the certificate of {named(key, position)} {key.certificate}", "its own, in date", key.certificate
            )
    all_seen(jwks)


@requirement("EID-JWKS-07")
def test_key_set_may_be_cached(jwks: Jwks, rule: Rule) -> Violations:
    published(jwks)
    match = re.search(r"max-age=([0-9]{1,9})", jwks.cache_control)
    least, most = rule.params["min_seconds"], rule.params["max_seconds"]
    if "no-store" in jwks.cache_control or not match:
        yield Violation(
            "no max-age lets clients cache the keys", f"max-age {least} to {most}", jwks.cache_control or "none"
        )
    elif not least <= int(match[1]) <= most:
        yield Violation(f"keys may be cached for {match[1]} s", f"{least} to {most}", match[1])


@requirement("EID-TRU-01")
def test_issuer_is_listed(trust: TrustEntry) -> Violations:
    problem(trust.problem)
    if not trust.listed:
        yield Violation("the issuer is not on the country's trust list", "listed", f"list {trust.sequence}")
        return
    if not trust.jwks_host_listed:
        yield Violation(f"the host {trust.jwks_host} of jwks_uri is not listed", "a listed host", trust.jwks_host)
    for digest in trust.unlisted_certificates:
        yield Violation("a signing certificate is not listed", "a listed certificate", digest)
    if trust.service_begins_in_days > 0 or trust.service_ends_in_days < 0:
        shown = f"begins in {trust.service_begins_in_days:g} days, ends in {trust.service_ends_in_days:g}"
        yield Violation("the entry is out of date", "in date", shown)


@requirement("EID-TRU-02")
def test_service_is_not_withdrawn(trust: TrustEntry) -> Violations:
    problem(trust.problem)
    if not trust.listed:
        raise NotApplicable("the issuer is not on the country's trust list")
    if trust.status != "granted":
        yield Violation(f"the trust list says {trust.status}", "granted", trust.status)
