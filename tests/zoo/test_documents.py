"""Z25 to Z28 through the engine: JSON, XML, key sets and tokens that say what they should not.

Where a document is read and is wrong, the row that it breaks is red and says where; where it cannot be read, the rows
are `error`; nothing else changes beside the benign twin, nobody else is asked, and the neighbour is judged as ever.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.commands.prepare import Request
from conformance.commands.run import execute
from conformance.core.area import Stand
from conformance.core.model import Cell, Reason, Service, Status, Target
from conformance.core.network import Door
from conformance.eid.op.sandbox import State
from conformance.eid.op.sandbox_tokens import id_token
from conformance.payments.iso20022 import poster, stage
from conformance.payments.iso20022.samples import FIXED, PACS_008, Agreement, fill
from conformance.sandbox import Sandbox, Spec, keys_folder
from conformance.tls.stage import authorities
from conformance.wire import jws
from conformance.wire.jose import b64, octets
from tests.eid.op import hostile as providers
from tests.eid.op.hostile import document, plain
from tests.payments.iso20022.sandboxes import cells_of
from tests.tls.endpoints import public_roots
from tests.zoo.runs import MOST_EVIDENCE, PATIENT, Seen, judged
from tests.zoo.servers import OK, Server, answering, serve

METADATA, KEYS = "/.well-known/openid-configuration", "/jwks"
KEY = {**jws.new_key().public_jwk, "use": "sig", "alg": "ES256", "kid": "a"}
SECRET = b64(b"a private member, once published" * 2)


def looked_at(folder: Path, metadata: Mapping[str, Any], keys: Sequence[Any]) -> Seen:
    """A run of the whole profile on an OpenID provider with this metadata and these keys."""
    routes = {METADATA: document(**metadata), KEYS: plain(json.dumps({"keys": keys}).encode())}
    roots = folder / "roots.pem"
    roots.write_bytes(authorities(keys_folder()).public_roots_pem + Path(public_roots()).read_bytes())
    (folder / "run").mkdir()
    with providers.serve(routes) as issuer:
        service = Service("op", "openid-provider", settings={"issuer": issuer})
        target = Target("xb-hostile", "XB", "Hostile", (service,), path=str(folder / "manifest.toml"))
        seen = judged(folder / "run", target, door=Door(limits=PATIENT, ca_file=str(roots)))
    assert seen.seconds < 10
    assert seen.grown < 64 * 1024 * 1024
    assert max(map(len, seen.evidence.values())) <= MOST_EVIDENCE
    assert Reason.INTERNAL not in {cell.reason for cell in seen.cells.values()}
    assert sum(cell.status is Status.PASS for cell in seen.honest.values()) > 45
    return seen


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The benign twin: nothing but what it does not offer is held against it."""
    seen = looked_at(tmp_path_factory.mktemp("twin"), {}, [KEY])
    passed = {name for name, cell in seen.cells.items() if cell.status is Status.PASS}
    assert {f"EID-DISC-{number:02}" for number in (1, 2, 5, 6, 11, 12)} <= passed
    assert {f"EID-JWKS-{number:02}" for number in (1, 2, 3, 4, 5)} <= passed
    return seen


def changed(twin: Mapping[str, Cell], seen: Mapping[str, Cell]) -> dict[str, str]:
    """The cells that are not as the twin's: status, and the reason of an error."""
    return {
        name: f"{cell.status} {cell.reason}" if cell.status is Status.ERROR else str(cell.status)
        for name, cell in seen.items()
        if (cell.status, cell.reason) != (twin[name].status, twin[name].reason)
    }


SHAPES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "issuer-a-number": ({"issuer": 7}, {"EID-DISC-01": "fail", "EID-DISC-02": "fail"}),
    "list-an-object": (
        {"response_types_supported": {"code": 1}},
        {"EID-DISC-01": "fail", "EID-DISC-05": "error json", "EID-DISC-06": "error json"},
    ),
    "list-of-anything": (
        {"id_token_signing_alg_values_supported": [1, None, {}, []]},
        {"EID-DISC-11": "error json", "EID-DISC-12": "error json"},
    ),
    "url-an-object": (
        {"jwks_uri": {"toString": 1}},
        {
            "EID-DISC-01": "fail",
            "EID-DISC-12": "error not-observable",
            **{f"EID-JWKS-{number:02}": "error not-observable" for number in (1, 2, 3, 4, 5, 7)},
        },
    ),
    "url-a-list": ({"token_endpoint": ["https://x"]}, {"EID-DISC-01": "fail"}),
    "proto": ({"__proto__": {"issuer": "https://evil.example"}, "constructor": {"prototype": {"issuer": 1}}}, {}),
    "extra-members": ({f"x{number}": number for number in range(5_000)}, {}),
}


