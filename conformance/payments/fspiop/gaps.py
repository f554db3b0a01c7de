"""What the manifest of a hub leaves out, so that requirements come to nothing."""

from __future__ import annotations

from conformance.core.area import Gap
from conformance.core.model import Service, Target


def gaps(target: Target, service: Service) -> tuple[Gap, ...]:
    """The gaps of one service: an address for callbacks, and somebody who fulfils."""
    del target
    if "callback" not in service.settings:
        line = 'callback = { listen = "127.0.0.1:8600", url = "https://..." }, where the hub reaches both participants'
        return (Gap(("PAY-FSP-02", "PAY-FSP-06", "PAY-FSP-07"), "not-tested", line),)
    if "key" not in service.settings["payee"]:
        line = 'payee = { fsp = "...", key = "file:payee.key" }, so that transfers can be fulfilled'
        return (Gap(("PAY-FSP-02", "PAY-FSP-07"), "not-tested", line),)
    return ()
