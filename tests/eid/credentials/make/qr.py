"""Identity QR codes: MOSIP Claim 169 (base45, ZLIB, COSE_Sign1, CWT) and the JSON form of older national cards."""

from __future__ import annotations

from typing import Any

from tests.eid.credentials.make.common import HOUR, Group, bits, file, now, without

YEAR = 365 * 86_400
NOTES = {
    "signature": ("No signature of these octets by a listed key.", "RFC 9052 section 4.4"),
    "algorithm": ("The algorithm is absent, unprotected, unknown or not allowed.", "RFC 9052 section 3.1, 4.4"),
    "time": ("Expired, not yet valid or malformed.", "RFC 8392 section 3.1.4, 3.1.5"),
    "issuer": ("Claim 1 is not the issuer whose key signed.", "RFC 8392 section 3.1.1"),
    "unsigned": ("What is shown was never signed.", "RFC 9052 section 4"),
    "form": ("Not base45, ZLIB, COSE or CWT.", "RFC 9285 section 6; id-claim-169"),
    "bomb": ("Small, and large or deep once it is read.", "RFC 8949 section 10; RFC 9285 section 6"),
    "variant": ("Another key or member that the format allows.", "id-claim-169; RFC 9053 section 2"),
    "field": (
        "A field differs from what was signed.",
        "third-party readings of the card; no public specification found",
    ),
    "template": ("Other fields that give the octets that were signed.", "as above"),
    "letter": ("The signed octets have `?` for the letter that the signer could not write.", "as above"),
}

PERSON = [[1, "3918592438"], [2, "1.0"], [4, "Maria Santos"], [8, "19900228"], [9, 2], [13, "XA"]]
OUTPUT = {"claims": {"full_name": "Maria Santos", "date_of_birth": "19900228"}, "issuer": "XA"}
ED, ES = -8, -7


def m(*pairs: Any) -> Any:
    return {"$map": [list(pair) for pair in pairs]}


def cwt(**changes: Any) -> Any:
    members = {
        "iss": [1, "XA"],
        "exp": [4, now(YEAR)],
        "nbf": [5, now(-HOUR)],
        "iat": [6, now(-HOUR)],
        "data": [169, {"$map": PERSON}],
        **changes,
    }
    return {"$cbor": m(*(pair for pair in members.values() if pair))}


def cose(payload: Any = None, kid: str = "country-ed25519", alg: int | None = ED, **changes: Any) -> Any:
    named = [[4, bits(kid)]]
    base = {
        "protected": {"$map": ([[1, alg]] if alg is not None else []) + named},
        "payload": cwt() if payload is None else payload,
        "key": kid,
        "alg": {ED: "EdDSA", ES: "ES256"}.get(alg, "EdDSA") if alg is not None else "EdDSA",
        "tag": 18,
        **changes,
    }
    return {"$cose": base}


def qr(message: Any = None) -> Any:
    return {"qr": {"$base45": {"$zlib": {"$cbor": message if message is not None else cose()}}}}


def group(name: str, says: str) -> Group:
    made = Group(name, says)
    made.control("a good code", qr(), OUTPUT)
    return made


def claim169() -> Group:
    made = Group("idqr-claim169", "A code by the country's key is read, and its claims come out.")
    made.negative_control("by another key", qr(cose(key="attacker-ed25519")), "signature key")
    made.accept("Ed25519", qr(), OUTPUT, "variant")
    made.accept("ES256", qr(cose(kid="country-p256", alg=ES)), OUTPUT, "variant")
    made.accept("no nbf", qr(cose(cwt(nbf=None))), OUTPUT, "variant")
    made.accept(
        "an attribute that nobody knows yet",
        qr(cose(cwt(data=[169, {"$map": [*PERSON, [49, "x"]]}]))),
        OUTPUT,
        "variant",
    )
    return made