@pytest.mark.parametrize("name", SHAPES)
def test_z25_what_has_the_wrong_type_is_named_and_changes_nothing_else(name: str, tmp_path: Path, twin: Seen) -> None:
    metadata, due = SHAPES[name]
    seen = looked_at(tmp_path, metadata, [KEY])
    assert changed(twin.cells, seen.cells) == due
    for requirement, outcome in due.items():
        cell = seen.cells[requirement]
        assert cell.violations[0].message if outcome == "fail" else cell.detail


@pytest.mark.parametrize("member", ["claims_supported", "issuer", "jwks_uri"])
def test_z25_a_huge_string_decides_nothing(member: str, tmp_path: Path) -> None:
    seen = looked_at(tmp_path, {member: "https://localhost/" + "a" * 400_000}, [KEY])
    decided = {cell.status for cell in seen.cells.values()} - {Status.NOT_TESTED, Status.NOT_APPLICABLE}
    assert decided == {Status.ERROR}
    assert seen.reasons()["EID-DISC-01"] == "too-large"


RSA = {"kty": "RSA", "n": b64(b"\xff" * 256), "e": "AQAB", "alg": "RS256"}
TOO_MANY = [KEY, *({**RSA, "kid": str(number)} for number in range(400))]
EACH_KEY = tuple(f"EID-JWKS-{number:02}" for number in (2, 3, 4, 5))
"""What is held against single keys."""

KEY_SETS: dict[str, tuple[Sequence[Any], dict[str, str]]] = {
    "private": ([{**KEY, "d": SECRET}], {"EID-JWKS-02": "fail"}),
    "symmetric": ([KEY, {"kty": "oct", "k": SECRET, "kid": "b", "use": "sig"}], {"EID-JWKS-02": "fail"}),
    "more-than-are-looked-at": (TOO_MANY, dict.fromkeys(EACH_KEY, "error too-large")),
    "the-last-of-many-is-private": (
        [*TOO_MANY, {**KEY, "kid": "z", "d": SECRET}],
        dict.fromkeys(EACH_KEY, "error too-large"),
    ),
    "ten-thousand": (
        [KEY, *({"kid": str(number)} for number in range(10_000))],
        {**dict.fromkeys(EACH_KEY, "error too-large"), "EID-JWKS-05": "warning"},
    ),
    "a-modulus-of-a-million-bits": (
        [KEY, {**RSA, "n": b64(b"\xff" * 150_000), "kid": "b"}],
        {"EID-JWKS-04": "error too-large"},
    ),
    "a-megabyte": (
        [KEY, {**RSA, "n": b64(b"\xff" * 750_000), "kid": "b"}],
        dict.fromkeys(("EID-DISC-12", "EID-COR-01", "EID-JWKS-01", "EID-JWKS-07", *EACH_KEY), "error too-large"),
    ),
}


@pytest.mark.parametrize("name", KEY_SETS)
def test_z27_a_hostile_key_set_is_named_or_decides_nothing(name: str, tmp_path: Path, twin: Seen) -> None:
    keys, due = KEY_SETS[name]
    seen = looked_at(tmp_path, {}, keys)
    assert changed(twin.cells, seen.cells) == due
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert not [each for each in seen.evidence.values() if SECRET.encode() in each]


def test_z27_addresses_inside_keys_are_not_asked(tmp_path: Path, twin: Seen) -> None:
    with serve(answering(OK)) as canary:
        known = looked_at(tmp_path, {}, [{**KEY, "x5u": canary.url, "jku": canary.url}])
        assert changed(twin.cells, known.cells) == {}
        assert canary.hits == 0


ISSUED = "conformance.eid.op.sandbox_endpoints.id_token"
Forge = Callable[[State, str, Server], str]
"""What a provider gives instead of its ID token: given the token, and a server that nobody is to ask."""

FOREIGN = jws.new_key("ES256", "mine")


