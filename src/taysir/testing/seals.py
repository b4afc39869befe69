"""A seal without certificates, plugged in by ``DocumentsConfig.sealer``: a digest at the end."""

from __future__ import annotations

from hashlib import sha256

from taysir.transactions.documents.base import DocumentsConfig, SealReport

_MARK = b"\n% test seal "


class DigestSealer:
    """Seals by appending the digest; finds any changed byte before it."""

    def __init__(self, config: DocumentsConfig) -> None:
        self._url = config.public_url

    def seal(self, pdf: bytes, *, reason: str) -> bytes:
        """Return the document with its digest."""
        del reason
        return pdf + _MARK + sha256(pdf).hexdigest().encode("ascii")

    def check(self, pdf: bytes) -> SealReport:
        """Return whether the digest is right."""
        content, mark, digest = pdf.rpartition(_MARK)
        intact = bool(mark) and sha256(content).hexdigest().encode("ascii") == digest
        return SealReport(intact=intact, trusted=intact, sealed_by="test")
