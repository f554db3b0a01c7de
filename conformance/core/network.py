"""The door: the one place from which the suite reaches a network.

Whoever wants a connection asks `Door.permit` where it may go, `Door.ready_at` when, and then dials exactly the address
that it was given. `Door.open` does all of it and blocks. A name is resolved once a target and only the addresses that
were checked are dialled, so an answer that changes later (DNS rebinding) changes nothing.

Loopback is free: see `scope.py` for what counts as such. Everything else needs the manifest's authorisation for host,
kind and day, and is dialled at most `max_rps` times a second, `Limits.per_host` at once and
`Limits.connections_per_target` times in all.

A connection is shut at its total deadline, whatever goes on in it: see `connection.py`.
"""

from __future__ import annotations

import copy
import errno
import itertools
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from conformance.core import scope
from conformance.core.connection import Address, Connection, Watchdog
from conformance.core.model import Reason, Target, Undecided
from conformance.core.resolving import ask_server, ask_system

__all__ = ["Address", "Connection", "Door", "Limits", "Resolver", "connect_failure"]

Resolver: TypeAlias = Callable[[str], Sequence[str]]
"""Host name to the texts of its addresses. Raises Undecided(DNS)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection, one host and one target may cost us, and we them. Sizes in octets."""

    connect_seconds: float = 3.0
    read_seconds: float = 5.0
    total_seconds: float = 10.0
    dns_seconds: float = 5.0
    patience_seconds: float = 60.0  # the longest wait for a free slot, or that a server may ask for (Retry-After)
    wire_bytes: int = 262_144
    body_bytes: int = 1_048_576  # after decompression
    headers_bytes: int = 65_536
    header_count: int = 100
    informational_count: int = 8  # 1xx answers before the final one
    redirect_count: int = 5
    addresses: int = 8  # of one name
    per_host: int = 8
    connections_per_target: int = 1000
    offenders: int = 8  # how many of what is forbidden are named, each with a connection of its own


