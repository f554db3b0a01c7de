"""Discovery and metadata, CORS: EID-DISC, EID-COR."""

from __future__ import annotations

from urllib.parse import urlsplit

from conformance.core.area import requirement
from conformance.core.model import NotApplicable, Reason, Rule, Service, Undecided, Violation, Violations
from conformance.eid.op.evidence import Cors, Discovery, Jwks, Levels, Token
from conformance.eid.op.reading import listed, metadata, problem, refused, strings

SIGNING_LISTS = (
    "id_token_signing_alg_values_supported",
    "userinfo_signing_alg_values_supported",
    "request_object_signing_alg_values_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "authorization_signing_alg_values_supported",
    "introspection_signing_alg_values_supported",
    "dpop_signing_alg_values_supported",
)
CLIENT_LISTS = frozenset(name for name in SIGNING_LISTS if "endpoint_auth" in name)


@requirement("EID-DISC-01")
def test_metadata_is_published(discovery: Discovery, rule: Rule) -> Violations:
    if discovery.status != 200:
        yield Violation(f"{discovery.url} answers {discovery.status}", "200", str(discovery.status))
        return
    members = metadata(discovery)
    if discovery.media_type != "application/json":
        yield Violation("the media type is another", "application/json", discovery.media_type or "none")
    for name, kind in rule.params["members"].items():
        value = members.get(name)
        fits = isinstance(value, str) if kind == "string" else isinstance(value, list) and bool(value)
        if not fits:
            yield Violation(f"{name} is absent, or no {kind}", kind, "absent" if value is None else "something else")


@requirement("EID-DISC-02")
def test_issuer_is_the_one_asked_for(discovery: Discovery) -> Violations:
    issuer = metadata(discovery).get("issuer")
    if issuer != discovery.issuer:
        yield Violation("issuer differs from the one configured", discovery.issuer, str(issuer)[:300])
    parts = urlsplit(str(issuer))
    if isinstance(issuer, str) and (parts.scheme != "https" or "?" in issuer or "#" in issuer):
        yield Violation("issuer is not an https URL without query and fragment", "https://host/path", issuer[:300])


@requirement("EID-DISC-03")
def test_oauth_metadata_agrees(discovery: Discovery) -> Violations:
    metadata(discovery)
    problem(discovery.oauth_problem)
    if discovery.oauth_status == 0:
        raise Undecided(Reason.INTERNAL, "the location of RFC 8414 was not asked for")
    if discovery.oauth_status != 200:
        yield Violation(
            f"the location of RFC 8414 answers {discovery.oauth_status}", "200", str(discovery.oauth_status)
        )
    for name in discovery.oauth_differs:
        yield Violation(f"{name} has another value at the location of RFC 8414", "the same value", "another")


@requirement("EID-DISC-04")
def test_endpoints_are_https_and_answer(discovery: Discovery) -> Violations:
    metadata(discovery)
    if not discovery.places:
        raise Undecided(Reason.NOT_OBSERVABLE, "no endpoint was looked at")
    open_question = None
    for name, place in discovery.places.items():
        if place.scheme != "https":
            yield Violation(f"{name} is no https URL", "https", place.url)
        elif place.reason:
            open_question = open_question or Undecided(Reason(place.reason), f"{name}: {place.detail}")
        elif place.status == 404 or place.status >= 500:
            yield Violation(f"{name} answers {place.method} with {place.status}", "neither 404 nor 5xx", place.url)
    if open_question:
        raise open_question


@requirement("EID-DISC-05")
def test_code_is_a_response_type(discovery: Discovery, rule: Rule) -> Violations:
    types = strings(metadata(discovery), "response_types_supported")
    if "code" not in types:
        yield Violation("response_types_supported has no code", "code", listed(types))
    fronted = [each for each in types if {"token", "id_token"} & set(each.split())]
    if len(fronted) > rule.params["most"]:
        yield Violation("advertises response types with tokens in the front channel", "code", listed(fronted))


@requirement("EID-DISC-06")
def test_values_are_registered(discovery: Discovery, rule: Rule) -> Violations:
    members = metadata(discovery)
    for name, known in rule.params["registered"].items():
        for value in strings(members, name):
            parts = value.split() if name == "response_types_supported" else [value]
            if any(part not in known for part in parts) and not ("grant" in name and ":" in value):
                yield Violation(f"{name} has {value[:60]}", "a registered value", value[:60])


@requirement("EID-DISC-07")
def test_only_s256_is_offered(discovery: Discovery) -> Violations:
    methods = strings(metadata(discovery), "code_challenge_methods_supported")
    if methods != ("S256",):
        yield Violation("code_challenge_methods_supported is not S256 alone", "S256", listed(methods))


