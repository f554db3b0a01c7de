"""mdoc (ISO/IEC 18013-5) presented over OpenID4VP: issuer data authentication, digests, validity, device signature."""

from __future__ import annotations

from typing import Any

from tests.eid.credentials.make.common import HOUR, Group, bits, file, now, var

DOC_TYPE = "org.iso.18013.5.1.mDL"
SPACE = "org.iso.18013.5.1"
EKU = "1.0.18013.5.1.2"
ES256 = -7
DAY = 86_400
OUTPUT = {"doc_type": DOC_TYPE, "elements": {SPACE: {"family_name": "Santos", "age_over_18": True}}}

NOTES = {
    "issuer-signature": (
        "IssuerAuth is not a signature of these octets by the certificate's key.",
        "ISO/IEC 18013-5 section 9.1.2.4",
    ),
    "algorithm": (
        "The algorithm is absent, unprotected, unknown or for another key.",
        "ISO/IEC 18013-5 section 9.1.2.4; RFC 9052 section 3.1",
    ),
    "chain": (
        "The document signer's certificate leads to no listed root, or is not one.",
        "ISO/IEC 18013-5 section 9.3.3, annex B",
    ),
    "digest": ("An item is not the one whose digest was signed.", "ISO/IEC 18013-5 section 9.1.2.5, 9.3.1"),
    "received-octets": (
        "The digest is over the octets as received, whatever their encoding.",
        "ISO/IEC 18013-5 section 9.1.2.5",
    ),
    "validity": ("Expired, not yet valid, or without a validity.", "ISO/IEC 18013-5 section 9.1.2.4, 9.3.1"),
    "doc-type": ("The document types differ.", "ISO/IEC 18013-5 section 9.3.1"),
    "device": (
        "The device's signature is absent, or of another session, or by another key.",
        "ISO/IEC 18013-5 section 9.1.3",
    ),
    "form": ("No CBOR, or none that is read in one way.", "RFC 8949 section 5.3, 5.6"),
    "bomb": ("Small, and deep or large once it is read.", "RFC 8949 section 10"),
}


def m(*pairs: tuple[Any, Any]) -> Any:
    return {"$map": [list(pair) for pair in pairs]}


def embedded(recipe: Any) -> Any:
    """Tag 24: encoded CBOR data item."""
    return {"$tag": [24, {"$cbor": recipe}]}


def item(number: int, name: str, value: Any, random: str = "") -> Any:
    return m(
        ("digestID", number),
        ("random", {"$hex": random or f"{number:02x}" * 32}),
        ("elementIdentifier", name),
        ("elementValue", value),
    )


def session(nonce: str = "b1946ac92492d234", client: str = "x509_san_dns:verifier.example") -> Any:
    info = {"$cbor": [client, nonce, None, "https://verifier.example/response"]}
    return [None, None, ["OpenID4VPHandover", {"$sha256": info}]]


ITEMS = {
    "item0": item(0, "family_name", "Santos"),
    "item1": item(1, "birth_date", {"$tag": [1004, "1990-02-28"]}),
    "item2": item(2, "age_over_18", True),
    "item3": item(3, "issuing_country", "XA"),
}
SHARED = {
    **{name: embedded(recipe) for name, recipe in ITEMS.items()},
    "root": {
        "$certificate": {
            "subject": "IACA",
            "issuer": "IACA",
            "key": "iaca",
            "signed_by": "iaca",
            "ca": True,
            "from": -365 * DAY,
            "to": 365 * DAY,
        }
    },
    "ds": {
        "$certificate": {
            "subject": "DS",
            "issuer": "IACA",
            "key": "ds",
            "signed_by": "iaca",
            "eku": [EKU],
            "from": -10 * DAY,
            "to": 90 * DAY,
        }
    },
    "session": session(),
}
ALL = ("item0", "item1", "item2", "item3")


def digests(names: tuple[str, ...] = ALL, **other: Any) -> Any:
    return m(*((number, {"$sha256": {"$cbor": other.get(name, var(name))}}) for number, name in enumerate(names)))


def mso(**changes: Any) -> Any:
    members = {
        "version": "1.0",
        "digestAlgorithm": "SHA-256",
        "valueDigests": m((SPACE, digests())),
        "deviceKeyInfo": m(("deviceKey", {"$cose_key": "device"})),
        "docType": DOC_TYPE,
        "validityInfo": validity(),
        **changes,
    }
    return m(*((name, value) for name, value in members.items() if value != "ABSENT"))


def validity(begin: int = -DAY, end: int = 30 * DAY, signed: int = -DAY) -> Any:
    return m(("signed", {"$tdate": signed}), ("validFrom", {"$tdate": begin}), ("validUntil", {"$tdate": end}))


