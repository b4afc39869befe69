"""A seal of our own for the tests: an authority, a seal certificate and its key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from taysir.transactions.documents.base import DocumentsConfig


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def make_seal(folder: Path, *, name: str = "Traffic Directorate seal") -> DocumentsConfig:
    """Write an authority, a seal certificate and a key; return settings that use them."""
    now = datetime.now(UTC)
    root_key, seal_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def certificate(
        subject: str, public: ec.EllipticCurvePublicKey, *, authority: bool
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name("Waha authority"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(_usage(authority=authority), critical=True)
            .sign(root_key, hashes.SHA256())
        )

    pem = serialization.Encoding.PEM
    folder.mkdir(parents=True, exist_ok=True)
    root = certificate("Waha authority", root_key.public_key(), authority=True)
    leaf = certificate(name, seal_key.public_key(), authority=False)
    (folder / "roots.pem").write_bytes(root.public_bytes(pem))
    (folder / "seal.pem").write_bytes(leaf.public_bytes(pem))
    (folder / "seal.key").write_bytes(
        seal_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return DocumentsConfig(
        folder=folder / "documents",
        public_url="https://portal.example",
        seal_certificate=folder / "seal.pem",
        seal_key=folder / "seal.key",
        trust_roots=folder / "roots.pem",
    )


@pytest.fixture
def seal(tmp_path: Path) -> DocumentsConfig:
    """Return the settings of an installation with a seal."""
    return make_seal(tmp_path)
