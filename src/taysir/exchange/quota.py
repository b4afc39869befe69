"""Counts calls for the quotas of agreements and for the frequency of consents.

Counts live in memory and begin, after a restart, from what the journal holds. A period begins at
its UTC minute, hour, day or month; each node counts for itself, so both parties enforce the same
number. Only calls that every other rule permitted are counted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Protocol

from taysir.exchange.model import Agreement, Direction, Period

_LENGTH_MS: Final = {Period.MINUTE: 60_000, Period.HOUR: 3_600_000, Period.DAY: 86_400_000}


class AnsweredCalls(Protocol):
    """What the journal can say about the past."""

    def answered_since(
        self, agreement: str, *, direction: Direction, since_ms: int, purpose: str = ""
    ) -> int:
        """Return how many calls an agreement carried on one side since a time, for a purpose."""


def period_start(period: Period, *, now_ms: int) -> int:
    """Return when the present minute, hour, day or month began, in milliseconds UTC."""
    length = _LENGTH_MS.get(period)
    if length is not None:
        return now_ms - now_ms % length
    moment = datetime.fromtimestamp(now_ms / 1000, UTC)
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return int(first.timestamp() * 1000)


class QuotaCounters:
    """The counts of one node."""

    def __init__(self, journal: AnsweredCalls) -> None:
        self._journal = journal
        self._counts: dict[tuple[str, Direction, int], tuple[int, int]] = {}

    def before(self, agreement: Agreement, *, direction: Direction, now_ms: int) -> tuple[int, ...]:
        """Return the calls of each quota in its present period, before this one."""
        return tuple(
            self._count(agreement, number, direction=direction, now_ms=now_ms)
            for number in range(len(agreement.quotas))
        )

    def take(
        self, agreement: Agreement, *, purpose: str, direction: Direction, now_ms: int
    ) -> None:
        """Count one permitted call in every quota that covers its purpose."""
        for number, quota in enumerate(agreement.quotas):
            if quota.purpose in ("", purpose):
                count = self._count(agreement, number, direction=direction, now_ms=now_ms)
                start = period_start(quota.per, now_ms=now_ms)
                self._counts[agreement.hash, direction, number] = (start, count + 1)

    def _count(
        self, agreement: Agreement, number: int, *, direction: Direction, now_ms: int
    ) -> int:
        key = (agreement.hash, direction, number)
        quota = agreement.quotas[number]
        start = period_start(quota.per, now_ms=now_ms)
        kept = self._counts.get(key)
        if kept is not None:
            return kept[1] if kept[0] == start else 0
        count = self._journal.answered_since(
            agreement.hash, direction=direction, since_ms=start, purpose=quota.purpose
        )
        self._counts[key] = (start, count)
        return count