class Door:
    """See the module's head. Thread-safe. Everything from outside can be given: clocks, resolver, roots, limits.

    Args:
        limits: See Limits.
        clock: Aware UTC now.
        monotonic: Seconds that never run backwards.
        sleep: How to wait for a rate slot.
        resolve: Replaces the system's resolver and every `target.resolver`.
        ca_file: PEM file of the public roots; None takes those of certifi.
        free: The networks that need no authorisation. Tests narrow it to treat 127.0.0.2 as somebody else's host.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        clock: Callable[[], datetime] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        resolve: Resolver | None = None,
        ca_file: str | None = None,
        free: tuple[scope.Network, ...] = scope.LOOPBACK,
    ) -> None:
        self.limits = limits or Limits()
        self.counts: Counter[str] = Counter()
        self.opened = 0
        self._clock = clock or (lambda: datetime.now(UTC))
        self._resolve = resolve
        self._ca_file = ca_file
        self._free = free
        self._free_texts: dict[str, bool] = {}
        self._sleep = sleep
        self.monotonic = monotonic
        self._lock = threading.Lock()
        self._freed = threading.Condition(self._lock)
        self._names: dict[tuple[str, str], tuple[scope.IP, ...] | Undecided] = {}
        self._next: dict[str, float] = {}
        self._open: Counter[str] = Counter()
        self._watchdog = Watchdog(monotonic)

    def apart(self) -> Door:
        """The same way out, its budgets, rates and slots shared, which counts in `opened` what goes through it alone.

        `counts` are of a target, at whose services several areas look at once.
        """
        other = copy.copy(self)
        other.opened = 0
        return other

    @property
    def ca_file(self) -> str:
        """The PEM file of the public roots."""
        if self._ca_file is None:
            import certifi  # noqa: PLC0415 - not needed to start

            self._ca_file = certifi.where()
        return self._ca_file

    def now(self) -> datetime:
        """The time of day, aware UTC."""
        return self._clock()

    def permit(self, target: Target, host: str, port: int, kind: str) -> tuple[Address, ...]:
        """The addresses, at most `limits.addresses`, to which traffic of this kind may go for this host.

        A name of which any address is refused is refused whole.

        Raises:
            Undecided: OUT_OF_SCOPE with what is not covered; DNS with what the resolver said.
        """
        if not 0 < port < 65536:
            raise Undecided(Reason.OUT_OF_SCOPE, f"{port} is no port")
        host = scope.canonical_host(host)
        why = scope.refusal(target.authorisation, host, kind, self.now().astimezone(UTC).date())
        own = (
            scope.literal(host) is not None
            or scope.is_localhost(host)
            or (host.endswith(".test") and scope.declares(target, host) and bool(target.resolver or self._resolve))
        )
        if why and not own:
            raise Undecided(Reason.OUT_OF_SCOPE, why)
        private = target.authorisation is not None and target.authorisation.private_addresses
        addresses = self._addresses(target, host)
        for address in addresses:
            free = own and self._is_free(address)
            if refused := scope.address_refusal(address, authorised=why, private=private, free=free):
                raise Undecided(Reason.OUT_OF_SCOPE, refused)
        return tuple(_socket_address(address, port) for address in addresses)

    def ready_at(self, target: Target, address: Address) -> float:
        """The monotonic time at which one more connection to the address may be opened, and books it.

        The rate is kept for the target and for the address, since many targets may share one.

        Raises:
            Undecided: RATE_LIMIT, when the target's budget of connections is spent.
        """
        now = self.monotonic()
        host = str(address[1][0])
        with self._lock:
            if self._is_free_text(host):
                self.counts[target.id] += 1
                self.opened += 1
                return now
            budget = self.limits.connections_per_target
            if self.counts[target.id] >= budget:
                raise Undecided(Reason.RATE_LIMIT, f"the budget of {budget} connections to {target.id} is spent")
            self.counts[target.id] += 1
            self.opened += 1
            rate = target.authorisation.max_rps if target.authorisation else 1.0
            keys = (f"target {target.id}", f"address {host}")
            when = max(now, *(self._next.get(key, now) for key in keys))
            for key in keys:
                self._next[key] = when + 1 / rate
            return when

    def defer(self, address: Address, seconds: float) -> None:
        """Open nothing more to the address for so long (Retry-After), at most `limits.patience_seconds`."""
        key = f"address {address[1][0]}"
        until = self.monotonic() + max(0.0, min(seconds, self.limits.patience_seconds))
        with self._lock:
            self._next[key] = max(self._next.get(key, until), until)

    def open(
        self, target: Target, host: str, port: int, kind: str, *, total_seconds: float | None = None
    ) -> Connection:
        """A connected, blocking socket with the read time-out set, shut by the watchdog at its total deadline.

        The permitted addresses are tried in order. Waits for the rate and for a slot of the host.

        Raises:
            Undecided: as `permit` and `ready_at`; REFUSED, CONNECT_TIMEOUT, RESET of the last address tried.
        """
        trouble = Undecided(Reason.DNS, f"{host} has no address")
        for address in self.permit(target, host, port, kind):
            try:
                return self._dial(target, address, total_seconds or self.limits.total_seconds)
            except Undecided as error:
                if error.reason is Reason.RATE_LIMIT:
                    raise
                trouble = error
        raise trouble

    def _is_free(self, address: scope.IP) -> bool:
        return scope.within(address, self._free)

    def _is_free_text(self, host: str) -> bool:
        """As `_is_free`; remembered, since the lean loop asks once a connection."""
        if (known := self._free_texts.get(host)) is None:
            if len(self._free_texts) >= 4_096:
                self._free_texts.clear()
            known = (address := scope.literal(host)) is not None and self._is_free(address)
            self._free_texts[host] = known
        return known

    def _addresses(self, target: Target, host: str) -> tuple[scope.IP, ...]:
        """What the host resolves to, asked once a target; failures are remembered too."""
        if (address := scope.literal(host)) is not None:
            return (address,)
        key = (target.id, host)
        if (known := self._names.get(key)) is None:
            try:
                known = self._ask(target, host)
            except Undecided as error:
                known = error
            with self._lock:
                known = self._names.setdefault(key, known)
        if isinstance(known, Undecided):
            raise Undecided(known.reason, known.detail)
        return known

    def _ask(self, target: Target, host: str) -> tuple[scope.IP, ...]:
        if self._resolve is not None:
            texts = self._resolve(host)
        elif target.resolver and not scope.is_localhost(host):
            server, port = scope.split_address(target.resolver)
            self.permit(target, server, port, "dns")
            texts = ask_server(host, server, port, self.limits.dns_seconds)
        else:
            # Some systems would ask the DNS about names below localhost.
            texts = ask_system("localhost" if scope.is_localhost(host) else host, self.limits.dns_seconds)
        found: dict[scope.IP, None] = {}
        for text in itertools.islice(texts, self.limits.addresses):
            if (address := scope.literal(text)) is None:
                raise Undecided(Reason.DNS, f"{text[:80]!a} is no address")
            found[address] = None
        if not found:
            raise Undecided(Reason.DNS, f"no data: {host} has no address")
        return tuple(found)

    def dial(self, target: Target, address: Address) -> Connection:
        """One of the addresses that `permit` gave, connected as by `open` and no other. Raises Undecided as `open`."""
        return self._dial(target, address, self.limits.total_seconds)

    def _dial(self, target: Target, address: Address, total_seconds: float) -> Connection:
        family, sockaddr = address
        host = str(sockaddr[0])
        wait = self.ready_at(target, address) - self.monotonic()
        if wait > self.limits.patience_seconds:
            raise Undecided(Reason.RATE_LIMIT, f"no slot to {host} within {self.limits.patience_seconds:g} s")
        if wait > 0:
            self._sleep(wait)
        limited = not self._is_free_text(host)
        if limited:
            self._take_slot(host)
        connection = Connection(family, socket.SOCK_STREAM)
        connection.give_back = (lambda: self._free_slot(host)) if limited else None
        try:
            connection.settimeout(min(self.limits.connect_seconds, total_seconds))
            connection.deadline = self.monotonic() + total_seconds
            connection.address = address
            connection.connect(sockaddr)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(min(self.limits.read_seconds, total_seconds))
        except OSError as error:
            connection.close()
            raise connect_failure(error, sockaddr) from None
        connection.unwatch = self._watchdog.watch(connection)
        return connection

    def _take_slot(self, host: str) -> None:
        deadline = self.monotonic() + self.limits.patience_seconds
        with self._freed:
            while self._open[host] >= self.limits.per_host:
                if (left := deadline - self.monotonic()) <= 0 or not self._freed.wait(left):
                    raise Undecided(Reason.RATE_LIMIT, f"{self.limits.per_host} connections to {host} are open")
            self._open[host] += 1

    def _free_slot(self, host: str) -> None:
        with self._freed:
            self._open[host] -= 1
            self._freed.notify()


def connect_failure(error: OSError, sockaddr: tuple[Any, ...]) -> Undecided:
    """What a failed connect means. An unreachable host is no closed port: it counts as a time-out."""
    where = f"{sockaddr[0]} port {sockaddr[1]}"
    if isinstance(error, ConnectionRefusedError):
        return Undecided(Reason.REFUSED, where)
    if isinstance(error, ConnectionResetError):
        return Undecided(Reason.RESET, where)
    if isinstance(error, TimeoutError):
        return Undecided(Reason.CONNECT_TIMEOUT, where)
    return Undecided(Reason.CONNECT_TIMEOUT, f"{where}: {errno.errorcode.get(error.errno or 0, 'connect failed')}")


def _socket_address(address: scope.IP, port: int) -> Address:
    if address.version == 4:
        return socket.AF_INET, (str(address), port)
    return socket.AF_INET6, (str(address), port, 0, 0)
