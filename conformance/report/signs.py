"""What the reports say of each status, basis and reason: one table for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from conformance.core.model import Basis, NotTested, Reason, Status
from conformance.core.rollup import Statement

SIGNS: Mapping[Status, str] = MappingProxyType(
    {
        Status.PASS: "\u2713",
        Status.WARNING: "!",
        Status.FAIL: "\u2715",
        Status.ERROR: "?",
        Status.NOT_TESTED: "\u25cb",
        Status.WAIVED: "\u25c7",
        Status.NOT_APPLICABLE: "\u2013",
    }
)

WORDS: Mapping[Status, str] = MappingProxyType(
    {
        status: status.value.replace("not-applicable", "not applicable").replace("not-tested", "not tested")
        for status in Status
    }
)

MEANINGS: Mapping[Status, str] = MappingProxyType(
    {
        Status.FAIL: "Observed completely; a MUST or MUST NOT is violated. Blocks conformance.",
        Status.ERROR: "We looked and could not decide. Says nothing of the service; keeps a MUST open.",
        Status.NOT_TESTED: "Did not run, for the reason given. Says nothing of the service; keeps a MUST open.",
        Status.WAIVED: "Violated, and tolerated by a waiver that was valid when it was observed.",
        Status.WARNING: "A SHOULD is violated, or a MUST that is not in force yet. Does not block conformance.",
        Status.PASS: "Observed completely, and every assertion held.",
        Status.NOT_APPLICABLE: "The option is not offered, as the facts given show. Neutral.",
    }
)

STATEMENT_SIGNS: Mapping[Statement, str] = MappingProxyType(
    {
        Statement.CONFORMANT: SIGNS[Status.PASS],
        Statement.WITH_WAIVERS: SIGNS[Status.WAIVED],
        Statement.NON_CONFORMANT: SIGNS[Status.FAIL],
        Statement.UNDETERMINED: SIGNS[Status.ERROR],
    }
)

STATEMENT_STATUS: Mapping[Statement, Status] = MappingProxyType(
    {
        Statement.CONFORMANT: Status.PASS,
        Statement.WITH_WAIVERS: Status.WAIVED,
        Statement.NON_CONFORMANT: Status.FAIL,
        Statement.UNDETERMINED: Status.NOT_TESTED,
    }
)
"""The status whose colour a statement has."""

STATEMENT_MEANINGS: Mapping[Statement, str] = MappingProxyType(
    {
        Statement.CONFORMANT: "Every MUST of the area passes or is not applicable everywhere, and something passed.",
        Statement.WITH_WAIVERS: "As conformant, with at least one violation that a waiver tolerates.",
        Statement.NON_CONFORMANT: "At least one MUST fails on at least one service.",
        Statement.UNDETERMINED: "Anything else: a MUST is open, results are too old, or only a part was asked.",
    }
)

BASES: Mapping[Basis, str] = MappingProxyType(
    {
        Basis.LIVE: "live protocol test",
        Basis.VECTORS: "vectors answered by an implementation",
        Basis.DOCUMENT: "document verified cryptographically",
        Basis.RECOMPUTED: "recomputed from raw numbers",
        Basis.LINT: "evidence lint (its truth not tested)",
    }
)

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        NotTested.NO_TARGET: "name a target that offers the service: --target FILE",
        NotTested.NOT_PUBLISHED: "ask the operator to publish what the requirement needs to be read",
        NotTested.NOT_AUTHORISED: "add or widen [target.authorisation] in the manifest: hosts, kinds, dates, active",
        NotTested.NO_CREDENTIAL: "give the manifest the credential it refers to (env:NAME or file:PATH)",
        NotTested.NO_CALLBACK: "declare a callback in the manifest that the service can reach",
        NotTested.ROLE_MISSING: "add a service with the role that the requirement binds to the manifest",
        NotTested.UNSUPPORTED: "use a newer version of the suite, or check it by hand",
        NotTested.OPT_IN: "opt in to the test in the manifest",
        NotTested.DEPENDENCY: "solve the requirement that it needs first",
        NotTested.DESELECTED: "run again without --only and --area",
        NotTested.BUDGET: "raise the request budget, or run fewer targets at once",
        NotTested.STOPPED: "let the run end",
        NotTested.MANUAL: "let a person check it",
        Reason.DNS: "make the host's name resolve from here, or name a resolver in the manifest",
        Reason.REFUSED: "start the service, or correct its address in the manifest",
        Reason.CONNECT_TIMEOUT: "open the way to the service (firewall, route), or correct its address",
        Reason.TIMEOUT: "let the service answer within the deadline, then run again",
        Reason.RESET: "look at the service's log or a firewall in front of it for connections that are reset",
        Reason.CLOSED: "look at the service's log for why it closes the connection without an answer",
        Reason.NOT_TLS: "name a port in the manifest on which TLS is spoken",
        Reason.TLS_RECORD: "look at what stands before the service: its records are malformed",
        Reason.TLS_ALERT: "let the endpoint complete the handshake that is needed (client certificate, name)",
        Reason.CERTIFICATE: "install a certificate that can be parsed",
        Reason.FRAMING: "correct the HTTP framing of the service's answer",
        Reason.ENCODING: "correct the content encoding of the service's answer",
        Reason.TOO_LARGE: "let the service answer within the size limit",
        Reason.JSON: "correct the JSON of the service's answer",
        Reason.OUT_OF_SCOPE: "declare the host that the service points to in the manifest's authorisation",
        Reason.RATE_LIMIT: "wait, or lower max_rps in the manifest, then run again",
        Reason.NOT_OBSERVABLE: "check it on the service itself: it cannot be seen from here",
        Reason.CONTROL_FAILED: "make the service answer the control request every time, then run again",
        Reason.FLAKY: "let every server behind the name answer alike, then run again",
        Reason.HARNESS: "look at the harness's own output",
        Reason.INTERNAL: "report it: this is a defect of the suite",
    }
)
"""What to do about a cell that could not be decided, by its reason."""
