"""What is counted about calls at one node: numbers seen, calls of quotas, uses of consents.

The policy says whether a call is permitted by its own facts; this module says whether it comes for
the first time and whether there is any left of what its agreement and consent count. Looking and
counting are one step, so that no two calls take the last one. A node has one :class:`Ledger`; its
worker processes ask the process that holds it (``worker_link``).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from taysir.exchange.consents import ConsentShelf
from taysir.exchange.errors import EXC_BUSY, EXC_REPLAY
from taysir.exchange.face_errors import EXC_CONCURRENT, EXC_RATE
from taysir.exchange.model import Agreement, Direction
from taysir.exchange.policy import check_counts
from taysir.exchange.quota import QuotaCounters
from taysir.kernel import limits
from taysir.kernel.errors import Problem

FRESH_MS: Final = 2 * (limits.CLOCK_SKEW_S + 1) * 1000
"""Clocks are compared in whole seconds, so each side of the skew is up to a second longer."""

TURNED_AWAY: Final = frozenset({EXC_RATE.code, EXC_CONCURRENT.code})
"""What a partner is told who takes too much; its call leaves no evidence."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One call that wants to be counted.

    Attributes:
        direction: the side of the call on which this node is.
        partner: whose call it is at this node: a subsystem, or a TLS certificate's thumbprint.
        consumer: the subsystem that asks.
        service: the service that is asked.
        number: what makes a received statement recognisable; empty for a call that is sent.
        agreement: the hash of the agreement, or empty for a call that is refused already.
        purpose: the purpose claimed.
        consent: the hash of the consent that the call names, or empty.
    """

    direction: Direction
    partner: str
    consumer: str
    service: str
    number: str = ""
    agreement: str = ""
    purpose: str = ""
    consent: str = ""


class Admission(Protocol):
    """Counts the calls of a node."""

    async def admit(self, asked: Asked, *, agreement: Agreement | None) -> int:
        """Count one call, or refuse it; the number that is returned ends it with :meth:`leave`.

        Raises:
            Problem: EXC-0112 for a number that was seen, EXC-0116 when no more are remembered,
                EXC-0107 and EXC-0118 when quota or consent are used up; in a worker process also
                EXC-0177 and EXC-0178.
        """
        ...

    def leave(self, ticket: int) -> None:
        """End a call that was counted; zero ends nothing."""
        ...


class ReplayCache:
    """Remembers statement numbers for as long as the statements count as fresh; bounded."""

    def __init__(self, *, capacity: int = limits.REPLAY_CACHE_IDS) -> None:
        self._seen: OrderedDict[str, int] = OrderedDict()
        self._capacity = capacity

    def accept(self, number: str, *, now_ms: int) -> None:
        """Remember a number; raises EXC-0112 if it was seen, EXC-0116 if the memory is full.

        A statement is fresh from one skew before its time to one skew after it, so a number that
        has been here for longer than two skews can be forgotten, whatever the sender wrote.
        """
        while self._seen:
            oldest, since_ms = next(iter(self._seen.items()))
            if since_ms + FRESH_MS >= now_ms:
                break
            del self._seen[oldest]
        if number in self._seen:
            raise Problem(EXC_REPLAY)
        if len(self._seen) >= self._capacity:
            raise Problem(EXC_BUSY)
        self._seen[number] = now_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The counts of one node; used from its event loop only."""

    replay: ReplayCache
    quotas: QuotaCounters
    consents: ConsentShelf
    now_ms: Callable[[], int]

    async def admit(self, asked: Asked, *, agreement: Agreement | None) -> int:
        """Count one call; it needs no ending, because partners are counted at the face."""
        self.count(asked, agreement=agreement)
        return 0

    def leave(self, ticket: int) -> None:
        """There is nothing to end."""

    def count(self, asked: Asked, *, agreement: Agreement | None) -> None:
        """Count one call in everything that counts it, or in nothing; raises why not.

        A number counts as seen even when the call is refused for another reason.
        """
        if asked.number:
            self.replay.accept(asked.number, now_ms=self.now_ms())
        if agreement is None or not (agreement.quotas or asked.consent):
            return
        direction, now_ms = asked.direction, self.now_ms()
        before = self.quotas.before(agreement, direction=direction, now_ms=now_ms)
        check_counts(
            agreement,
            purpose=asked.purpose,
            calls=before,
            held=self.consents.find(asked.consent),
            consent_uses=self.consents.uses(asked.consent, direction=direction),
        )
        self.quotas.take(agreement, purpose=asked.purpose, direction=direction, now_ms=now_ms)
        if asked.consent:
            self.consents.use(asked.consent, direction=direction)