def refused() -> Group:
    made = group("idqr-refuse", "A code that was changed, is by another key, or out of date is refused.")
    other = cwt(data=[169, {"$map": [[4, "Ana Reyes"]]}])
    signatures: tuple[tuple[str, Any], ...] = (
        ("another payload", cose(other, signed_payload=cwt())),
        ("by another key", cose(key="attacker-ed25519")),
        ("under the id of the other listed key", cose(protected=m((1, ED), (4, bits("country-p256"))))),
        ("its signature turned over", cose(signature={"$hex": "00" * 64})),
        ("cut short", cose(signature={"$hex": "01" * 32})),
        ("of another structure", cose(context="Signature")),
        ("with external data", cose(aad="x")),
    )
    for says, message in signatures:
        made.refuse(says, qr(message), "signature key algorithm malformed", "signature")
    algorithms: tuple[tuple[str, Any], ...] = (
        ("unknown", cose(alg=-65_000)),
        ("HMAC 256/256", cose(alg=5)),
        ("RS256", cose(alg=-257)),
        ("ES256 for an Ed25519 key", cose(protected=m((1, ES), (4, bits("country-ed25519"))))),
        ("absent", cose(alg=None)),
        ("unprotected alone", cose(alg=None, unprotected=m((1, ED)))),
        ("a text", cose(protected=m((1, "EdDSA"), (4, bits("country-ed25519"))))),
    )
    for says, message in algorithms:
        made.refuse(f"algorithm: {says}", qr(message), "algorithm signature key malformed", "algorithm")
    critical = cose(protected=m((1, ED), (2, [-70_000]), (4, bits("country-ed25519")), (-70_000, 1)))
    made.refuse("an unknown critical header", qr(critical), "critical malformed", "algorithm")
    times: tuple[tuple[str, dict[str, Any]], ...] = (
        ("expired an hour ago", {"exp": [4, now(-HOUR)]}),
        ("expired ten years ago", {"exp": [4, now(-10 * YEAR)]}),
        ("valid in an hour", {"nbf": [5, now(HOUR)]}),
        ("exp is a text", {"exp": [4, "later"]}),
    )
    for says, changes in times:
        made.refuse(says, qr(cose(cwt(**changes))), "time malformed claim", "time")
    made.refuse("another issuer", qr(cose(cwt(iss=[1, "XB"]))), "issuer trust claim key signature", "issuer")
    return made


def forms() -> Group:
    made = group("idqr-form", "What is no code of this kind is refused and costs little.")
    whole = {"$cbor": cose()}
    cases: tuple[tuple[str, Any], ...] = (
        ("empty", ""),
        ("no base45", "hello, world"),
        ("base45 beyond its range", "GGW"),
        ("no CBOR", {"$base45": {"$zlib": bits("<html>")}}),
        ("no COSE", {"$base45": {"$zlib": {"$cbor": [1, 2, 3]}}}),
        ("octets after it", {"$base45": {"$zlib": {"$cat": [whole, {"$hex": "00"}]}}}),
        ("no claim 169", qr(cose(cwt(data=None)))["qr"]),
        ("claim 169 is a text", qr(cose(cwt(data=[169, "x"])))["qr"]),
        ("the payload is no map", qr(cose({"$cbor": [1]}))["qr"]),
    )
    for says, code in cases:
        made.refuse(says, {"qr": code}, "malformed claim signature algorithm", "form")
    deep = {"$cat": [{"$repeat": [{"$hex": "81"}, 100_000]}, {"$hex": "00"}]}
    made.refuse("50 MB once inflated", {"qr": {"$base45": {"$zlib_zeros": 50 * 1_048_576}}}, "size malformed", "bomb")
    padded = cwt(data=[169, {"$map": [*PERSON, [16, {"$repeat": [{"$hex": "00"}, 10_000_000]}]]}])
    made.refuse("a good code of 10 MB once inflated", qr(cose(padded)), "size malformed", "bomb")
    made.refuse("nested 100,000 deep", {"qr": {"$base45": {"$zlib": deep}}}, "malformed size", "bomb")
    made.refuse(
        "a list that says it has 2^62 items",
        {"qr": {"$base45": {"$zlib": {"$hex": "d29b4000000000000000"}}}},
        "malformed size",
        "bomb",
    )
    made.refuse("a signed payload nested 100,000 deep", qr(cose(deep)), "malformed size claim", "bomb")
    return made


def decoded() -> Group:
    made = group("idqr-decode", "Decoding is not verifying: what was never signed is refused.")
    cases: tuple[tuple[str, Any], ...] = (
        ("claims without COSE", m(*(pair for pair in ([1, "XA"], [4, now(YEAR)], [169, {"$map": PERSON}])))),
        ("an empty signature", cose(signature=bits(""))),
        ("no signature member", {"$tag": [18, [{"$cbor": m((1, ED))}, m(), cwt()]]}),
        ("a signature that is null", {"$tag": [18, [{"$cbor": m((1, ED))}, m(), cwt(), None]]}),
        ("COSE_Mac0 keyed with nothing", {"$tag": [17, [{"$cbor": m((1, 5))}, m(), cwt(), {"$hex": "00" * 32}]]}),
        ("COSE_Encrypt0 in clear", {"$tag": [16, [{"$cbor": m((1, 1))}, m(), cwt()]]}),
        (
            "a key of its own in the header",
            cose(key="attacker-ed25519", unprotected=m((-1, {"$cose_key": "attacker-ed25519"}))),
        ),
    )
    for says, message in cases:
        made.refuse(says, qr(message), "signature malformed key algorithm", "unsigned")
    return made


FIELDS = ("Suffix", "lName", "fName", "mName", "sex", "BF", "DOB", "POB", "PCN")
SUBJECT = {
    "Suffix": "",
    "lName": "SANTOS",
    "fName": "MARIA",
    "mName": "REYES",
    "sex": "Female",
    "BF": "[1,6]",
    "DOB": "February 28, 1990",
    "POB": "City of Example, XA",
    "PCN": "0000-TEST",
}


