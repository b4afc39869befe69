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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from taysir.exchange.errors import EXC_JOURNAL, EXC_JOURNAL_DAMAGED
from taysir.exchange.journal_store import GENESIS, Place, Record, Written, chain_hash
from taysir.exchange.segments_packed import (
    PACKED,
    BrokenPackError,
    packed_payload,
    packed_records,
    read_head,
)
from taysir.kernel import limits
from taysir.kernel.errors import Problem

SPARE: Final = "next.spare"
"""Room that the next segment will take; holds nothing."""
_MAKING: Final = "making.spare"
_SEGMENT: Final = struct.Struct("<8sQ32sI")
_BATCH: Final = struct.Struct("<4sIII32s")
_COUNTS: Final = struct.Struct("<II32s")
_FRAME: Final = struct.Struct("<I32s")
_MAGIC: Final = b"TAYSIRJ2"
_MARK: Final = b"TJB2"
_ZEROS: Final = bytes(1 << 20)


@dataclass(slots=True, kw_only=True)
class _End:
    """Where the next batch goes, and what it follows."""

    segment: int = 0
    offset: int = 0
    position: int = 0
    chain: bytes = GENESIS


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
        self._end = _find_end(files[-1]) if files else _End()

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
        size = _BATCH.size + sum(_FRAME.size + len(payload) for payload in payloads)
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
        if not self._end.segment or (full and self._end.offset > _SEGMENT.size):
            self._open_segment(self._end.segment + 1, size=max(self._segment_bytes, size))

    @property
    def lacks_room(self) -> bool:
        """Whether :meth:`prepare` has something to do: a segment is half full, or none is open."""
        end = self._end
        half_full = end.offset * 2 > self._segment_bytes
        return (half_full and not self._has_spare) or (self._fd < 0 and end.segment > 0)

    def prepare(self) -> None:
        """Have room on the disk for more than what is written now; may be called beside a writer.

        Once a segment is half full the next one's room is taken, so a full disk is noticed while
        there is still place for the calls that are under way.

        Raises:
            Problem: EXC-0130 when there is no room.
        """
        try:
            with self._lock:
                if self._end.segment and self._fd < 0:
                    self._reopen()
            if self._end.offset * 2 > self._segment_bytes and not self._has_spare:
                self._take_spare_room()
        except OSError as error:
            self._release()
            raise Problem(EXC_JOURNAL, reason=os.strerror(error.errno or 0)) from error

    def _take_spare_room(self) -> None:
        """Take the next segment's room at once, and write its zeros a piece with each call."""
        making, size = self._folder / _MAKING, self._segment_bytes + _SEGMENT.size
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
        end, sha256, pack = self._end, hashlib.sha256, _FRAME.pack
        chain, offset = end.chain, end.offset + _BATCH.size
        heads, parts, offsets = [], [b""], []
        for payload in payloads:
            digest = sha256(payload).digest()
            chain = sha256(chain + digest).digest()
            head = pack(len(payload), digest)
            heads.append(head)
            parts += (head, payload)
            offsets.append(offset)
            offset += _FRAME.size + len(payload)
        length = offset - end.offset - _BATCH.size
        crc = zlib.crc32(b"".join(heads), zlib.crc32(_COUNTS.pack(length, len(heads), chain)))
        parts[0] = _BATCH.pack(_MARK, length, len(heads), crc, chain)
        _write_all(self._fd, b"".join(parts), offset=end.offset)
        os.fdatasync(self._fd)
        self._end = _End(
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
            os.ftruncate(self._fd, size + _SEGMENT.size)
            _reserve(self._fd, spare, size + _SEGMENT.size)
            _write_all(self._fd, _header(self._end), offset=0)
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
        self._end = _End(
            segment=number,
            offset=_SEGMENT.size,
            position=self._end.position,
            chain=self._end.chain,
        )

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:08d}.segment"

    def records(self, *, start: int = 0) -> Iterator[Record]:
        """Yield the records from a position on; raises EXC-0131."""
        files = segment_files(self._folder)
        first = max(
            (i for i, file in enumerate(files) if _begin(file).position <= start), default=0
        )
        for record in _scan(files[first:]):
            if start <= record.position < self._end.position:
                yield record

    def read(self, place: Place) -> bytes:
        """Return the payload at a place; raises EXC-0131 if it is not whole."""
        file = self._file(place.segment)
        try:
            with file.open("rb") as handle:
                handle.seek(place.offset)
                length, digest = _FRAME.unpack(handle.read(_FRAME.size))
                payload = handle.read(length)
            whole = hashlib.sha256(payload).digest() == digest
        except FileNotFoundError:
            return _from_pack(file.with_suffix(PACKED), place.offset)
        except struct.error:
            whole, payload = False, b""
        if not whole:
            raise _damage(file, position=place.offset, reason="the record is not whole")
        return payload

    def close(self) -> None:
        """Close the segment that is written to."""
        self._release()

    def _release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def torn_end(folder: Path) -> tuple[str, int] | None:
    """Return the last segment's name and how many bytes of an unfinished batch lie in it.

    Raises:
        Problem: EXC-0131 if the last segment is damaged.
    """
    files = segment_files(folder)
    if not files:
        return None
    end = _find_end(files[-1])
    with files[-1].open("rb") as handle:
        handle.seek(end.offset)
        left = len(handle.read().rstrip(b"\0"))
    return (files[-1].name, left) if left else None


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
    end, size = _find_end(file), file.stat().st_size
    with file.open("r+b") as handle:
        handle.truncate(end.offset)
        os.posix_fallocate(handle.fileno(), 0, size)
        os.fsync(handle.fileno())


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What of a folder of segments is durable: each file with how many bytes of it count."""

    files: tuple[tuple[Path, int], ...]
    records: int
    chain: bytes


def committed(folder: Path, *, progress: Callable[[int], None]) -> Committed:
    """Return what is durable now, every link checked; the node may go on writing.

    Raises:
        Problem: EXC-0131 naming the first fault.
    """
    files = segment_files(folder)
    end = _find_end(files[-1]) if files else _End()
    for record in _scan(files):
        if record.position >= end.position:
            break
        progress(record.position)
    lengths = [(file, file.stat().st_size) for file in files[:-1]]
    if files:
        lengths.append((files[-1], end.offset))
    return Committed(files=tuple(lengths), records=end.position, chain=end.chain)


def drafts(folder: Path) -> list[Path]:
    """Return what a crash left: segments never finished, and plain ones that were packed."""
    twins = (file.with_suffix(".segment") for file in folder.glob(f"*{PACKED}"))
    return sorted([*folder.glob("*.draft"), *(file for file in twins if file.exists())])


def verify_segments(folder: Path) -> int:
    """Check every batch, frame and link of the chain; return the count of records.

    Raises:
        Problem: EXC-0131 naming the file and position of the first fault.
    """
    return sum(1 for _ in _scan(segment_files(folder)))


def segment_files(folder: Path) -> list[Path]:
    """Return the segments of a folder in their order, packed ones too."""
    plain = {file.stem: file for file in folder.glob("*.segment")}
    packed = {file.stem: file for file in folder.glob(f"*{PACKED}")}
    return [(plain | packed)[stem] for stem in sorted(plain | packed)]


def segment_records(file: Path) -> Iterator[Record]:
    """Yield the records of one segment; raises EXC-0131."""
    return _scan([file])


def segment_start(file: Path) -> tuple[int, bytes]:
    """Return a segment's first position and the chain hash before it; raises EXC-0131."""
    begin = _begin(file)
    return begin.position, begin.chain


