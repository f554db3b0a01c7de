"""Proofs as a resource reads them: a right one names its key, and no wrong one does."""

from __future__ import annotations

import pytest

from conformance.wire.dpop import proof, proof_claims, prover, wrong_proofs
from conformance.wire.jose import thumbprint
from conformance.wire.jws import new_key

KEY, URL, NOW, TOKEN = new_key(), "https://api.example/payments", 1_790_000_000, "token"
WRONG = (
    *("no-proof", "wrong-htm", "wrong-htu", "wrong-typ", "none", "private-jwk", "no-jti", "bad-signature"),
    *("two-headers", "iat-past", "iat-future", "no-ath", "wrong-ath"),
)


def test_a_right_proof_names_its_key() -> None:
    made = proof(KEY, proof_claims("GET", f"{URL}?limit=5", NOW, TOKEN))
    assert prover([made], "GET", f"{URL}?limit=9", now=NOW, token=TOKEN) == thumbprint(KEY.public_jwk)


def test_another_key_names_another() -> None:
    made = wrong_proofs("other-key", KEY, "GET", URL, now=NOW, token=TOKEN, nonce="")
    assert prover(made, "GET", URL, now=NOW, token=TOKEN) not in ("", thumbprint(KEY.public_jwk))


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_proof_names_none(name: str) -> None:
    made = wrong_proofs(name, KEY, "GET", URL, now=NOW, token=TOKEN, nonce="")
    assert prover(made, "GET", URL, now=NOW, token=TOKEN) == ""


@pytest.mark.parametrize("text", ["", "a.b.c", "e30.e30.", "W10.W10.AA", "\x00", "..", "e30.bnVsbA.AA"])
def test_what_is_no_proof_names_none(text: str) -> None:
    assert prover([text], "GET", URL, now=NOW, token=TOKEN) == ""
