"""What ClientHellos show: the questions to one endpoint as a conversation.

A broad control hello goes first and last. If the first is not answered at all, nothing more is sent. Then come the
questions whose wording depends on nothing, then those that depend on the first answers, then, where a hello that should
have been refused was not, the naming of what was accepted.
"""

from __future__ import annotations

import os
from typing import Final

from conformance.core.area import Job
from conformance.core.network import Address
from conformance.core.selector import Conversation, Failure
from conformance.tls import probes
from conformance.tls.hello import server_name_extension
from conformance.tls.parse import Reply
from conformance.tls.probes import CONTROL, PROBES
from conformance.tls.questions import opening, optional, second, share_out, third
from conformance.tls.server_names import as_address
from conformance.tls.suites import SETS
from conformance.tls.talk import FIRST, LAST, Talk, Talking

NEVER_REGISTERED: Final = ".invalid"
"""RFC 6761 section 6.4."""


def name_extension(server_name: str) -> bytes:
    """The server_name extension; none for an IP address (RFC 6066 section 3)."""
    return b"" if as_address(server_name) else server_name_extension(server_name)


def converse(job: Job, address: Address, offenders: int) -> Conversation[Talk]:
    """Ask one endpoint all that the job's asks need of hellos.

    Args:
        job: what to look at, and what for.
        address: where to connect.
        offenders: how many of a forbidden set are named at most.
    """
    talk = Talk(job, address, name_extension(job.service.server_name))
    yield from talk.wave({FIRST: CONTROL})
    if isinstance(talk.got[FIRST][1], Failure):
        return talk
    first = opening(job.asks, named=bool(talk.server_name))
    own = {"unknown": name_extension(f"x{os.urandom(6).hex()}{NEVER_REGISTERED}")} if "unknown" in first else {}
    yield from talk.ask(first, own)
    share_out(talk)
    yield from talk.ask(dict(second(talk)))
    yield from talk.ask(dict(third(talk)))
    yield from talk.wave(dict(optional(talk)))
    yield from talk.confirm()
    yield from _name_offenders(talk, offenders)
    # A server that knows none of the newer versions refuses the broad hello: any hello that it accepted will do.
    talk.control = next((key for key in (FIRST, *PROBES) if talk.reply(key)), FIRST)
    yield from talk.wave({LAST: talk.got[talk.control][0].hello})
    return talk


def _name_offenders(talk: Talk, most: int) -> Talking:
    """Strike what was accepted and ask again, all sets side by side, until they are refused or enough are named."""
    forbidden: dict[str, tuple[int, ...]] = {f"deny:{each}": SETS[each] for each in talk.wants("suites:deny:")}
    open_sets: dict[str, list[int]] = {}
    for key, codes in forbidden.items():
        reply = talk.reply(key)
        if reply and reply.suite in codes:
            open_sets[key] = [reply.suite]
    asked = 0
    while open_sets:
        asked += 1
        for key in [key for key, found in open_sets.items() if len(found) >= most or len(found) == len(forbidden[key])]:
            found = open_sets.pop(key)
            talk.struck[key] = found, len(found) == len(forbidden[key])
        deny = {key: probes.deny13 if key == "deny:not-allowed13" else probes.deny for key in open_sets}
        questions = {
            f"{key}-{asked}": deny[key](tuple(code for code in forbidden[key] if code not in found))
            for key, found in open_sets.items()
        }
        yield from talk.wave(questions)
        for key in list(open_sets):
            reply = talk.reply(f"{key}-{asked}")
            if reply and reply.suite in forbidden[key] and reply.suite not in open_sets[key]:
                open_sets[key].append(reply.suite)
            else:
                got = talk.got[f"{key}-{asked}"][1]
                talk.struck[key] = open_sets.pop(key), isinstance(got, Reply) and got.refused