def resigned(token: str, changes: Mapping[str, Any], key: jws.SigningKey) -> str:
    """The same claims with another header, signed by a key."""
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return jws.compact(key, claims, changes)


def headed(token: str, changes: Mapping[str, Any], signature: str | None = None, claims: str = "") -> str:
    """The token with another header, and with the signature that it had."""
    header, body, last = token.split(".")
    head = json.loads(base64.urlsafe_b64decode(header + "=="))
    return ".".join([b64(octets({**head, **changes})), claims or body, last if signature is None else signature])


def squeezed(token: str) -> str:
    """The claims of a token, compressed, after a megabyte of spaces."""
    claims = base64.urlsafe_b64decode(token.split(".")[1] + "==")
    return b64(zlib.compress(b" " * 1_000_000 + claims))


UNTRUSTED = {"EID-IDT-01": "fail"}
UNSIGNED = {**UNTRUSTED, "EID-IDT-05": "not-applicable"}
UNREADABLE = {f"EID-IDT-{number:02}": "error too-large" for number in range(1, 9)}
TOKENS: dict[str, tuple[Forge, dict[str, str]]] = {
    "none": (lambda _, token, __: headed(token, {"alg": "none"}, ""), UNSIGNED),
    "none-in-another-case": (lambda _, token, __: headed(token, {"alg": "nOnE"}), UNSIGNED),
    "none-with-a-signature": (lambda _, token, __: headed(token, {"alg": "none"}), UNSIGNED),
    "crit": (lambda state, token, _: resigned(token, {"crit": ["exp"], "exp": 1}, state.keys[0]), UNTRUSTED),
    "crit-b64": (lambda state, token, _: resigned(token, {"crit": ["b64"], "b64": False}, state.keys[0]), UNTRUSTED),
    "embedded-key": (lambda _, token, __: resigned(token, {"jwk": FOREIGN.public_jwk}, FOREIGN), UNTRUSTED),
    "key-elsewhere": (
        lambda _, token, canary: resigned(token, {"jku": canary.url, "x5u": canary.url}, FOREIGN),
        UNTRUSTED,
    ),
    "a-megabyte-of-header": (
        lambda state, token, _: resigned(token, {"x": "a" * 1_000_000}, state.keys[0]),
        UNREADABLE,
    ),
    "zip-that-compresses-nothing": (lambda state, token, _: resigned(token, {"zip": "DEF"}, state.keys[0]), {}),
}


def tokens_of(folder: Path) -> dict[str, Cell]:
    """The rows of ID tokens of the sandbox's provider."""
    with Sandbox([Spec("xa-op", "XA", "op", (Stand("xa-op", "XA", "op", "openid-provider", "good"),))]) as sandbox:
        request = Request(out=folder / "run", only=("EID-IDT-*",))
        ran = execute(request, sandbox.door(), sandbox.targets, front="loop", quiet=True)
    return {cell.requirement: cell for cell in ran.run.cells if cell.reason != "deselected"}


@pytest.fixture(scope="module")
def honest_tokens(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cell]:
    found = tokens_of(tmp_path_factory.mktemp("honest"))
    assert sum(cell.status is Status.PASS for cell in found.values()) == 7
    return found


@pytest.mark.parametrize("name", TOKENS)
def test_z28_a_hostile_token_is_never_trusted(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, honest_tokens: dict[str, Cell]
) -> None:
    """What RFC 7515 has readers ignore, as `zip` in a JWS, is ignored."""
    forge, due = TOKENS[name]
    with serve(answering(OK)) as canary:
        monkeypatch.setattr(ISSUED, lambda state, *given: forge(state, id_token(state, *given), canary))
        assert changed(honest_tokens, tokens_of(tmp_path)) == due
        assert canary.hits == 0


def test_z28_a_compressed_token_is_not_decompressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, honest_tokens: dict[str, Cell]
) -> None:
    def given(state: State, *values: Any) -> str:
        token = id_token(state, *values)
        return headed(token, {"zip": "DEF"}, claims=squeezed(token))

    monkeypatch.setattr(ISSUED, given)
    found = changed(honest_tokens, tokens_of(tmp_path))
    assert found["EID-IDT-01"].split()[0] in ("error", "fail")
    assert len(found) == 7


GOOD = fill(PACS_008, Agreement(), FIXED).decode()


