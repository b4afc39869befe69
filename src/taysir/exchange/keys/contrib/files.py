"""Keys in files: PKCS#8 in PEM, plain or encrypted with a passphrase.

A file is written whole, readable by its owner only, and encrypted whenever a passphrase is
configured. It is the fast store: the key is in memory once it is open.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from taysir.exchange.keyfiles import write_private
from taysir.exchange.keys.base import Secret
from taysir.exchange.keys.errors import EXC_KEY, EXC_KEY_SECRET
from taysir.kernel.certificates import new_key
from taysir.kernel.errors import Problem


class FileKeys:
    """The store of every reference that is a path."""

    def open(self, reference: str, *, secret: Secret) -> ec.EllipticCurvePrivateKey:
        """Read a key; raises EXC-0601, EXC-0602 and EXC-0605."""
        try:
            data = Path(reference).read_bytes()
        except OSError as error:
            raise Problem(EXC_KEY, key=reference, reason=str(error.strerror)) from error
        encrypted = is_encrypted(data)
        passphrase = secret() if encrypted else b""
        if encrypted and not passphrase:
            raise Problem(EXC_KEY, key=reference, reason="it is encrypted, and no secret is given")
        try:
            key = load_pem_private_key(data, password=passphrase or None)
        except ValueError as cause:
            if encrypted:
                raise Problem(EXC_KEY_SECRET, key=reference) from cause
            raise Problem(EXC_KEY, key=reference, reason="not a private key in PEM") from cause
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(
            key.curve, ec.SECP256R1
        ):
            raise Problem(EXC_KEY, key=reference, reason="not a P-256 key")
        return key

    def create(self, reference: str, *, secret: Secret) -> ec.EllipticCurvePrivateKey:
        """Write a fresh key, encrypted if there is a passphrase; raises EXC-0601."""
        file, passphrase = Path(reference), secret()
        if file.exists():
            raise Problem(EXC_KEY, key=reference, reason="the file exists")
        key = new_key()
        protection: KeySerializationEncryption = NoEncryption()
        if passphrase:
            protection = BestAvailableEncryption(passphrase)
        try:
            write_private(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection))
        except OSError as error:
            raise Problem(EXC_KEY, key=reference, reason=str(error.strerror)) from error
        return key

    def destroy(self, reference: str, *, secret: Secret) -> None:
        """Remove the file; raises EXC-0601."""
        try:
            Path(reference).unlink()
        except OSError as error:
            raise Problem(EXC_KEY, key=reference, reason=str(error.strerror)) from error


def make_store() -> FileKeys:
    """Return the store."""
    return FileKeys()


def is_encrypted(pem: bytes) -> bool:
    """Whether a PEM text holds an encrypted key, in PKCS#8 or in OpenSSL's older form."""
    return b"ENCRYPTED" in pem
