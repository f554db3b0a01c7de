"""The messages that a sender hands in: files beside its manifest."""

from __future__ import annotations

from pathlib import Path

from conformance.core.model import Service, Target
from conformance.payments.iso20022.evidence import Message, Messages
from conformance.payments.iso20022.xml import MAX_OCTETS, read_message


def observe_messages(target: Target, service: Service) -> Messages:
    """Read each file as far as a message may be long; a file that cannot be read is a message with that trouble."""
    folder = Path(target.path).parent
    names = tuple(str(name).removeprefix("file:") for name in service.settings.get("messages", ()))
    files = tuple(read_file(folder, name) for name in names)
    return Messages(target.country, files, dict(service.settings.get("currencies", {})))


def read_file(folder: Path, name: str) -> Message:
    """One file, of which no more is read than shows that it is too large."""
    shown = Path(name).name
    try:
        with (folder / name).open("rb") as file:
            octets = file.read(MAX_OCTETS + 1)
    except (OSError, ValueError) as error:
        trouble = error.strerror if isinstance(error, OSError) else str(error)
        return Message(shown, 0, trouble="unreadable", detail=trouble or "it cannot be read")
    return read_message(shown, octets)
