"""DNS records of a name, asked through the door's rules: the same resolver, the same scope, one total time."""

from __future__ import annotations

from datetime import UTC

import dns.exception
import dns.resolver

from conformance.core import scope
from conformance.core.model import Reason, Target, Undecided
from conformance.core.network import Door


def lookup(door: Door, target: Target, name: str, kind: str) -> tuple[str, ...]:
    """The records of one type, in presentation format, at most 64; none where the name or the type does not exist.

    Asks `target.resolver`, or the system's servers where it names none.

    Args:
        door: Its limits and clock.
        target: Whose authorisation must cover the name for the kind `dns`; see `scope.question_refusal`.
        name: A host name.
        kind: A record type, such as `CAA`.

    Raises:
        Undecided: OUT_OF_SCOPE; DNS when no server answered, or none with an answer (SERVFAIL is no absence).
    """
    host = scope.canonical_host(name)
    if why := scope.question_refusal(target, host, door.now().astimezone(UTC).date()):
        raise Undecided(Reason.OUT_OF_SCOPE, why)
    resolver = dns.resolver.Resolver(configure=not target.resolver)
    if target.resolver:
        server, port = scope.split_address(target.resolver)
        door.permit(target, server, port, "dns")
        resolver.nameservers, resolver.port = [server], port
    seconds = door.limits.dns_seconds
    try:
        answer = resolver.resolve(f"{host}.", kind, lifetime=seconds, raise_on_no_answer=False, search=False)
    except dns.resolver.NXDOMAIN:
        return ()
    except dns.resolver.NoNameservers:
        raise Undecided(Reason.DNS, f"SERVFAIL: {host} {kind}") from None
    except dns.exception.Timeout:
        raise Undecided(Reason.DNS, f"time-out: no answer for {host} {kind} within {seconds:g} s") from None
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise Undecided(Reason.DNS, f"{type(error).__name__}: {host} {kind}") from None
    return tuple(record.to_text() for record in list(answer.rrset or ())[:64])
