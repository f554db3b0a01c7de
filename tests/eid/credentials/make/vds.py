"""Visible digital seals: header, message zone and signature, and the certificate that the header refers to."""

from __future__ import annotations

from typing import Any

from tests.eid.credentials.make.common import Group, file, var

DAY = 86_400
VALUES = {letter: value for value, letter in enumerate(" 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", start=3)}
NOTES = {
    "variant": (
        "A version, a length or a curve that the format allows.",
        "Doc 9303-13 section 2.2",
    ),
    "signature": ("No signature over header and message zone by the signer.", "Doc 9303-13 section 2.4"),
    "form": ("No seal: magic, version, lengths or zones.", "Doc 9303-13 section 2.2"),
    "signer": ("The header's reference leads to no listed certificate, or to another.", "Doc 9303-13 section 2.2.1"),
    "certificate": ("The signer's certificate is out of date or leads to no root.", "Doc 9303-12; Doc 9303-13"),
}
REASONS = "signature key malformed"
MRZ = "VCUTOSANTOS<<MARIA<<<<<<<<<<<<<<<<<<<<<<<<<<L8988901C4XXX4009078F9612109<<<<<<<<"
PASSPORT = "UFO001979"


def c40(text: str) -> str:
    """Text as C40 in hexadecimal: three characters in two octets, filled up with a value of 0."""
    out = ""
    values = [VALUES[letter] for letter in text.replace("<", " ")]
    whole = len(values) - len(values) % 3
    for at in range(0, whole, 3):
        first, second, third = values[at : at + 3]
        out += f"{1600 * first + 40 * second + third + 1:04x}"
    if len(values) - whole == 2:
        out += f"{1600 * values[-2] + 40 * values[-1] + 1:04x}"
    if len(values) - whole == 1:
        out += f"fe{ord(text[-1]) + 1:02x}"
    return out


def date(day: int, month: int, year: int) -> str:
    """A date as Doc 9303-13 writes it: the number MMDDYYYY in three octets."""
    return f"{int(f'{month:02}{day:02}{year:04}'):06x}"


def header(version: str = "03", reference: str = "0227", **changes: str) -> str:
    """A header in hexadecimal; reference with its length, where the version has one."""
    parts = {
        "magic": "dc",
        "version": version,
        "country": c40("UTO"),
        "signer": c40(f"UTTS{reference}"),
        "issued": date(1, 1, 2026),
        "signed": date(2, 1, 2026),
        "definition": "5d",
        "type": "01",
        **changes,
    }
    return "".join(parts.values())


def feature(tag: str, value: str) -> str:
    """A feature in hexadecimal: tag, length as DER has it, value."""
    size = len(value) // 2
    return f"{tag}{size:02x}{value}" if size < 128 else f"{tag}81{size:02x}{value}"


HEADER = header()
MESSAGE = feature("02", c40(MRZ)) + feature("05", c40(PASSPORT))


def seal(head: str = HEADER, message: str = MESSAGE, covered: str | None = None, **changes: Any) -> dict[str, Any]:
    """A seal. covered: what is signed instead of header and message, in hexadecimal. tail: octets after it."""
    key, alg, size = changes.get("key", "ds"), changes.get("alg", "ES256"), changes.get("size", "40")
    signed = {"$hex": head + message if covered is None else covered}
    signature = changes.get("signature", {"$sign": {"alg": alg, "key": key, "data": signed}})
    zone = [{"$hex": f"ff{size}"}, signature] if signature is not None else []
    return {"seal": {"$b64": {"$cat": [{"$hex": head + message}, *zone, {"$hex": changes.get("tail", "")}]}}}


def certificate(
    key: str = "ds", signed_by: str = "iaca", issuer: str = "CSCA", begin: int = -30 * DAY, end: int = 365 * DAY
) -> Any:
    """A signer's certificate."""
    base = {"subject": "TS", "issuer": issuer, "country": "UT", "key": key, "signed_by": signed_by}
    return {"$certificate": {**base, "from": begin, "to": end}}


def root(key: str = "iaca", subject: str = "CSCA") -> Any:
    """A root."""
    base = {"subject": subject, "issuer": subject, "country": "UT", "key": key, "signed_by": key, "ca": True}
    return {"$certificate": {**base, "from": -2000 * DAY, "to": 2000 * DAY}}


SHARED = {
    "root": root(),
    "signer": certificate(),
    "other": certificate("country-p256"),
    "large": certificate("issuer-p384"),
}
SIGNERS = {name: {"$b64": var(each)} for name, each in (("UTTS27", "signer"), ("UTTS28", "other"), ("UTTS29", "large"))}
BASE = {"signers": SIGNERS, "roots": [{"$b64": var("root")}], "now": {"$now": 0}}


