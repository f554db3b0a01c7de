"""What can be seen of an OpenID provider: frozen records, no verdict words, no token, no code, no password.

A `Trial` is what came of one attempt that differs from its control in exactly one thing. Whether a refusal means
anything depends on the control: the same attempt without the change, in the same run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, field

from conformance.core.model import NotApplicable, NotTested, Reason, Undecided, Untested

Outcome = Literal["granted", "refused", "undecided", "untested", "absent"]


class Step(Struct, frozen=True):
    """One hop of the user agent. sent: names of the form fields that were posted, no values.

    url, location: origin, path and the names of the parameters, with the values of harmless ones. page: header fields
    of a page that was shown (`cache-control`, `x-frame-options`, ...). is_page: HTML that the user sees.
    """

    method: str
    url: str
    status: int
    location: str = ""
    sent: tuple[str, ...] = ()
    page: tuple[tuple[str, str], ...] = ()
    is_page: bool = False


class Trial(Struct, frozen=True):
    """What came of one attempt.

    outcome: `granted` what it asked for (a code, a token, the data) reached us; `refused`; `undecided` with `reason`, a
    member of Reason; `untested` with `reason`, a member of NotTested; `absent`: the option is not offered, `detail`
    says what shows it.
    stage: where it ended: `tls`, `par`, `authorization`, `callback`, `token`, `userinfo`, `revocation`, ...
    status: of that answer. error: its OAuth error code where it is one. controlled: the attempt without the change was
    granted in this run. steps: the hops of the user agent.
    """

    outcome: Outcome
    stage: str = ""
    status: int = 0
    error: str = ""
    reason: str = ""
    detail: str = ""
    controlled: bool = False
    steps: tuple[Step, ...] = ()

    @property
    def granted(self) -> bool:
        """Whether the attempt got what it asked for.

        Raises:
            Undecided, Untested, NotApplicable: it says nothing about that; a refusal without control among them.
        """
        if self.outcome == "undecided":
            raise Undecided(Reason(self.reason), self.detail)
        if self.outcome == "untested":
            raise Untested(NotTested(self.reason), self.detail)
        if self.outcome == "absent":
            raise NotApplicable(self.detail)
        if self.outcome == "refused" and not self.controlled:
            raise Undecided(Reason.CONTROL_FAILED, "the same attempt without the change was not granted")
        return self.outcome == "granted"

    @property
    def summary(self) -> str:
        """The answer in a few words, for a violation's `observed`."""
        return " ".join(part for part in (self.stage, str(self.status or ""), self.error, self.detail) if part)


Trials = Mapping[str, Trial]
Troubles = Mapping[str, tuple[str, str]]
"""What could not be seen of a record: detail of the ask -> (a member of Reason or NotTested, why)."""


class Place(Struct, frozen=True):
    """What one endpoint answers to an empty request of its own method. scheme: of its URL."""

    url: str
    scheme: str
    method: str
    status: int = 0
    reason: str = ""
    detail: str = ""


class Discovery(Struct, frozen=True):
    """The metadata at `{issuer}/.well-known/openid-configuration`.

    issuer: as the manifest has it. status, media_type: of the first answer. redirects: hops before the document.
    metadata: the members as read, lists bounded. problem: why there is no document (a reason and its detail).
    oauth_status: of the location of RFC 8414, 0 where not asked for; oauth_differs: members with another value there.
    places: by the metadata's member. grants: grant types that were tried although not advertised.
    jwks_algorithms: what the published keys can be used with.
    """

    issuer: str
    url: str
    status: int
    media_type: str
    redirects: int
    metadata: Mapping[str, Any]
    problem: tuple[str, str] | None = None
    oauth_status: int = 0
    oauth_differs: tuple[str, ...] = ()
    oauth_problem: tuple[str, str] | None = None
    places: Mapping[str, Place] = field(default_factory=dict)
    trials: Trials = field(default_factory=dict)
    troubles: Troubles = field(default_factory=dict)


