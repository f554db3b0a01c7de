"""What is seen of a credential verifier. No verdict words; no nonce, key or presentation."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class RequestFacts(Struct, frozen=True):
    """One authorization request, as facts.

    media_type: of the request object. prefix: of `client_id`, such as `x509_hash`. hash_matches: whether the rest of
    `client_id` is the SHA-256 of the leaf certificate, or names it. verified: whether the signature is by that
    certificate. same_client: whether the reference names the same client. nonce_octets: of the nonce, decoded where it
    is base64url. fresh: whether a second request has another nonce. query: what is wrong with `dcql_query`, empty
    where nothing is. asked: the claims that it asks for, their paths with slashes, `*` for any element of a list.
    encryption_key: whether `client_metadata` has a key to encrypt to; fresh_key: whether a second request has another.
    trouble: what keeps it from being a request.
    """

    media_type: str
    typ: str = ""
    alg: str = ""
    prefix: str = ""
    hash_matches: bool = False
    verified: bool = False
    same_client: bool = False
    response_type: str = ""
    response_mode: str = ""
    response_uri: str = ""
    audience: str = ""
    nonce_octets: int = 0
    fresh: bool = False
    query: str = ""
    asked: tuple[str, ...] = ()
    encryption_key: bool = False
    fresh_key: bool = False
    trouble: str = ""


class Shown(Struct, frozen=True):
    """What came of one presentation. accepted: whether the marker was seen. status: of the answer to the response.

    again: of the answer to the same response once more, 0 where it was not sent. trouble: `reason: detail` where it
    could not be shown or seen.
    """

    status: int = 0
    accepted: bool = False
    again: int = 0
    trouble: str = ""


class Presentations(Struct, frozen=True):
    """Presentations by what is wrong with each; `control-before` and `control-after` are right."""

    shown: Mapping[str, Shown]
