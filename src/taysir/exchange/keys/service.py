"""Opens the keys that the settings name, and makes sure that each fits its certificate."""

from __future__ import annotations

import ssl
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from taysir.exchange.errors import EXC_SETTINGS
from taysir.exchange.keyfiles import certificate_der
from taysir.exchange.keys.contrib.files import is_encrypted
from taysir.exchange.keys.errors import EXC_KEY_MISMATCH, EXC_KEY_SECRET, EXC_TLS_KEY
from taysir.exchange.keys.passphrases import read_passphrase
from taysir.exchange.keys.registry import scheme_of, store_of
from taysir.exchange.settings import KeyPair
from taysir.kernel.certificates import load_certificate
from taysir.kernel.errors import Problem
from taysir.kernel.reasons import reason_of
from taysir.kernel.signature import Signer


def open_key(reference: str, *, secret: str = "") -> ec.EllipticCurvePrivateKey:
    """Return the key of a reference; raises EXC-0601 to EXC-0606."""
    return store_of(reference).open(reference, secret=partial(read_passphrase, secret))


def create_key(reference: str, *, secret: str = "") -> ec.EllipticCurvePrivateKey:
    """Make a fresh key at a free reference; raises EXC-0601 to EXC-0606."""
    return store_of(reference).create(reference, secret=partial(read_passphrase, secret))


def destroy_key(reference: str, *, secret: str = "") -> None:
    """Remove a key for good; raises EXC-0601 to EXC-0606."""
    store_of(reference).destroy(reference, secret=partial(read_passphrase, secret))


def load_signer(pair: KeyPair) -> Signer:
    """Return a certificate with its key, wherever that lies.

    Raises:
        Problem: EXC-0140 for the certificate, EXC-0601 to EXC-0606 for the key, EXC-0604 when they
            do not belong together, KRN-0211 for what is no certificate.
    """
    der = read_certificate(pair.certificate)
    key = open_key(pair.key, secret=pair.secret)
    if not fits(der, key=key.public_key()):
        raise Problem(EXC_KEY_MISMATCH, certificate=pair.certificate, key=shown(pair.key))
    return Signer(der, key)


def read_certificate(file: str) -> bytes:
    """Return the certificate of a PEM file in DER; raises EXC-0140 and KRN-0211."""
    try:
        der = certificate_der(Path(file).read_bytes())
    except OSError as error:
        raise Problem(EXC_SETTINGS, file=file, reason=str(error.strerror)) from error
    except ValueError as error:
        raise Problem(EXC_SETTINGS, file=file, reason="not a certificate in PEM") from error
    load_certificate(der)
    return der


def read_certificates(file: str) -> list[bytes]:
    """Return every certificate of a PEM file in DER; raises EXC-0140."""
    try:
        found = x509.load_pem_x509_certificates(Path(file).read_bytes())
    except OSError as error:
        raise Problem(EXC_SETTINGS, file=file, reason=str(error.strerror)) from error
    except ValueError as error:
        raise Problem(EXC_SETTINGS, file=file, reason="no certificates in PEM") from error
    return [certificate.public_bytes(Encoding.DER) for certificate in found]


def fits(certificate: bytes, *, key: ec.EllipticCurvePublicKey) -> bool:
    """Whether a certificate (DER) is for this public key."""
    certified = load_certificate(certificate).public_key()
    spelling = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return certified.public_bytes(*spelling) == key.public_bytes(*spelling)


def shown(reference: str) -> str:
    """Return a key's reference for people and logs: of a token without library and PIN source."""
    return reference.partition("?")[0] if scheme_of(reference) else reference


def load_tls_key(context: ssl.SSLContext, pair: KeyPair) -> None:
    """Give a TLS context a certificate and key; later handshakes show them, open ones go on.

    Raises:
        Problem: EXC-0607 for a key in a token, EXC-0140 for the files, EXC-0602 and EXC-0605 for
            the passphrase, EXC-0604 when certificate and key do not belong together.
    """
    if scheme_of(pair.key):
        raise Problem(EXC_TLS_KEY, key=shown(pair.key))
    try:
        encrypted = is_encrypted(Path(pair.key).read_bytes())
    except OSError as error:
        raise Problem(EXC_SETTINGS, file=pair.key, reason=str(error.strerror)) from error
    # OpenSSL would ask a terminal for a passphrase that is not given.
    passphrase = read_passphrase(pair.secret) if encrypted else b""
    try:
        context.load_cert_chain(pair.certificate, pair.key, password=passphrase)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise Problem(EXC_KEY_MISMATCH, certificate=pair.certificate, key=pair.key) from error
        if encrypted:
            raise Problem(EXC_KEY_SECRET, key=pair.key) from error
        raise Problem(EXC_SETTINGS, file=pair.certificate, reason=reason_of(error)) from error
    except OSError as error:
        raise Problem(EXC_SETTINGS, file=pair.certificate, reason=reason_of(error)) from error
