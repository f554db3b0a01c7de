"""An example of a harness: joserfc and the Python sd-jwt, asked through standard input and output.

pip install joserfc sd-jwt; then `command = ["python3", "vectors/harness/python_harness.py"]` in a manifest.
A refusal by a library is `rejected`, every other exception `error`: a crash must not look like a refusal.
"""

import base64
import json
import sys
from importlib.metadata import version

from joserfc import jwe, jws, jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError, UnsupportedAlgorithmError
from joserfc.jwk import KeySet
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier

# What the library says of its reason, where it does; `invalid` elsewhere.
CODES = {BadSignatureError: "signature", UnsupportedAlgorithmError: "algorithm", InvalidKeyIdError: "key"}


def jws_verify(given):
    token = jws.deserialize_compact(given["token"], KeySet.import_key_set(given["keys"]), given["algorithms"])
    return {"payload": base64.urlsafe_b64encode(token.payload).rstrip(b"=").decode()}


def id_token_validate(given):
    token = given["id_token"]
    if token.count(".") == 4:
        keys = KeySet.import_key_set(given["decryption_keys"])
        token = jwe.decrypt_compact(token, keys, ["RSA-OAEP-256", "A128GCM"]).plaintext.decode()
    claims = jwt.decode(token, KeySet.import_key_set(given["jwks"]), given["algorithms"]).claims
    names = {"iss": "issuer", "aud": "client_id", "nonce": "nonce"}
    wanted = {name: {"essential": True} for name in ("exp", "iat", "sub")}
    wanted |= {name: {"essential": True, "value": given[key]} for name, key in names.items()}
    if "acr_values" in given:
        wanted["acr"] = {"essential": True, "values": given["acr_values"]}
    jwt.JWTClaimsRegistry(given["now"], given["leeway_seconds"], **wanted).validate(claims)
    return {"claims": claims}


def sd_jwt_vc_verify(given):
    binding = given["key_binding"] or {}

    def key_of(issuer, header=None):
        if issuer not in given["issuers"]:
            raise ValueError("an issuer that is not listed")
        return JWK(**given["issuers"][issuer]["keys"][0])

    verifier = SDJWTVerifier(given["presentation"], key_of, binding.get("aud"), binding.get("nonce"))
    return {"claims": verifier.get_verified_payload()}


OPERATIONS = {"jws.verify": jws_verify, "id_token.validate": id_token_validate, "sd_jwt_vc.verify": sd_jwt_vc_verify}


def answer(operation, given):
    if operation not in OPERATIONS or given.get("roots"):
        return {"type": "unsupported", "reason": f"no {operation} of this kind"}
    try:
        return {"type": "output", "output": OPERATIONS[operation](given)}
    except (JoseError, JWException, ValueError) as refusal:
        return {"type": "rejected", "code": CODES.get(type(refusal), "invalid")}
    except Exception as failure:
        return {"type": "error", "message": repr(failure)[:200]}


for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "stop":
        break
    if message["type"] == "start":
        reply = {"type": "started", "protocol": 1, "name": "joserfc, sd-jwt", "version": version("joserfc")}
    else:
        reply = {**answer(message["operation"], message["input"]), "seq": message["seq"]}
    print(json.dumps(reply), flush=True)
