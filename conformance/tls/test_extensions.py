"""Extensions and features: RFC 9325 section 3, RFC 7627, RFC 5746, RFC 7301, RFC 6066, RFC 8470."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import (
    NotApplicable,
    NotTested,
    Reason,
    Rule,
    Service,
    Undecided,
    Untested,
    Violation,
    Violations,
)
from conformance.tls.evidence import Answer, Features, Flight13, Names, Versions
from conformance.tls.reading import given, offers, require_version


@requirement("TLS-EXT-01", "TLS-EXT-02")
def test_extension_is_answered(versions: Versions, features: Features, rule: Rule) -> Violations:
    """The TLS 1.2 ServerHello answers the extension that the rule names."""
    answer = _flight12(versions, features)
    if rule.params["extension"] not in answer.extensions:
        yield Violation(
            f"does not negotiate {rule.params['extension']} in TLS 1.2",
            rule.params["extension"],
            ", ".join(answer.extensions) or "no extensions",
        )


@requirement("TLS-EXT-03")
def test_client_renegotiation_is_limited(versions: Versions, features: Features, rule: Rule) -> Violations:
    """Inside a TLS 1.2 session, fewer than the rule's limit of our requests to renegotiate are granted."""
    require_version(versions, "TLSv1.2")
    seen = given(features.renegotiation, "renegotiation", features.troubles)
    if not seen.asked:
        raise Undecided(Reason.NOT_OBSERVABLE, f"no session in which to ask: {seen.refusal}")
    if seen.accepted >= rule.params["limit"]:
        yield Violation(
            "grants client-initiated renegotiation without limit",
            f"fewer than {rule.params['limit']}",
            f"{seen.accepted} of {seen.asked} granted",
        )
    elif seen.accepted and seen.refusal == Reason.TIMEOUT:
        raise Undecided(Reason.TIMEOUT, f"{seen.accepted} of {seen.asked} granted in the time there was")


@requirement("TLS-EXT-04")
def test_compression_is_not_negotiated(versions: Versions, features: Features) -> Violations:
    """Offered DEFLATE, the server selects the null compression method."""
    answer = _flight12(versions, features)
    if not answer.compression:
        raise Undecided(Reason.NOT_OBSERVABLE, "the ServerHello shows no compression method")
    if answer.compression.upper() != "NULL":
        yield Violation("negotiates TLS compression", "NULL", answer.compression)


@requirement("TLS-EXT-05")
def test_alpn_is_supported(versions: Versions, features: Features, service: Service) -> Violations:
    """Offered h2 and http/1.1, the server selects one of them."""
    _speaks_http(service)
    if not _alpn(versions, features):
        yield Violation("does not negotiate ALPN", "h2 or http/1.1", "no ALPN extension in its answer")


@requirement("TLS-EXT-06")
def test_foreign_protocol_is_refused(
    versions: Versions, features: Features, service: Service, rule: Rule
) -> Violations:
    """With no protocol in common the server sends the alert that the rule names (RFC 7301 section 3.2)."""
    _speaks_http(service)
    if not _alpn(versions, features):
        raise NotApplicable("ALPN is not supported")
    answer = given(features.alpn_none, "alpn_none")
    if answer.accepted:
        yield Violation("goes on without a common ALPN protocol", f"alert {rule.params['alert']}", answer.outcome)
    elif answer.alert != rule.params["alert"]:
        yield Violation(
            "refuses a foreign ALPN protocol in another way", f"alert {rule.params['alert']}", answer.outcome
        )


@requirement("TLS-EXT-07")
def test_server_name_is_honoured(names: Names) -> Violations:
    """The certificate depends on the name asked for where it would else be the wrong one.

    A server with one certificate that covers its name cannot be told from one that reads the extension, and need not.
    """
    named = given(names.named, "named")
    if not named.accepted:
        raise Undecided(Reason.CONTROL_FAILED, f"the hello with the service's own name was refused: {named.outcome}")
    if not names.named_leaf:
        raise Undecided(Reason.NOT_OBSERVABLE, "no certificate was seen for the service's own name")
    if names.named_matches:
        return
    unknown = given(names.unknown, "unknown")
    if unknown.accepted and not names.unknown_leaf:
        raise Undecided(Reason.NOT_OBSERVABLE, "no certificate was seen for an unknown name, although it was accepted")
    if unknown.accepted and names.unknown_leaf == names.named_leaf:
        yield Violation(
            "ignores the server name",
            "a certificate for the name asked for",
            "the same certificate, for another name, whichever name is asked for",
        )


@requirement("TLS-EXT-08")
def test_unknown_name_is_refused(names: Names, service: Service, rule: Rule) -> Violations:
    """A hello for a name that the server does not serve gets the alert that the rule names."""
    if not any(character.isalpha() for character in service.server_name) or ":" in service.server_name:
        raise NotApplicable("the service is addressed by IP address, so no server name is sent")
    named, unknown = given(names.named, "named"), given(names.unknown, "unknown")
    if not named.accepted:
        raise Undecided(Reason.CONTROL_FAILED, f"the hello with the service's own name was refused: {named.outcome}")
    if unknown.accepted:
        yield Violation("answers for a name it does not serve", f"alert {rule.params['alert']}", unknown.outcome)
    elif unknown.alert != rule.params["alert"]:
        yield Violation("refuses an unknown name in another way", f"alert {rule.params['alert']}", unknown.outcome)


