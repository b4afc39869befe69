"""The node's evidence: every exchange is durable here before any answer leaves the node.

Calls append concurrently; one writer commits everything that is pending with one fdatasync (group
commit), off the event loop. Behind it lie the segments; beside it the index, which is derived from
the journal, may lag a moment, and is rebuilt when it is lost.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from taysir.exchange.errors import EXC_JOURNAL, EXC_JOURNAL_DAMAGED, EXC_UNKNOWN_EXCHANGE
from taysir.exchange.index import ExchangeIndex, IndexEntry
from taysir.exchange.model import Direction, StoredExchange
from taysir.exchange.segments import Record, SegmentStore
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(StoredExchange)


class Journal:
    """The evidence of one node; make it inside the running event loop and close it at the end."""

    def __init__(self, folder: Path, *, segment_bytes: int = limits.JOURNAL_SEGMENT_BYTES) -> None:
        self._store = SegmentStore(folder / "segments", segment_bytes=segment_bytes)
        self._index = ExchangeIndex(folder / "index.sqlite")
        self._pending: list[tuple[StoredExchange, asyncio.Future[int]]] = []
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._writer: asyncio.Task[None] | None = None
        self._unindexed: list[tuple[Record, StoredExchange]] = []
        self._catch_up()

    @property
    def count(self) -> int:
        """How many exchanges the journal holds."""
        return self._store.next_position

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
        for chunk in iter(lambda: list(islice(behind, limits.JOURNAL_BATCH_RECORDS)), []):
            self._index.add([(record, _DECODER.decode(record.payload)) for record in chunk])
            caught += len(chunk)
        if caught:
            log.info("index_caught_up", records=caught)

    async def append(self, exchange: StoredExchange) -> int:
        """Keep one exchange and return its position; durable on return.

        Raises:
            Problem: EXC-0130 when the disk is full or too far behind.
        """
        if len(self._pending) >= limits.JOURNAL_QUEUE_RECORDS:
            raise Problem(EXC_JOURNAL, reason="the disk is too far behind")
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._pending.append((exchange, done))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_pending())
        return await done

    async def _write_pending(self) -> None:
        loop = asyncio.get_running_loop()
        while self._pending:
            batch = self._pending[: limits.JOURNAL_BATCH_RECORDS]
            del self._pending[: len(batch)]
            payloads = [_ENCODER.encode(exchange) for exchange, _done in batch]
            try:
                records = await loop.run_in_executor(self._thread, self._store.append, payloads)
            except Problem as problem:
                for _exchange, done in batch:
                    if not done.cancelled():
                        done.set_exception(problem)
                continue
            for (_exchange, done), record in zip(batch, records, strict=True):
                if not done.cancelled():
                    done.set_result(record.position)
            rows = [(record, pair[0]) for pair, record in zip(batch, records, strict=True)]
            self._thread.submit(self._index_rows, rows)
        self._writer = None

    def _index_rows(self, rows: list[tuple[Record, StoredExchange]]) -> None:
        """Index what was written; what cannot be indexed now is tried again with the next."""
        self._unindexed.extend(rows)
        try:
            self._index.add(self._unindexed)
        except sqlite3.Error as error:
            log.warning("index_behind", records=len(self._unindexed), reason=str(error))
        else:
            self._unindexed.clear()

    async def indexed(self) -> None:
        """Wait until everything that is durable now can be looked up."""
        await asyncio.get_running_loop().run_in_executor(self._thread, lambda: None)

    def find(self, exchange_id: str) -> list[StoredExchange]:
        """Return what this node holds of an exchange: one record a side; raises EXC-0141."""
        found = [self._read(entry) for entry in self._index.of_exchange(exchange_id)]
        if not found:
            raise Problem(EXC_UNKNOWN_EXCHANGE)
        return found

    def about(self, subject: str, *, limit: int) -> list[StoredExchange]:
        """Return the exchanges about a pseudonymous subject, newest first."""
        return [self._read(entry) for entry in self._index.about(subject, limit=limit)]

    def latest(self, *, limit: int) -> list[StoredExchange]:
        """Return the newest exchanges, newest first."""
        return [self._read(entry) for entry in self._index.latest(limit=limit)]

    def _read(self, entry: IndexEntry) -> StoredExchange:
        exchange = _DECODER.decode(self._store.read(entry.place))
        return msgspec.structs.replace(exchange, position=entry.position)

    def answered_since(self, agreement: str, *, direction: Direction, since_ms: int) -> int:
        """Return how many calls an agreement carried since a time, for quotas."""
        return self._index.answered_since(agreement, direction=direction, since_ms=since_ms)

    def received_since(self, since_ms: int) -> list[StoredExchange]:
        """Return the calls received since a time, as many as the replay cache holds."""
        entries = self._index.since(since_ms, limit=limits.REPLAY_CACHE_IDS)
        kept = (self._read(entry) for entry in entries)
        return [exchange for exchange in kept if exchange.direction is Direction.RECEIVED]

    def exchanges(self, *, start: int = 0) -> Iterator[StoredExchange]:
        """Yield the exchanges from a position on."""
        for record in self._store.records(start=start):
            yield _DECODER.decode(record.payload)

    async def close(self) -> None:
        """Write what is pending and release the files."""
        if self._writer is not None:
            await self._writer
        self._thread.shutdown(wait=True)
        self._store.close()
        self._index.close()
