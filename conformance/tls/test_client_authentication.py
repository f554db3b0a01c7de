"""Client authentication by certificate: RFC 8705 sections 2 and 3, RFC 9846 section 4.4.2, RFC 5280.

A refusal is a fatal alert that speaks of the certificate, or HTTP 400, 401 or 403. It counts against its control, the
attempt with the trusted certificate: an alert where the control's handshake went through, a status where the control
was not refused at the HTTP level itself. Without a control only an alert that answers our empty Certificate message
says what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
from conformance.tls.evidence import ClientCertificates, Features, Versions
from conformance.tls.reading import given, offers

IN_CLEAR = ("TLSv1.0", "TLSv1.1", "TLSv1.2")
EXPECTED = "a fatal alert, or HTTP 400, 401 or 403"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An attempt's outcome, taken apart: one of `status` (0: none), `alert` and `trouble` says what followed."""

    text: str
    refused: bool
    status: int = 0
    alert: str = ""
    trouble: str = ""


@requirement("TLS-MTL-01")
def test_a_client_certificate_is_requested(client_certificates: ClientCertificates, service: Service) -> Violations:
    """The server sends a CertificateRequest."""
    _declared(service)
    if client_certificates.requested:
        return
    outcome = _outcome(client_certificates, "none")
    if not outcome.status:
        raise Undecided(Reason.NOT_OBSERVABLE, f"no handshake was completed: {outcome.text}")
    yield Violation("requests no client certificate", "a CertificateRequest", f"none, and then {outcome.text}")


@requirement("TLS-MTL-02")
def test_a_request_without_certificate_is_refused(
    client_certificates: ClientCertificates, service: Service, rule: Rule
) -> Violations:
    """A client that presents no certificate is refused."""
    _declared(service)
    none = _outcome(client_certificates, "none")
    if _is_served(none):
        yield Violation("answers a request without a client certificate", EXPECTED, none.text)
    elif none.trouble:
        raise Undecided(Reason.NOT_OBSERVABLE, f"without a certificate: {none.trouble}")
    elif none.alert and none.alert not in rule.params["alerts"]:
        raise Undecided(Reason.TLS_ALERT, f"without a certificate: {none.text}, which names another reason")
    elif not (none.alert and client_certificates.requested and "trusted" not in client_certificates.attempts):
        _controlled(client_certificates, none)


@requirement("TLS-MTL-03")
def test_a_wrong_certificate_is_refused(
    client_certificates: ClientCertificates, service: Service, rule: Rule
) -> Violations:
    """Each certificate that the rule names (untrusted, expired, for another purpose) is refused."""
    _declared(service)
    wanted = rule.params["certificates"]
    attempts = {name: _outcome(client_certificates, name) for name in wanted if name in client_certificates.attempts}
    for name, outcome in attempts.items():
        if _is_served(outcome):
            yield Violation(f"accepts a client certificate that is {_described(name)}", EXPECTED, outcome.text)
    if not attempts:
        raise Undecided(Reason.NOT_OBSERVABLE, "no client certificate was presented")
    for name, outcome in attempts.items():
        if _is_served(outcome):
            continue
        if outcome.trouble:
            raise Undecided(Reason.NOT_OBSERVABLE, f"{name}: {outcome.trouble}")
        if outcome.alert and outcome.alert not in rule.params["alerts"]:
            raise Undecided(Reason.TLS_ALERT, f"{name}: {outcome.text}, which names another reason")
        _controlled(client_certificates, outcome)
    _complete(attempts, wanted)


@requirement("TLS-MTL-04")
def test_no_certificate_is_requested_unsaid(versions: Versions, features: Features, service: Service) -> Violations:
    """An endpoint whose manifest does not declare client authentication sends no CertificateRequest.

    Raises:
        NotApplicable: the manifest declares it.
    """
    if service.settings.get("mtls"):
        raise NotApplicable("the manifest declares client authentication")
    seen = {name: versions.answers[name].certificate_request for name in IN_CLEAR if offers(versions, name)}
    trouble: Undecided | Untested | None = None
    if offers(versions, "TLSv1.3"):
        try:
            seen["TLSv1.3"] = given(features.flight13, "flight13", features.troubles).certificate_request
        except (Undecided, Untested) as error:
            trouble = error
    if asking := [version for version, requested in seen.items() if requested]:
        found = f"one in {' and '.join(asking)}"
        yield Violation("requests a client certificate that its manifest does not speak of", "none", found)
    elif trouble or not seen:
        raise trouble or Undecided(Reason.NOT_OBSERVABLE, "no version from TLS 1.0 on is negotiated")


def _declared(service: Service) -> None:
    if not service.settings.get("mtls"):
        raise NotApplicable("the manifest does not declare client authentication (mtls = true)")


def _outcome(seen: ClientCertificates, name: str) -> Outcome:
    """What followed the attempt, as the observer writes it: `accepted 200`, `refused alert x`, `error ...`."""
    text = seen.attempts.get(name, "")
    word, _, rest = text.partition(" ")
    if word == "error":
        reason, _, detail = rest.partition(": ")
        if reason == NotTested.NO_CREDENTIAL:
            raise Untested(NotTested.NO_CREDENTIAL, f"the certificate {name}: {detail}")
        return Outcome(text, refused=False, trouble=rest or "no outcome")
    if word == "refused" and rest.startswith("alert "):
        return Outcome(text, refused=True, alert=rest.removeprefix("alert "))
    if word in ("accepted", "refused") and rest.isascii() and rest.isdigit():
        return Outcome(text, refused=word == "refused", status=int(rest))
    raise Undecided(Reason.NOT_OBSERVABLE, f"the attempt {name} was not made")


def _is_served(outcome: Outcome) -> bool:
    """Whether the request was granted: any other status but 2xx may be an answer to a stranger."""
    return not outcome.refused and 200 <= outcome.status < 300


def _controlled(seen: ClientCertificates, outcome: Outcome) -> None:
    """Raise unless the trusted certificate shows that the refusal is about the certificate."""
    if "trusted" not in seen.attempts:
        raise Untested(
            NotTested.NO_CREDENTIAL, f"{outcome.text} means little without a client_certificate that is accepted"
        )
    control = _outcome(seen, "trusted")
    if not control.status:
        raise Undecided(Reason.CONTROL_FAILED, f"the trusted certificate: {control.text}")
    if outcome.alert:
        return
    if control.refused:
        raise Undecided(Reason.CONTROL_FAILED, f"the trusted certificate: {control.text}")
    if not outcome.refused:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{outcome.text} is neither a refusal nor the service itself")


def _complete(attempts: Iterable[str], wanted: Iterable[str]) -> None:
    """Raise where a certificate was not at hand: one of our own making would be refused for its issuer alone."""
    made = set(attempts)
    if missing := [name for name in wanted if name not in made]:
        raise Untested(
            NotTested.NO_CREDENTIAL,
            f"the manifest gives no untrusted_client_certificates.{' and .'.join(missing)}, so only "
            f"{', '.join(sorted(made))} was tried",
        )


def _described(name: str) -> str:
    return {"wrong-eku": "for another purpose"}.get(name, name)
