"""The events that agencies sent. Rows are added, never changed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class StoredEvent(models.Model):
    """One case event, with the exchange call that carried it as its proof."""

    event_id = models.CharField(max_length=64, primary_key=True)
    case = models.CharField(max_length=64)
    service = models.CharField(max_length=160, db_index=True)
    service_version = models.CharField(max_length=160)
    agency = models.CharField(max_length=160)
    seq = models.PositiveIntegerField()
    step = models.CharField(max_length=40)
    at = models.DateTimeField()
    channel = models.CharField(max_length=20)
    actor_role = models.CharField(max_length=20)
    clock = models.CharField(max_length=10)
    data = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    exchange_id = models.CharField(max_length=128)
    received_at = models.DateTimeField()

    objects: ClassVar[models.Manager[StoredEvent]] = models.Manager()

    class Meta:
        ordering: ClassVar = ["agency", "case", "seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agency", "case", "seq"], name="measures_one_place")
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.event_id}"
