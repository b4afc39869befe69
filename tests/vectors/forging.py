"""Makes signed documents that are wrong in exactly one way."""

from __future__ import annotations

import base64
import json
from typing import Any

from taysir.kernel.canonical import canonical_json
from taysir.kernel.signature import Signer, base64url_bytes, from_base64url

CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def sign(
    payload: bytes, *, signer: Signer, typ: str, iat: int | None, head: dict[str, Any] | None = None
) -> bytes:
    """Sign any bytes under any header; members of ``head`` that are None are left out."""
    header: dict[str, Any] = {"alg": "ES256", "typ": typ, "x5t#S256": signer.thumbprint}
    if iat is not None:
        header["iat"] = iat
    header = {k: v for k, v in {**header, **(head or {})}.items() if v is not None}
    return sign_raw(payload, signer=signer, head=canonical_json(header))


def sign_raw(payload: bytes, *, signer: Signer, head: bytes) -> bytes:
    """Sign any bytes under header bytes that need not be canonical."""
    signing_input = base64url_bytes(head) + b"." + base64url_bytes(payload)
    return signing_input + b"." + base64url_bytes(signer.sign(signing_input))


def payload_of(token: bytes) -> dict[str, Any]:
    """Return what a compact token says."""
    read: dict[str, Any] = json.loads(from_base64url(token.split(b".")[1]))
    return read


def flipped(token: bytes, *, part: int, at: int = 0) -> bytes:
    """Return a token with one bit of one part's content changed."""
    parts = token.split(b".")
    content = bytearray(from_base64url(parts[part]))
    content[at] ^= 1
    parts[part] = base64url_bytes(bytes(content))
    return b".".join(parts)


def padded(token: bytes) -> bytes:
    """Return a token with the padding that base64url leaves out."""
    return token + b"=="


def loose(token: bytes) -> bytes:
    """Return a token whose last character has loose bits: another spelling of the same bytes."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1:])
    return token[:-1] + alphabet[last + 1 : last + 2]


def standard_alphabet(token: bytes) -> bytes:
    """Return a token in the alphabet of plain base64."""
    changed = token.replace(b"-", b"+").replace(b"_", b"/")
    assert changed != token
    return changed


def mirrored(token: bytes) -> bytes:
    """Return a token with the other s of the same signature: it verifies too (ECDSA)."""
    head, _, signature = token.rpartition(b".")
    raw = from_base64url(signature)
    s = CURVE_ORDER - int.from_bytes(raw[32:], "big")
    return head + b"." + base64url_bytes(raw[:32] + s.to_bytes(32, "big"))


def with_signature(token: bytes, signature: bytes) -> bytes:
    """Return a token with another signature."""
    return token.rpartition(b".")[0] + b"." + base64url_bytes(signature)


def text64(data: bytes) -> str:
    """Return bytes as base64, as the vectors hold bodies."""
    return base64.b64encode(data).decode("ascii")
