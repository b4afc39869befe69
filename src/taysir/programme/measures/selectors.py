"""Reads the stored events: for the figures, and page by page for what lies behind one."""

from __future__ import annotations

from collections.abc import Sequence

from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.programme.measures.errors import PRG_TOO_MANY_EVENTS
from taysir.programme.measures.events import Event
from taysir.programme.measures.indicators import Figure, compute
from taysir.programme.measures.models import StoredEvent

_COLUMNS = (
    "event_id", "case", "service", "service_version", "agency", "seq", "step", "at", "channel",
    "actor_role", "exchange_id", "data",
)  # fmt: skip


def services() -> list[str]:
    """Return the services that events were sent for."""
    found = StoredEvent.objects.order_by("service").values_list("service", flat=True).distinct()
    return list(found)


def figures(service: str = "") -> dict[str, Figure]:
    """Compute every figure now, of one service or of all; raises PRG-0107."""
    stored = StoredEvent.objects.filter(service=service) if service else StoredEvent.objects.all()
    if stored.count() > limits.MEASURES_EVENTS:
        raise Problem(PRG_TOO_MANY_EVENTS, limit=limits.MEASURES_EVENTS)
    return compute(Event(**row) for row in stored.values(*_COLUMNS))


def events_named(ids: Sequence[str], *, page: int) -> list[StoredEvent]:
    """Return one page of the named events, in the order of the names."""
    start = (page - 1) * limits.MEASURES_PAGE
    wanted = ids[start : start + limits.MEASURES_PAGE]
    found = StoredEvent.objects.in_bulk(wanted)
    return [found[name] for name in wanted if name in found]


def events_of_case(agency: str, *, case: str) -> list[StoredEvent]:
    """Return the events of one pseudonymous case in their order."""
    return list(StoredEvent.objects.filter(agency=agency, case=case)[: limits.MEASURES_PAGE * 4])
