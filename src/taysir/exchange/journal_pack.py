"""Packs the closed segments of a journal; the node may run meanwhile.

A segment goes only after its packed form is on the disk and was read back to the same chain hash.
The last segment is the one that is written to, and stays as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from taysir.exchange.errors import EXC_JOURNAL, EXC_JOURNAL_DAMAGED
from taysir.exchange.journal import SEGMENTS
from taysir.exchange.journal_lock import PACK_LOCK, JournalLock
from taysir.exchange.segments_packed import (
    PACKED,
    BrokenPackError,
    PackHead,
    pack_records,
    packed_records,
)
from taysir.exchange.segments_reading import segment_files, segment_records, segment_start
from taysir.exchange.store_errors import EXC_NO_NODE
from taysir.kernel.errors import Problem

Progress = Callable[[int, int], None]
"""Told how many segments of how many are packed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What a run has packed."""

    segments: int = 0
    records: int = 0
    bytes_before: int = 0
    bytes_after: int = 0


def pack_journal(folder: Path, *, progress: Progress = lambda _done, _all: None) -> Packed:
    """Pack every closed segment of a node's journal.

    Raises:
        Problem: EXC-0131 for a damaged segment, which stays as it is; EXC-0130 when the disk is
            full; EXC-0802 when another run is under way.
    """
    segments = folder / SEGMENTS
    if not segments.is_dir():
        raise Problem(EXC_NO_NODE, folder=str(folder), reason="there is no journal in it")
    done = Packed()
    with JournalLock(folder, wait_s=0, name=PACK_LOCK):
        files = segment_files(segments)
        closed = [(f, then) for f, then in pairwise(files) if f.suffix != PACKED]
        for number, (file, following) in enumerate(closed, 1):
            done = _pack(file, following=following, done=done)
            progress(number, len(closed))
    return done


def _pack(file: Path, *, following: Path, done: Packed) -> Packed:
    position, before = segment_start(file)
    end, after = segment_start(following)
    records = end - position
    head = PackHead(position=position, before=before, after=after, records=records)
    size = file.stat().st_size
    data = pack_records(segment_records(file), head=head)
    draft, target = file.with_suffix(f"{PACKED}.draft"), file.with_suffix(PACKED)
    try:
        _write(draft, data)
        _read_back(draft)
        draft.rename(target)
        _sync_folder(file.parent)
        file.unlink()
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Problem(EXC_JOURNAL, reason=os.strerror(error.errno or 0)) from error
    return Packed(
        segments=done.segments + 1,
        records=done.records + records,
        bytes_before=done.bytes_before + size,
        bytes_after=done.bytes_after + len(data),
    )


def _write(file: Path, data: bytes) -> None:
    with file.open("wb") as handle:
        os.fchmod(handle.fileno(), 0o600)
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


def _read_back(draft: Path) -> None:
    """Read what was written up to the promised chain hash; raises EXC-0131 if it differs."""
    try:
        for _offset, _payload in packed_records(draft):
            pass
    except BrokenPackError as error:
        draft.unlink()
        raise Problem(
            EXC_JOURNAL_DAMAGED,
            position=0,
            file=draft.name,
            reason="the segment does not lead to the one behind it",
        ) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
