"""What takes a whole handshake, or more than the hellos alone: encrypted flights, renegotiation, chains, names."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from conformance.core.model import Reason, Undecided, Untested
from conformance.core.network import Door
from conformance.core.selector import Failure
from conformance.tls.asks import CERTIFICATE_COMPRESSION
from conformance.tls.certificates import analyse
from conformance.tls.client_keys import roots_path, trusted_key
from conformance.tls.codepoints import CERTIFICATE_COMPRESSIONS, SUITES, VERSIONS
from conformance.tls.codepoints import name_of as name
from conformance.tls.credentials import Introduction, from_pem
from conformance.tls.evidence import Answer, Certificate, Features, Names, Resumed, Resumption, ServedChain
from conformance.tls.flight import Read13, read_compression, read_flight13
from conformance.tls.flight12 import Session12, handshake12
from conformance.tls.flight_hello import Hello13, Ticket
from conformance.tls.hello import SCT, TLS12, TLS13
from conformance.tls.hello_records import Reading
from conformance.tls.observe_hellos import NEVER_REGISTERED
from conformance.tls.parse import Reply
from conformance.tls.resumption import FULL, PSK_DHE_KE, PSK_KE, offer_ticket
from conformance.tls.server_names import as_address
from conformance.tls.talk import FIRST, Talk

ECDSA_SCHEMES: Final = (0x0403, 0x0503, 0x0603, 0x0807, 0x0808)
RSA_SCHEMES: Final = (0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501, 0x0601)
REFUSALS: Final = frozenset({Reason.TLS_ALERT, Reason.CLOSED, Reason.RESET})
"""How a server says that it has no certificate of the kind asked for."""

WITH_CHAIN: Final = ("TLSv1.2", "other-key", "TLSv1.1", "TLSv1.0", "SSLv3", FIRST)


@dataclass(slots=True)
class Handshakes:
    """The handshakes with one endpoint, each made once, when something first needs it.

    introduction: the manifest's client certificate, once a trusted certificate for the server's name was seen.
    """

    door: Door
    talk: Talk
    introduction: Introduction | None = None
    connections: int = 0
    _flights: dict[tuple[str, tuple[int, ...], bool], Read13 | Undecided] = field(default_factory=dict)
    _session: Session12 | Undecided | Untested | None = None

    def flight13(self, server_name: str, schemes: tuple[int, ...] = ()) -> Read13:
        """The TLS 1.3 flight for a server name, with these signature schemes alone where there are any.

        Raises:
            Undecided: as `read_flight13` and `Door.dial`.
        """
        key = (server_name, schemes, self.introduction is not None)
        if key not in self._flights:
            hello = Hello13(server_name, schemes=schemes) if schemes else Hello13(server_name)
            try:
                self._flights[key] = self._read13(hello)
            except Undecided as trouble:
                self._flights[key] = trouble
        found = self._flights[key]
        if isinstance(found, Undecided):
            raise found
        return found

    def _read13(self, hello: Hello13) -> Read13:
        self.connections += 1
        connection = self.door.dial(self.talk.job.target, self.talk.address)
        try:
            found = read_flight13(
                connection,
                hello,
                deadline=connection.deadline,
                introduction=self.introduction,
                monotonic=self.door.monotonic,
            )
        finally:
            connection.close()
        if connection.expired:
            raise Undecided(Reason.TIMEOUT, "the total deadline passed")
        return found

    def resumption(self) -> Resumption | None:
        """What becomes of the ticket that our flight got, None where it got none.

        Raises:
            Undecided: as `flight13` and `offer_ticket`.
        """
        ticket = self.flight13(sent_name(self.talk)).ticket
        if ticket is None:
            return None
        first = self._resumed(ticket, PSK_KE)
        return Resumption(first, self._resumed(ticket, PSK_DHE_KE) if first == FULL else None)

    def compression(self) -> str:
        """With what the certificate is compressed, empty for not at all.

        Raises:
            Undecided: as `read_compression` and `Door.dial`.
        """
        self.connections += 1
        connection = self.door.dial(self.talk.job.target, self.talk.address)
        try:
            hello = Hello13(sent_name(self.talk), compressions=tuple(CERTIFICATE_COMPRESSIONS))
            return read_compression(connection, hello, deadline=connection.deadline, monotonic=self.door.monotonic)
        finally:
            connection.close()

    def _resumed(self, ticket: Ticket, modes: bytes) -> Resumed:
        self.connections += 1
        connection = self.door.dial(self.talk.job.target, self.talk.address)
        try:
            return offer_ticket(
                connection,
                ticket,
                modes,
                server_name=sent_name(self.talk),
                deadline=connection.deadline,
                monotonic=self.door.monotonic,
            )
        finally:
            connection.close()

    def session12(self) -> Session12:
        """A TLS 1.2 session in which we asked to renegotiate.

        Raises:
            Undecided, Untested: as `handshake12` and `Door.dial`.
        """
        if self._session is None:
            try:
                self._session = self._shake12()
            except (Undecided, Untested) as trouble:
                self._session = trouble
        if isinstance(self._session, Undecided | Untested):
            raise self._session
        return self._session

    def _shake12(self) -> Session12:
        self.connections += 1
        connection = self.door.dial(self.talk.job.target, self.talk.address)
        try:
            return handshake12(
                connection,
                server_name=sent_name(self.talk),
                deadline=connection.deadline,
                introduction=self.introduction,
                monotonic=self.door.monotonic,
            )
        finally:
            connection.close()


def sent_name(talk: Talk) -> str:
    """The name that goes into hellos, none for an IP address."""
    server_name = talk.job.service.server_name
    return "" if as_address(server_name) else server_name


def introduce(handshakes: Handshakes, certificate: Certificate | None) -> None:
    """From now on, present the manifest's client certificate, if the endpoint asks for one and proves its name.

    Raises:
        Untested, Undecided: the manifest's certificate is not at hand, or cannot be used.
    """
    service = handshakes.talk.job.service
    if certificate is None or not all(chain.trusted and chain.name_matches for chain in certificate.chains):
        return
    if service.settings.get("mtls") and (key := trusted_key(service)):
        leaves = frozenset(chain.certificates[0].sha256 for chain in certificate.chains if chain.certificates)
        handshakes.introduction = Introduction(from_pem(key.certificate, key.key), leaves)


def observe_features(reading: Reading, handshakes: Handshakes) -> Features:
    """See `evidence.Features`."""
    talk = reading.talk
    seen = Features(
        flight12=reading.answer("TLSv1.2") if "features:flight12" in talk.job.asks else None,
        alpn_none=reading.answer("alpn-none"),
        fallback=reading.answer("fallback"),
    )
    troubles: dict[str, str] = {}
    if "features:flight13" in talk.job.asks and talk.offers(TLS13, "TLSv1.3"):
        try:
            flight = handshakes.flight13(sent_name(talk)).flight
            controlled = replace(flight.answer, controlled=reading.controlled)
            seen = replace(seen, flight13=replace(flight, answer=controlled))
        except Undecided as trouble:
            troubles["flight13"] = f"{trouble.reason}: {trouble.detail}"
    if "features:resumption" in talk.job.asks and seen.flight13:
        try:
            seen = replace(seen, resumption=handshakes.resumption())
        except Undecided as trouble:
            troubles["resumption"] = f"{trouble.reason}: {trouble.detail}"
    if CERTIFICATE_COMPRESSION in talk.job.asks and talk.offers(TLS13, "TLSv1.3"):
        try:
            seen = replace(seen, certificate_compression=handshakes.compression())
        except Undecided as trouble:
            troubles["certificate_compression"] = f"{trouble.reason}: {trouble.detail}"
    if "features:renegotiation" in talk.job.asks and talk.offers(TLS12, "TLSv1.2"):
        try:
            session = handshakes.session12()
            seen = replace(seen, renegotiation=session.renegotiation, ticket12_lifetime_seconds=session.ticket_seconds)
        except (Undecided, Untested) as trouble:
            troubles["renegotiation"] = f"{trouble.reason}: {trouble.detail}"
    return replace(seen, troubles=troubles)


def observe_certificate(reading: Reading, handshakes: Handshakes) -> Certificate:
    """The chains that the endpoint serves, at most one a key type.

    Raises:
        Undecided: no chain was seen, or whether there is a second one could not be.
    """
    talk = reading.talk
    other = talk.got["other-key"][1] if "other-key" in talk.got else None
    if isinstance(other, Failure) and other.reason not in REFUSALS:
        raise Undecided(other.reason, f"the chain for the other type of key: {other.detail}")
    chains = list(_clear_chains(talk, handshakes.door)) or list(_encrypted_chains(talk, handshakes))
    if not chains:
        answered = reading.answer(FIRST) or Answer("broken", reason=Reason.NOT_OBSERVABLE)
        raise Undecided(Reason.NOT_OBSERVABLE, f"no certificate was seen: {answered.outcome}")
    if len(chains) > 1:
        chains = [replace(chain, scheme=_key_type(chain)) for chain in chains]
    return Certificate(talk.job.service.server_name, tuple(chains))


def _key_type(chain: ServedChain) -> str:
    return chain.certificates[0].key_type if chain.certificates else chain.scheme


def _clear_chains(talk: Talk, door: Door) -> list[ServedChain]:
    """The chains in clear, of TLS 1.2 or, where there is none, of the newest version below."""
    found: dict[bytes, ServedChain] = {}
    for key in WITH_CHAIN:
        reply = talk.reply(key)
        if reply is None or not reply.chain or reply.kinds is not None or reply.version > TLS12:
            continue
        if key == "other-key" or not found:
            found.setdefault(reply.chain[0], _analysed(talk, door, reply))
    return list(found.values())


def _analysed(talk: Talk, door: Door, reply: Reply) -> ServedChain:
    return _analyse(
        talk,
        door,
        reply.chain,
        version=name(VERSIONS, reply.version),
        suite=name(SUITES, reply.suite),
        staple=reply.staple,
        scts=reply.extensions.get(SCT, b""),
    )


def _encrypted_chains(talk: Talk, handshakes: Handshakes) -> list[ServedChain]:
    """The chains of a server that speaks TLS 1.3 alone: the one it prefers, and the one of the other type of key.

    Raises:
        Undecided: as `Handshakes.flight13`; the second may be refused.
    """
    if not (talk.offers(TLS13, "TLSv1.3") or talk.offers(TLS13, FIRST)):
        return []
    first = handshakes.flight13(sent_name(talk))
    reads = {first.chain[:1]: first}
    other = RSA_SCHEMES if first.flight.signature_scheme.startswith(("ecdsa", "ed")) else ECDSA_SCHEMES
    try:
        second = handshakes.flight13(sent_name(talk), other)
        reads.setdefault(second.chain[:1], second)
    except Undecided as trouble:
        if trouble.reason not in REFUSALS:  # a server with one certificate refuses
            raise Undecided(trouble.reason, f"the chain for the other type of key: {trouble.detail}") from None
    return [
        _analyse(
            talk,
            handshakes.door,
            read.chain,
            version="TLSv1.3",
            suite=read.flight.answer.suite,
            staple=read.staple,
            scts=read.scts,
        )
        for read in reads.values()
    ]


def _analyse(
    talk: Talk, door: Door, chain: tuple[bytes, ...], *, version: str, suite: str, staple: bytes | None, scts: bytes
) -> ServedChain:
    service = talk.job.service
    roots = roots_path(talk.job.target, service, door.ca_file)
    return analyse(
        chain,
        scheme="any",
        version=version,
        suite=suite,
        server_name=service.server_name,
        anchors_pem=octets_of(roots),
        anchors_label="public" if roots == door.ca_file else Path(roots).name,
        public_pem=octets_of(door.ca_file),
        now=door.now(),
        staple=staple,
        tls_scts=scts,
    )


@lru_cache(maxsize=64)
def octets_of(path: str) -> bytes:
    """A bundle of roots, read once a process.

    Raises:
        Undecided: HARNESS, it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Undecided(Reason.HARNESS, f"the roots cannot be read: {error.strerror}") from None


