"""What is seen of a credential issuer. No verdict words; no token, code or credential."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Configuration:
    """One entry of `credential_configurations_supported`. type: `vct` or `doctype`. proof_types: with algorithms."""

    format: str
    type: str
    proof_types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    binding_methods: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class IssuerMetadata:
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
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Nonces:
    """The answer of the nonce endpoint. length: characters of the nonce."""

    status: int
    media_type: str
    cache_control: str
    has_nonce: bool
    length: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request for a credential. credential: whether one came. error: the code. trouble: `reason: detail`.

    inapplicable: why the request means nothing here, empty where it does.
    """

    status: int = 0
    error: str = ""
    credential: bool = False
    trouble: str = ""
    inapplicable: str = ""


@dataclass(frozen=True, slots=True)
class Attempts:
    """Requests by what is wrong with each; `control-before` and `control-after` are right."""

    attempts: Mapping[str, Attempt]


@dataclass(frozen=True, slots=True)
class Issued:
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
