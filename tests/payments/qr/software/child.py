"""One PyPI library as a reader behind the harness: `python child.py LIBRARY`, PYTHONPATH naming where it is installed.

Each adapter returns path -> value, or raises: a ValueError of the library, or Refused, is how it refuses; anything else
is a crash.
"""

# A script beside the libraries, which have no types: each is imported where it is used, and may raise what it likes.
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN202, BLE001, FURB171, N818, PLC0415

import importlib.metadata
import json
import sys


class Refused(Exception):
    """The library says no."""


TEMPLATES = {*map(str, range(26, 52)), "62", "64", *map(str, range(80, 100))}


def cemacqr():
    import cemacqr as library

    def read(payload):
        read = library.parse_payload(payload)
        report = library.validate(read)
        if not read.crc_ok or not report.ok:
            raise Refused
        found = {}
        for each in read.objects:
            inner = each.children() if each.tag in TEMPLATES else ()
            found |= {f"{each.tag}.{one.tag}": one.value for one in inner} if inner else {each.tag: each.value}
        return found

    return read


def vietqr_emvco():
    from vietqr_emvco import VietQRParser

    def read(payload):
        found = dict(VietQRParser.parse(payload)["raw_tags"])
        for name in ("38", "62", "64"):
            if name in found:
                found |= {f"{name}.{sub}": value for sub, value in VietQRParser.parse_raw(found[name]).items()}
        return found

    return read


def qriskit():
    import qriskit as library
    from qriskit.model import children_of

    def read(payload):
        found = {}
        for node in library.parse(payload, strict=True).nodes:
            found[node.tag] = node.value
            if node.tag in TEMPLATES:
                found |= {f"{node.tag}.{one.tag}": one.value for one in children_of(node.value) or ()}
        return found

    return read


def konthaina_khqr():
    from konthaina_khqr import decode, verify

    def read(payload):
        if not verify(payload):
            raise Refused
        found = dict(decode(payload))
        for name in ("29", "30", "62", "64", "99"):
            if name in found:
                found |= {f"{name}.{sub}": value for sub, value in decode(found[name]).items()}
        return found

    return read


def sgqrgen():
    from sgqrgen import SgQRGenerator

    def read(payload):
        found = SgQRGenerator.parse_sgqr(payload)
        for name in TEMPLATES & found.keys():
            found |= {f"{name}.{sub}": value for sub, value in SgQRGenerator.parse_sgqr(found[name]).items()}
        return found

    return read


def napas_qr_python():
    from qr_pay import parse

    def read(payload):
        found = {}
        for name, each in parse(payload).items():
            found[name] = each.value
            found |= {f"{name}.{sub}": one.value for sub, one in each.children.items()}
        return found

    return read


def vietnam_qr_pay():
    from vietnam_qr_pay import QRPay

    names = {"00": "version", "01": "init_method", "53": "currency", "54": "amount", "58": "nation", "60": "city"}

    def read(payload):
        read = QRPay(payload)
        if not read.is_valid:
            raise Refused
        found = {path: getattr(read, name) for path, name in names.items()}
        found |= {"38.00": read.provider.guid, "38.02": read.provider.service}
        return {path: value for path, value in found.items() if value}

    return read


def main():
    name = sys.argv[1]
    read = globals()[name.replace("-", "_")]()
    version = importlib.metadata.version(name)
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "stop":
            return
        if message["type"] == "start":
            said = {"type": "started", "protocol": 1, "name": name, "version": version}
        elif message["operation"] != "qr.parse":
            said = {"type": "unsupported", "reason": "qr.parse alone"}
        else:
            try:
                fields = {path: str(value) for path, value in read(message["input"]["payload"]).items()}
                said = {"type": "output", "output": {"fields": fields}}
            except (Refused, ValueError) as error:
                crash = isinstance(error, UnicodeError)
                said = {"type": "error", "message": str(error)} if crash else {"type": "rejected", "code": "invalid"}
            except Exception as error:
                refused = type(error).__module__.partition(".")[0] not in ("builtins",)
                said = {"type": "rejected", "code": "invalid"} if refused else {"type": "error", "message": repr(error)}
        sys.stdout.write(json.dumps({"seq": message.get("seq"), **said}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
