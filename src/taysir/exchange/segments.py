"""Append-only storage of records in preallocated segment files, the ground of the journal.

A segment begins with its first position and the chain hash before it, so that a start reads only
the last one. Records are written in batches: a header (length, CRC-32) and frames (length, CRC-32,
chain hash, payload). The chain hash of a record is SHA-256(previous chain hash ‖ payload), so no
record can be changed, dropped or moved without breaking every later one. A batch is synced
before the next begins; only the last can be torn, and then nobody was told. Preallocation is what
makes small commits fast: fdatasync of a file whose size stays is cheap. Synchronous; knows no
format of payloads.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from taysir.exchange.errors import EXC_JOURNAL, EXC_JOURNAL_DAMAGED
from taysir.kernel import limits
from taysir.kernel.errors import Problem

_SEGMENT: Final = struct.Struct("<8sQ32s")
_BATCH: Final = struct.Struct("<II")
_FRAME: Final = struct.Struct("<II32s")
_MAGIC: Final = b"TAYSIRJ1"
_GENESIS: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record's frame begins."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record as it lies on disk. ``position`` counts from 0 over all segments."""

    position: int
    chain: bytes
    payload: bytes
    place: Place


@dataclass(slots=True, kw_only=True)
class _End:
    """Where the next batch goes, and what it follows."""

    segment: int = 0
    offset: int = 0
    position: int = 0
    chain: bytes = _GENESIS


class SegmentStore:
    """The segments of one folder; open for one writing process at a time."""

    def __init__(self, folder: Path, *, segment_bytes: int = limits.JOURNAL_SEGMENT_BYTES) -> None:
        """Open the folder, making it if needed, and find the end of the last whole batch.

        Raises:
            Problem: EXC-0131 if anything but the last batch of the last segment is damaged.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._fd = -1
        files = _segment_files(folder)
        self._end = _find_end(files[-1]) if files else _End()

    @property
    def next_position(self) -> int:
        """The position that the next record gets; also the count of records."""
        return self._end.position

    @property
    def chain(self) -> bytes:
        """The chain hash of the last record; 32 zero bytes when there is none."""
        return self._end.chain

    def append(self, payloads: Sequence[bytes]) -> list[Record]:
        """Write records as one batch and return them; durable when this returns.

        Raises:
            Problem: EXC-0130 when the disk does not take them; then none of them counts.

        Cost: one write and one fdatasync, however many records.
        """
        size = _BATCH.size + sum(_FRAME.size + len(payload) for payload in payloads)
        try:
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

    def _write_batch(self, payloads: Sequence[bytes]) -> list[Record]:
        end = self._end
        position, chain = end.position, end.chain
        offset = end.offset + _BATCH.size
        body = bytearray()
        records = []
        for payload in payloads:
            chain = hashlib.sha256(chain + payload).digest()
            place = Place(end.segment, offset + len(body))
            body += _FRAME.pack(len(payload), zlib.crc32(payload), chain)
            body += payload
            records.append(Record(position=position, chain=chain, payload=payload, place=place))
            position += 1
        _write_all(self._fd, _BATCH.pack(len(body), zlib.crc32(body)) + body, offset=end.offset)
        os.fdatasync(self._fd)
        self._end = _End(
            segment=end.segment, offset=offset + len(body), position=position, chain=chain
        )
        return records

    def _reopen(self) -> None:
        """Go on behind the last whole batch; what a crash or a failed write left is wiped."""
        self._fd = os.open(self._file(self._end.segment), os.O_RDWR)
        os.ftruncate(self._fd, self._end.offset)
        os.posix_fallocate(self._fd, 0, max(self._segment_bytes, self._end.offset))
        os.fsync(self._fd)

    def _open_segment(self, number: int, *, size: int) -> None:
        self._release()
        draft = self._file(number).with_suffix(".draft")
        self._fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.posix_fallocate(self._fd, 0, size + _SEGMENT.size)
        header = _SEGMENT.pack(_MAGIC, self._end.position, self._end.chain)
        _write_all(self._fd, header, offset=0)
        os.fsync(self._fd)
        draft.rename(self._file(number))
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
        files = _segment_files(self._folder)
        first = max(
            (i for i, file in enumerate(files) if _begin(file).position <= start), default=0
        )
        for record in _scan(files[first:]):
            if start <= record.position < self._end.position:
                yield record

    def read(self, place: Place) -> bytes:
        """Return the payload at a place; raises EXC-0131 if it is not whole."""
        file = self._file(place.segment)
        with file.open("rb") as handle:
            handle.seek(place.offset)
            length, crc, _link = _FRAME.unpack(handle.read(_FRAME.size))
            payload = handle.read(length)
        if zlib.crc32(payload) != crc:
            raise _damage(file, position=place.offset, reason="the record is not whole")
        return payload

    def close(self) -> None:
        """Close the segment that is written to."""
        self._release()

    def _release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def verify_segments(folder: Path) -> int:
    """Check every batch, frame and link of the chain; return the count of records.

    Raises:
        Problem: EXC-0131 naming the file and position of the first fault.
    """
    return sum(1 for _ in _scan(_segment_files(folder)))


def _write_all(fd: int, data: bytes, *, offset: int) -> None:
    written = os.pwrite(fd, data, offset)
    if written != len(data):
        raise OSError(28, "short write")


def _segment_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.segment"))


def _damage(file: Path, *, position: int, reason: str) -> Problem:
    return Problem(EXC_JOURNAL_DAMAGED, position=position, file=file.name, reason=reason)


def _begin(file: Path) -> _End:
    """Read a segment's header; raises EXC-0131."""
    with file.open("rb") as handle:
        header = handle.read(_SEGMENT.size)
    if len(header) != _SEGMENT.size or not header.startswith(_MAGIC):
        raise _damage(file, position=0, reason="the segment's header is not whole")
    _magic, position, chain = _SEGMENT.unpack(header)
    return _End(segment=int(file.stem), offset=_SEGMENT.size, position=position, chain=chain)


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
        if end is not None and (end.position, end.chain) != (begin.position, begin.chain):
            raise _damage(file, position=begin.position, reason="a segment before it is cut")
        end = begin
        with file.open("rb") as handle:
            for offset, body in _batches(handle, file=file, last=file == files[-1]):
                for record in _records(body, offset=offset, end=end, file=file):
                    end.position, end.chain = record.position + 1, record.chain
                    yield record


