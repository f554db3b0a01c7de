"""JOSE attacks (RFC 7515, RFC 7518, RFC 8725, RFC 7797)."""

from __future__ import annotations

from typing import Any

from tests.eid.credentials.make.common import ES256, Group, bits, file, jws, keys

HEAD = {"alg": "ES256", "kid": "issuer", "typ": "JWT"}
BODY = {"sub": "person-1", "note": "vector"}
PAYLOAD = {"payload": "eyJzdWIiOiJwZXJzb24tMSIsIm5vdGUiOiJ2ZWN0b3IifQ"}
GOOD = jws(HEAD, BODY)
BOTH = keys("issuer", "issuer-rsa")

NOTES = {
    "none": ("The header says that nothing is signed.", "RFC 8725 section 3.1"),
    "key-confusion": ("An HMAC keyed with what everybody can know of a public key.", "RFC 8725 section 2.1, 3.1"),
    "algorithm-list": ("Well signed, with an algorithm that the caller did not allow.", "RFC 8725 section 3.1"),
    "algorithm-label": ("The header's algorithm is not a name, or not one for this key.", "RFC 7515 section 4.1.1"),
    "signature": ("The signature is not one of these octets by this key.", "RFC 7515 section 5.2"),
    "ecdsa-form": ("An ECDSA signature in another form, or of values out of range.", "RFC 7518 section 3.4"),
    "header-key": ("The header brings or points to a key of its own.", "RFC 8725 section 3.10; RFC 7515 section 4.1.3"),
    "kid": ("The key id leads to no key, or to something that is no key.", "RFC 8725 section 3.10"),
    "key-use": ("The key is not for this use or this algorithm.", "RFC 7517 section 4.2 to 4.4"),
    "crit": (
        "An extension that must be understood and is not, or a malformed list of them.",
        "RFC 7515 section 4.1.11",
    ),
    "b64": ("An unencoded payload that is not asked for as the RFC says.", "RFC 7797 section 3, 6"),
    "encoding": ("Not base64url in its one spelling, or not three parts.", "RFC 7515 section 2, 5.2, 7.1"),
    "json": (
        "A header that two readers would read differently, or none can.",
        "RFC 7515 section 4, 5.2; RFC 8725 section 2.4",
    ),
    "bomb": ("Small, and large or deep once it is read.", "RFC 8725 section 3.6"),
    "other-algorithm": ("Another algorithm that the caller allows.", "RFC 7518 section 3.1"),
}


def header(**members: Any) -> dict[str, Any]:
    return {**HEAD, **members}


def algorithms() -> Group:
    group = Group("lib-algorithm", "The algorithm is the caller's choice, never the token's.")
    group.control("ES256, as allowed", {"token": GOOD}, PAYLOAD)
    for name in ("none", "None", "NONE", "nOnE"):
        token = jws({"alg": name}, BODY, None, "none")
        group.refuse(f"alg {name}, no signature", {"token": token}, "algorithm signature", "none")
    group.refuse(
        "alg none with a kid", {"token": jws(header(alg="none"), BODY, None, "none")}, "algorithm signature", "none"
    )
    kept = jws(header(alg="none"), BODY, "issuer", "ES256")
    group.refuse("alg none, with a signature", {"token": kept}, "algorithm signature", "none")
    group.refuse(
        "alg none, and none allowed by mistake is not asked for",
        {"token": jws({"alg": "none"}, b_json(BODY), None, "none"), "algorithms": ["ES256", "RS256"]},
        "algorithm signature",
        "none",
    )
    confused: dict[str, Any] = {
        "the PEM of the public key": {"$pem": "issuer"},
        "the DER of the public key": {"$der": "issuer"},
        "the JWK of the public key": {"$json": {"$jwk": "issuer"}},
        "nothing": bits(""),
        "the word secret": bits("secret"),
    }
    for what, secret in confused.items():
        token = jws(header(alg="HS256"), BODY, secret, "HS256")
        group.refuse(f"HS256 keyed with {what}", {"token": token}, "algorithm signature key", "key-confusion")
    rsa = jws(header(alg="HS256", kid="issuer-rsa"), BODY, {"$pem": "issuer-rsa"}, "HS256")
    group.refuse(
        "HS256 keyed with the PEM of an RSA key",
        {"token": rsa, "keys": BOTH, "algorithms": ["RS256"]},
        "algorithm signature key",
        "key-confusion",
    )
    listed = jws(header(alg="RS256", kid="issuer-rsa"), BODY, "issuer-rsa")
    group.refuse(
        "RS256 by a listed key, ES256 alone allowed", {"token": listed, "keys": BOTH}, "algorithm key", "algorithm-list"
    )
    for alg in ("ES384", "RS256", "PS256", "EdDSA", "ES256K", "HS256"):
        group.refuse(
            f"signed with ES256, labelled {alg}",
            {"token": jws(header(alg=alg), BODY, alg="ES256")},
            "algorithm key signature",
            "algorithm-label",
        )
    for says, value in (
        ("a list", ["ES256"]),
        ("a number", 256),
        ("empty", ""),
        ("null", None),
        ("in lower case", "es256"),
    ):
        group.refuse(
            f"alg is {says}",
            {"token": jws(header(alg=value), BODY, alg="ES256")},
            "algorithm malformed key",
            "algorithm-label",
        )
    group.refuse(
        "no alg", {"token": jws({"kid": "issuer"}, BODY, alg="ES256")}, "algorithm malformed key", "algorithm-label"
    )
    return group


