"""The sandbox's senders: files with messages that conform, and one changed by each fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from conformance.core.errors import ConfigError, nearest
from conformance.payments.iso20022.mutations import BY_NAME, MUTATIONS, edited
from conformance.payments.iso20022.samples import FIXED, TEMPLATES, Agreement, fill

SECOND = {"message_id": "XA-2026-11-28-0002", "uetr": "8a562c67-ca16-48ba-b074-65581be6f002", "priority": "NORM"}
FILES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "pacs008.xml": ("pacs.008", {}),
    "pacs008-normal.xml": ("pacs.008", SECOND),
    "pacs008-resent.xml": ("pacs.008", SECOND),
    "pacs002.xml": ("pacs.002", {"message_id": "XA-2026-11-28-0003"}),
    "acmt023.xml": ("acmt.023", {"message_id": "XA-2026-11-28-0004"}),
    "acmt024.xml": ("acmt.024", {"message_id": "XA-2026-11-28-0005", "original": "XA-2026-11-28-0004"}),
    "camt054.xml": ("camt.054", {"message_id": "XA-2026-11-28-0006"}),
}
"""File -> the message in it, and what it has of its own. The last but two of a kind is the one that a fault changes."""

RESENT = "message-resend-changed"
REUSED = "message-uetr-reused"


def faults() -> Mapping[str, str]:
    """The faults of a sender, with what they are."""
    found = {
        f"message-{each.name}": f"one {each.of} breaks {', '.join(each.breaks)}"
        + (f" ({each.note})" if each.note else "")
        for each in MUTATIONS
        if each.static and each.breaks
    }
    found[RESENT] = "a payment is sent again under the same UETR and MsgId with another amount"
    found[REUSED] = "a payment is sent again under the same UETR with another MsgId"
    return found


def contents(names: Sequence[str]) -> Mapping[str, bytes]:
    """The files of a sender with these faults, by name.

    Raises:
        ConfigError: no such fault.
    """
    known = faults()
    templates = {name: TEMPLATES[kind] for name, (kind, _) in FILES.items()}
    own = {name: dict(values) for name, (_, values) in FILES.items()}
    encodings = dict.fromkeys(FILES, "utf-8")
    for fault in names:
        if fault not in known:
            raise ConfigError("sandbox", "faults", f'"{fault}"', "a fault of a sender", nearest(fault, known))
        if fault == RESENT:
            own["pacs008-resent.xml"] |= {"amount": "101.00", "received": "100.00"}
        elif fault == REUSED:
            own["pacs008-resent.xml"]["message_id"] = "XA-2026-11-28-0009"
        else:
            mutation = BY_NAME[fault.removeprefix("message-")]
            name = next(name for name, (kind, _) in FILES.items() if kind == mutation.of)
            templates[name] = edited(templates[name], mutation.edits)
            encodings[name] = mutation.encoding
    return {
        name: fill(templates[name], Agreement(), {**FIXED, **own[name]}).decode().encode(encodings[name])
        for name in FILES
    }


def write(folder: Path, names: Sequence[str]) -> list[str]:
    """Write the files of a sender; their names."""
    found = contents(names)
    for name, octets in found.items():
        (folder / name).write_bytes(octets)
    return list(found)