def observe_names(reading: Reading, handshakes: Handshakes, certificate: Certificate | None) -> Names:
    """See `evidence.Names`. certificate: what was served for the service's own name, None where that was not seen."""
    chains = certificate.chains if certificate else ()
    readable = [chain for chain in chains if chain.certificates and not _headless(chain)]
    leaves = [chain.certificates[0].sha256 for chain in readable]
    matches = any(chain.name_matches for chain in chains)
    unknown_leaf = "" if matches else _unknown_leaf(reading, handshakes)
    return Names(
        named=reading.answer(FIRST),
        unknown=reading.answer("unknown"),
        # A server with two certificates may pick either for the same name.
        named_leaf=unknown_leaf if unknown_leaf in leaves else next(iter(leaves), ""),
        unknown_leaf=unknown_leaf,
        named_matches=matches,
    )


def _headless(chain: ServedChain) -> bool:
    """Whether the leaf could not be read, so that the first certificate is another."""
    return any(text.startswith("0:") for text in chain.unreadable)


def _unknown_leaf(reading: Reading, handshakes: Handshakes) -> str:
    """The digest of the leaf for a name that nobody has, empty where none was seen."""
    answered = reading.answer("unknown")
    if answered is None or answered.kind != "accepted":
        return ""
    if answered.chain:
        return answered.chain[0]
    try:
        return handshakes.flight13(f"unknown{NEVER_REGISTERED}").flight.chain[0]
    except (Undecided, IndexError):
        return ""
