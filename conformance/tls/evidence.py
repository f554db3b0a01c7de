"""What can be seen of a TLS endpoint: frozen records, names as the IANA registries spell them, no verdict words.

An `Answer` is what came back for one ClientHello. Whether it decides anything depends on its control: the observer
sends the same broad control hello before and after all others, and marks the answers between as `controlled` when both
were accepted. A refusal by a server that refuses everything is no evidence, and neither is silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from conformance.core.model import Reason, Undecided

Kind = Literal["accepted", "refused", "closed", "silent", "broken"]


class Answer(Struct, frozen=True, omit_defaults=True):
    """What a server answered to one ClientHello, read in clear up to its last cleartext message.

    Written without its defaults, since most of what is observed are answers, and most of a refusal
    is empty.

    kind: `accepted` a ServerHello, HelloRetryRequest or SSLv2 SERVER-HELLO; `refused` a fatal alert; `closed` the
        stream ended or was reset before any answer; `silent` nothing within the time-out; `broken` anything else.
    version, suite, group, compression, signature_scheme: what was selected, IANA names (`TLSv1.2`, `X25519MLKEM768`,
        `0x1234` where the registry has none); empty where the protocol version does not show it in clear.
    retry: the answer is a HelloRetryRequest.
    extensions: names of the extensions of the ServerHello (or HelloRetryRequest), as sent.
    alpn: the protocol selected in a cleartext ServerHello (TLS 1.2 and below).
    unoffered: what was selected or sent although the hello did not offer it, such as `suite TLS_RSA_WITH_NULL_SHA`.
    random_tail: the last 8 bytes of ServerHello.random, hex (the downgrade sentinel, RFC 9846 section 4.2.3).
    share: SHA-256 of the server's key share or ServerKeyExchange public value, hex: equal only if reused.
    dh_bits: size of the ServerKeyExchange prime p, 0 where there is none.
    chain: SHA-256 of the first 32 certificates sent, hex, leaf first (cleartext Certificate message).
    staple: whether a CertificateStatus message was sent.
    certificate_request: whether a CertificateRequest was sent in clear.
    alert: IANA name of the alert's description (`handshake_failure`).
    reason, detail: for `closed`, `silent` and `broken`: why, and a bounded displayable remark.
    controlled: see above.
    received: the first bytes received, at most 160, as `0x` and hex.
    """

    kind: Kind
    version: str = ""
    suite: str = ""
    group: str = ""
    retry: bool = False
    extensions: tuple[str, ...] = ()
    alpn: str = ""
    compression: str = ""
    signature_scheme: str = ""
    unoffered: tuple[str, ...] = ()
    random_tail: str = ""
    share: str = ""
    dh_bits: int = 0
    chain: tuple[str, ...] = ()
    staple: bool = False
    certificate_request: bool = False
    alert: str = ""
    reason: str = ""
    detail: str = ""
    controlled: bool = False
    received: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the server went on with the hello.

        Raises:
            Undecided: nothing was answered; what was selected was not offered, so that it is no answer to this hello;
                or the answer is no refusal that a control stands behind.
        """
        if self.kind == "accepted":
            foreign = [each for each in self.unoffered if each.startswith(("version ", "suite "))]
            if foreign:
                raise Undecided(Reason.NOT_OBSERVABLE, f"selected what was not offered: {foreign[0]}")
            return True
        if self.kind in ("silent", "broken"):
            raise Undecided(Reason(self.reason or Reason.INTERNAL), self.detail)
        if not self.controlled:
            raise Undecided(Reason.CONTROL_FAILED, "no control hello was accepted before and after")
        return False

    @property
    def outcome(self) -> str:
        """The answer in a few words, for a violation's `observed`."""
        if self.kind == "accepted":
            parts = (self.version, self.suite, self.group, "HelloRetryRequest" if self.retry else "")
            return " ".join(part for part in parts if part)
        if self.kind == "refused":
            return f"alert {self.alert}"
        return " ".join(part for part in (self.kind, self.reason, self.detail) if part)


