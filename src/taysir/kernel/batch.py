"""One signature for many statements: a signed root over a Merkle tree of their payloads.

Where an agreement allows it, a busy signer does not sign each statement but the root over all that
are ready together. Payloads → tree → manifest (compact JWS over root and size) → one *batched
token* a statement: payload, inclusion proof, manifest. Such a token proves its statement alone, as
a signed statement does; it is longer, and asks a signature of nobody else's messages. What may be
batched is decided by agreements, not here.

Source: RFC 6962 clause 2.1 (tree and proofs), RFC 7515 (JWS), docs/reference/protocol.md clause 8.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal

import msgspec

from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.merkle import (
    HASH_BYTES,
    leaf_hash,
    node_hash,
)
from taysir.kernel.signature import (
    KRN_TOKEN,
    Jws,
    Signer,
    base64url,
    base64url_bytes,
    from_base64url,
    jws_head,
    open_compact,
    sign_under_head,
)

TYPE: Final = "taysir-manifest+jws"
"""The ``typ`` of a manifest."""

PARTS: Final = 5
"""Parts of a batched token: payload, proof, and the three of the manifest."""

_PLACE: Final = struct.Struct(">II")


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the signer of a batch signs: the root over ``size`` payloads, and when."""

    root: str
    size: int
    time_ms: int
    type: Literal["manifest"] = "manifest"


class SignedManifest(msgspec.Struct, kw_only=True):
    """A manifest taken apart once for all statements of its batch.

    ``verified_by`` is the key with which the signature was found good.
    """

    jws: Jws
    manifest: Manifest
    root: bytes
    verified_by: object = None

    def verify(self, public_key: object) -> None:
        """Check the signature unless this key did already; raises KRN-0206."""
        if self.verified_by is not public_key:
            self.jws.verify(public_key)
            self.verified_by = public_key


class BatchedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A batched token taken apart: its inclusion holds, its manifest is not verified yet."""

    payload: bytes
    leaf: bytes
    signed: SignedManifest

    def verify(self, public_key: object) -> None:
        """Check the manifest's signature; raises KRN-0206.

        Cost: one P-256 verification for the first statement of a batch, a comparison for the rest.
        """
        self.signed.verify(public_key)


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Manifest, strict=True)


def seal_batch(payloads: Sequence[bytes], *, signer: Signer, time_ms: int) -> list[bytes]:
    """Return a batched token for each payload, in order.

    Cost: one P-256 signature for all, and about 10 µs of hashing and encoding for each.

    Raises:
        ValueError: for no payloads, or more than ``limits.BATCH_STATEMENTS``.
    """
    if not 1 <= len(payloads) <= limits.BATCH_STATEMENTS:
        raise ValueError(f"a batch of {len(payloads)} statements")
    levels = _levels([leaf_hash(payload) for payload in payloads])
    size = len(payloads)
    manifest = Manifest(root=base64url(levels[-1][0]), size=size, time_ms=time_ms)
    head = jws_head(TYPE, thumbprint=signer.thumbprint, iat=time_ms // 1000)
    token = sign_under_head(_ENCODER.encode(manifest), signer=signer, head=head)
    return [
        b"%b.%b.%b"
        % (base64url_bytes(payload), base64url_bytes(_proof(levels, index, size)), token)
        for index, payload in enumerate(payloads)
    ]


def open_batched(token: bytes) -> BatchedToken:
    """Take a batched token apart and check that its payload is under the manifest's root.

    Raises:
        Problem: KRN-0205 for a malformed token or a proof that does not hold.
    """
    payload_part, proof_part, manifest_part = token.split(b".", 2)
    payload, proof = from_base64url(payload_part), from_base64url(proof_part)
    signed = _open_manifest(manifest_part)
    if len(proof) < _PLACE.size or (len(proof) - _PLACE.size) % HASH_BYTES:
        raise Problem(KRN_TOKEN, reason="a proof of the wrong length")
    index, size = _PLACE.unpack_from(proof)
    leaf = leaf_hash(payload)
    if size != signed.manifest.size or index >= size:
        raise Problem(KRN_TOKEN, reason="a place outside the batch")
    if _climb(leaf, index=index, size=size, hashes=proof[_PLACE.size :]) != signed.root:
        raise Problem(KRN_TOKEN, reason="the statement is not in the signed batch")
    return BatchedToken(payload=payload, leaf=leaf, signed=signed)


def _climb(leaf: bytes, *, index: int, size: int, hashes: bytes) -> bytes:
    """Return the root that a leaf and its siblings' hashes give; empty when they do not fit.

    Source: RFC 9162 clause 2.1.3.2, as the tree of :func:`_levels` is built.
    """
    root, last, at = leaf, size - 1, 0
    while last:
        if index & 1 or index < last:
            sibling = hashes[at : at + HASH_BYTES]
            at += HASH_BYTES
            pair = sibling + root if index & 1 else root + sibling
            root = hashlib.sha256(b"\x01" + pair).digest()
        index >>= 1
        last >>= 1
    return root if at == len(hashes) else b""


@lru_cache(maxsize=1024)
def _open_manifest(token: bytes) -> SignedManifest:
    """Read a manifest once for all statements of its batch; raises KRN-0205."""
    jws = open_compact(token, typ=TYPE)
    try:
        manifest = _DECODER.decode(jws.payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise Problem(KRN_TOKEN, reason="the manifest does not have the members") from cause
    if _ENCODER.encode(manifest) != jws.payload:
        raise Problem(KRN_TOKEN, reason="the manifest is not canonical")
    if jws.header.get("iat") != manifest.time_ms // 1000:
        raise Problem(KRN_TOKEN, reason="the signing time differs from the manifest's time")
    root = from_base64url(manifest.root.encode("utf-8"))
    if not 1 <= manifest.size <= limits.BATCH_STATEMENTS or len(root) != HASH_BYTES:
        raise Problem(KRN_TOKEN, reason="a manifest of the wrong size")
    return SignedManifest(jws=jws, manifest=manifest, root=root)


def _levels(leaves: list[bytes]) -> list[list[bytes]]:
    """Return every level of the tree; a last node without a neighbour moves up as it is."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            above.append(below[-1])
        levels.append(above)
    return levels


def _proof(levels: list[list[bytes]], index: int, size: int) -> bytes:
    """Return place and sibling hashes of one leaf, from the leaf up."""
    parts = [_PLACE.pack(index, size)]
    for level in levels[:-1]:
        if (index ^ 1) < len(level):
            parts.append(level[index ^ 1])
        index //= 2
    return b"".join(parts)
