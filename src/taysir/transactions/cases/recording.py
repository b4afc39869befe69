"""Writes the events of a case: into its chain, and pseudonymously into the outbox.

Called inside the transaction that changes the case, so that a step and its record are one.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from taysir.engine.definition import Pack
from taysir.engine.flow import stage_of
from taysir.kernel.canonical import canonical_json
from taysir.transactions.cases.models import Case, CaseEvent, OutboxRow


def record_event(
    case: Case,
    step: str,
    *,
    pack: Pack,
    role: str,
    at: datetime,
    told: bool = True,
    **data: Any,
) -> CaseEvent:
    """Append an event to the case's chain and queue it for the programme; saves no case.

    ``told=False`` keeps a step from the programme that it has no measure for.
    """
    body = {
        "seq": case.event_count,
        "step": step,
        "at": _stamp(at),
        "role": role,
        "data": data,
        "before": case.chain_head,
    }
    digest = hashlib.sha256(canonical_json(body)).hexdigest()
    event = CaseEvent.objects.create(
        case=case,
        seq=case.event_count,
        step=step,
        at=at,
        actor_role=role,
        data=data,
        hash=digest,
    )
    if told:
        OutboxRow.objects.create(payload=_told(case, event, pack=pack), created_at=at)
    case.chain_head, case.event_count = digest, case.event_count + 1
    return event


def verify_chain(case: Case) -> bool:
    """Whether the events of a case follow from each other up to its head."""
    head = "0" * 64
    for event in case.events.all():
        body = {
            "seq": event.seq,
            "step": event.step,
            "at": _stamp(event.at),
            "role": event.actor_role,
            "data": event.data,
            "before": head,
        }
        head = hashlib.sha256(canonical_json(body)).hexdigest()
        if head != event.hash:
            return False
    return head == case.chain_head


def case_pseudonym(case: Case) -> str:
    """Return the name under which the programme knows a case; nobody else can make it."""
    key = settings.SECRET_KEY.encode("utf-8")
    return hmac.digest(key, f"case {case.pk}".encode(), hashlib.sha256).hex()[:32]


def _told(case: Case, event: CaseEvent, *, pack: Pack) -> dict[str, Any]:
    stopped = stage_of(pack, case.token).stopped_by is not None
    return {
        "event_id": str(uuid.uuid4()),
        "case": case_pseudonym(case),
        "service": pack.service.id,
        "service_version": case.pack_hash,
        "agency": str(pack.service.owner),
        "seq": event.seq,
        "step": event.step,
        "at": _stamp(event.at),
        "channel": "web",
        "actor_role": event.actor_role,
        "clock": "stopped" if stopped else "running",
        "data": event.data,
    }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
