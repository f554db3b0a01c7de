"""Evidence of a conforming credential issuer, made by hand: judges' tests change one thing in it."""

from __future__ import annotations

from typing import Any

from conformance.eid.issuer.asks import ACCESS, ATTESTATIONS, ENCRYPTION, PROOFS, REQUESTS, TIMES
from conformance.eid.issuer.evidence import (
    Attempt,
    Attempts,
    Attestations,
    AuthorizationFlow,
    Batch,
    Codes,
    Configuration,
    Exchange,
    Issued,
    IssuerMetadata,
    Mdoc,
    Nonces,
    SignedMetadata,
    StatusList,
)

ISSUER = "https://issuer.example"
VCT = "https://credentials.example/person"

METADATA = IssuerMetadata(
    f"{ISSUER}/.well-known/openid-credential-issuer",
    ISSUER,
    200,
    "application/json",
    ISSUER,
    {"credential_endpoint": f"{ISSUER}/credential", "nonce_endpoint": f"{ISSUER}/nonce"},
    (),
    {"person": Configuration("dc+sd-jwt", VCT, {"jwt": ("ES256",)}, ("jwk",))},
    1,
)
NONCES = Nonces(200, "application/json", "no-store", has_nonce=True, length=32)
ISSUED = Issued(
    "dc+sd-jwt",
    typ="dc+sd-jwt",
    alg="ES256",
    verified=True,
    key_source="jwt-vc-issuer",
    issuer=ISSUER,
    type=VCT,
    expected_type=VCT,
    bound=True,
    issued_at=0,
    expires=86_400,
    disclosures=2,
    shortest_salt=16,
)
SIGNED = SignedMetadata(
    "application/jwt",
    200,
    offered=True,
    typ="openidvci-issuer-metadata+jwt",
    alg="ES256",
    chain=True,
    verified=True,
    subject=ISSUER,
    expected=ISSUER,
    issued_at=0,
    expires=86_400,
)
REFUSED = Exchange(400, "invalid_grant")
PUSHED = Exchange(201, pushed=True)
FLOW = AuthorizationFlow(
    ("authorization_code",),
    ("S256",),
    ("ES256",),
    par=True,
    pushed={
        "right": PUSHED,
        "no-challenge": Exchange(400, "invalid_request"),
        "plain": Exchange(400, "invalid_request"),
    },
    led_to="callback",
    token_type="DPoP",
)
OFFER_CODES = Codes(REFUSED, transaction=True, wrong=(REFUSED, REFUSED), after=REFUSED)
BATCH = Batch(5, 3, 200, 3, keys=3, salts=6, statuses=3, places=3)
STATUS = StatusList(
    named=True,
    status=200,
    media_type="application/statuslist+jwt",
    readable=True,
    bits=1,
    entries=131_072,
    ttl=43_200,
    expires=86_400,
)
MDOC = Mdoc(
    ("licence",),
    "org.iso.18013.5.1.mDL",
    items=4,
    shortest_random=16,
    tags={"birth_date": "tag 1004", "expiry_date": "tag 0", "portrait": "bytes"},
)
GOOD = Attempt(200, credential=True)
CODES = {
    "unsupported": "invalid_encryption_parameters",
    "unknown-configuration": "unknown_credential_configuration",
    "wrong-nonce": "invalid_nonce",
}


def attempts(**changes: Attempt) -> Attempts:
    made = {"control-before": GOOD, "control-after": GOOD}
    made |= {f"proof/{name}": Attempt(400, CODES.get(name, "invalid_proof")) for name in PROOFS}
    made |= {f"time/{name}": Attempt(400, "invalid_nonce") for name in TIMES}
    made |= {f"encryption/{name}": Attempt(400, CODES[name]) for name in ENCRYPTION}
    made |= {f"request/{name}": Attempt(400, CODES.get(name, "invalid_credential_request")) for name in REQUESTS}
    made |= {f"access/{name}": Attempt(401, "invalid_token") for name in ACCESS}
    return Attempts({**made, **{name.replace("__", "/"): attempt for name, attempt in changes.items()}})


def attestations(**changes: Attempt) -> Attestations:
    made = {f"{kind}/control-{when}": GOOD for kind in ("key", "wallet") for when in ("before", "after")}
    made |= dict.fromkeys(ATTESTATIONS, Attempt(400, "invalid_proof"))
    return Attestations({**made, **{name.replace("__", "/"): attempt for name, attempt in changes.items()}})


def records() -> dict[str, Any]:
    return {
        "issuer_metadata": METADATA,
        "signed_metadata": SIGNED,
        "code_flow": FLOW,
        "nonces": NONCES,
        "issuance": attempts(),
        "attestations": attestations(),
        "issued": ISSUED,
        "issued_batch": BATCH,
        "offer_codes": OFFER_CODES,
        "status_list": STATUS,
        "issued_mdoc": MDOC,
    }
