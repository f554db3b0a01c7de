"""What a manifest may leave out of a TLS endpoint, and which requirements then come to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.area import Gap
from conformance.core.model import Service, Target

CONTROL = '{ certificate = "file:client.pem", key = "env:SUITE_CLIENT_KEY" }'
WRONG = '{ expired = { certificate = "file:old.pem", key = "file:old.key" } }'


def gaps(target: Target, service: Service) -> tuple[Gap, ...]:
    """The gaps of one endpoint."""
    return tuple(_gaps(target, service))


def _gaps(target: Target, service: Service) -> Iterator[Gap]:
    from conformance.tls.test_claims import CLAIMS  # noqa: PLC0415 - `conformance list` needs no judge

    has = service.settings.get
    if has("http") is not False and not has("plain_http"):
        yield Gap(("TLS-HTT-03", "TLS-HTT-04"), "not-applicable", 'plain_http = "host:80"')
    if not has("also"):
        yield Gap(("TLS-CRT-21",), "not-applicable", 'also = ["host2:443"], unless the name has several addresses')
    if not has("mtls"):
        mutual = ("TLS-MTL-01", "TLS-MTL-02", "TLS-MTL-03")
        yield Gap(mutual, "not-applicable", "mtls = true, if the endpoint asks for client certificates")
    else:
        if not has("client_certificate"):
            yield Gap(("TLS-MTL-02", "TLS-MTL-03"), "not-tested(no-credential)", f"client_certificate = {CONTROL}")
        if not has("untrusted_client_certificates"):
            yield Gap(("TLS-MTL-03",), "not-tested(no-credential)", f"untrusted_client_certificates = {WRONG}")
    if not set(target.claims) & set(CLAIMS):
        yield Gap(("GEN-CLM-01",), "not-applicable", "tls13 = true (or false) under [target.claims]")
