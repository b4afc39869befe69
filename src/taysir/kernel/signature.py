"""ES256 signatures in JWS form, made and checked strictly.

One spelling only: base64url without padding and without loose bits, a header and payload of
canonical bytes where the caller asks for it, so that changing any byte of a token is found.
Signatures are deterministic (RFC 6979): the same document signed twice gives the same bytes, and
no random source can leak a key. Key → :class:`Signer` → token → :func:`open_compact` → payload.
Whether the signer may sign is decided by whoever knows the certificate's issuer, not here.

Source: RFC 7515 (JWS, detached content in appendix F), RFC 7518 clause 3.4, RFC 6979.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)

from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, parse_canonical
from taysir.kernel.errors import Mender, Problem, declare

KRN_TOKEN = declare(
    "KRN-0205",
    status=400,
    ar="التوقيع ليس بالصيغة المطلوبة: {reason}.",
    en="The signature does not have the required form: {reason}.",
    remedy_ar="أرسل توقيعا بصيغة JWS المختصرة كما في مرجع البروتوكول.",
    remedy_en="Send a compact JWS as the protocol reference describes it.",
    mender=Mender.CALLER,
)
KRN_SIGNATURE = declare(
    "KRN-0206",
    status=401,
    ar="التوقيع لا يطابق المحتوى والشهادة.",
    en="The signature does not match the content and the certificate.",
    remedy_ar="تحقّق من المفتاح المستخدم ومن أن المحتوى لم يتغير بعد توقيعه.",
    remedy_en="Check which key signed, and that the content was not changed afterwards.",
    mender=Mender.CALLER,
)

_ES256: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_VERIFY: Final = ec.ECDSA(Prehashed(hashes.SHA256()))
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b'-_+/=\\"', b"+/!!!!!")
"""To the alphabet that the decoder reads; what only that one, or JSON, has becomes foreign."""
_QUOTED: Final = msgspec.json.Decoder(bytes)
"""Reads base64 as a JSON text, which takes half of the time of ``binascii``."""
_PADDING: Final = (b"", b"===", b"==", b"=")
_WHOLE_ENDS: Final = (b"", b"", b"AQgw", b"AEIMQUYcgkosw048")
"""By the number of characters over a group of four: padding, and last characters that hold no bits
beyond the last byte. One character over is never right, and the decoder refuses its padding."""
_SIGNATURE_BYTES: Final = 64
_KEYS: Final = type(ec.derive_private_key(1, ec.SECP256R1()).public_key())
"""The class of public keys. The one with a name is abstract, which makes asking for it slow."""


def base64url_bytes(data: bytes) -> bytes:
    """Return base64url without padding (RFC 7515 clause 2), as ASCII bytes."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")


def base64url(data: bytes) -> str:
    """Return base64url without padding (RFC 7515 clause 2)."""
    return base64url_bytes(data).decode("ascii")


def from_base64url(text: bytes) -> bytes:
    """Read base64url, refusing padding, foreign characters and loose bits; raises KRN-0205."""
    over = len(text) % 4
    try:
        data = _QUOTED.decode(b'"%b%b"' % (text.translate(_FROM_URL), _PADDING[over]))
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise Problem(KRN_TOKEN, reason="not base64url") from cause
    if over and text[-1] not in _WHOLE_ENDS[over]:
        raise Problem(KRN_TOKEN, reason="not base64url in its one spelling")
    return data


def thumbprint(certificate_der: bytes) -> str:
    """Return ``x5t#S256`` of a certificate: base64url of its SHA-256 (RFC 7515 clause 4.1.8)."""
    return base64url(hashlib.sha256(certificate_der).digest())


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate with its private key."""

    certificate_der: bytes
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    thumbprint: str = field(init=False)
    """The ``x5t#S256`` of the certificate."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "thumbprint", thumbprint(self.certificate_der))

    def sign(self, data: bytes) -> bytes:
        """Return the ES256 signature as 64 bytes (r and s, RFC 7518 clause 3.4)."""
        r, s = decode_dss_signature(self.key.sign(data, _ES256))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify_es256(key: object, *, data: bytes, signature: bytes) -> bool:
    """Whether a 64-byte signature over the data was made with the key's private half.

    Any other kind of key than P-256, any other length, and zero values are simply not valid.
    """
    if type(key) is not _KEYS or not isinstance(key.curve, ec.SECP256R1):
        return False
    if len(signature) != _SIGNATURE_BYTES:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        # Hashed here, because that is a tenth of what the same costs in there.
        key.verify(encode_dss_signature(r, s), hashlib.sha256(data).digest(), _VERIFY)
    except InvalidSignature:
        return False
    return True


