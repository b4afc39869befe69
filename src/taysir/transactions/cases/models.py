"""Cases, their events and the outbox. A case's state is constant in size; history is events."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from taysir.engine.decision import Decision
from taysir.engine.facts import CaseFacts
from taysir.engine.flow import Token
from taysir.kernel import limits

GENESIS = "0" * 64


class Case(models.Model):
    """One application of one person, pinned to the pack that it was started with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=limits.CASE_NUMBER_CHARS, unique=True)
    person_ref = models.CharField(max_length=64)
    service_code = models.CharField(max_length=64)
    pack_hash = models.CharField(max_length=64)
    facts_json = models.TextField()
    token_json = models.TextField()
    decision_json = models.TextField(blank=True)
    stage = models.CharField(max_length=32, db_index=True)
    chain_head = models.CharField(max_length=64, default=GENESIS)
    event_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    bill_number = models.CharField(max_length=32, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    tries = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["person_ref", "-created_at"], name="cases_mine")]
        constraints: ClassVar = [
            # Two tabs or a double click never make two drafts of one service.
            models.UniqueConstraint(
                fields=["person_ref", "service_code"],
                condition=models.Q(stage="draft"),
                name="cases_one_draft",
            )
        ]

    def __str__(self) -> str:
        return f"case {self.number}"

    @property
    def facts(self) -> CaseFacts:
        """The facts known, with their provenance."""
        return CaseFacts.from_json(self.facts_json)

    @facts.setter
    def facts(self, facts: CaseFacts) -> None:
        self.facts_json = facts.to_json().decode("utf-8")

    @property
    def token(self) -> Token:
        """Where the case is in its flow."""
        return Token.from_json(self.token_json)

    @token.setter
    def token(self, token: Token) -> None:
        self.token_json = token.to_json().decode("utf-8")
        self.stage = token.stage

    @property
    def decision(self) -> Decision | None:
        """The last decision, as it was told."""
        return Decision.from_json(self.decision_json) if self.decision_json else None


class CaseEvent(models.Model):
    """One step of a case; each holds the hash of the one before it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    step = models.CharField(max_length=32)
    at = models.DateTimeField()
    actor_role = models.CharField(max_length=16)
    data = models.JSONField(default=dict)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["case_id", "seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "seq"], name="cases_event_order")
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.seq} {self.step}"


class Objection(models.Model):
    """What a person holds against a refusal; one a case, decided by another than its author."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="objection")
    at = models.DateTimeField()
    statement = models.TextField()

    def __str__(self) -> str:
        return f"objection {self.case_id}"


class OutboxRow(models.Model):
    """A pseudonymous event on its way to the programme; deleted once it is taken there."""

    event_id = models.UUIDField(default=uuid.uuid4, unique=True)
    payload = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"event {self.event_id}"
