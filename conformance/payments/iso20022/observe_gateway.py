"""A gateway, live: payments that it must accept and payments that it must refuse, lookups, and another's address.

Controls come first and last. Where the first control is not taken, nothing else is sent: what a service refuses that
refuses everything says nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import fields, replace
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from conformance.core import scope
from conformance.core.model import NotTested, Reason, Service, Target, Undecided, Untested
from conformance.core.network import Door
from conformance.payments.authority import may_change_state
from conformance.payments.iso20022 import samples
from conformance.payments.iso20022.courier import Courier, Sent
from conformance.payments.iso20022.evidence import Burst, Canary, Exchange, Exchanges, Lookup, Lookups
from conformance.payments.iso20022.listener import Inbox, listen
from conformance.payments.iso20022.mutations import BY_NAME
from conformance.payments.iso20022.samples import Agreement
from conformance.wire.http import fetch
from conformance.wire.own_tls import context_of

CONTROL, CONTROL_NORMAL, CONTROL_AFTER = "control-before", "control-normal", "control-after"
RESEND, REUSED = "resend", "uetr-reused"
KINDS = ("registered", "unknown", "deregistered", "blocked")
ROUNDS = 5
QUIET_SECONDS, GRACE_SECONDS, CANARY_SECONDS = 0.3, 1.0, 0.6
Failures = dict[str, tuple[Reason | NotTested, str]]


def observe_gateway(
    door: Door, target: Target, service: Service, asks: frozenset[str]
) -> tuple[dict[str, Any], Failures]:
    """The records and the failures of what was asked."""
    wanted = {ask.partition(":")[0] for ask in asks}
    cases = frozenset(ask.partition(":")[2] for ask in asks if ask.startswith("exchanges:"))
    try:
        _allowed(target, service)
        with ExitStack() as stack:
            callback = service.settings["callback"]
            inbox = stack.enter_context(listen(str(callback["listen"]), context_of(callback.get("tls"))))
            canary = None
            if declared := service.settings.get("canary"):
                canary = stack.enter_context(listen(str(declared["listen"])))
            steps = _steps(Courier(door, target, service, inbox, agreement_of(service)), canary, cases)
            return _taken({name: step for name, step in steps.items() if name in wanted})
    except Untested as trouble:
        return {}, dict.fromkeys(wanted, (trouble.reason, trouble.detail))
    except Undecided as trouble:
        return {}, dict.fromkeys(wanted, (trouble.reason, trouble.detail))


def _steps(courier: Courier, canary: Inbox | None, cases: frozenset[str]) -> Mapping[str, Callable[[], Any]]:
    return {
        "exchanges": lambda: _exchanges(courier, canary, cases),
        "lookups": lambda: _lookups(replace(courier, sent=[])),
        "canary": lambda: _canary(replace(courier, sent=[]), canary),
        "burst": lambda: _burst(replace(courier, sent=[])),
    }


def _taken(steps: Mapping[str, Callable[[], Any]]) -> tuple[dict[str, Any], Failures]:
    records: dict[str, Any] = {}
    failures: Failures = {}
    for name, step in steps.items():
        try:
            records[name] = step()
        except (Undecided, Untested) as trouble:
            failures[name] = (trouble.reason, trouble.detail)
    return records, failures


def _allowed(target: Target, service: Service) -> None:
    """Raise Untested unless payments may be created here and answers can reach us."""
    if "callback" not in service.settings:
        raise Untested(NotTested.NO_CALLBACK, "the manifest declares no callback")
    may_change_state(target, urlsplit(str(service.settings["base"])).hostname or "")


def _is_local(host: str) -> bool:
    address = scope.literal(host)
    return scope.within(address, scope.LOOPBACK) if address else scope.is_localhost(host)


def agreement_of(service: Service) -> Agreement:
    """What the manifest says was agreed, made-up parties for the rest."""
    known = {each.name for each in fields(Agreement)}
    given = service.settings.get("agreement", {})
    return Agreement(**{name: value for name, value in given.items() if name in known})


def _exchanges(courier: Courier, canary: Inbox | None, cases: frozenset[str]) -> Exchanges:
    """Send the first control, every case, what builds on the first control, and the last control."""
    table = _currencies(courier)
    if (decimals := table.get(courier.agreement.currency)) is not None:
        courier.agreement = replace(courier.agreement, decimals=decimals)
    first = courier.pay(CONTROL, samples.PACS_008)
    courier.wait(first, grace=GRACE_SECONDS)
    taken = 200 <= first.exchange.status < 300
    before = canary.connections if canary else 0
    if taken:
        sent = [_case(courier, name) for name in BY_NAME if name in cases and _possible(courier, name)]
        sent += _flows(courier, first, cases)
        sent.append(courier.pay(CONTROL_NORMAL, samples.PACS_008, {"priority": "NORM"}))
        sent.append(courier.pay(CONTROL_AFTER, samples.PACS_008))
        courier.wait(*sent, grace=GRACE_SECONDS)
    time.sleep(QUIET_SECONDS)
    found, strays = courier.exchanges()
    return Exchanges(
        cases=found,
        strays=strays,
        signed=bool(courier.callback.get("signature")),
        seconds=courier.seconds,
        currencies=table,
        transliterates=bool(courier.service.settings.get("transliteration")),
        entity_connections=(canary.connections if canary else 0) - before,
        dropped=courier.inbox.dropped,
    )


def _possible(courier: Courier, name: str) -> bool:
    """Whether what the case needs was declared: the id of an expired quote."""
    return name != "quote-expired" or bool(courier.agreement.expired_quote)


def _case(courier: Courier, name: str) -> Sent:
    mutation = BY_NAME[name]
    declared = courier.service.settings.get("canary")
    values = {"entity_url": f"{str(declared['url']).rstrip('/')}/entity"} if declared else {}
    return courier.pay(name, mutation.template, values, mutation.encoding)


def _flows(courier: Courier, first: Sent, cases: frozenset[str]) -> list[Sent]:
    """What builds on a payment that was made: the same message again, and its UETR under another MsgId."""
    sent = []
    ids = {"message_id": first.exchange.message_id, "uetr": first.exchange.uetr}
    if RESEND in cases:
        sent.append(courier.post(RESEND, "pacs008", first.octets, ids))
    if REUSED in cases:
        sent.append(courier.pay(REUSED, samples.PACS_008, {"uetr": first.exchange.uetr}))
    return sent


def _currencies(courier: Courier) -> dict[str, int]:
    """Decimals by currency from the manifest or, where it has none, from the service; empty where neither says so."""
    if declared := courier.service.settings.get("currencies"):
        return dict(declared)
    try:
        answer = fetch(
            courier.door,
            courier.target,
            f"{str(courier.service.settings['base']).rstrip('/')}/currencies",
            verify=courier.roots,
        )
        listed = answer.json() if answer.status == 200 else {}
    except Undecided:
        return {}
    entries = listed.get("currencies", []) if isinstance(listed, dict) else listed
    found: dict[str, int] = {}
    for entry in entries[:500] if isinstance(entries, list) else []:
        code = entry.get("currencyCode") if isinstance(entry, dict) else None
        places = entry.get("decimalPlaces") if isinstance(entry, dict) else None
        if isinstance(code, str) and isinstance(places, int) and len(code) == 3 and 0 <= places <= 5:
            found[code] = places
    return found


def _lookups(courier: Courier) -> Lookups:
    """Each kind of proxy in turn, several rounds, one at a time, so that times can be compared."""
    proxies = courier.service.settings.get("proxies", {})
    if "registered" not in proxies:
        raise Untested(NotTested.OPT_IN, "the manifest declares no registered test proxy (proxies.registered)")
    sent: list[tuple[str, Sent]] = []
    for turn in range(ROUNDS):
        for kind in (each for each in KINDS if each in proxies):
            values = proxies[kind]["values"]
            one = _look_up(courier, f"{kind}-{turn}", proxies[kind]["type"], values[turn % len(values)])
            courier.wait(one)
            sent.append((kind, one))
        if not any(each.token == sent[0][1].token for each in courier.inbox.received):
            break  # nothing is answered: the other rounds would only wait
    found, _ = courier.exchanges()
    full = str(courier.service.settings.get("full_name", ""))
    bodies = b"".join(each.body for each in courier.inbox.received)
    return Lookups(
        lookups=tuple(Lookup(kind, found[each.exchange.case]) for kind, each in sent),
        masked_name=str(courier.service.settings.get("masked_name", "")),
        full_name_declared=bool(full),
        full_name_seen=bool(full) and full.encode() in bodies,
        signed=bool(courier.callback.get("signature")),
    )


def _look_up(courier: Courier, case: str, kind: str, proxy: str) -> Sent:
    own = courier.own({"proxy_type": escape(str(kind)), "proxy": escape(str(proxy))})
    return courier.post(case, "acmt023", samples.fill(samples.ACMT_023, courier.agreement, own), own)


def _burst(courier: Courier) -> Burst:
    """More lookups of different proxies than the declared limit lets one payer make."""
    limit = int(courier.service.settings.get("lookups_per_payer", 0))
    proxies = courier.service.settings.get("proxies", {}).get("unknown")
    if not limit or not proxies:
        raise Untested(NotTested.OPT_IN, "the manifest declares no lookups_per_payer, or no proxies.unknown")
    values = proxies["values"]
    sent = [
        _look_up(courier, f"burst-{number}", proxies["type"], values[number % len(values)])
        for number in range(limit + 3)
    ]
    courier.wait(*sent)
    found, _ = courier.exchanges()
    return Burst(limit, tuple(found[each.exchange.case] for each in sent))


def _canary(courier: Courier, canary: Inbox | None) -> Canary:
    """One payment whose answer is to go to an address that is not registered, between silence and a good one."""
    declared = courier.service.settings.get("canary")
    if canary is None or not declared:
        raise Untested(NotTested.NO_CALLBACK, "the manifest declares no canary")
    control = courier.pay(CONTROL, samples.PACS_008)
    courier.wait(control)
    before = canary.connections
    own = courier.own({})
    octets = samples.fill(samples.PACS_008, courier.agreement, own)
    sent = courier.post("canary", "pacs008", octets, own, callback=str(declared["url"]))
    canary.wait(lambda: canary.connections > before, time.monotonic() + CANARY_SECONDS)
    found, _ = courier.exchanges()
    hosts = (str(declared["url"]), str(courier.service.settings["base"]))
    return Canary(
        local=all(_is_local(urlsplit(each).hostname or "") for each in hosts),
        connections=canary.connections - before,
        exchange=_found(found, sent),
        control=_found(found, control),
    )


def _found(found: Mapping[str, Exchange], sent: Sent) -> Exchange:
    return found[sent.exchange.case]
