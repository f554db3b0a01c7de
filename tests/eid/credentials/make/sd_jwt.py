"""The hostile SD-JWT VC family (RFC 9901; draft-ietf-oauth-sd-jwt-vc)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.eid.credentials.make.common import ES256, HOUR, ISSUER, Group, bits, file, jws, keys, now, var, without
from tests.eid.credentials.make.status import LIST_URI, status_token

VCT = "https://credentials.example/person"
VERIFIER = "https://verifier.example"
NONCE = "b1946ac92492d234"
HEAD = {"alg": "ES256", "kid": "issuer", "typ": "dc+sd-jwt"}
KB_HEAD = {"alg": "ES256", "typ": "kb+jwt"}
BOUND = {"key_binding": {"aud": VERIFIER, "nonce": NONCE}}


def disclosure(name: str, value: Any, salt: str = "") -> Any:
    return {"$b64": {"$json": [salt or f"salt-of-{name}-0123456789", name, value]}}


def digest(name: str) -> Any:
    return {"$digest": var(name)}


SHARED = {
    "given": disclosure("given_name", "Maria"),
    "family": disclosure("family_name", "Santos"),
    "birth": disclosure("birthdate", "1990-02-28"),
    "other": disclosure("given_name", "Ana", "another-salt-0123456789"),
    "de": {"$b64": {"$json": ["salt-of-de-0123456789ab", "XB"]}},
    "claims": {
        "iss": ISSUER,
        "vct": VCT,
        "iat": now(-60),
        "exp": now(HOUR),
        "cnf": {"jwk": {"$jwk": {"key": "holder"}}},
        "_sd_alg": "sha-256",
        "_sd": [digest("birth"), digest("family"), digest("given")],
    },
}
CLAIMS: dict[str, Any] = SHARED["claims"]
OUTPUT = {"claims": {"given_name": "Maria", "vct": VCT, "iss": ISSUER}}
SHOWN = ("given",)

NOTES = {
    "signature": (
        "The issuer's signature is absent, or not one of these octets by a listed key.",
        "RFC 9901 section 7.1-2",
    ),
    "typ": ("`typ` says that this is something else.", "SD-JWT VC section 2.2.1"),
    "old-typ": (
        "The media type that the drafts had before; implementations may take both for a time.",
        "SD-JWT VC section 2.2.1",
    ),
    "vct": ("`vct` is absent, unknown or malformed.", "SD-JWT VC section 2.2.2.1"),
    "always-visible": ("A claim that must not be selectively disclosed is.", "SD-JWT VC section 2.2.2.3"),
    "time": ("Expired, not yet valid or malformed.", "RFC 7519 section 4.1.4 to 4.1.6"),
    "unreferenced": ("A Disclosure that no digest leads to.", "RFC 9901 section 7.1-5"),
    "duplicate": ("A Disclosure or a digest that is there twice.", "RFC 9901 section 7.1-4"),
    "reserved-name": ("A Disclosure for a claim named `_sd` or `...`.", "RFC 9901 section 7.1-3"),
    "overwriting": ("A Disclosure for a claim that is there already.", "RFC 9901 section 7.1-3"),
    "malformed": ("A Disclosure or a place for digests in another form.", "RFC 9901 section 4.2, 7.1-3"),
    "crit": ("An extension that must be understood, and is not.", "RFC 7515 section 4.1.11"),
    "hash-algorithm": ("`_sd_alg` is unknown, broken or malformed.", "RFC 9901 section 4.1.1, 7.1-2"),
    "key-binding": ("Key binding that was asked for is absent or not by the bound key.", "RFC 9901 section 7.3"),
    "kb-type": ("The key binding's `typ` or algorithm is another.", "RFC 9901 section 4.3"),
    "kb-nonce": ("The key binding's `nonce` is not the verifier's.", "RFC 9901 section 7.3-5"),
    "kb-hash": ("The key binding's `sd_hash` is of another presentation.", "RFC 9901 section 4.3.1"),
    "kb-audience": ("The key binding is for another verifier.", "RFC 9901 section 7.3-5"),
    "kb-time": ("The key binding is older than the verifier allows, or of the future.", "RFC 9901 section 7.3-5"),
    "presentation": ("What is shown was changed after the holder signed.", "RFC 9901 section 4.3.1"),
    "confirmation-key": ("`cnf` holds no public key, or more than that.", "RFC 7800 section 3.2"),
    "chain": ("The certificates of `x5c` lead to no listed issuer.", "HAIP section 6.1.1"),
    "issuer": ("`iss` is not one that the verifier trusts, or not the one whose key signed.", "SD-JWT VC section 2.5"),
    "status": (
        "The status list says that the credential is not valid, or says nothing.",
        "Token Status List section 8.3",
    ),
    "structure": ("Another way of disclosing that RFC 9901 allows.", "RFC 9901 section 4.2"),
    "bomb": ("Small, and deep or many once it is read.", "RFC 9901 section 9"),
}


def issued(claims: Mapping[str, Any] | None = None, head: Mapping[str, Any] | None = None, **rest: Any) -> Any:
    return jws(dict(head or HEAD), dict(claims) if claims is not None else var("claims"), **rest)


def shown(jwt: Any = None, disclosures: Sequence[str | Any] = SHOWN) -> Any:
    """Issuer-signed JWT and Disclosures, ending in a tilde: without key binding."""
    parts = [jwt if jwt is not None else issued(), "~"]
    for each in disclosures:
        parts += [var(each) if isinstance(each, str) else each, "~"]
    return {"$cat": parts}


def bound(
    jwt: Any = None,
    disclosures: Sequence[str | Any] = SHOWN,
    *,
    head: Mapping[str, Any] | None = None,
    claims: Mapping[str, Any] | None = None,
    key: Any = "holder",
    signed: Any = None,
    **rest: Any,
) -> Any:
    """A presentation with key binding; `signed`: the presentation that sd_hash is of, where it is another."""
    body = {
        "iat": now(-1),
        "aud": VERIFIER,
        "nonce": NONCE,
        "sd_hash": {"$digest": signed or var("shown")},
        **(claims or {}),
    }
    body = {name: value for name, value in body.items() if value != "ABSENT"}
    return {
        "$let": {"shown": shown(jwt, disclosures)},
        "in": {"$cat": [var("shown"), jws(dict(head or KB_HEAD), body, key, **rest)]},
    }


def changed(**claims: Any) -> Any:
    return shown(issued({**CLAIMS, **claims}))


def group(name: str, says: str) -> Group:
    made = Group(name, says)
    made.control("a good credential", {"presentation": shown()}, OUTPUT)
    return made


def group_bound(name: str, says: str) -> Group:
    made = Group(name, says)
    made.control("a good presentation", {"presentation": bound(), **BOUND}, OUTPUT)
    return made


def signature() -> Group:
    made = group("sdj-signature", "The issuer's signature is one by a key of that issuer.")
    head = dict(HEAD)
    cases: tuple[tuple[str, Any], ...] = (
        ("alg none", issued(head={**head, "alg": "none"}, key=None, alg="none")),
        ("alg none, with a signature", issued(head={**head, "alg": "none"}, alg="ES256")),
        ("by another key", issued(key="attacker")),
        ("no signature", issued(signature=bits(""))),
        ("r = s = 0", issued(signature={"$hex": "00" * 64})),
        ("HS256 keyed with the public key", issued(head={**head, "alg": "HS256"}, key={"$pem": "issuer"}, alg="HS256")),
        ("by a key in its header", issued(head={**head, "jwk": {"$jwk": "attacker"}}, key="attacker")),
        ("by the holder", issued(key="holder")),
        ("RS256, ES256 alone allowed", issued(head={**head, "alg": "RS256", "kid": "issuer-rsa"}, key="issuer-rsa")),
    )
    for says, jwt in cases:
        made.refuse(says, {"presentation": shown(jwt)}, "signature algorithm key", "signature")
    swapped = {
        "$cat": [
            {"$b64": {"$json": HEAD}},
            ".",
            {"$b64": {"$json": {**CLAIMS, "vct": VCT, "x": 1}}},
            ".",
            {"$b64": {"$sign": {"alg": "ES256", "key": "issuer", "data": "other"}}},
        ]
    }
    made.refuse("of other octets", {"presentation": shown(swapped)}, "signature", "signature")
    return made


def issuer() -> Group:
    made = group("sdj-issuer", "The issuer is one that the verifier trusts, and its key the one that signed.")
    made.refuse(
        "an issuer that is not listed",
        {"presentation": changed(iss="https://attacker.example")},
        "issuer trust key",
        "issuer",
    )
    two = {"issuers": {ISSUER: keys("issuer"), "https://second.example": keys("attacker")}}
    foreign = issued({**CLAIMS}, {**HEAD, "kid": "attacker"}, key="attacker")
    made.refuse(
        "signed by another listed issuer",
        {"presentation": shown(foreign), **two},
        "signature key issuer trust",
        "issuer",
    )
    made.refuse(
        "no iss and no x5c", {"presentation": shown(issued(without(CLAIMS, "iss")))}, "issuer trust key claim", "issuer"
    )
    return made


def types() -> Group:
    made = group("sdj-typ", "`typ` is `dc+sd-jwt`.")
    for typ in ("JWT", "kb+jwt", "sd-jwt", "dc+sd-jwt2", "statuslist+jwt", ""):
        made.refuse(f"typ {typ!r}", {"presentation": shown(issued(head={**HEAD, "typ": typ}))}, "type", "typ")
    made.refuse("no typ", {"presentation": shown(issued(head=without(HEAD, "typ")))}, "type", "typ")
    return made


def old_types() -> Group:
    made = group("sdj-typ-old", "The type of drafts before November 2024 is no longer taken.")
    old = shown(issued(head={**HEAD, "typ": "vc+sd-jwt"}))
    made.refuse("typ 'vc+sd-jwt'", {"presentation": old}, "type", "old-typ")
    return made


def vct() -> Group:
    made = group("sdj-vct", "`vct` is there and known; it and the claims that rule validity are always visible.")
    made.refuse("no vct", {"presentation": shown(issued(without(CLAIMS, "vct")))}, "type claim", "vct")
    for value in ("https://credentials.example/other", f"{VCT}/", "", 7, [VCT], None):
        made.refuse(f"vct {value!r}", {"presentation": changed(vct=value)}, "type claim malformed", "vct")
    hidden = {
        "vct": VCT,
        "iss": ISSUER,
        "exp": now(HOUR),
        "nbf": now(-60),
        "status": {},
        "cnf": {"jwk": {"$jwk": {"key": "holder"}}},
    }
    for name, value in hidden.items():
        claims = {**without(CLAIMS, name), "_sd": [digest("hidden"), digest("given")]}
        made.refuse(
            f"{name} in a Disclosure",
            {
                "presentation": {
                    "$let": {"hidden": disclosure(name, value)},
                    "in": shown(issued(claims), ("hidden", "given")),
                }
            },
            "disclosure type claim issuer key malformed trust time",
            "always-visible",
        )
    return made


def times() -> Group:
    made = group("sdj-time", "A credential is used within its time.")
    cases: tuple[tuple[str, Any], ...] = (
        ("exp an hour ago", {"exp": now(-HOUR)}),
        ("exp ten minutes ago", {"exp": now(-600)}),
        ("exp is a text", {"exp": "4102444800"}),
        ("exp is null", {"exp": None}),
        ("nbf in an hour", {"nbf": now(HOUR)}),
        ("nbf is a text", {"nbf": "0"}),
        ("iat in an hour", {"iat": now(HOUR), "exp": now(2 * HOUR)}),
    )
    for says, claims in cases:
        made.refuse(says, {"presentation": changed(**claims)}, "time claim malformed", "time")
    nan = {"$cat": [bits('{"exp":NaN,'), {"$tail": {"$json": without(CLAIMS, "exp")}}]}
    made.refuse("exp is NaN", {"presentation": shown(jws(HEAD, nan))}, "time claim malformed", "time")
    return made


def unreferenced() -> Group:
    made = group("sdj-unreferenced", "Every Disclosure is reached from a digest.")
    made.refuse("one more", {"presentation": shown(disclosures=("given", "other"))}, "disclosure", "unreferenced")
    made.refuse("nothing else", {"presentation": shown(disclosures=("other",))}, "disclosure", "unreferenced")
    orphan = {
        "$let": {"child": disclosure("street", "Rizal 1"), "parent": disclosure("address", {"_sd": [digest("child")]})},
        "in": shown(issued({**CLAIMS, "_sd": [digest("parent"), digest("given")]}), ("given", "child")),
    }
    made.refuse("a child whose parent is not shown", {"presentation": orphan}, "disclosure", "unreferenced")
    unprotected = shown(issued({**without(CLAIMS, "_sd", "_sd_alg")}))
    made.refuse("no digest in the credential", {"presentation": unprotected}, "disclosure", "unreferenced")
    array = {"$let": {"item": var("de")}, "in": shown(issued({**CLAIMS, "nationalities": ["XA"]}), ("given", "item"))}
    made.refuse("an array element that is not there", {"presentation": array}, "disclosure", "unreferenced")
    return made


def duplicates() -> Group:
    made = group("sdj-duplicate", "No Disclosure and no digest is there twice.")
    made.refuse(
        "a Disclosure twice", {"presentation": shown(disclosures=("given", "given"))}, "disclosure digest", "duplicate"
    )
    twice = issued({**CLAIMS, "_sd": [digest("given"), digest("given")]})
    made.refuse("a digest twice in one list", {"presentation": shown(twice)}, "disclosure digest", "duplicate")
    nested = issued({**CLAIMS, "address": {"_sd": [digest("given")]}})
    made.refuse("a digest at two levels", {"presentation": shown(nested)}, "disclosure digest", "duplicate")
    decoy = issued({**CLAIMS, "_sd": [digest("given"), digest("other"), digest("other")]})
    made.refuse("a digest without Disclosure, twice", {"presentation": shown(decoy)}, "disclosure digest", "duplicate")
    array = issued({**CLAIMS, "nationalities": [{"...": digest("de")}, {"...": digest("de")}]})
    made.refuse(
        "an array element's digest twice",
        {"presentation": shown(array, ("given", "de"))},
        "disclosure digest",
        "duplicate",
    )
    return made


def names() -> Group:
    made = group("sdj-reserved", "No Disclosure is for a claim named `_sd` or `...`.")
    for name in ("_sd", "..."):
        for says, value in (("a text", "x"), ("a list", []), ("digests", [digest("birth")])):
            recipe = {
                "$let": {"bad": disclosure(name, value)},
                "in": shown(issued({**CLAIMS, "_sd": [digest("bad"), digest("given")]}), ("given", "bad")),
            }
            made.refuse(f"{name}: {says}", {"presentation": recipe}, "disclosure", "reserved-name")
    return made


def overwriting() -> Group:
    made = group("sdj-overwrite", "A Disclosure brings a claim that is not there yet.")
    made.refuse("a claim in clear", {"presentation": changed(given_name="Ana")}, "disclosure", "overwriting")
    two = issued({**CLAIMS, "_sd": [digest("given"), digest("other")]})
    made.refuse("two of one name", {"presentation": shown(two, ("given", "other"))}, "disclosure", "overwriting")
    for name in ("sub", "iat"):
        recipe = {
            "$let": {"bad": disclosure(name, "x")},
            "in": shown(
                issued({**CLAIMS, "sub": "person-1", "_sd": [digest("bad"), digest("given")]}), ("given", "bad")
            ),
        }
        made.refuse(f"{name}", {"presentation": recipe}, "disclosure claim time malformed", "overwriting")
    inner = {
        "$let": {"bad": disclosure("street", "x")},
        "in": shown(issued({**CLAIMS, "address": {"street": "y", "_sd": [digest("bad")]}}), ("given", "bad")),
    }
    made.refuse("a nested claim in clear", {"presentation": inner}, "disclosure", "overwriting")
    return made


def malformed() -> Group:
    made = group(
        "sdj-malformed", "A Disclosure is a list of three for a claim, of two for an array element; digests are texts."
    )
    values: tuple[tuple[str, Any], ...] = (
        ("two elements for a claim", {"$json": ["salt-0123456789abcdef", "Maria"]}),
        ("four elements", {"$json": ["salt-0123456789abcdef", "x", "Maria", 1]}),
        ("one element", {"$json": ["salt-0123456789abcdef"]}),
        ("an empty list", {"$json": []}),
        ("an object", {"$json": {"salt": "s", "name": "x", "value": "y"}}),
        ("a text", {"$json": {"$utf8": '"x"'}}),
        ("no JSON", bits("[salt,x,y]")),
        ("not UTF-8", {"$cat": [bits('["salt-0123456789abcdef","x","'), {"$hex": "ff"}, bits('"]')]}),
        ("a number as name", {"$json": ["salt-0123456789abcdef", 7, "x"]}),
        ("null as name", {"$json": ["salt-0123456789abcdef", None, "x"]}),
    )
    for says, octets in values:
        recipe = {
            "$let": {"bad": {"$b64": octets}},
            "in": shown(issued({**CLAIMS, "_sd": [digest("bad"), digest("given")]}), ("given", "bad")),
        }
        made.refuse(f"Disclosure: {says}", {"presentation": recipe}, "disclosure malformed", "malformed")
    for says, value in (("a text", "x"), ("a number in it", [7]), ("an object", {"a": "b"}), ("null", None)):
        made.refuse(
            f"_sd: {says}",
            {"presentation": changed(_sd=value, given_name="Maria")},
            "disclosure digest malformed",
            "malformed",
        )
    three = issued({**CLAIMS, "nationalities": [{"...": digest("given")}], "_sd": []})
    made.refuse(
        "three elements for an array element", {"presentation": shown(three)}, "disclosure malformed", "malformed"
    )
    extra = issued({**CLAIMS, "nationalities": [{"...": digest("de"), "x": 1}]})
    made.refuse(
        "a place for an array element with another member",
        {"presentation": shown(extra, ("given", "de"))},
        "disclosure malformed digest",
        "malformed",
    )
    made.refuse("no last tilde", {"presentation": issued()}, "malformed key-binding", "malformed")
    made.refuse(
        "an empty Disclosure",
        {"presentation": {"$cat": [issued(), "~~", var("given"), "~"]}},
        "malformed disclosure",
        "malformed",
    )
    deep = {
        "$cat": [
            bits('["salt-0123456789abcdef","x",'),
            {"$repeat": [bits("["), 100_000]},
            {"$repeat": [bits("]"), 100_000]},
            bits("]"),
        ]
    }
    recipe = {
        "$let": {"bad": {"$b64": deep}},
        "in": shown(disclosures=("given", "bad")),
    }
    made.refuse(
        "an unreferenced Disclosure nested 100,000 deep", {"presentation": recipe}, "disclosure malformed size", "bomb"
    )
    return made


def structure() -> Group:
    made = Group("sdj-structure", "What RFC 9901 allows is understood.")
    made.negative_control("by another key", {"presentation": shown(issued(key="attacker"))}, "signature")
    made.accept("nothing disclosed", {"presentation": shown(disclosures=())}, {"claims": {"vct": VCT}}, "structure")
    made.accept(
        "all disclosed, in another order",
        {"presentation": shown(disclosures=("family", "birth", "given"))},
        {"claims": {"given_name": "Maria", "family_name": "Santos", "birthdate": "1990-02-28"}},
        "structure",
    )
    made.accept(
        "an array element",
        {"presentation": shown(issued({**CLAIMS, "nationalities": ["XA", {"...": digest("de")}]}), ("given", "de"))},
        {"claims": {"nationalities": ["XA", "XB"]}},
        "structure",
    )
    made.accept(
        "an array element that is not disclosed",
        {"presentation": shown(issued({**CLAIMS, "nationalities": ["XA", {"...": digest("de")}]}))},
        {"claims": {"nationalities": ["XA"]}},
        "structure",
    )
    nested = {
        "$let": {
            "child": disclosure("street", "Rizal 1"),
            "parent": disclosure("address", {"_sd": [digest("child")], "country": "XA"}),
        },
        "in": shown(issued({**CLAIMS, "_sd": [digest("parent")]}), ("parent", "child")),
    }
    made.accept(
        "a Disclosure in a Disclosure",
        {"presentation": nested},
        {"claims": {"address": {"street": "Rizal 1", "country": "XA"}}},
        "structure",
    )
    decoys = issued({**CLAIMS, "_sd": [digest("given"), {"$digest": "decoy-1"}, {"$digest": "decoy-2"}]})
    made.accept("decoy digests", {"presentation": shown(decoys)}, OUTPUT, "structure")
    made.accept("no _sd_alg", {"presentation": shown(issued(without(CLAIMS, "_sd_alg")))}, OUTPUT, "structure")
    spaced = {
        "$let": {"odd": {"$b64": bits('[ "c2FsdC1vZi10aGUtc3BhY2Vz" ,\n "given_name", "Maria" ]')}},
        "in": shown(issued({**CLAIMS, "_sd": [digest("odd")]}), ("odd",)),
    }
    made.accept("white space in a Disclosure", {"presentation": spaced}, OUTPUT, "structure")
    return made


def critical() -> Group:
    made = group("sdj-critical", "An unknown extension or hash algorithm ends the verification.")
    made.refuse(
        "unknown crit",
        {"presentation": shown(issued(head={**HEAD, "crit": ["urn:example:x"], "urn:example:x": 1}))},
        "critical malformed",
        "crit",
    )
    for value in ("md5", "sha-1", "unknown", "SHA-256", "", 256, None):
        made.refuse(
            f"_sd_alg {value!r}",
            {"presentation": changed(_sd_alg=value)},
            "algorithm digest malformed disclosure",
            "hash-algorithm",
        )
    return made


def key_binding() -> Group:
    made = group_bound(
        "sdj-key-binding", "Where key binding is asked for, it is there, by the bound key, of this presentation."
    )
    made.refuse("none", {"presentation": shown(), **BOUND}, "key-binding", "key-binding")
    made.refuse(
        "by another key", {"presentation": bound(key="attacker"), **BOUND}, "key-binding signature", "key-binding"
    )
    made.refuse(
        "by the issuer's key", {"presentation": bound(key="issuer"), **BOUND}, "key-binding signature", "key-binding"
    )
    made.refuse(
        "alg none",
        {"presentation": bound(head={**KB_HEAD, "alg": "none"}, key=None, alg="none"), **BOUND},
        "key-binding algorithm signature",
        "key-binding",
    )
    made.refuse(
        "no signature", {"presentation": bound(signature=bits("")), **BOUND}, "key-binding signature", "key-binding"
    )
    hmac = bound(head={**KB_HEAD, "alg": "HS256"}, key={"$pem": "holder"}, alg="HS256")
    made.refuse(
        "HS256 keyed with the public key",
        {"presentation": hmac, **BOUND},
        "key-binding algorithm signature key",
        "key-binding",
    )
    made.refuse(
        "by a key in its header",
        {"presentation": bound(head={**KB_HEAD, "jwk": {"$jwk": "attacker"}}, key="attacker"), **BOUND},
        "key-binding signature key",
        "key-binding",
    )
    made.refuse(
        "no cnf",
        {"presentation": bound(issued(without(CLAIMS, "cnf"))), **BOUND},
        "key-binding key claim",
        "key-binding",
    )
    made.refuse(
        "cnf of another",
        {"presentation": bound(issued({**CLAIMS, "cnf": {"jwk": {"$jwk": {"key": "attacker"}}}})), **BOUND},
        "key-binding signature",
        "key-binding",
    )
    made.refuse(
        "not a JWS", {"presentation": {"$cat": [shown(), "e30"]}, **BOUND}, "key-binding malformed", "key-binding"
    )
    for typ in ("JWT", "kb+jwt2", "dc+sd-jwt"):
        made.refuse(
            f"typ {typ}", {"presentation": bound(head={**KB_HEAD, "typ": typ}), **BOUND}, "key-binding type", "kb-type"
        )
    made.refuse("no typ", {"presentation": bound(head={"alg": "ES256"}), **BOUND}, "key-binding type", "kb-type")
    made.refuse(
        "unknown crit",
        {"presentation": bound(head={**KB_HEAD, "crit": ["x"], "x": 1}), **BOUND},
        "key-binding critical malformed",
        "kb-type",
    )
    for value in ("other", "", None, [NONCE], NONCE.upper(), "ABSENT"):
        made.refuse(
            f"nonce {value!r}",
            {"presentation": bound(claims={"nonce": value}), **BOUND},
            "key-binding nonce malformed",
            "kb-nonce",
        )
    for says, hashed in (
        ("of another text", {"$digest": "x"}),
        ("empty", ""),
        ("absent", "ABSENT"),
        ("of the issuer's JWT alone", {"$digest": issued()}),
        ("without the last tilde", {"$digest": {"$cat": [issued(), "~", var("given")]}}),
    ):
        made.refuse(
            f"sd_hash {says}",
            {"presentation": bound(claims={"sd_hash": hashed}), **BOUND},
            "key-binding hash malformed",
            "kb-hash",
        )
    return made


def audience() -> Group:
    made = group_bound("sdj-kb-audience", "The key binding is for this verifier.")
    for value in ("https://other.example", f"{VERIFIER}/", "", "ABSENT", None, VERIFIER.upper()):
        made.refuse(
            f"aud {value!r}",
            {"presentation": bound(claims={"aud": value}), **BOUND},
            "key-binding audience malformed",
            "kb-audience",
        )
    return made


def kb_time() -> Group:
    made = group_bound("sdj-kb-time", "The key binding is of now.")
    for says, value in (
        ("an hour ago", now(-HOUR)),
        ("in an hour", now(HOUR)),
        ("absent", "ABSENT"),
        ("a text", "now"),
    ):
        made.refuse(
            f"iat {says}",
            {"presentation": bound(claims={"iat": value}), **BOUND},
            "key-binding time malformed",
            "kb-time",
        )
    return made


def presentation() -> Group:
    made = group_bound("sdj-presentation", "What the holder signed is what is shown.")
    made.refuse(
        "a Disclosure added",
        {"presentation": bound(disclosures=("given", "family"), signed=shown()), **BOUND},
        "key-binding hash",
        "presentation",
    )
    made.refuse(
        "a Disclosure removed",
        {"presentation": bound(signed=shown(disclosures=("given", "family"))), **BOUND},
        "key-binding hash",
        "presentation",
    )
    made.refuse(
        "a Disclosure swapped",
        {"presentation": bound(disclosures=("family",), signed=shown()), **BOUND},
        "key-binding hash",
        "presentation",
    )
    made.refuse(
        "the order changed",
        {
            "presentation": bound(disclosures=("family", "given"), signed=shown(disclosures=("given", "family"))),
            **BOUND,
        },
        "key-binding hash",
        "presentation",
    )
    other = issued({**CLAIMS, "iat": now(-61)})
    made.refuse(
        "another credential of the same holder",
        {"presentation": bound(other, signed=shown()), **BOUND},
        "key-binding hash",
        "presentation",
    )
    return made


def confirmation() -> Group:
    made = group_bound("sdj-confirmation", "`cnf` holds one public key.")
    for says, members in (("a private key", {"jwk": {"$jwk": {"key": "holder", "private": True}}}),):
        made.refuse(
            says,
            {"presentation": bound(issued({**CLAIMS, "cnf": members})), **BOUND},
            "key key-binding malformed",
            "confirmation-key",
        )
    return made


def certificate(**changes: Any) -> Any:
    base = {"subject": "Issuer", "issuer": "Root", "key": "issuer", "signed_by": "iaca", "dns": ["issuer.example"]}
    return {"$base64": {"$certificate": {**base, **changes}}}


def chain() -> Group:
    made = Group("sdj-chain", "`x5c` leads to a listed root, and its leaf is not self-signed.")
    root = {
        "$b64": {"$certificate": {"subject": "Root", "issuer": "Root", "key": "iaca", "signed_by": "iaca", "ca": True}}
    }
    given = {"issuers": {}, "roots": [root]}

    def by(x5c: list[Any], **rest: Any) -> Any:
        return {"presentation": shown(issued(head={**without(HEAD, "kid"), "x5c": x5c}, **rest)), **given}

    made.control("a chain to a listed root", by([certificate()]), OUTPUT)
    own = certificate(subject="Issuer", issuer="Issuer", signed_by="issuer")
    made.refuse("a leaf that signs itself", by([own]), "trust", "chain")
    made.refuse("another root", by([certificate(signed_by="iaca-other")]), "trust", "chain")
    made.refuse("expired", by([certificate(**{"from": -2 * 86_400, "to": -HOUR})]), "trust time", "chain")
    made.refuse("not yet valid", by([certificate(**{"from": HOUR, "to": 86_400})]), "trust time", "chain")
    made.refuse("a bad signature", by([certificate(signature_fault=True)]), "trust", "chain")
    made.refuse("another key than the leaf's", by([certificate()], key="attacker"), "signature", "chain")
    made.refuse(
        "an intermediate that is no CA",
        by(
            [
                certificate(issuer="Other", signed_by="attacker", key="issuer"),
                certificate(subject="Other", key="attacker"),
            ]
        ),
        "trust",
        "chain",
    )
    made.refuse("no certificate", by([]), "trust malformed key issuer", "chain")
    made.refuse("no DER", by(["AAAA"]), "trust malformed key issuer", "chain")
    return made


def status() -> Group:
    made = Group("tsl-credential", "A credential whose status is not valid, or cannot be had, is refused.")

    def pointing(index: Any, token: Any, uri: str = LIST_URI) -> Any:
        claims = {**CLAIMS, "status": {"status_list": {"idx": index, "uri": uri}}}
        lists = {} if token is None else {LIST_URI: token}
        return {"presentation": shown(issued(claims)), "status_lists": lists}

    good = status_token()
    made.control("valid", pointing(1, good), OUTPUT)
    made.refuse("revoked", pointing(0, good), "status", "status")
    made.refuse("suspended", pointing(5, status_token(bits=2, octets="c944f9")), "status", "status")
    made.refuse("a status of the application", pointing(3, status_token(bits=2, octets="c944f9")), "status", "status")
    made.refuse("beyond the list", pointing(16, good), "status", "status")
    made.refuse("far beyond the list", pointing(2**53, good), "status malformed", "status")
    made.refuse("a negative index", pointing(-1, good), "status malformed claim", "status")
    made.refuse("an index that is a text", pointing("1", good), "status malformed claim", "status")
    made.refuse("no list to be had", pointing(1, None), "status", "status")
    made.refuse("another list", pointing(1, good, f"{LIST_URI}/2"), "status", "status")
    made.refuse("an expired list", pointing(1, status_token(exp=now(-HOUR))), "status time", "status")
    made.refuse("a list by another key", pointing(1, status_token(key="attacker")), "status signature", "status")
    made.refuse("sub is another list", pointing(1, status_token(sub=f"{LIST_URI}/2")), "status subject", "status")
    return made


def make() -> dict[str, Any]:
    base = {
        "issuers": {ISSUER: keys("issuer")},
        "vcts": [VCT],
        "algorithms": ES256,
        "key_binding": None,
        "roots": [],
        "status_lists": {},
        "status_keys": keys("status"),
        "window_seconds": 300,
        "leeway_seconds": 60,
        "now": now(),
    }
    groups = (
        signature(),
        issuer(),
        types(),
        old_types(),
        vct(),
        times(),
        unreferenced(),
        duplicates(),
        names(),
        overwriting(),
        malformed(),
        structure(),
        critical(),
        key_binding(),
        audience(),
        kb_time(),
        presentation(),
        confirmation(),
        chain(),
        status(),
    )
    return file("sd_jwt_vc.verify", "SD-JWT VC", NOTES, SHARED, base, groups)