def b_json(value: Any) -> Any:
    return {"$json": value}


def signatures() -> Group:
    group = Group("lib-signature", "The signature is one of exactly these octets by a listed key.")
    group.control("ES256", {"token": GOOD}, PAYLOAD)
    for alg, key in (
        ("RS256", "issuer-rsa"),
        ("PS256", "issuer-rsa"),
        ("EdDSA", "issuer-ed25519"),
        ("ES384", "issuer-p384"),
    ):
        given = {
            "token": jws(header(alg=alg, kid=key), BODY, key),
            "keys": keys("issuer", key),
            "algorithms": ["ES256", alg],
        }
        group.accept(f"{alg}", given, PAYLOAD, "other-algorithm")
    refuse = group.refuse
    refuse("by another key", {"token": jws(HEAD, BODY, "attacker")}, "signature", "signature")
    refuse("none at all", {"token": jws(HEAD, BODY, signature=bits(""))}, "signature malformed", "signature")
    changed = {
        "$cat": [{"$b64": b_json(HEAD)}, ".", {"$b64": b_json({**BODY, "sub": "person-2"})}, ".", signed_by(BODY)]
    }
    refuse("of another payload", {"token": changed}, "signature", "signature")
    moved = {"$cat": [{"$b64": b_json(header(x="y"))}, ".", {"$b64": b_json(BODY)}, ".", signed_by(BODY)]}
    refuse("of another header", {"token": moved}, "signature", "signature")
    flipped = {"$let": {"s": raw(BODY)}, "in": jws(HEAD, BODY, signature={"$flip": [{"$var": "s"}, 63]})}
    refuse("with its last bit turned over", {"token": flipped}, "signature", "signature")
    forms: tuple[tuple[str, Any], ...] = (
        ("all zeros", {"$hex": "00" * 64}),
        ("r = 0, s = 1", {"$hex": "00" * 63 + "01"}),
        ("r = 1, s = 0", {"$hex": "00" * 31 + "01" + "00" * 32}),
        ("r = s = the order", {"$hex": "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551" * 2}),
        ("64 octets of 0xff", {"$hex": "ff" * 64}),
        ("one octet too long", {"$cat": [raw(BODY), {"$hex": "00"}]}),
        ("an octet of zeros before each half", {"$hex": "00" * 66}),
        ("32 octets", {"$hex": "01" * 32}),
        ("DER of r = s = 0", {"$hex": "3006020100020100"}),
    )
    for says, octets in forms:
        refuse(f"signature: {says}", {"token": jws(HEAD, BODY, signature=octets)}, "signature malformed", "ecdsa-form")
    return group


def raw(body: Any) -> Any:
    text = {"$cat": [{"$b64": b_json(HEAD)}, ".", {"$b64": b_json(body)}]}
    return {"$sign": {"alg": "ES256", "key": "issuer", "data": text}}


def signed_by(body: Any) -> Any:
    return {"$b64": raw(body)}


def key_choice() -> Group:
    group = Group("lib-key", "The key comes from the caller's set, chosen by kid, and is for this use.")
    group.control("the key that kid names", {"token": GOOD, "keys": keys("attacker", "issuer")}, PAYLOAD)
    embedded: tuple[tuple[str, dict[str, Any]], ...] = (
        ("jwk", {"jwk": {"$jwk": "attacker"}}),
        ("jwk, and no kid", {"jwk": {"$jwk": "attacker"}, "kid": "attacker"}),
        ("jku", {"jku": "https://attacker.example/jwks.json", "kid": "attacker"}),
        ("x5u", {"x5u": "https://attacker.example/chain.pem", "kid": "attacker"}),
        (
            "x5c",
            {
                "x5c": [
                    {
                        "$base64": {
                            "$certificate": {"subject": "a", "issuer": "a", "key": "attacker", "signed_by": "attacker"}
                        }
                    }
                ]
            },
        ),
    )
    for says, members in embedded:
        group.refuse(
            f"signed by the key of the header's {says}",
            {"token": jws(header(**members), BODY, "attacker")},
            "key signature",
            "header-key",
        )
    kids = (
        "attacker",
        "",
        "../../../../dev/null",
        "/dev/null",
        "issuer\u0000",
        "' OR '1'='1",
        "| true",
        "https://attacker.example/k",
        "x" * 5000,
    )
    for kid in kids:
        shown = kid[:30].replace("\u0000", "\\0") or "(empty)"
        group.refuse(
            f"kid {shown}, by another key",
            {"token": jws(header(kid=kid), BODY, "attacker")},
            "key signature malformed",
            "kid",
        )
    group.refuse(
        "kid is /dev/null, HS256 keyed with nothing",
        {"token": jws(header(kid="/dev/null", alg="HS256"), BODY, bits(""), "HS256")},
        "key signature algorithm",
        "kid",
    )
    group.refuse("kid is a number", {"token": jws(header(kid=1), BODY, "attacker")}, "key signature malformed", "kid")
    for says, members in (
        ("use is enc", {"use": "enc"}),
        ("key_ops has no verify", {"key_ops": ["encrypt"]}),
        ("alg is ES384", {"alg": "ES384"}),
    ):
        key = {"key": "issuer", "members": {"kid": "issuer", **members}}
        group.refuse(f"the key's {says}", {"token": GOOD, "keys": keys(key)}, "key algorithm", "key-use")
    ps = {"key": "issuer-rsa", "members": {"kid": "issuer", "alg": "PS256"}}
    group.refuse(
        "RS256 by a key whose alg is PS256",
        {"token": jws(header(alg="RS256"), BODY, "issuer-rsa"), "keys": keys(ps), "algorithms": ["RS256", "PS256"]},
        "key algorithm signature",
        "key-use",
    )
    return group


