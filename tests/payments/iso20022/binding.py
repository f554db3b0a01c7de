"""A child that runs a binding of another hand: classes generated from the genuine schemas (PyPI pyiso20022, xsdata).

`roundtrip`: standard input, a message of ours; standard output, what the binding writes of what it read.
`outline`: the fields of the binding's pacs.002.001.15, as JSON: class -> [[element, required, many, pattern]].
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
from typing import Any

VERSIONS = {
    "pacs.008.001.13": "pyiso20022.pacs.pacs_008_001_13",
    "pacs.002.001.15": "pyiso20022.pacs.pacs_002_001_15",
}
PREFIX = "urn:iso:std:iso:20022:tech:xsd:"


def roundtrip(version: str) -> None:
    parsers: Any = importlib.import_module("xsdata.formats.dataclass.parsers")
    serializers: Any = importlib.import_module("xsdata.formats.dataclass.serializers")
    document = importlib.import_module(VERSIONS[version]).Document
    message = parsers.XmlParser().from_bytes(sys.stdin.buffer.read(), document)
    text: str = serializers.XmlSerializer().render(message, ns_map={None: PREFIX + version})
    sys.stdout.buffer.write(text.encode())


def outline(version: str) -> None:
    module = importlib.import_module(VERSIONS[version])
    found: dict[str, list[tuple[Any, ...]]] = {}
    for name in dir(module):
        kind = getattr(module, name)
        if dataclasses.is_dataclass(kind):
            found[name] = [
                (
                    field.metadata.get("name", field.name),
                    bool(field.metadata.get("required")),
                    "list" in str(field.type),
                    str(field.type),
                    field.metadata.get("pattern", ""),
                )
                for field in dataclasses.fields(kind)
            ]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    {"roundtrip": roundtrip, "outline": outline}[sys.argv[1]](sys.argv[2])
