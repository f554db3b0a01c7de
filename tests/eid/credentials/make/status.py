"""Token Status Lists (draft-ietf-oauth-status-list)."""

from __future__ import annotations

from typing import Any

from tests.eid.credentials.make.common import ES256, HOUR, Group, bits, file, jws, keys, now

LIST_URI = "https://issuer.example/statuslists/1"
ONE_BIT, TWO_BITS = "b9a3", "c944f9"
HEAD = {"alg": "ES256", "kid": "status", "typ": "statuslist+jwt"}

NOTES = {
    "value": ("The statuses of the draft's own examples, by bits and index.", "Token Status List section 4.1"),
    "type": ("`typ` is not `statuslist+jwt`.", "Token Status List section 5.1"),
    "subject": ("`sub` is not the URI that the credential names.", "Token Status List section 5.1, 8.3-4a"),
    "signature": ("The token is not signed by a listed key.", "Token Status List section 5.1, 8.3-3"),
    "time": ("`iat` is absent or of the future, or `exp` past.", "Token Status List section 5.1, 8.3-4c"),
    "index": ("The index is beyond the list, or no index.", "Token Status List section 8.3-6"),
    "bits": ("`bits` is none of 1, 2, 4 and 8.", "Token Status List section 4.2"),
    "list": ("`lst` is not base64url of a ZLIB stream.", "Token Status List section 4.1, 4.2"),
    "bomb": ("Small, and large once it is inflated.", "Token Status List section 11.1"),
    "structure": ("`status_list` is absent or malformed.", "Token Status List section 5.1"),
}

ABSENT = "ABSENT"


def status_token(
    bits: Any = 1,
    octets: str = ONE_BIT,
    *,
    head: dict[str, Any] | None = None,
    key: Any = "status",
    lst: Any = None,
    alg: str = "",
    **claims: Any,
) -> Any:
    listed = {"$b64": {"$zlib": {"$hex": octets}}} if lst is None else lst
    body = {
        "sub": LIST_URI,
        "iat": now(-60),
        "exp": now(HOUR),
        "ttl": 600,
        "status_list": {"bits": bits, "lst": listed},
        **claims,
    }
    body = {name: value for name, value in body.items() if value != ABSENT}
    return jws({name: value for name, value in {**HEAD, **(head or {})}.items() if value != ABSENT}, body, key, alg)


def group(name: str, says: str) -> Group:
    made = Group(name, says)
    made.control("a good list", {"token": status_token()}, {"status": 0})
    return made


def values() -> Group:
    made = Group("tsl-value", "The status at an index is read as the draft packs it.")
    made.negative_control("a list by another key", {"token": status_token(key="attacker")}, "signature key")
    for index, value in enumerate((1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1)):
        if index in (0, 1, 2, 7, 8, 10, 15):
            made.accept(f"1 bit, index {index}", {"token": status_token(), "index": index}, {"status": value}, "value")
    for index, value in enumerate((1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3)):
        if index in (0, 1, 3, 4, 9, 11):
            made.accept(
                f"2 bits, index {index}",
                {"token": status_token(2, TWO_BITS), "index": index},
                {"status": value},
                "value",
            )
    for index, value in ((0, 3), (1, 10), (3, 15)):
        made.accept(
            f"4 bits, index {index}", {"token": status_token(4, "a3f0"), "index": index}, {"status": value}, "value"
        )
    for index, value in ((0, 163), (1, 0), (2, 255)):
        made.accept(
            f"8 bits, index {index}", {"token": status_token(8, "a300ff"), "index": index}, {"status": value}, "value"
        )
    return made


