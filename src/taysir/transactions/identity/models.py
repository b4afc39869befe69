"""Persons as the identity provider vouches for them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from taysir.kernel.errors import Language


class Person(models.Model):
    """A person who has signed in; names and number come from the provider at each sign-in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="person"
    )
    national_id = models.CharField(max_length=10, unique=True)
    name_ar = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    attested_at = models.DateTimeField()
    attested_by = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"person {self.pk}"

    @property
    def ref(self) -> str:
        """The key by which other apps refer to the person."""
        return str(self.pk)

    def name(self, language: Language) -> str:
        """The person's name for a page in a language."""
        return self.name_ar if language == "ar" else self.name_en