def _batches(handle: BinaryIO, *, file: Path, last: bool) -> Iterator[tuple[int, bytes]]:
    """Yield the whole batches of a segment with the offset of their first frame."""
    offset = _SEGMENT.size
    while True:
        length, body, whole = _read_batch(handle, offset)
        if not whole:
            torn = length and (not last or _read_batch(handle, offset + _BATCH.size + length)[2])
            if torn:
                raise _damage(file, position=offset, reason="a batch is not as it was written")
            return
        yield offset + _BATCH.size, body
        offset += _BATCH.size + length


def _read_batch(handle: BinaryIO, offset: int) -> tuple[int, bytes, bool]:
    """Return a batch's length, its bytes and whether it is whole; no batch has the length 0."""
    handle.seek(offset)
    header = handle.read(_BATCH.size)
    if len(header) < _BATCH.size:
        return 0, b"", False
    length, crc = _BATCH.unpack(header)
    if length == 0 or length > os.fstat(handle.fileno()).st_size - offset - _BATCH.size:
        return length, b"", False
    body = handle.read(length)
    return length, body, zlib.crc32(body) == crc


def _records(body: bytes, *, offset: int, end: _End, file: Path) -> Iterator[Record]:
    """Take a batch apart and check that each record follows from the one before it."""
    at, position, chain = 0, end.position, end.chain
    while at < len(body):
        length, _crc, link = _FRAME.unpack_from(body, at)
        payload = body[at + _FRAME.size : at + _FRAME.size + length]
        chain = hashlib.sha256(chain + payload).digest()
        if chain != link:
            reason = "a record does not follow from the one before it"
            raise _damage(file, position=position, reason=reason)
        place = Place(end.segment, offset + at)
        yield Record(position=position, chain=chain, payload=payload, place=place)
        at += _FRAME.size + length
        position += 1
