"""What the scheme's own table asks for, and what another country's reader needs."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.payments.qr.codes import COUNTRIES
from conformance.payments.qr.facts import Facts
from conformance.payments.qr.findings import NONE, Finding, Found
from conformance.payments.qr.recognise import Layout, Spec
from conformance.payments.qr.rules_values import country, currency
from conformance.payments.qr.tlv import DataObject, Defect, nested

CROSS_BORDER = frozenset({"52", "53", "58", "59", "60"})
NO_DEFECT: tuple[Defect, ...] = ()
CARDS = frozenset(f"{i:02}" for i in range(2, 26))
"""International card schemes: their accounts are open to payers of any country."""


def currency_of_scheme(facts: Facts) -> Found:
    """The currency is one that the schemes of the payload settle in, with the decimals that they write."""
    each = facts.root.get("53")
    if each is None or not facts.matches:
        return NONE
    value = each.value
    found: Found = NONE
    decimals = None
    for match in facts.matches:
        known = match.layout.currencies
        if known and value not in known:
            title = match.layout.scheme.title
            found = facts.at("scheme-currency", "53", f"a currency that {title} does not use", " or ".join(known))
        decimals = known.get(value, decimals)
    if decimals is not None and (amount := facts.root.get("54")):
        written = decimals_of(amount.value)
        if len(written) > decimals and written.isdigit():
            expected = f"at most {decimals}" if decimals else "none"
            found = (*found, *facts.at("decimals", "54", f"{len(written)} decimals in currency {value}", expected))
    return found


def decimals_of(value: str) -> str:
    """What is written behind the point of an amount."""
    return value.partition(".")[2]


def layout(facts: Facts) -> Found:
    """Each template that a scheme knows is laid out as the scheme's table says, and so is the root."""
    found: Found = NONE
    where = facts.value("58")
    for match in facts.matches:
        matched, template = match.layout, match.object
        specs, required = matched.objects, 0
        for each in template.objects:
            if spec := specs.get(each.id):
                required += spec.required
                if spec.objects or ((form := spec.form) and not form(each.value)):
                    found = (*found, *_object(facts, template.id, each, spec))
        if required < len(matched.required):
            found = (*found, *_missing(matched, template))
        if matched.template.one_of:
            found = (*found, *_one_of(matched, template))
        if matched.more:
            found = (*found, *_root(facts, matched))
        if where != matched.country and where in COUNTRIES:
            message = f"another country than that of {matched.scheme.title}"
            found = (*found, *facts.at("layout", "58", message, matched.scheme.country))
    return found


def _object(facts: Facts, path: str, each: DataObject, spec: Spec) -> Found:
    """What is wrong with one object, and with what it holds."""
    found: Found = NONE
    where = f"{path}.{each.id}" if path else each.id
    if spec.form and not spec.form(each.value):
        name, why = spec.spec.name, spec.spec.uncertain
        found = (Finding("layout", where, each.offset, f"{name} is of another form", spec.spec.form, each.value, why),)
    if not spec.objects:
        return found
    objects, defects = (each.objects, NO_DEFECT) if each.objects else nested(facts.reading.text, each, where)
    for defect in defects:
        message = f"{spec.spec.name}: {defect.detail}"
        found = (*found, Finding("layout", where, defect.offset, message, "data objects", each.value))
    inner = {one.id: one for one in objects}
    for name, sub in spec.objects.items():
        if name in inner:
            if sub.objects or (sub.form and not sub.form(inner[name].value)):
                found = (*found, *_object(facts, where, inner[name], sub))
        elif sub.spec.required:
            message = f"no {sub.spec.name}"
            found = (*found, Finding("layout", f"{where}.{name}", each.offset, message, sub.spec.name))
    return found


def fits(facts: Facts, each: DataObject, spec: Spec) -> bool:
    """Whether `layout` finds nothing in one object of which a scheme says this."""
    return not _object(facts, "", each, spec)


def _missing(matched: Layout, template: DataObject) -> Iterator[Finding]:
    for name in sorted(matched.required - {each.id for each in template.objects}):
        spec = matched.objects[name].spec
        path = f"{template.id}.{name}"
        yield Finding("layout", path, template.offset, f"no {spec.name}", spec.name, "", spec.uncertain)


def _one_of(matched: Layout, template: DataObject) -> Iterator[Finding]:
    choice = matched.template.one_of
    seen = [each.id for each in template.objects if each.id in choice]
    if len(seen) != 1:
        message = f"{len(seen)} of the sub-IDs {', '.join(choice)}"
        yield Finding("layout", template.id, template.offset, message, "exactly one", ", ".join(seen))


def _root(facts: Facts, matched: Layout) -> Found:
    """The root objects of which the scheme says more than EMVCo."""
    found: Found = NONE
    root, end = facts.root, len(facts.reading.text)
    for name, spec in matched.root.items():
        if each := root.get(name):
            if spec.objects or (spec.form and not spec.form(each.value)):
                found = (*found, *_object(facts, "", each, spec))
        elif spec.spec.required or (spec.spec.required_with and spec.spec.required_with in root):
            what, why = spec.spec.name, spec.spec.uncertain
            found = (*found, Finding("layout", name, end, f"no {what}", what, "", why))
    for name in matched.template.required:
        if name not in root:
            beside = f"ID {name} beside {matched.template.name}"
            found = (*found, Finding("layout", name, end, f"no ID {name}", beside))
    return found


def readiness(facts: Facts) -> Found:
    """What a reader abroad needs at the root: 52, 53, 58, 59, 60 and ISO codes."""
    root = facts.root
    found: list[Finding] = []
    if not root.keys() >= CROSS_BORDER:
        end = len(facts.reading.text)
        missing = sorted(CROSS_BORDER - root.keys())
        found += [Finding("cross-mandatory", name, end, f"no ID {name}", f"ID {name}") for name in missing]
    if currency(facts):
        found += facts.at("cross-currency", "53", "no numeric code of a currency", "three digits of ISO 4217")
    if country(facts):
        found += facts.at("cross-country", "58", "no code of a country", "two letters of ISO 3166-1")
    return tuple(found) if found else NONE


def account_abroad(facts: Facts) -> Found:
    """A reader abroad needs an account that is open to foreign payers."""
    for match in facts.matches:
        if match.layout.abroad:
            return NONE
    return (_no_account(facts),) if CARDS.isdisjoint(facts.root) else NONE


def _no_account(facts: Facts) -> Finding:
    domestic = [match for match in facts.matches if match.layout.pays]
    if domestic:
        match = domestic[0]
        message = f"{match.layout.template.name} is for payers of {match.layout.scheme.country} alone"
        return Finding("cross-account", match.object.id, match.object.offset, message, "an account open to others")
    return Finding("cross-account", "", 0, "no account of a scheme that is known", "an account template with its GUID")
