"""The HTTP binding: RFC 6797 (HSTS) and RFC 9325 section 3.2."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

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
from conformance.tls.clocks import seconds_ahead
from conformance.tls.evidence import Http, HttpAnswer, SecurityTxt
from conformance.tls.hsts import Hsts, HstsError, parse_hsts
from conformance.tls.test_certificates import by_both_clocks

T = TypeVar("T")
FIELD = "strict-transport-security"


@requirement("TLS-HTT-01")
def test_hsts_is_sent_for_long_enough(http: Http, service: Service, rule: Rule) -> Violations:
    """The https answer carries a policy of at least the rule's seconds.

    Where the field occurs more than once, the first counts (RFC 6797 section 8.1).
    """
    expected = f"max-age of at least {rule.params['min_seconds']}"
    values = _secure_policies(http, service)
    if not values:
        yield Violation("sends no Strict-Transport-Security", expected, f"no such field in the {_secure(http).status}")
        return
    try:
        policy = parse_hsts(values[0])
    except HstsError as error:
        yield Violation("sends no Strict-Transport-Security that a user agent would heed", expected, str(error))
        return
    if policy.max_age_seconds < rule.params["min_seconds"]:
        yield Violation("sends Strict-Transport-Security for too short a time", expected, values[0])


@requirement("TLS-HTT-02")
def test_hsts_occurs_once_and_is_valid(http: Http, service: Service) -> Violations:
    """Every Strict-Transport-Security value matches the grammar, and there is one (RFC 6797 sections 6.1, 7.1)."""
    values = _secure_policies(http, service)
    if not values:
        raise NotApplicable("no Strict-Transport-Security is sent")
    if len(values) > 1:
        yield Violation("sends Strict-Transport-Security more than once", "one field", f"{len(values)} fields")
    for value in values:
        try:
            parse_hsts(value)
        except HstsError as error:
            yield Violation(f"sends a malformed Strict-Transport-Security: {error}", "RFC 6797 section 6.1", value)


@requirement("TLS-HTT-02-S")
def test_hsts_includes_subdomains(http: Http, service: Service) -> Violations:
    """The policy holds for the names below as well (RFC 6797 section 6.1.2)."""
    if not (policies := _secure_policies(http, service)):
        raise NotApplicable("no Strict-Transport-Security is sent")
    if not _policy(policies[0]).include_subdomains:
        yield Violation("sends Strict-Transport-Security without includeSubDomains", "includeSubDomains", policies[0])


@requirement("TLS-HTT-03")
def test_hsts_is_not_sent_over_plain_http(http: Http, service: Service) -> Violations:
    """The plain http answer carries no policy (RFC 6797 section 7.2)."""
    _plain_is_declared(http, service)
    if http.plain_closed:
        raise NotApplicable("the plain http port refuses connections")
    for value in _answered(http.plain, http.plain_trouble, "plain http").all(FIELD):
        yield Violation("sends Strict-Transport-Security over plain http", "no such field", value)


@requirement("TLS-HTT-04")
def test_plain_http_redirects_or_is_closed(http: Http, service: Service, rule: Rule) -> Violations:
    """Plain http is closed, or answers with a permanent redirect to https on the same host.

    A closed port counts only where the https port answered in the same run: a machine that is down closes both.
    """
    _plain_is_declared(http, service)
    if http.plain_closed:
        if http.secure is None:
            raise Undecided(Reason.CONTROL_FAILED, f"the https port gave no answer either: {http.secure_trouble}")
        return
    answer = _answered(http.plain, http.plain_trouble, "plain http")
    if answer.status >= 500:
        raise Undecided(Reason.NOT_OBSERVABLE, f"plain http answers {answer.status}")
    statuses = rule.params["statuses"]
    expected = f"{' or '.join(map(str, statuses))} to https on the same host, or a closed port"
    locations = answer.all("location")
    if not (300 <= answer.status < 400 and locations):
        yield Violation("answers plain http without a redirect", expected, f"status {answer.status}")
        return
    if len(locations) > 1:
        raise Undecided(Reason.FRAMING, f"{len(locations)} Location fields")
    if answer.status not in statuses:
        yield Violation("redirects plain http with another status", expected, f"status {answer.status}")
    scheme, host = _scheme_and_host(_absolute(answer.url, locations[0]))
    if scheme != "https":
        yield Violation("redirects plain http to another scheme than https", expected, locations[0])
    elif host != _scheme_and_host(answer.url)[1]:
        yield Violation("redirects plain http to another host", expected, locations[0])


@requirement("TLS-HTT-05")
def test_cookies_are_for_https_alone(http: Http, service: Service) -> Violations:
    """Every Set-Cookie of the https answer has the attribute Secure (RFC 6265 section 4.1.2.5).

    Raises:
        NotApplicable: no cookie is set.
    """
    _speaks_http(service)
    cookies = _secure(http).all("set-cookie")
    if not cookies:
        raise NotApplicable("the root sets no cookie")
    for cookie in cookies:
        pair, *attributes = cookie.split(";")
        if "secure" not in (each.partition("=")[0].strip().lower() for each in attributes):
            yield Violation("sets a cookie that plain http may carry", "the attribute Secure", _name_of(pair))


@requirement("TLS-HTT-06")
def test_security_txt_is_current(http: Http, service: Service, observed_at: datetime) -> Violations:
    """There is a security.txt over https, and its one Expires lies after the time of observation (RFC 9116)."""
    _speaks_http(service)
    answer = _answered(http.security_txt, http.security_trouble, "security.txt")
    if 300 <= answer.status < 400 or answer.status >= 500:
        raise Undecided(Reason.NOT_OBSERVABLE, f"security.txt answers {answer.status}, which is not followed")
    ahead = seconds_ahead(http.secure, observed_at)
    yield from by_both_clocks(ahead, observed_at, lambda at: _lasts(answer, at))


def _lasts(answer: SecurityTxt, at: datetime) -> Violations:
    """What keeps a security.txt from being good at that time."""
    expected = f"one Expires after {at.isoformat(timespec='seconds')}"
    if answer.status != 200:
        yield Violation("has no security.txt", expected, f"status {answer.status}")
    elif len(answer.expires) != 1:
        yield Violation(f"has {len(answer.expires)} Expires in its security.txt", expected, f"{answer.size} octets")
    elif (expires := _moment(answer.expires[0])) is None:
        yield Violation("has an Expires in its security.txt that is no time", "as in RFC 3339", answer.expires[0])
    elif expires <= at:
        yield Violation("has a security.txt that has expired", expected, answer.expires[0])


def _moment(text: str) -> datetime | None:
    """A time as RFC 3339 writes it, None where the text is none."""
    try:
        found = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return found if found.tzinfo and len(text) >= len("2026-01-01T00:00:00Z") else None


def _name_of(pair: str) -> str:
    """A cookie without its value, which may be a secret."""
    return f"the cookie {pair.partition('=')[0].strip()}"


def _absolute(base: str, reference: str) -> str:
    """The absolute URL that a Location names; empty where it names none."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return ""


