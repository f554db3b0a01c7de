"""Looking at what is issued beyond one credential: batches, status lists, mdocs; and at attestations."""

from __future__ import annotations

from conformance.core.model import Undecided, Untested
from conformance.eid.issuer.attestation import provider
from conformance.eid.issuer.evidence import Attempt, Attestations, Batch, Mdoc, StatusList
from conformance.eid.issuer.reading import batch_size, configuration, configurations, taken_apart, texts
from conformance.eid.issuer.reading_batch import ORIGIN, batch, place_of, status_list
from conformance.eid.issuer.reading_mdoc import mdoc
from conformance.eid.issuer.requesting import (
    SD_JWT,
    attempt,
    control_failed,
    credentials,
    issued_credential,
    post_request,
    proof,
    request_body,
    wanted_configuration,
)
from conformance.eid.issuer.session import Session, fresh_nonce
from conformance.eid.issuer.tokens import GRANT, post_as_client, read_server
from conformance.wire.jws import new_key, random_id
from conformance.wire.oauth import error_code, json_object

TOGETHER = 3
"""Proofs of one request, where the issuer takes so many."""

METHOD = "attest_jwt_client_auth"
LACKING = 'add attestation = { key = "env:SUITE_PROVIDER_KEY", iss = "...", of = ["key", "wallet"] }'


def read_batch(session: Session) -> Batch:
    """The credentials for several proofs by different keys (OpenID4VCI section 8.2).

    Raises:
        Undecided: CONTROL_FAILED, where none is issued.
    """
    size = batch_size(session.members)
    if size < 2 or wanted_configuration(session, session.setting("configuration")).get("format") not in SD_JWT:
        return Batch(size)
    keys = [session.key, *(new_key() for _ in range(min(size, TOGETHER) - 1))]
    nonce = fresh_nonce(session)
    body = {
        "credential_configuration_id": session.setting("configuration"),
        "proofs": {"jwt": [proof(session, key=key, nonce=nonce) for key in keys]},
    }
    exchange = post_request(session, body)
    found = credentials(json_object(exchange))
    if not found:
        raise control_failed(exchange)
    return batch(found, [key.public_jwk for key in keys], size, exchange.status)


def read_status_list(session: Session) -> StatusList:
    """The status list that a credential names, asked for as a script of another origin does."""
    places = []
    for _ in range(2):
        try:
            place = place_of(taken_apart(issued_credential(session)).claims)
        except ValueError:
            place = None
        if place is None:
            return StatusList()
        places.append(place)
    (first, _), (second, _) = places
    personal = first != second and bare(first) == bare(second)
    headers = {"Accept": "application/statuslist+jwt", "Origin": ORIGIN}
    return status_list(session.send(first, headers=headers), session.now(), personal=personal)


def bare(url: str) -> str:
    """An address without query and fragment."""
    return url.partition("#")[0].partition("?")[0]


def read_mdoc(session: Session) -> Mdoc:
    """An mdoc of the configuration that the manifest names for it.

    Raises:
        Undecided: CONTROL_FAILED, where none is issued.
    """
    listed = configurations(session.members)
    offered = tuple(name for name, each in listed.items() if each.get("format") == "mso_mdoc")
    name = session.setting("mdoc_configuration") or session.setting("configuration")
    if name not in offered:
        return Mdoc(offered, lacking="add mdoc_configuration, one of the metadata's, which the offer covers too")
    body = {**request_body(session), "credential_configuration_id": name}
    exchange = post_request(session, body)
    found = credentials(json_object(exchange))
    if not found:
        raise control_failed(exchange)
    return mdoc(found[0], Mdoc(offered, str(wanted_configuration(session, name).get("doctype"))[:200]))


def read_attestations(session: Session, wanted: list[str]) -> Attestations:
    """Each wrong attestation that was asked for, between two right ones of its kind."""
    asking = [name for name, each in configurations(session.members).items() if configuration(each).attested]
    offered = {"key": f"{asking[0]} asks for key attestations"} if asking else {}
    if METHOD in texts(read_server(session).get("token_endpoint_auth_methods_supported")):
        offered["wallet"] = f"the token endpoint takes {METHOD}"
    kinds = [kind for kind in ("key", "wallet") if provider(session, kind) is not None]
    made: dict[str, Attempt] = {}
    for kind in kinds:
        look = attested if kind == "key" else as_wallet
        made[f"{kind}/control-before"] = look(session, "")
        made |= {name: look(session, name.partition("/")[2]) for name in wanted if name.startswith(f"{kind}/")}
        made[f"{kind}/control-after"] = look(session, "")
    return Attestations(made, offered, "" if set(offered) <= set(kinds) else LACKING)


def attested(session: Session, wrong: str) -> Attempt:
    """A credential request whose proof carries an attestation of its key."""
    return attempt(session, f"attested/{wrong}")


def as_wallet(session: Session, wrong: str) -> Attempt:
    """A token request with a wallet attestation and a code that nobody gave: who takes the attestation says so."""
    client = str(session.setting("client_id") or "")
    pairs = [("grant_type", GRANT), ("pre-authorized_code", random_id()), ("client_id", client)]
    try:
        exchange = post_as_client(session, str(read_server(session)["token_endpoint"]), pairs, wrong=wrong)
    except Undecided as trouble:
        return Attempt(trouble=f"{trouble.reason}: {trouble.detail}")
    except Untested as lacking:
        return Attempt(untested=f"{lacking.reason}: {lacking.detail}")
    error = error_code(json_object(exchange))
    return Attempt(exchange.status, error, credential=error == "invalid_grant")
