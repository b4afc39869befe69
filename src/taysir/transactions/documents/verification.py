"""Answers whether a document is genuine, for anyone who holds its code or its file.

Two independent proofs are looked at: the register (was it issued, was it withdrawn) and the seal on
the stored file (not a byte changed, sealed by the agency). A code that was never issued gets no
answer that differs from a mistyped one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from taysir.kernel import limits
from taysir.transactions.documents import registry
from taysir.transactions.documents.base import SealReport
from taysir.transactions.documents.codes import read_code
from taysir.transactions.documents.models import IssuedDocument


class DocumentState(StrEnum):
    """What the verification page says."""

    VALID = "valid"
    REVOKED = "revoked"
    BROKEN = "broken"


class FileMatch(StrEnum):
    """How a file that somebody sent in relates to the issued document."""

    SAME = "same"
    ALTERED = "altered"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The answer to a code."""

    document: IssuedDocument
    state: DocumentState
    seal: SealReport


def verify(typed_code: str) -> Verification | None:
    """Return what is known of a code, or None if no document bears it."""
    code = read_code(typed_code)
    document = IssuedDocument.objects.filter(code=code).first() if code else None
    if document is None:
        return None
    content = registry.store().get(document.digest)
    if content is None:
        seal = SealReport(intact=False, trusted=False)
    else:
        seal = registry.sealer().check(content)
    return Verification(document=document, state=_state(document, seal), seal=seal)


def compare(document: IssuedDocument, *, content: bytes) -> FileMatch:
    """Return whether a file is, byte for byte, the one that was issued."""
    if len(content) > limits.DOCUMENT_UPLOAD_BYTES:
        return FileMatch.TOO_LARGE
    same = hashlib.sha256(content).hexdigest() == document.digest
    return FileMatch.SAME if same else FileMatch.ALTERED


def _state(document: IssuedDocument, seal: SealReport) -> DocumentState:
    if not seal.valid:
        return DocumentState.BROKEN
    return DocumentState.REVOKED if document.is_revoked else DocumentState.VALID