def _scheme_and_host(url: str) -> tuple[str, str]:
    """Both in lower case, the host without its final dot; empty where the text is no URL."""
    try:
        parts = urlsplit(url)
        return parts.scheme.lower(), (parts.hostname or "").lower().removesuffix(".")
    except ValueError:
        return "", ""


def _speaks_http(service: Service) -> None:
    if not service.settings.get("http", True):
        raise NotApplicable("the manifest says that this endpoint does not speak HTTP")


def _plain_is_declared(http: Http, service: Service) -> None:
    _speaks_http(service)
    if not http.plain_declared and not service.settings.get("plain_http"):
        raise NotApplicable("the manifest declares no plain_http")


def _secure(http: Http) -> HttpAnswer:
    return _answered(http.secure, http.secure_trouble, "https")


def _secure_policies(http: Http, service: Service) -> tuple[str, ...]:
    """The values of the https answer. An answer of 500 or above without one may come from a machine in between."""
    _speaks_http(service)
    answer = _secure(http)
    values = answer.all(FIELD)
    if not values and answer.status >= 500:
        raise Undecided(Reason.NOT_OBSERVABLE, f"https answers {answer.status}")
    if any("[redacted:" in value for value in values):
        raise Undecided(Reason.NOT_OBSERVABLE, "the value of Strict-Transport-Security looks like a secret")
    return values


def _policy(value: str) -> Hsts:
    try:
        return parse_hsts(value)
    except HstsError as error:
        raise NotApplicable(f"no valid Strict-Transport-Security is sent: {error}") from None


def _answered(answer: T | None, trouble: str, what: str) -> T:
    """The answer; `Undecided` with the recorded reason where there is none."""
    if answer is not None:
        return answer
    reason, _, detail = trouble.partition(": ")
    if reason in set(Reason):
        raise Undecided(Reason(reason), f"{what}: {detail}")
    if reason in set(NotTested):
        raise Untested(NotTested(reason), f"{what}: {detail}")
    raise Undecided(Reason.NOT_OBSERVABLE, f"{what} was not asked")
