"""Where the suite may go: host names, addresses and what an authorisation covers. Pure; opens nothing.

Three questions, each with its own table or function, all asked before a socket exists:

1. Is the host written in the one way that every resolver reads alike? `canonical_host` refuses the numeric spellings
   that `getaddrinfo` takes for addresses (`2130706433`, `0x7f.1`, `127.1`), zone ids and everything but ASCII.
2. Does the manifest's authorisation cover host, kind and day? `refusal` says why not.
3. Is the address one that the host may lead to? `address_refusal` says why not. Loopback addresses are free, but only
   for who names them: a literal address, `localhost` and names below it (RFC 6761 section 6.3), or a name under
   `.test` (RFC 6761 section 6.2: never in the public DNS) that the manifest itself declares together with a resolver
   that knows it, since the system's servers must not hear of it. Any other name that resolves to loopback, such as a
   public name whose owner points it at our own machine, is refused.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace
from datetime import date
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias
from urllib.parse import urlsplit

from conformance.core.model import Authorisation, Reason, Target, Undecided

IP: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(each) for each in text.split())


LOOPBACK = _networks("127.0.0.0/8 ::1/128")

# Special-purpose ranges of the IANA registries that lead to a network somebody runs for himself: an authorisation
# with `private_addresses = true` opens them. 198.18.0.0/15 is for benchmark laboratories (RFC 2544).
PRIVATE = _networks("10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 192.168.0.0/16 198.18.0.0/15 fc00::/7")

# Special-purpose ranges that nothing opens: this network, link-local (cloud metadata services live there), protocol
# assignments, documentation, multicast, reserved, and every IPv6 form that wraps an IPv4 address (compatible, mapped,
# translated, NAT64, Teredo, 6to4), since `is_global` calls some of these global whatever they wrap.
NEVER = _networks(
    "0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3 "
    "::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 "
    "3fff::/20 5f00::/16 fe80::/10 fec0::/10 ff00::/8"
)

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def within(address: IP, networks: tuple[Network, ...]) -> bool:
    """Whether the address lies in one of the networks."""
    return any(address.version == network.version and address in network for network in networks)


@lru_cache(maxsize=16_384)  # a fleet's addresses are read when they are loaded, planned and dialled
def literal(host: str) -> IP | None:
    """The address that `host` spells in the strict form (dotted quad, RFC 4291 text), else None."""
    if ":" not in host and not host[-1:].isdigit():
        return None  # as nearly every name; to be told so by an exception takes far longer
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return None if "%" in host else address


def canonical_host(host: str) -> str:
    """The host in lower case, without brackets and final dot; an address in its canonical text.

    Raises:
        Undecided: OUT_OF_SCOPE, for what is neither a strict address nor a plain host name.
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if (address := literal(bare)) is not None:
        return str(address)
    name = bare.lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Undecided(Reason.OUT_OF_SCOPE, f"{host[:80]!a} is no host name in ASCII")
    if _NUMBER.fullmatch(labels[-1]):
        raise Undecided(Reason.OUT_OF_SCOPE, f"{host[:80]!a} is a number that some resolvers read as an address")
    return name


