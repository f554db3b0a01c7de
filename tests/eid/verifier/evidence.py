"""Evidence of a conforming credential verifier, made by hand: judges' tests change one thing in it."""

from __future__ import annotations

from typing import Any

from conformance.core.model import Service
from conformance.eid.verifier.asks import TWICE, UNWANTED, WRONG
from conformance.eid.verifier.evidence import Presentations, RequestFacts, Shown

REQUEST = RequestFacts(
    "application/oauth-authz-req+jwt",
    typ="oauth-authz-req+jwt",
    alg="ES256",
    prefix="x509_hash",
    hash_matches=True,
    verified=True,
    same_client=True,
    response_type="vp_token",
    response_mode="direct_post.jwt",
    response_uri="https://verifier.example/response",
    audience="https://self-issued.me/v2",
    nonce_octets=16,
    fresh=True,
    asked=("address/country", "family_name"),
    encryption_key=True,
    fresh_key=True,
)
SERVICE = Service("verifier", "credential-verifier", settings={"needed": ["family_name", "address"]})
ACCEPTED, REFUSED = Shown(200, accepted=True), Shown(400)


def presentations(**changes: Shown) -> Presentations:
    made = {"control-before": ACCEPTED, "control-after": ACCEPTED}
    made[TWICE] = Shown(200, accepted=True, again=400)
    made |= {f"wrong/{name}": REFUSED for name in WRONG} | {f"unwanted/{name}": REFUSED for name in UNWANTED}
    return Presentations({**made, **{name.replace("__", "/"): shown for name, shown in changes.items()}})


def records() -> dict[str, Any]:
    return {"vp_request": REQUEST, "presentations": presentations()}
