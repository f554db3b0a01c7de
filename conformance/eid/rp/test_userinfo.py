"""UserInfo of another subject: EID-RP-17."""

from __future__ import annotations

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Undecided, Violation, Violations
from conformance.eid.rp.evidence import Logins
from conformance.eid.rp.reading import WORDS, controlled, login_of, refused


@requirement("EID-RP-17")
def test_userinfo_of_another_subject_is_not_used(logins: Logins) -> Violations:
    control, login = login_of(logins, "control-first"), login_of(logins, "ui_sub_wrong")
    controlled(logins, "control-first")
    if "foreign" in login.shows:
        yield Violation(
            f"uses {WORDS['ui_sub_wrong']}", "refused or ignored", "its page shows the other subject's data"
        )
        return
    if not any("userinfo" in each.fetched for each in (control, login)):
        raise NotApplicable("it does not ask for UserInfo")
    if login.outcome != "in":
        yield from refused(logins, ["ui_sub_wrong"])
        return
    if "name" not in control.shows and "subject" not in login.shows:
        raise Undecided(Reason.NOT_OBSERVABLE, "it logs in, and no page shows whose data it uses")
