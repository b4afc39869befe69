"""The only way from a person to a document."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from taysir.kernel.errors import Problem
from taysir.transactions.documents import registry
from taysir.transactions.documents.errors import TRX_DOCUMENT_LOST, TRX_DOCUMENT_NOT_FOUND
from taysir.transactions.documents.models import IssuedDocument


def document_of(holder_ref: str, *, document_id: UUID) -> IssuedDocument:
    """Return one's own document; TRX-0605 also if it is somebody else's."""
    document = IssuedDocument.objects.filter(pk=document_id, holder_ref=holder_ref).first()
    if document is None:
        raise Problem(TRX_DOCUMENT_NOT_FOUND)
    return document


def documents_of(holder_ref: str, *, case_number: str) -> QuerySet[IssuedDocument]:
    """Return a person's documents of one case, newest first."""
    return IssuedDocument.objects.filter(holder_ref=holder_ref, case_number=case_number)


def content_of(document: IssuedDocument) -> bytes:
    """Return the sealed bytes; raises TRX-0606 if the store lost or changed them."""
    content = registry.store().get(document.digest)
    if content is None:
        raise Problem(TRX_DOCUMENT_LOST, document=str(document.pk))
    return content
