"""Keys are opened from files, plain and encrypted, and must fit their certificates."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from taysir.exchange.keyfiles import certificate_pem
from taysir.exchange.keys.passphrases import read_passphrase
from taysir.exchange.keys.service import (
    create_key,
    destroy_key,
    load_signer,
    load_tls_key,
    open_key,
)
from taysir.exchange.settings import KeyPair
from taysir.kernel import limits
from taysir.kernel.certificates import Subject, Use, Validity, issue, new_key, self_signed
from taysir.kernel.errors import Problem
from taysir.kernel.signature import verify_es256
from tests.exchange.keys.conftest import SoftToken

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Problem) as caught:
        call()
    return caught.value.code


@pytest.fixture
def secret(tmp_path: Path) -> str:
    """A passphrase in a file of its own."""
    file = tmp_path / "passphrase"
    file.touch(mode=0o600)
    file.write_text("correct horse\n")
    return f"file:{file}"


def certify(folder: Path, key: ec.EllipticCurvePublicKey, *, use: Use = Use.NODE) -> str:
    validity = Validity.days(2, now=NOW)
    root = self_signed(
        Subject(use=Use.AUTHORITY, identifier="WAHA/AUTHORITY", organization="Office"),
        key=new_key(),
        serial=1,
        validity=validity,
    )
    der = issue(
        Subject(use=use, identifier="WAHA/GOV/TRF", organization="Traffic"),
        public_key=key,
        issuer=root,
        serial=2,
        validity=validity,
    )
    (folder / "certificate.pem").write_bytes(certificate_pem(der))
    return str(folder / "certificate.pem")


def test_a_plain_key_is_made_opened_and_removed(tmp_path: Path) -> None:
    reference = str(tmp_path / "member.key")
    made = create_key(reference)
    assert Path(reference).stat().st_mode & 0o777 == 0o600
    assert open_key(reference).public_key() == made.public_key()
    assert code_of(lambda: create_key(reference)) == "EXC-0601"
    destroy_key(reference)
    assert code_of(lambda: open_key(reference)) == "EXC-0601"
    assert code_of(lambda: destroy_key(reference)) == "EXC-0601"


def test_an_encrypted_key_needs_its_passphrase(tmp_path: Path, secret: str) -> None:
    reference = str(tmp_path / "member.key")
    made = create_key(reference, secret=secret)
    assert b"ENCRYPTED" in Path(reference).read_bytes()
    assert open_key(reference, secret=secret).public_key() == made.public_key()
    assert code_of(lambda: open_key(reference)) == "EXC-0601"
    (tmp_path / "passphrase").write_text("wrong horse\n")
    assert code_of(lambda: open_key(reference, secret=secret)) == "EXC-0602"


def test_a_signer_is_a_certificate_with_its_own_key(tmp_path: Path, secret: str) -> None:
    reference = str(tmp_path / "member.key")
    key = create_key(reference, secret=secret)
    pair = KeyPair(certificate=certify(tmp_path, key.public_key()), key=reference, secret=secret)
    signature = load_signer(pair).sign(b"statement")
    assert verify_es256(key.public_key(), data=b"statement", signature=signature)


def test_a_signer_s_key_may_lie_in_a_token(tmp_path: Path, token: SoftToken) -> None:
    (tmp_path / "pin").touch(mode=0o600)
    (tmp_path / "pin").write_bytes(token.pin)
    secret, reference = f"file:{tmp_path / 'pin'}", token.uri(f"service-{tmp_path.name}")
    key = create_key(reference, secret=secret)
    pair = KeyPair(certificate=certify(tmp_path, key.public_key()), key=reference, secret=secret)
    signature = load_signer(pair).sign(b"statement")
    assert verify_es256(key.public_key(), data=b"statement", signature=signature)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert code_of(lambda: load_tls_key(tls, pair)) == "EXC-0607"


def test_a_certificate_of_another_key_is_refused(tmp_path: Path) -> None:
    reference = str(tmp_path / "member.key")
    create_key(reference)
    pair = KeyPair(certificate=certify(tmp_path, new_key().public_key()), key=reference)
    assert code_of(lambda: load_signer(pair)) == "EXC-0604"
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert code_of(lambda: load_tls_key(tls, pair)) == "EXC-0604"


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP384R1()), "ed25519", "nonsense"])
def test_another_kind_of_key_is_refused(tmp_path: Path, key: object) -> None:
    file = tmp_path / "other.key"
    if key == "ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
    if isinstance(key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    else:
        file.write_text("nonsense")
    assert code_of(lambda: open_key(str(file))) == "EXC-0601"


@pytest.mark.parametrize("content", [None, b"nonsense", b"\xff"])
def test_a_certificate_that_is_not_one_is_refused(tmp_path: Path, content: bytes | None) -> None:
    reference = str(tmp_path / "member.key")
    create_key(reference)
    file = tmp_path / "certificate.pem"
    if content is not None:
        file.write_bytes(content)
    assert code_of(lambda: load_signer(KeyPair(certificate=str(file), key=reference))) == "EXC-0140"


def test_a_tls_context_takes_an_encrypted_key_without_asking(tmp_path: Path, secret: str) -> None:
    reference = str(tmp_path / "node.key")
    key = create_key(reference, secret=secret)
    certificate = certify(tmp_path, key.public_key())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_tls_key(tls, KeyPair(certificate=certificate, key=reference, secret=secret))
    silent = KeyPair(certificate=certificate, key=reference)
    assert code_of(lambda: load_tls_key(tls, silent)) == "EXC-0602"
    missing = KeyPair(certificate=str(tmp_path / "none.pem"), key=reference, secret=secret)
    assert code_of(lambda: load_tls_key(tls, missing)) == "EXC-0140"


def test_passphrases_come_from_three_kinds_of_places(tmp_path: Path, secret: str) -> None:
    environment = {"PASS": "from env", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_passphrase("") == b""
    assert read_passphrase(secret) == b"correct horse"
    assert read_passphrase("env:PASS", environment=environment) == b"from env"
    assert read_passphrase("credential:passphrase", environment=environment) == b"correct horse"


@pytest.mark.parametrize(
    "source", ["env:NONE", "credential:x", "credential:../x", "file:/nowhere", "1234", "env:"]
)
def test_a_passphrase_that_cannot_be_had_is_named(source: str) -> None:
    assert code_of(lambda: read_passphrase(source, environment={})) == "EXC-0605"


def test_a_passphrase_that_others_may_read_is_refused(tmp_path: Path, secret: str) -> None:
    (tmp_path / "passphrase").chmod(0o640)
    assert code_of(lambda: read_passphrase(secret)) == "EXC-0605"


@pytest.mark.parametrize(
    ("length", "good"),
    [(0, False), (limits.PASSPHRASE_BYTES, True), (limits.PASSPHRASE_BYTES + 1, False)],
)
def test_a_passphrase_at_the_bound_is_taken(
    tmp_path: Path, secret: str, length: int, good: bool
) -> None:
    (tmp_path / "passphrase").write_bytes(b"x" * length)
    if good:
        assert len(read_passphrase(secret)) == length
    else:
        assert code_of(lambda: read_passphrase(secret)) == "EXC-0605"
