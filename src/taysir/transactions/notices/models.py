"""Messages of the state to a person, kept in both languages."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from taysir.kernel import limits


class Message(models.Model):
    """One message; it is written once and at most marked as read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person_ref = models.CharField(max_length=64)
    case_number = models.CharField(max_length=limits.CASE_NUMBER_CHARS, db_index=True)
    template = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    subject_ar = models.CharField(max_length=300)
    subject_en = models.CharField(max_length=300)
    body_ar = models.TextField()
    body_en = models.TextField()
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-sent_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["person_ref", "-sent_at"], name="notices_inbox")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person_ref", "case_number", "template", "fingerprint"],
                name="notices_sent_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.id}"

    def subject(self, language: str) -> str:
        """Return the subject in a language."""
        return self.subject_en if language == "en" else self.subject_ar

    def body(self, language: str) -> str:
        """Return the text in a language."""
        return self.body_en if language == "en" else self.body_ar