class Denial(Struct, frozen=True):
    """The answers to a hello that offers only what a requirement forbids.

    answer: the answer to the whole list, or to a longer one that holds it and was refused, or was answered with a suite
    of the list. offenders: what of the list
    the server was seen to accept, each found by striking the last one accepted and asking again, at most 8 times
    (without limit under `--enumerate`); empty where an answer went on with something else than was offered.
    complete: the last question was refused, so `offenders` is the whole list.
    """

    answer: Answer
    offenders: tuple[str, ...] = ()
    complete: bool = True


class Versions(Struct, frozen=True):
    """Key: `SSLv2`, `SSLv3`, `TLSv1.0`, `TLSv1.1`, `TLSv1.2`, `TLSv1.3`, each alone; `TLSv1.3+TLSv1.2`: both."""

    answers: Mapping[str, Answer]


class Tolerance(Struct, frozen=True):
    """Hellos that a conforming server must cope with. Key: a probe of `probes.py`.

    `unknown-version` (0x0305 and GREASE beside 1.3 and 1.2), `grease` (in suites, groups, extensions, versions),
    `large` (3,000 bytes), `split` (two TCP segments), `retry` (TLS 1.3 with an empty key_share).
    unoffered: of every answer in the run, what was selected but not offered, as `probe: suite X`, sorted, 100 at most.
    shares: of every TLS 1.3 ServerHello with a share in the run, (probe, group, SHA-256 of the share).
    """

    answers: Mapping[str, Answer]
    unoffered: tuple[str, ...] = ()
    shares: tuple[tuple[str, str, str], ...] = ()


class Suites(Struct, frozen=True):
    """Cipher suites. denied: by the name of a set in `suites.py` (`null`, `anonymous`, ...). offered: by probe name
    (`aes128gcm12`, `TLS_AES_128_GCM_SHA256`, ...). order: the two picks of the same pair offered in both
    orders, the first perhaps among others. ephemeral: the TLS 1.2 answer to the `dhe` set, with `dh_bits`.
    """

    denied: Mapping[str, Denial] = field(default_factory=dict)
    offered: Mapping[str, Answer] = field(default_factory=dict)
    order: tuple[Answer, Answer] | None = None


class Groups(Struct, frozen=True):
    """Key exchange groups. offered: a TLS 1.3 hello with that group alone and no share (HelloRetryRequest expected).
    small: groups below 224 bits, in a TLS 1.2 hello. preferred: x25519 and X25519MLKEM768 offered, in that order and
    without a share; or where that was not asked, the latter before x25519 and others. denied: as offered, of groups
    that are there to be refused.
    """

    offered: Mapping[str, Answer] = field(default_factory=dict)
    small: Denial | None = None
    preferred: Answer | None = None
    denied: Mapping[str, Answer] = field(default_factory=dict)


class Signatures(Struct, frozen=True):
    """Handshake signatures. legacy: a TLS 1.2 hello with SHA-1 and MD5 schemes only. mandatory: a TLS 1.3 hello with
    the mandatory schemes of RFC 9846 section 9.1 for the key types in `certificate_keys` (`RSA`, `ECDSA`, ...) only.
    rsa: a TLS 1.2 answer with an RSA certificate, or the refusal of every suite that takes one. pss: where that answer
    is signed with PKCS #1 v1.5, the answer to RSA-PSS schemes alone.
    """

    legacy: Denial | None = None
    mandatory: Answer | None = None
    certificate_keys: tuple[str, ...] = ()
    rsa: Answer | None = None
    pss: Answer | None = None


class Flight13(Struct, frozen=True):
    """What a decrypted TLS 1.3 server flight shows, and the first ticket after our Finished.

    client_certificate: ours was presented, as certificate_request asked for. ended: how the server ended the connection
    after our Finished, as `alert certificate_required`; empty where it did not.
    ticket_seen: a NewSessionTicket arrived; early_data: it carries the early_data extension (max_early_data_size > 0);
    ticket_lifetime_seconds: its lifetime.
    """

    answer: Answer
    alpn: str = ""
    extensions: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    staple: bool = False
    certificate_request: bool = False
    signature_scheme: str = ""
    finished_verified: bool = False
    ticket_seen: bool = False
    early_data: bool = False
    ticket_lifetime_seconds: int = 0
    client_certificate: bool = False
    ended: str = ""


Resumed = Literal["resumed", "resumed with key_share", "full handshake"]


