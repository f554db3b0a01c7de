"""The sandbox's credential verifier: OpenID4VP 1.0 with x509_hash, DCQL, direct_post.jwt, one type of SD-JWT VC."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from conformance.core.model import Undecided
from conformance.eid.verifier.wallet import derived
from conformance.wire import jose, serving
from conformance.wire.jws import SigningKey, compact, new_key
from conformance.wire.serving import Request, Response
from conformance.wire.strict_json import strict_json

VCT, ISS, CLAIM = "https://credentials.example/person", "https://issuer.example", "family_name"
ACCEPTED = "presentation accepted"


def certificate(key: SigningKey) -> bytes:
    """A certificate for the verifier's key, in DER. Nobody trusts it: the suite compares it with client_id alone."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "verifier.example")])
    today = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.private.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName("verifier.example")])
    made = builder.add_extension(names, critical=False).sign(key.private, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


@dataclass(slots=True)
class Verifier:
    """One verifier while it runs.

    issuer: the public JWK that it trusts. nonces, keys, outcomes: of each transaction, keys those to encrypt to.
    """

    faults: frozenset[str]
    issuer: Mapping[str, Any]
    key: SigningKey = field(default_factory=new_key)
    leaf: bytes = b""
    origin: str = ""
    nonces: dict[str, str] = field(default_factory=dict)
    keys: dict[str, SigningKey] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)

    def has(self, fault: str) -> bool:
        """Whether it has this fault."""
        return f"vp-{fault}" in self.faults

    @property
    def client_id(self) -> str:
        """Its client identifier."""
        if self.has("redirect-uri"):
            return f"redirect_uri:{self.origin}/response"
        leaf = b"another certificate" if self.has("other-hash") else self.leaf
        return f"x509_hash:{jose.b64(hashlib.sha256(leaf).digest())}"


Reply = tuple[int, bytes, str]


def reply_json(status: int, value: Any) -> Reply:
    """JSON."""
    return status, json.dumps(value).encode(), "application/json"


def answer(verifier: Verifier, method: str, path: str, body: bytes) -> Reply:
    """What is answered to one request."""
    _, name, *rest = path.split("/")
    transaction = rest[0] if rest else ""
    if method == "POST" and name == "start":
        return start(verifier)
    if method == "GET" and name == "request" and transaction in verifier.nonces:
        return 200, request(verifier, transaction).encode(), "application/oauth-authz-req+jwt"
    if method == "POST" and name == "response" and transaction in verifier.nonces:
        return response(verifier, transaction, body)
    if method == "GET" and name == "result":
        return 200, verifier.outcomes.get(transaction, "waiting").encode(), "text/plain"
    return reply_json(404, {})


def start(verifier: Verifier) -> Reply:
    """A transaction, and the reference to its request."""
    made = secrets.token_urlsafe(12)
    nonce = secrets.token_urlsafe(8 if verifier.has("short-nonce") else 16)
    verifier.keys[made] = next(iter(verifier.keys.values())) if verifier.keys and verifier.has("one-key") else new_key()
    verifier.nonces[made] = "fixed-nonce-0123456789" if verifier.has("fixed-nonce") else nonce
    pairs = {"client_id": verifier.client_id, "request_uri": f"{verifier.origin}/request/{made}"}
    where = f"{verifier.origin}/result/{made}"
    return reply_json(200, {"request": f"openid4vp://?{urlencode(pairs)}", "result": where})


def request(verifier: Verifier, transaction: str) -> str:
    """The request object (OpenID4VP section 5)."""
    wanted: dict[str, Any] = {"id": "person", "format": "dc+sd-jwt", "claims": [{"path": [CLAIM]}]}
    if verifier.has("asks-more"):
        wanted["claims"].append({"path": ["birth_date"]})
    if not verifier.has("bad-query"):
        wanted["meta"] = {"vct_values": [VCT]}
    claims = {
        "response_type": "vp_token",
        "response_mode": "direct_post" if verifier.has("plain") else "direct_post.jwt",
        "client_id": verifier.client_id,
        "response_uri": f"{verifier.origin}/response/{transaction}",
        "nonce": verifier.nonces[transaction],
        "state": transaction,
        "dcql_query": {"credentials": [wanted]},
        "client_metadata": client_metadata(verifier, transaction),
        **({} if verifier.has("no-audience") else {"aud": "https://self-issued.me/v2"}),
    }
    header: dict[str, Any] = {
        "typ": "JWT" if verifier.has("typ") else "oauth-authz-req+jwt",
        "x5c": [base64.b64encode(verifier.leaf).decode()],
        "kid": None,
        **({"alg": "none"} if verifier.has("unsigned") else {}),
    }
    return compact(new_key() if verifier.has("forged") else verifier.key, claims, header)


