"""What is seen of a credential issuer. No verdict words; no token, code or credential."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class Configuration(Struct, frozen=True):
    """One entry of `credential_configurations_supported`. type: `vct` or `doctype`. proof_types: with algorithms.

    attested: whether it asks for key attestations.
    """

    format: str
    type: str
    proof_types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    binding_methods: tuple[str, ...] = ()
    scope: str = ""
    attested: bool = False
    trouble: str = ""


class IssuerMetadata(Struct, frozen=True):
    """The issuer's metadata as served.

    url: where it was asked for. expected: the identifier that the manifest names. endpoints: those members that are
    URLs, by name. configurations: by id. trouble: what keeps the answer from being metadata, empty where it is.
    """

    url: str
    expected: str
    status: int
    media_type: str
    issuer: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    authorization_servers: tuple[str, ...] = ()
    configurations: Mapping[str, Configuration] = field(default_factory=dict)
    configuration_count: int = 0
    batch_size: int = 0
    trouble: str = ""


class SignedMetadata(Struct, frozen=True):
    """What is served to who asks for `application/jwt`. Times are seconds relative to now; None where absent.

    offered: whether it was that media type. chain: whether `x5c` holds a certificate; verified: whether the signature
    is by its key. subject: `sub`. differing: members that the unsigned metadata has otherwise, by name. trouble: what
    keeps it from being a JWT.
    """

    media_type: str
    status: int
    offered: bool = False
    typ: str = ""
    alg: str = ""
    chain: bool = False
    verified: bool = False
    subject: str = ""
    expected: str = ""
    issued_at: int | None = None
    expires: int | None = None
    differing: tuple[str, ...] = ()
    trouble: str = ""


class Nonces(Struct, frozen=True):
    """The answer of the nonce endpoint. length: characters of the nonce."""

    status: int
    media_type: str
    cache_control: str
    has_nonce: bool
    length: int


class Attempt(Struct, frozen=True):
    """One request for a credential. credential: whether one came. error: the code. trouble: `reason: detail`.

    inapplicable: why the request means nothing here, empty where it does. untested: `reason: detail`, likewise, where
    something that it needs is not to be had.
    """

    status: int = 0
    error: str = ""
    credential: bool = False
    trouble: str = ""
    inapplicable: str = ""
    untested: str = ""


class Attempts(Struct, frozen=True):
    """Requests by what is wrong with each; `control-before` and `control-after` are right."""

    attempts: Mapping[str, Attempt]


class Issued(Struct, frozen=True):
    """What a credential is, as facts. Times are seconds relative to the moment of issuing; None where absent.

    verified: whether the signature is one by a key of the issuer; key_source: where that key was found. bound: whether
    `cnf` holds the key that signed the proof. private_members: of `cnf.jwk`. salts: the shortest, in octets of its
    text as base64url where it is such. unreferenced: Disclosures that no digest leads to. hidden: names of claims in
    Disclosures that must be in clear.
    """

    format: str
    typ: str = ""
    alg: str = ""
    verified: bool = False
    key_source: str = ""
    issuer: str = ""
    type: str = ""
    expected_type: str = ""
    bound: bool = False
    private_members: tuple[str, ...] = ()
    issued_at: int | None = None
    expires: int | None = None
    disclosures: int = 0
    shortest_salt: int | None = None
    unreferenced: int = 0
    hidden: tuple[str, ...] = ()
    trouble: str = ""


class Exchange(Struct, frozen=True):
    """One request to the authorization server. token: whether an access token came; pushed: whether a request_uri."""

    status: int = 0
    error: str = ""
    token: bool = False
    pushed: bool = False
    trouble: str = ""


class Codes(Struct, frozen=True):
    """What became of offers' codes.

    again: the same code once more, after it gave a token. transaction: whether offers have a transaction code. wrong:
    a second offer's code with wrong transaction codes, in this order; after: then with the right one. lacking: what
    the manifest has not, so that nothing was tried with transaction codes.
    """

    again: Exchange
    transaction: bool = False
    wrong: tuple[Exchange, ...] = ()
    after: Exchange | None = None
    lacking: str = ""


class Attestations(Struct, frozen=True):
    """Requests by what is wrong with an attestation: `key/...` of the proof's key, `wallet/...` of the wallet.

    A wallet's `credential` says that it was taken: the code that nobody gave was looked at. offered: `key` or `wallet`
    -> what the metadata says of such attestations. lacking: what to add to the manifest, where it has not all of them.
    """

    attempts: Mapping[str, Attempt] = field(default_factory=dict)
    offered: Mapping[str, str] = field(default_factory=dict)
    lacking: str = ""


class AuthorizationFlow(Struct, frozen=True):
    """The authorization-code flow as the authorization server offers and answers it.

    grants, challenges, dpop, par: of its metadata. unscoped: configurations without a scope. pushed: requests that were
    pushed, by what is wrong with each; `right` is right. led_to: where the right one led: `callback` with a code,
    `page`, `error`. token_type: of the token for that code. lacking: what the manifest has not.
    """

    grants: tuple[str, ...]
    challenges: tuple[str, ...] = ()
    dpop: tuple[str, ...] = ()
    par: bool = False
    unscoped: tuple[str, ...] = ()
    pushed: Mapping[str, Exchange] = field(default_factory=dict)
    led_to: str = ""
    token_type: str = ""
    lacking: str = ""


class Batch(Struct, frozen=True):
    """Credentials that came for several proofs at once.

    size: `batch_size` of the metadata, 0 where there is none. proofs: how many were sent, each by a key of its own.
    keys: how many different ones of these are in the credentials' `cnf`. salts, repeated_salts: of all Disclosures.
    statuses: credentials that name a place in a status list; places: how many different ones. trouble: why a
    credential could not be read.
    """

    size: int
    proofs: int = 0
    status: int = 0
    credentials: int = 0
    keys: int = 0
    salts: int = 0
    repeated_salts: int = 0
    statuses: int = 0
    places: int = 0
    trouble: str = ""


class StatusList(Struct, frozen=True):
    """The status list that an issued credential names. Times in seconds, `expires` relative to now; None where absent.

    named: whether the credential names one. personal: whether a second credential names the same address but for its
    query or fragment. readable: whether scripts of any page may read it. entries: how many places it has.
    """

    named: bool = False
    personal: bool = False
    status: int = 0
    media_type: str = ""
    readable: bool = False
    bits: int = 0
    entries: int = 0
    ttl: int | None = None
    expires: int | None = None
    trouble: str = ""


class Mdoc(Struct, frozen=True):
    """The items of an issued mdoc.

    offered: configurations of that format. shortest_random: octets. tags: element -> its CBOR tag, or the name of its
    type, for elements that are dates or pictures by their name. lacking: what the manifest has not.
    """

    offered: tuple[str, ...] = ()
    doctype: str = ""
    items: int = 0
    shortest_random: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""
    lacking: str = ""
