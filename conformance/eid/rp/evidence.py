"""What can be seen of a relying party: one row a login at our provider, no verdict words, no token, no code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from conformance.core.model import NotTested, Reason, Undecided, Untested

Outcome = Literal["in", "out", "absent", "undecided", "untested"]


class Asked(Struct, frozen=True):
    """An authorization request as it reached us.

    method: of the code challenge, empty where there is none. verifier: `same` as the challenge says, `other`, `absent`,
    or empty where no token was asked for. state, nonce: how many characters. repeats: which of `state`, `nonce` and
    `code_challenge` were the same in an earlier login of this run. acr: the values that it asks for. pushed: by PAR.
    """

    response_type: str
    method: str = ""
    verifier: str = ""
    state: int = 0
    nonce: int = 0
    repeats: tuple[str, ...] = ()
    acr: tuple[str, ...] = ()
    pushed: bool = False


class Login(Struct, frozen=True):
    """What came of one login.

    outcome: `in` the marker of a logged-in session showed, `out` it did not; `undecided` with `reason`, a member of
    Reason; `untested` with `reason`, a member of NotTested; `absent`: what the case would change is not used, `detail`
    says what shows it. stage: how far it came: `start`, `authorization`,
    `callback`, `marker`. reached: our hostile answer was taken: the relying party asked for it and it was sent.
    status: of the last page. fetched: what the relying party asked of us meanwhile, in order: `metadata`, `keys`,
    `token`, `userinfo`, `par`, `other`. shows: what the pages show of `subject` and `name` of this login, and of
    `foreign`, the data of the UserInfo of somebody else. asked: the request, None where none reached us.
    """

    outcome: Outcome
    reason: str = ""
    detail: str = ""
    stage: str = "start"
    reached: bool = False
    status: int = 0
    seconds: float = 0.0
    fetched: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    asked: Asked | None = None

    def check(self) -> None:
        """Raise what kept the login from being decided.

        Raises:
            Undecided, Untested.
        """
        if self.outcome == "undecided":
            raise Undecided(Reason(self.reason), self.detail)
        if self.outcome == "untested":
            raise Untested(NotTested(self.reason), self.detail)

    @property
    def summary(self) -> str:
        """The login in a few words, for a violation's `observed`."""
        ends = {"in": "logged in", "out": "not logged in"}.get(self.outcome, f"{self.reason}: {self.detail}")
        return f"{ends}, {self.stage}" + (f" {self.status}" if self.status else "")


class Logins(Struct, frozen=True):
    """Every login of a run, by the name of its case; those that begin with `control` are as they should be.

    issuer: ours. alg: the algorithm that ID tokens are signed with. dropped: requests to us that belong to no login.
    """

    issuer: str
    alg: str
    logins: Mapping[str, Login]
    dropped: int = 0
