"""Walks through everything that a node keeps, names what is wrong, and repairs what it can.

Journal (every batch, hash and link), index against journal, keys of bodies against records,
erasures against keys, agreement files, transparency log. What is derived is built anew; an
unfinished last batch, of which nobody was told, is wiped. What only a backup can give back is
named with its place and remedy, and left as it is. Without ``repair`` nothing is written, so a
running node may be looked at.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from taysir.exchange.erasure import KEYS_FILE, BodyKeys, day_subject, node_body_key
from taysir.exchange.errors import EXC_JOURNAL_DAMAGED
from taysir.exchange.fsck_log import LogCheck
from taysir.exchange.index import ExchangeIndex, IndexRow, index_row
from taysir.exchange.journal import BODY_KEYS, INDEX, NODE_BODY_KEY
from taysir.exchange.journal_lock import PACK_LOCK, JournalLock, is_free, packing_stopped
from taysir.exchange.journal_records import decode_exchange, slot_of
from taysir.exchange.journal_store import GENESIS, SEGMENTS, Record, Store
from taysir.exchange.model import BodyState, CallOutcome, StoredExchange
from taysir.exchange.segments import SegmentStore, wipe_torn_end
from taysir.exchange.segments_reading import drafts, pack_leftovers, segment_files, torn_end
from taysir.exchange.store_errors import (
    EXC_AGREEMENT_FILE,
    EXC_BODIES_LOST,
    EXC_DRAFT_LEFT,
    EXC_ERASED_ALIVE,
    EXC_INDEX_WRONG,
    EXC_NO_NODE,
    EXC_TORN_END,
)
from taysir.exchange.terms import read_terms
from taysir.kernel.errors import Problem

Progress = Callable[[int, int], None]
"""Told how many records of how many were looked at."""
_PART: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, and whether it was put right."""

    problem: Problem
    repaired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FsckReport:
    """What was looked at and what was found."""

    records: int
    chain: bytes
    agreements: int
    erasures: int
    faults: tuple[Fault, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing was wrong."""
        return not self.faults

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong any more."""
        return all(fault.repaired for fault in self.faults)


@dataclass(slots=True, kw_only=True)
class _Walk:
    """What one walk through a node's folder has learnt."""

    folder: Path
    repair: bool
    body_key: Path
    progress: Progress
    store: Store | None
    running: bool = False
    keys: BodyKeys | None = None
    records: int = 0
    chain: bytes = GENESIS
    agreements: int = 0
    unreadable: int = 0
    first_unreadable: int = -1
    read_all: bool = False
    log: LogCheck | None = None
    index_fault: Problem | None = None
    index_is_old: bool = False
    erased: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def found(self, problem: Problem, *, repaired: bool = False) -> None:
        """Note a fault."""
        self.faults.append(Fault(problem=problem, repaired=repaired))


def check_node(
    folder: Path,
    *,
    repair: bool = False,
    store: Store | None = None,
    body_key: Path | None = None,
    log: LogCheck | None = None,
    progress: Progress = lambda _done, _all: None,
) -> FsckReport:
    """Check a node's folder, and repair it on request.

    Args:
        folder: the node's folder.
        repair: put right what can be; the node must not be running.
        store: where the journal's records lie when not in segments.
        body_key: the file of the key that wraps the keys of bodies, when not in the folder.
        log: what the transparency log signed; without it the log is not checked.
        progress: told of the progress.

    Raises:
        Problem: EXC-0805 for another folder, EXC-0802 when a node that runs is to be repaired.
    """
    if not (folder / INDEX).exists() and not (folder / SEGMENTS).is_dir():
        raise Problem(EXC_NO_NODE, folder=str(folder), reason="there is no journal in it")
    walk = _Walk(
        folder=folder,
        repair=repair,
        body_key=body_key or folder / NODE_BODY_KEY,
        progress=progress,
        store=store,
        log=log,
    )
    try:
        lock = JournalLock(folder, wait_s=0)
    except Problem:
        if repair:
            raise
        walk.running = True
        _check(walk)
    else:
        with lock, packing_stopped(folder) if repair else contextlib.nullcontext():
            _check(walk)
    return FsckReport(
        records=walk.records,
        chain=walk.chain,
        agreements=walk.agreements,
        erasures=len(walk.erased),
        faults=tuple(walk.faults),
    )


def _check(walk: _Walk) -> None:
    walk.keys = _open_keys(walk)
    try:
        _check_agreements(walk)
        store = _open_store(walk)
        if store is None:
            return
        try:
            _check_journal(walk, store)
            _check_index_end(walk)
            if walk.log is not None and walk.read_all:
                for problem in walk.log.faults(records=walk.records):
                    walk.found(problem)
            _check_bodies(walk, store)
        finally:
            if store is not walk.store:
                store.close()
    finally:
        if walk.keys is not None:
            walk.keys.close()


# --- the journal ---------------------------------------------------------------------------------


def _open_store(walk: _Walk) -> Store | None:
    """Open the journal's storage; what is left of a crash is put right first."""
    if walk.store is not None:
        return walk.store
    segments = walk.folder / SEGMENTS
    try:
        if not walk.running:
            _clear_up(walk, segments)
        _check_names(segments)
        return SegmentStore(segments)
    except Problem as problem:
        walk.found(problem)
        return None


def _clear_up(walk: _Walk, segments: Path) -> None:
    """Name what a crash left behind; a node that runs is writing there itself."""
    torn = torn_end(segments)
    if torn is not None:
        if walk.repair:
            wipe_torn_end(segments)
        walk.found(Problem(EXC_TORN_END, file=torn[0], bytes=torn[1]), repaired=walk.repair)
    left = set(drafts(segments))
    if (walk.folder / PACK_LOCK).exists() and not (
        walk.repair or is_free(walk.folder, name=PACK_LOCK)
    ):
        # They are being packed now.
        left -= set(pack_leftovers(segments))
    for draft in sorted(left):
        if walk.repair:
            draft.unlink()
        walk.found(Problem(EXC_DRAFT_LEFT, file=draft.name), repaired=walk.repair)


def _check_names(segments: Path) -> None:
    """Check that no segment is missing; raises EXC-0131."""
    for number, file in enumerate(segment_files(segments), 1):
        if int(file.stem) != number:
            missing = f"{number:08d}.segment"
            raise Problem(
                EXC_JOURNAL_DAMAGED, position=0, file=missing, reason="the segment is missing"
            )


def _check_journal(walk: _Walk, store: Store) -> None:
    """Read every record, check its links, and compare it with the index on the way."""
    part: list[tuple[Record, StoredExchange]] = []
    with _opened_index(walk) as index:
        # An index from before the journal moved is made anew when the node starts.
        walk.index_is_old = index is not None and _made_for(index) not in ("", store.kind)
        try:
            for record in store.records():
                part.append((record, _decode(walk, record)))
                if len(part) == _PART:
                    _check_part(walk, part, index=index)
                    walk.progress(walk.records, store.next_position)
                    part = []
            _check_part(walk, part, index=index)
            walk.progress(walk.records, store.next_position)
            walk.read_all = True
        except Problem as problem:
            walk.found(problem)


def _decode(walk: _Walk, record: Record) -> StoredExchange:
    kept = decode_exchange(record.payload, position=record.position, keys=walk.keys)
    if kept.bodies in (BodyState.LOST, BodyState.SEALED):
        walk.unreadable += 1
        if walk.first_unreadable < 0:
            walk.first_unreadable = record.position
    if kept.outcome is CallOutcome.ERASED:
        walk.erased[kept.subject] = record.position
    walk.records, walk.chain = record.position + 1, record.chain
    if walk.log is not None:
        walk.log.take(kept)
    return kept


# --- the index -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened_index(walk: _Walk) -> Iterator[ExchangeIndex | None]:
    """Open the index unless there is none or SQLite cannot read it."""
    file = walk.folder / INDEX
    if not file.exists():
        walk.index_fault = Problem(EXC_INDEX_WRONG, position=0, reason="there is none")
        yield None
        return
    try:
        index = ExchangeIndex(file)
    except sqlite3.DatabaseError as error:
        walk.index_fault = Problem(EXC_INDEX_WRONG, position=0, reason=str(error))
        yield None
        return
    try:
        if not index.sound():
            walk.index_fault = Problem(EXC_INDEX_WRONG, position=0, reason="its file is damaged")
        yield index
    finally:
        index.close()


def _made_for(index: ExchangeIndex) -> str:
    try:
        return index.made_for()
    except sqlite3.DatabaseError:
        return ""


def _check_part(
    walk: _Walk, part: list[tuple[Record, StoredExchange]], *, index: ExchangeIndex | None
) -> None:
    """Compare what the index says of some records with what they are."""
    if index is None or walk.index_fault is not None or not part or walk.index_is_old:
        return
    try:
        # The end first: a node that runs goes on indexing meanwhile.
        end = index.next_position()
        kept = index.rows(start=part[0][0].position, count=len(part))
        for record, exchange in part:
            if record.position >= end:
                return
            row = index_row(exchange, position=record.position, place=record.place)
            if kept.get(record.position) != index.named(row):
                reason = "it says something else" if record.position in kept else "a row is missing"
                walk.index_fault = Problem(EXC_INDEX_WRONG, position=record.position, reason=reason)
                return
    except sqlite3.DatabaseError as error:
        walk.index_fault = Problem(EXC_INDEX_WRONG, position=walk.records, reason=str(error))


def _check_index_end(walk: _Walk) -> None:
    """An index that knows more than the journal tells of lost records; other faults are mended."""
    if walk.index_fault is None:
        with _opened_index(walk) as index:
            known = index.next_position() if index is not None else 0
        if known > walk.records and walk.read_all and not (walk.running or walk.index_is_old):
            reason = f"the index knows {known} records, so later ones are missing here"
            walk.found(
                Problem(EXC_JOURNAL_DAMAGED, position=walk.records, file=SEGMENTS, reason=reason)
            )
        return
    if walk.repair:
        rebuild_index(walk.folder, store=walk.store)
    walk.found(walk.index_fault, repaired=walk.repair)


def rebuild_index(folder: Path, *, store: Store | None = None) -> None:
    """Make a node's index anew from its journal; raises EXC-0131 for a damaged one."""
    for file in folder.glob(f"{INDEX}*"):
        file.unlink()
    kept_in = store or SegmentStore(folder / SEGMENTS)
    index = ExchangeIndex(folder / INDEX)
    index.serve(kept_in.kind)
    rows: list[IndexRow] = []
    try:
        for record in kept_in.records():
            kept = decode_exchange(record.payload, position=record.position, keys=None)
            rows.append(index_row(kept, position=record.position, place=record.place))
            if len(rows) == _PART:
                index.add(rows)
                rows = []
        index.add(rows)
    finally:
        index.close()
        if kept_in is not store:
            kept_in.close()


# --- bodies and agreements -----------------------------------------------------------------------


def _open_keys(walk: _Walk) -> BodyKeys | None:
    keys = walk.folder / BODY_KEYS
    if not (keys / KEYS_FILE).exists():
        return None
    try:
        return BodyKeys(keys, node_key=node_body_key(walk.body_key, keys=keys))
    except Problem as problem:
        walk.found(problem)
        return None


def _check_bodies(walk: _Walk, store: Store) -> None:
    """Name bodies that cannot be read, and keys that live although they were erased."""
    if walk.unreadable:
        count, first = walk.unreadable, walk.first_unreadable
        walk.found(Problem(EXC_BODIES_LOST, count=count, position=first))
    if walk.erased and walk.keys is not None:
        alive = erase_again(store, keys=walk.keys, erased=walk.erased, repair=walk.repair)
        if alive:
            walk.found(Problem(EXC_ERASED_ALIVE, count=alive), repaired=walk.repair)


def erase_again(store: Store, *, keys: BodyKeys, erased: dict[str, int], repair: bool) -> int:
    """Destroy the keys of records that came before their subject's erasure.

    A subject that was asked about again since has a newer key, which stays. Returns how many
    records could still be read.
    """
    slots: set[int] = set()
    alive = 0
    for record in store.records():
        if record.position > max(erased.values()):
            break
        kept = decode_exchange(record.payload, position=record.position, keys=None)
        subject = kept.subject or day_subject(kept.recorded_at_ms)
        slot = slot_of(record.payload)
        gone = slot is not None and record.position < erased.get(subject, -1)
        if slot is not None and gone and keys.holds(slot, subject):
            alive += 1
            slots.add(slot)
    if repair:
        keys.erase_slots(slots)
    return alive


def _check_agreements(walk: _Walk) -> None:
    folder = walk.folder / "agreements"
    for place in sorted(folder.glob("*/agreement.json")):
        walk.agreements += 1
        name = f"agreements/{place.parent.name}"
        try:
            document = place.read_bytes()
            read_terms(document)
        except Problem as problem:
            reason = problem.title("en")
        except OSError as error:
            reason = os.strerror(error.errno or 0)
        else:
            whole = hashlib.sha256(document).hexdigest() == place.parent.name
            reason = "" if whole else "its name is not its SHA-256"
        if reason:
            walk.found(Problem(EXC_AGREEMENT_FILE, file=name, reason=reason))
