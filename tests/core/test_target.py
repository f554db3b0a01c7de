"""Manifests: what is loaded, what each mistake is called, and that no secret is ever shown."""

from __future__ import annotations

import pickle
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from conformance.core.codec import encode
from conformance.core.errors import ConfigError
from conformance.core.model import Authorisation, NotTested, Service, Target, Untested
from conformance.core.paths import profiles_dir
from conformance.core.secret import MAX_OCTETS, Secret
from conformance.core.target import load_target, secrets_of

CANARY = "canary-Zu8mee4aiTh"

MANIFEST = """
[target]
id = "xa-login"
country = "XA"
name = "Reference login"
[target.authorisation]
granted_by = "Example Agency"
reference = "letter 2026/114"
not_before = 2026-11-01
not_after = 2027-01-31
hosts = ["login.example", "*.login.example"]
kinds = ["tls", "http", "dns"]
active = true
max_rps = 1
[target.claims]
tls13 = true
[[target.service]]
id = "portal"
role = "tls-endpoint"
address = "login.example:443"
server_name = "Login.Example."
serves = ["openid-provider"]
plain_http = "[::1]:80"
also = ["127.0.0.2:8443"]
alpn = ["h2"]
mtls = true
client_certificate = { certificate = "file:client.pem", key = "env:SUITE_KEY" }
untrusted_client_certificates = { expired = { certificate = "file:old.pem", key = "file:old.key" } }
"""


def load(tmp_path: Path, text: str = MANIFEST) -> Target:
    path = tmp_path / "target.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return load_target(path)


def refused(tmp_path: Path, old: str, new: str) -> ConfigError:
    assert old in MANIFEST
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, MANIFEST.replace(old, new, 1))
    assert caught.value.file == str(tmp_path / "target.toml") or "roots" in caught.value.file
    return caught.value


def test_a_manifest_is_read_whole(tmp_path: Path) -> None:
    target = load(tmp_path)
    assert (target.id, target.country, target.name) == ("xa-login", "XA", "Reference login")
    assert target.authorisation == Authorisation(
        granted_by="Example Agency", reference="letter 2026/114", not_before=date(2026, 11, 1),
        not_after=date(2027, 1, 31), hosts=("login.example", "*.login.example"), kinds=("tls", "http", "dns"),
        active=True, max_rps=1.0,
    )  # fmt: skip
    assert target.claims == {"tls13": True}
    (service,) = target.services
    assert (service.address, service.server_name) == ("login.example:443", "login.example")
    assert service.serves == ("openid-provider",)
    assert dict(service.settings) == {
        "plain_http": "[::1]:80",
        "also": ("127.0.0.2:8443",),
        "alpn": ("h2",),
        "mtls": True,
        "client_certificate": {
            "certificate": Secret("file:client.pem", tmp_path), "key": Secret("env:SUITE_KEY", tmp_path)
        },
        "untrusted_client_certificates": {
            "expired": {"certificate": Secret("file:old.pem", tmp_path), "key": Secret("file:old.key", tmp_path)}
        },
    }  # fmt: skip
    assert target.path == str(tmp_path / "target.toml")
    assert len(target.sha256) == 64


def test_what_is_not_said_is_not_allowed(tmp_path: Path) -> None:
    """The careful value of each option is the one that holds where it is left out."""
    target = load(tmp_path, MANIFEST.replace("active = true\nmax_rps = 1\n", ""))
    assert target.authorisation is not None
    assert (target.authorisation.active, target.authorisation.state_changing) == (False, False)
    assert (target.authorisation.private_addresses, target.authorisation.max_rps) == (False, 2.0)


def test_the_name_of_a_service_is_the_host_of_its_address_unless_said(tmp_path: Path) -> None:
    text = MANIFEST.replace('server_name = "Login.Example."\n', "")
    assert load(tmp_path, text).services[0].server_name == "login.example"
    assert load(tmp_path, text.replace("login.example:443", "[::1]:443")).services[0].server_name == "::1"