def template(issued: str = "01 January 2026", issuer: str = "XA", alg: str = "EDDSA", **subject: str) -> str:
    """The octets that are signed: two spaces of indentation, fields in this order, nothing escaped."""
    values = {**SUBJECT, **subject}
    lines = ",\n".join(f'    "{name}": "{values[name]}"' for name in FIELDS)
    head = f'{{\n  "DateIssued": "{issued}",\n  "Issuer": "{issuer}",\n'
    return f'{head}  "subject": {{\n{lines}\n  }},\n  "alg": "{alg}"\n}}'


def legacy_qr(
    shown: dict[str, Any] | None = None, signed: str = "", key: str = "country-ed25519", **members: Any
) -> Any:
    subject = {**SUBJECT, **(shown or {})}
    signature = {"$base64": {"$sign": {"alg": "EdDSA", "key": key, "data": {"$utf8": signed or template()}}}}
    body = {
        "DateIssued": "01 January 2026",
        "Issuer": "XA",
        "subject": subject,
        "signature": signature,
        "alg": "EDDSA",
        **members,
    }
    return {
        "qr": {"$text": {"$json": {name: value for name, value in body.items() if value != "ABSENT"}}},
        "format": "json-ed25519",
    }


def legacy() -> Group:
    made = Group("idqr-legacy", "The JSON form is verified over its exact octets, and anything else is refused.")
    output = {"claims": {"lName": "SANTOS", "fName": "MARIA"}, "issuer": "XA"}
    made.control("a good code", legacy_qr(), output)
    tilde = legacy_qr({"lName": "MUÑOZ"}, template(lName="MU?OZ"))
    made.accept("a letter that the signer could not write", tilde, {"claims": {"fName": "MARIA"}}, "letter")
    for name, value in (
        ("lName", "REYES"),
        ("fName", "ANA"),
        ("DOB", "February 28, 2009"),
        ("PCN", "0000-TEST2"),
        ("sex", "Male"),
        ("Suffix", "JR"),
        ("lName", "SANTOS "),
        ("lName", "santos"),
    ):
        made.refuse(f"{name} {value!r}", legacy_qr({name: value}), "signature", "field")
    made.refuse("another day of issue", legacy_qr(DateIssued="02 January 2026"), "signature", "field")
    made.refuse("another issuer", legacy_qr(Issuer="XB"), "signature issuer", "field")
    made.refuse("alg none", legacy_qr(alg="none"), "algorithm signature", "field")
    made.refuse("by another key", legacy_qr(key="attacker-ed25519"), "signature", "signature")
    for text in ("", "AAAA", "!!!", None, "ABSENT"):
        made.refuse(f"signature {text!r}", legacy_qr(signature=text), "signature malformed", "signature")
    made.refuse(
        "a member more in the subject", legacy_qr({"Nationality": "XB"}), "malformed claim signature", "template"
    )
    made.refuse("a member more", legacy_qr(Valid="yes"), "malformed claim signature", "template")
    made.refuse(
        "a field less",
        {
            **legacy_qr(),
            "qr": {
                "$text": {
                    "$json": without(
                        {
                            "DateIssued": "01 January 2026",
                            "Issuer": "XA",
                            "subject": without(SUBJECT, "POB"),
                            "signature": "AAAA",
                            "alg": "EDDSA",
                        }
                    )
                }
            },
        },
        "malformed claim signature",
        "template",
    )
    made.refuse("a field that is a number", legacy_qr({"Suffix": 0}), "malformed claim signature", "template")
    injected = legacy_qr(
        {"lName": 'SANTOS",\n    "fName": "ANA', "fName": "MARIA"}, template(lName='SANTOS",\n    "fName": "ANA')
    )
    made.refuse("a field that holds the beginning of the next", injected, "malformed claim signature", "template")
    made.refuse(
        "a field twice", {"qr": '{"DateIssued":"a","DateIssued":"b"}', "format": "json-ed25519"}, "malformed", "form"
    )
    made.refuse(
        "signed without indentation",
        legacy_qr(signed=template().replace("\n", "").replace("  ", "")),
        "signature",
        "template",
    )
    return made


def make() -> dict[str, Any]:
    listed = {
        "XA": {"keys": [{"$jwk": "country-ed25519"}, {"$jwk": "country-p256"}]},
        "XB": {"keys": [{"$jwk": "issuer"}]},
    }
    base = {"format": "claim169", "issuers": listed, "now": now()}
    return file(
        "claim169_qr.verify",
        "Identity QR codes",
        NOTES,
        {},
        base,
        (claim169(), refused(), forms(), decoded(), legacy()),
    )
