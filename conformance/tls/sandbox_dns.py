"""The sandbox's name server: CAA, A and AAAA records from a table, over UDP and TCP on one port of loopback."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from conformance.tls.evidence import CaaRecord

ISSUER: Final = "ca.xa.test"
"""The CAA domain name of the sandbox's certification authority."""

GOOD: Final = (CaaRecord(0, "issue", ISSUER),)
FAULTS: Final[Mapping[str, tuple[CaaRecord, ...]]] = MappingProxyType(
    {
        "no-caa": (),
        "caa-other-issuer": (CaaRecord(0, "issue", "other-ca.test"),),
    }
)
"""The faults of TLS-CRT-19: the CAA records of the zone."""

TTL_SECONDS, UDP_BYTES = 60, 512


@dataclass(frozen=True, slots=True)
class NameServer:
    """A running name server: `host:port`, as a manifest's `resolver` names it, and the questions it was asked.

    announce: makes it know a name, with its CAA records and addresses.
    """

    address: str
    questions: list[tuple[str, str]]
    announce: Callable[[str, tuple[CaaRecord, ...], tuple[str, ...]], None]


class _Table:
    """What is known of which name. Names above a known one exist and are empty; any other does not exist."""

    def __init__(self, zones: Mapping[str, tuple[CaaRecord, ...]], hosts: Mapping[str, tuple[str, ...]]) -> None:
        self.caa: dict[dns.name.Name, tuple[CaaRecord, ...]] = {}
        self.hosts: dict[dns.name.Name, tuple[str, ...]] = {}
        self.questions: list[tuple[str, str]] = []
        for name in {*zones, *hosts}:
            self.announce(name, zones.get(name, ()), hosts.get(name, ()))

    def announce(self, name: str, records: tuple[CaaRecord, ...], addresses: tuple[str, ...]) -> None:
        """Know a name from now on."""
        key = dns.name.from_text(name.lower())
        self.caa[key], self.hosts[key] = records, addresses

    def reply(self, octets: bytes) -> dns.message.Message:
        """The answer to one query.

        Raises:
            dns.exception.DNSException, ValueError: it is no query for one name.
        """
        query = dns.message.from_wire(octets)
        (question,) = query.question
        response = dns.message.make_response(query, recursion_available=True)
        name, kind = dns.name.from_text(question.name.to_text().lower()), question.rdtype
        self.questions.append((name.to_text(omit_final_dot=True), dns.rdatatype.to_text(kind)))
        if not any(known.is_subdomain(name) for known in (*self.caa, *self.hosts)):
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif records := self.records(name, kind):
            response.answer.append(dns.rrset.from_rdata_list(question.name, TTL_SECONDS, records))
        return response

    def records(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> list[dns.rdata.Rdata]:
        """The records of one type."""
        if kind == dns.rdatatype.CAA:
            return [caa_rdata(each) for each in self.caa.get(name, ())]
        if kind not in (dns.rdatatype.A, dns.rdatatype.AAAA):
            return []
        wanted = [each for each in self.hosts.get(name, ()) if (":" in each) == (kind == dns.rdatatype.AAAA)]
        return [dns.rdata.from_text(dns.rdataclass.IN, kind, each) for each in wanted]


def caa_rdata(record: CaaRecord) -> dns.rdata.Rdata:
    """The record as RFC 8659 section 4.1 lays it out."""
    tag = record.tag.encode()
    octets = bytes((record.flags, len(tag))) + tag + record.value.encode()
    return dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.CAA, octets, 0, len(octets))


@contextlib.contextmanager
def serve_dns(
    zones: Mapping[str, tuple[CaaRecord, ...]], hosts: Mapping[str, tuple[str, ...]] = MappingProxyType({})
) -> Iterator[NameServer]:
    """Answer for these names until the context ends.

    Args:
        zones: CAA records by name.
        hosts: Addresses by name.
    """
    table = _Table(zones, hosts)

    class Datagrams(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            octets, channel = self.request
            with contextlib.suppress(dns.exception.DNSException, ValueError, OSError):
                channel.sendto(_datagram(table.reply(octets)), self.client_address)

    class Streams(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(dns.exception.DNSException, ValueError, OSError):
                self.request.settimeout(5.0)
                octets = _exactly(self.request, int.from_bytes(_exactly(self.request, 2), "big"))
                reply = table.reply(octets).to_wire(max_size=65_535)
                self.request.sendall(len(reply).to_bytes(2, "big") + reply)

    with contextlib.ExitStack() as stack:
        datagrams, streams = _on_one_port(Datagrams, Streams)
        for server in (datagrams, streams):
            stack.callback(server.server_close)
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(server.shutdown)
        yield NameServer(f"127.0.0.1:{datagrams.server_address[1]}", table.questions, table.announce)


def _on_one_port(datagrams: Any, streams: Any) -> tuple[socketserver.UDPServer, socketserver.TCPServer]:
    """A UDP and a TCP server on the same port: the UDP port that the system gives is most often free for TCP too."""
    for _ in range(20):
        udp = socketserver.UDPServer(("127.0.0.1", 0), datagrams)
        try:
            return udp, socketserver.ThreadingTCPServer(udp.server_address, streams)
        except OSError:
            udp.server_close()
    raise OSError("no port is free for UDP and TCP")


def _datagram(reply: dns.message.Message) -> bytes:
    """The answer as one datagram, truncated (TC) where it does not fit."""
    try:
        return reply.to_wire(max_size=UDP_BYTES)
    except dns.exception.TooBig:
        reply.answer.clear()
        reply.flags |= dns.flags.TC
        return reply.to_wire(max_size=UDP_BYTES)


def _exactly(stream: socket.socket, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        more = stream.recv(count - len(octets))
        if not more:
            raise ValueError("end of stream")
        octets += more
    return octets