class KeyFacts(Struct, frozen=True):
    """One published key, by integers and names, before any library reads it. key_type: its `kty`.

    private: names of members that must never be published. bits: of an RSA modulus or the curve. exponent: `small`,
    `even` or `ok`. on_curve: of an EC point; None for other types. certificate: what is wrong with x5c, empty where
    nothing is, `absent` where there is none.
    """

    key_type: str
    kid: str | None
    use: str = ""
    alg: str = ""
    crv: str = ""
    bits: int = 0
    exponent: str = ""
    on_curve: bool | None = None
    private: tuple[str, ...] = ()
    certificate: str = "absent"
    certificate_sha256: str = ""
    readable: str = ""


class Jwks(Struct, frozen=True):
    """The key set at `jwks_uri`. keys: the first 200 of `count`. metadata_private: private members in metadata."""

    url: str
    scheme: str
    status: int
    media_type: str
    cache_control: str
    count: int
    keys: tuple[KeyFacts, ...]
    problem: tuple[str, str] | None = None
    metadata_private: tuple[str, ...] = ()


class Par(Struct, frozen=True):
    """Pushed authorization requests (RFC 9126). status, expires_in, cache_control: of a good push.

    offered: the metadata has the endpoint. integer: `expires_in` is one. has_uri: there is a request_uri.
    """

    offered: bool = True
    status: int = 0
    error: str = ""
    expires_in: float = 0
    integer: bool = False
    has_uri: bool = False
    cache_control: str = ""
    media_type: str = ""
    trials: Trials = field(default_factory=dict)
    troubles: Troubles = field(default_factory=dict)


class Answered(Struct, frozen=True):
    """An authorization response as it reached the redirect URI.

    iss: absent, or the value; state: `same`, `absent`, `other`; sent_state: whether one was sent.
    """

    error: str = ""
    has_code: bool = False
    iss: str | None = None
    state: Literal["same", "absent", "other"] = "absent"
    sent_state: bool = True


class Authorization(Struct, frozen=True):
    """The authorization endpoint. answers: by the name of the attempt (`plain`, `long-state`, `no-state`, ...).

    steps: of the first login. leaks: what appears in a URL or page of it that must not, `where: what`.
    credential_redirects: statuses of redirects that answered a post of login fields.
    page_fields: header fields of the login pages, by the field, one value a page.
    allow_origin: the CORS fields of an answer to a foreign Origin.
    reauthenticated: by `prompt` and `max_age`: whether credentials were asked for again; auth_time_moved: whether the
    ID token's auth_time is later, None where either has none.
    """

    answers: Mapping[str, Answered] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    leaks: tuple[str, ...] = ()
    credential_redirects: tuple[int, ...] = ()
    pages: int = 0
    page_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    allow_origin: tuple[str, ...] | None = None
    reauthenticated: Mapping[str, bool] = field(default_factory=dict)
    auth_time_moved: Mapping[str, bool | None] = field(default_factory=dict)
    nonce_echoed: bool | None = None
    trials: Trials = field(default_factory=dict)
    troubles: Troubles = field(default_factory=dict)


class ClientAuthentication(Struct, frozen=True):
    """How clients authenticate. method: the client's. trials: each a mutation of the client's assertion."""

    method: str = ""
    trials: Trials = field(default_factory=dict)
    troubles: Troubles = field(default_factory=dict)


class TokenAnswer(Struct, frozen=True):
    """A token response. fields: names of its members. scalar: `expires_in` as sent, -1 where it is no number."""

    status: int
    media_type: str
    cache_control: str
    fields: tuple[str, ...]
    token_type: str = ""
    expires_in: float = -1
    error: str = ""
    www_authenticate: bool = False
    is_json: bool = False
    sent_authorization: bool = False


