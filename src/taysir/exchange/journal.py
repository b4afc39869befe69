"""The node's evidence: every exchange is durable here before any answer leaves the node.

Calls append concurrently; everything that becomes ready in one turn of the event loop is committed
with one write and one fdatasync (group commit): in the loop itself while the disk is quick, in a
thread when it is slow or far away. Behind it lie the segments; beside it the index, which is
derived from the journal, may lag a moment, and is rebuilt when it is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from taysir.exchange.erasure import BodyKeys, node_body_key
from taysir.exchange.errors import EXC_JOURNAL, EXC_JOURNAL_DAMAGED
from taysir.exchange.index import ExchangeIndex, IndexRow, index_row
from taysir.exchange.index_feeder import IndexFeeder
from taysir.exchange.journal_lock import JournalLock
from taysir.exchange.journal_lookups import JournalLookups
from taysir.exchange.journal_records import (
    decode_exchange,
    encode_exchanges,
    erasure_record,
)
from taysir.exchange.journal_store import SEGMENTS, Place, Record, Store
from taysir.exchange.model import StoredExchange
from taysir.exchange.segments import SegmentStore
from taysir.exchange.store_errors import EXC_INDEX_WRONG
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)

INDEX: Final = "index.sqlite"
BODY_KEYS: Final = "body-keys"
NODE_BODY_KEY: Final = "bodies.key"

_Kept = TypeVar("_Kept")

OpenStore = Callable[[], Store]
"""Opens the storage of a journal, once the folder's lock is held."""
Watcher = Callable[[int, Sequence[StoredExchange]], None]
"""Told of each batch once it is durable: the first position and the records; on the
writer's side, so it must be quick and must not raise."""


