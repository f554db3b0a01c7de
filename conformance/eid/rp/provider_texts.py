"""What our provider says of itself, and what it reads of a relying party's credentials. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from conformance.eid.trust import LEVEL_URI, LEVELS
from conformance.wire.serving import Request


def metadata(place: str, issuer: str, alg: str) -> dict[str, Any]:
    """The metadata that are served below `place`, naming `issuer` (OpenID Connect Discovery section 3)."""
    base = place.rstrip("/")
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        "userinfo_endpoint": f"{base}/userinfo",
        "jwks_uri": f"{base}/jwks",
        "pushed_authorization_request_endpoint": f"{base}/par",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": [alg],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "PS256", "RS256"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": True,
        "scopes_supported": ["openid", "profile"],
        "claims_supported": ["sub", "name", "acr", "auth_time"],
        "acr_values_supported": [f"{LEVEL_URI}{level}" for level in LEVELS],
    }


def client_secret(request: Request, form: Mapping[str, str]) -> str:
    """The client secret that the relying party authenticates with (RFC 6749 section 2.3.1), empty where it has none."""
    scheme, _, value = request.fields.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return unquote_plus(base64.b64decode(value).decode().partition(":")[2])
        except (binascii.Error, ValueError):
            return ""
    return form.get("client_secret", "")