def _write_all(fd: int, data: bytes, *, offset: int) -> None:
    written = os.pwrite(fd, data, offset)
    if written != len(data):
        raise OSError(28, "short write")


def _damage(file: Path, *, position: int, reason: str) -> Problem:
    return Problem(EXC_JOURNAL_DAMAGED, position=position, file=file.name, reason=reason)


def _begin(file: Path) -> _End:
    """Read a segment's header; raises EXC-0131."""
    if file.suffix == PACKED:
        try:
            head = read_head(file)
        except (BrokenPackError, FileNotFoundError) as error:
            raise _damage(file, position=0, reason="the segment's header is not whole") from error
        return _End(segment=int(file.stem), position=head.position, chain=head.before)
    try:
        with file.open("rb") as handle:
            header = handle.read(_SEGMENT.size)
    except FileNotFoundError:
        # It was packed since its name was read.
        return _begin(file.with_suffix(PACKED))
    if len(header) == _SEGMENT.size:
        _magic, position, chain, _crc = _SEGMENT.unpack(header)
        end = _End(segment=int(file.stem), offset=_SEGMENT.size, position=position, chain=chain)
        if header == _header(end):
            return end
    raise _damage(file, position=0, reason="the segment's header is not whole")


def _header(end: _End) -> bytes:
    """Return the header of a segment that begins here."""
    crc = zlib.crc32(end.position.to_bytes(8, "little") + end.chain)
    return _SEGMENT.pack(_MAGIC, end.position, end.chain, crc)