class Jws(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed, not yet verified token."""

    header: Mapping[str, Any]
    payload: bytes
    signature: bytes
    signing_input: bytes

    def verify(self, key: object) -> None:
        """Check the signature with a public key; raises KRN-0206."""
        if not verify_es256(key, data=self.signing_input, signature=self.signature):
            raise Problem(KRN_SIGNATURE)


def sign_compact(payload: bytes, *, signer: Signer, header: dict[str, Any]) -> bytes:
    """Return a compact JWS; ``alg`` and ``x5t#S256`` are added to the header."""
    head = {**header, "alg": "ES256", "x5t#S256": signer.thumbprint}
    encoded = base64url_bytes(canonical_json(head))
    return sign_under_head(payload, signer=signer, head=encoded)


def sign_under_head(payload: bytes, *, signer: Signer, head: bytes) -> bytes:
    """Return a compact JWS under a header that is encoded already."""
    signing_input = head + b"." + base64url_bytes(payload)
    return signing_input + b"." + base64url_bytes(signer.sign(signing_input))


@lru_cache(maxsize=256)
def jws_head(typ: str, *, thumbprint: str, iat: int) -> bytes:
    """Return the encoded header of tokens that carry a signing time in seconds.

    It is the same for all that a signer signs within a second, so it is kept.
    """
    head = {"alg": "ES256", "iat": iat, "typ": typ, "x5t#S256": thumbprint}
    return base64url_bytes(canonical_json(head))


def sign_detached(payload: bytes, *, signer: Signer, header: dict[str, Any]) -> bytes:
    """Return a JWS whose payload travels beside it (RFC 7515 appendix F)."""
    head, _, signature = sign_compact(payload, signer=signer, header=header).split(b".")
    return head + b".." + signature


def open_compact(token: bytes, *, typ: str) -> Jws:
    """Take a token apart, refusing what is not ES256, not of this type, or not canonical.

    Raises:
        Problem: KRN-0205.
    """
    head, payload, signature = _split(token)
    return _jws(head, payload=payload, content=from_base64url(payload), sig=signature, typ=typ)


def open_detached(token: bytes, *, payload: bytes, typ: str) -> Jws:
    """Take a detached token apart and put its payload back; raises KRN-0205."""
    head, empty, signature = _split(token)
    if empty:
        raise Problem(KRN_TOKEN, reason="the payload must be detached")
    encoded = base64url_bytes(payload)
    return _jws(head, payload=encoded, content=payload, sig=signature, typ=typ)


def _split(token: bytes) -> list[bytes]:
    if len(token) > limits.JWS_BYTES:
        raise Problem(KRN_TOKEN, reason="too long")
    parts = token.split(b".")
    if len(parts) != 3:
        raise Problem(KRN_TOKEN, reason="not three parts")
    # Both are read before anybody is known, and headers are kept: they must stay small.
    if len(parts[0]) > limits.JWS_HEAD_BYTES or len(parts[2]) > limits.JWS_SIGNATURE_BYTES:
        raise Problem(KRN_TOKEN, reason="a header or signature that is too long")
    return parts


def _jws(head: bytes, *, payload: bytes, content: bytes, sig: bytes, typ: str) -> Jws:
    return Jws(
        header=_read_head(head, typ),
        payload=content,
        signature=from_base64url(sig),
        signing_input=head + b"." + payload,
    )


@lru_cache(maxsize=1024)
def _read_head(head: bytes, typ: str, /) -> Mapping[str, Any]:
    """Read a header; a busy signer sends the same one for a whole second."""
    header = parse_canonical(from_base64url(head))
    if not isinstance(header, dict) or header.get("alg") != "ES256":
        raise Problem(KRN_TOKEN, reason="the algorithm is not ES256")
    if header.get("typ") != typ:
        raise Problem(KRN_TOKEN, reason=f"not of type {typ}")
    if "crit" in header:
        raise Problem(KRN_TOKEN, reason="critical header parameters are not understood")
    return MappingProxyType(header)
