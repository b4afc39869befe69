"""What the call path needs of a running node, bound once at start and handed to it whole."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from taysir.exchange.backend import HttpPool
from taysir.exchange.errors import EXC_FEDERATION_EXPIRED, EXC_REPLAY
from taysir.exchange.journal import Journal
from taysir.exchange.model import Agreement, Directory, NodeEntry
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId
from taysir.kernel.signature import Signer, base64url


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """The information system behind one of our services."""

    pool: HttpPool
    base_path: str


class ReplayCache:
    """Remembers statement numbers until the statements expire; bounded."""

    def __init__(self, *, capacity: int = limits.REPLAY_CACHE_IDS) -> None:
        self._seen: OrderedDict[str, int] = OrderedDict()
        self._capacity = capacity

    def accept(self, number: str, *, expires_ms: int, now_ms: int) -> None:
        """Remember a number; raises EXC-0112 if it was seen, or if the memory is full."""
        while self._seen:
            oldest, expiry = next(iter(self._seen.items()))
            if expiry >= now_ms:
                break
            del self._seen[oldest]
        if number in self._seen or len(self._seen) >= self._capacity:
            raise Problem(EXC_REPLAY)
        self._seen[number] = expires_ms


class Counters:
    """Counts for /metrics: calls by direction and result, and the time they took."""

    def __init__(self) -> None:
        self.calls: dict[tuple[str, str], int] = {}
        self.elapsed_ms: dict[str, float] = {}

    def count(self, direction: str, *, result: str, elapsed_ms: float) -> None:
        """Count one call."""
        key = (direction, result)
        self.calls[key] = self.calls.get(key, 0) + 1
        self.elapsed_ms[direction] = self.elapsed_ms.get(direction, 0.0) + elapsed_ms


@dataclass(slots=True, kw_only=True)
class NodeRuntime:
    """A running node's parts. ``directory`` gives the federation document in hand now."""

    name: str
    zone: str
    subject_key: bytes
    directory: Callable[[], Directory]
    signers: dict[MemberId, Signer]
    backends: dict[ServiceId, Backend]
    peer_pool: Callable[[NodeEntry], HttpPool]
    journal: Journal
    now_ms: Callable[[], int]
    new_id: Callable[[], str]
    replay: ReplayCache = field(default_factory=ReplayCache)
    counters: Counters = field(default_factory=Counters)

    def now(self) -> datetime:
        """The time now."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    def current_directory(self) -> Directory:
        """Return the federation in force; raises EXC-0110 once the document has expired."""
        directory = self.directory()
        if self.now() >= directory.expires_at:
            expired_at = directory.expires_at.isoformat(timespec="seconds")
            raise Problem(EXC_FEDERATION_EXPIRED, expired_at=expired_at)
        return directory

    def pseudonym(self, subject: str) -> str:
        """Return the keyed pseudonym of an identity number; the same at every node."""
        if not subject:
            return ""
        return base64url(hmac.digest(self.subject_key, subject.encode("utf-8"), hashlib.sha256))

    def calls_today(self, agreement: Agreement) -> int:
        """Return how many calls the agreement carried since midnight UTC; 0 if unlimited."""
        if agreement.quota_per_day is None:
            return 0
        midnight = self.now().replace(hour=0, minute=0, second=0, microsecond=0)
        since_ms = int(midnight.timestamp() * 1000)
        return self.journal.calls_since(agreement.hash, since_ms=since_ms)

    def skew_limit(self) -> timedelta:
        """How far another node's clock may differ from ours."""
        return timedelta(seconds=limits.CLOCK_SKEW_S)