@requirement("EID-DISC-08")
def test_iss_parameter_is_promised(discovery: Discovery) -> Violations:
    value = metadata(discovery).get("authorization_response_iss_parameter_supported")
    if value is not True:
        yield Violation("authorization_response_iss_parameter_supported is not true", "true", str(value))


@requirement("EID-DISC-09")
def test_pushing_is_required(discovery: Discovery) -> Violations:
    members = metadata(discovery)
    if not isinstance(members.get("pushed_authorization_request_endpoint"), str):
        yield Violation("there is no pushed_authorization_request_endpoint", "a URL", "absent")
    if (value := members.get("require_pushed_authorization_requests")) is not True:
        yield Violation("require_pushed_authorization_requests is not true", "true", str(value))


@requirement("EID-DISC-10")
def test_client_authentication_is_by_key(discovery: Discovery, rule: Rule) -> Violations:
    # RFC 8414 section 2: where the member is absent, client_secret_basic is what is meant.
    members = metadata(discovery)
    methods = strings(members, "token_endpoint_auth_methods_supported") or ("client_secret_basic",)
    for method in methods:
        if method not in rule.params["allowed"]:
            yield Violation(f"offers {method[:60]}", listed(rule.params["allowed"]), listed(methods))


@requirement("EID-DISC-11")
def test_signing_algorithms_are_sound(discovery: Discovery, rule: Rule) -> Violations:
    members = metadata(discovery)
    if not strings(members, "id_token_signing_alg_values_supported"):
        yield Violation("id_token_signing_alg_values_supported is absent", "a list", "absent")
    for name in SIGNING_LISTS:
        also = rule.params["clients_also"] if name in CLIENT_LISTS else ()
        for alg in strings(members, name):
            if alg not in rule.params["allowed"] and alg not in also:
                yield Violation(f"{name} has {alg[:40]}", listed((*rule.params["allowed"], *also)), alg[:40])


FAMILIES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


@requirement("EID-DISC-12")
def test_algorithms_have_keys(discovery: Discovery, jwks: Jwks) -> Violations:
    algs = [alg for alg in strings(metadata(discovery), "id_token_signing_alg_values_supported") if alg[:2] in FAMILIES]
    if not algs:
        raise NotApplicable("no asymmetric algorithm is advertised for ID tokens")
    curves = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
    for alg in algs:
        usable = [
            key
            for key in jwks.keys
            if key.key_type == FAMILIES[alg[:2]]
            and key.alg in ("", alg)
            and key.use in ("", "sig")
            and curves.get(alg, key.crv) == key.crv
        ]
        if not usable:
            yield Violation(f"no published key can verify {alg}", "a key for each algorithm advertised", "none")


@requirement("EID-DISC-13")
def test_levels_are_in_the_map(levels: Levels) -> Violations:
    if levels.advertised is None:
        yield Violation("acr_values_supported is absent", "a list of values of the country's map", "absent")
        return
    problem(levels.problem)
    if not levels.advertised:
        yield Violation("acr_values_supported is empty", "at least one value", "empty")
    for value in levels.advertised:
        if value not in levels.levels and value not in levels.factors:
            yield Violation(f"acr_values_supported has {value}", "a value of the country's map", "not in the map")


@requirement("EID-DISC-14")
def test_minimum_data_set_is_offered(discovery: Discovery, rule: Rule) -> Violations:
    claims = strings(metadata(discovery), "claims_supported")
    missing = [name for name in rule.params["claims"] if name not in claims]
    if missing:
        yield Violation(
            f"claims_supported lacks {listed(missing)}", listed(rule.params["claims"]), listed(claims)[:300]
        )


@requirement("EID-DISC-15")
def test_pairwise_subjects_are_offered(discovery: Discovery, service: Service) -> Violations:
    types = strings(metadata(discovery), "subject_types_supported")
    if service.settings.get("subject_type") != "pairwise":
        raise NotApplicable("the manifest does not say that the national law asks for pairwise subjects (subject_type)")
    if "pairwise" not in types:
        yield Violation("subject_types_supported lacks pairwise", "pairwise", listed(types))


@requirement("EID-DISC-16")
def test_unclaimed_grants_are_refused(token: Token, rule: Rule) -> Violations:
    yield from refused(token.trials, rule.params["trials"])


@requirement("EID-COR-01")
def test_credentials_are_not_shared_across_origins(cors: Cors) -> Violations:
    if not cors.answers:
        raise Undecided(Reason.NOT_OBSERVABLE, "no endpoint was looked at")
    for name, (origin, credentials) in cors.answers.items():
        if credentials.lower() == "true" and origin not in ("", "null"):
            shown = f"Access-Control-Allow-Origin: {origin} with credentials"
            yield Violation(f"{name} lets a foreign origin read with credentials", "no such answer", shown)
