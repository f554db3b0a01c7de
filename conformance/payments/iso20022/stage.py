"""The sandbox's stands of this room: a stand becomes files or a server, and the keys of its manifest."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.area import Kit, Stand, check_stand
from conformance.core.profile import load_profile
from conformance.payments.iso20022 import sandbox
from conformance.payments.iso20022.asks import SENDER
from conformance.payments.iso20022.gateway import Gateway, Setting
from conformance.payments.iso20022.poster import FIELD, posting
from conformance.payments.iso20022.samples import EXPIRED_QUOTE
from conformance.payments.iso20022.sandbox_faults import FAULTS
from conformance.payments.iso20022.validate import terms_of
from conformance.wire.own_tls import own_certificate
from conformance.wire.serving import reserved, serve

POLICIES, SENDERS = ("good", "https"), ("good",)
"""Of gateways and of senders. https: answers come to our callback address over TLS."""
SECONDS = {"HIGH": 2.0, "NORM": 2.5}
LATE_SECONDS = {"HIGH": 0.6, "NORM": 0.8}
PROXIES = {
    "registered": ["+000-5550100"],
    "unknown": [f"+000-55502{number:02}" for number in range(50)],
    "deregistered": ["+000-5550300"],
    "blocked": ["+000-5550400"],
}
FULL_NAME, MASKED_NAME = "Example Payee Person", "Ex***** Pa*** Pe****"
LOOKUPS = 10
PATH = "/iso20022"
SECRET = b"a secret of the sandbox that opens nothing"


def faults() -> Mapping[str, str]:
    """Every fault of this room."""
    return {**sandbox.faults(), **{name: fault.description for name, fault in FAULTS.items()}}


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Serve the stand; yield the keys of its manifest.

    Raises:
        ConfigError: no such policy or fault.
    """
    if stand.role == SENDER:
        check_stand(stand, SENDERS, sandbox.faults(), "senders")
        names = sandbox.write(kit.folder, stand.faults)
        yield {"messages": [f"file:{name}" for name in names]}
        return
    check_stand(stand, POLICIES, FAULTS, "gateways")
    with contextlib.ExitStack() as stack:
        yield _serve(stack, stand, kit)


def _serve(stack: contextlib.ExitStack, stand: Stand, kit: Kit) -> Mapping[str, Any]:
    """Start a gateway that knows our callback address, and the keys of its manifest."""
    callback, canary = (stack.enter_context(reserved()) for _ in range(2))
    own = _callback(stand.policy, kit, callback)
    seconds = LATE_SECONDS if {"gateway-late", "gateway-late-normal"} & set(stand.faults) else SECONDS
    setting = Setting(
        country=stand.country,
        terms=terms_of(load_profile("asean").requirements),
        origin=own["url"].removesuffix(PATH),
        seconds=seconds,
        proxies={value: kind for kind, values in PROXIES.items() for value in values if kind != "unknown"},
        masked_name=MASKED_NAME,
        full_name=FULL_NAME,
        lookups=LOOKUPS + 4,  # the payer has looked up four kinds before the burst
        faults=stand.faults,
    )
    roots = ssl.create_default_context(cadata=own_certificate()[0].decode())
    post = stack.enter_context(posting(b"" if "gateway-unsigned" in stand.faults else SECRET, roots))
    port = stack.enter_context(serve(Gateway(setting, post).respond, kit.server_context()))
    (kit.folder / "signature.key").write_bytes(SECRET)
    return {
        "base": f"https://localhost:{port}",
        "callback": {**own, "signature": {"field": FIELD, "secret": "file:signature.key"}},
        "canary": {"listen": canary, "url": f"http://{canary}/canary"},
        "answer_seconds": seconds,
        "agreement": {"expired_quote": EXPIRED_QUOTE},
        "proxies": {kind: {"type": "MBNO", "values": values} for kind, values in PROXIES.items()},
        "masked_name": MASKED_NAME,
        "full_name": FULL_NAME,
        "lookups_per_payer": LOOKUPS,
    }


def _callback(policy: str, kit: Kit, listen: str) -> dict[str, Any]:
    """The manifest's callback, with a certificate of its own where it is over TLS."""
    if policy != "https":
        return {"listen": listen, "url": f"http://{listen}{PATH}"}
    for name, pem in zip(("callback.pem", "callback.key"), own_certificate(), strict=True):
        (kit.folder / name).write_bytes(pem)
    pair = {"certificate": "file:callback.pem", "key": "file:callback.key"}
    return {"listen": listen, "url": f"https://localhost:{listen.rpartition(':')[2]}{PATH}", "tls": pair}
