"""The rounds of the worker. A round does what is due and reports how much that was."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import orjson
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from taysir.exchange.client import Outcome
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import ServiceId
from taysir.kernel.log import get_logger
from taysir.transactions.cases.advancing import case_advance
from taysir.transactions.cases.exchange import agencies
from taysir.transactions.cases.models import Case, OutboxRow
from taysir.transactions.payments.service import reconcile

log = get_logger(__name__)

_RECONCILE_EVERY = 8
_SEND_PAUSE_ROUNDS = 20


def work_until(stop: threading.Event) -> None:
    """Do one round after another, resting in between, until asked to stop."""
    number = quiet_until = 0
    while not stop.wait(limits.WORKER_PAUSE_S):
        number += 1
        try:
            advance_due()
            if number % _RECONCILE_EVERY == 0:
                reconcile()
            if number >= quiet_until and not send_events():
                quiet_until = number + _SEND_PAUSE_ROUNDS
        except OperationalError as error:
            # Another process holds the database; the next round tries again.
            log.warning("round_postponed", error=str(error)[:80])


def advance_due() -> int:
    """Advance the cases that are due; returns how many."""
    now = timezone.now()
    due = list(
        Case.objects.filter(due_at__lte=now)
        .order_by("due_at")
        .values_list("pk", flat=True)[: limits.WORKER_BATCH]
    )
    for case_id in due:
        try:
            case_advance(case_id)
        except Problem as problem:
            log.warning("case_not_advanced", code=problem.code)
            postpone(case_id)
    return len(due)


def postpone(case_id: UUID) -> None:
    """Leave a case that cannot be advanced now for a while."""
    later = timezone.now() + timedelta(seconds=limits.RETRY_LONGEST_S / 10)
    Case.objects.filter(pk=case_id).update(due_at=later)


def send_events() -> bool:
    """Send queued events to the programme, oldest first; False if it did not take them."""
    rows = list(OutboxRow.objects.all()[: limits.OUTBOX_BATCH])
    if not rows:
        return True
    answer = agencies().ask(
        ServiceId.parse(settings.TAYSIR_PORTAL.measures),
        method="POST",
        path="/case-events",
        body=orjson.dumps([row.payload for row in rows]),
        purpose="programme-measurement",
    )
    if answer.outcome is not Outcome.ANSWERED:
        log.warning("events_not_taken", outcome=answer.outcome.value, code=answer.error_code)
        return False
    OutboxRow.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return True
