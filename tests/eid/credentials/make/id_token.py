"""ID token validation (OpenID Connect Core section 3.1.3.7), nested JWE included."""

from __future__ import annotations

from typing import Any

from tests.eid.credentials.make.common import ES256, HOUR, ISSUER, Group, bits, file, jws, keys, now, without

CLIENT = "client-1"
HEAD = {"alg": "ES256", "kid": "issuer"}
CLAIMS = {
    "iss": ISSUER,
    "sub": "person-1",
    "aud": CLIENT,
    "exp": now(300),
    "iat": now(-5),
    "nonce": "n-0S6_WzA2Mj",
    "acr": "urn:example:loa:high",
}
OUTPUT = {"claims": {"sub": "person-1", "iss": ISSUER}}
GOOD = jws(HEAD, CLAIMS)

NOTES = {
    "signature": (
        "The signature is absent, by another key or by another kind of key.",
        "OIDC Core section 3.1.3.7-6, -7",
    ),
    "issuer": ("`iss` is not, octet by octet, the issuer's identifier.", "OIDC Core section 3.1.3.7-2"),
    "audience": ("`aud` does not name the client.", "OIDC Core section 3.1.3.7-3"),
    "authorised-party": ("Several audiences without, or with another, `azp`.", "OIDC Core section 3.1.3.7-3 to -5"),
    "time": ("`exp` or `iat` is absent, malformed, past or in the future.", "OIDC Core section 2, 3.1.3.7-9, -10"),
    "subject": ("`sub` is absent or no text.", "OIDC Core section 2"),
    "nonce": ("`nonce` is not the one that was sent.", "OIDC Core section 3.1.3.7-11"),
    "hash": ("`at_hash` is not that of the access token.", "OIDC Core section 3.1.3.8"),
    "level": ("`acr` is absent or none of those that were asked for.", "OIDC Core section 3.1.3.7-12"),
    "nested": ("Encrypted, with the signed token inside.", "OIDC Core section 10.2"),
    "bomb": ("Small, and large once it is read.", "RFC 8725 section 3.6; RFC 7516 section 4.1.3"),
    "several-audiences": ("Several audiences, the client among them and named by `azp`.", "OIDC Core section 2"),
}


def token(**claims: Any) -> Any:
    return jws(HEAD, {**CLAIMS, **claims})


def lacking(*names: str) -> Any:
    return jws(HEAD, without(CLAIMS, *names))


def group(name: str, says: str) -> Group:
    made = Group(name, says)
    made.control("a good ID token", {"id_token": GOOD}, OUTPUT)
    return made


def signature() -> Group:
    made = group("lib-idt-signature", "An ID token is signed by the issuer, with the registered algorithm.")
    cases: tuple[tuple[str, Any], ...] = (
        ("alg none", jws({"alg": "none"}, CLAIMS, None, "none")),
        ("by another key", jws(HEAD, CLAIMS, "attacker")),
        (
            "HS256 keyed with the public key",
            jws({"alg": "HS256", "kid": "issuer"}, CLAIMS, {"$pem": "issuer"}, "HS256"),
        ),
        ("HS256 keyed with the client id", jws({"alg": "HS256"}, CLAIMS, bits(CLIENT), "HS256")),
        ("by a key in its header", jws({**HEAD, "jwk": {"$jwk": "attacker"}}, CLAIMS, "attacker")),
        ("unknown crit", jws({**HEAD, "crit": ["x"], "x": 1}, CLAIMS)),
        ("RS256, ES256 registered", jws({"alg": "RS256", "kid": "issuer-rsa"}, CLAIMS, "issuer-rsa")),
    )
    for says, recipe in cases:
        given = {"id_token": recipe, "jwks": keys("issuer", "issuer-rsa")}
        made.refuse(says, given, "signature algorithm key critical", "signature")
    return made


