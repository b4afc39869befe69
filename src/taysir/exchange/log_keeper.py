"""Keeps the log of a running node: leaves, checkpoints, cosignatures, time-stamps, status.

The journal's writer tells what became durable; one background task makes leaves of it, signs a
checkpoint each second if there is something new, and every few seconds has the newest one cosigned
by other nodes' witnesses and stamped by a time-stamp authority. No call waits for any of this. When
third parties are gone the node goes on and catches up later, until the oldest statement without a
time is too old: then new calls are refused (:meth:`LogKeeper.check`).
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from taysir.exchange.log import JournalReader, LeafMaker, TransparencyLog
from taysir.exchange.log_archive import ArchivedCheckpoint, LogArchive
from taysir.exchange.log_errors import EXC_EVIDENCE_BEHIND
from taysir.exchange.log_lag import LogLag
from taysir.exchange.log_metrics import log_metrics
from taysir.exchange.log_trust import LogTrust
from taysir.exchange.model import StoredExchange
from taysir.exchange.stamping import Stamper
from taysir.exchange.trust_status import RevocationStatus
from taysir.exchange.witness import Ask, WitnessAsker, WitnessPeer, post_checkpoint
from taysir.kernel import limits
from taysir.kernel.checkpoint import NoteSigner, open_note, signed_by_log
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.kernel.tlog_proof import TlogProof

log = get_logger(__name__)


class WatchedJournal(JournalReader, Protocol):
    """A journal that tells what became durable."""

    def watch(self, watcher: Callable[[int, Sequence[StoredExchange]], None]) -> None:
        """Have every batch told to a watcher."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPorts:
    """Whom the keeper talks to; ``fetch_status`` gets the authority's revocation list."""

    trust: Callable[[], LogTrust]
    now_ms: Callable[[], int]
    stamper: Stamper | None = None
    fetch_status: Callable[[], RevocationStatus] | None = None
    ask: Ask = post_checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProof:
    """What the log can say about one record; ``token`` and ``status`` are empty until they are had.

    The proof's checkpoint carries the cosignatures that there are.
    """

    proof: TlogProof
    token: bytes
    status: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeProof:
    """What the log can say about records in a row, under one checkpoint."""

    salts: tuple[bytes, ...]
    hashes: tuple[bytes, ...]
    note: bytes
    token: bytes
    status: bytes


@dataclass(slots=True)
class _Due:
    """When things were last done, in milliseconds; long ago at the beginning."""

    published: float = float("-inf")
    round: float = float("-inf")
    status: float = float("-inf")


