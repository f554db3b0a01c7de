"""What the manifest of an issuer or a reader leaves out, so that requirements come to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.area import Gap
from conformance.core.model import Requirement, Service, Target
from conformance.core.profile import load_profile


def gaps(target: Target, service: Service) -> tuple[Gap, ...]:
    """The gaps of one service."""
    del target
    settings = service.settings
    if service.role == "qr-reader":
        return tuple(_unread(frozenset(settings.get("schemes", ()))))
    file = str(settings.get("payload_file", ""))
    if not file and not settings.get("payloads"):
        ids = tuple(each.id for each in _of("qr-issuer"))
        return (Gap(ids, "not-tested(not-published)", 'payload_file = "codes.txt", one payload a line'),)
    if _abroad(settings) or file.endswith(".json"):
        return ()
    return (
        Gap(("PAY-QR-15",), "not-applicable", "cross_border = true, for codes that payers of other countries scan"),
    )


def _of(role: str) -> Iterator[Requirement]:
    return (each for each in load_profile("asean").requirements.values() if role in each.roles)


def _abroad(settings: Mapping[str, object]) -> bool:
    """Whether some payload is for payers abroad, as far as the manifest itself says."""
    inline = settings.get("payloads", ())
    entries = inline if isinstance(inline, tuple | list) else ()
    return bool(settings.get("cross_border")) or any(
        isinstance(entry, Mapping) and entry.get("cross_border") for entry in entries
    )


def _unread(declared: frozenset[str]) -> Iterator[Gap]:
    """Requirements without a case for any of the schemes that a reader declares, by the schemes that have one."""
    from conformance.payments.qr.cases import shipped_cases  # noqa: PLC0415 - `conformance list` needs no vectors

    if not declared:
        return
    by_schemes: dict[tuple[str, ...], list[str]] = {}
    for requirement in _of("qr-reader"):
        cases = (case for case in shipped_cases() if case.group in requirement.params["groups"])
        schemes = tuple(dict.fromkeys(case.scheme for case in cases))
        if not declared & set(schemes):
            by_schemes.setdefault(schemes, []).append(requirement.id)
    for schemes, ids in by_schemes.items():
        names = " or ".join(f'"{scheme}"' for scheme in schemes)
        yield Gap(tuple(ids), "not-tested(unsupported)", f"{names} to schemes, if it reads codes of such a scheme")
