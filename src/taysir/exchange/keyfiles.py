"""Private keys and certificates in files: written once, readable by their owner only."""

from __future__ import annotations

import os
import ssl
import threading
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from taysir.exchange.trust_errors import EXC_AUTHORITY_FOLDER
from taysir.kernel.errors import Problem
from taysir.kernel.signature import Signer


def write_private(file: Path, data: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft_of(file)
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def write_public(file: Path, data: bytes) -> None:
    """Write a file that anyone may read, whole or not at all; durable on return."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft_of(file)
    with draft.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def _draft_of(file: Path) -> Path:
    """Return where a file is written before it takes its place: another one in each thread."""
    return file.with_name(f".{file.name}.{os.getpid()}-{threading.get_native_id()}.draft")


def certificate_pem(der: bytes) -> bytes:
    """Return a certificate in PEM; only the spelling changes, nothing is judged."""
    return ssl.DER_cert_to_PEM_cert(der).encode("ascii")


def certificate_der(pem: bytes) -> bytes:
    """Return the certificate of a PEM text in DER, not judged yet; raises ValueError."""
    return ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))


def write_signer(folder: Path, *, name: str, signer: Signer) -> tuple[Path, Path]:
    """Write ``name.pem`` and ``name.key`` (0600); returns both paths."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    private = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(key, private)
    write_public(certificate, certificate_pem(signer.certificate_der))
    return certificate, key


def read_signer(folder: Path, *, name: str) -> Signer:
    """Read what :func:`write_signer` wrote; raises EXC-0521."""
    file = folder / f"{name}.key"
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
        der = certificate_der((folder / f"{name}.pem").read_bytes())
    except (OSError, ValueError) as cause:
        raise Problem(EXC_AUTHORITY_FOLDER, file=str(file), reason=str(cause)[:200]) from cause
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Problem(EXC_AUTHORITY_FOLDER, file=str(file), reason="not an EC key")
    return Signer(der, key)
