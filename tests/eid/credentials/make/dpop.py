"""DPoP proofs (RFC 9449 section 4.3)."""

from __future__ import annotations

from typing import Any

from tests.eid.credentials.make.common import ES256, HOUR, Group, bits, file, jws, now, without

URL = "https://resource.example/claims"
TOKEN = "Kz8sT1nVq0bX7yWc2mLr"
HEAD = {"typ": "dpop+jwt", "alg": "ES256", "jwk": {"$jwk": {"key": "client"}}}
CLAIMS = {"jti": "e1j3V_bKic8-LAEB", "htm": "POST", "htu": URL, "iat": now(-2), "ath": {"$digest": TOKEN}}
OUTPUT = {"jkt": {"$thumbprint": "client"}}
GOOD = jws(HEAD, CLAIMS, "client")

NOTES = {
    "type": ("`typ` is not `dpop+jwt`.", "RFC 9449 section 4.3-4"),
    "algorithm": ("The algorithm is none, symmetric or not allowed.", "RFC 9449 section 4.3-5"),
    "jwk": ("`jwk` is absent, private, symmetric or not the key that signed.", "RFC 9449 section 4.3-6, -7"),
    "method": ("`htm` is not the request's method.", "RFC 9449 section 4.3-8"),
    "url": ("`htu` is not the request's URL.", "RFC 9449 section 4.3-9"),
    "query": ("Query and fragment are left out of the comparison.", "RFC 9449 section 4.3-9"),
    "time": ("`iat` is absent, malformed or far from now.", "RFC 9449 section 4.3-11, 11.1"),
    "identifier": ("`jti` is absent or empty.", "RFC 9449 section 4.2, 4.3-3"),
    "token": ("`ath` is absent or of another access token.", "RFC 9449 section 4.3-12"),
    "nonce": ("`nonce` is not the one that the server gave.", "RFC 9449 section 4.3-10"),
    "binding": ("The proof's key is not the one that the access token is bound to.", "RFC 9449 section 4.3-12, 7.1"),
    "form": ("No JWS in compact form.", "RFC 9449 section 4.3-2"),
}


def proof(head: dict[str, Any] | None = None, key: str = "client", **claims: Any) -> Any:
    return jws({**HEAD, **(head or {})}, {**CLAIMS, **claims}, key)


def lacking(*names: str) -> Any:
    return jws(HEAD, without(CLAIMS, *names), "client")


def group(name: str, says: str) -> Group:
    made = Group(name, says)
    made.control("a good proof", {"proof": GOOD}, OUTPUT)
    return made


def header() -> Group:
    made = group("lib-dpop-header", "A proof says what it is and carries the public key that signed it.")
    for typ in ("JWT", "dpop", "dpop+jwt2", "at+jwt"):
        made.refuse(f"typ {typ}", {"proof": proof({"typ": typ})}, "type", "type")
    made.refuse("no typ", {"proof": jws(without(HEAD, "typ"), CLAIMS, "client")}, "type", "type")
    made.refuse(
        "alg none", {"proof": jws({**HEAD, "alg": "none"}, CLAIMS, None, "none")}, "algorithm signature", "algorithm"
    )
    hmac = jws({**HEAD, "alg": "HS256"}, CLAIMS, {"$pem": "client"}, "HS256")
    made.refuse("HS256 keyed with the public key", {"proof": hmac}, "algorithm signature key", "algorithm")
    rsa = jws({**HEAD, "alg": "RS256", "jwk": {"$jwk": {"key": "client-rsa"}}}, CLAIMS, "client-rsa")
    made.refuse(
        "RS256, ES256 alone allowed", {"proof": rsa, "jkt": {"$thumbprint": "client-rsa"}}, "algorithm", "algorithm"
    )
    made.refuse("no jwk", {"proof": jws(without(HEAD, "jwk"), CLAIMS, "client")}, "key malformed", "jwk")
    made.refuse(
        "a private jwk", {"proof": proof({"jwk": {"$jwk": {"key": "client", "private": True}}})}, "key malformed", "jwk"
    )
    made.refuse(
        "another key's jwk",
        {"proof": proof({"jwk": {"$jwk": {"key": "attacker"}}}), "jkt": {"$thumbprint": "attacker"}},
        "signature",
        "jwk",
    )
    oct_key = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I"}
    symmetric = jws({**HEAD, "alg": "HS256", "jwk": oct_key}, CLAIMS, bits("secret-secret-secret-secret-secr"), "HS256")
    made.refuse("a symmetric jwk", {"proof": symmetric}, "algorithm key", "jwk")
    made.refuse("jwk is a text", {"proof": proof({"jwk": "client"})}, "key malformed", "jwk")
    made.refuse("two proofs", {"proof": {"$cat": [GOOD, ", ", GOOD]}}, "malformed", "form")
    made.refuse("two parts", {"proof": "e30.e30"}, "malformed type", "form")
    return made


