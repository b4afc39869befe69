"""Reads segment files: what is whole in them, what is torn, what is damaged.

The layout is that of docs/reference/journal-format.md; packed segments are read in the same way.
Nothing here writes. Every record that is handed out follows from the one before it.
"""

from __future__ import annotations

import hashlib
import mmap
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from taysir.exchange.errors import EXC_JOURNAL_DAMAGED
from taysir.exchange.journal_store import GENESIS, Place, Record, chain_hash
from taysir.exchange.segments_packed import (
    PACKED,
    BrokenPackError,
    packed_payload,
    packed_records,
    read_head,
)
from taysir.kernel.errors import Problem

SEGMENT: Final = struct.Struct("<8sQ32sI")
BATCH: Final = struct.Struct("<4sIII32s")
COUNTS: Final = struct.Struct("<II32s")
FRAME: Final = struct.Struct("<I32s")
MARK: Final = b"TJB2"
_MAGIC: Final = b"TAYSIRJ2"


@dataclass(slots=True, kw_only=True)
class End:
    """Where the next batch goes, and what it follows."""

    segment: int = 0
    offset: int = 0
    position: int = 0
    chain: bytes = GENESIS


def torn_end(folder: Path) -> tuple[str, int] | None:
    """Return the last segment's name and how many bytes of an unfinished batch lie in it.

    Raises:
        Problem: EXC-0131 if the last segment is damaged.
    """
    files = segment_files(folder)
    if not files:
        return None
    end = find_end(files[-1])
    with files[-1].open("rb") as handle:
        handle.seek(end.offset)
        left = len(handle.read().rstrip(b"\0"))
    return (files[-1].name, left) if left else None


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
    end = find_end(files[-1]) if files else End()
    for record in scan(files):
        if record.position >= end.position:
            break
        progress(record.position)
    lengths = [(file, file.stat().st_size) for file in files[:-1]]
    if files:
        lengths.append((files[-1], end.offset))
    return Committed(files=tuple(lengths), records=end.position, chain=end.chain)


def drafts(folder: Path) -> list[Path]:
    """Return what a crash left: segments never finished, and plain ones that were packed."""
    return sorted({*folder.glob("*.draft"), *pack_leftovers(folder)})


def pack_leftovers(folder: Path) -> list[Path]:
    """Return what a killed packing left: a draft, or a plain segment that was packed already."""
    twins = (file.with_suffix(".segment") for file in folder.glob(f"*{PACKED}"))
    return sorted([*folder.glob(f"*{PACKED}.draft"), *(file for file in twins if file.exists())])


def verify_segments(folder: Path) -> int:
    """Check every batch, frame and link of the chain; return the count of records.

    Raises:
        Problem: EXC-0131 naming the file and position of the first fault.
    """
    return sum(1 for _ in scan(segment_files(folder)))


def segment_files(folder: Path) -> list[Path]:
    """Return the segments of a folder in their order, packed ones too."""
    plain = {file.stem: file for file in folder.glob("*.segment")}
    packed = {file.stem: file for file in folder.glob(f"*{PACKED}")}
    return [(plain | packed)[stem] for stem in sorted(plain | packed)]