def issuer() -> Group:
    made = group("lib-idt-issuer", "`iss` is the issuer's identifier, octet by octet.")
    made.refuse("absent", {"id_token": lacking("iss")}, "issuer claim", "issuer")
    values: tuple[Any, ...] = (
        f"{ISSUER}/",
        ISSUER.upper(),
        "http://issuer.example",
        "https://issuer.example.attacker.example",
        "https://attacker.example",
        "",
        [ISSUER],
        f"{ISSUER}:443",
        f"{ISSUER}#x",
    )
    for value in values:
        made.refuse(f"iss {value!r}"[:60], {"id_token": token(iss=value)}, "issuer claim malformed", "issuer")
    return made


def audience() -> Group:
    made = group("lib-idt-audience", "`aud` names the client; of several, `azp` says which.")
    made.accept("a list of the client alone", {"id_token": token(aud=[CLIENT])}, OUTPUT, "several-audiences")
    made.refuse("absent", {"id_token": lacking("aud")}, "audience claim", "audience")
    for value in (
        "client-2",
        "client",
        "client-10",
        "CLIENT-1",
        [],
        ["client-2"],
        "",
        {"client-1": 1},
        f"{CLIENT} client-2",
    ):
        made.refuse(f"aud {value!r}", {"id_token": token(aud=value)}, "audience claim malformed", "audience")
    return made


def authorised_party() -> Group:
    made = group("lib-idt-azp", "An ID token for several audiences that the client does not trust is refused.")
    two = [CLIENT, "client-2"]
    made.refuse("two audiences, no azp", {"id_token": token(aud=two)}, "audience claim", "authorised-party")
    made.refuse(
        "two audiences, azp the other",
        {"id_token": token(aud=two, azp="client-2")},
        "audience claim",
        "authorised-party",
    )
    made.refuse("one audience, azp another", {"id_token": token(azp="client-2")}, "audience claim", "authorised-party")
    return made


def times() -> Group:
    made = group("lib-idt-time", "An ID token is used within its time, and says what it is.")
    cases: tuple[tuple[str, Any], ...] = (
        ("exp an hour ago", token(exp=now(-HOUR))),
        ("exp ten minutes ago", token(exp=now(-600))),
        ("no exp", lacking("exp")),
        ("exp is a text", token(exp={"$text": "4102444800"})),
        ("exp is null", token(exp=None)),
        ("exp is true", token(exp=True)),
        ("no iat", lacking("iat")),
        ("iat is a text", token(iat="now")),
        ("exp is NaN", jws(HEAD, {"$cat": [bits('{"exp":NaN,'), tail(without(CLAIMS, "exp"))]})),
        (
            "exp twice, the last one past",
            jws(HEAD, {"$cat": [bits('{"exp":4102444800,'), tail({**CLAIMS, "exp": now(-HOUR)})]}),
        ),
    )
    for says, recipe in cases:
        made.refuse(says, {"id_token": recipe}, "time claim malformed", "time")
    for says, recipe in (
        ("no sub", lacking("sub")),
        ("sub is a number", token(sub=1)),
    ):
        made.refuse(says, {"id_token": recipe}, "subject claim malformed", "subject")
    return made


def tail(claims: dict[str, Any]) -> Any:
    """The JSON of claims without its first brace: something goes before it."""
    return {"$tail": {"$json": claims}}


def future() -> Group:
    made = group("lib-idt-future", "An ID token of the future is refused.")
    made.refuse("iat in an hour", {"id_token": token(iat=now(HOUR), exp=now(2 * HOUR))}, "time claim", "time")
    made.refuse("nbf in an hour", {"id_token": token(nbf=now(HOUR), exp=now(2 * HOUR))}, "time claim", "time")
    return made


def nonce() -> Group:
    made = group("lib-idt-nonce", "`nonce` is the one that was sent.")
    made.refuse("absent", {"id_token": lacking("nonce")}, "nonce claim", "nonce")
    for value in ("other", "n-0S6_WzA2M", "n-0S6_WzA2Mj ", "N-0S6_WZA2MJ", "", ["n-0S6_WzA2Mj"], None):
        made.refuse(f"nonce {value!r}", {"id_token": token(nonce=value)}, "nonce claim malformed", "nonce")
    return made


