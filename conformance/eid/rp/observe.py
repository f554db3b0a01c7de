"""The observer of relying parties: a login as it should be, then one for each case, with more good ones between.

Logins whose change follows from their code run side by side; those that change our key set or our metadata run alone,
since nothing tells on whose behalf a relying party asks for them. Nothing here knows what would pass.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from conformance.core.area import Job, Observed
from conformance.core.model import NotTested, Reason, Undecided, Untested
from conformance.core.network import Door
from conformance.eid.rp.asks import CONTROLS, ROTATED
from conformance.eid.rp.browser import Browser
from conformance.eid.rp.cases import CASES
from conformance.eid.rp.evidence import Login, Logins
from conformance.eid.rp.login import Look, log_in
from conformance.eid.rp.provider import Provider
from conformance.eid.rp.settings import Settings, settings_of
from conformance.wire.serving import serve

JOBS, THREADS = 6, 4
"""Relying parties looked at side by side, and logins of each."""

ALONE = ("issuer_mismatch", "control-second-issuer", "key_rotated", "kid_unknown", "odd_key")
LAST = ("jwks_large", "jwks_redirects")

Failure = tuple[Reason | NotTested, str]


def observe(jobs: Iterable[Job], door: Door) -> Iterator[Observed]:
    """Each job's result as soon as it is complete, a few side by side."""
    todo = iter(jobs)
    with ThreadPoolExecutor(JOBS) as pool:
        running = {pool.submit(observe_one, job, door) for job in itertools.islice(todo, JOBS)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(observe_one, job, door) for job in itertools.islice(todo, len(done))}
            for future in done:
                yield future.result()


def observe_one(job: Job, door: Door) -> Observed:
    """Every login that was asked of one relying party."""
    observed_at, door = door.now(), door.apart()
    failure: Failure
    try:
        settings = settings_of(job.target, job.service)
        provider = Provider(settings.issuer, settings.second_issuer, settings.alg, settings.lower_acr)
        with _served(provider, settings):
            record = _logins(Look(job, door, settings, provider), {ask.partition(":")[2] for ask in job.asks})
    except (Undecided, Untested) as trouble:
        failure = (trouble.reason, trouble.detail)
    else:
        return Observed(job, observed_at, {"logins": record}, {}, door.opened)
    return Observed(job, observed_at, {}, {"logins": failure}, door.opened)


@contextlib.contextmanager
def _served(provider: Provider, settings: Settings) -> Iterator[None]:
    """Our provider at its address. Raises Untested: NO_CALLBACK, where that cannot be listened on."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(serve(provider.respond, settings.context, settings.listen))
        except OSError as error:
            where = ":".join(map(str, settings.listen))
            raise Untested(NotTested.NO_CALLBACK, f"cannot listen on {where}: {error.strerror}") from None
        yield


def _logins(look: Look, wanted: set[str]) -> Logins:
    """Raises Undecided where even the first good login does not come to its end."""
    _nobody_is_logged_in(look)
    first = log_in(look, "control-first", alone=True)
    try:
        first.check()
    except Undecided as trouble:
        raise Undecided(trouble.reason, f"a login without any change: {trouble.detail}") from None
    if first.outcome != "in":
        raise Undecided(
            Reason.CONTROL_FAILED, f"a login without any change does not show the marker; {_mend(look, first)}"
        )
    found = {"control-first": first}
    if wanted & set(ROTATED):
        wanted |= {"key_rotated"}
    beside = sorted(wanted - {*CONTROLS, *ALONE, *LAST}, key=lambda name: not CASES[name].drips)
    with ThreadPoolExecutor(THREADS) as pool:
        found |= dict(zip(beside, pool.map(lambda name: log_in(look, name, alone=False), beside), strict=True))
    found["control-middle"] = log_in(look, "control-middle", alone=True)
    if "issuer_mismatch" in wanted:
        found |= _mismatched(look)
    for name in (*ALONE[2:], *LAST):
        if name in wanted:
            time.sleep(look.settings.cooldown_seconds)
            found[name] = log_in(look, name, alone=True)
    found["control-last"] = log_in(look, "control-last", alone=True)
    return Logins(look.settings.issuer, look.settings.alg, found, look.provider.dropped)


def _mend(look: Look, login: Login) -> str:
    """What to look at in the manifest or at the relying party, where even a good login does not succeed."""
    settings = look.settings
    if "token" not in login.fetched:
        where = ":".join(map(str, settings.listen))
        return f"no token was asked for: does the relying party reach {settings.issuer} (we listen on {where})?"
    if "keys" not in login.fetched:
        return f"the token was asked for, and the keys were not; the callback ended with {login.status}"
    return f"is {settings.alg} what is registered as id_token_signed_response_alg, and is the marker right?"


def _nobody_is_logged_in(look: Look) -> None:
    if Browser(look.door, look.job.target, look.settings).is_logged_in():
        raise Undecided(Reason.CONTROL_FAILED, "the marker shows before anybody has logged in; name another one")


def _mismatched(look: Look) -> dict[str, Login]:
    """A login with metadata of another issuer; where it does not succeed, one with the right ones."""
    if not look.settings.second_issuer:
        detail = "the manifest names no callback.second_issuer, whose metadata would name another issuer"
        return {"issuer_mismatch": Login("untested", NotTested.UNSUPPORTED.value, detail)}
    found = {"issuer_mismatch": log_in(look, "issuer_mismatch", alone=True)}
    if found["issuer_mismatch"].outcome == "out":
        found["control-second-issuer"] = log_in(look, "control-second-issuer", alone=True)
    return found