def issuer_auth(mso_recipe: Any = None, **changes: Any) -> Any:
    base = {
        "protected": m((1, ES256)),
        "unprotected": m((33, var("ds"))),
        "payload": {"$cbor": embedded(mso_recipe or mso())},
        "key": "ds",
        "alg": "ES256",
        **changes,
    }
    return {"$cose": base}


def device_signed(
    transcript: Any = None, spaces: Any = None, doc_type: str = DOC_TYPE, covered: Any = None, **changes: Any
) -> Any:
    names = embedded(spaces or m())
    authentication = ["DeviceAuthentication", transcript or var("session"), doc_type, covered or names]
    signature = {
        "protected": m((1, ES256)),
        "payload": None,
        "signed_payload": {"$cbor": embedded(authentication)},
        "key": "device",
        "alg": "ES256",
        **changes,
    }
    return m(("nameSpaces", names), ("deviceAuth", m(("deviceSignature", {"$cose": signature}))))


def response(
    auth: Any = None, items: Any = None, device: Any = None, doc_type: str = DOC_TYPE, spaces: Any = None
) -> Any:
    listed = [var(name) for name in ALL] if items is None else items
    members: list[tuple[str, Any]] = [
        ("docType", doc_type),
        ("issuerSigned", m(("nameSpaces", spaces or m((SPACE, listed))), ("issuerAuth", auth or issuer_auth()))),
    ]
    if device != "ABSENT":
        members.append(("deviceSigned", device or device_signed()))
    document = m(*members)
    return {"device_response": {"$b64": {"$cbor": m(("version", "1.0"), ("documents", [document]), ("status", 0))}}}


def group(name: str, says: str) -> Group:
    made = Group(name, says)
    made.control("a good document", response(), OUTPUT)
    return made


def issuer() -> Group:
    made = group("mdoc-issuer-auth", "IssuerAuth is a signature of the security object by the document signer's key.")
    cases: tuple[tuple[str, Any], ...] = (
        ("by another key", issuer_auth(key="attacker")),
        ("by the device's key", issuer_auth(key="device")),
        ("no signature", issuer_auth(signature=bits(""))),
        ("r = s = 0", issuer_auth(signature={"$hex": "00" * 64})),
        ("of another payload", issuer_auth(signed_payload={"$cbor": embedded(mso(version="1.1"))})),
        ("of another structure", issuer_auth(context="Signature")),
        ("with external data", issuer_auth(aad="x")),
        ("of another header", issuer_auth(protected=m((1, ES256), (4, {"$hex": "00"})), signed_payload={"$hex": "00"})),
    )
    for says, auth in cases:
        made.refuse(says, response(auth), "signature malformed", "issuer-signature")
    algorithms: tuple[tuple[str, Any], ...] = (
        ("ES384", issuer_auth(protected=m((1, -35)))),
        ("EdDSA", issuer_auth(protected=m((1, -8)))),
        ("RS256", issuer_auth(protected=m((1, -257)))),
        ("HMAC 256/256", issuer_auth(protected=m((1, 5)))),
        ("unknown", issuer_auth(protected=m((1, -65_000)))),
        ("absent", issuer_auth(protected=m())),
        ("unprotected alone", issuer_auth(protected=m(), unprotected=m((1, ES256), (33, var("ds"))))),
        ("a text", issuer_auth(protected=m((1, "ES256")))),
    )
    for says, auth in algorithms:
        made.refuse(f"algorithm: {says}", response(auth), "algorithm signature malformed", "algorithm")
    made.refuse("no certificate", response(issuer_auth(unprotected=m())), "trust malformed key", "issuer-signature")
    critical = issuer_auth(protected=m((1, ES256), (2, [-70_000]), (-70_000, 1)))
    made.refuse("an unknown critical header", response(critical), "critical malformed", "algorithm")
    return made


def certificate(**changes: Any) -> Any:
    base = {
        "subject": "DS",
        "issuer": "IACA",
        "key": "ds",
        "signed_by": "iaca",
        "eku": [EKU],
        "from": -10 * DAY,
        "to": 90 * DAY,
    }
    return {"$certificate": {**base, **changes}}


