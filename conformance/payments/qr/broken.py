"""What judges of payloads share: the findings of one requirement, payload by payload, as violations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from conformance.core.model import NotApplicable, NotTested, Reason, Rule, Tree, Undecided, Untested, Violation
from conformance.payments.qr.check import check_facts
from conformance.payments.qr.evidence import Payload, Payloads
from conformance.payments.qr.facts import Facts, facts_of
from conformance.payments.qr.findings import Finding
from conformance.payments.qr.recognise import registry
from conformance.payments.qr.schemes import of_country
from conformance.payments.qr.tree import tree_of

Concerns = Callable[[Facts], bool]
MAX_TREES = 3
"""Payloads of a cell whose trees are kept: results and pages stay small, whatever is handed in."""


def each(payloads: Payloads) -> Iterator[tuple[Payload, Facts]]:
    """Every payload with its facts.

    Raises:
        Undecided: there is none.
    """
    if not payloads.items:
        raise Undecided(Reason.NOT_OBSERVABLE, "no payload was handed in")
    known = registry(payloads.schemes)
    sandbox = payloads.country.startswith("X")
    for item in payloads.items:
        yield item, facts_of(item.reading, known, sandbox=sandbox)


def broken(payloads: Payloads, rule: Rule, concerns: Concerns | None = None, absent: str = "") -> Iterator[Violation]:
    """What breaks the requirement that the rule is of, in all payloads.

    Args:
        payloads: the evidence.
        rule: of the requirement.
        concerns: which payloads it binds, None for all.
        absent: the facts for which it is not applicable, where no payload is bound.

    Raises:
        NotApplicable: no payload is bound.
        Undecided: there is no payload.
    """
    bound = [(item, facts) for item, facts in each(payloads) if concerns is None or concerns(facts)]
    yield from violations(bound, rule)
    if not bound:
        raise NotApplicable(absent)


def violations(bound: Iterable[tuple[Payload, Facts]], rule: Rule) -> Iterator[Violation]:
    """What breaks one requirement in these payloads; what its scheme allows does not.

    The first violation of each of the first MAX_TREES payloads has the payload's tree.
    """
    trees = 0
    for item, facts in bound:
        found = check_facts(facts)
        own = [each for each in found if each.clause.requirement == rule.id and not each.note]
        tree = tree_of(item, facts, found) if own and trees < MAX_TREES else None
        for finding in own:
            yield violation(item, finding, tree)
            tree = None
        trees += bool(own)


def violation(item: Payload, finding: Finding, tree: Tree | None = None) -> Violation:
    """A finding as a violation: the payload, the data object and its offset before what is wrong."""
    place = f"ID {finding.path} at offset {finding.offset}" if finding.path else f"offset {finding.offset}"
    return Violation(f"{item.name}, {place}: {finding.message}", finding.expected, finding.observed[:200], tree)


def published(payloads: Payloads) -> None:
    """Leave where the country's scheme has no public table of fields.

    Raises:
        Untested: it has none; says which.
    """
    for scheme in of_country(payloads.schemes, payloads.country):
        if not scheme.published:
            raise Untested(NotTested.NOT_PUBLISHED, f"no table of the fields of {scheme.title} is public")


def has(*root_ids: str) -> Concerns:
    """Whether a payload has one of these IDs at its root."""
    return lambda facts: any(name in facts.root for name in root_ids)
