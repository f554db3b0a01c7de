"""What the sandbox's OpenID provider does: a conforming policy, and every named fault as one change of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from conformance.eid.trust import LEVEL_URI

SUBSTANTIAL, HIGH, LOW = f"{LEVEL_URI}substantial", f"{LEVEL_URI}high", f"{LEVEL_URI}low"
HIGH_PLUS, UNMAPPED, FACTOR = (
    f"{LEVEL_URI}high-plus",
    f"{LEVEL_URI}unmapped",
    "tag:conformance.example,2026:e-id:factor:otp",
)
ABSENT: Final = None
"""In `metadata`: the member is left out."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One provider. The defaults conform to both tiers.

    metadata: members that differ from what the provider does, or are absent. quirks: names of faults that the server
    knows. encrypted: ID tokens are signed and encrypted, UserInfo is signed. nonces: DPoP proofs at the token endpoint
    need one. high: PAR, private_key_jwt and DPoP; otherwise none of the three. certificates: how clients authenticate
    whose tokens are bound to their certificate, in place of private_key_jwt and DPoP. slow: the manifest waits for
    expiry.
    """

    high: bool = True
    certificates: str = ""
    encrypted: bool = False
    nonces: bool = True
    slow: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    quirks: frozenset[str] = frozenset()

    @property
    def dpop(self) -> bool:
        """Whether tokens are bound by DPoP."""
        return self.high and not self.certificates and "tokens-never-bound" not in self.quirks


@dataclass(frozen=True, slots=True)
class Fault:
    """A named change of a policy. metadata: members changed; list members are added where the value is a tuple."""

    name: str
    description: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


_PUBLISHED: Final[tuple[tuple[str, str, Mapping[str, Any]], ...]] = (
    ("issuer-with-slash", "names its issuer with a slash added", {"issuer": "{issuer}/"}),
    ("missing-endpoint", "advertises an endpoint that is not there", {"end_session_endpoint": "{issuer}/nowhere"}),
    ("no-code-type", "advertises no response type code", {"response_types_supported": ["none"]}),
    ("unregistered-grant", "advertises a grant type that is not registered", {"grant_types_supported": ("implied",)}),
    ("advertises-plain", "advertises the challenge method plain", {"code_challenge_methods_supported": ("plain",)}),
    ("no-iss-promised", "does not promise iss", {"authorization_response_iss_parameter_supported": ABSENT}),
    ("push-not-required", "does not require pushing", {"require_pushed_authorization_requests": False}),
    (
        "advertises-secrets",
        "advertises client_secret_basic",
        {"token_endpoint_auth_methods_supported": ("client_secret_basic",)},
    ),
    ("advertises-none", "advertises alg none", {"id_token_signing_alg_values_supported": ("none",)}),
    (
        "algorithm-without-key",
        "advertises an algorithm without a key",
        {"id_token_signing_alg_values_supported": ("EdDSA",)},
    ),
    ("unmapped-level", "advertises an acr that the map has not", {"acr_values_supported": (UNMAPPED,)}),
    ("factor-as-level", "advertises a factor as acr", {"acr_values_supported": (FACTOR,)}),
    ("no-birthdate", "offers no birthdate", {"claims_supported": ["sub", "family_name", "given_name", "acr"]}),
    ("no-pairwise", "offers public subjects alone", {"subject_types_supported": ["public"]}),
    ("no-verified-claims", "offers no verified_claims", {"verified_claims_supported": ABSENT}),
)

_SERVED: Final[tuple[tuple[str, str], ...]] = (
    ("metadata-as-text", "serves metadata as text/plain"),
    ("no-oauth-metadata", "has nothing at the location of RFC 8414"),
    ("grants-client-credentials", "grants client_credentials, which it does not advertise"),
    ("jwks-as-html", "serves keys as text/html"),
    ("private-member", "publishes a private member"),
    ("kid-twice", "publishes two keys whose kid differ in case alone"),
    ("weak-rsa", "publishes an RSA key of 1,024 bits"),
    ("key-without-use", "publishes a key without use and alg"),
    ("keys-uncached", "forbids to cache its keys"),
    ("push-answers-200", "answers a push with 200"),
    ("push-without-authentication", "takes a push without authentication"),
    ("accepts-unpushed", "takes a request that was not pushed"),
    ("request-uri-inside", "takes a request_uri inside a push"),
    ("request-uri-not-bound", "takes a request_uri from another client"),
    ("request-uri-reusable", "takes a request_uri after it brought a code"),
    ("request-uri-consumed-early", "forgets a request_uri at the first visit"),
    ("request-uri-never-expires", "takes a request_uri that has expired"),
    ("accepts-plain", "takes the challenge method plain"),
    ("push-without-redirect-uri", "takes a push without redirect_uri"),
    ("push-by-get", "takes a push by GET"),
    ("assertion-in-redirect", "puts a client assertion into a redirect"),
    ("redirect-uri-prefix", "takes every redirect_uri that begins with the registered one"),
    ("no-iss", "sends no iss"),
    ("state-cut", "cuts state at 256 characters"),
    ("implicit-tokens", "returns tokens in the front channel"),
    ("refusal-without-answer", "ends a refusal with a page"),
    ("prompt-none-shows-page", "shows a page for prompt=none"),
    ("no-reauthentication", "ignores prompt=login and max_age"),
    ("redirects-307", "redirects with 307 after a login"),
    ("redirects-302", "redirects with 302 after a login"),
    ("authorization-cors", "sends a CORS field at the authorization endpoint"),
    ("pages-unprotected", "sends login pages without protection"),
    ("refuses-more-parameters", "refuses parameters that it does not know"),
    ("nonce-cut", "cuts nonce at 32 characters"),
    ("open-redirect", "sends the browser anywhere after a logout"),
    ("issuer-audience-refused", "refuses the issuer as audience at the introspection endpoint"),
    ("audience-unchecked", "does not look at the audience of assertions"),
    ("audience-urls-accepted", "takes endpoint URLs and arrays as audience of assertions"),
    ("unsigned-assertions", "takes assertions with alg none"),
    ("rs256-accepted", "takes assertions signed with RS256"),
    ("expiry-unchecked", "takes assertions that expired, or have no exp"),
    ("subject-unchecked", "does not compare sub and iss of assertions with the client"),
    ("jti-unchecked", "takes assertions without jti, and twice"),
    ("future-assertions", "takes assertions from the future"),
    ("long-lived-assertions", "takes assertions that last a day"),
    ("token-without-authentication", "gives tokens without client authentication"),
    ("code-reusable", "redeems a code twice"),
    ("reuse-not-revoked", "leaves tokens valid whose code was used again"),
    ("code-not-bound", "redeems a code for another client"),
    ("verifier-unchecked", "does not compare the code verifier"),
    ("verifier-without-challenge", "takes requests without challenge and then any verifier"),
    ("redirect-uri-unchecked", "does not compare redirect_uri at the token endpoint"),
    ("long-lived-code", "redeems a code after a minute"),
    ("token-stored", "lets token responses be stored"),
    ("strange-errors", "answers with an error code of its own"),
    ("json-bodies", "takes JSON bodies at the token endpoint"),
    ("password-grant", "takes the resource owner password grant"),
    ("refresh-not-bound", "takes a refresh token from another client"),
    ("short-codes", "issues codes of 8 characters"),
    ("plain-jwt-token", "issues access tokens of typ JWT"),
    ("one-login-at-a-time", "fails when two users log in at once"),
    ("bearer-issued", "gives a token without DPoP proof"),
    ("tokens-never-bound", "offers to bind tokens neither by DPoP nor by certificate"),
    ("token-not-bound", "does not write the key into the token"),
    ("htm-unchecked", "does not compare htm"),
    ("proof-unsigned", "takes proofs with alg none, or a wrong signature"),
    ("two-proofs", "takes two proofs at once"),
    ("proof-age-unchecked", "takes proofs of any age"),
    ("htu-compared-whole", "compares htu with its query"),
    ("bearer-downgrade", "takes bound tokens as bearer tokens"),
    ("proof-key-unchecked", "takes proofs of another key"),
    ("proof-replay", "takes a proof twice"),
    ("dpop-jkt-ignored", "does not bind codes to a key"),
    ("nonce-burns-code", "consumes the code when it asks for a nonce"),
    ("scheme-case-sensitive", "compares the authorization scheme by case"),
    ("id-token-wrong-key", "signs ID tokens with a key that it does not publish"),
    ("id-token-long-lived", "issues ID tokens for two hours"),
    ("invented-nonce", "writes a nonce that was not sent"),
    ("audiences-without-azp", "names two audiences and no azp"),
    ("wrong-at-hash", "writes a wrong at_hash"),
    ("dates-with-fractions", "writes iat with a fraction"),
    ("national-number-subject", "uses a national number as subject"),
    ("encryption-spoiled", "encrypts ID tokens so that they do not decrypt"),
    ("not-encrypted", "sends ID tokens in clear although encryption is registered"),
    ("acr-not-advertised", "returns an acr that it does not advertise"),
    ("lower-level", "returns a lower level than was asked for"),
    ("essential-ignored", "ignores an essential acr that it cannot meet"),
    ("no-amr", "returns no amr on request"),
    ("userinfo-other-subject", "returns another subject from UserInfo"),
    ("no-challenge", "refuses without WWW-Authenticate"),
    ("token-in-query", "takes an access token from the query"),
    ("excess-claims", "returns the profile for the scope openid"),
    ("birthdate-shape", "writes birthdates with slashes"),
    ("userinfo-without-aud", "signs UserInfo without aud"),
    ("revocation-ignored", "answers revocations and does nothing"),
    ("junk-active", "calls any token active"),
    ("introspection-tells-all", "tells unrelated clients of the subject"),
    ("cors-reflects", "lets any origin read with credentials"),
    ("stack-traces", "shows a stack trace for malformed claims"),
    ("missing-alias", "advertises an alias for mutual TLS that is not there"),
    ("any-client-certificate", "takes any trusted certificate for every client"),
    ("expired-certificates", "takes client certificates that have expired"),
    ("name-alone-outside-alias", "takes a client's name for its authentication where it asks for no certificate"),
    ("certificate-optional", "gives a token that is not bound to a client without its certificate"),
    ("certificate-not-named", "does not write the client's certificate into the token"),
    ("bound-token-without-certificate", "takes tokens that are bound to a certificate without it"),
    ("certificate-not-compared", "takes tokens that are bound to a certificate over another"),
    ("binding-hidden", "does not show in introspections what a token is bound to"),
    ("unlisted-jwks-host", "publishes its keys at a host that the trust list has not"),
    ("withdrawn", "is withdrawn on the trust list"),
)
FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    {row[0]: Fault(*row) for row in _PUBLISHED} | {row[0]: Fault(*row) for row in _SERVED}
)
SLOW_FAULTS: Final = frozenset({"request-uri-never-expires", "long-lived-code"})
"""Faults that show only to who waits."""

CERTIFICATE_FAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing-alias": "tls_client_auth",
        "any-client-certificate": "tls_client_auth",
        "expired-certificates": "tls_client_auth",
        "name-alone-outside-alias": "tls_client_auth",
        "certificate-optional": "private_key_jwt",
        "certificate-not-named": "tls_client_auth",
        "bound-token-without-certificate": "tls_client_auth",
        "certificate-not-compared": "tls_client_auth",
    }
)
"""Faults that show only to clients with a certificate -> how those authenticate, where the policy has none."""

GOOD: Final = Policy()
BENIGN: Final[Mapping[str, Policy]] = MappingProxyType(
    {
        "good": GOOD,
        "high": GOOD,
        "encrypted": replace(GOOD, encrypted=True),
        "without-nonces": replace(GOOD, nonces=False),
        "baseline": replace(GOOD, high=False),
        "mtls": replace(GOOD, certificates="tls_client_auth"),
        "mtls-self-signed": replace(GOOD, certificates="self_signed_tls_client_auth"),
        "mtls-bound": replace(GOOD, certificates="private_key_jwt"),
    }
)
"""Conforming providers. `baseline` conforms to the MUSTs of the profile `asean` and has none of FAPI 2.0. Those of
mutual TLS differ in how clients authenticate: by a certificate's subject, by its key, or by an assertion beside it.
"""


def with_faults(policy: Policy, *names: str) -> Policy:
    """The policy with these faults, one upon the other. Raises KeyError: no such fault."""
    for name in names:
        fault = FAULTS[name]
        policy = replace(
            policy,
            metadata={**policy.metadata, **fault.metadata},
            quirks=policy.quirks | {name},
            encrypted=policy.encrypted or name == "encryption-spoiled",
            slow=policy.slow or name in SLOW_FAULTS,
            certificates=policy.certificates or CERTIFICATE_FAULTS.get(name, ""),
        )
    return policy
