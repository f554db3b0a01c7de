"""Evidence of a conforming credential issuer, made by hand: judges' tests change one thing in it."""

from __future__ import annotations

from typing import Any

from conformance.eid.issuer.asks import ACCESS, PROOFS, REQUESTS
from conformance.eid.issuer.evidence import Attempt, Attempts, Configuration, Issued, IssuerMetadata, Nonces

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
GOOD = Attempt(200, credential=True)
CODES = {"unknown-configuration": "unknown_credential_configuration", "wrong-nonce": "invalid_nonce"}


def attempts(**changes: Attempt) -> Attempts:
    made = {"control-before": GOOD, "control-after": GOOD}
    made |= {f"proof/{name}": Attempt(400, CODES.get(name, "invalid_proof")) for name in PROOFS}
    made |= {f"request/{name}": Attempt(400, CODES.get(name, "invalid_credential_request")) for name in REQUESTS}
    made |= {f"access/{name}": Attempt(401, "invalid_token") for name in ACCESS}
    return Attempts({**made, **{name.replace("__", "/"): attempt for name, attempt in changes.items()}})


def records() -> dict[str, Any]:
    return {"issuer_metadata": METADATA, "nonces": NONCES, "issuance": attempts(), "issued": ISSUED}