class AccessTokens(Struct, frozen=True):
    """Facts of values that were issued in the run. kind -> how many, the shortest, bits by alphabet and length, and how
    many were issued twice. jwt: header `typ` and names of the claims of a JWT access token, `aud` values.
    """

    issued: Mapping[str, tuple[int, int, int, int]] = field(default_factory=dict)
    jwt: bool = False
    jwt_typ: str = ""
    jwt_claims: tuple[str, ...] = ()
    jwt_audience: tuple[str, ...] = ()


class Token(Struct, frozen=True):
    """The token endpoint. answer: to a good request. errors: answers to bad ones, by trial. parallel: (asked, granted)
    of flows in the same second. in_url: whether a token appeared in a URL.
    """

    answer: TokenAnswer | None = None
    errors: Mapping[str, TokenAnswer] = field(default_factory=dict)
    parallel: tuple[int, int] = (0, 0)
    parallel_detail: str = ""
    values: AccessTokens = field(default_factory=AccessTokens)
    in_url: bool = False
    trials: Trials = field(default_factory=dict)
    troubles: Troubles = field(default_factory=dict)


class Dpop(Struct, frozen=True):
    """What tokens are bound by: proofs of possession (RFC 9449), or a certificate (RFC 8705 section 3). absent: what
    shows that they are not. bound: the thumbprint in the token or its introspection is our key's or certificate's; None
    where neither can be read. challenged: a nonce was asked for; retried: the same code was then redeemed.
    """

    absent: str = ""
    by_certificate: bool = False
    token_type: str = ""
    bound: bool | None = None
    challenged: bool = False
    retried: bool = False
    trials: Trials = field(default_factory=dict)
    troubles: Troubles = field(default_factory=dict)


class IdTokenFacts(Struct, frozen=True):
    """One ID token, its signature verified by us. Claims that name a person are facts here, not values.

    alg, kid: of the JWS header. verified: by the published key that kid selects; trouble: why not.
    encrypted, jwe_alg, jwe_enc, jwe_cty: of the JWE around it. audience_contains: our client_id; audience_count.
    lifetime_seconds: exp - iat; age_seconds: observation time - iat; expires_in_seconds: exp - observation time.
    nonce: `same`, `absent`, `other`. not_integers: NumericDate claims that are none. at_hash: None where absent.
    sub_length, sub_ascii, sub_pattern: the name of the national number pattern that sub matches.
    """

    alg: str
    kid: str | None
    verified: bool
    trouble: str = ""
    encrypted: bool = False
    jwe_alg: str = ""
    jwe_enc: str = ""
    jwe_cty: str = ""
    iss: str = ""
    missing: tuple[str, ...] = ()
    audience_contains: bool = False
    audience_count: int = 0
    azp: Literal["same", "absent", "other"] = "absent"
    lifetime_seconds: float = 0
    age_seconds: float = 0
    expires_in_seconds: float = 0
    nonce: Literal["same", "absent", "other"] = "absent"
    sent_nonce: bool = True
    not_integers: tuple[str, ...] = ()
    auth_time: float | None = None
    auth_time_after_iat: bool = False
    at_hash: bool | None = None
    sub_length: int = 0
    sub_ascii: bool = False
    sub_pattern: str = ""
    acr: str | None = None
    amr: tuple[str, ...] | None = None


class IdToken(Struct, frozen=True):
    """ID tokens by attempt (`plain`, `no-nonce`, ...). registered_alg, registered_encryption: as the manifest says.

    stable_sub: the same in two logins of the same user, None where there was one. advertised: by the metadata.
    """

    tokens: Mapping[str, IdTokenFacts] = field(default_factory=dict)
    registered_alg: str = ""
    registered_encryption: tuple[str, str] = ("", "")
    advertised: tuple[str, ...] = ()
    stable_sub: bool | None = None
    trials: Trials = field(default_factory=dict)
    troubles: Troubles = field(default_factory=dict)


class Levels(Struct, frozen=True):
    """What the provider advertises and what the country's signed map says of it.

    advertised: `acr_values_supported`, None where absent. levels: acr value -> the levels that the map has for it, one
    an entry. factors: values that the map calls factors. problem: why there is no usable map.
    """

    advertised: tuple[str, ...] | None = None
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    factors: tuple[str, ...] = ()
    problem: tuple[str, str] | None = None


