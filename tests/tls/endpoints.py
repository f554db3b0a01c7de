"""Endpoints on loopback that speak the sandbox's HTTP, with the sandbox's certificates."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from conformance.core.model import Service, Target
from conformance.core.secret import Secret
from conformance.tls.pki import Material
from conformance.tls.sandbox_http import GOOD, HttpPolicy, respond
from tests.tls.chains import NAME, authorities
from tests.zoo.servers import Server, serve


@cache
def folder() -> Path:
    return Path(mkdtemp(prefix="endpoints-"))


def stored(name: str, octets: bytes) -> str:
    """The path of a file with these octets, written once."""
    path = folder() / name
    if not path.exists():
        path.write_bytes(octets)
    return str(path)


def public_roots() -> str:
    return stored("public.pem", authorities().public_roots_pem)


def identified(material: Material, name: str) -> tuple[str, str]:
    return stored(f"{name}.pem", material.certificate_pem), stored(f"{name}.key", material.key_pem)


def server_context(
    variant: str = "good",
    *,
    clients: str = "",
    mode: ssl.VerifyMode = ssl.CERT_REQUIRED,
    version: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> ssl.SSLContext:
    """clients: the names of the client roots, none: no client is asked for its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*identified(authorities().variant(variant, NAME), variant))
    context.maximum_version = version
    if clients:
        pem = "".join(authorities().authorities[name] for name in clients.split())
        context.verify_mode = mode
        context.load_verify_locations(cadata=pem)
    return context


def responding(policy: HttpPolicy, *, secure: bool = True, https_port: int = 443) -> Callable[[Any], None]:
    return lambda stream: respond(stream, policy, secure=secure, https_port=https_port, server_name=NAME)


@contextlib.contextmanager
def endpoint(
    policy: HttpPolicy = GOOD, context: ssl.SSLContext | None = None
) -> Iterator[tuple[Server, Server | None]]:
    """(https, plain http); the latter None where the policy closes it."""
    with contextlib.ExitStack() as stack:
        https = stack.enter_context(serve(responding(policy), tls=context or server_context(), read=False))
        plain = None
        if policy.plain != "closed":
            handler = responding(policy, secure=False, https_port=https.port)
            plain = stack.enter_context(serve(handler, read=False))
        yield https, plain


@contextlib.contextmanager
def shaking_hands(context: ssl.SSLContext, host: str = "127.0.0.1", port: int = 0) -> Iterator[Server]:
    """An endpoint that says nothing after the handshake. It ends when its last connection has ended."""
    with serve(lambda _: None, tls=context, read=False, host=host, port=port) as server:
        yield server
        patience = time.monotonic() + 5
        while server.open_now and time.monotonic() < patience:
            time.sleep(0.005)


def described(address: str, **settings: Any) -> tuple[Target, Service]:
    """A target with one service of the name that the certificates are for."""
    service = Service("api", "tls-endpoint", address, NAME, settings=settings)
    return Target("xa-api", "XA", "API", (service,)), service


def client(name: str) -> dict[str, Secret]:
    """A client certificate of the sandbox, as a manifest's settings refer to it."""
    paths = identified(authorities().client(name), f"client-{name}")
    return dict(zip(("certificate", "key"), map(referred, paths), strict=True))


def referred(path: str) -> Secret:
    """The secret in that file."""
    return Secret(f"file:{Path(path).name}", Path(path).parent)
