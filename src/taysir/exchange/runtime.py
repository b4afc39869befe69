"""What the call path needs of a running node, bound once at start and handed to it whole."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Final

from taysir.exchange.backend import HttpPool
from taysir.exchange.consents import ConsentShelf
from taysir.exchange.descriptions import Descriptions
from taysir.exchange.errors import EXC_BUSY, EXC_FEDERATION_EXPIRED, EXC_REPLAY
from taysir.exchange.journal import Journal
from taysir.exchange.journal_refusals import RefusalKeeper
from taysir.exchange.keys.base import DistantKey
from taysir.exchange.log_keeper import LogKeeper
from taysir.exchange.model import Directory, NodeEntry
from taysir.exchange.peers import Peer
from taysir.exchange.quota import QuotaCounters
from taysir.exchange.sealing import Sealer
from taysir.exchange.turnstile import Turnstile
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId
from taysir.kernel.signature import Signer, base64url
from taysir.kernel.statement import Statement, sign_statement

_FRESH_MS: Final = 2 * (limits.CLOCK_SKEW_S + 1) * 1000
"""Clocks are compared in whole seconds, so each side of the skew is up to a second longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """The information system behind one of our services."""

    pool: HttpPool
    base_path: str


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
            if since_ms + _FRESH_MS >= now_ms:
                break
            del self._seen[oldest]
        if number in self._seen:
            raise Problem(EXC_REPLAY)
        if len(self._seen) >= self._capacity:
            raise Problem(EXC_BUSY)
        self._seen[number] = now_ms


class Counters:
    """Counts for /metrics: calls by direction and result, and the time they took."""

    def __init__(self) -> None:
        self.calls: dict[tuple[str, str], int] = {}
        self.elapsed_ms: dict[str, float] = {}
        self.refusals: dict[tuple[str, str], int] = {}

    def count(self, direction: str, *, result: str, elapsed_ms: float) -> None:
        """Count one call."""
        key = (direction, result)
        self.calls[key] = self.calls.get(key, 0) + 1
        self.elapsed_ms[direction] = self.elapsed_ms.get(direction, 0.0) + elapsed_ms

    def refuse(self, face: str, *, code: str) -> None:
        """Count one request that a face refused before it became a call."""
        key = (face, code)
        self.refusals[key] = self.refusals.get(key, 0) + 1


@dataclass(slots=True, kw_only=True)
class NodeRuntime:
    """A running node's parts. ``directory`` gives the federation document in hand now."""

    name: str
    zone: str
    subject_key: bytes
    directory: Callable[[], Directory]
    signers: dict[MemberId, Signer]
    backends: dict[ServiceId, Backend]
    peer: Callable[[NodeEntry], Peer]
    journal: Journal
    consents: ConsentShelf
    descriptions: Descriptions
    now_ms: Callable[[], int]
    new_id: Callable[[], str]
    keeper: LogKeeper | None = None
    replay: ReplayCache = field(default_factory=ReplayCache)
    counters: Counters = field(default_factory=Counters)
    refusals: RefusalKeeper = field(init=False)
    quotas: QuotaCounters = field(init=False)
    sealers: dict[MemberId, Sealer] = field(init=False)
    alone: Turnstile = field(init=False)
    batched: Turnstile = field(init=False)

    def __post_init__(self) -> None:
        """Remember the calls that were received just before a restart, so none is played again."""
        self.quotas = QuotaCounters(self.journal)
        self.refusals = RefusalKeeper(self.journal, now_ms=self.now_ms, new_id=self.new_id)
        loop = asyncio.get_running_loop()
        self.alone = Turnstile(limits.CALLS_A_TURN, loop=loop)
        self.batched = Turnstile(limits.BATCHED_CALLS_A_TURN, loop=loop)
        self.sealers = {
            member: Sealer(partial(self.signers.__getitem__, member), loop=loop, now_ms=self.now_ms)
            for member in self.signers
        }
        now_ms = self.now_ms()
        seen = self.journal.received_since(now_ms - _FRESH_MS)
        for number in {f"{consumer} {exchange_id}" for consumer, exchange_id in seen}:
            self.replay.accept(number, now_ms=now_ms)

    def now(self) -> datetime:
        """The time now."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    def current_directory(self) -> Directory:
        """Return the federation in force, if new calls may be made.

        Raises:
            Problem: EXC-0110 once the document has expired, EXC-0130, EXC-0541 and EXC-0542 when
                evidence cannot be kept or completed.
        """
        self.journal.check()
        if self.keeper is not None:
            self.keeper.check()
        directory = self.directory()
        if self.now() >= directory.expires_at:
            expired_at = directory.expires_at.isoformat(timespec="seconds")
            raise Problem(EXC_FEDERATION_EXPIRED, expired_at=expired_at)
        return directory

    async def take_turn(self, *, batch: bool) -> None:
        """Wait until this call may be signed or verified in this turn of the loop."""
        await (self.batched if batch else self.alone).enter()

    async def sign(self, statement: Statement, *, by: MemberId, batch: bool) -> bytes:
        """Return a member's signed token of a statement, alone or in a batch."""
        if batch:
            return await self.sealers[by].seal(statement)
        signer = self.signers[by]
        if isinstance(signer.key, DistantKey):
            return await asyncio.to_thread(sign_statement, statement, signer=signer)
        return sign_statement(statement, signer=signer)

    def pseudonym(self, subject: str) -> str:
        """Return the keyed pseudonym of an identity number; the same at every node."""
        if not subject:
            return ""
        return base64url(hmac.digest(self.subject_key, subject.encode("utf-8"), hashlib.sha256))