def shown(reference: str = "27", message: str = c40(MRZ)) -> dict[str, Any]:
    features = {"02": {"$b64": {"$hex": message}}, "05": {"$b64": {"$hex": c40(PASSPORT)}}}
    return {"country": "UTO", "signer": "UTTS", "reference": reference, "features": features}


def read() -> Group:
    made = Group("vds-read", "A seal by a listed signer is read, and its features come out.")
    made.negative_control("by another key", seal(key="attacker"), REASONS)
    made.accept("version 4", seal(), shown(), "variant")
    made.accept("version 3, its reference of five characters", seal(header("02", "00027")), shown("00027"), "variant")
    made.accept("another listed signer", seal(header(reference="0228"), key="country-p256"), shown("28"), "variant")
    large = seal(header(reference="0229"), key="issuer-p384", alg="ES384", size="60")
    made.accept("P-384 with SHA-384", large, shown("29"), "variant")
    long = c40(MRZ * 3)
    message = feature("02", long) + feature("05", c40(PASSPORT))
    made.accept("a feature of more than 127 octets", seal(message=message), shown(message=long), "variant")
    return made


def refused() -> Group:
    made = Group("vds-refuse", "A seal that was changed after it was signed, or is none, is refused.")
    made.control("a good seal", seal(), shown())
    whole = HEADER + MESSAGE
    later, other = header(issued=date(2, 1, 2026)), feature("02", c40(MRZ)) + feature("05", c40("UFO001970"))
    signatures: tuple[tuple[str, Any], ...] = (
        ("another date of issue", seal(later, covered=whole)),
        ("another country", seal(header(country=c40("XXA")), covered=whole)),
        ("another document type", seal(header(type="02"), covered=whole)),
        ("another number", seal(message=other, covered=whole)),
        ("a feature more", seal(message=MESSAGE + feature("06", "01"), covered=whole)),
        ("a feature less", seal(message=feature("02", c40(MRZ)), covered=whole)),
        ("the header alone signed", seal(covered=HEADER)),
        ("the message zone alone signed", seal(covered=MESSAGE)),
        ("by another key", seal(key="attacker")),
        ("a signature of zeros", seal(signature={"$hex": "00" * 64})),
        ("an empty signature", seal(signature={"$hex": ""}, size="00")),
        ("half a signature", seal(signature={"$hex": "01" * 32}, size="20")),
        ("no signature zone", seal(signature=None)),
    )
    for says, given in signatures:
        made.refuse(says, given, REASONS, "signature")
    forms: tuple[tuple[str, Any], ...] = (
        ("another magic", seal(header(magic="dd"))),
        ("a version that nobody has", seal(header(version="09"))),
        ("a feature that runs over the end", seal(message=f"{MESSAGE}067f01")),
        ("an octet after the signature", seal(tail="00")),
        ("a feature after the signature", seal(tail=feature("05", c40("UFO001970")))),
        ("a length of four octets", seal(message=f"{MESSAGE}0684ffffffff")),
        ("nothing but the magic", {"seal": {"$b64": {"$hex": "dc"}}}),
        ("nothing", {"seal": ""}),
        ("no base64url", {"seal": "%"}),
    )
    for says, given in forms:
        made.refuse(says, given, "malformed signature type size", "form")
    return made


def signers() -> Group:
    made = Group("vds-signer", "The header's reference leads to a listed certificate that is in date and has a root.")
    made.control("a good signer", seal(), shown())
    trust = "trust issuer key identifier"
    made.refuse("a reference that is not listed", seal(header(reference="0226")), f"{trust} signature", "signer")
    made.refuse("the reference of another signer", seal(header(reference="0228")), "signature key", "signer")
    elsewhere = seal(header(signer=c40("XXTS0227")))
    made.refuse("an identifier that is not listed", elsewhere, f"{trust} signature", "signer")
    certificates: tuple[tuple[str, Any, str], ...] = (
        ("expired", certificate(begin=-100 * DAY, end=-10 * DAY), "time"),
        ("not yet valid", certificate(begin=10 * DAY, end=100 * DAY), "time"),
        ("of a root that is not listed", certificate(signed_by="iaca-other", issuer="Other CSCA"), ""),
        ("by another key under the root's name", certificate(signed_by="iaca-other"), ""),
        ("signed by itself", certificate(signed_by="ds", issuer="TS"), ""),
    )
    for says, made_of, reason in certificates:
        given = {**seal(), "signers": {"UTTS27": {"$b64": made_of}}}
        made.refuse(f"certificate {says}", given, f"{reason} {trust}".strip(), "certificate")
    return made


def make() -> dict[str, Any]:
    return file(
        "vds.verify",
        "Visible digital seals",
        NOTES,
        SHARED,
        BASE,
        [read(), refused(), signers()],
    )
