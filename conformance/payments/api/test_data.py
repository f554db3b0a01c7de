"""Amounts that survive, and lists that end."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import Reason, Rule, Undecided, Violation, Violations
from conformance.payments.api.evidence import Api, Walk
from conformance.payments.api.reading import answered, controls, done, group, shown


@requirement("PAY-API-08")
def test_amounts_are_no_floats(api: Api, rule: Rule) -> Violations:
    """Amounts come back as they were sent, as strings or integers; a float is refused."""
    group(api, "amounts")
    declared = api.stated.get("amount", "")
    if declared not in rule.params["kinds"]:
        yield Violation(
            "how amounts are written is not stated", " or ".join(rule.params["kinds"]), declared or "nothing"
        )
        return
    for text in rule.params["amounts"]:
        probe = f"amounts/create-{text}"
        controls(api, probe)
        for name in (probe, f"amounts/get-{text}"):
            if name in api.answers:
                yield from _printed(api, name, text, rule.params["kinds"][declared])
    reply = answered(api, "amounts/float")
    if done(reply) or reply.status >= 500:
        yield Violation("answers an amount that is a float otherwise", "4xx", shown(reply))


def _printed(api: Api, probe: str, text: str, kind: str) -> Violations:
    """The answer prints the amount, in the kind that is declared, with the value that was sent."""
    reply = answered(api, probe)
    if not reply.amount_kind:
        raise Undecided(Reason.NOT_OBSERVABLE, f"{probe} shows no amount")
    if reply.amount_kind != kind:
        yield Violation(f"prints the amount of {probe} as a {reply.amount_kind}", f"a {kind}", reply.amount)
    elif _digits(reply.amount) != _digits(text):
        yield Violation(f"prints another amount in {probe}", text, reply.amount)


def _digits(text: str) -> str:
    """An amount's digits: equal for a decimal of two places and its minor units."""
    return text.replace(".", "").lstrip("0")


def _walk(api: Api, name: str) -> Walk:
    if name not in api.walks:
        raise Undecided(Reason.NOT_OBSERVABLE, f"the {name} walk of the list is not in evidence")
    return api.walks[name]


@requirement("PAY-API-09")
def test_lists_page_and_end(api: Api, rule: Rule) -> Violations:
    """A list walked twice ends, shows each entry once and in one order, and a page has its bound."""
    group(api, "pages")
    controls(api, "pages/first-0", "pages/second-0", "pages/oversize")
    first, second, oversize = (_walk(api, name) for name in ("first", "second", "oversize"))
    ids = [each for page in first.pages for each in page]
    if len(ids) < rule.params["min_entries"]:
        raise Undecided(
            Reason.NOT_OBSERVABLE, f"the list has {len(ids)} entries; {rule.params['min_entries']} are needed"
        )
    if not first.ended:
        yield Violation("the list does not end", "a last page that names no next one", f"{len(first.pages)} pages")
    if len(set(ids)) < len(ids):
        yield Violation(
            "shows entries on more than one page", "each once", f"{len(ids)} shown, {len(set(ids))} different"
        )
    if ids != [each for page in second.pages for each in page]:
        yield Violation("shows the list in another order the second time", "one order", f"{len(ids)} entries")
    bound = int(api.stated.get("max_page", "0"))
    if not bound:
        yield Violation("the largest page is not stated", "max_page in the manifest", "nothing")
    elif len(oversize.pages[0]) > bound:
        yield Violation("gives a larger page than it states", str(bound), str(len(oversize.pages[0])))
