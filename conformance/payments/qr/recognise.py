"""Which scheme a payload is of: its templates by their GUIDs, with the overlay's forms compiled once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from conformance.payments.qr.parse import MERCHANT_TEMPLATES
from conformance.payments.qr.schemes import Allowance, ObjectSpec, Scheme, Template
from conformance.payments.qr.tlv import DataObject

Form = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Spec:
    """An ObjectSpec ready for use. form: matches a whole value, None for any."""

    spec: ObjectSpec
    required: bool
    form: Form | None
    objects: Mapping[str, Spec]


@dataclass(frozen=True, slots=True)
class Layout:
    """A template of a scheme ready for use.

    pays: it is an account, not what stands beside one. abroad: payers of other countries can use it.
    more: the scheme says something of root objects. allowed: `rule:path` -> why the scheme's document allows it.
    """

    scheme: Scheme
    template: Template
    objects: Mapping[str, Spec]
    required: frozenset[str]
    root: Mapping[str, Spec]
    more: bool
    pays: bool
    abroad: bool
    country: str
    currencies: Mapping[str, int]
    allowed: Mapping[str, str]
    pattern: Form | None


class Match(msgspec.Struct, frozen=True, gc=False):
    """A template of a payload that a scheme knows."""

    layout: Layout
    object: DataObject


@dataclass(frozen=True, slots=True, eq=False)
class Registry:
    """Schemes by what recognises them. guids: upper case -> layout. patterns: those of schemes without a fixed GUID.

    It is equal to itself alone: what is remembered of codes is remembered by registry.
    """

    schemes: tuple[Scheme, ...]
    guids: Mapping[str, Layout]
    patterns: tuple[Layout, ...]


def registry(schemes: Iterable[Scheme]) -> Registry:
    """What recognises these schemes."""
    chosen = tuple(schemes)
    layouts = [_layout(scheme, template) for scheme in chosen for template in scheme.template]
    guids = {guid.upper(): layout for layout in layouts for guid in layout.template.guid}
    return Registry(chosen, guids, tuple(layout for layout in layouts if layout.pattern))


def _layout(scheme: Scheme, template: Template) -> Layout:
    objects = {spec.id: _spec(spec) for spec in template.objects}
    return Layout(
        scheme=scheme,
        template=template,
        objects=objects,
        required=frozenset(spec.id for spec in template.objects if spec.required),
        root={spec.id: _spec(spec) for spec in scheme.objects},
        more=bool(scheme.objects or template.required),
        pays=template.kind != "national",
        abroad=template.cross_border,
        country=scheme.country,
        currencies=scheme.currencies,
        allowed=_allowed((*scheme.allow, *template.allow)),
        pattern=_form(template.form),
    )


def _allowed(allowances: Iterable[Allowance]) -> Mapping[str, str]:
    return {f"{each.rule}:{each.path}": each.why for each in allowances}


def _spec(spec: ObjectSpec) -> Spec:
    return Spec(spec, spec.required, _form(spec.form), {inner.id: _spec(inner) for inner in spec.objects})


def _form(pattern: str) -> Form | None:
    return re.compile(pattern, re.ASCII | re.DOTALL).fullmatch if pattern else None


def guid_of(template: DataObject) -> str:
    """The value of sub-ID 00 of a template, empty where it has none."""
    objects = template.objects
    if objects and objects[0].id == "00":
        return objects[0].value
    return next((each.value for each in objects if each.id == "00"), "")


def recognise(templates: Iterable[DataObject], country: str, known: Registry) -> tuple[Match, ...]:
    """The templates in 26 to 51 that a scheme of the registry knows, in the payload's order.

    What has no fixed GUID is recognised by its form, in codes of the scheme's own country alone.
    """
    found = []
    for each in templates:
        if each.id in MERCHANT_TEMPLATES and (guid := guid_of(each)):
            layout = known.guids.get(guid) or known.guids.get(guid.upper()) or _by_pattern(guid, country, known)
            if layout:
                found.append(Match(layout, each))
    return tuple(found)


def _by_pattern(guid: str, country: str, known: Registry) -> Layout | None:
    for layout in known.patterns:
        if layout.scheme.country == country and layout.pattern and layout.pattern(guid):
            return layout
    return None
