"""What the manifest claims agrees with what is seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Violation, Violations
from conformance.tls.evidence import Features, Groups, Versions
from conformance.tls.reading import given, known, offers

Seen = Callable[[Versions, Groups, Features], bool]


def _alpn_h2(versions: Versions, _: Groups, features: Features) -> bool:
    if offers(versions, "TLSv1.3"):
        return given(features.flight13, "flight13", features.troubles).alpn == "h2"
    return offers(versions, "TLSv1.2") and given(features.flight12, "flight12").alpn == "h2"


def _hybrid(versions: Versions, groups: Groups, _: Features) -> bool:
    return offers(versions, "TLSv1.3") and known(groups.offered, "X25519MLKEM768").accepted


CLAIMS: Mapping[str, Seen] = {
    "tls12": lambda versions, _, __: offers(versions, "TLSv1.2"),
    "tls13": lambda versions, _, __: offers(versions, "TLSv1.3"),
    "hybrid_group": _hybrid,
    "alpn_h2": _alpn_h2,
}
"""Claims of a manifest that TLS observations can confirm or refute."""


@requirement("GEN-CLM-01")
def test_claims_agree_with_what_is_seen(
    versions: Versions, groups: Groups, features: Features, claims: Mapping[str, bool]
) -> Violations:
    """Each claim that this area can check is true when it says true, and false when it says false."""
    checked = {name: value for name, value in claims.items() if name in CLAIMS}
    if not checked:
        raise NotApplicable("the manifest claims nothing that this area can check ([target.claims])")
    for name, claimed in sorted(checked.items()):
        seen = CLAIMS[name](versions, groups, features)
        if seen != claimed:
            yield Violation(
                f"the manifest claims {name} = {str(claimed).lower()}",
                f"{name} = {str(seen).lower()}",
                "offered" if seen else "not offered",
            )