def split_address(text: str) -> tuple[str, int]:
    """`host:port` or `[v6]:port` as (canonical host, port).

    Raises:
        Undecided: OUT_OF_SCOPE, where it is neither.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 0 < int(port[:6]) < 65536 or len(port) > 5:
        raise Undecided(Reason.OUT_OF_SCOPE, f"{text[:80]!a} is not host:port")
    return canonical_host(host), int(port)


def is_localhost(host: str) -> bool:
    """Whether a canonical host is `localhost` or below it, which never leaves the machine (RFC 6761 section 6.3)."""
    return host == "localhost" or host.endswith(".localhost")


def declares(target: Target, host: str) -> bool:
    """Whether the manifest itself names this canonical host as the place or the name of one of its services."""
    for service in target.services:
        if host == service.server_name.lower() or any(host == each for each in _places(service.address)):
            return True
        for value in service.settings.values():
            texts = value if isinstance(value, tuple) else (value,)
            if any(host == each for text in texts if isinstance(text, str) for each in _places(text)):
                return True
    return False


def _places(text: str) -> tuple[str, str]:
    """The hosts that a text of a manifest may name: as `host:port`, and as a URL."""
    try:
        return split_host(text), (urlsplit(text).hostname or "") if "://" in text else ""
    except ValueError:
        return split_host(text), ""


def covers(pattern: str, host: str) -> bool:
    """Whether an entry of `authorisation.hosts` covers a canonical host.

    `*.login.example` covers every name below `login.example` and not `login.example` itself.
    """
    pattern = pattern.lower().removesuffix(".")
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    address = literal(pattern.removeprefix("[").removesuffix("]"))
    return host == (str(address) if address else pattern)


def refusal(authorisation: Authorisation | None, host: str, kind: str, today: date) -> str:
    """Why the authorisation does not cover this traffic; empty where it does. Both of its days count, in UTC."""
    return lack(authorisation, host, kind, today)[0]


def lack(authorisation: Authorisation | None, host: str, kind: str, today: date) -> tuple[str, str]:
    """Why the authorisation does not cover this traffic, and what to add to the manifest, if that is granted."""
    if authorisation is None:
        return f"{host}: the manifest holds no authorisation", _block(host, kind)
    if not any(covers(pattern, host) for pattern in authorisation.hosts):
        return f"{host} is not among the authorised hosts", f'"{host}" to hosts in {TABLE}'
    if kind not in authorisation.kinds:
        return f"{kind} is not among the authorised kinds", f'"{kind}" to kinds in {TABLE}'
    if today < authorisation.not_before:
        return f"the authorisation starts on {authorisation.not_before}", f"not_before = {today} to {TABLE}"
    if today > authorisation.not_after:
        return f"the authorisation ended on {authorisation.not_after}", f"the not_after of a renewed grant to {TABLE}"
    return "", ""


TABLE = "[target.authorisation]"


def _block(host: str, kind: str) -> str:
    """The keys of an authorisation, for whoever holds one."""
    return f'{TABLE} with granted_by, reference, not_before, not_after, hosts = ["{host}"], kinds = ["{kind}"]'


def question_refusal(target: Target, name: str, today: date) -> str:
    """Why the DNS must not be asked about a canonical name for this target; empty where it may.

    Climbing from an authorised name to its parents is part of looking it up (CAA, RFC 8659 section 3). Names under
    `.test` that the manifest declares, and their parents, may be asked about without authorisation, of the resolver
    that the manifest names; the system's servers must not hear of them.
    """
    below = f".{name}"
    if target.resolver and (name == "test" or name.endswith(".test")):
        declared = (split_host(service.address) for service in target.services)
        named = {*declared, *(service.server_name.lower() for service in target.services)}
        if any(host == name or host.endswith(below) for host in named):
            return ""
    authorisation = target.authorisation
    if authorisation and any(pattern.lower().removesuffix(".").endswith(below) for pattern in authorisation.hosts):
        return refusal(replace(authorisation, hosts=(name,)), name, "dns", today)
    return refusal(authorisation, name, "dns", today)


def split_host(text: str) -> str:
    """The host of `host:port` in lower case, unchecked."""
    return text.lower().rpartition(":")[0]


def address_refusal(address: IP, *, authorised: str, private: bool, free: bool) -> str:
    """Why an address must not be dialled; empty where it may.

    Args:
        address: What the host resolved to.
        authorised: Why the authorisation does not cover the host (see `refusal`), empty where it does.
        private: The authorisation opens private ranges.
        free: The address needs no authorisation: it is loopback, and was named as such (see the module's head).
    """
    if free:
        return ""
    if within(address, NEVER) and not within(address, LOOPBACK):
        return f"{address} is in a special-purpose range"
    if authorised:
        return authorised
    if within(address, (*PRIVATE, *LOOPBACK)) and not private:
        return f"{address} is private, and the authorisation does not open private addresses"
    return ""
