"""OpenID4VP verifiers, which nobody here wrote, get the verdicts written by hand in `openid4vp/expected.toml`.

What a verdict rests on is in RESTS_ON: where it says `ours`, green says nothing of the software.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.core.model import Basis, Cell, Level, Status
from conformance.core.profile import load_profile
from conformance.tls.pki import Pki
from tests.software.handwritten import LISTS, differences
from tests.software.launchers import ServerAbsent
from tests.software.openid4vp_verifiers import FOLDER, SOFTWARE, cells_of
from tests.written import seen

CONFIGURATIONS = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))["configuration"]
ROWS = ("EID-VP-01", "EID-VP-02", "EID-VP-03", "EID-VP-04", "EID-VP-05")

RESTS_ON: Mapping[str, Mapping[str, str]] = {
    "polaris-oid4vp": {
        "EID-VP-01": "the software: object, nonce, certificate (its keygen) and endpoint; ours: the page that starts",
        "EID-VP-02": "the software; ours: the page that shows its verdict on the last response",
        "EID-VP-03": "the software, with the issuer's key or anchor that it was given",
        "EID-VP-04": "the software: a key a request, and a response once",
        "EID-VP-05": "the software, which asks for the claims that it was told to, and for no others",
    },
    "@openid4vc/openid4vp": {
        "EID-VP-01": "the library: object, typ, x5c, x509_hash, aud; jose signs; ours: nonce, endpoint",
        "EID-VP-02": "@sd-jwt/sd-jwt-vc: sd_hash, nonce, key binding; jose: signatures; nobody: aud",
        "EID-VP-03": "dcql: type and claims; jose: the signature; ours: which key is trusted",
        "EID-VP-04": "the library: responses are JWEs, which jose opens; ours: a key a request, a response once",
        "EID-VP-05": "dcql and the library, which pass on the claims that ours names, and no others",
    },
}
"""Software -> requirement -> who does what the verdict is about."""


@pytest.mark.software
@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=lambda each: each["id"])
def test_verifier_gets_the_verdicts_of_its_configuration(
    configuration: Mapping[str, Any], pki: Pki, tmp_path: Path
) -> None:
    try:
        cells = cells_of(tmp_path, pki, configuration)
    except ServerAbsent as absent:
        pytest.skip(str(absent))
    assert tuple(cells) == ROWS
    assert not differences(configuration, cells), "\n".join(differences(configuration, cells))
    if "EID-VP-02" in configuration.get("fail", ()):
        # Of six wrong presentations it takes this one.
        assert [each.message for each in cells["EID-VP-02"].violations] == ["accepts a presentation: audience"]
    assert b"Santos" not in seen(tmp_path / "run")


@pytest.mark.software
def test_verifier_refuses_each_presentation_for_what_is_wrong_with_it(pki: Pki, tmp_path: Path) -> None:
    """Its log says why, which the wallet is not told."""
    try:
        cells_of(tmp_path, pki, CONFIGURATIONS[0])
    except ServerAbsent as absent:
        pytest.skip(str(absent))
    log = (tmp_path / "output.log").read_text(encoding="utf-8")
    reasons = [line.split(": ")[2] for line in log.splitlines() if line.startswith("polaris-oid4vp: refused: ")]
    replayed, unwanted = ["invalid_request"], ["claims", "issuer_signature", "vct"]
    wrong = ["audience", "issuer_signature", "kb_missing", "kb_signature", "nonce", "sd_hash"]
    assert sorted(reasons) == sorted(replayed + unwanted + wrong)


def test_expectations_are_of_known_rows_and_have_reasons() -> None:
    for configuration in CONFIGURATIONS:
        known = set(load_profile(configuration["profile"]).requirements)
        named = [each for name in LISTS for each in configuration.get(name, ())]
        assert sorted(configuration.get("reasons", {})) == sorted(named)
        assert set(named) <= known
        assert configuration["software"] in SOFTWARE
    assert set(RESTS_ON) == set(SOFTWARE)
    assert all(tuple(rows) == ROWS for rows in RESTS_ON.values())


def test_every_row_is_green_for_software_that_nobody_here_wrote() -> None:
    assert not any(name in CONFIGURATIONS[0] for name in LISTS)


def test_a_difference_is_found() -> None:
    cell = Cell("XA", "t", "s", "EID-VP-01", 1, Level.MUST, Status.FAIL, Basis.LIVE)
    assert differences(CONFIGURATIONS[0], {"EID-VP-01": cell})
    assert not differences(CONFIGURATIONS[3], {"EID-VP-01": cell})