class LogKeeper:
    """The log of one node, with its third parties."""

    def __init__(
        self,
        folder: Path,
        *,
        node: str,
        signer: NoteSigner,
        leaves: LeafMaker,
        ports: LogPorts,
        refuse_after_s: float = limits.LOG_REFUSE_AFTER_S,
    ) -> None:
        """Remember what to keep and where; :meth:`open` binds it to a journal."""
        self._folder = folder
        self._node = node
        self._signer = signer
        self._leaves = leaves
        self._ports = ports
        self._refuse_after_ms = refuse_after_s * 1000
        self._archive = LogArchive(folder / "archive.sqlite")
        self._lag = LogLag(complete_size=self._archive.complete_size())
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="log")
        self._pending: deque[tuple[int, list[tuple[bytes, bytes]]]] = deque()
        self._due = _Due()
        self._work = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()
        self._log: TransparencyLog | None = None
        self._asker: WitnessAsker | None = None
        self._broken: Problem | None = None
        self._unsure = False
        self._status_size = -1
        self.failures: Counter[str] = Counter()
        self.witnesses = 0

    # --- opening and closing ---------------------------------------------------------------------

    def open(self, journal: WatchedJournal) -> None:
        """Open the log over a journal; a log that does not fit it refuses every call from then on.

        Cost: reads the journal's records that are not leaves yet.
        """
        try:
            self._log = TransparencyLog(
                self._folder / "log", signer=self._signer, leaves=self._leaves, journal=journal
            )
        except Problem as problem:
            log.error("log_stopped", code=problem.code)
            self._broken = problem
            return
        self._asker = WitnessAsker(self._log, ask=self._ports.ask)
        waiting = journal.exchanges(start=self._archive.complete_size())
        for record in islice(waiting, 1):
            self._lag.arrived(self._log.size, at_ms=record.recorded_at_ms)
        journal.watch(self._told)

    def _told(self, position: int, exchanges: Sequence[StoredExchange]) -> None:
        """Remember durable records; called by the journal's writer, so it only takes notes."""
        self._lag.arrived(position + len(exchanges), at_ms=self._ports.now_ms())
        if len(self._pending) < limits.LOG_PENDING_BATCHES:
            statements = [(exchange.request, exchange.response) for exchange in exchanges]
            self._pending.append((position, statements))

    async def run(self) -> None:
        """Keep the log until cancelled, then close it."""
        try:
            while True:
                await self.tick()
                await asyncio.sleep(limits.LOG_APPEND_INTERVAL_S)
        finally:
            await self.close()

    async def idle(self) -> None:
        """Wait for what is under way with third parties."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def close(self) -> None:
        """Sign what is there once more and release the files; third parties are left alone."""
        for task in self._under_way:
            task.cancel()
        if self._log is not None and self._broken is None:
            await self._kept(self._grow, self._log)
        await asyncio.to_thread(self._threads.shutdown)
        self._archive.close()

    # --- the work --------------------------------------------------------------------------------

    async def tick(self) -> None:
        """Do what is due now; rounds and status go on in the background."""
        if self._log is None or self._broken is not None:
            return
        now_ms, due = self._ports.now_ms(), self._due
        if self._unsure and not await self._kept(self._reopen, self._log):
            return
        await self._write_what_is_due(self._log, now_ms=now_ms)
        incomplete = self._log.checkpoint.size > self.stamped_size
        if incomplete and now_ms - due.round >= limits.LOG_STAMP_INTERVAL_S * 1000:
            self._start(self.round())
        if now_ms - due.status >= limits.STATUS_FETCH_INTERVAL_S * 1000:
            self._start(self.renew_status())

    async def _write_what_is_due(self, kept: TransparencyLog, *, now_ms: int) -> None:
        """Make leaves of what has come, and sign a checkpoint if it is time for one."""
        if (self._pending or kept.behind) and not self._work.locked():
            await self._kept(self._drain, kept)
        grown = kept.size > kept.checkpoint.size
        if grown and now_ms - self._due.published >= limits.LOG_CHECKPOINT_INTERVAL_S * 1000:
            self._due.published = now_ms
            await self._kept(self._publish, kept)

    @property
    def stamped_size(self) -> int:
        """How many records are under a witnessed, stamped checkpoint."""
        return self._lag.complete_size

    def _start(self, work: Coroutine[Any, Any, None]) -> set[asyncio.Task[None]]:
        """Begin a piece of work, and return it as a set to wait for."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return {task}

    async def _kept(self, work: Callable[..., object], *values: object) -> bool:
        """Write something, one thing at a time; returns whether it is written.

        A disk that fails is tried again, from the last checkpoint on; a log that does not fit its
        journal is not.
        """
        loop = asyncio.get_running_loop()
        async with self._work:
            try:
                await loop.run_in_executor(self._threads, work, *values)
            except Problem as problem:
                log.error("log_stopped", code=problem.code)
                self._broken = problem
            except (OSError, sqlite3.Error) as error:
                self.failures["disk"] += 1
                self._unsure = True
                log.warning("log_not_written", reason=type(error).__name__)
            else:
                return True
        return False

    def _reopen(self, kept: TransparencyLog) -> None:
        kept.reopen()
        self._unsure = False

    def _drain(self, kept: TransparencyLog) -> None:
        while self._pending:
            position, statements = self._pending.popleft()
            kept.append(position, statements)
        kept.catch_up()

    def _publish(self, kept: TransparencyLog) -> None:
        if not self._unsure:
            kept.publish()

    def _grow(self, kept: TransparencyLog) -> None:
        """Make leaves of everything durable and sign it."""
        if self._unsure:
            self._reopen(kept)
        self._drain(kept)
        kept.publish()

    async def settle(self, position: int, *, timeout_s: float) -> bool:
        """Have a record witnessed and stamped now, not in some seconds; returns whether it is."""
        if self._log is None or self._broken is not None:
            return False
        if self.stamped_size <= position:
            work = self._start(self._settle(self._log))
            await asyncio.wait(work, timeout=timeout_s)
        return self.stamped_size > position

    async def _settle(self, kept: TransparencyLog) -> None:
        if not await self._kept(self._grow, kept):
            return
        await asyncio.gather(self.round(), self.renew_status())

    async def round(self) -> None:
        """Have the newest checkpoint cosigned and stamped, and keep what was had."""
        self._due.round = self._ports.now_ms()
        if self._log is None or not self._log.note:
            return
        trust, note, size = self._ports.trust(), self._log.note, self._log.checkpoint.size
        peers = trust.witnesses_of(self._node)[: limits.LOG_WITNESSES]
        cosigned, token = await self._vouched(note, known=self._archive.of_size(size), peers=peers)
        keys = [key for peer in peers for key in peer.keys]
        signers = {signature.name for signature in open_note(cosigned, keys=keys)[1]}
        self.witnesses = len(signers)
        complete = len(signers) >= trust.quorum and bool(token)
        if not token and not signers:
            return
        now_ms = self._ports.now_ms()
        row = ArchivedCheckpoint(
            size=size, note=cosigned, token=token, complete=complete, at_ms=now_ms
        )
        kept = await self._kept(self._archive.keep, row)
        await self._kept(self._log.show_cosigned, cosigned)
        if complete and kept:
            self._lag.completed(size, at_ms=now_ms)

    async def _vouched(
        self, note: bytes, *, known: ArchivedCheckpoint | None, peers: Sequence[WitnessPeer]
    ) -> tuple[bytes, bytes]:
        """Return a note with the cosignatures that could be had, and its time-stamp."""
        base = known.note if known is not None else note
        *lines, token = await asyncio.gather(
            *(self._cosign(signed_by_log(note), peer) for peer in peers),
            self._stamp(note, known=known),
        )
        return base + b"".join(line for line in lines if line not in base), token

    async def _cosign(self, note: bytes, peer: WitnessPeer) -> bytes:
        assert self._asker is not None
        ask = self._asker
        return await self._third_party(f"witness {peer.name}", lambda: ask.cosign(note, peer=peer))

    async def _stamp(self, note: bytes, *, known: ArchivedCheckpoint | None) -> bytes:
        stamper = self._ports.stamper
        if known is not None and known.token:
            return known.token
        if stamper is None:
            return b""
        return await self._third_party("stamp", lambda: stamper.stamp(signed_by_log(note)))

    async def _third_party(self, name: str, work: Callable[[], bytes]) -> bytes:
        """Return what a third party gave, or nothing: it will be asked again."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, work)
        except sqlite3.Error as error:
            self.failures["disk"] += 1
            log.warning("log_not_written", reason=type(error).__name__)
            return b""
        except Problem as problem:
            self.failures[name.partition(" ")[0]] += 1
            log.warning("third_party_failed", party=name, code=problem.code, **problem.params)
            return b""

    async def renew_status(self) -> None:
        """Fetch the revocation status and keep it, if there are records it may tell about."""
        self._due.status = self._ports.now_ms()
        fetch, size = self._ports.fetch_status, self._log.size if self._log else 0
        if fetch is None or size == self._status_size:
            return

        def keep() -> bytes:
            status = fetch()
            self._archive.keep_status(
                status.der,
                issued_ms=int(status.issued_at.timestamp() * 1000),
                until_ms=int(status.until.timestamp() * 1000),
            )
            return status.der

        if await self._third_party("status", keep):
            self._status_size = size

    # --- what the node asks ----------------------------------------------------------------------

    @property
    def served(self) -> TransparencyLog | None:
        """The log to serve; None when it does not fit the journal."""
        return self._log

    def oldest_unstamped_s(self) -> float:
        """Return how long the oldest record without third-party time has waited."""
        return self._lag.oldest_ms(now_ms=self._ports.now_ms()) / 1000

    def check(self) -> None:
        """Refuse new calls when evidence is too far behind; raises EXC-0541, EXC-0542.

        Cost: below a microsecond.
        """
        if self._broken is not None:
            raise Problem(self._broken.kind, **self._broken.params)
        if self._ports.stamper is None or not self._refuse_after_ms:
            return
        age_ms = self._lag.oldest_ms(now_ms=self._ports.now_ms())
        if age_ms > self._refuse_after_ms:
            raise Problem(EXC_EVIDENCE_BEHIND, age_s=age_ms // 1000)

    def state(self) -> dict[str, Any]:
        """Return what ready checks show."""
        kept = self._log
        return {
            "records": kept.size if kept else 0,
            "checkpoint": kept.checkpoint.size if kept else 0,
            "stamped": self.stamped_size,
            "witnesses": self.witnesses,
            "oldest_unstamped_s": round(self.oldest_unstamped_s(), 1),
        }

    def metrics(self) -> list[str]:
        """Return the lines for Prometheus."""
        return log_metrics(self.state(), lag=self._lag, failures=self.failures)

    def prove(self, position: int, *, signed_at_ms: int, newest: bool = False) -> LogProof | None:
        """Return what the log can say about a record; None when it is not under a checkpoint.

        The earliest complete checkpoint over it gives the earliest time; the newest one the newest
        keys and algorithms.
        """
        kept = self._log
        if kept is None or not 0 <= position < kept.checkpoint.size:
            return None
        row = self._archive.over(position)
        if newest and row is not None and row.complete:
            row = self._archive.newest()
        note, size = (row.note, row.size) if row else (kept.note, kept.checkpoint.size)
        proof = TlogProof(
            index=position,
            hashes=tuple(kept.prove(position, size=size)),
            checkpoint=note,
            extra=kept.leaves.salt(position),
        )
        # A list from before others saw the statements could leave out a key that was lost by then.
        status = self._archive.status_for(max(signed_at_ms, row.at_ms if row else 0))
        return LogProof(proof=proof, token=row.token if row else b"", status=status)

    def prove_range(self, start: int, *, count: int) -> RangeProof | None:
        """Return what the log can say about records in a row; None when they are not under it."""
        kept, last = self._log, start + count - 1
        if kept is None or not 0 <= start <= last < kept.checkpoint.size:
            return None
        row = self._archive.over(last)
        note, size = (row.note, row.size) if row else (kept.note, kept.checkpoint.size)
        return RangeProof(
            salts=tuple(kept.leaves.salt(position) for position in range(start, start + count)),
            hashes=tuple(kept.prove_range(start, count=count, size=size)),
            note=note,
            token=row.token if row else b"",
            status=self._archive.status_for(row.at_ms if row else self._ports.now_ms()),
        )


async def close_keeper(task: asyncio.Task[None]) -> None:
    """Stop a running keeper and wait for its end."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