class Assurance(Struct, frozen=True):
    """Levels of assurance asked for. requested: the acr value. answers: by how it was asked for (`acr_values`,
    `essential`): the acr that came back, empty where none. auth_time, amr: whether they came on request.
    verified_claims: members that were seen in `verified_claims`, None where it is not advertised.
    """

    requested: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    auth_time: bool | None = None
    amr: bool | None = None
    verified_claims: tuple[str, ...] | None = None
    trials: Trials = field(default_factory=dict)
    troubles: Troubles = field(default_factory=dict)


class TrustEntry(Struct, frozen=True):
    """What the country's list says of the issuer. days_left: of the list's validity at observation time."""

    problem: tuple[str, str] | None = None
    listed: bool = False
    status: str = ""
    jwks_host: str = ""
    jwks_host_listed: bool = False
    unlisted_certificates: tuple[str, ...] = ()
    certificates_named: int = 0
    service_begins_in_days: float = 0
    service_ends_in_days: float = 0
    sequence: int = 0


class UserInfo(Struct, frozen=True):
    """The UserInfo endpoint. answer: to a good request: status, media type. signed: JWT, with what it holds.

    same_sub: as the ID token's. claims: names returned; minimal: names returned for scope `openid` alone.
    shapes: claims whose value is not as it should be, `name: what`. absent: what shows that there is no endpoint.
    """

    absent: str = ""
    status: int = 0
    media_type: str = ""
    same_sub: bool | None = None
    jwt: bool = False
    jwt_problem: str = ""
    jwt_missing: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    minimal: tuple[str, ...] | None = None
    shapes: tuple[str, ...] = ()
    challenge: Mapping[str, str] = field(default_factory=dict)
    trials: Trials = field(default_factory=dict)
    troubles: Troubles = field(default_factory=dict)


class Refresh(Struct, frozen=True):
    """Refresh tokens. absent: what shows that none are issued. rotated: a new one came with each use."""

    absent: str = ""
    rotated: bool = False
    trials: Trials = field(default_factory=dict)
    troubles: Troubles = field(default_factory=dict)


class Revocation(Struct, frozen=True):
    """Revocation (RFC 7009). status_own, status_unknown: answers for our own and an unknown token."""

    absent: str = ""
    status_own: int = 0
    status_unknown: int = 0
    trials: Trials = field(default_factory=dict)
    troubles: Troubles = field(default_factory=dict)


class Introspection(Struct, frozen=True):
    """Introspection (RFC 7662). active_own, active_junk: what it says of our token and of junk. cnf: whether it names
    what our token is bound to, as the member `expected` of cnf; expects_cnf: it is bound. refused_unauthenticated: how
    TLS refused a request without authentication, so that there is no status.

    disclosed: members beside `active` that an unrelated client is told.
    """

    absent: str = ""
    active_own: bool | None = None
    active_junk: bool | None = None
    status_unauthenticated: int = 0
    refused_unauthenticated: str = ""
    cnf: bool | None = None
    expects_cnf: bool = False
    expected: str = "jkt"
    disclosed: tuple[str, ...] | None = None
    troubles: Troubles = field(default_factory=dict)


class Cors(Struct, frozen=True):
    """What endpoints answer to a foreign Origin: endpoint -> (allow-origin, allow-credentials)."""

    answers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    troubles: Troubles = field(default_factory=dict)


class Mishap(Struct, frozen=True):
    """The answer to one malformed request. marks: what it shows that it must not (`stack trace`, `form to ORIGIN`)."""

    status: int
    marks: tuple[str, ...] = ()
    reason: str = ""
    detail: str = ""


class Robustness(Struct, frozen=True):
    """Malformed requests. answers: by what was malformed."""

    answers: Mapping[str, Mishap] = field(default_factory=dict)
    troubles: Troubles = field(default_factory=dict)