def hashes() -> Group:
    made = Group("lib-idt-hash", "`at_hash`, where there is one, is that of the access token.")
    access = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
    made.control(
        "the right at_hash", {"id_token": token(at_hash={"$half_digest": access}), "access_token": access}, OUTPUT
    )
    for says, value in (
        ("of another token", {"$half_digest": "other"}),
        ("of the whole digest", {"$digest": access}),
        ("empty", ""),
    ):
        made.refuse(f"at_hash {says}", {"id_token": token(at_hash=value), "access_token": access}, "hash claim", "hash")
    return made


def level() -> Group:
    made = Group("lib-idt-level", "`acr` is one of those that were asked for as essential.")
    asked = {"acr_values": ["urn:example:loa:high"]}
    made.control("the level asked for", {"id_token": GOOD, **asked}, OUTPUT)
    made.refuse("absent", {"id_token": lacking("acr"), **asked}, "level claim", "level")
    for value in (
        "urn:example:loa:low",
        "urn:example:loa:HIGH",
        "",
        0,
        ["urn:example:loa:high"],
        "mosip:idp:acr:generated-code",
    ):
        made.refuse(f"acr {value!r}", {"id_token": token(acr=value), **asked}, "level claim malformed", "level")
    return made


def nested() -> Group:
    made = Group("lib-idt-nested", "An encrypted ID token holds a signed one, and costs no more than it is long.")
    head = {"alg": "RSA-OAEP-256", "enc": "A128GCM", "cty": "JWT", "kid": "client-rsa"}
    given = {
        "decryption_keys": {
            "keys": [{"$jwk": {"key": "client-rsa", "private": True, "members": {"kid": "client-rsa"}}}]
        }
    }

    def sealed(plaintext: Any, **members: Any) -> Any:
        return {
            **given,
            "id_token": {"$jwe": {"header": {**head, **members}, "plaintext": plaintext, "key": "client-rsa"}},
        }

    made.control("a signed token inside", sealed(GOOD), OUTPUT)
    made.refuse("claims inside, not signed", sealed({"$json": CLAIMS}), "signature malformed type", "nested")
    made.refuse("alg none inside", sealed(jws({"alg": "none"}, CLAIMS, None, "none")), "signature algorithm", "nested")
    made.refuse("another key's signature inside", sealed(jws(HEAD, CLAIMS, "attacker")), "signature", "nested")
    made.refuse(
        "sealed with another key",
        {
            **sealed(GOOD),
            "decryption_keys": {
                "keys": [{"$jwk": {"key": "issuer-rsa", "private": True, "members": {"kid": "client-rsa"}}}]
            },
        },
        "key signature malformed decryption",
        "nested",
    )
    long = jws(HEAD, {**CLAIMS, "x": {"$repeat": ["A", 8_000_000]}})
    made.refuse(
        "a good token of 10 MB once inflated", sealed({"$deflate": long}, zip="DEF"), "size malformed algorithm", "bomb"
    )
    made.refuse(
        "50 MB once inflated", sealed({"$deflate_zeros": 50 * 1_048_576}, zip="DEF"), "size malformed algorithm", "bomb"
    )
    made.refuse(
        "alg dir without a shared key",
        {
            **given,
            "id_token": {
                "$cat": [{"$b64": {"$json": {**head, "alg": "dir"}}}, "..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"]
            },
        },
        "algorithm key malformed decryption",
        "nested",
    )
    made.refuse(
        "PBES2 with 2^31 rounds",
        {
            **given,
            "id_token": {
                "$cat": [
                    {"$b64": {"$json": {**head, "alg": "PBES2-HS256+A128KW", "p2c": 2147483647, "p2s": "AAAAAAAAAAA"}}},
                    ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
                ]
            },
        },
        "algorithm key size malformed",
        "bomb",
    )
    return made


def make() -> dict[str, Any]:
    base = {
        "issuer": ISSUER,
        "client_id": CLIENT,
        "nonce": "n-0S6_WzA2Mj",
        "jwks": keys("issuer"),
        "algorithms": ES256,
        "leeway_seconds": 60,
        "now": now(),
    }
    groups = (
        signature(),
        issuer(),
        audience(),
        authorised_party(),
        times(),
        future(),
        nonce(),
        hashes(),
        level(),
        nested(),
    )
    return file("id_token.validate", "ID tokens", NOTES, {}, base, groups)
