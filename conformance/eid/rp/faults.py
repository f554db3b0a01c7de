"""The named faults of the sandbox's relying party: each leaves out one check, or does one thing wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FAULTS: Final[Mapping[str, str]] = {
    "rp-metadata-issuer": "takes metadata whatever issuer they name",
    "rp-response-issuer": "takes an authorization response whatever iss it names",
    "rp-response-issuer-optional": "takes an authorization response without iss",
    "rp-state": "takes an authorization response with any state",
    "rp-state-optional": "takes an authorization response without state",
    "rp-plain-challenge": "sends the challenge method plain",
    "rp-no-challenge": "sends no code challenge",
    "rp-state-constant": "sends the same state each time",
    "rp-nonce-constant": "sends the same nonce each time",
    "rp-iss": "takes an ID token of any issuer",
    "rp-iss-optional": "takes an ID token without iss",
    "rp-aud": "takes an ID token for any client",
    "rp-aud-optional": "takes an ID token without aud",
    "rp-more-audiences": "takes an ID token with audiences that it does not know",
    "rp-azp": "takes an ID token with any azp",
    "rp-exp": "takes an ID token that has expired",
    "rp-exp-optional": "takes an ID token without exp",
    "rp-iat-optional": "takes an ID token without iat",
    "rp-sub-optional": "takes an ID token without sub",
    "rp-iat-future": "takes an ID token from the future",
    "rp-nbf": "takes an ID token before it is valid",
    "rp-nonce": "takes an ID token with any nonce",
    "rp-nonce-optional": "takes an ID token without nonce",
    "rp-alg-none": "takes an ID token that is not signed",
    "rp-signature": "does not verify signatures",
    "rp-hmac-public-key": "verifies HS256 with the public key",
    "rp-hmac-client-secret": "verifies HS256 with its client secret",
    "rp-any-algorithm": "takes an algorithm that was not agreed",
    "rp-embedded-key": "verifies with a key from the token's header",
    "rp-crit": "passes over critical header parameters",
    "rp-kid": "takes any published key where none has the kid",
    "rp-keys-never-refreshed": "fetches the keys once and never again",
    "rp-keys-refreshed-without-end": "fetches the keys again and again for an unknown kid",
    "rp-odd-key": "gives up on a key set that has a key of an unknown type",
    "rp-at-hash": "does not compare at_hash",
    "rp-userinfo-subject": "uses UserInfo of any subject",
    "rp-acr": "takes an ID token of a lower level than it asked for",
    "rp-long-subject": "ends the connection on a long subject",
    "rp-large-key-set": "ends the connection on a large key set",
    "rp-follows-without-end": "follows redirects of jwks_uri without end",
    "rp-waits-for-ever": "waits for a token response without end",
}
"""Name -> what it does."""
