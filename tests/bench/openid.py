"""How fast the OpenID provider part is against oidc-provider on loopback: `python -m tests.bench.openid [fapi|plain]`.

Prints the whole part's wall and CPU time, then flows (push, authorization, token) a second of a user who is logged in,
one after the other and six side by side.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conformance.core.area import Job
from conformance.core.network import Door
from conformance.core.profile import load_profile
from conformance.core.target import load_target
from conformance.eid.op import observe_metadata
from conformance.eid.op.asks import asks
from conformance.eid.op.observe import THREADS, observe_one
from conformance.eid.op.preflight import Run, preflight
from conformance.eid.op.provider import Provider
from conformance.eid.op.session import fresh_code, redeem
from conformance.eid.op.settings import client_of, settings_of
from conformance.sandbox import keys_folder
from conformance.tls.pki import Pki
from tests.software.openid_providers import Served, serve_provider

FLOWS = 60


def logged_in(served: Served) -> Run:
    """A provider with the preflight done."""
    target = load_target(served.manifest)
    service = next(each for each in target.services if each.role == "openid-provider")
    door, settings = Door(ca_file=str(served.roots)), settings_of(target, service)
    _, document = observe_metadata.discover(door, target, settings)
    _, keys = observe_metadata.look_at_keys(door, target, settings, document, door.now())
    return preflight(Provider(door, target, settings, document, client_of(service, "client")), service, keys)


def flows_a_second(run: Run, threads: int) -> float:
    """Flows with `threads` side by side."""
    begin = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: redeem(run.provider, fresh_code(run.provider)), range(FLOWS)))
    return FLOWS / (time.monotonic() - begin)


def whole(served: Served, profile: str) -> str:
    """One look at everything."""
    target = load_target(served.manifest)
    service = next(each for each in target.services if each.role == "openid-provider")
    rules = [r for r in load_profile(profile).requirements.values() if service.role in r.roles and not r.derives]
    wanted = frozenset().union(*(asks(rule) for rule in rules))
    wall, cpu = time.monotonic(), time.process_time()
    observed = observe_one(Job(target, service, wanted), Door(ca_file=str(served.roots)))
    spent = f"{time.monotonic() - wall:.2f} s wall, {time.process_time() - cpu:.2f} s CPU"
    return f"{len(rules)} requirements, {len(wanted)} asks, {observed.connections} connections: {spent}"


def main() -> None:
    """Measure and print."""
    mode = sys.argv[1] if len(sys.argv) > 1 else "fapi"
    with tempfile.TemporaryDirectory() as folder:
        with serve_provider(Path(folder), Pki.cached(keys_folder()), mode=mode) as served:
            lines = [f"{mode}: {whole(served, 'asean-high' if mode == 'fapi' else 'asean')}"]
            run = logged_in(served)
            lines += [f"{flows_a_second(run, threads):.1f} flows/s, {threads} side by side" for threads in (1, THREADS)]
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        lines.append(f"the provider itself: {used.ru_utime + used.ru_stime:.2f} s CPU, its start and all flows")
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
