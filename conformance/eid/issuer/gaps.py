"""What the manifest of an issuer leaves out, and what its cells will be then. Pure; for `conformance plan`."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.area import Gap
from conformance.core.model import Service, Target

NEED_TOKEN = (
    *(f"EID-VCI-{number:02}" for number in (5, 6, 7, 8, 9, 10, 11, 12, 13)),
    "EID-SDJ-15-G",
    "EID-TSL-04",
    "EID-MDOC-06",
)
"""Requirements that need an access token."""

ATTESTATION = 'attestation = { key = "env:SUITE_PROVIDER_KEY", iss = "https://p.example", of = ["key", "wallet"] }'


def gaps(_: Target, service: Service) -> tuple[Gap, ...]:
    """The gaps of one issuer."""
    return tuple(_gaps(service))


def _gaps(service: Service) -> Iterator[Gap]:
    has = service.settings.get
    if not has("offer") and not has("access_token"):
        yield Gap(NEED_TOKEN, "not-tested(no-credential)", 'offer = "env:SUITE_OFFER", a credential offer or its code')
        return
    if not has("client_id"):
        yield Gap(("EID-VCI-03",), "not-tested(no-credential)", 'client_id = "wallet", a public client')
    if not has("redirect_uri"):
        line = 'redirect_uri = "https://wallet.example/callback", of that client'
        yield Gap(("EID-VCI-03",), "not-tested(no-credential)", line)
    if not has("nonce_seconds"):
        yield Gap(("EID-VCI-06",), "not-tested(opt-in)", "nonce_seconds = 60, how long a c_nonce is good")
    if not has("attestation"):
        line = f"{ATTESTATION}, if the issuer takes attestations of keys or wallets"
        yield Gap(("EID-VCI-12",), "not-tested(no-credential)", line)
    if not has("spare_offer"):
        line = 'spare_offer = "env:SUITE_SPARE_OFFER", if offers have a transaction code'
        yield Gap(("EID-VCI-13",), "not-tested(no-credential)", line)
    if not has("spare_tx_code"):
        yield Gap(
            ("EID-VCI-13",), "not-tested(no-credential)", 'spare_tx_code = "env:SUITE_SPARE_TX_CODE", of that offer'
        )
    if not has("mdoc_configuration"):
        line = 'mdoc_configuration = "licence", if the metadata offers mso_mdoc'
        yield Gap(("EID-MDOC-06",), "not-tested(no-credential)", line)
