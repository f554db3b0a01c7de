"""The area's observer over many jobs: one that is slow, hostile or broken costs the others nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from conformance.core.area import Job, Observed
from conformance.core.model import Reason, Undecided
from conformance.core.network import Door
from conformance.tls import observe, observe_hellos
from tests.zoo.runs import LIMITS, a_door, a_target, honest
from tests.zoo.servers import resetting, serve, silent

VERSIONS = frozenset({"versions:TLSv1.2", "versions:TLSv1.3"})


def job(address: str, name: str = "xa-t", asks: frozenset[str] = VERSIONS, **settings: Any) -> Job:
    target = a_target(address, name, **settings)
    return Job(target, target.services[0], asks)


def looked(*jobs: Job, door: Door | None = None) -> dict[str, Observed]:
    return {each.job.target.id: each for each in observe.observe(jobs, door or a_door())}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with honest() as target:
        yield target.services[0].address


def test_slow_name_does_not_hold_up_who_is_under_way(server: str) -> None:
    """A lookup that takes longer than an exchange may must not be waited for in the loop."""
    host, port = server.split(":")

    def resolve(name: str) -> list[str]:
        if name.startswith("slow"):
            time.sleep(LIMITS.total_seconds + 0.4)
        return [host]

    door = a_door(resolve=resolve)
    jobs = [job(f"slow{n}.localhost:{port}", f"xa-slow{n}") for n in range(3)]
    found = looked(*jobs, job(server, "xa-quick"), door=door)
    assert set(found) == {"xa-slow0", "xa-slow1", "xa-slow2", "xa-quick"}
    assert not [each.failures for each in found.values() if each.failures]


def test_more_jobs_in_threads_than_may_wait_hold_up_nobody(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every thread held by a hostile endpoint, the hellos of the others are answered in time."""
    monkeypatch.setattr(observe, "THREADS", 2)
    monkeypatch.setattr(observe, "AHEAD", 2)
    with serve(silent, read=False) as mute:
        hostile = [job(mute.at, f"xb-{n}", frozenset({"http"})) for n in range(6)]
        found = looked(*hostile, *[job(server, f"xa-{n}") for n in range(6)])
    assert {each.failures["http"][0] for name, each in found.items() if name < "xb-9" and name > "xb"} == {
        Reason.TIMEOUT
    }
    assert [found[f"xa-{n}"].records["versions"].answers["TLSv1.3"].kind for n in range(6)] == ["accepted"] * 6


def boom(*_: object, **__: object) -> Any:
    raise RuntimeError("boom")


def on_bad(module: Any, name: str) -> tuple[str, Callable[..., Any]]:
    """The function, broken for the target `xb-bad`."""
    real = getattr(module, name)

    def either(job: Job, *rest: Any) -> Any:
        return boom() if job.target.id == "xb-bad" else real(job, *rest)

    return name, either


@pytest.mark.parametrize(
    ("module", "name"), [(observe_hellos, "converse"), (observe, "finish")], ids=["conversation", "finish"]
)
def test_defect_of_ours_costs_one_job(server: str, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    monkeypatch.setattr(module, *on_bad(module, name))
    found = looked(job(server, "xb-bad"), job(server, "xa-good"))
    assert found["xb-bad"].failures == {"versions": (Reason.INTERNAL, "RuntimeError: boom")}
    assert found["xa-good"].records["versions"].answers["TLSv1.3"].kind == "accepted"


def test_defect_in_a_lookup_costs_one_job(server: str) -> None:
    found = looked(job("xb.localhost:443", "xb-bad"), job(server, "xa-good"), door=a_door(resolve=boom))
    assert found["xb-bad"].failures["versions"][0] is Reason.INTERNAL
    assert not found["xa-good"].failures


def test_server_name_that_cannot_be_sent_costs_one_job(server: str) -> None:
    bad = job(server, "xb-bad", server_name=f"{'ä' * 70}.test")
    found = looked(bad, job(server, "xa-good"))
    assert found["xb-bad"].failures["versions"][0] is Reason.INTERNAL
    assert not found["xa-good"].failures


def test_name_that_is_not_found_is_dns() -> None:
    def resolve(_: str) -> list[str]:
        raise Undecided(Reason.DNS, "no such name")

    found = looked(job("x.localhost:443"), door=a_door(resolve=resolve))
    assert found["xa-t"].failures == {"versions": (Reason.DNS, "no such name")}


def test_next_address_is_tried_where_one_takes_no_connection(server: str) -> None:
    """127.0.0.2 refuses, as nobody listens there at this port."""
    _, port = server.split(":")
    found = looked(
        job(f"two.localhost:{port}"),
        door=a_door(resolve=lambda _: ["127.0.0.2", "127.0.0.1"], limits=replace(LIMITS, per_host=8)),
    )
    assert found["xa-t"].records["versions"].answers["TLSv1.3"].kind == "accepted"


def test_unreachable_endpoint_is_not_tried_again() -> None:
    hits = threading.Semaphore(0)

    def handler(stream: Any) -> None:
        hits.release()
        silent(stream)

    asks = VERSIONS | {"http", "certificate", "addresses", "client_certificates"}
    with serve(handler, read=False) as mute:
        found = looked(job(mute.at, asks=asks, mtls=True))
        assert mute.hits == 1
    assert {reason for reason, _ in found["xa-t"].failures.values()} == {Reason.TIMEOUT}
    assert not found["xa-t"].records


def test_endpoint_that_resets_every_hello_gives_no_record_of_hellos() -> None:
    with serve(resetting, read=False) as server_:
        found = looked(job(server_.at, asks=VERSIONS | {"certificate", "names", "features:flight13"}))["xa-t"]
    assert not found.records
    assert set(found.failures) == {"versions", "certificate", "names", "features"}
