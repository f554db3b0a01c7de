"""What an OAuth client says and reads: forms, client authentication, error codes (RFC 6749, RFC 7523)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

from conformance.core.model import Undecided
from conformance.wire.exchange import HttpExchange
from conformance.wire.jose import b64
from conformance.wire.jws import random_id

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"
_CODE = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]{1,80}")


def form(pairs: Iterable[tuple[str, str]]) -> str:
    """Pairs as application/x-www-form-urlencoded, in order, repeated names kept."""
    return urlencode(list(pairs))


def assertion_claims(client_id: str, audience: Any, now: int) -> dict[str, Any]:
    """The claims of a client assertion (RFC 7523 section 3): nbf too, since some servers ask for it."""
    return {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": random_id(),
        "iat": now,
        "nbf": now,
        "exp": now + 60,
    }


def basic(client_id: str, secret: str) -> str:
    """The Authorization field of client_secret_basic (RFC 6749 section 2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def challenge(verifier: str) -> str:
    """The S256 code challenge (RFC 7636 section 4.2)."""
    return b64(hashlib.sha256(verifier.encode()).digest())


def json_object(exchange: HttpExchange) -> Mapping[str, Any]:
    """The JSON object of an answer, empty where it holds none."""
    try:
        value = exchange.json()
    except Undecided:
        return {}
    return value if isinstance(value, dict) else {}


def error_code(members: Mapping[str, Any]) -> str:
    """The OAuth error code, empty where there is none of the characters that RFC 6749 allows."""
    code = members.get("error")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def media_type(exchange: HttpExchange) -> str:
    """The media type of an answer in lower case, without parameters."""
    values = exchange.all("content-type")
    return values[0].partition(";")[0].strip().lower() if values else ""
