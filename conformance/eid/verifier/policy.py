"""What the sandbox's credential verifier does wrong, by name."""

from __future__ import annotations

from collections.abc import Mapping

FAULTS: Mapping[str, str] = {
    "vp-unsigned": "sends its request without a signature",
    "vp-typ": "calls its request object a JWT",
    "vp-forged": "signs its request with another key than its certificate's",
    "vp-other-hash": "names another certificate in client_id",
    "vp-redirect-uri": "is known by its redirect URI",
    "vp-no-audience": "addresses its request to nobody",
    "vp-short-nonce": "has a nonce of eight octets",
    "vp-fixed-nonce": "has the same nonce in every request",
    "vp-bad-query": "asks with a DCQL query without meta",
    "vp-ignores-nonce": "does not look at the key binding's nonce",
    "vp-ignores-audience": "does not look at the key binding's aud",
    "vp-ignores-hash": "does not look at sd_hash",
    "vp-ignores-binding": "does not look at the key binding's signature",
    "vp-ignores-signature": "does not look at the credential's signature",
    "vp-no-binding": "does not mind that key binding is absent",
    "vp-any-type": "takes a credential of another type",
    "vp-any-claims": "does not mind that claims are missing",
    "vp-plain": "asks for responses in clear",
    "vp-no-key": "asks for encrypted responses and names no key",
    "vp-one-key": "has the same key in every request",
    "vp-takes-twice": "takes the same response twice",
    "vp-asks-more": "asks for a birth date that it does not need",
}