def token() -> Group:
    made = group("tsl-token", "A status list token is signed by a listed key, says what it is and which list.")
    for typ in ("JWT", "statuslist+cwt", "dc+sd-jwt", ABSENT):
        made.refuse(f"typ {typ}", {"token": status_token(head={"typ": typ})}, "type", "type")
    for value in (f"{LIST_URI}/2", f"{LIST_URI}/", "", ABSENT, None):
        made.refuse(f"sub {value!r}", {"token": status_token(sub=value)}, "subject claim", "subject")
    made.refuse("by another key", {"token": status_token(key="attacker")}, "signature key", "signature")
    made.refuse(
        "alg none",
        {"token": status_token(head={"alg": "none"}, key=None, alg="none")},
        "algorithm signature",
        "signature",
    )
    made.refuse(
        "HS256 keyed with the public key",
        {"token": status_token(head={"alg": "HS256"}, key={"$pem": "status"}, alg="HS256")},
        "algorithm signature key",
        "signature",
    )
    made.refuse(
        "by a key in its header",
        {"token": status_token(head={"jwk": {"$jwk": "attacker"}}, key="attacker")},
        "signature key",
        "signature",
    )
    made.refuse(
        "unknown crit", {"token": status_token(head={"crit": ["x"], "x": 1})}, "critical malformed", "signature"
    )
    made.refuse("no iat", {"token": status_token(iat=ABSENT)}, "time claim", "time")
    made.refuse("iat is a text", {"token": status_token(iat="now")}, "time claim malformed", "time")
    return made


def index() -> Group:
    made = group("tsl-index", "An index beyond the list, an expired list: nothing can be said, so nothing is accepted.")
    for value in (16, 17, 1_000_000, 2**53, -1, -16):
        made.refuse(f"index {value} of 16", {"token": status_token(), "index": value}, "status malformed", "index")
    made.refuse("index 4 of an empty list", {"token": status_token(octets=""), "index": 4}, "status malformed", "index")
    made.refuse("exp an hour ago", {"token": status_token(exp=now(-HOUR))}, "time", "time")
    made.refuse("exp is a text", {"token": status_token(exp="later")}, "time claim malformed", "time")
    return made


def form() -> Group:
    made = group("tsl-form", "`bits` is 1, 2, 4 or 8; `lst` is a ZLIB stream that is inflated up to a limit.")
    for value in (0, 3, 5, 7, 16, -1, "1", 1.5, None, True):
        made.refuse(f"bits {value!r}", {"token": status_token(bits=value)}, "status malformed claim", "bits")
    lists: tuple[tuple[str, Any], ...] = (
        ("bare DEFLATE", {"$b64": {"$deflate": {"$hex": ONE_BIT}}}),
        ("not compressed", {"$b64": {"$hex": ONE_BIT}}),
        ("cut short", "eNrbuRg"),
        ("a wrong checksum", {"$b64": {"$hex": "78dadbb918000217015e"}}),
        ("padded", "eNrbuRgAAhcBXQ=="),
        ("another alphabet", "eNrb+R/AAhcBXQ"),
        ("empty", ""),
        ("a list", [0, 1]),
        ("null", None),
    )
    for says, value in lists:
        made.refuse(
            f"lst: {says}",
            {"token": status_token(lst=None, status_list={"bits": 1, "lst": value})},
            "status malformed claim size",
            "list",
        )
    made.refuse(
        "lst: 50 MB once inflated",
        {"token": status_token(lst={"$b64": {"$zlib_zeros": 50 * 1_048_576}})},
        "size status malformed",
        "bomb",
    )
    made.refuse("no status_list", {"token": status_token(status_list=ABSENT)}, "status malformed claim", "structure")
    shapes: tuple[Any, ...] = ([], "x", {}, {"bits": 1})
    for shape in shapes:
        made.refuse(
            f"status_list {shape!r}", {"token": status_token(status_list=shape)}, "status malformed claim", "structure"
        )
    return made


def make() -> dict[str, Any]:
    base = {
        "uri": LIST_URI,
        "index": 1,
        "keys": keys("status"),
        "algorithms": ES256,
        "leeway_seconds": 60,
        "now": now(),
    }
    return file("status_list.check", "Token Status Lists", NOTES, {}, base, (values(), token(), index(), form()))


__all__ = ["LIST_URI", "bits", "make", "status_token"]