def chain() -> Group:
    made = group(
        "mdoc-chain",
        "The document signer's certificate leads to a listed root, in date, for this use, of this country.",
    )
    cases: tuple[tuple[str, dict[str, Any]], ...] = (
        ("expired", {"from": -90 * DAY, "to": -HOUR}),
        ("not yet valid", {"from": HOUR}),
        ("another extended key usage", {"eku": ["1.3.6.1.5.5.7.3.1"]}),
        ("no extended key usage", {"eku": []}),
        ("another country than the root's", {"country": "XB", "issuer_country": "XA"}),
        ("signed by itself", {"issuer": "DS", "signed_by": "ds"}),
        ("another root of the same name", {"signed_by": "iaca-other"}),
        ("a bad signature", {"signature_fault": True}),
        ("a CA", {"ca": True}),
    )
    for says, changes in cases:
        made.refuse(says, response(issuer_auth(unprotected=m((33, certificate(**changes))))), "trust time", "chain")
    made.refuse("no root is listed", {**response(), "roots": []}, "trust", "chain")
    made.refuse("no DER", response(issuer_auth(unprotected=m((33, {"$hex": "3000"})))), "trust malformed", "chain")
    brought = {
        "$certificate": {
            "subject": "IACA",
            "issuer": "IACA",
            "key": "iaca-other",
            "signed_by": "iaca-other",
            "ca": True,
        }
    }
    both = issuer_auth(unprotected=m((33, [certificate(signed_by="iaca-other"), brought])))
    made.refuse("a root of its own in the chain", response(both), "trust", "chain")
    return made


def digest() -> Group:
    made = group("mdoc-digest", "Every item that is shown is one whose digest was signed, octet by octet.")
    odd = {
        "$let": {
            "item": {
                "$tag": [
                    24,
                    {
                        "$hex": "a4"
                        + text("digestID")
                        + "1800"
                        + text("random")
                        + "5820"
                        + "07" * 32
                        + text("elementIdentifier")
                        + text("family_name")
                        + text("elementValue")
                        + text("Santos")
                    },
                ]
            }
        },
        "in": response(
            issuer_auth(mso(valueDigests=m((SPACE, m((0, {"$sha256": {"$cbor": var("item")}})))))), [var("item")]
        ),
    }
    made.accept(
        "an item in another encoding",
        {"device_response": lifted(odd)},
        {"elements": {SPACE: {"family_name": "Santos"}}},
        "received-octets",
    )
    cases: tuple[tuple[str, list[Any]], ...] = (
        ("another value", [embedded(item(0, "family_name", "Reyes"))]),
        ("another random", [embedded(item(0, "family_name", "Santos", "ff" * 32))]),
        ("another name", [embedded(item(0, "given_name", "Santos"))]),
        ("the digest id of another", [embedded(item(1, "family_name", "Santos", "00" * 32))]),
        ("an item more", [*(var(name) for name in ALL), embedded(item(9, "given_name", "Ana"))]),
        (
            "two digest ids swapped",
            [embedded(item(2, "family_name", "Santos", "00" * 32)), embedded(item(0, "age_over_18", True, "02" * 32))],
        ),
        ("true for false", [var("item0"), embedded(item(2, "age_over_18", False))]),
        ("a negative digest id", [embedded(item(-1, "family_name", "Santos", "00" * 32))]),
    )
    for says, items in cases:
        made.refuse(says, response(items=items), "digest malformed", "digest")
    made.refuse(
        "in another namespace",
        response(spaces=m((SPACE, [var("item0")]), (f"{SPACE}.XA", [var("item2")]))),
        "digest",
        "digest",
    )
    made.refuse(
        "no digest at all", response(issuer_auth(mso(valueDigests=m((SPACE, m()))))), "digest malformed", "digest"
    )
    made.refuse(
        "no digests for the namespace", response(issuer_auth(mso(valueDigests=m()))), "digest malformed", "digest"
    )
    for value in ("MD5", "SHA-1", "", 256):
        made.refuse(
            f"digest algorithm {value!r}",
            response(issuer_auth(mso(digestAlgorithm=value))),
            "algorithm digest malformed",
            "digest",
        )
    return made


def text(word: str) -> str:
    """A short CBOR text in hexadecimal."""
    return (
        f"{0x60 + len(word):02x}" + word.encode().hex()
        if len(word) < 24
        else f"78{len(word):02x}" + word.encode().hex()
    )


def lifted(recipe: Any) -> Any:
    """`{"$let": x, "in": {"device_response": y}}` as the `$let` of y."""
    return {"$let": recipe["$let"], "in": recipe["in"]["device_response"]}


