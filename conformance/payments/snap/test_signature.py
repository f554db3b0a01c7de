"""X-SIGNATURE of transactions: the string-to-sign, its parts, minify, encoding and what the standard leaves open."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.payments.snap.evidence import Snap
from conformance.payments.snap.reading import (
    accepted,
    answered,
    case,
    controls,
    group,
    shown,
    signature_accepted,
    stated,
)

LEFT_OUT = {"token": "mode", "query": "query"}
"""Component -> the choice of the dialect that may leave it out."""


def _family(snap: Snap, cases: tuple[str, ...]) -> Violations:
    """The signatures of these bodies are accepted, and the same with another secret are not."""
    group(snap, "family")
    for name in cases:
        right, wrong = answered(snap, f"family/{name}"), answered(snap, f"family/{name}-wrong")
        if not signature_accepted(right):
            yield Violation(f"refuses the signature of {name}", f"accepted: {right.signed}", shown(right))
        elif signature_accepted(wrong):
            yield Violation(
                f"accepts {name} signed with another secret, so nothing of it is verified", "401xx00", shown(wrong)
            )


def _refused(snap: Snap, *probes: str) -> Violations:
    """None of these signatures, each over something else than was sent, is accepted."""
    for probe in probes:
        answer = answered(snap, probe)
        if signature_accepted(answer):
            yield Violation(f"accepts {probe}", "401xx00", f"{shown(answer)} for {answer.signed}")


def _present(snap: Snap, cases: tuple[str, ...]) -> tuple[str, ...]:
    """The cases that were sent: two of the family need an operation without a body."""
    return tuple(name for name in cases if f"family/{name}" in snap.answers)


@requirement("PAY-SNP-04")
def test_signatures_of_the_family_are_accepted(snap: Snap, rule: Rule) -> Violations:
    """Every shape of body of the S family verifies."""
    group(snap, "family")
    yield from _family(snap, _present(snap, rule.params["cases"]))
    if missing := [name for name in rule.params["cases"] if f"family/{name}" not in snap.answers]:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{', '.join(missing)}: the manifest names no operation `list`")


@requirement("PAY-SNP-05")
def test_each_part_is_signed(snap: Snap, rule: Rule) -> Violations:
    """A signature over one part other than was sent is refused with 401xx00."""
    group(snap, "parts")
    controls(snap, "parts/right", "parts/right-after")
    for part in rule.params["parts"]:
        if (part, stated(snap, LEFT_OUT.get(part, ""))) in (("token", "asymmetric"), ("query", "excluded")):
            continue  # not in the string-to-sign of this dialect, which the report prints
        answer = answered(snap, f"parts/{part}")
        if accepted(answer) or case(answer) != "401xx00":
            yield Violation(f"answers another {part} otherwise", "401xx00", f"{shown(answer)} for {answer.signed}")


@requirement("PAY-SNP-06")
def test_encodings_verify_equally(snap: Snap) -> Violations:
    """The stated encoding is the one accepted; where the other is accepted too, it is verified as well."""
    group(snap, "encoding")
    right, other = answered(snap, "encoding/right"), answered(snap, "encoding/other")
    name = stated(snap, "encoding")
    if not name:
        yield Violation("the encoding of X-SIGNATURE is not stated", "base64 or hex", "nothing")
    if not accepted(right):
        if accepted(other):
            yield Violation("takes the encoding that is not stated", name, shown(right))
            return
        raise Undecided(Reason.CONTROL_FAILED, f"the right request was answered {shown(right)}")
    for probe in ("other-secret", "other-body", "other-truncated"):
        answer = answered(snap, f"encoding/{probe}")
        if signature_accepted(answer):
            yield Violation(f"accepts {probe} in the encoding that is not stated", "401xx00", shown(answer))


@requirement("PAY-SNP-06-S")
def test_base64_is_used(snap: Snap) -> Violations:
    """The stated encoding, which a right and a wrong signature show to be the one in use, is Base64."""
    group(snap, "encoding")
    controls(snap, "encoding/right")
    if signature_accepted(answered(snap, "encoding/secret")):
        raise Undecided(Reason.CONTROL_FAILED, "a signature by another secret is accepted, so none shows anything")
    if stated(snap, "encoding") != "base64":
        yield Violation("X-SIGNATURE is not in Base64", "base64", stated(snap, "encoding"))


@requirement("PAY-SNP-07")
def test_minify_takes_white_space_only(snap: Snap, rule: Rule) -> Violations:
    """Bodies that differ by white space outside strings verify alike, those that differ by more do not."""
    yield from _family(snap, rule.params["cases"])
    group(snap, "minify")
    yield from _refused(snap, "minify/stripped", "minify/reordered")


@requirement("PAY-SNP-08")
def test_bodies_are_hashed_as_sent(snap: Snap, rule: Rule) -> Violations:
    """A body with characters beyond ASCII is hashed as its UTF-8 octets, not as an escaped form."""
    yield from _family(snap, rule.params["cases"])
    group(snap, "minify")
    yield from _refused(snap, "minify/escaped")


@requirement("PAY-SNP-09")
def test_absent_body_and_query_are_signed_as_stated(snap: Snap, rule: Rule) -> Violations:
    """No body hashes to SHA-256 of nothing, and the query enters the string-to-sign as the manifest states it."""
    group(snap, "query")
    if stated(snap, "empty_body") != "sha256-of-empty":
        yield Violation("signs an absent body otherwise", "SHA-256 of no octets", stated(snap, "empty_body"))
    if not stated(snap, "query"):
        yield Violation("how the query is signed is not stated", "a query canonicalisation", "nothing")
    yield from _family(snap, rule.params["cases"])


@requirement("PAY-SNP-10")
def test_header_errors_name_the_field(snap: Snap, rule: Rule) -> Violations:
    """Each mandatory header field absent or malformed is refused with a code of the rule's, and named."""
    group(snap, "headers")
    controls(snap, "headers/right", "headers/right-after")
    for kind in ("no", "bad"):
        for name in rule.params[kind]:
            answer = answered(snap, f"headers/{kind}-{name}")
            codes = rule.params["absent_codes" if kind == "no" else "malformed_codes"]
            what = f"{name} that is {'absent' if kind == 'no' else 'malformed'}"
            if accepted(answer) or case(answer) not in codes:
                yield Violation(f"answers {what} otherwise", " or ".join(codes), shown(answer))
            elif _bare(name) not in _bare(answer.message):
                yield Violation(f"does not name {what}", name, shown(answer))


