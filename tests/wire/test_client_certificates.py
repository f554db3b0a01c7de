"""Certificates of clients: what a manifest refers to is read whole or named, and what a refusal in TLS means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from conformance.core.model import Reason, Undecided, Untested
from conformance.core.secret import Secret
from conformance.wire.client_authority import written
from conformance.wire.client_certificates import ClientKey, let_in, made, read_pair, throw_away

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def key() -> ClientKey:
    return made("suite", NOW - DAY, NOW + DAY)


def read(folder: Path, certificate: bytes, private: bytes) -> ClientKey:
    """What a manifest's reference to these files comes to."""
    references = written(folder, "suite", ClientKey(certificate, private))
    return read_pair("client_certificate", {name: Secret(each, folder) for name, each in references.items()})


def test_a_pair_is_read(key: ClientKey, tmp_path: Path) -> None:
    assert read(tmp_path, key.certificate, key.key) == key


def test_what_is_no_pair_says_which(key: ClientKey, tmp_path: Path) -> None:
    other = made("other", NOW - DAY, NOW + DAY)
    private = serialization.load_pem_private_key(key.key, None)
    sealed = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    cases = {
        "key is not the key of client_certificate.certificate": (key.certificate, other.key),
        "key is no unencrypted private key": (key.certificate, sealed),
        "certificate is no certificate": (key.key, key.key),
        r"client_certificate\.key is no": (key.certificate, b"\x00"),
    }
    for message, pair in cases.items():
        with pytest.raises(Untested, match=message):
            read(tmp_path, *pair)


def test_certificates_lead_to_who_signed_them(key: ClientKey) -> None:
    authority = made("authority", NOW - DAY, NOW + DAY, authority=True)
    leaf = made("suite", NOW - DAY, NOW + DAY, by=authority).leaf
    leaf.verify_directly_issued_by(authority.leaf)
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    like = throw_away(NOW, key)
    assert like.leaf.subject == key.leaf.subject == like.leaf.issuer
    assert like.confirmation != key.confirmation


def asking(*answers: str | Reason) -> Callable[[], str]:
    """A request that is answered, or refused, in this order."""
    left: Iterator[str | Reason] = iter(answers)

    def ask() -> str:
        answer = next(left)
        if isinstance(answer, Reason):
            raise Undecided(answer, "so")
        return f"answered {answer}"

    return ask


@pytest.mark.parametrize(
    ("answers", "control", "expected"),
    [
        (("200",), False, "answered 200"),
        ((Reason.TLS_ALERT,), False, "TLS refuses it: so"),
        ((Reason.RESET, "200"), False, "answered 200"),
        ((Reason.RESET, Reason.TLS_ALERT), False, "TLS refuses it: so"),
        ((Reason.RESET, Reason.CLOSED), True, "the server hangs up, twice"),
    ],
)
def test_a_refusal_in_tls_is_told_from_an_answer(
    answers: tuple[str | Reason, ...], control: bool, expected: str
) -> None:
    assert let_in(asking(*answers), lambda: control) == expected


@pytest.mark.parametrize(
    ("answers", "control"),
    [((Reason.RESET, Reason.RESET), False), ((Reason.TIMEOUT,), True), ((Reason.CLOSED, Reason.DNS), True)],
)
def test_hanging_up_means_nothing_without_its_control(answers: tuple[Reason, ...], control: bool) -> None:
    with pytest.raises(Undecided):
        let_in(asking(*answers), lambda: control)
