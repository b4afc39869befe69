"""What one partner may take of a node: requests a second and calls under way.

Partners are other nodes (by the certificate of their connection) and information systems (by their
subsystem). One who asks too much is refused in a microsecond, before any signature is checked,
and the others do not notice. Connections, sizes and slow clients are bounded by the HTTP server.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Annotated

import msgspec

from taysir.exchange.face_errors import EXC_CONCURRENT, EXC_RATE
from taysir.kernel import limits
from taysir.kernel.errors import Problem

_Positive = Annotated[float, msgspec.Meta(gt=0)]
_Count = Annotated[int, msgspec.Meta(ge=1)]


class Allowance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What each partner of one kind may take.

    Attributes:
        requests_per_s: requests a second in the long run.
        burst: requests that may come at once after a rest.
        calls: calls under way together.
    """

    requests_per_s: _Positive = limits.PARTNER_REQUESTS_PER_S
    burst: _Count = limits.PARTNER_BURST
    calls: _Count = limits.PARTNER_CALLS


@dataclass(slots=True)
class _Account:
    """What a partner has left: requests now, as of a time, and its calls under way."""

    requests: float
    at: float
    calls: int = 0


class PartnerLimits:
    """Keeps the account of every partner of one kind; accounts at rest are forgotten."""

    def __init__(
        self,
        allowance: Allowance,
        *,
        clock: Callable[[], float],
        partners: int = limits.PARTNERS_TRACKED,
    ) -> None:
        self._allowance = allowance
        self._clock = clock
        self._partners = partners
        self._accounts: OrderedDict[Hashable, _Account] = OrderedDict()

    def enter(self, partner: Hashable) -> None:
        """Let one call in; each is ended with :meth:`leave`.

        Raises:
            Problem: EXC-0177 when the partner asks too often, EXC-0178 when too many of its calls
                are under way.
        """
        allowance, now = self._allowance, self._clock()
        account = self._accounts.get(partner)
        if account is None:
            account = self._open(partner, now=now)
        grown = account.requests + (now - account.at) * allowance.requests_per_s
        account.requests = min(grown, float(allowance.burst))
        account.at = now
        if account.calls >= allowance.calls:
            raise Problem(EXC_CONCURRENT, limit=allowance.calls, retry_after_s=limits.BUSY_RETRY_S)
        if account.requests < 1.0:
            missing_s = (1.0 - account.requests) / allowance.requests_per_s
            raise Problem(
                EXC_RATE,
                limit=f"{allowance.requests_per_s:g}",
                retry_after_s=max(1, math.ceil(missing_s)),
            )
        account.requests -= 1.0
        account.calls += 1

    def leave(self, partner: Hashable) -> None:
        """End one call that was let in."""
        self._accounts[partner].calls -= 1

    def under_way(self, partner: Hashable) -> int:
        """Return how many calls of a partner are under way."""
        account = self._accounts.get(partner)
        return account.calls if account else 0

    def _open(self, partner: Hashable, *, now: float) -> _Account:
        """Begin an account; the oldest one without calls under way makes room for it."""
        if len(self._accounts) >= self._partners:
            for other, account in self._accounts.items():
                if not account.calls:
                    del self._accounts[other]
                    break
            else:
                raise Problem(
                    EXC_CONCURRENT, limit=self._partners, retry_after_s=limits.BUSY_RETRY_S
                )
        account = _Account(requests=float(self._allowance.burst), at=now)
        self._accounts[partner] = account
        return account
