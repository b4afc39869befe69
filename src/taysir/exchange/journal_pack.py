"""Packs the closed segments of a journal; the node may run meanwhile.

A segment goes only after its packed form is on the disk and was read back to the same chain hash.
The last segment is the one that is written to, and stays as it is. The work is done in small steps:
between them whoever paces it may let time pass, and a backup that waits is given way to. Killed at
any moment it leaves a draft or a segment beside its packed form, which the next run clears up.

``python -m taysir.exchange.journal_pack FOLDER`` is how a node runs it beside itself: it asks for
each step with a line ``?`` on standard output, goes on when it is given a byte, and ends when
standard input does. Each packed segment is a line of JSON.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from taysir.exchange.errors import EXC_JOURNAL, EXC_JOURNAL_DAMAGED
from taysir.exchange.journal_lock import PACK_LOCK, PACK_WISH, JournalLock, is_free
from taysir.exchange.journal_store import SEGMENTS
from taysir.exchange.segments_packed import (
    BLOCK_RECORDS,
    PACKED,
    BrokenPackError,
    PackHead,
    pack_records,
    packed_records,
)
from taysir.exchange.segments_reading import (
    closed_records,
    pack_leftovers,
    segment_files,
    segment_start,
)
from taysir.exchange.store_errors import EXC_NO_NODE, EXC_STORE_IN_USE
from taysir.kernel import limits
from taysir.kernel.errors import Problem

Progress = Callable[[int, int], None]
"""Told how many segments of how many are packed."""
Pace = Callable[[], None]
"""Called before each step; it may wait, and ends the packing by raising."""
ASK: Final = b"?\n"
"""What the process writes when it would like to make a step."""
_NICEST: Final = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What was packed."""

    segments: int = 0
    records: int = 0
    bytes_before: int = 0
    bytes_after: int = 0

    def and_also(self, other: Packed) -> Packed:
        """Return both together."""
        return Packed(
            segments=self.segments + other.segments,
            records=self.records + other.records,
            bytes_before=self.bytes_before + other.bytes_before,
            bytes_after=self.bytes_after + other.bytes_after,
        )


class _EndedError(Exception):
    """Whoever paces the packing is gone."""


def no_pace() -> None:
    """Go on at once."""


def pack_journal(
    folder: Path, *, progress: Progress = lambda _done, _all: None, pace: Pace = no_pace
) -> Packed:
    """Pack every closed segment of a node's journal.

    Raises:
        Problem: EXC-0131 for a damaged segment, which stays as it is; EXC-0130 when the disk is
            full; EXC-0802 when another run is under way, or a backup wants the journal to stay.
    """
    done = Packed()
    for number, (packed, of) in enumerate(packed_one_by_one(folder, pace=pace), 1):
        done = done.and_also(packed)
        progress(number, of)
    return done


def packed_one_by_one(folder: Path, *, pace: Pace = no_pace) -> Iterator[tuple[Packed, int]]:
    """Pack every closed segment, and yield what became of each, with how many there are.

    Raises:
        Problem: as :func:`pack_journal`.
    """
    segments = folder / SEGMENTS
    if not segments.is_dir():
        raise Problem(EXC_NO_NODE, folder=str(folder), reason="there is no journal in it")
    with JournalLock(folder, wait_s=0, name=PACK_LOCK):
        clear_leftovers(segments)
    waiting = waiting_segments(segments)
    for number, (file, following) in enumerate(waiting):
        if number:
            # Others look for the lock now and then, and must find it free.
            time.sleep(limits.JOURNAL_PACK_REST_S)
        pace()
        with JournalLock(folder, wait_s=0, name=PACK_LOCK):
            yield _pack(file, following=following, pace=_giving_way(folder, pace)), len(waiting)


def waiting_segments(segments: Path) -> list[tuple[Path, Path]]:
    """Return each closed segment that is not packed, with the one behind it."""
    return [(f, then) for f, then in pairwise(segment_files(segments)) if f.suffix != PACKED]


def clear_leftovers(segments: Path) -> int:
    """Remove what a killed packing left; the lock must be held. Returns how many files."""
    left = pack_leftovers(segments)
    for file in left:
        file.unlink(missing_ok=True)
    return len(left)


def _giving_way(folder: Path, pace: Pace) -> Pace:
    """Return a pace that ends the packing when somebody wants the journal to stay as it is."""

    def paced() -> None:
        pace()
        if not is_free(folder, name=PACK_WISH):
            raise Problem(EXC_STORE_IN_USE, place=str(folder))

    return paced


def _pack(file: Path, *, following: Path, pace: Pace) -> Packed:
    position, before = segment_start(file)
    end, after = segment_start(following)
    head = PackHead(position=position, before=before, after=after, records=end - position)
    size = file.stat().st_size
    draft, target = file.with_suffix(f"{PACKED}.draft"), file.with_suffix(PACKED)
    try:
        with _written(draft) as written:
            for part in pack_records(closed_records(file), head=head):
                written(part)
                pace()
        _read_back(draft, pace=pace)
        packed_size = draft.stat().st_size
        draft.rename(target)
        _sync_folder(file.parent)
        file.unlink()
    except OSError as error:
        raise Problem(EXC_JOURNAL, reason=os.strerror(error.errno or 0)) from error
    finally:
        draft.unlink(missing_ok=True)
    return Packed(segments=1, records=head.records, bytes_before=size, bytes_after=packed_size)


@contextmanager
def _written(file: Path) -> Iterator[Callable[[bytes], int]]:
    """Have a file written a part at a time; on the disk at the end."""
    with file.open("wb") as handle:
        os.fchmod(handle.fileno(), 0o600)
        yield handle.write
        handle.flush()
        os.fsync(handle.fileno())


def _read_back(draft: Path, *, pace: Pace) -> None:
    """Read what was written up to the promised chain hash; raises EXC-0131 if it differs."""
    try:
        for number, _record in enumerate(packed_records(draft), 1):
            if number % BLOCK_RECORDS == 0:
                pace()
    except BrokenPackError as error:
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


# --- as a process --------------------------------------------------------------------------------


def main(folder: Path) -> int:
    """Pack a folder's segments at the pace of whoever started this process."""
    _be_humble()
    try:
        for packed, _of in packed_one_by_one(folder, pace=_asked):
            _say(msgspec.json.encode(packed) + b"\n")
    except (_EndedError, BrokenPipeError):
        return 0
    except Problem as problem:
        if problem.kind is EXC_STORE_IN_USE:
            return 0
        _say(msgspec.json.encode({"code": problem.code, "reason": problem.title("en")}) + b"\n")
        return 1
    return 0


def _be_humble() -> None:
    """Take only the processor and disk time that nobody else wants."""
    os.nice(_NICEST)
    # Where the operating system does not grant even that, being nice has to do.
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _asked() -> None:
    _say(ASK)
    if not os.read(sys.stdin.fileno(), 1):
        raise _EndedError


def _say(line: bytes) -> None:
    os.write(sys.stdout.fileno(), line)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
