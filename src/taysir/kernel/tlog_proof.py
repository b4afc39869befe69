"""One entry's proof in a text that is complete in itself: index, inclusion proof and checkpoint.

Leaf, proof and cosigned checkpoint → :func:`encode_proof` → text → :func:`parse_proof` → root →
who signed it. Whoever holds the keys of log and witnesses checks it offline.

Source: C2SP tlog-proof.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.merkle import HASH_BYTES, KRN_PROOF

_HEAD: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogProof:
    """A proof; ``extra`` is what the application adds, here the salt of the entry."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""


def encode_proof(proof: TlogProof) -> bytes:
    """Return the text."""
    lines = [_HEAD]
    if proof.extra:
        lines.append(f"extra {_encode(proof.extra)}")
    lines.append(f"index {proof.index}")
    lines.extend(_encode(value) for value in proof.hashes)
    return ("\n".join(lines) + "\n\n").encode("ascii") + proof.checkpoint


def parse_proof(text: bytes) -> TlogProof:
    """Read a proof; its one spelling only; raises KRN-0221."""
    head, found, checkpoint = text.partition(b"\n\n")
    lines = _lines(head) if found else []
    extra = b""
    if len(lines) > 2 and lines[1].startswith("extra "):
        extra = _decode(lines.pop(1).removeprefix("extra "))
    index = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
    if index is None or lines[0] != _HEAD:
        raise Problem(KRN_PROOF, reason="not a proof of an entry")
    hashes = tuple(_decode(line) for line in lines[2:])
    if any(len(value) != HASH_BYTES for value in hashes):
        raise Problem(KRN_PROOF, reason="a hash of the wrong length")
    return TlogProof(index=int(index[1]), hashes=hashes, checkpoint=checkpoint, extra=extra)


def _lines(head: bytes) -> list[str]:
    if len(head) > 64 * (limits.PROOF_HASHES + 8):
        raise Problem(KRN_PROOF, reason="not a proof of an entry")
    try:
        return head.decode("ascii").split("\n")
    except UnicodeDecodeError as cause:
        raise Problem(KRN_PROOF, reason="not a proof of an entry") from cause


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as cause:
        raise Problem(KRN_PROOF, reason="not base64") from cause
    if not data or _encode(data) != text:
        raise Problem(KRN_PROOF, reason="base64 with loose bits")
    return data
