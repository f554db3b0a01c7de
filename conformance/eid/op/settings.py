"""What a manifest says of an OpenID provider and of our clients at it, as the observers use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.core.model import NotTested, Service, Target, Untested
from conformance.core.secret import Secret
from conformance.wire.client_certificates import ClientKey, read_pair
from conformance.wire.jws import KeyFormatError, SigningKey, load_key

BY_CERTIFICATE = frozenset({"tls_client_auth", "self_signed_tls_client_auth"})
"""Ways of authentication in the TLS handshake (RFC 8705 section 2)."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client that the operator registered for us.

    auth: `private_key_jwt`, `client_secret_basic`, `client_secret_post`, one of BY_CERTIFICATE or `none`. rsa_key: a
    second registered key of ours, an RSA one. audience: of assertions, `issuer` or `token_endpoint`. certificate:
    presented in TLS handshakes of the back channel; wrong_certificates: those that must not do, by defect.
    certificate_bound: tokens are bound to it (RFC 8705 section 3); None: where the provider says so.
    """

    id: str
    auth: str
    redirect_uri: str
    scope: str = "openid"
    key: SigningKey | None = field(default=None, repr=False)
    rsa_key: SigningKey | None = field(default=None, repr=False)
    secret: str = field(default="", repr=False)
    audience: str = "issuer"
    dpop: bool = False
    certificate: ClientKey | None = None
    wrong_certificates: Mapping[str, ClientKey] = field(default_factory=dict, repr=False)
    certificate_bound: bool | None = None
    par: bool | None = None
    id_token_alg: str = ""
    decryption_key: bytes = field(default=b"", repr=False)
    encryption: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class LoginStep:
    """One page of the login. See profiles/schema/service-openid-provider.json, `login`.

    fields: form fields by name and what to fill in; secrets: the same, by reference. button: name and value of the
    submit button. form: `id` or end of the action of the form. link: part of the address of a link to follow.
    page: beginning of the path of the page that a JSON step answers; post: where; body; copy: query parameters of the
    page to be copied into the body; next: where to go on, or next_member: the member of the answer that says it.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    button: tuple[str, str] | None = None
    form: str = ""
    link: str = ""
    page: str = ""
    post: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    copy: tuple[str, ...] = ()
    next: str = ""
    next_member: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The service as the observers use it. verify: `public` or the path of a file of roots."""

    issuer: str
    verify: str
    country: str
    login: tuple[LoginStep, ...]
    refuse: tuple[LoginStep, ...]
    origins: frozenset[tuple[str, str, int]]
    min_interval_seconds: float
    slow: bool
    acr: str
    folder: Path
    acr_map: str
    trust_list: str
    trust_keys: str
    pairwise: bool


def origin_of(url: str) -> tuple[str, str, int]:
    """(scheme, host, port) of a URL; empty and 0 for what is none, which no declared origin is."""
    try:
        parts = urlsplit(url)
        return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "", "", 0


def settings_of(target: Target, service: Service) -> Settings:
    """The service's settings without our clients. Reveals the secrets of the login.

    Raises:
        Untested: NO_CREDENTIAL, where a secret of the login leads to nothing.
    """
    given = service.settings
    folder = Path(target.path).parent
    trust = given.get("trust", "public")
    own = origin_of(given["issuer"])
    return Settings(
        issuer=given["issuer"],
        verify=trust if trust == "public" else str(folder / trust),
        country=target.country,
        login=tuple(_step(each) for each in given.get("login", ())),
        refuse=tuple(_step(each) for each in given.get("refuse", ())),
        origins=frozenset({own, *(origin_of(each) for each in given.get("login_origins", ()))}),
        min_interval_seconds=float(given.get("min_interval", 0)),
        slow=bool(given.get("slow", False)),
        acr=given.get("acr", ""),
        folder=folder,
        acr_map=_path(given.get("acr_map", "")),
        trust_list=_path(given.get("trust_list", "")),
        trust_keys=_path(given.get("trust_keys", "")),
        pairwise=given.get("subject_type", "") == "pairwise",
    )


def _path(reference: str) -> str:
    return reference.removeprefix("file:")


def _step(given: Mapping[str, Any]) -> LoginStep:
    button = given.get("button")
    return LoginStep(
        fields=given.get("fields", {}),
        secrets={name: _text(secret) for name, secret in given.get("secrets", {}).items()},
        button=(button["name"], button.get("value", "")) if button else None,
        form=given.get("form", ""),
        link=given.get("link", ""),
        page=given.get("page", ""),
        post=given.get("post", ""),
        body=given.get("body", {}),
        copy=tuple(given.get("copy", ())),
        next=given.get("next", ""),
        next_member=given.get("next_member", ""),
    )


def _text(secret: Secret) -> str:
    return secret.reveal().decode("utf-8", "replace").rstrip("\r\n")


def client_of(service: Service, name: str) -> Client:
    """Our client `client` or `second_client`, with its keys.

    Raises:
        Untested: NO_CREDENTIAL: it is not declared, or its key or secret leads to nothing or does not load.
    """
    given = service.settings.get(name)
    if not given:
        raise Untested(NotTested.NO_CREDENTIAL, f"the manifest declares no {name}")
    auth = given.get("auth", "private_key_jwt")
    key = _key(name, "key", given, given.get("alg", ""), given.get("kid", ""))
    if auth == "private_key_jwt" and key is None:
        raise Untested(NotTested.NO_CREDENTIAL, f"{name}.key is absent, which {auth} needs")
    if auth.startswith("client_secret") and "secret" not in given:
        raise Untested(NotTested.NO_CREDENTIAL, f"{name}.secret is absent, which {auth} needs")
    if auth in BY_CERTIFICATE and "client_certificate" not in given:
        raise Untested(NotTested.NO_CREDENTIAL, f"{name}.client_certificate is absent, which {auth} needs")
    certificate = given.get("client_certificate")
    wrong = given.get("untrusted_client_certificates", {})
    encryption = given.get("encryption", {})
    if encryption:
        _key(name, "encryption.key", {"encryption.key": encryption["key"]}, "", "")
    return Client(
        id=given["id"],
        auth=auth,
        redirect_uri=given["redirect_uri"],
        scope=given.get("scope", "openid"),
        key=key,
        rsa_key=_key(name, "rsa_key", given, "RS256", given.get("rsa_kid", "")),
        secret=_text(given["secret"]) if "secret" in given else "",
        audience=given.get("audience", "issuer"),
        dpop=bool(given.get("dpop", False)),
        certificate=read_pair(f"{name}.client_certificate", certificate) if certificate else None,
        wrong_certificates={
            defect: read_pair(f"{name}.untrusted_client_certificates.{defect}", pair) for defect, pair in wrong.items()
        },
        certificate_bound=given.get("certificate_bound"),
        par=given.get("par"),
        id_token_alg=given.get("id_token_signed_response_alg", ""),
        decryption_key=encryption["key"].reveal() if "key" in encryption else b"",
        encryption=(encryption.get("alg", ""), encryption.get("enc", "")),
    )


def _key(client: str, name: str, given: Mapping[str, Any], alg: str, kid: str) -> SigningKey | None:
    if name not in given:
        return None
    try:
        return load_key(given[name].reveal(), alg, kid)
    except KeyFormatError as error:
        raise Untested(NotTested.NO_CREDENTIAL, f"{client}.{name} does not load: {error}") from None