class Resumption(Struct, frozen=True):
    """What followed where the ticket of the TLS 1.3 flight was offered with one of the psk_key_exchange_modes alone.

    psk_dhe_ke: None where the session was resumed with psk_ke already.
    """

    psk_ke: Resumed
    psk_dhe_ke: Resumed | None = None


class Renegotiation(Struct, frozen=True):
    """A TLS 1.2 session of our own in which we asked to renegotiate. asked: how often; accepted: how often the server
    answered with a ServerHello. refusal: what ended it (`alert no_renegotiation`, `closed`, ...).
    """

    asked: int
    accepted: int
    refusal: str = ""


class Features(Struct, frozen=True):
    """Extensions and features. flight12: the richest TLS 1.2 hello (compression offered too). flight13: TLS 1.3.
    alpn_none: TLS 1.2 and 1.3 hello with an ALPN protocol nobody speaks. fallback: the second newest version that is
    negotiated, with TLS_FALLBACK_SCSV. ticket12_lifetime_seconds: the hint of a TLS 1.2 NewSessionTicket, -1 where none
    was sent. resumption: None also without a ticket. certificate_compression: with what the certificate is compressed
    in TLS 1.3, such as `zlib`, empty for not at all. troubles: why `flight13`, `renegotiation`, `resumption` or
    `certificate_compression` is not there, as `reason: detail` with a member of Reason or NotTested.
    """

    flight12: Answer | None = None
    flight13: Flight13 | None = None
    alpn_none: Answer | None = None
    fallback: Answer | None = None
    renegotiation: Renegotiation | None = None
    ticket12_lifetime_seconds: int = -1
    resumption: Resumption | None = None
    certificate_compression: str | None = None
    troubles: Mapping[str, str] = field(default_factory=dict)


class Names(Struct, frozen=True):
    """Server name handling. named, unknown, absent: the TLS 1.2+1.3 capable answers to our name, to a random name, and
    to a hello without SNI, with leaf digests (from the TLS 1.2 flight or the decrypted 1.3 flight).
    """

    named: Answer | None = None
    unknown: Answer | None = None
    absent: Answer | None = None
    named_leaf: str = ""
    unknown_leaf: str = ""
    named_matches: bool = False


class CertificateFacts(Struct, frozen=True):
    """One certificate as read, before any judging. Strings are bounded and may be hostile; lists keep the first 100.

    `key_type` is `RSA`, `ECDSA`, `Ed25519`, ... ; `key_bits` its size; `curve` the IANA name of its group, such as
    `secp256r1`, a dotted OID where the registry has none, or `explicit`; `exponent` for RSA, 0 where larger than 64
    bits. Times are ISO 8601 UTC. `signature_hash` is `sha256`, `sha1`, `md5`, or empty where the algorithm
    (`signature_algorithm`, a dotted OID) has none or is unknown.
    """

    sha256: str
    subject: str
    issuer: str
    serial_hex: str
    serial_octets: int
    serial_positive: bool
    version: int
    not_before: str
    not_after: str
    key_type: str
    key_bits: int
    curve: str
    exponent: int
    spki_sha256: str
    signature_hash: str
    signature_algorithm: str
    self_issued: bool
    is_ca: bool
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    name_count: int
    common_names: tuple[str, ...]
    extended_key_usage: tuple[str, ...] | None
    key_usage: tuple[str, ...] | None
    embedded_scts: int
    must_staple: bool
    crl_urls: tuple[str, ...]
    ocsp_urls: tuple[str, ...]


class Staple(Struct, frozen=True):
    """An OCSP response as stapled. status: the response status (`successful`, ...); certificate_status: `good`, ...;
    matches: it names the served leaf; signature_verified: by the issuer or a delegate of it.
    """

    status: str
    certificate_status: str = ""
    matches: bool = False
    signature_verified: bool = False
    this_update: str = ""
    next_update: str = ""


