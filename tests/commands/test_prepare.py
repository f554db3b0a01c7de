"""Which judges a run loads, and that none which it needs is missing."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from conformance.commands.prepare import judges_of
from conformance.core.judging import JudgeError
from conformance.core.model import Profile, Service, Target
from conformance.core.profile import load_profile
from tests.commands.conftest import ENVIRONMENT

ASEAN = load_profile("asean")


def target(*roles: str) -> Target:
    return Target("xa", "XA", "XA", tuple(Service(role, role) for role in roles))


def with_one_more(*roles: str) -> Profile:
    """The profile with a requirement of these roles that nothing judges."""
    more = replace(ASEAN.requirements["TLS-VER-03"], id="TLS-VER-99", roles=roles)
    return replace(ASEAN, requirements={**ASEAN.requirements, more.id: more})


@pytest.mark.parametrize(
    ("roles", "areas"),
    [
        (("openid-provider",), {"eid"}),
        (("tls-endpoint",), {"tls"}),
        (("qr-reader", "tls-endpoint"), {"tls", "payments"}),
        ((), {"tls", "eid", "payments"}),
        (("nothing-of-ours",), {"tls", "eid", "payments"}),
    ],
)
def test_the_areas_of_the_targets_roles_alone_are_loaded(roles: tuple[str, ...], areas: set[str]) -> None:
    judges = judges_of(ASEAN, [target(*roles)])
    assert {entry.area.name for entry in judges.values()} == areas
    bound = {i for i, r in ASEAN.requirements.items() if set(roles) & set(r.roles) and not r.derives}
    assert bound <= judges.keys()


def test_a_requirement_that_binds_the_target_and_has_no_judge_is_refused() -> None:
    profile = with_one_more("openid-provider", "tls-endpoint")
    for roles in (("openid-provider",), ("tls-endpoint", "qr-reader"), ()):
        with pytest.raises(JudgeError, match="TLS-VER-99 of profile asean has no judge"):
            judges_of(profile, [target(*roles)])
    with pytest.raises(JudgeError, match="TLS-VER-99 of profile asean has no judge"):
        judges_of(profile)
    assert judges_of(profile, [target("qr-reader")])


def test_a_requirement_of_roles_of_two_areas_finds_its_judge_in_either() -> None:
    both = replace(ASEAN.requirements["TLS-VER-03"], roles=("qr-reader", "tls-endpoint"))
    profile = replace(ASEAN, requirements={**ASEAN.requirements, both.id: both})
    assert "TLS-VER-03" in judges_of(profile, [target("qr-reader")])


def test_what_a_provider_does_not_need_is_not_imported() -> None:
    program = (
        "import sys\n"
        "from tests.commands.test_prepare import ASEAN, judges_of, target\n"
        "judges_of(ASEAN, [target('openid-provider')])\n"
        "print(*(name for name in sys.modules if name.startswith('conformance.') and '.test_' in name))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=True, timeout=60
    )
    assert {name.split(".")[1] for name in said.stdout.split()} == {"eid"}
