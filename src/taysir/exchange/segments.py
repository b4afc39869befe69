"""Append-only storage of records in preallocated segment files, the ground of the journal.

A record is framed as length, CRC-32, chain hash and payload. The chain hash of a record is
SHA-256(previous chain hash ‖ payload), so a record cannot be changed, dropped or moved without
breaking every later one. Segments are preallocated, because fdatasync of a file whose size does not
change is what makes small commits fast. This module is synchronous and knows no format of payloads.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from taysir.exchange.errors import EXC_JOURNAL, EXC_JOURNAL_DAMAGED
from taysir.kernel import limits
from taysir.kernel.errors import Problem

_FRAME: Final = struct.Struct("<II32s")
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


class SegmentStore:
    """The segments of one folder; open for one writing process at a time."""

    def __init__(self, folder: Path, *, segment_bytes: int = limits.JOURNAL_SEGMENT_BYTES) -> None:
        """Open the folder, making it if needed, and find the end of the last whole record.

        Raises:
            Problem: EXC-0131 if anything but the tail of the last segment is damaged.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._next_position = 0
        self._chain = _GENESIS
        self._number = self._offset = 0
        self._fd = -1
        for record in _scan(folder):
            self._next_position = record.position + 1
            self._chain = record.chain
            self._number = record.place.segment
            self._offset = record.place.offset + _FRAME.size + len(record.payload)
        files = _segment_files(folder)
        if files:
            self._reopen(files[-1])
        else:
            self._open_new_segment()

    def _reopen(self, file: Path) -> None:
        """Go on behind the last whole record; a crash may have left an empty or torn tail."""
        if _number_of(file) != self._number:
            self._number, self._offset = _number_of(file), 0
        self._fd = os.open(file, os.O_RDWR)
        os.ftruncate(self._fd, self._offset)
        os.posix_fallocate(self._fd, 0, self._segment_bytes)
        os.fsync(self._fd)

    @property
    def next_position(self) -> int:
        """The position that the next record gets; also the count of records."""
        return self._next_position

    @property
    def chain(self) -> bytes:
        """The chain hash of the last record; 32 zero bytes when there is none."""
        return self._chain

    def append(self, payloads: Sequence[bytes]) -> list[Record]:
        """Write records and return them with their positions; durable when this returns.

        Raises:
            Problem: EXC-0130 when the disk does not take them; then none of them counts.

        Cost: one write and one fdatasync, however many records.
        """
        mark = (self._next_position, self._chain, self._offset)
        try:
            return self._append(payloads)
        except OSError as error:
            self._next_position, self._chain, self._offset = mark
            raise Problem(EXC_JOURNAL, reason=os.strerror(error.errno or 0)) from error

    def _append(self, payloads: Sequence[bytes]) -> list[Record]:
        buffer = bytearray()
        records = []
        for payload in payloads:
            size = _FRAME.size + len(payload)
            if self._offset + len(buffer) + size > self._segment_bytes:
                self._write(buffer)
                buffer = bytearray()
                self._open_new_segment()
            self._chain = hashlib.sha256(self._chain + payload).digest()
            place = Place(self._number, self._offset + len(buffer))
            buffer += _FRAME.pack(len(payload), zlib.crc32(payload), self._chain)
            buffer += payload
            records.append(
                Record(
                    position=self._next_position, chain=self._chain, payload=payload, place=place
                )
            )
            self._next_position += 1
        self._write(buffer)
        return records

    def _write(self, buffer: bytearray) -> None:
        if buffer:
            written = os.pwrite(self._fd, buffer, self._offset)
            if written != len(buffer):
                raise OSError(28, "short write")
            os.fdatasync(self._fd)
            self._offset += written

    def _open_new_segment(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._number += 1
        file = self._folder / f"{self._number:08d}.segment"
        self._fd = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        os.posix_fallocate(self._fd, 0, self._segment_bytes)
        os.fsync(self._fd)
        folder_fd = os.open(self._folder, os.O_RDONLY)
        os.fsync(folder_fd)
        os.close(folder_fd)
        self._offset = 0

    def records(self, *, start: int = 0) -> Iterator[Record]:
        """Yield the records from a position on; raises EXC-0131."""
        for record in _scan(self._folder):
            if record.position >= start:
                yield record

    def read(self, place: Place) -> bytes:
        """Return the payload at a place; raises EXC-0131 if it is not whole."""
        file = self._folder / f"{place.segment:08d}.segment"
        with file.open("rb") as handle:
            handle.seek(place.offset)
            length, crc, _link = _FRAME.unpack(handle.read(_FRAME.size))
            payload = handle.read(length)
        if zlib.crc32(payload) != crc:
            reason = "the record is not whole"
            raise Problem(EXC_JOURNAL_DAMAGED, position=place.offset, file=file.name, reason=reason)
        return payload

    def close(self) -> None:
        """Close the segment that is written to."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def verify_segments(folder: Path) -> int:
    """Check every frame, CRC and link of the chain; return the count of records.

    Raises:
        Problem: EXC-0131 naming the file and position of the first fault.
    """
    return sum(1 for _ in _scan(folder))


def _segment_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.segment"))


def _number_of(file: Path) -> int:
    return int(file.stem)


def _scan(folder: Path) -> Iterator[Record]:
    """Yield each record in order; an interrupted write at the very end is not one."""
    position, chain = 0, _GENESIS
    files = _segment_files(folder)
    for file in files:
        data = file.read_bytes()
        offset = 0
        while offset + _FRAME.size <= len(data):
            length, crc, link = _FRAME.unpack_from(data, offset)
            if length == 0:
                break
            payload = data[offset + _FRAME.size : offset + _FRAME.size + length]
            expected = hashlib.sha256(chain + payload).digest()
            if len(payload) != length or zlib.crc32(payload) != crc or expected != link:
                if file == files[-1] and not _whole_after(data, offset):
                    break
                reason = "a record does not follow from the one before it"
                raise Problem(EXC_JOURNAL_DAMAGED, position=position, file=file.name, reason=reason)
            chain = link
            place = Place(_number_of(file), offset)
            yield Record(position=position, chain=chain, payload=payload, place=place)
            offset += _FRAME.size + length
            position += 1


def _whole_after(data: bytes, offset: int) -> bool:
    """Whether a whole record follows a broken one: then it is damage, not an interrupted write."""
    length, _crc, _link = _FRAME.unpack_from(data, offset)
    following = offset + _FRAME.size + length
    if following + _FRAME.size > len(data):
        return False
    next_length, next_crc, _next_link = _FRAME.unpack_from(data, following)
    payload = data[following + _FRAME.size : following + _FRAME.size + next_length]
    whole = len(payload) == next_length and zlib.crc32(payload) == next_crc
    return bool(next_length > 0 and whole)
