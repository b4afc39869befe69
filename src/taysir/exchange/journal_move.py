"""Opens the storage that settings name, and moves a journal from one storage to another.

A move copies every record and then reads the copy again from its first record to its last: the
head of the chain must be the same. The source is not touched; keys of bodies, agreements and the
transparency log stay in the node's folder, because the records are the same bytes.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from taysir.exchange.journal_lock import JournalLock
from taysir.exchange.journal_store import SEGMENTS, Store
from taysir.exchange.segments import SegmentStore
from taysir.exchange.store_errors import EXC_DATABASE, EXC_MOVE
from taysir.kernel import limits
from taysir.kernel.errors import Problem

Progress = Callable[[int, int], None]
"""Told how many records of how many were moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a move has copied and found equal."""

    records: int
    chain: bytes


def is_database(place: str) -> bool:
    """Whether a place is the address of a database rather than a folder."""
    return place.startswith(("postgresql://", "postgres://")) or (
        "=" in place and not Path(place).exists()
    )


def open_database(address: str, *, writing: bool = True) -> Store:
    """Open a journal in PostgreSQL; raises EXC-0804, also without the driver, and EXC-0802."""
    try:
        # The driver is an extra: a node on segments does not need it.
        postgres: Any = importlib.import_module("taysir.exchange.postgres")
    except ImportError as error:
        reason = "the Python package psycopg is not installed"
        raise Problem(EXC_DATABASE, reason=reason) from error
    store: Store = postgres.PostgresStore(address, writing=writing)
    return store


def open_store(place: str, *, segment_bytes: int = limits.JOURNAL_SEGMENT_BYTES) -> Store:
    """Open the records of a node's folder or of a database."""
    if is_database(place):
        return open_database(place)
    return SegmentStore(Path(place) / SEGMENTS, segment_bytes=segment_bytes)


def move_journal(
    source: str, *, target: str, progress: Progress = lambda _done, _all: None
) -> Moved:
    """Copy a journal into an empty storage and compare.

    Args:
        source: a node's folder or a database's address; the node is stopped.
        target: the other of the two; must hold no records.
        progress: told of the progress.

    Raises:
        Problem: EXC-0802 when either is in use, EXC-0806 when the target is not empty or
            the copy differs, EXC-0131 when the source is damaged.
    """
    with contextlib.ExitStack() as stack:
        for place in (source, target):
            if not is_database(place):
                stack.enter_context(JournalLock(Path(place), wait_s=0))
        old, new = (_closing(stack, open_store(place)) for place in (source, target))
        if new.next_position:
            raise Problem(EXC_MOVE, target=_shown(target), reason="it holds records already")
        records, total = old.records(), old.next_position
        for part in iter(lambda: list(islice(records, limits.JOURNAL_BATCH_RECORDS)), []):
            new.append([record.payload for record in part])
            progress(new.next_position, total)
        return _compare(old, new, target=target)


def _closing(stack: contextlib.ExitStack, store: Store) -> Store:
    stack.callback(store.close)
    return store


def _compare(old: Store, new: Store, *, target: str) -> Moved:
    count, chain = 0, new.chain
    for record in new.records():
        count, chain = record.position + 1, record.chain
    if (count, chain) != (old.next_position, old.chain):
        reason = f"the copy differs after {count} records"
        raise Problem(EXC_MOVE, target=_shown(target), reason=reason)
    return Moved(records=count, chain=chain)


def _shown(place: str) -> str:
    """Return a place for people; the address of a database may hold a password."""
    return "PostgreSQL" if is_database(place) else place
