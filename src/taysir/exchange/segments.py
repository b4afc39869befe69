"""Append-only storage of records in preallocated segment files, the ground of the journal.

A segment begins with its first position and the chain hash before it, so that a start reads only
the last one. Records are written in batches: a header (mark, length, count, CRC-32, chain hash
after it) and frames (length, SHA-256, payload); the CRC covers the header and the frames' heads,
the hashes cover the payloads. A batch is synced before the next begins; only the last can be torn,
and then nobody was told. Preallocation is what makes small commits fast: fdatasync of a file whose
size stays is cheap. docs/reference/journal-format.md is the description for other programs.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from taysir.exchange.errors import EXC_JOURNAL
from taysir.exchange.journal_store import Place, Record, Written
from taysir.exchange.segments_packed import PACKED
from taysir.exchange.segments_reading import (
    BATCH,
    COUNTS,
    FRAME,
    MARK,
    SEGMENT,
    End,
    begin_of,
    damage,
    find_end,
    header_of,
    payload_from_pack,
    scan,
    segment_files,
)
from taysir.kernel import limits
from taysir.kernel.errors import Problem

SPARE: Final = "next.spare"
"""Room that the next segment will take; holds nothing."""
_MAKING: Final = "making.spare"
_ZEROS: Final = bytes(1 << 20)


class SegmentStore:
    """The segments of one folder; open for one writing process at a time."""

    kind = "segments"

    def __init__(self, folder: Path, *, segment_bytes: int = limits.JOURNAL_SEGMENT_BYTES) -> None:
        """Open the folder, making it if needed, and find the end of the last whole batch.

        Raises:
            Problem: EXC-0131 if anything but the last batch of the last segment is damaged.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._zeroed = 0
        self._fd = -1
        self._lock = threading.Lock()
        self._has_spare = (folder / SPARE).exists()
        files = segment_files(folder)
        self._end = find_end(files[-1]) if files else End()

    @property
    def next_position(self) -> int:
        """The position that the next record gets; also the count of records."""
        return self._end.position

    @property
    def chain(self) -> bytes:
        """The chain hash of the last record; 32 zero bytes when there is none."""
        return self._end.chain

    def append(self, payloads: Sequence[bytes]) -> Written:
        """Write records as one batch; all are durable when this returns.

        Raises:
            Problem: EXC-0130 when the disk does not take them; then none of them counts.

        Cost: one write and one fdatasync, however many records.
        """
        size = BATCH.size + sum(FRAME.size + len(payload) for payload in payloads)
        try:
            with self._lock:
                self._make_room(size)
                return self._write_batch(payloads)
        except OSError as error:
            self._release()
            raise Problem(EXC_JOURNAL, reason=os.strerror(error.errno or 0)) from error

    def _make_room(self, size: int) -> None:
        """Have a segment open that takes so many bytes; one larger batch gets one of its own."""
        if self._fd < 0 and self._end.segment:
            self._reopen()
        full = self._end.offset + size > self._segment_bytes
        if not self._end.segment or (full and self._end.offset > SEGMENT.size):
            self._open_segment(self._end.segment + 1, size=max(self._segment_bytes, size))

    @property
    def lacks_room(self) -> bool:
        """Whether :meth:`prepare` has something to do: a segment is half full, or none is open."""
        half_full = self._end.offset * 2 > self._segment_bytes
        return (half_full and not self._has_spare) or self._fd < 0

    def prepare(self) -> None:
        """Have room on the disk for more than what is written now; may be called beside a writer.

        Once a segment is half full the next one's room is taken, so a full disk is noticed while
        there is still place for the calls that are under way. A new store opens its first segment,
        which takes a fifth of a second that the first call would wait for.

        Raises:
            Problem: EXC-0130 when there is no room.
        """
        try:
            with self._lock:
                if self._fd < 0:
                    self._make_room(0)
            if self._end.offset * 2 > self._segment_bytes and not self._has_spare:
                self._take_spare_room()
        except OSError as error:
            self._release()
            raise Problem(EXC_JOURNAL, reason=os.strerror(error.errno or 0)) from error

    def _take_spare_room(self) -> None:
        """Take the next segment's room at once, and write its zeros a piece with each call."""
        making, size = self._folder / _MAKING, self._segment_bytes + SEGMENT.size
        fd = os.open(making, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(fd).st_size != size:
                self._zeroed = 0
            os.posix_fallocate(fd, 0, size)
            end = min(self._zeroed + len(_ZEROS), size)
            _reserve(fd, self._zeroed, end)
            self._zeroed = end
            if end == size:
                os.fsync(fd)
                making.rename(self._folder / SPARE)
                self._has_spare, self._zeroed = True, 0
        except OSError:
            making.unlink(missing_ok=True)
            raise
        finally:
            os.close(fd)

    def _write_batch(self, payloads: Sequence[bytes]) -> Written:
        end, sha256, pack = self._end, hashlib.sha256, FRAME.pack
        chain, offset = end.chain, end.offset + BATCH.size
        heads, parts, offsets = [], [b""], []
        for payload in payloads:
            digest = sha256(payload).digest()
            chain = sha256(chain + digest).digest()
            head = pack(len(payload), digest)
            heads.append(head)
            parts += (head, payload)
            offsets.append(offset)
            offset += FRAME.size + len(payload)
        length = offset - end.offset - BATCH.size
        crc = zlib.crc32(b"".join(heads), zlib.crc32(COUNTS.pack(length, len(heads), chain)))
        parts[0] = BATCH.pack(MARK, length, len(heads), crc, chain)
        _write_all(self._fd, b"".join(parts), offset=end.offset)
        os.fdatasync(self._fd)
        self._end = End(
            segment=end.segment, offset=offset, position=end.position + len(heads), chain=chain
        )
        return Written(position=end.position, segment=end.segment, offsets=offsets)

    def _reopen(self) -> None:
        """Go on behind the last whole batch; what a crash or a failed write left is wiped."""
        self._fd = os.open(self._file(self._end.segment), os.O_RDWR)
        os.ftruncate(self._fd, self._end.offset)
        _reserve(self._fd, self._end.offset, max(self._segment_bytes, self._end.offset))
        os.fsync(self._fd)

    def _open_segment(self, number: int, *, size: int) -> None:
        self._release()
        draft = self._file(number).with_suffix(".draft")
        try:
            with contextlib.suppress(FileNotFoundError):
                (self._folder / SPARE).rename(draft)
            self._has_spare = False
            self._fd = os.open(draft, os.O_RDWR | os.O_CREAT, 0o600)
            spare = os.fstat(self._fd).st_size
            os.ftruncate(self._fd, size + SEGMENT.size)
            _reserve(self._fd, spare, size + SEGMENT.size)
            _write_all(self._fd, header_of(self._end), offset=0)
            os.fsync(self._fd)
            draft.rename(self._file(number))
        except OSError:
            # A full disk must not be kept full by the half of a segment that nobody reads.
            with contextlib.suppress(OSError):
                draft.unlink()
            raise
        folder_fd = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder_fd)
        finally:
            os.close(folder_fd)
        self._end = End(
            segment=number,
            offset=SEGMENT.size,
            position=self._end.position,
            chain=self._end.chain,
        )

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:08d}.segment"

    def records(self, *, start: int = 0) -> Iterator[Record]:
        """Yield the records from a position on; raises EXC-0131."""
        files = segment_files(self._folder)
        first = max(
            (i for i, file in enumerate(files) if begin_of(file).position <= start), default=0
        )
        for record in scan(files[first:]):
            if start <= record.position < self._end.position:
                yield record

    def read(self, place: Place) -> bytes:
        """Return the payload at a place; raises EXC-0131 if it is not whole."""
        file = self._file(place.segment)
        try:
            with file.open("rb") as handle:
                handle.seek(place.offset)
                length, digest = FRAME.unpack(handle.read(FRAME.size))
                payload = handle.read(length)
            whole = hashlib.sha256(payload).digest() == digest
        except FileNotFoundError:
            return payload_from_pack(file.with_suffix(PACKED), place.offset)
        except struct.error:
            whole, payload = False, b""
        if not whole:
            raise damage(file, position=place.offset, reason="the record is not whole")
        return payload

    def close(self) -> None:
        """Close the segment that is written to."""
        self._release()

    def _release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _reserve(fd: int, start: int, end: int) -> None:
    """Fill a file with zeros from one offset to another.

    Space that is only allocated is marked as unwritten, and the first write to it changes the file
    system's own records, which a sync then waits for. Written zeros make a commit about a third
    quicker, and its worst a half.
    """
    if end <= start:
        return
    os.posix_fallocate(fd, start, end - start)
    for offset in range(start, end, len(_ZEROS)):
        _write_all(fd, _ZEROS[: end - offset], offset=offset)
        # Piece by piece, so that a commit beside this never waits for the whole.
        os.fdatasync(fd)


def wipe_torn_end(folder: Path) -> None:
    """Overwrite an unfinished batch with zeros; nobody may be writing."""
    file = segment_files(folder)[-1]
    end, size = find_end(file), file.stat().st_size
    with file.open("r+b") as handle:
        handle.truncate(end.offset)
        os.posix_fallocate(handle.fileno(), 0, size)
        os.fsync(handle.fileno())


def _write_all(fd: int, data: bytes, *, offset: int) -> None:
    written = os.pwrite(fd, data, offset)
    if written != len(data):
        raise OSError(28, "short write")
