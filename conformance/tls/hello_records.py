"""The answers to hellos as evidence: records from a talk that has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

from conformance.tls.answers import answer
from conformance.tls.codepoints import GROUPS, SCHEMES, SUITES
from conformance.tls.codepoints import name_of as name
from conformance.tls.evidence import Answer, Denial, Groups, Signatures, Suites, Tolerance, Versions
from conformance.tls.hello import TLS13
from conformance.tls.parse import Reply
from conformance.tls.probes import LEGACY_SCHEMES, PROBES, SMALL_GROUPS
from conformance.tls.questions import rsa_key, shares
from conformance.tls.talk import FIRST, LAST, UNION, Talk

MOST_UNOFFERED: Final = 100


class Reading:
    """Records from a talk that has ended. controlled: whether a control was accepted before and after."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.controlled = talk.reply(talk.control) is not None and talk.reply(LAST) is not None
        self._answers: dict[str, Answer] = {}

    def answer(self, key: str) -> Answer | None:
        """The answer to the question of this name, None where it was not asked."""
        if (known := self._answers.get(key)) is None and key in self.talk.got:
            made, got = self.talk.got[key]
            known = self._answers[key] = answer(got, made, controlled=self.controlled)
        return known

    def answers(self, keys: Mapping[str, str]) -> dict[str, Answer]:
        """Answers by the name on the left; those that were not asked are left out."""
        return {each: found for each, key in keys.items() if (found := self.answer(key)) is not None}

    def versions(self) -> Versions:
        """See `evidence.Versions`."""
        asked = self.talk.wants("versions:")
        return Versions(self.answers({each: each if each in PROBES else FIRST for each in asked}))

    def tolerance(self) -> Tolerance:
        """See `evidence.Tolerance`."""
        asked = [each for each in self.talk.wants("tolerance:") if each in PROBES]
        everything = self.answers({key: key for key in self.talk.got})
        found = [f"{key}: {each}" for key, answered in everything.items() for each in answered.unoffered]
        compared = shares(self.talk) if "tolerance:shares" in self.talk.job.asks else ()
        return Tolerance(self.answers({each: each for each in asked}), tuple(sorted(found)[:MOST_UNOFFERED]), compared)

    def suites(self) -> Suites:
        """See `evidence.Suites`."""
        denied = {each: denial for each in self.talk.wants("suites:deny:") if (denial := self._denial(each))}
        offered = {each: found for each in self.talk.wants("suites:offer:") if (found := self._offered(each))}
        first, second = self.answer("order-1") or self.answer("TLSv1.2"), self.answer("order-2")
        return Suites(denied, offered, (first, second) if first and second else None)

    def _denial(self, each: str) -> Denial | None:
        key = f"deny:{each}"
        if found := self.answer(key):
            codes, complete = self.talk.struck.get(key, ([], True))
            return Denial(found, tuple(name(SUITES, code) for code in codes), complete)
        # The whole was refused cleanly. What stands for TLS 1.3 is asked only where there is TLS 1.3.
        whole = self._without13() if each == "not-allowed13" else self.answer(UNION)
        return Denial(whole) if whole else None

    def _offered(self, each: str) -> Answer | None:
        """The answer to the suite alone, or to a hello that offered more and was answered with it."""
        if each == "national":
            return self.answer(each)
        if each == "aes128gcm12":
            return self.answer(each) or self.answer("TLSv1.2")
        if (found := self.answer(each)) is not None:
            return found
        return next(self._shown(lambda reply: name(SUITES, reply.suite) == each), None) or self._without13()

    def _without13(self) -> Answer | None:
        """Why nothing more was asked of TLS 1.3: the answer of a server that did not go on with it."""
        found = self.answer("TLSv1.3")
        return None if found is None or self.talk.offers(TLS13, "TLSv1.3") else found

    def _shown(self, fits: Callable[[Reply], bool]) -> Iterator[Answer]:
        """The answers of TLS 1.3 that fit."""
        for key in self.talk.got:
            reply = self.talk.reply(key)
            if reply and reply.version == TLS13 and fits(reply) and (found := self.answer(key)):
                yield found

    def groups(self) -> Groups:
        """See `evidence.Groups`."""
        offered = {}
        for each in self.talk.wants("groups:offer:"):
            shown = next(self._shown(partial(_is_of, each)), None)
            if found := self.answer(f"group:{each}") or shown or self._without13():
                offered[each] = found
        denied = {
            each: found
            for each in self.talk.wants("groups:deny:")
            if (found := self.answer(f"deny-{each}") or self._without13())
        }
        return Groups(offered, self._small(), self._preferred(), denied)

    def _preferred(self) -> Answer | None:
        """What is selected of a classical and a hybrid group; the latter stands first where that was not asked."""
        if "groups:preferred" not in self.talk.job.asks:
            return None
        return self.answer("preferred") or self.answer("retry")

    def _small(self) -> Denial | None:
        """What decides is the hello that carries the certificate's curve too, where that was needed."""
        names = {name(GROUPS, code) for code in SMALL_GROUPS}
        found, old = self.answer("small"), self.answer("TLSv1.2")
        if found and found.kind != "accepted" and old and old.kind in ("silent", "broken"):
            return Denial(old)  # whether there is a certificate on a curve is not known
        return _accepted_of(self.answer("small-with-curves") or found, "group", names)

    def signatures(self) -> Signatures:
        """See `evidence.Signatures`."""
        names = {name(SCHEMES, code) for code in LEGACY_SCHEMES}
        legacy = _accepted_of(self.answer("legacy"), "signature_scheme", names)
        mandatory = self.answer("mandatory")
        if mandatory is None and "signatures:mandatory" in self.talk.job.asks:
            mandatory = self._without13()
        return Signatures(legacy, mandatory, (), self._rsa(), self.answer("pss"))

    def _rsa(self) -> Answer | None:
        """The answer of TLS 1.2 that an RSA key signed; without one, what was answered instead."""
        if "signatures:pss" not in self.talk.job.asks:
            return None
        return self.answer(rsa_key(self.talk)) or self.answer("other-key") or self.answer("TLSv1.2")


def _is_of(group: str, reply: Reply) -> bool:
    return name(GROUPS, reply.group) == group


def _accepted_of(found: Answer | None, attribute: str, names: set[str]) -> Denial | None:
    """A denial whose offender is what the answer names, where that is one of the forbidden names."""
    if found is None:
        return None
    chosen = getattr(found, attribute)
    return Denial(found, (chosen,), complete=False) if chosen in names else Denial(found)
