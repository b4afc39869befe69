"""What the documents app needs from its installation, and the ports it is extended through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsConfig:
    """Where documents are kept and with what they are sealed.

    The Django setting ``TAYSIR_DOCUMENTS`` holds one. ``seal_certificate`` is a PEM file with the
    agency's seal certificate first and its intermediate authorities after it; ``seal_key`` is the
    PEM key; ``trust_roots`` is a PEM file of the authorities that a seal must lead to.
    """

    folder: Path
    public_url: str
    seal_certificate: Path
    seal_key: Path
    trust_roots: Path
    sealer: str = "taysir.transactions.documents.contrib.pades.PadesSealer"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealReport:
    """What a check of a document's seal found.

    ``intact``: no byte changed since sealing. ``trusted``: the seal's certificate leads to one of
    the trust roots and was valid at sealing time. ``sealed_by`` is the certificate's subject.
    """

    intact: bool
    trusted: bool
    sealed_by: str = ""
    sealed_at: datetime | None = None

    @property
    def valid(self) -> bool:
        """Whether the document is unchanged and sealed by whom it should be."""
        return self.intact and self.trusted


class Sealer(Protocol):
    """Puts an agency's seal on a PDF and checks it."""

    def seal(self, pdf: bytes, *, reason: str) -> bytes:
        """Return the document with the agency's seal; raises TRX-0603."""
        ...

    def check(self, pdf: bytes) -> SealReport:
        """Return what the seal says; a document without a readable seal is not intact."""
        ...