@dataclass(frozen=True, slots=True)
class _Group:
    """What one call appends: kept together, positions in a row, one future for all."""

    exchanges: Sequence[StoredExchange]
    done: asyncio.Future[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Erasing:
    """The wish to erase a subject's keys; it waits its turn among the groups."""

    subject: str
    reason: str
    at_ms: int
    number: str
    done: asyncio.Future[StoredExchange]


class _Prepare:
    """The wish to have the store prepare itself."""


class Journal(JournalLookups):
    """The evidence of one node; make it inside the running event loop and close it at the end."""

    def __init__(
        self,
        folder: Path,
        *,
        segment_bytes: int = limits.JOURNAL_SEGMENT_BYTES,
        open_store: OpenStore | None = None,
        body_key: Path | None = None,
    ) -> None:
        """Open the journal of a folder; its records lie in segments there, or in another store.

        Raises:
            Problem: EXC-0131 for a damaged journal, EXC-0801 for keys that cannot be opened,
                EXC-0802 when another process does not let go of the folder.
        """
        self._loop = asyncio.get_running_loop()
        self._lock = JournalLock(folder, wait_s=limits.JOURNAL_LOCK_WAIT_S)
        try:
            self._open(
                folder,
                open_store=open_store
                or (lambda: SegmentStore(folder / SEGMENTS, segment_bytes=segment_bytes)),
                body_key=body_key or folder / NODE_BODY_KEY,
            )
        except sqlite3.DatabaseError as error:
            self._lock.release()
            raise Problem(EXC_INDEX_WRONG, position=0, reason=str(error)) from error
        except (Problem, OSError):
            self._lock.release()
            raise
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()
        if self._store.lacks_room:
            # While the node starts, so that its first call need not wait for it.
            self._wish_room()

    def _open(self, folder: Path, *, open_store: OpenStore, body_key: Path) -> None:
        keys = folder / BODY_KEYS
        with contextlib.ExitStack() as opened:
            self._keys = BodyKeys(keys, node_key=node_body_key(body_key, keys=keys))
            opened.callback(self._keys.close)
            self._store = open_store()
            opened.callback(self._store.close)
            self._index = _open_index(folder / INDEX, kind=self._store.kind)
            opened.callback(self._index.close)
            self._catch_up()
            # What is open stays open, unless something above failed.
            opened.pop_all()
        self._watchers: list[Watcher] = []
        self._pending = 0
        self._ready: list[_Group] = []
        self._handed_over = 0
        self._may_block = self._store.kind == SegmentStore.kind
        self._slow_until = 0.0
        self._writing = threading.Lock()
        self._stuck_since = 0.0
        self._stopped = False
        self._trouble: str = ""
        self._is_preparing = False
        self._queue: queue.SimpleQueue[_Group | _Erasing | _Prepare | None] = queue.SimpleQueue()
        self._feeder = IndexFeeder(self._index, catch_up=self._catch_up)

    @property
    def count(self) -> int:
        """How many records the journal holds."""
        return self._store.next_position

    @property
    def chain(self) -> bytes:
        """The chain hash of the last durable record."""
        return self._store.chain

    def watch(self, watcher: Watcher) -> None:
        """Have every batch told to a watcher from now on, before its calls go on."""
        self._watchers.append(watcher)

    def _catch_up(self) -> None:
        """Bring an index that was lost or lags up to the journal; raises EXC-0131.

        An index that knows more than the journal means that the journal lost durable records.
        """
        if self._index.next_position() > self._store.next_position:
            raise Problem(
                EXC_JOURNAL_DAMAGED,
                position=self._store.next_position,
                file="segments",
                reason="the index knows records that are missing here",
            )
        behind = self._store.records(start=self._index.next_position())
        caught = 0
        for chunk in iter(lambda: list(islice(behind, limits.JOURNAL_INDEX_ROWS)), []):
            self._index.add([_row(record) for record in chunk])
            caught += len(chunk)
        if caught:
            log.info("index_caught_up", records=caught)

    # --- writing ---------------------------------------------------------------------------------

    def append(self, exchange: StoredExchange) -> asyncio.Future[int]:
        """Keep one exchange and return the future of its position; durable once it is there.

        Raises:
            Problem: EXC-0130 when the disk is full or too far behind.
        """
        return self.submit((exchange,))

    async def append_many(self, exchanges: Sequence[StoredExchange]) -> range:
        """Keep exchanges together, all or none, and return their positions; durable on return.

        Raises:
            Problem: EXC-0130 when the disk is full or too far behind.
        """
        first = await self.submit(exchanges)
        return range(first, first + len(exchanges))

    def check(self) -> None:
        """Refuse a new call when its evidence could not be kept; what is under way goes on.

        Cost: below a microsecond.

        Raises:
            Problem: EXC-0130 when the disk is full or too far behind.
        """
        if self._trouble:
            raise _refusal(self._trouble)
        if self._pending and self._loop.time() - self._stuck_since > limits.JOURNAL_WAIT_S:
            raise _refusal("the disk is too far behind")

    @property
    def refusing(self) -> bool:
        """Whether new calls are refused now."""
        try:
            self.check()
        except Problem:
            return True
        return False

    def submit(self, exchanges: Sequence[StoredExchange]) -> asyncio.Future[int]:
        """Queue records and return the future of their first position, from the event loop.

        Raises:
            Problem: EXC-0130 when the disk is too far behind.
        """
        if self._stopped:
            raise _refusal("the journal has stopped")
        if self._pending:
            stuck_s = self._loop.time() - self._stuck_since
            full = self._pending + len(exchanges) > limits.JOURNAL_QUEUE_RECORDS
            if full or stuck_s > limits.JOURNAL_WAIT_S:
                raise _refusal("the disk is too far behind")
        else:
            self._stuck_since = self._loop.time()
        self._pending += len(exchanges)
        done: asyncio.Future[int] = self._loop.create_future()
        group = _Group(exchanges, done)
        if self._ready or self._is_quick():
            self._ready.append(group)
            if len(self._ready) == 1:
                self._loop.call_soon(self._commit_ready)
        else:
            self._handed_over += 1
            self._queue.put(group)
        return done

    def _is_quick(self) -> bool:
        """Whether to commit in the loop: the disk is quick, and the thread has nothing to write."""
        return self._may_block and not self._handed_over and time.monotonic() >= self._slow_until

    def _commit_ready(self) -> None:
        """Commit what one turn of the loop made ready, in the loop itself.

        A quick disk syncs sooner than two threads wake each other; a slow one would hold up
        everything else, so after one slow commit the thread writes for a while.
        """
        groups, self._ready = self._ready, []
        if not groups:
            return
        began = time.monotonic()
        try:
            self._commit(groups)()
        except BaseException:
            # A defect, to be seen in the log; but nobody may wait for ever because of it.
            self._fail(groups, _refusal("a record could not be written"))
            raise
        took_s = time.monotonic() - began
        if took_s > limits.JOURNAL_QUICK_S:
            pause_s = min(took_s * limits.JOURNAL_SLOW_TIMES, limits.JOURNAL_SLOW_S)
            self._slow_until = time.monotonic() + pause_s

    async def erase(self, subject: str, *, reason: str, at_ms: int, number: str) -> StoredExchange:
        """Erase the bodies about a pseudonymous subject and keep a record of having done so.

        The keys are destroyed before the record is written: whoever reads the record can rely on
        it. After a crash in between, erasing again finds no keys and writes the record.

        Raises:
            Problem: EXC-0130 when the disk does not take the record.
        """
        if self._stopped:
            raise _refusal("the journal has stopped")
        done: asyncio.Future[StoredExchange] = self._loop.create_future()
        self._queue.put(
            _Erasing(subject=subject, reason=reason, at_ms=at_ms, number=number, done=done)
        )
        return await done

    def _write(self) -> None:
        """Commit what is pending, batch after batch, until told to stop."""
        groups: list[_Group] = []
        try:
            while (item := self._next()) is not None:
                room = limits.JOURNAL_BATCH_RECORDS
                while isinstance(item, _Group):
                    groups.append(item)
                    room -= len(item.exchanges)
                    if room <= 0 or self._queue.empty():
                        item = None
                        break
                    item = self._queue.get()
                    if item is None:
                        self._queue.put(None)
                if groups:
                    tell = self._commit(groups)
                    self._loop.call_soon_threadsafe(self._take_back, len(groups), tell)
                groups = []
                if isinstance(item, _Erasing):
                    self._erase(item)
                elif item is not None:
                    self._prepare()
        finally:
            # Whatever ended this thread: nobody may wait for it, and no call may go on without it.
            self._loop.call_soon_threadsafe(self._stop, groups)

    def _next(self) -> _Group | _Erasing | _Prepare | None:
        """Wait for work; while there is no room, look for some again and again."""
        try:
            return self._queue.get(timeout=limits.JOURNAL_RETRY_S if self._trouble else None)
        except queue.Empty:
            return _Prepare()

    def _prepare(self) -> None:
        """Have the store make room, and refuse new calls as long as it cannot."""
        self._is_preparing = False
        try:
            self._store.prepare()
        except Problem as problem:
            if not self._trouble:
                log.error("journal_has_no_room", **problem.params)
            self._trouble = str(problem.params.get("reason", problem.code))
        else:
            if self._trouble:
                log.info("journal_has_room_again")
            self._trouble = ""

    def _wish_room(self) -> None:
        if not self._is_preparing:
            self._is_preparing = True
            self._queue.put(_Prepare())

    def _commit(self, groups: list[_Group]) -> Callable[[], None]:
        """Write what groups append; what is returned tells those who wait, in the loop."""
        try:
            position = self._append([one for group in groups for one in group.exchanges])
        except Problem as problem:
            return partial(self._fail, groups, problem)
        return partial(self._settle, groups, position)

    def _take_back(self, handed_over: int, tell: Callable[[], None]) -> None:
        """Hear in the loop that the thread has written groups that were handed over to it."""
        self._handed_over -= handed_over
        tell()

    def _append(self, exchanges: list[StoredExchange]) -> int:
        """Write records, tell the watchers, and hand the rows to the index."""
        with self._writing:
            payloads = encode_exchanges(exchanges, keys=self._keys, randomness=os.urandom)
            try:
                self._keys.flush()
                written = self._store.append(payloads)
            except Problem as problem:
                self._trouble = str(problem.params.get("reason", problem.code))
                self._wish_room()
                raise
            for watcher in self._watchers:
                watcher(written.position, exchanges)
            # Under the lock, because the index relies on the order of positions.
            self._feeder.add(
                [
                    index_row(exchange, position=position, place=Place(written.segment, offset))
                    for position, (exchange, offset) in enumerate(
                        zip(exchanges, written.offsets, strict=True), written.position
                    )
                ]
            )
        if self._store.lacks_room:
            self._wish_room()
        return written.position

    def _erase(self, wish: _Erasing) -> None:
        with self._writing:
            keys = self._keys.erase(wish.subject)
        erasure = erasure_record(
            wish.subject, keys=keys, reason=wish.reason, at_ms=wish.at_ms, number=wish.number
        )
        try:
            position = self._append([erasure])
        except Problem as problem:
            self._loop.call_soon_threadsafe(_break, wish.done, problem)
        else:
            kept = msgspec.structs.replace(erasure, position=position)
            self._loop.call_soon_threadsafe(_give, wish.done, kept)

    def _settle(self, groups: list[_Group], position: int) -> None:
        self._stuck_since = self._loop.time()
        for group in groups:
            self._pending -= len(group.exchanges)
            _give(group.done, position)
            position += len(group.exchanges)

    def _fail(self, groups: list[_Group], problem: Problem) -> None:
        self._stuck_since = self._loop.time()
        for group in groups:
            self._pending -= len(group.exchanges)
            _break(group.done, problem)

    def _stop(self, groups: list[_Group]) -> None:
        """Refuse what was not written, now and from now on."""
        self._stopped = True
        problem = _refusal("the journal has stopped")
        self._fail(groups, problem)
        while not self._queue.empty():
            item = self._queue.get()
            if isinstance(item, (_Group, _Erasing)):
                _break(item.done, problem)

    # --- the index -------------------------------------------------------------------------------

    async def indexed(self) -> None:
        """Wait until everything that is durable now can be looked up."""
        await self._loop.run_in_executor(None, self._feeder.wait)

    async def close(self) -> None:
        """Write what is pending and release the files."""
        if self._ready:
            self._commit_ready()
        self._queue.put(None)
        await self._loop.run_in_executor(None, self._thread.join)
        await self._loop.run_in_executor(None, self._feeder.close)
        self._store.close()
        self._index.close()
        self._keys.close()
        self._lock.release()


def _open_index(file: Path, *, kind: str) -> ExchangeIndex:
    """Open the index; one that a power cut left unreadable is made anew from the journal."""
    try:
        return _serving_index(file, kind=kind)
    except sqlite3.DatabaseError as error:
        log.warning("index_unreadable", reason=str(error))
    for spoilt in file.parent.glob(f"{file.name}*"):
        spoilt.unlink()
    return _serving_index(file, kind=kind)


def _serving_index(file: Path, *, kind: str) -> ExchangeIndex:
    index = ExchangeIndex(file)
    try:
        index.serve(kind)
        index.next_position()
    except sqlite3.DatabaseError:
        index.close()
        raise
    return index


def _row(record: Record) -> IndexRow:
    exchange = decode_exchange(record.payload, position=record.position, keys=None)
    return index_row(exchange, position=record.position, place=record.place)


def _give(done: asyncio.Future[_Kept], value: _Kept) -> None:
    if not done.done():
        done.set_result(value)


def _refusal(reason: str) -> Problem:
    return Problem(EXC_JOURNAL, reason=reason, retry_after_s=limits.JOURNAL_RETRY_AFTER_S)


def _break(done: asyncio.Future[Any], problem: Problem) -> None:
    """Fail a future with a problem of its own: one exception may not be raised in many places."""
    if not done.done():
        params = {"retry_after_s": limits.JOURNAL_RETRY_AFTER_S, **problem.params}
        done.set_exception(Problem(problem.kind, **params))