def critical() -> Group:
    group = Group("lib-critical", "An extension that must be understood, and is not, ends the verification.")
    group.control("no extension", {"token": GOOD}, PAYLOAD)
    cases: tuple[tuple[str, dict[str, Any]], ...] = (
        ("one that nobody knows", {"crit": ["urn:example:unknown"], "urn:example:unknown": 1}),
        ("one that is absent from the header", {"crit": ["exp"]}),
        ("a text", {"crit": "exp", "exp": 1}),
        ("one name twice", {"crit": ["urn:example:unknown", "urn:example:unknown"], "urn:example:unknown": 1}),
        ("a number in the list", {"crit": [1]}),
    )
    for says, members in cases:
        group.refuse(f"crit: {says}", {"token": jws(header(**members), BODY)}, "critical malformed", "crit")
    texts = header(b64="false", crit=["b64"])
    group.refuse("b64 is a text", {"token": jws(texts, BODY)}, "critical malformed", "b64")
    return group


def forms() -> Group:
    group = Group("lib-form", "What is no JWS in compact form, or reads in two ways, is refused and costs little.")
    group.control("compact form", {"token": GOOD}, PAYLOAD)
    cases: tuple[tuple[str, Any], ...] = (
        ("empty", ""),
        ("two parts", {"$cat": [{"$b64": b_json(HEAD)}, ".", {"$b64": b_json(BODY)}]}),
        ("four parts", {"$cat": [GOOD, ".AA"]}),
        ("five parts", {"$cat": [GOOD, ".AA.AA"]}),
        ("padded", {"$cat": [GOOD, "=="]}),
        ("a space before it", {"$cat": [" ", GOOD]}),
        ("a line feed after it", {"$cat": [GOOD, "\n"]}),
        ("no header", {"$cat": [".", {"$b64": b_json(BODY)}, ".", signed_by(BODY)]}),
        ("JSON form instead", {"$text": b_json({"payload": {"$b64": b_json(BODY)}, "signatures": []})}),
        ("another alphabet", {"$cat": [{"$b64": b_json(header(x="???>>>"))}, "+/.", {"$b64": b_json(BODY)}, ".AAAA"]}),
        ("1 MB of dots", {"$repeat": [".", 500_000]}),
    )
    for says, token in cases:
        group.refuse(says, {"token": token}, "malformed signature", "encoding")
    headers: tuple[tuple[str, Any], ...] = (
        ("a list", bits("[]")),
        ("no JSON", bits("{alg:ES256}")),
        ("alg twice, the last none", bits('{"alg":"ES256","kid":"issuer","alg":"none"}')),
        ("NaN", bits('{"alg":"ES256","kid":"issuer","x":NaN}')),
        ("not UTF-8", {"$cat": [bits('{"alg":"ES256","kid":"issuer","x":"'), {"$hex": "ff"}, bits('"}')]}),
        ("text after it", bits('{"alg":"ES256","kid":"issuer"}{}')),
    )
    for says, octets in headers:
        group.refuse(
            f"header: {says}", {"token": jws(octets, BODY, alg="ES256")}, "malformed algorithm signature", "json"
        )
    deep = {
        "$cat": [
            bits('{"alg":"ES256","kid":"issuer","x":'),
            {"$repeat": [bits("["), 100_000]},
            {"$repeat": [bits("]"), 100_000]},
            bits("}"),
        ]
    }
    hostile = jws(deep, BODY, "attacker", "ES256")
    group.refuse("header nested 100,000 deep", {"token": hostile}, "malformed size signature", "bomb")
    return group


def make() -> dict[str, Any]:
    base = {"keys": keys("issuer"), "algorithms": ES256, "now": {"$now": 0}}
    groups = (algorithms(), signatures(), key_choice(), critical(), forms())
    return file("jws.verify", "JSON Web Signatures", NOTES, {}, base, groups)
