"""One level of the tag-length-value text of a merchant-presented QR code (EMV QRCPS MPM v1.1, sections 3.2 and 4.4).

A data object is two digits of ID, two digits of length counted in characters, and the value. Offsets are characters
(Unicode code points) from the start of the payload. Records are msgspec structs, not dataclasses: a payload has some
twenty-five of them, and they are built about six times as fast.
"""

from __future__ import annotations

import re

import msgspec

HEAD_CHARACTERS = 4


class DataObject(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A data object. offset: of its ID in the payload. objects: what a template holds, empty where it is none."""

    id: str
    offset: int
    value: str
    objects: tuple[DataObject, ...] = ()


class Defect(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where the text stops being tag-length-value.

    kind: one of KINDS. path: the template it lies in, `26` or `26.01`, empty at the root.
    """

    kind: str
    offset: int
    path: str
    detail: str


KINDS = ("encoding", "size", "empty", "id", "length", "overrun")

IDS = {f"{i:02}": f"{i:02}" for i in range(100)}
"""Two characters -> the ID, one string for each. Small tables stay in the cache, where one of all heads would not."""

LENGTHS = {f"{n:02}": n for n in range(1, 100)}
"""Two characters -> the length, in ASCII digits alone."""


def _of_tens(tens: int) -> str:
    """The expression of a length of so many tens, and of a value as long."""
    return f"{tens}(?:{'|'.join(f'{n % 10}.{{{n}}}' for n in LENGTHS.values() if n // 10 == tens)})"


CUT = re.compile(f"[0-9][0-9](?:{'|'.join(map(_of_tens, range(10)))})", re.DOTALL).findall


def pieces(text: str, start: int = 0) -> list[str]:
    """The data objects of a text as texts, from an offset to the end; none where not all of it is data objects.

    What `level` reads, in one call: at each place one length alone can match, and a stretch that none does is missed.
    """
    found = CUT(text, start)
    return found if len("".join(found)) == len(text) - start else []


def level(text: str, start: int, end: int, path: str, defects: list[Defect]) -> tuple[DataObject, ...]:
    """The data objects between two offsets, up to the first defect, which is added to `defects`."""
    objects: list[DataObject] = []
    ids, lengths = IDS.get, LENGTHS.get
    while start < end:
        begin = start + 4
        name, length = ids(text[start : start + 2]), lengths(text[start + 2 : begin])
        if name is None or length is None:
            defects.append(bad_head(text, start, end, path))
            break
        stop = begin + length
        if stop > end:
            defects.append(overrun(start, name, length, end - begin, path))
            break
        objects.append(DataObject(name, start, text[begin:stop]))
        start = stop
    return tuple(objects)


def nested(text: str, template: DataObject, path: str) -> tuple[tuple[DataObject, ...], tuple[Defect, ...]]:
    """What a data object holds that its scheme makes a template: its objects, and what is wrong with them."""
    defects: list[Defect] = []
    begin = template.offset + HEAD_CHARACTERS
    return level(text, begin, begin + len(template.value), path, defects), tuple(defects)


def bad_head(text: str, start: int, end: int, path: str) -> Defect:
    """Why the four characters at `start` begin no data object."""
    rest = end - start
    if rest < HEAD_CHARACTERS:
        return Defect("id", start, path, f"{rest} character{'s' * (rest > 1)} left, fewer than an ID and a length")
    name, length = text[start : start + 2], text[start + 2 : start + 4]
    if not _two_digits(name):
        return Defect("id", start, path, f"{name!a} where an ID of two digits is due")
    return Defect("length", start + 2, path, f"length {length!a} of ID {name}")


def overrun(start: int, name: str, length: int, left: int, path: str) -> Defect:
    """A value that is longer than what is left."""
    detail = f"ID {name} has length {length:02} and {max(left, 0)} characters are left"
    return Defect("overrun", start + 2, path, detail)


def _two_digits(text: str) -> bool:
    """Whether a text is two digits of ASCII: `isdigit` alone takes other scripts' digits too."""
    return text.isascii() and text.isdigit()