def with_type(subset: str) -> str:
    """A good message after a document type declaration; its first name is the entity `x`."""
    head, _, rest = GOOD.partition("<Nm>")
    head = head.replace("<Document", f"<!DOCTYPE Document {subset}><Document", 1)
    return f"{head}<Nm>&x;{rest[rest.index('<') :]}"


LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
XML: dict[str, Callable[[str], bytes]] = {
    "billion-laughs": lambda _: with_type(f'[<!ENTITY l0 "lol">{LAUGHS}<!ENTITY x "&l9;">]').encode(),
    "quadratic": lambda _: with_type(f'[<!ENTITY x "{"a" * 100_000}">]').replace("&x;", "&x;" * 5_000).encode(),
    "external-entity": lambda url: with_type(f'[<!ENTITY x SYSTEM "{url}x">]').encode(),
    "external-file": lambda _: with_type('[<!ENTITY x SYSTEM "file:///etc/passwd">]').encode(),
    "external-subset": lambda url: with_type(f'SYSTEM "{url}x.dtd"').encode(),
    "parameter-entity": lambda url: with_type(f'[<!ENTITY % p SYSTEM "{url}p">%p;<!ENTITY x "1">]').encode(),
    "a-declaration-alone": lambda _: GOOD.replace("<Document", "<!DOCTYPE Document><Document", 1).encode(),
    "depth": lambda _: ("<a>" * 100_000 + "</a>" * 100_000).encode(),
    "utf-16": lambda _: GOOD.replace("UTF-8", "UTF-16").encode("utf-16"),
    "megabytes": lambda _: GOOD.encode() + b" " * 2_000_000,
}


DECIDED: dict[str, tuple[set[str], set[str]]] = {
    "depth": ({"PAY-ISO-01-G"}, {"PAY-ISO-15-G"}),  # no message of the schema, and plain XML as far as it was read
    "megabytes": (set(), set()),
}
"""Which rows are red and which pass, where that is not the one row alone of document types and encodings."""


@pytest.mark.parametrize("name", XML)
def test_z26_hostile_messages_of_a_sender_are_not_read(name: str, tmp_path: Path) -> None:
    """The row that such messages break is red, nothing else is decided, and nobody is asked."""
    stands = (Stand(f"xa-{each}", "XA", "s", "iso20022-sender", "good") for each in "ab")
    specs = [Spec(stand.target, "XA", stand.target, (stand,)) for stand in stands]
    with serve(answering(OK)) as canary, Sandbox(specs) as sandbox:
        for path in Path(sandbox.targets[0].path).parent.rglob("*.xml"):
            path.write_bytes(XML[name](canary.url))
        request = Request(out=tmp_path / "run", only=("PAY-ISO-*",))
        ran = execute(request, sandbox.door(), sandbox.targets, front="loop", quiet=True)
        assert canary.hits == 0
    found = {cell.requirement: cell for cell in ran.run.cells if cell.target == "xa-a" and cell.reason != "deselected"}
    other = {cell.status for cell in ran.run.cells if cell.target == "xa-b" and cell.reason != "deselected"}
    assert len(found) > 10
    red = {key for key, cell in found.items() if cell.status in (Status.FAIL, Status.WARNING)}
    passed = {key for key, cell in found.items() if cell.status is Status.PASS}
    assert (red, passed) == DECIDED.get(name, ({"PAY-ISO-15-G"}, set()))
    assert "internal" not in {cell.reason for cell in found.values()}
    assert other == {Status.PASS}, "the neighbour is judged as ever"


@pytest.mark.parametrize("name", ["billion-laughs", "external-entity", "external-subset", "depth"])
def test_z26_hostile_answers_of_a_gateway_are_not_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = poster._send
    with serve(answering(OK)) as canary:
        body = XML[name](canary.url)
        monkeypatch.setattr(poster, "_send", lambda address, _, *rest: right(address, body, *rest))
        monkeypatch.setattr(stage, "SECONDS", {"HIGH": 0.5, "NORM": 0.5})
        cells = {key: cell for key, cell in cells_of("ips-gateway").items() if key.startswith(("PAY-ISO", "PAY-PRX"))}
        assert canary.hits == 0
    assert len(cells) > 20
    assert "internal" not in {cell.reason for cell in cells.values()}
    passed = {key for key, cell in cells.items() if cell.status is Status.PASS}
    assert passed == {"PAY-ISO-21", "PAY-PRX-04"}, "which read no message: signed octets, and too many lookups refused"
