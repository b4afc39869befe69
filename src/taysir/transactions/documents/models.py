"""The register of issued documents. The sealed bytes lie in the store, named by their digest."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from taysir.kernel import limits


class IssuedDocument(models.Model):
    """One sealed document: made once for a case and kind, later at most revoked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=64)
    case_number = models.CharField(max_length=limits.CASE_NUMBER_CHARS)
    holder_ref = models.CharField(max_length=64, db_index=True)
    code = models.CharField(max_length=limits.VERIFICATION_CODE_CHARS, unique=True)
    title_ar = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    issuer_ar = models.CharField(max_length=200)
    issuer_en = models.CharField(max_length=200)
    public_rows = models.JSONField(default=list)
    digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason_ar = models.CharField(max_length=300, blank=True)
    revoked_reason_en = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["-issued_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case_number", "kind"], name="documents_once_per_case")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def is_revoked(self) -> bool:
        """Whether the agency withdrew the document."""
        return self.revoked_at is not None

    @property
    def file_name(self) -> str:
        """The name offered when the document is downloaded; ASCII, without personal data."""
        return f"{self.kind}-{self.case_number}.pdf"