def valid() -> Group:
    made = group("mdoc-validity", "The security object is valid now and of the document's type.")
    cases: tuple[tuple[str, Any], ...] = (
        ("expired an hour ago", validity(end=-HOUR)),
        ("valid in an hour", validity(begin=HOUR)),
        ("no validUntil", m(("signed", {"$tdate": -DAY}), ("validFrom", {"$tdate": -DAY}))),
        (
            "validUntil is a number",
            m(("signed", {"$tdate": -DAY}), ("validFrom", {"$tdate": -DAY}), ("validUntil", now(DAY))),
        ),
        (
            "validUntil is no date",
            m(("signed", {"$tdate": -DAY}), ("validFrom", {"$tdate": -DAY}), ("validUntil", {"$tag": [0, "tomorrow"]})),
        ),
    )
    for says, info in cases:
        made.refuse(says, response(issuer_auth(mso(validityInfo=info))), "time malformed", "validity")
    made.refuse("no validityInfo", response(issuer_auth(mso(validityInfo="ABSENT"))), "time malformed", "validity")
    made.refuse(
        "signed before the certificate was valid",
        response(issuer_auth(mso(validityInfo=validity(signed=-20 * DAY)))),
        "time trust",
        "validity",
    )
    other = "org.example.other"
    made.refuse("another type in the security object", response(issuer_auth(mso(docType=other))), "type", "doc-type")
    made.refuse(
        "another type in the document",
        response(doc_type=other, device=device_signed(doc_type=other)),
        "type",
        "doc-type",
    )
    both = response(issuer_auth(mso(docType=other)), doc_type=other, device=device_signed(doc_type=other))
    made.refuse("a type that was not asked for", both, "type", "doc-type")
    return made


def device() -> Group:
    made = group("mdoc-device", "The device signed this session, by the key of the security object.")
    cases: tuple[tuple[str, Any], ...] = (
        ("absent", "ABSENT"),
        ("no deviceAuth", m(("nameSpaces", embedded(m())))),
        ("an empty deviceAuth", m(("nameSpaces", embedded(m())), ("deviceAuth", m()))),
        ("of another nonce", device_signed(session("0000000000000000"))),
        ("of another verifier", device_signed(session(client="x509_san_dns:attacker.example"))),
        ("of no session", device_signed([None, None, None])),
        ("of another document type", device_signed(doc_type="org.example.other")),
        ("by another key", device_signed(key="attacker")),
        ("by the issuer's key", device_signed(key="ds")),
        ("no signature", device_signed(signature=bits(""))),
        ("r = s = 0", device_signed(signature={"$hex": "00" * 64})),
        ("of other device items", device_signed(spaces=m((SPACE, m(("age_over_18", True)))), covered=embedded(m()))),
        ("algorithm absent", device_signed(protected=m())),
        ("algorithm HMAC 256/256", device_signed(protected=m((1, 5)))),
        ("of another structure", device_signed(context="Signature")),
    )
    for says, signed in cases:
        made.refuse(says, response(device=signed), "device signature algorithm malformed", "device")
    made.refuse("no device key", response(issuer_auth(mso(deviceKeyInfo="ABSENT"))), "device key malformed", "device")
    other = mso(deviceKeyInfo=m(("deviceKey", {"$cose_key": "attacker"})))
    made.refuse("another device key in the security object", response(issuer_auth(other)), "device signature", "device")
    return made


def form() -> Group:
    made = group("mdoc-form", "What is no CBOR, or none that is read in one way, is refused and costs little.")
    cases: tuple[tuple[str, Any, str], ...] = (
        ("empty", bits(""), "form"),
        ("no CBOR", bits("<html>"), "form"),
        ("a number", {"$hex": "01"}, "form"),
        ("no documents", {"$cbor": m(("version", "1.0"), ("documents", []), ("status", 0))}, "form"),
        ("octets after it", {"$cat": [response()["device_response"]["$b64"], {"$hex": "00"}]}, "form"),
        ("cut short", {"$hex": "a36776657273696f6e63312e30"}, "form"),
        ("a member twice", {"$hex": "a2" + text("version") + text("1.0") + text("version") + text("1.1")}, "form"),
        ("a list nested 100,000 deep", {"$cat": [{"$repeat": [{"$hex": "81"}, 100_000]}, {"$hex": "00"}]}, "bomb"),
        ("tags nested 100,000 deep", {"$cat": [{"$repeat": [{"$hex": "c6"}, 100_000]}, {"$hex": "00"}]}, "bomb"),
        ("a list that says it has 2^62 items", {"$hex": "9b4000000000000000"}, "bomb"),
        ("octets that say they are 2^62", {"$hex": "5b4000000000000000"}, "bomb"),
        ("an indefinite list without end", {"$repeat": [{"$hex": "9f"}, 10_000]}, "bomb"),
    )
    for says, octets, flag in cases:
        made.refuse(says, {"device_response": {"$b64": octets}}, "malformed size type", flag)
    made.refuse("no base64url", {"device_response": "!!!"}, "malformed", "form")
    return made


def make() -> dict[str, Any]:
    base = {
        "doc_type": DOC_TYPE,
        "session_transcript": {"$b64": {"$cbor": var("session")}},
        "roots": [{"$b64": var("root")}],
        "now": now(),
    }
    return file("mdoc.verify", "mdoc", NOTES, SHARED, base, (issuer(), chain(), digest(), valid(), device(), form()))
