"""Secrets as manifests refer to them: `env:NAME` or `file:PATH`, read when they are needed and not before."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

from conformance.core.model import NotTested, Untested

MAX_OCTETS = 100_000


class Secret:
    """A reference to a secret. It shows, compares and is written as its reference, and cannot be pickled."""

    __slots__ = ("_folder", "reference")

    def __init__(self, reference: str, folder: Path) -> None:
        self.reference = reference
        self._folder = folder

    def __repr__(self) -> str:
        return f"Secret({self.reference!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (self.reference, self._folder) == (other.reference, other._folder)

    def __hash__(self) -> int:
        return hash((self.reference, self._folder))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")

    def reveal(self) -> bytes:
        """The secret itself.

        Raises:
            Untested: NO_CREDENTIAL, where the reference leads to nothing; says what to set.
        """
        kind, _, name = self.reference.partition(":")
        if kind == "env":
            if not (value := os.environ.get(name, "")):
                raise Untested(NotTested.NO_CREDENTIAL, f"the environment has no {name}")
            return value.encode("utf-8", "surrogateescape")
        path = self._folder / name
        try:
            with path.open("rb") as file:
                octets = file.read(MAX_OCTETS + 1)
        except (OSError, ValueError) as error:
            trouble = error.strerror if isinstance(error, OSError) else error
            raise Untested(NotTested.NO_CREDENTIAL, f"{name} cannot be read: {trouble}") from None
        if not octets or len(octets) > MAX_OCTETS:
            raise Untested(NotTested.NO_CREDENTIAL, f"{name} has {len(octets)} octets")
        return octets
