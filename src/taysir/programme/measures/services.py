"""Stores case events; the only writer of this app. A batch is stored whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db import transaction

from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.programme.measures.errors import PRG_EVENT_CONFLICT
from taysir.programme.measures.events import CaseEvent, digest_of, read_events
from taysir.programme.measures.models import StoredEvent

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a batch."""

    accepted: int
    known: int


def take_events(body: bytes, *, sender: str, exchange_id: str, now: datetime) -> Receipt:
    """Store the new events of a batch; events that came before are counted as known.

    Raises:
        Problem: as ``read_events``; PRG-0104 if an event contradicts a stored one.
    """
    events = read_events(body, sender=sender, now=now)
    with transaction.atomic():
        receipt = _store(events, exchange_id=exchange_id, now=now)
    log.info("events_taken", accepted=receipt.accepted, known=receipt.known, exchange=exchange_id)
    return receipt


def _store(events: list[CaseEvent], *, exchange_id: str, now: datetime) -> Receipt:
    ids = [event.event_id for event in events]
    known = dict(StoredEvent.objects.filter(event_id__in=ids).values_list("event_id", "digest"))
    places = {
        (agency, case, seq)
        for agency, case, seq in StoredEvent.objects.filter(
            case__in={event.case for event in events}
        ).values_list("agency", "case", "seq")
    }
    fresh: list[StoredEvent] = []
    for index, event in enumerate(events):
        digest = digest_of(event)
        place = (event.agency, event.case, event.seq)
        if event.event_id in known:
            if known[event.event_id] != digest:
                raise Problem(PRG_EVENT_CONFLICT, index=index)
            continue
        if place in places:
            raise Problem(PRG_EVENT_CONFLICT, index=index)
        known[event.event_id] = digest
        places.add(place)
        fields = msgspec.structs.asdict(event) | {"step": event.step.value}
        fresh.append(StoredEvent(**fields, digest=digest, exchange_id=exchange_id, received_at=now))
    StoredEvent.objects.bulk_create(fresh)
    return Receipt(accepted=len(fresh), known=len(events) - len(fresh))