class ServedChain(Struct, frozen=True):
    """One chain as served, with what the path search found at observation time.

    scheme: the key type asked for (`any`, `RSA`, `ECDSA`). version: protocol version of the flight it was read from.
    name_matches: the leaf's SAN covers the server name (CN is not consulted).
    trusted: a path to a given anchor exists (signatures, CA flags, path lengths; dates and leaf lint left aside);
    trust_detail: why not. anchors: `public` or the file name of the roots. publicly_trusted: a path to the public
    bundle exists, whatever anchors were asked for.
    order: `ok`, or what is wrong with the order sent; missing_issuer: the path needs a certificate that was not sent;
    root_sent: the last certificate sent is a trust anchor or self-signed.
    unreadable: positions of certificates that could not be parsed, with the reason (`0: ...` is the leaf).
    scts: SCTs of distinct logs from all sources, not verified. staple: the stapled response.
    suite: the suite of the flight, for key usage.
    path: SHA-256 of each certificate of the path that was found, leaf first.
    trust_undecided, public_undecided: why the search found no path and yet cannot say that there is none (a signature
    that our library refuses to check, a key too large to use, more certificates than the search follows).
    """

    scheme: str
    version: str
    suite: str
    certificates: tuple[CertificateFacts, ...]
    name_matches: bool
    trusted: bool
    trust_detail: str
    anchors: str
    publicly_trusted: bool
    order: str
    missing_issuer: bool
    root_sent: bool
    unreadable: tuple[str, ...] = ()
    scts: int = 0
    staple: Staple | None = None
    path: tuple[str, ...] = ()
    trust_undecided: str = ""
    public_undecided: str = ""


class Certificate(Struct, frozen=True):
    """The chains an endpoint serves, at most one a key type. server_name: the name matched, or an IP address.

    ahead: seconds by which the endpoint's clock, as the Date of its HTTP answer has it, is ahead of ours; 0 where HTTP
    was not asked for or has no Date.
    """

    server_name: str
    chains: tuple[ServedChain, ...]
    ahead: int = 0


class ClientCertificates(Struct, frozen=True):
    """Client authentication. requested: a CertificateRequest was seen. attempts: by the certificate presented (`none`,
    `trusted`, `untrusted`, `expired`, `wrong-eku`): what followed, as `accepted 200`, `refused alert bad_certificate`,
    `refused 403`, or `error ...`. declared: the manifest says mtls = true.
    """

    declared: bool
    requested: bool
    attempts: Mapping[str, str] = field(default_factory=dict)


class HttpAnswer(Struct, frozen=True):
    """One HTTP answer, header fields in order of arrival, names in lower case, values bounded, secrets redacted."""

    status: int
    fields: tuple[tuple[str, str], ...]
    url: str

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of the field `name` (lower case), in order."""
        return tuple(value for key, value in self.fields if key == name)


class SecurityTxt(Struct, frozen=True):
    """The answer to GET /.well-known/security.txt over https (RFC 9116). status: of the answer; expires: the values
    of its Expires fields, 5 at most, bounded; size: octets of the body. What else it says is not kept: it names people.
    """

    status: int
    expires: tuple[str, ...] = ()
    size: int = 0


class Http(Struct, frozen=True):
    """The HTTP binding. secure: GET of the https root. security_txt: see there. plain: GET of the declared plain_http
    root; plain_closed: its port refused the connection; plain_declared: the manifest names one. secure_trouble,
    plain_trouble, security_trouble: why there is no answer, as `reason: detail` with a member of Reason or NotTested.
    """

    secure: HttpAnswer | None = None
    plain: HttpAnswer | None = None
    plain_declared: bool = False
    plain_closed: bool = False
    plain_trouble: str = ""
    secure_trouble: str = ""
    security_txt: SecurityTxt | None = None
    security_trouble: str = ""


class CaaRecord(Struct, frozen=True):
    """One CAA resource record (RFC 8659)."""

    flags: int
    tag: str
    value: str


class Caa(Struct, frozen=True):
    """The relevant CAA record set: found by climbing from the name. name: where it was found, empty where nowhere."""

    queried: str
    name: str
    records: tuple[CaaRecord, ...]


class Addresses(Struct, frozen=True):
    """The same questions to every address of the service. fingerprints: address -> (TLS 1.2 answer, TLS 1.3 answer) as
    a string of version, suite, group, extensions and leaf key; failures: address -> reason.
    """

    fingerprints: Mapping[str, str]
    failures: Mapping[str, str] = field(default_factory=dict)