def _bare(text: str) -> str:
    """Letters and digits in lower case: field names are written with and without dashes."""
    return "".join(filter(str.isalnum, text.lower()))


def _window(snap: Snap) -> int:
    text = stated(snap, "window_seconds")
    return int(text) if text.isdigit() else 0


@requirement("PAY-SNP-11")
def test_timestamps_have_a_zone_and_are_recent(snap: Snap, rule: Rule) -> Violations:
    """Times without zone or too far off are refused; those within the stated window are accepted."""
    group(snap, "times")
    controls(snap, "times/now", "times/now-after")
    window = _window(snap)
    if not window:
        yield Violation("the accepted window is not stated", "window_seconds in the manifest", "nothing")
    elif window > rule.params["max_seconds"]:
        yield Violation("states a wider window", f"at most {rule.params['max_seconds']} s", f"{window} s")
    for probe in rule.params["refused"]:
        answer = answered(snap, f"times/{probe}")
        if accepted(answer) or answer.status >= 500:
            yield Violation(
                f"answers X-TIMESTAMP {probe} otherwise", "a refusal", f"{answer.asked_at}: {shown(answer)}"
            )
    for probe, seconds in rule.params["within"].items():
        answer = answered(snap, f"times/{probe}")
        if seconds < window and not accepted(answer):
            yield Violation(
                f"refuses X-TIMESTAMP {probe}, within its window", f"accepted for {window} s", shown(answer)
            )
