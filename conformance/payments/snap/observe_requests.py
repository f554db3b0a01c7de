"""Signatures, header fields, times and QR decoding: requests that change nothing at the service."""

from __future__ import annotations

from dataclasses import replace

from conformance.core.model import Reason, Undecided
from conformance.payments.snap import mutations
from conformance.payments.snap.client import Change, Draft
from conformance.payments.snap.session import Session
from conformance.payments.snap.signature import QUERIES, Dialect


def unsigned(dialect: Dialect) -> frozenset[str]:
    """The components that the dialect leaves out of the string-to-sign."""
    left_out = {"token": dialect.mode == "asymmetric", "query": dialect.query == "excluded"}
    return frozenset(name for name, out in left_out.items() if out)


def parts(session: Session) -> None:
    """One component of the string-to-sign another than sent, between two right requests."""
    operation = session.operation("inquiry")
    session.send("parts/right", operation, session.draft(operation))
    for name in mutations.COMPONENTS:
        if name in unsigned(session.client.dialect):
            continue
        what = session.draft(operation)
        if name == "secret":
            change = Change(wrong_secret=True)
        else:
            change = Change(signed={name: mutations.ALTER[name](getattr(what, name))})
        session.send(f"parts/{name}", operation, what, change)
    session.send("parts/truncated", operation, session.draft(operation), Change(truncated=True))
    session.send("parts/right-after", operation, session.draft(operation))


def family(session: Session) -> None:
    """The bodies of the S family, each rightly signed and, as its control, with another secret."""
    operation = session.operation("inquiry")
    for name, addition in mutations.ADDITIONS.items():
        what = session.draft(operation)
        body = mutations.with_addition(what.body.decode(), addition)
        what = replace(what, body=(mutations.pretty(body) if name == "S2" else body).encode())
        _both(session, f"family/{name}", "inquiry", what)
    if "list" in session.operations:
        listed = session.operation("list")
        _both(session, "family/S7", "list", replace(session.draft(listed), query=""))
        _both(session, "family/S8", "list", replace(session.draft(listed), query=mutations.S8_QUERY))


def _both(session: Session, probe: str, name: str, what: Draft) -> None:
    operation = session.operation(name)
    session.send(probe, operation, replace(what, external_id=session.fresh()))
    session.send(f"{probe}-wrong", operation, replace(what, external_id=session.fresh()), Change(wrong_secret=True))


def minify(session: Session) -> None:
    """Signatures over a body that was changed by more than white space outside strings."""
    operation = session.operation("inquiry")
    changes = {
        "stripped": ("S3", mutations.stripped),
        "escaped": ("S4", mutations.escaped),
        "reordered": ("S9", mutations.reordered),
    }
    for name, (case, change) in changes.items():
        what = session.draft(operation)
        body = mutations.with_addition(what.body.decode(), mutations.ADDITIONS[case]).encode()
        session.send(f"minify/{name}", operation, replace(what, body=body), Change(signed={"body": change(body)}))


def encoding(session: Session) -> None:
    """The other encoding of the same signature, right and wrong, beside the stated one."""
    operation = session.operation("inquiry")
    other = {"encoding": "hex" if session.client.dialect.encoding == "base64" else "base64"}
    changes = {
        "right": Change(),
        "secret": Change(wrong_secret=True),
        "other": Change(dialect=other),
        "other-secret": Change(dialect=other, wrong_secret=True),
        "other-body": Change(dialect=other, signed={"body": b"{}"}),
        "other-truncated": Change(dialect=other, truncated=True),
    }
    for name, change in changes.items():
        session.send(f"encoding/{name}", operation, session.draft(operation), change)


def query(session: Session) -> None:
    """The other ways to sign a query and the absence of a body.

    Raises:
        Undecided: NOT_OBSERVABLE, where the manifest names no operation without a body.
    """
    operation, dialect = session.operation("list"), session.client.dialect
    for name in QUERIES:
        if name != dialect.query:
            what = replace(session.draft(operation), query=mutations.S8_QUERY)
            session.send(f"query/{name}", operation, what, Change(dialect={"query": name}))
    other = "empty-field" if dialect.empty_body == "sha256-of-empty" else "sha256-of-empty"
    what = replace(session.draft(operation), query="")
    session.send(f"query/{other}", operation, what, Change(dialect={"empty_body": other}))


FOREIGN = "00020101021126340016XZ.NOBODY.SCHEME011000000000005204000053039635802XZ5906NOBODY6007NOWHERE630430CD"
"""A sound payload of a scheme that nobody has: XZ is no country, 963 no currency that anybody pays in."""

MISSING = ("X-TIMESTAMP", "X-SIGNATURE", "X-PARTNER-ID", "X-EXTERNAL-ID", "CHANNEL-ID")
MALFORMED = {
    "X-TIMESTAMP": "yesterday",
    "X-EXTERNAL-ID": "external-id-of-letters",
    "CHANNEL-ID": "123456",
    "X-PARTNER-ID": "p" * 37,
}
"""Mandatory header field -> a value that its format excludes."""


def headers(session: Session) -> None:
    """Each mandatory header field absent, and malformed; a right request before and after."""
    operation = session.operation("inquiry")
    session.send("headers/right", operation, session.draft(operation))
    for name in MISSING:
        session.send(f"headers/no-{name}", operation, session.draft(operation), Change(fields={name: None}))
    for name, value in MALFORMED.items():
        what = session.draft(operation)
        what = replace(what, timestamp=value) if name == "X-TIMESTAMP" else what
        session.send(f"headers/bad-{name}", operation, what, Change(fields={name: value}))
    if session.client.dialect.mode == "symmetric":
        change = Change(fields={"Authorization": None})
        session.send("headers/no-Authorization", operation, session.draft(operation), change)
    session.send("headers/right-after", operation, session.draft(operation))


def times(session: Session) -> None:
    """Right signatures over timestamps that are off, or written otherwise."""
    operation = session.operation("inquiry")
    for name, time in mutations.TIMES.items():
        what = session.draft(operation, seconds=time.seconds)
        if time.form == "hour-24":
            yesterday = session.draft(operation, seconds=-86_400).timestamp
            text = f"{yesterday[:11]}24:00:00{yesterday[19:]}"
        else:
            text = {"right": what.timestamp, "no-zone": what.timestamp[:19]}.get(
                time.form, f"{what.timestamp[:19]}+0700"
            )
        if time.form == "no-colon" and what.timestamp.endswith("Z"):
            text = f"{what.timestamp[:19]}+0000"
        session.send(f"times/{name}", operation, replace(what, timestamp=text))
    session.send("times/now-after", operation, session.draft(operation))


def decode(session: Session) -> None:
    """A QR payload that the service knows, the same with a wrong CRC, one of a scheme that nobody has, and no QR.

    Raises:
        Undecided: NOT_OBSERVABLE, where the manifest names no decoding.
    """
    operation = session.operation("qr_decode")
    known = str(session.service.settings.get("qr_payload", ""))
    if not known:
        raise Undecided(Reason.NOT_OBSERVABLE, "the manifest names no qr_payload that the service decodes")
    last = "0" if known[-1:] != "0" else "1"
    payloads = {
        "known": known,
        "wrong-crc": f"{known[:-1]}{last}",
        "foreign": FOREIGN,
        "no-qr": "https://pay.example/?q=1",
    }
    for name, payload in payloads.items():
        session.send(f"decode/{name}", operation, session.draft(operation, qr=f'"{payload}"'))
