"""The HTTP binding of an endpoint: GETs of its root and its security.txt over https, one of its root over plain http
where that is declared.
"""

from __future__ import annotations

from msgspec.structs import replace

from conformance.core import scope
from conformance.core.model import Reason, Service, Target, Undecided, Untested
from conformance.core.network import Door
from conformance.core.redact import Redactor
from conformance.tls.client_keys import roots_path, trusted_key
from conformance.tls.evidence import Http, HttpAnswer, SecurityTxt
from conformance.tls.parse import displayable
from conformance.wire.exchange import HttpExchange, evidence
from conformance.wire.http import fetch

PATH = "/.well-known/security.txt"
MOST_TEXT, MOST_VALUES, MOST_VALUE = 32_768, 5, 64
"""Octets of security.txt that are looked at (RFC 9116 section 5.9), and Expires fields and their length."""

VALUE_LENGTH = 4096
MOST_CHARACTERS = 65_536
"""Of all header fields as written; what would be cut may be what is judged."""

WHOLE = ("strict-transport-security", "location")
"""Fields that are judged by their whole value: a longer one is no evidence."""


def observe_http(door: Door, target: Target, service: Service, *, security_txt: bool = False) -> Http:
    """Look at both roots. Trust is another requirement's business, so any certificate will do.

    One exception: an endpoint that authenticates clients answers strangers with an alert, so there the manifest's
    client certificate is presented, and then only to a server that proves its name.

    Raises:
        Undecided: neither of the two answered, with what became of https.
        Untested: the same, and the client certificate that https needs is not at hand.
    """
    if not service.settings.get("http", True):
        return Http()
    failure: Undecided | Untested | None = None
    seen = Http(plain_declared=bool(service.settings.get("plain_http")))
    try:
        seen = replace(seen, secure=_answer(_secure(door, target, service)))
    except (Undecided, Untested) as trouble:
        failure = trouble
        seen = replace(seen, secure_trouble=_trouble(trouble))
    if security_txt:
        seen = _with_security_txt(seen, door, target, service)
    if seen.plain_declared:
        seen = _with_plain(seen, door, target, service)
    if failure and seen.plain is None and not seen.plain_closed:
        raise failure
    return seen


def _secure(door: Door, target: Target, service: Service, path: str = "/", *, body: bool = False) -> HttpExchange:
    host, port = scope.split_address(service.address)
    url = f"https://{_authority(service.server_name or host, port, 443)}{path}"
    key = trusted_key(service) if service.settings.get("mtls") else None
    if key is None:
        return fetch(door, target, url, address=service.address, verify=False, body=body)
    return fetch(
        door,
        target,
        url,
        address=service.address,
        verify=roots_path(target, service, door.ca_file),
        body=body,
        client_certificate=(key.certificate, key.key),
    )


def _with_security_txt(seen: Http, door: Door, target: Target, service: Service) -> Http:
    """The same with security.txt; an endpoint whose root gave no answer is not asked again."""
    if seen.secure is None:
        return replace(seen, security_trouble=seen.secure_trouble)
    try:
        found = _secure(door, target, service, PATH, body=True)
    except (Undecided, Untested) as trouble:
        return replace(seen, security_trouble=_trouble(trouble))
    if found.status != 200:
        return replace(seen, security_txt=SecurityTxt(found.status))
    fields = (line.partition(b":") for line in found.body[:MOST_TEXT].splitlines())
    values = [value.strip()[:MOST_VALUE] for name, _, value in fields if name.strip().lower() == b"expires"]
    expires = tuple(displayable(value, MOST_VALUE) for value in values[:MOST_VALUES])
    return replace(seen, security_txt=SecurityTxt(found.status, expires, len(found.body)))


def _with_plain(seen: Http, door: Door, target: Target, service: Service) -> Http:
    address = str(service.settings["plain_http"])
    try:
        host, port = scope.split_address(address)
        url = f"http://{_authority(service.server_name or host, port, 80)}/"
        return replace(seen, plain=_answer(fetch(door, target, url, address=address, verify=False, body=False)))
    except Undecided as trouble:
        if trouble.reason is Reason.REFUSED:
            return replace(seen, plain_closed=True)
        return replace(seen, plain_trouble=_trouble(trouble))


def _authority(host: str, port: int, default: int) -> str:
    """Host and port as a URL writes them."""
    bare = host.removeprefix("[").removesuffix("]")
    written = f"[{bare}]" if ":" in bare else bare
    return written if port == default else f"{written}:{port}"


def _answer(exchange: HttpExchange) -> HttpAnswer:
    """What is kept of an answer.

    Raises:
        Undecided: TOO_LARGE, where a field that is judged whole is longer than what is kept.
    """
    for name in WHOLE:
        if any(len(value) > VALUE_LENGTH for value in exchange.all(name)):
            raise Undecided(Reason.TOO_LARGE, f"{name} of more than {VALUE_LENGTH} characters")
    kept = evidence(exchange, Redactor(), value_length=VALUE_LENGTH)
    if (count := sum(len(name) + len(value) for name, value in kept.fields)) > MOST_CHARACTERS:
        raise Undecided(Reason.TOO_LARGE, f"header fields of {count} characters as written")
    return HttpAnswer(kept.status, kept.fields, kept.url)


def _trouble(error: Undecided | Untested) -> str:
    return f"{error.reason}: {error.detail}"
