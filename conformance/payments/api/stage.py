"""The sandbox's payment APIs: a stand becomes a server that sends callbacks, and the keys of its manifest."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from conformance.core.area import Kit, Stand, check_stand
from conformance.payments.api.sandbox import FAULTS, MAX_PAGE, Service
from conformance.payments.api.sandbox_hooks import Sender
from conformance.payments.api.sandbox_rules import Token
from conformance.payments.detached_jws import JwsError, verify
from conformance.wire.client_authority import asking, issued, written
from conformance.wire.jose import thumbprint
from conformance.wire.jws import new_key
from conformance.wire.pem import private_pem, public_pem
from conformance.wire.serving import Request, free_port, serve

TOKEN, ACCOUNT = "sandbox-access-token-0001", "900000000001"
RECEIVER_SECRET, HOOK_SECRETS = "sandbox-receiver-secret", ("sandbox-hook-secret-1", "sandbox-hook-secret-2")
POLICIES = ("good", "signed", "minor-units", "jws-callbacks", "certificate-bound")
"""Conforming variants: bodies signed with JWS, amounts in minor units, callbacks signed with JWS, tokens bound to a
certificate in place of a key.
"""
CERTIFICATE_FAULTS = frozenset({"api-token-any-certificate"})
"""Faults that show only where tokens are bound to a certificate."""


@contextlib.contextmanager
def stage(stand: Stand, kit: Kit) -> Iterator[Mapping[str, Any]]:
    """Serve the stand; yield the keys of its manifest.

    Raises:
        ConfigError: no such policy or fault.
    """
    check_stand(stand, POLICIES, FAULTS, "the role payment-api")
    faults, listen = frozenset(stand.faults), f"127.0.0.1:{free_port()}"
    signing = ec.generate_private_key(ec.SECP256R1()) if stand.policy in ("signed", "jws-callbacks") else None
    hooks = ec.generate_private_key(ec.SECP256R1()) if stand.policy == "jws-callbacks" else None
    sender = Sender(f"http://{listen}/cb", tuple(each.encode() for each in HOOK_SECRETS), faults, hooks)
    policy = "certificate-bound" if faults & CERTIFICATE_FAULTS else stand.policy
    token, context, constraint = constrained(policy, faults, kit)
    service = Service(
        token,
        RECEIVER_SECRET.encode(),
        faults,
        sender.created,
        signed_by(signing.public_key()) if signing else None,
        minor_units=stand.policy == "minor-units",
    )
    for name, text in {
        "token": TOKEN,
        "receiver": RECEIVER_SECRET,
        "hook1": HOOK_SECRETS[0],
        "hook2": HOOK_SECRETS[1],
    }.items():
        (kit.folder / name).write_text(text, encoding="utf-8")
    if signing:
        (kit.folder / "signing.key").write_bytes(private_pem(signing))
    if hooks:
        (kit.folder / "hook1").write_bytes(public_pem(hooks))
    with serve(service.respond, context) as port:
        service.origin = f"https://localhost:{port}"
        yield {**manifest_keys(port, listen, stand.policy), **constraint}


def constrained(policy: str, faults: frozenset[str], kit: Kit) -> tuple[Token, ssl.SSLContext, Mapping[str, Any]]:
    """The access token, the server's TLS, and what the manifest says of what the token is bound to."""
    if "api-token-unbound" in faults:
        return Token(TOKEN), kit.server_context(), {}
    if policy != "certificate-bound":
        key = new_key()
        (kit.folder / "dpop.key").write_bytes(private_pem(key.private))
        return Token(TOKEN, jkt=thumbprint(key.public_jwk)), kit.server_context(), {"dpop_key": "file:dpop.key"}
    made = issued("payments client", "another client")
    context = kit.server_context(asking(made.authority.certificate))
    keys = {
        "client_certificate": written(kit.folder, "client", made.own),
        "other_client_certificate": written(kit.folder, "other", made.other),
        "certificate_bound": True,
    }
    return Token(TOKEN, x5t=made.own.confirmation), context, keys


def signed_by(key: ec.EllipticCurvePublicKey) -> Any:
    """Whether a request carries a detached signature of its body by this key."""

    def verified(request: Request) -> bool:
        try:
            verify(key, request.body, request.fields.get("x-jws-signature", ""))
        except JwsError:
            return False
        return True

    return verified


def manifest_keys(port: int, listen: str, policy: str) -> Mapping[str, Any]:
    """What a manifest says of the service."""
    amount = "minor-units" if policy == "minor-units" else "string"
    keys: dict[str, Any] = {
        "address": f"127.0.0.1:{port}",
        "base_url": f"https://localhost:{port}",
        "access_token": "file:token",
        "account": ACCOUNT,
        "receiver_secret": "file:receiver",
        "throttle_after": 12,
        "dialect": {
            "amount": amount,
            "success": "completed",
            "pending": "pending",
            "max_page": MAX_PAGE,
            "signature_algorithm": "ES256",
            "errors": "problem",
        },
        "operations": {
            "create": {
                "path": "/payments",
                "method": "POST",
                "body": f'{{"reference":"$reference","amount":$amount,"account":"{ACCOUNT}"}}',
            },
            "get": {"path": "/payments/$id"},
            "list": {"path": "/payments"},
            "find": {"path": "/payments?reference=$reference"},
            "throttled": {"path": "/quotes"},
            "receiver": {
                "path": "/webhooks",
                "method": "POST",
                "body": '{"data":{"reference":"$reference","status":"$state"}}',
            },
            "register": {"path": "/callbacks", "method": "POST", "body": '{"url":"$url"}'},
        },
        "callback": {
            "listen": listen,
            "url": f"http://{listen}/cb",
            "scheme": "standard-webhooks",
            "wait_seconds": 5,
            "keys": ["file:hook1", "file:hook2"],
        },
    }
    if policy in ("signed", "jws-callbacks"):
        keys["signing_key"] = "file:signing.key"
    if policy == "jws-callbacks":
        keys["callback"] |= {"scheme": "jws-detached", "keys": ["file:hook1"]}
    return keys