def client_metadata(verifier: Verifier, transaction: str) -> dict[str, Any]:
    """What wallets must know of the verifier (OpenID4VP section 5.1)."""
    formats = {"dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]}}
    if verifier.has("plain") or verifier.has("no-key"):
        return {"vp_formats_supported": formats}
    key = {**verifier.keys[transaction].public_jwk, "use": "enc", "alg": "ECDH-ES", "kid": transaction}
    return {"vp_formats_supported": formats, "jwks": {"keys": [key]}}


def response(verifier: Verifier, transaction: str, body: bytes) -> Reply:
    """The wallet's answer (OpenID4VP section 8.2), once for a transaction."""
    if verifier.outcomes.get(transaction) == ACCEPTED and not verifier.has("takes-twice"):
        return reply_json(400, {"error": "invalid_request"})
    given = {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
    try:
        if "response" in given:
            tokens = strict_json(unsealed(given["response"], verifier.keys[transaction]))["vp_token"]
        else:
            tokens = strict_json(given["vp_token"].encode()) if verifier.has("plain") else {}
        (token,) = tokens["person"]
        right = accepted(verifier, token, verifier.nonces[transaction])
    except (ValueError, KeyError, TypeError, AttributeError, InvalidTag, Undecided):
        right = False
    verifier.outcomes[transaction] = ACCEPTED if right else "presentation refused"
    return reply_json(200 if right else 400, {})


def unsealed(token: str, key: SigningKey) -> bytes:
    """The payload of a JWE with ECDH-ES and A128GCM (RFC 7518 section 4.6).

    Raises:
        ValueError: it is none.
        InvalidTag: it was not sealed to this key.
    """
    head, _, initialisation, text, tag = token.split(".")
    header = strict_json(jose.unb64(head))
    theirs = jose.public_key(header["epk"])
    if header["enc"] != "A128GCM" or not isinstance(theirs, ec.EllipticCurvePublicKey):
        raise ValueError("another encryption")
    assert isinstance(key.private, ec.EllipticCurvePrivateKey)
    content_key = derived(key.private.exchange(ec.ECDH(), theirs), header["enc"])
    return AESGCM(content_key).decrypt(jose.unb64(initialisation), jose.unb64(text) + jose.unb64(tag), head.encode())


def accepted(verifier: Verifier, token: str, nonce: str) -> bool:
    """Whether a presentation is what was asked for. Raises ValueError and KeyError for what is none."""
    whole, _, binding = token.rpartition("~")
    jwt, *disclosures = whole.split("~")
    _, claims, right = opened(jwt, verifier.issuer)
    digests = [digest(each) for each in disclosures]
    names = {strict_json(jose.unb64(each))[1] for each in disclosures}
    checks = (
        right or verifier.has("ignores-signature"),
        claims["vct"] == VCT or verifier.has("any-type"),
        claims["exp"] > time.time(),
        set(digests) <= set(claims["_sd"]),
        CLAIM in names or verifier.has("any-claims"),
    )
    return all(checks) and bound(verifier, claims["cnf"]["jwk"], binding, f"{whole}~", nonce)


def bound(verifier: Verifier, key: Mapping[str, Any], binding: str, whole: str, nonce: str) -> bool:
    """Whether the key binding is right (RFC 9901 section 7.3)."""
    if not binding:
        return verifier.has("no-binding")
    header, claims, right = opened(binding, key)
    checks = (
        right or verifier.has("ignores-binding"),
        header["typ"] == "kb+jwt",
        claims["nonce"] == nonce or verifier.has("ignores-nonce"),
        claims["aud"] == verifier.client_id or verifier.has("ignores-audience"),
        claims["sd_hash"] == digest(whole) or verifier.has("ignores-hash"),
    )
    return all(checks)


def opened(jwt: str, key: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any], bool]:
    """Header and claims of a JWT, and whether its signature is one by the key, ES256."""
    head, body, tail = jwt.split(".")
    right = jose.verify("ES256", jose.public_key(key), f"{head}.{body}".encode(), jose.unb64(tail))
    return strict_json(jose.unb64(head)), strict_json(jose.unb64(body)), right


def digest(text: str) -> str:
    """SHA-256 in base64url."""
    return jose.b64(hashlib.sha256(text.encode()).digest())


@contextlib.contextmanager
def serve(verifier: Verifier, context: ssl.SSLContext) -> Iterator[str]:
    """Serve the verifier on a free port of loopback; yields its origin."""

    def respond(request: Request) -> Response:
        status, body, kind = answer(verifier, request.method, request.path, request.body)
        return Response(status, body, {"Content-Type": kind})

    verifier.leaf = certificate(verifier.key)
    with serving.serve(respond, context) as port:
        verifier.origin = f"https://localhost:{port}"
        yield verifier.origin
