"""What a manifest may leave out of a TLS endpoint, and which requirements then come to nothing.

Of an endpoint that offers TLS 1.2 and 1.3 and, where it asks for client certificates, serves nobody without one.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core import scope
from conformance.core.area import Gap, in_order
from conformance.core.model import Service, Target

CREDENTIAL = "not-tested(no-credential)"
PAGES, PLAIN = ("TLS-HTT-01", "TLS-HTT-02", "TLS-HTT-02-S", "TLS-HTT-05", "TLS-HTT-06"), ("TLS-HTT-03", "TLS-HTT-04")
CONTROL = '{ certificate = "file:client.pem", key = "env:SUITE_CLIENT_KEY" }'
WRONG = ("expired", "wrong-eku")
"""Certificates that only the operator's own authority can make."""

LINE = ", ".join(f'{name} = {{ certificate = "file:{name}.pem", key = "file:{name}.key" }}' for name in WRONG)


def gaps(target: Target, service: Service) -> tuple[Gap, ...]:
    """The gaps of one endpoint."""
    return in_order(_gaps(target, service))


def _gaps(target: Target, service: Service) -> Iterator[Gap]:
    from conformance.tls.test_claims import CLAIMS  # noqa: PLC0415 - `conformance list` needs no judge

    has = service.settings.get
    yield from _mutual(service)
    if has("http") is not False and not has("plain_http"):
        yield Gap(PLAIN, "not-applicable", 'plain_http = "host:80"')
    if not has("also"):
        yield Gap(("TLS-CRT-21",), "not-applicable", 'also = ["host2:443"], unless the name has several addresses')
    if scope.literal(service.server_name) is not None:
        line = 'server_name = "www.example", if the endpoint has a name'
        yield Gap(("TLS-EXT-08", "TLS-CRT-19"), "not-applicable", line)
        yield Gap(("TLS-EXT-07",), "error(not-observable)", line)
    if not set(target.claims) & set(CLAIMS):
        yield Gap(("GEN-CLM-01",), "not-applicable", "tls13 = true (or false) under [target.claims]")


def _mutual(service: Service) -> Iterator[Gap]:
    has = service.settings.get
    if not has("mtls"):
        mutual = ("TLS-MTL-01", "TLS-MTL-02", "TLS-MTL-03")
        yield Gap(mutual, "not-applicable", "mtls = true, if the endpoint asks for client certificates")
        return
    if not has("client_certificate"):
        behind = ("TLS-EXT-03", "TLS-EXT-11", "TLS-EXT-11-S", "TLS-EXT-12", "TLS-MTL-03")
        yield Gap(behind, CREDENTIAL, f"client_certificate = {CONTROL}")
        if has("http") is not False:
            pages = PAGES if has("plain_http") else (*PAGES, *PLAIN)
            yield Gap(pages, "error(tls-alert)", f"client_certificate = {CONTROL}")
    if not set(WRONG) <= set(has("untrusted_client_certificates", ())):
        yield Gap(("TLS-MTL-03",), CREDENTIAL, f"untrusted_client_certificates = {{ {LINE} }}")