@pytest.mark.parametrize(
    ("service", "shown"),
    [
        (Service("a", "tls-endpoint", "127.0.0.1:443"), "127.0.0.1:443"),
        (Service("a", "openid-provider", settings={"issuer": "https://login.example/t"}), "https://login.example/t"),
        (Service("a", "credential-verifier", settings={"start": "https://v.example/s?key=1"}), "https://v.example/s"),
        (Service("a", "qr-reader", settings={"command": ("/home/me/bin/reader", "--key", "1")}), "command reader"),
        (Service("a", "qr-issuer", settings={"payloads": ()}), ""),
    ],
)
def test_what_a_service_is_known_by_says_no_more_than_reports_may(service: Service, shown: str) -> None:
    assert service.whereabouts == shown


def test_a_target_is_frozen(tmp_path: Path) -> None:
    target = load(tmp_path)
    with pytest.raises(TypeError):
        target.services[0].settings["mtls"] = False  # type: ignore[index]
    with pytest.raises(TypeError):
        target.claims["tls13"] = False  # type: ignore[index]


@pytest.mark.parametrize("path", sorted((profiles_dir() / "targets").glob("*.toml")), ids=lambda path: path.stem)
def test_the_templates_are_manifests_with_and_without_their_choices(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert load_target(path).services[0].role == path.stem
    head, body = text.split("\n\n", 1)
    lines = [line[2:] if line.startswith("# ") and ("=" in line or "[" in line) else line for line in body.splitlines()]
    (tmp_path / "roots.pem").write_text("-----BEGIN CERTIFICATE-----\n", encoding="ascii")
    full = load(tmp_path, "\n".join(line for line in lines if not line.startswith("Loopback")))
    assert head.startswith("# A manifest")
    assert (full.authorisation is not None) == ("[target.authorisation]" in text)
    if path.stem == "tls-endpoint":
        assert {"plain_http", "also", "trust", "mtls", "client_certificate"} <= set(full.services[0].settings)


@pytest.mark.parametrize("name", [
    "../../x", "C:\\", "con", "nul", "com1", "lpt9", "aux", "a\0b", "a" * 65, "a" * 300, "-rf", "$(id)", "XA", "a\n",
    "a b", "", ".", "..", "a.b", "a/b", unicodedata.normalize("NFC", "e\u0301"), unicodedata.normalize("NFD", "\u00e9"),
    "\u202exa", "\uff41",
], ids=ascii)  # fmt: skip
def test_an_id_is_a_safe_file_name_everywhere(tmp_path: Path, name: str) -> None:
    """Z40: what names files is of one form, refused with its key, and shown so that twins look different."""
    text = '"' + "".join(f"\\U{ord(each):08x}" for each in name) + '"'
    error = refused(tmp_path, '"xa-login"', text)
    assert error.key == "target.id"
    assert str(error).isascii()
    assert len(str(error)) < 400
    service = refused(tmp_path, '"portal"', text)
    assert service.key.startswith("target.service ")
    assert service.key.endswith(".id")


@pytest.mark.parametrize("name", ["a", "xa-1", "0", "a" * 64, "console", "com"])
def test_a_plain_id_is_accepted(tmp_path: Path, name: str) -> None:
    assert load(tmp_path, MANIFEST.replace("xa-login", name)).id == name


WRONG = [
    ("role", '"tls-endpoint"', '"tls-endpiont"', 'target.service "portal".role', "tls-endpoint"),
    ("serves", '"openid-provider"', '"openid-provide"', 'target.service "portal".serves 1', "openid-provider"),
    ("country", '"XA"', '"US"', "target.country", ""),
    ("country-old", '"XA"', '"xa"', "target.country", "XA"),
    ("key", "plain_http", "plain_htpp", 'target.service "portal"', "plain_http"),
    ("target-key", 'name = "Reference', 'nmae = "Reference', "target", "name"),
    ("authorisation-key", "active", "acitve", "target.authorisation", "active"),
    ("claim", "tls13", "tls_13", "target.claims", "tls13"),
    ("claim-value", "tls13 = true", 'tls13 = "yes"', "target.claims.tls13", ""),
    ("address", "login.example:443", "login.example", 'target.service "portal".address', ""),
    ("address-port", "login.example:443", "login.example:0", 'target.service "portal".address', ""),
    ("address-large", "login.example:443", "login.example:65536", 'target.service "portal".address', ""),
    ("address-number", "login.example:443", "2130706433:443", 'target.service "portal".address', ""),
    ("address-url", "login.example:443", "https://login.example:443", 'target.service "portal".address', ""),
    ("address-v6", "login.example:443", "::1:443", 'target.service "portal".address', ""),
    ("plain", "[::1]:80", "[::1]", 'target.service "portal".plain_http', ""),
    ("also", "127.0.0.2:8443", "127.0.0.2", 'target.service "portal".also', ""),
    ("name", "Login.Example.", "login example", 'target.service "portal".server_name', ""),
    ("name-number", "Login.Example.", "127.1", 'target.service "portal".server_name', ""),
    ("days", "2027-01-31", "2026-10-31", "target.authorisation.not_after", ""),
    ("day", "2027-01-31", '"soon"', "target.authorisation.not_after", ""),
    ("hosts", '"*.login.example"', '"*"', "target.authorisation.hosts", ""),
    ("hosts-middle", '"*.login.example"', '"login.*.example"', "target.authorisation.hosts", ""),
    ("kinds", '"dns"]', '"dsn"]', "target.authorisation.kinds 3", "dns"),
    ("rps", "max_rps = 1", "max_rps = 0", "target.authorisation.max_rps", ""),
    ("rps-nan", "max_rps = 1", "max_rps = nan", "target.authorisation.max_rps", ""),
    ("rps-inf", "max_rps = 1", "max_rps = inf", "target.authorisation.max_rps", ""),
    ("rps-true", "max_rps = 1", "max_rps = true", "target.authorisation.max_rps", ""),
    ("granted", 'granted_by = "Example Agency"\n', "", "target.authorisation", ""),
    ("resolver", 'name = "Reference login"', 'name = "x"\nresolver = "127.0.0.1"', "target.resolver", ""),
]


@pytest.mark.parametrize(("old", "new", "key", "near"), [each[1:] for each in WRONG], ids=[each[0] for each in WRONG])
def test_a_wrong_manifest_is_named(tmp_path: Path, old: str, new: str, key: str, near: str) -> None:
    error = refused(tmp_path, old, new)
    assert (error.key, error.nearest) == (key, near)


def test_keys_and_services_are_given_once(tmp_path: Path) -> None:
    assert refused(tmp_path, 'name = "Reference', 'id = "b"\nname = "Reference').key.startswith("line 5, column ")
    service = '[[target.service]]\nid = "portal"\nrole = "tls-endpoint"\naddress = "127.0.0.1:1"\n'
    assert (
        refused(tmp_path, "[[target.service]]", service + "[[target.service]]").found == "a second service of this id"
    )
    with pytest.raises(ConfigError, match="found no service"):
        load(tmp_path, MANIFEST[: MANIFEST.index("[[target.service]]")])


def test_roots_lie_beside_the_manifest_and_are_certificates(tmp_path: Path) -> None:
    error = refused(tmp_path, "mtls = true", 'mtls = true\ntrust = "roots.pem"')
    assert error.file == str(tmp_path / "target.toml")
    assert (error.key, error.found) == ('target.service "portal".trust', f"{tmp_path / 'roots.pem'}: no such file")
    roots = tmp_path / "roots.pem"
    roots.write_text("no certificate", encoding="ascii")
    assert refused(tmp_path, "mtls = true", 'mtls = true\ntrust = "roots.pem"').found == "no certificate in the file"
    roots.write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n", encoding="ascii")
    assert "private key" in refused(tmp_path, "mtls = true", 'mtls = true\ntrust = "roots.pem"').found
    roots.write_text("-----BEGIN CERTIFICATE-----\n", encoding="ascii")
    text = MANIFEST.replace("mtls = true", 'mtls = true\ntrust = "roots.pem"')
    assert load(tmp_path, text).services[0].settings["trust"] == "roots.pem"
    assert load(tmp_path, text.replace("roots.pem", "public")).services[0].settings["trust"] == "public"


# --- secrets


@pytest.mark.parametrize(("old", "new"), [
    ('"env:SUITE_KEY"', f'"{CANARY}"'),
    ('"env:SUITE_KEY"', f'"-----BEGIN PRIVATE KEY-----\\n{CANARY}"'),
    ('"env:SUITE_KEY"', f'"env:{CANARY} and more"'),
    ('"env:SUITE_KEY"', f'"file:{CANARY}\\n"'),
    ('"env:SUITE_KEY"', f'["{CANARY}"]'),
    ('"env:SUITE_KEY"', f'{{ value = "{CANARY}" }}'),
    ('{ certificate = "file:client.pem", key = "env:SUITE_KEY" }', f'"{CANARY}"'),
    ('{ certificate = "file:client.pem", key = "env:SUITE_KEY" }', f'["{CANARY}"]'),
    ('key = "env:SUITE_KEY"', f'pem = "{CANARY}"'),
    ('{ expired = { certificate = "file:old.pem", key = "file:old.key" } }', f'"{CANARY}"'),
    ('expired = { certificate = "file:old.pem"', f'expried = {{ certificate = "{CANARY}"'),
    ("mtls = true", f'mtls = true\nclient_secret = "{CANARY}"'),
    ("mtls = true", f'mtls = true\nclient_secret = "{CANARY}'),
], ids=["literal", "pem", "env", "newline", "list", "table", "pair", "pair-list", "unknown-key", "wrong", "wrong-name",
        "elsewhere", "syntax"])  # fmt: skip
def test_a_literal_secret_is_refused_and_not_shown(tmp_path: Path, old: str, new: str) -> None:
    error = refused(tmp_path, old, new)
    assert CANARY not in str(error)
    assert CANARY not in repr(error.__cause__)
    assert error.__suppress_context__ or error.__context__ is None


def test_a_literal_secret_is_told_what_to_be(tmp_path: Path) -> None:
    error = refused(tmp_path, '"env:SUITE_KEY"', f'"{CANARY}"')
    assert error.key == 'target.service "portal".client_certificate.key'
    assert error.expected == "a reference, env:NAME or file:PATH, never the value itself"


def test_loading_reads_no_secret(tmp_path: Path) -> None:
    """Neither the file nor the variable exists, and nobody minds before it is used."""
    key = load(tmp_path).services[0].settings["client_certificate"]["key"]
    with pytest.raises(Untested, match="the environment has no SUITE_KEY") as caught:
        key.reveal()
    assert caught.value.reason is NotTested.NO_CREDENTIAL


def test_a_secret_is_revealed_and_shown_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_KEY", CANARY)
    (tmp_path / "client.pem").write_text(CANARY + "-file", encoding="ascii")
    target = load(tmp_path)
    pair = target.services[0].settings["client_certificate"]
    assert pair["key"].reveal() == CANARY.encode()
    assert pair["certificate"].reveal() == f"{CANARY}-file".encode()
    for text in (repr(target), str(pair["key"]), f"{pair['key']}", encode(target).decode()):
        assert CANARY not in text
    assert '"key":"env:SUITE_KEY"' in encode(target).decode()
    assert str(tmp_path) not in encode(target.services).decode()
    with pytest.raises(TypeError):
        pickle.dumps(pair["key"])


def test_every_secret_is_found_for_the_redactor(tmp_path: Path) -> None:
    assert [each.reference for each in secrets_of(load(tmp_path))] == [
        "file:client.pem", "env:SUITE_KEY", "file:old.pem", "file:old.key"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["absent.pem", "folder", "empty.pem", "large.pem", "a" * 280])
def test_a_reference_to_nothing_is_not_tested(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.pem").touch()
    (tmp_path / "large.pem").write_bytes(b"x" * (MAX_OCTETS + 1))
    with pytest.raises(Untested) as caught:
        Secret(f"file:{name}", tmp_path).reveal()
    assert caught.value.reason is NotTested.NO_CREDENTIAL
