"""Names to addresses: by the system, or by the one DNS server that a target names. Always within a given time."""

from __future__ import annotations

import socket
import threading
import time

from conformance.core.model import Reason, Undecided


def ask_system(host: str, seconds: float) -> list[str]:
    """The addresses that the system's resolver knows. It cannot be interrupted, so it runs in a thread that is left.

    Raises:
        Undecided: DNS; the detail starts with `NXDOMAIN`, `SERVFAIL`, `no data` or `time-out`.
    """
    answer: list[list[str] | OSError | UnicodeError] = []

    def work() -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            answer.append([str(info[4][0]) for info in found])
        except (OSError, UnicodeError) as error:
            answer.append(error)

    thread = threading.Thread(target=work, name="door-resolver", daemon=True)
    thread.start()
    thread.join(seconds)
    if not answer:
        raise Undecided(Reason.DNS, f"time-out: no answer for {host} within {seconds:g} s")
    if isinstance(answer[0], list):
        return answer[0]
    said = {socket.EAI_NONAME: "NXDOMAIN", socket.EAI_AGAIN: "SERVFAIL", getattr(socket, "EAI_NODATA", 0): "no data"}
    code = getattr(answer[0], "errno", None)
    raise Undecided(Reason.DNS, f"{said.get(code or 1, 'resolver failed')}: {host}")


def ask_server(host: str, server: str, port: int, seconds: float) -> list[str]:
    """The A and AAAA records of a host, as one DNS server gives them, in `seconds` altogether.

    Raises:
        Undecided: as `ask_system`.
    """
    import dns.exception  # noqa: PLC0415 - only for targets that name a resolver
    import dns.resolver  # noqa: PLC0415

    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [server]
    resolver.port = port
    resolver.cache = None
    found: list[str] = []
    deadline = time.monotonic() + seconds
    try:
        for kind in ("A", "AAAA"):
            left = max(0.05, deadline - time.monotonic())
            answer = resolver.resolve(host + ".", kind, lifetime=left, raise_on_no_answer=False)
            found += [record.address for record in answer.rrset or ()]
    except dns.resolver.NXDOMAIN:
        raise Undecided(Reason.DNS, f"NXDOMAIN: {host}") from None
    except dns.resolver.NoNameservers:
        raise Undecided(Reason.DNS, f"SERVFAIL: {host}") from None
    except dns.exception.Timeout:
        raise Undecided(Reason.DNS, f"time-out: no answer for {host} within {seconds:g} s") from None
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise Undecided(Reason.DNS, f"{type(error).__name__}: {host}") from None
    return found
