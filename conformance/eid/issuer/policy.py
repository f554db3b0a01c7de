"""What the sandbox's credential issuer does wrong, by name."""

from __future__ import annotations

from collections.abc import Mapping

FAULTS: Mapping[str, str] = {
    "vci-other-issuer": "its metadata names another credential_issuer",
    "vci-old-format": "offers the format vc+sd-jwt",
    "vci-html": "serves its metadata as HTML",
    "vci-nonce-stored": "lets nonces be stored",
    "vci-nonce-misnamed": "calls its nonce by another name",
    "vci-no-proof": "issues without a proof",
    "vci-nonce-ignored": "does not look at the nonce of a proof",
    "vci-aud-ignored": "does not look at the aud of a proof",
    "vci-typ-ignored": "does not look at the typ of a proof",
    "vci-none": "takes alg none for a signature of a proof",
    "vci-signature-ignored": "does not look at the signature of a proof",
    "vci-private-jwk": "takes a private key in a proof",
    "vci-proof-500": "breaks on a wrong proof",
    "vci-any-configuration": "issues whatever the configuration is called",
    "vci-wrong-code": "refuses wrong requests with a code of its own",
    "vci-no-token": "issues without an access token",
    "vci-query-token": "takes an access token from the URL",
    "vci-any-token": "takes any access token",
    "vci-bearer-downgrade": "takes tokens that are bound to a key without a proof",
    "vci-forged": "signs with another key than it publishes",
    "vci-other-type": "issues another vct than the configuration says",
    "vci-unbound": "binds the credential to another key",
    "vci-expired": "issues credentials that have expired",
    "vci-hidden-exp": "puts exp into a Disclosure",
    "vci-private-cnf": "puts a private key into cnf",
    "vci-short-salt": "salts Disclosures with eight octets",
    # the authorization-code flow
    "vci-no-code-flow": "offers no authorization-code flow",
    "vci-no-par": "takes no pushed authorization requests",
    "vci-no-s256": "offers no S256",
    "vci-no-dpop": "offers no DPoP",
    "vci-no-scope": "names no scope for its configurations",
    "vci-no-pkce": "takes a pushed request without a code challenge",
    "vci-plain-pkce": "takes a pushed request with a plain code challenge",
    "vci-authorize-fails": "does not know the requests that were pushed",
    "vci-bearer-token": "gives a bearer token to who proves a key",
    # offers
    "vci-code-again": "redeems an offer's code as often as it comes",
    "vci-code-error": "refuses codes with an error code that does not fit",
    "vci-tx-ignored": "does not look at the transaction code",
    "vci-tx-tries": "lets a transaction code be tried as often as one likes",
    # signed metadata
    "vci-signed-forged": "signs its metadata with another key than its certificate's",
    "vci-signed-typ": "calls its signed metadata a JWT",
    "vci-signed-subject": "signs metadata for another issuer",
    "vci-signed-expired": "serves signed metadata that has expired",
    "vci-signed-otherwise": "says otherwise in its signed metadata",
    # proofs, encryption, attestations
    "vci-past-proof": "takes a proof of yesterday",
    "vci-future-proof": "takes a proof of tomorrow",
    "vci-nonce-lasts": "takes a nonce however old it is",
    "vci-encryption-ignored": "answers in clear who asks for an encrypted response",
}