@requirement("TLS-EXT-09")
def test_extension_is_not_offered(versions: Versions, features: Features, rule: Rule) -> Violations:
    """No answer of TLS 1.2 or 1.3 has the extension that the rule names: in the ServerHello, or encrypted."""
    seen = {}
    if offers(versions, "TLSv1.2"):
        seen["TLSv1.2"] = _flight12(versions, features).extensions
    if offers(versions, "TLSv1.3"):
        seen["TLSv1.3"] = given(features.flight13, "flight13", features.troubles).extensions
    if not seen:
        raise NotApplicable("neither TLS 1.2 nor TLS 1.3 is offered")
    for version, extensions in seen.items():
        if rule.params["extension"] in extensions:
            observed = ", ".join(extensions)
            yield Violation(f"negotiates {rule.params['extension']} in {version}", "no such extension", observed)


@requirement("TLS-EXT-10")
def test_early_data_is_not_offered(versions: Versions, features: Features) -> Violations:
    """The ticket of a TLS 1.3 session allows no early data (RFC 9846 section 4.7.1)."""
    require_version(versions, "TLSv1.3")
    flight = given(features.flight13, "flight13", features.troubles)
    if not flight.finished_verified:
        raise Undecided(Reason.NOT_OBSERVABLE, "the TLS 1.3 handshake was not completed")
    _ticket_or_reason(flight)
    if not flight.ticket_seen:
        raise NotApplicable("no session ticket was issued, so there is nothing to send early data with")
    if flight.early_data:
        yield Violation(
            "issues tickets that allow 0-RTT data", "no early_data extension in NewSessionTicket", "early_data"
        )


@requirement("TLS-EXT-12")
def test_resumption_has_a_key_exchange(versions: Versions, features: Features) -> Violations:
    """A ticket that is offered with psk_ke alone is not taken; that it is taken with psk_dhe_ke is the control."""
    require_version(versions, "TLSv1.3")
    flight = given(features.flight13, "flight13", features.troubles)
    _ticket_or_reason(flight)
    if not flight.ticket_seen:
        raise NotApplicable("no session ticket was issued")
    seen = given(features.resumption, "resumption", features.troubles)
    if "resumed" in (seen.psk_ke, seen.psk_dhe_ke):
        yield Violation("resumes sessions without a key exchange", "a key_share in ServerHello", "pre_shared_key alone")
    elif "resumed with key_share" not in (seen.psk_ke, seen.psk_dhe_ke):
        raise NotApplicable("no session is resumed with a ticket")


@requirement("TLS-EXT-11", "TLS-EXT-11-S")
def test_ticket_lifetime_is_bounded(versions: Versions, features: Features, rule: Rule) -> Violations:
    """No session ticket lives longer than the rule's seconds."""
    lifetimes: dict[str, int] = {}
    undecided: Undecided | Untested | None = None
    for version, lifetime in (("TLSv1.3", _lifetime13), ("TLSv1.2", _lifetime12)):
        try:
            seconds = lifetime(features) if offers(versions, version) else -1
        except (Undecided, Untested) as trouble:
            undecided = undecided or trouble
            continue
        if seconds >= 0:
            lifetimes[version] = seconds
    if not lifetimes and undecided is None:
        raise NotApplicable("no session ticket was issued")
    for version, seconds in lifetimes.items():
        if seconds > rule.params["max_seconds"]:
            yield Violation(
                f"issues {version} tickets for {seconds} s", f"at most {rule.params['max_seconds']} s", f"{seconds} s"
            )
    if undecided:
        raise undecided


@requirement("TLS-EXT-16")
def test_certificate_is_compressed(versions: Versions, features: Features) -> Violations:
    """Offered ways to compress it, the server sends its certificate compressed in one of them (RFC 8879)."""
    require_version(versions, "TLSv1.3")
    if not given(features.certificate_compression, "certificate_compression", features.troubles):
        yield Violation("does not compress its certificate", "zlib, brotli or zstd", "a Certificate message")


def _lifetime13(features: Features) -> int:
    """Seconds, -1 where no ticket was issued."""
    flight = given(features.flight13, "flight13", features.troubles)
    _ticket_or_reason(flight)
    return flight.ticket_lifetime_seconds if flight.ticket_seen else -1


def _ticket_or_reason(flight: Flight13) -> None:
    """Go on where a ticket was seen, or its absence means that none is issued: clients refused get none."""
    if flight.ticket_seen:
        return
    if flight.certificate_request and not flight.client_certificate:
        raise Untested(
            NotTested.NO_CREDENTIAL,
            "the endpoint asks for a client certificate, and the manifest gives none that suits",
        )
    if flight.ended:
        raise Undecided(Reason.TLS_ALERT, f"the handshake was ended: {flight.ended}")


def _lifetime12(features: Features) -> int:
    """As above: the session in which renegotiation was asked for is the one that got the ticket."""
    given(features.renegotiation, "renegotiation", features.troubles)
    return features.ticket12_lifetime_seconds


def _flight12(versions: Versions, features: Features) -> Answer:
    """The TLS 1.2 flight, or why there is none."""
    require_version(versions, "TLSv1.2")
    answer = given(features.flight12, "flight12")
    if not answer.accepted:
        raise Undecided(Reason.CONTROL_FAILED, f"the TLS 1.2 hello was refused: {answer.outcome}")
    return answer


def _alpn(versions: Versions, features: Features) -> str:
    """The protocol selected in the newest version offered, empty for none."""
    if offers(versions, "TLSv1.3"):
        return given(features.flight13, "flight13", features.troubles).alpn
    return _flight12(versions, features).alpn


def _speaks_http(service: Service) -> None:
    if not service.settings.get("http", True):
        raise NotApplicable("the manifest says that this endpoint does not speak HTTP")