def request() -> Group:
    made = group("lib-dpop-request", "A proof is for this method, this URL and this moment.")
    for says, change in (("a query", f"{URL}?page=2"), ("a fragment", f"{URL}#top")):
        made.accept(f"the request has {says}", {"proof": GOOD, "url": change}, OUTPUT, "query")
    for value in ("GET", "post", "", None):
        made.refuse(f"htm {value!r}", {"proof": proof(htm=value)}, "method claim malformed", "method")
    made.refuse("no htm", {"proof": lacking("htm")}, "method claim", "method")
    for value in (
        "https://attacker.example/claims",
        "http://resource.example/claims",
        "https://resource.example/other",
        f"{URL}/",
        "/claims",
        "",
    ):
        made.refuse(f"htu {value!r}", {"proof": proof(htu=value)}, "url claim malformed", "url")
    made.refuse("no htu", {"proof": lacking("htu")}, "url claim", "url")
    for says, value in (("an hour ago", now(-HOUR)), ("in an hour", now(HOUR)), ("a text", "now"), ("null", None)):
        made.refuse(f"iat {says}", {"proof": proof(iat=value)}, "time claim malformed", "time")
    made.refuse("no iat", {"proof": lacking("iat")}, "time claim", "time")
    made.refuse("no jti", {"proof": lacking("jti")}, "identifier claim", "identifier")
    for identifier in ("", 7, None):
        made.refuse(f"jti {identifier!r}", {"proof": proof(jti=identifier)}, "identifier claim malformed", "identifier")
    return made


def binding() -> Group:
    made = group("lib-dpop-binding", "A proof is for this access token, by the key that it is bound to.")
    made.refuse("no ath", {"proof": lacking("ath")}, "token claim", "token")
    made.refuse("ath of another token", {"proof": proof(ath={"$digest": "other"})}, "token claim", "token")
    made.refuse("ath is the token itself", {"proof": proof(ath=TOKEN)}, "token claim", "token")
    made.refuse("ath is empty", {"proof": proof(ath="")}, "token claim", "token")
    made.refuse(
        "the token is bound to another key",
        {"proof": GOOD, "jkt": {"$thumbprint": "attacker"}},
        "binding key",
        "binding",
    )
    other = proof({"jwk": {"$jwk": {"key": "attacker"}}}, "attacker")
    made.refuse("a good proof by another key", {"proof": other}, "binding key", "binding")
    made.accept("the nonce that the server gave", {"proof": proof(nonce="srv-1"), "nonce": "srv-1"}, OUTPUT, "nonce")
    made.refuse("no nonce", {"proof": GOOD, "nonce": "srv-1"}, "nonce claim", "nonce")
    made.refuse("another nonce", {"proof": proof(nonce="srv-0"), "nonce": "srv-1"}, "nonce claim", "nonce")
    return made


def make() -> dict[str, Any]:
    base = {
        "method": "POST",
        "url": URL,
        "access_token": TOKEN,
        "jkt": {"$thumbprint": "client"},
        "algorithms": ES256,
        "window_seconds": 300,
        "now": now(),
    }
    return file("dpop.verify", "DPoP proofs", NOTES, {}, base, (header(), request(), binding()))
