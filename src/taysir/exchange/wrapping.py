"""Hands a secret to the holder of a key: only who holds the private key can read it.

Used once in a node's life, for the key that makes subjects' pseudonyms. An ephemeral P-256 key
agrees on a secret with the receiver's public key, HKDF makes an AES-256-GCM key of it.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from taysir.exchange.trust_errors import EXC_MEMBERSHIP
from taysir.kernel.errors import Problem

_INFO: Final = b"taysir-subject-key/1"
_POINT_BYTES: Final = 65
_NONCE_BYTES: Final = 12


def wrap(secret: bytes, *, receiver: ec.EllipticCurvePublicKey) -> bytes:
    """Return the secret so that only the receiver can read it."""
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    nonce = os.urandom(_NONCE_BYTES)
    key = _derive(ephemeral.exchange(ec.ECDH(), receiver), point)
    return point + nonce + AESGCM(key).encrypt(nonce, secret, _INFO)


def unwrap(wrapped: bytes, *, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the secret that was wrapped for this key; raises EXC-0522."""
    point, rest = wrapped[:_POINT_BYTES], wrapped[_POINT_BYTES:]
    try:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        derived = _derive(key.exchange(ec.ECDH(), public), point)
        return AESGCM(derived).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _INFO)
    except (ValueError, InvalidTag) as cause:
        raise Problem(EXC_MEMBERSHIP, reason="the subject key is not for this node") from cause


def _derive(shared: bytes, point: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=point, info=_INFO).derive(shared)
