"""What the call path needs of a running node, bound once at start and handed to it whole."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from taysir.exchange.admission import FRESH_MS, Admission, Ledger, ReplayCache
from taysir.exchange.backend import HttpPool
from taysir.exchange.consents import ConsentShelf
from taysir.exchange.descriptions import Descriptions
from taysir.exchange.errors import EXC_FEDERATION_EXPIRED
from taysir.exchange.journal import Journal
from taysir.exchange.journal_refusals import RefusalKeeper
from taysir.exchange.keys.base import DistantKey
from taysir.exchange.log_keeper import LogKeeper
from taysir.exchange.model import Directory, NodeEntry, StoredExchange
from taysir.exchange.peers import Peer
from taysir.exchange.quota import QuotaCounters
from taysir.exchange.sealing import Sealer
from taysir.exchange.turnstile import Turnstile
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId
from taysir.kernel.signature import Signer, base64url
from taysir.kernel.statement import Statement, sign_statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """The information system behind one of our services."""

    pool: HttpPool
    base_path: str


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


class Evidence(Protocol):
    """Where a call's evidence is kept."""

    def append(self, exchange: StoredExchange) -> Awaitable[int]:
        """Keep one exchange; its position comes once it is durable; raises EXC-0130."""
        ...

    def check(self) -> None:
        """Refuse a new call when its evidence could not be kept; raises EXC-0130."""
        ...


class Refusals(Protocol):
    """Where messages are kept that were refused unsigned."""

    async def keep(self, token: bytes, *, code: str, tls_thumbprint: str) -> None:
        """Keep one refusal if there is room for it."""
        ...


@dataclass(slots=True, kw_only=True)
class CallRuntime:
    """What carries calls. ``directory`` gives the federation document in hand now.

    ``evidence``, ``admission``, ``refusals`` and ``counters`` are the node's own in the process
    that writes it, and ask that process in a worker.
    """

    name: str
    zone: str
    subject_key: bytes
    directory: Callable[[], Directory]
    signers: dict[MemberId, Signer]
    backends: dict[ServiceId, Backend]
    peer: Callable[[NodeEntry], Peer]
    consents: ConsentShelf
    descriptions: Descriptions
    now_ms: Callable[[], int]
    new_id: Callable[[], str]
    evidence: Evidence
    admission: Admission
    refusals: Refusals
    counters: Counters = field(default_factory=Counters)
    sealers: dict[MemberId, Sealer] = field(init=False)
    alone: Turnstile = field(init=False)
    batched: Turnstile = field(init=False)

    def __post_init__(self) -> None:
        """Make what belongs to the running event loop."""
        loop = asyncio.get_running_loop()
        self.alone = Turnstile(limits.CALLS_A_TURN, loop=loop)
        self.batched = Turnstile(limits.BATCHED_CALLS_A_TURN, loop=loop)
        self.sealers = {
            member: Sealer(partial(self.signers.__getitem__, member), loop=loop, now_ms=self.now_ms)
            for member in self.signers
        }

    def now(self) -> datetime:
        """The time now."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    def current_directory(self) -> Directory:
        """Return the federation in force, if new calls may be made.

        Raises:
            Problem: EXC-0110 once the document has expired, EXC-0130, EXC-0541 and EXC-0542 when
                evidence cannot be kept or completed.
        """
        self.check_evidence()
        directory = self.directory()
        if self.now() >= directory.expires_at:
            expired_at = directory.expires_at.isoformat(timespec="seconds")
            raise Problem(EXC_FEDERATION_EXPIRED, expired_at=expired_at)
        return directory

    def check_evidence(self) -> None:
        """Refuse new calls while evidence cannot be kept; raises EXC-0130."""
        self.evidence.check()

    def take_turn(self, *, batch: bool) -> Awaitable[None]:
        """Wait until this call may be signed or verified in this turn of the loop."""
        return (self.batched if batch else self.alone).enter()

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


@dataclass(slots=True, kw_only=True)
class NodeRuntime(CallRuntime):
    """A running node's parts, in the process that writes it."""

    journal: Journal
    keeper: LogKeeper | None = None
    replay: ReplayCache = field(default_factory=ReplayCache)
    evidence: Evidence = field(init=False)
    admission: Ledger = field(init=False)
    refusals: RefusalKeeper = field(init=False)
    quotas: QuotaCounters = field(init=False)

    def __post_init__(self) -> None:
        """Remember the calls that were received just before a restart, so none is played again."""
        CallRuntime.__post_init__(self)
        self.evidence = self.journal
        self.quotas = QuotaCounters(self.journal)
        self.refusals = RefusalKeeper(self.journal, now_ms=self.now_ms, new_id=self.new_id)
        self.admission = Ledger(
            replay=self.replay, quotas=self.quotas, consents=self.consents, now_ms=self.now_ms
        )
        now_ms = self.now_ms()
        seen = self.journal.received_since(now_ms - FRESH_MS)
        for number in {f"{consumer} {exchange_id}" for consumer, exchange_id in seen}:
            self.replay.accept(number, now_ms=now_ms)

    def check_evidence(self) -> None:
        """Refuse new calls while evidence cannot be kept or completed.

        Raises:
            Problem: EXC-0130, EXC-0541, EXC-0542.
        """
        self.journal.check()
        if self.keeper is not None:
            self.keeper.check()
