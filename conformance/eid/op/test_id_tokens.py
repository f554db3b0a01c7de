"""ID tokens: EID-IDT."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Service, Undecided, Violation, Violations
from conformance.eid.op.evidence import IdToken, IdTokenFacts
from conformance.eid.op.reading import check, listed


def plain(id_token: IdToken, name: str = "plain") -> IdTokenFacts:
    """An ID token that could be read.

    Raises:
        Undecided: there is none.
    """
    check(id_token.troubles, name)
    if (found := id_token.tokens.get(name)) is None:
        raise Undecided(Reason.NOT_OBSERVABLE, f"no ID token was seen ({name})")
    if not found.alg:
        raise Undecided(Reason.NOT_OBSERVABLE, f"the ID token cannot be read: {found.trouble}")
    return found


@requirement("EID-IDT-01")
def test_signature_verifies(id_token: IdToken) -> Violations:
    check(id_token.troubles, "plain")
    found = id_token.tokens.get("plain")
    if found is None:
        raise Undecided(Reason.NOT_OBSERVABLE, "no ID token was seen")
    if found.encrypted and not found.alg:
        raise Undecided(Reason.NOT_OBSERVABLE, f"the ID token cannot be read: {found.trouble}")
    if not found.verified:
        yield Violation("the ID token does not verify", "by the published key that kid selects", found.trouble)
        return
    if id_token.registered_alg and found.alg != id_token.registered_alg:
        yield Violation("alg is not the registered one", id_token.registered_alg, found.alg)
    elif found.alg not in id_token.advertised:
        yield Violation("alg is not an advertised one", listed(id_token.advertised), found.alg)


@requirement("EID-IDT-02")
def test_claims_are_about_this_login(id_token: IdToken, service: Service, rule: Rule) -> Violations:
    found = plain(id_token)
    limits = rule.params
    for name in found.missing:
        yield Violation(f"{name} is absent", name, "absent")
    if "iss" not in found.missing and found.iss != service.settings["issuer"]:
        yield Violation("iss is not the issuer", service.settings["issuer"], found.iss)
    if "aud" not in found.missing and not found.audience_contains:
        yield Violation("aud does not hold the client", "client_id", f"{found.audience_count} others")
    if "exp" not in found.missing and found.expires_in_seconds <= 0:
        yield Violation("exp has passed", "in the future", f"{found.expires_in_seconds:.0f} s")
    if "iat" not in found.missing and abs(found.age_seconds) > limits["iat_seconds"]:
        yield Violation("iat is far from now", f"within {limits['iat_seconds']} s", f"{found.age_seconds:.0f} s ago")
    elif not {"exp", "iat"} & set(found.missing) and found.lifetime_seconds > limits["lifetime_seconds"]:
        yield Violation("it lasts too long", f"{limits['lifetime_seconds']} s", f"{found.lifetime_seconds:.0f} s")


@requirement("EID-IDT-03")
def test_nonce_is_the_one_sent(id_token: IdToken) -> Violations:
    for name in ("plain", "no-nonce"):
        found = plain(id_token, name)
        expected = "same" if found.sent_nonce else "absent"
        if found.nonce != expected:
            sent = "a nonce" if found.sent_nonce else "no nonce"
            yield Violation(f"{sent} was sent, and the ID token's is {found.nonce}", expected, found.nonce)


@requirement("EID-IDT-04")
def test_several_audiences_have_azp(id_token: IdToken) -> Violations:
    found = plain(id_token)
    if found.audience_count > 1 and found.azp != "same":
        yield Violation(f"{found.audience_count} audiences, and azp is {found.azp}", "the client", found.azp)
    elif found.azp == "other":
        yield Violation("azp is another client", "the client, or absent", "other")


@requirement("EID-IDT-05")
def test_at_hash_is_right(id_token: IdToken) -> Violations:
    found = plain(id_token)
    if found.at_hash is None:
        raise NotApplicable("the ID token has no at_hash, or its algorithm names no digest")
    if not found.at_hash:
        yield Violation("at_hash is not that of the access token", "the left half of its digest", "another")


@requirement("EID-IDT-06")
def test_dates_are_integers(id_token: IdToken) -> Violations:
    found = plain(id_token)
    for name in found.not_integers:
        yield Violation(f"{name} is no integer", "seconds since 1970", "another type")
    if found.auth_time is not None and "auth_time" not in found.not_integers:
        if found.auth_time <= 0:
            yield Violation("auth_time is 0 or less", "the time of the login", f"{found.auth_time:g}")
        elif found.auth_time_after_iat:
            yield Violation("auth_time is after iat", "not after iat", "after")


@requirement("EID-IDT-07")
def test_subject_is_sound(id_token: IdToken, service: Service) -> Violations:
    found = plain(id_token)
    if found.sub_length > 255 or not found.sub_ascii:
        yield Violation(
            "sub is longer than 255 characters, or not ASCII", "1 to 255 ASCII", f"{found.sub_length} characters"
        )
    if found.sub_pattern and not service.settings.get("national_number_as_sub", False):
        yield Violation("sub has the form of a national number", "another identifier", found.sub_pattern)
    check(id_token.troubles, "again")
    if id_token.stable_sub is None:
        raise Undecided(Reason.NOT_OBSERVABLE, "there was no second login")
    if not id_token.stable_sub:
        yield Violation("a second login of the user has another sub", "the same", "another")


@requirement("EID-IDT-08")
def test_encryption_is_the_registered_one(id_token: IdToken) -> Violations:
    check(id_token.troubles, "plain")
    if (found := id_token.tokens.get("plain")) is None:
        raise Undecided(Reason.NOT_OBSERVABLE, "no ID token was seen")
    alg, enc = id_token.registered_encryption
    if not found.encrypted and not alg:
        raise NotApplicable("the ID token is not encrypted, and the manifest names none (client.encryption)")
    if not found.encrypted:
        yield Violation("the ID token is not encrypted", f"{alg} {enc}", "a JWS")
        return
    if found.jwe_alg and alg and (found.jwe_alg, found.jwe_enc) != (alg, enc):
        yield Violation("it is encrypted otherwise than registered", f"{alg} {enc}", f"{found.jwe_alg} {found.jwe_enc}")
    if not found.verified:
        yield Violation("what is inside does not verify", "a signed JWT", found.trouble)