def _find_end(file: Path) -> _End:
    """Return the place behind the last whole batch of the last segment."""
    end = _begin(file)
    for record in _scan([file]):
        end.offset = record.place.offset + _FRAME.size + len(record.payload)
        end.position = record.position + 1
        end.chain = record.chain
    return end


def _scan(files: list[Path]) -> Iterator[Record]:
    """Yield each record in order; a torn batch at the very end is not there."""
    end: _End | None = None
    for file in files:
        begin = _begin(file)
        if begin.segment == 1 and (begin.position, begin.chain) != (0, GENESIS):
            raise _damage(file, position=0, reason="the journal does not begin here")
        if end is not None and (end.position, end.chain) != (begin.position, begin.chain):
            raise _damage(file, position=begin.position, reason="a segment before it is cut")
        end = begin
        if file.suffix == PACKED:
            yield from _scan_packed(file, end=end)
        else:
            yield from _scan_plain(file, end=end, last=file == files[-1])


def _scan_plain(file: Path, *, end: _End, last: bool) -> Iterator[Record]:
    """Yield the records of a segment and move the end along."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        # It was packed since its name was read.
        yield from _scan_packed(file.with_suffix(PACKED), end=end)
        return
    while batch := _read_batch(data, end=end):
        for record in batch:
            end.position, end.chain = record.position + 1, record.chain
            end.offset = record.place.offset + _FRAME.size + len(record.payload)
            yield record
    if _holds_more(data, offset=end.offset, last=last):
        reason = f"the batch at byte {end.offset} is not as it was written"
        raise _damage(file, position=end.position, reason=reason)


def _scan_packed(file: Path, *, end: _End) -> Iterator[Record]:
    """Yield the records of a packed segment and move the end along."""
    try:
        for offset, payload in packed_records(file):
            end.chain = chain_hash(end.chain, payload)
            place = Place(end.segment, offset)
            yield Record(position=end.position, chain=end.chain, payload=payload, place=place)
            end.position += 1
    except BrokenPackError as error:
        reason = "the packed segment is not as it was written"
        raise _damage(file, position=end.position, reason=reason) from error


def _from_pack(file: Path, offset: int) -> bytes:
    try:
        return packed_payload(file, offset)
    except (BrokenPackError, FileNotFoundError) as error:
        raise _damage(file, position=offset, reason="the record is not whole") from error


def _read_batch(data: bytes, *, end: _End) -> list[Record]:
    """Return the records of the batch that follows; none if it is not whole."""
    counted = _counted(data, offset=end.offset)
    if counted is None:
        return []
    count, after = counted
    records, at, chain = [], end.offset + _BATCH.size, end.chain
    for position in range(end.position, end.position + count):
        length, digest = _FRAME.unpack_from(data, at)
        payload = data[at + _FRAME.size : at + _FRAME.size + length]
        if hashlib.sha256(payload).digest() != digest:
            return []
        chain = hashlib.sha256(chain + digest).digest()
        place = Place(end.segment, at)
        records.append(Record(position=position, chain=chain, payload=payload, place=place))
        at += _FRAME.size + length
    return records if chain == after else []


def _counted(data: bytes, *, offset: int) -> tuple[int, bytes] | None:
    """Return a batch's count and the chain after it if its header and frames' heads are whole."""
    if offset + _BATCH.size > len(data):
        return None
    mark, length, count, crc, chain = _BATCH.unpack_from(data, offset)
    at = offset + _BATCH.size
    behind = at + length
    if mark != _MARK or not count or behind > len(data):
        return None
    seen = zlib.crc32(_COUNTS.pack(length, count, chain))
    for _ in range(count):
        if at + _FRAME.size > behind:
            return None
        seen = zlib.crc32(data[at : at + _FRAME.size], seen)
        at += _FRAME.size + int(_FRAME.unpack_from(data, at)[0])
    return (count, chain) if (at, seen) == (behind, crc) else None


def _holds_more(data: bytes, *, offset: int, last: bool) -> bool:
    """Whether something was lost behind the last whole batch; a torn last one is no loss."""
    if not last:
        return any(data[offset : offset + _BATCH.size])
    at = data.find(_MARK, offset + 1)
    while at >= 0:
        if _counted(data, offset=at) is not None:
            return True
        at = data.find(_MARK, at + 1)
    return False
