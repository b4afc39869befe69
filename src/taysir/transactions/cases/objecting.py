"""Objects to a refusal: what the person says is kept, once, within the lawful time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from taysir.engine.flow import stage_of
from taysir.kernel.errors import Problem
from taysir.transactions.cases.errors import TRX_NO_OBJECTION
from taysir.transactions.cases.models import Case, Objection
from taysir.transactions.cases.recording import record_event
from taysir.transactions.catalogue.packs import offer_with


def objection_ends(case: Case) -> datetime | None:
    """Return until when a person may object; None if there is nothing to object to."""
    decision = case.decision
    if decision is None or case.decided_at is None:
        return None
    stage = stage_of(offer_with(case.pack_hash).pack, case.token)
    if stage.final != "refused":
        return None
    return case.decided_at + timedelta(days=decision.objection_days)


def objection_to(case: Case) -> Objection | None:
    """Return the objection that was made, if any."""
    return Objection.objects.filter(case=case).first()


def case_object(case: Case, *, statement: str, now: datetime | None = None) -> Objection:
    """Keep an objection; the first one stands, sending it again changes nothing.

    Raises:
        Problem: TRX-0205 if the case was not refused or the time has passed.
    """
    at = now or timezone.now()
    pack = offer_with(case.pack_hash).pack
    with transaction.atomic():
        locked = Case.objects.select_for_update().get(pk=case.pk)
        made = objection_to(locked)
        if made is not None:
            return made
        ends = objection_ends(locked)
        if ends is None or at > ends:
            raise Problem(TRX_NO_OBJECTION, case=case.number)
        made = Objection.objects.create(case=locked, at=at, statement=statement)
        record_event(locked, "objected", pack=pack, role="applicant", at=at, told=False)
        locked.save()
    return made