def closed_records(file: Path) -> Iterator[Record]:
    """Yield the records of a segment that is written to no more; raises EXC-0131.

    The file is mapped and not read, so a process that packs it stays small.
    """
    end = begin_of(file)
    with (
        file.open("rb") as handle,
        mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        yield from _scan_batches(file, data, end=end, last=False)


def segment_start(file: Path) -> tuple[int, bytes]:
    """Return a segment's first position and the chain hash before it; raises EXC-0131."""
    begin = begin_of(file)
    return begin.position, begin.chain


def damage(file: Path, *, position: int, reason: str) -> Problem:
    """Return the problem that names a damaged place."""
    return Problem(EXC_JOURNAL_DAMAGED, position=position, file=file.name, reason=reason)


def begin_of(file: Path) -> End:
    """Read a segment's header; raises EXC-0131."""
    if file.suffix == PACKED:
        try:
            head = read_head(file)
        except (BrokenPackError, FileNotFoundError) as error:
            raise damage(file, position=0, reason="the segment's header is not whole") from error
        return End(segment=int(file.stem), position=head.position, chain=head.before)
    try:
        with file.open("rb") as handle:
            header = handle.read(SEGMENT.size)
    except FileNotFoundError:
        # It was packed since its name was read.
        return begin_of(file.with_suffix(PACKED))
    if len(header) == SEGMENT.size:
        _magic, position, chain, _crc = SEGMENT.unpack(header)
        end = End(segment=int(file.stem), offset=SEGMENT.size, position=position, chain=chain)
        if header == header_of(end):
            return end
    raise damage(file, position=0, reason="the segment's header is not whole")


def header_of(end: End) -> bytes:
    """Return the header of a segment that begins here."""
    crc = zlib.crc32(end.position.to_bytes(8, "little") + end.chain)
    return SEGMENT.pack(_MAGIC, end.position, end.chain, crc)


def find_end(file: Path) -> End:
    """Return the place behind the last whole batch of the last segment."""
    end = begin_of(file)
    for record in scan([file]):
        end.offset = record.place.offset + FRAME.size + len(record.payload)
        end.position = record.position + 1
        end.chain = record.chain
    return end


def scan(files: list[Path]) -> Iterator[Record]:
    """Yield each record in order; a torn batch at the very end is not there."""
    end: End | None = None
    for file in files:
        begin = begin_of(file)
        if begin.segment == 1 and (begin.position, begin.chain) != (0, GENESIS):
            raise damage(file, position=0, reason="the journal does not begin here")
        if end is not None and (end.position, end.chain) != (begin.position, begin.chain):
            raise damage(file, position=begin.position, reason="a segment before it is cut")
        end = begin
        if file.suffix == PACKED:
            yield from _scan_packed(file, end=end)
        else:
            yield from _scan_plain(file, end=end, last=file == files[-1])


def _scan_plain(file: Path, *, end: End, last: bool) -> Iterator[Record]:
    """Yield the records of a segment and move the end along."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        # It was packed since its name was read.
        yield from _scan_packed(file.with_suffix(PACKED), end=end)
        return
    yield from _scan_batches(file, data, end=end, last=last)


def _scan_batches(file: Path, data: bytes | mmap.mmap, *, end: End, last: bool) -> Iterator[Record]:
    while batch := _read_batch(data, end=end):
        for record in batch:
            end.position, end.chain = record.position + 1, record.chain
            end.offset = record.place.offset + FRAME.size + len(record.payload)
            yield record
    if _holds_more(data, offset=end.offset, last=last):
        reason = f"the batch at byte {end.offset} is not as it was written"
        raise damage(file, position=end.position, reason=reason)


def _scan_packed(file: Path, *, end: End) -> Iterator[Record]:
    """Yield the records of a packed segment and move the end along."""
    try:
        for offset, payload in packed_records(file):
            end.chain = chain_hash(end.chain, payload)
            place = Place(end.segment, offset)
            yield Record(position=end.position, chain=end.chain, payload=payload, place=place)
            end.position += 1
    except BrokenPackError as error:
        reason = "the packed segment is not as it was written"
        raise damage(file, position=end.position, reason=reason) from error


def payload_from_pack(file: Path, offset: int) -> bytes:
    """Return the payload that lay at an offset before its segment was packed; raises EXC-0131."""
    try:
        return packed_payload(file, offset)
    except (BrokenPackError, FileNotFoundError) as error:
        raise damage(file, position=offset, reason="the record is not whole") from error


def _read_batch(data: bytes | mmap.mmap, *, end: End) -> list[Record]:
    """Return the records of the batch that follows; none if it is not whole."""
    counted = _counted(data, offset=end.offset)
    if counted is None:
        return []
    count, after = counted
    records, at, chain = [], end.offset + BATCH.size, end.chain
    for position in range(end.position, end.position + count):
        length, digest = FRAME.unpack_from(data, at)
        payload = data[at + FRAME.size : at + FRAME.size + length]
        if hashlib.sha256(payload).digest() != digest:
            return []
        chain = hashlib.sha256(chain + digest).digest()
        place = Place(end.segment, at)
        records.append(Record(position=position, chain=chain, payload=payload, place=place))
        at += FRAME.size + length
    return records if chain == after else []


def _counted(data: bytes | mmap.mmap, *, offset: int) -> tuple[int, bytes] | None:
    """Return a batch's count and the chain after it if its header and frames' heads are whole."""
    if offset + BATCH.size > len(data):
        return None
    mark, length, count, crc, chain = BATCH.unpack_from(data, offset)
    at = offset + BATCH.size
    behind = at + length
    if mark != MARK or not count or behind > len(data):
        return None
    seen = zlib.crc32(COUNTS.pack(length, count, chain))
    for _ in range(count):
        if at + FRAME.size > behind:
            return None
        seen = zlib.crc32(data[at : at + FRAME.size], seen)
        at += FRAME.size + int(FRAME.unpack_from(data, at)[0])
    return (count, chain) if (at, seen) == (behind, crc) else None


def _holds_more(data: bytes | mmap.mmap, *, offset: int, last: bool) -> bool:
    """Whether something was lost behind the last whole batch; a torn last one is no loss."""
    if not last:
        return any(data[offset : offset + BATCH.size])
    at = data.find(MARK, offset + 1)
    while at >= 0:
        if _counted(data, offset=at) is not None:
            return True
        at = data.find(MARK, at + 1)
    return False
