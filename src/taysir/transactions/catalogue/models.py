"""The versions of services that cases are pinned to, kept for as long as the cases are."""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models

KEPT_TABLE: Final = "catalogue_keptpack"


class KeptPack(models.Model):
    """One version of a service: its files, packed, under the hash that fixes them."""

    hash = models.CharField(max_length=64, primary_key=True)
    service_code = models.CharField(max_length=64, db_index=True)
    files = models.BinaryField()
    kept_at = models.DateTimeField()

    class Meta:
        db_table = KEPT_TABLE
        ordering: ClassVar = ["-kept_at"]

    def __str__(self) -> str:
        return f"pack {self.hash[:12]}"
