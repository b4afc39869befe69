"""Closed segments at rest: the same records, bit for bit, in less than half of the room.

Statements are base64 text of JSON that says much the same again and again. Taken out of base64 and
compressed many together they shrink to a fraction; sealed bodies do not, and lie as they are. A
packed segment gives back exactly the payloads it was made from, which the packing checks, so the
chain of hashes is the same. Places stay what they were: a record is found by its old offset.

Packing costs processor time and is done by a process of its own, never by a call.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from binascii import a2b_base64, b2a_base64
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from taysir.exchange.journal_store import Record, chain_hash

PACKED: Final = ".packed"
_HEAD: Final = struct.Struct("<8sQ32s32sI")
_TAIL: Final = struct.Struct("<II4s")
_MAGIC: Final = b"TAYSIRP1"
_END: Final = b"TJPE"
BLOCK_RECORDS: Final = 128
"""Records that are compressed together; one look-up unpacks so many."""
_TOKEN: Final = 1
"""The MessagePack extension that stands for dotted base64url text."""
_DOTTED: Final = re.compile(rb"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){1,8}")
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder().decode


class BrokenPackError(Exception):
    """The file is not as it was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackHead:
    """What a packed segment begins with: its first position, the chain before and after it."""

    position: int
    before: bytes
    after: bytes
    records: int


def pack_records(records: Iterable[Record], *, head: PackHead) -> Iterator[bytes]:
    """Yield the file of a packed segment, a block of records at a time."""
    yield _HEAD.pack(_MAGIC, head.position, head.before, head.after, head.records)
    blocks, at = [], _HEAD.size
    rest = iter(records)
    while part := list(islice(rest, BLOCK_RECORDS)):
        data = _encode([(record.place.offset, _shrink(record.payload)) for record in part])
        packed = zlib.compress(data, 6)
        blocks.append((part[0].place.offset, at, len(packed)))
        at += len(packed)
        yield packed
    footer = _encode(blocks)
    yield footer + _TAIL.pack(len(footer), zlib.crc32(footer), _END)


def read_head(file: Path) -> PackHead:
    """Read the head of a packed segment; raises BrokenPackError."""
    with file.open("rb") as handle:
        head = handle.read(_HEAD.size)
    if len(head) != _HEAD.size or not head.startswith(_MAGIC):
        raise BrokenPackError
    _magic, position, before, after, records = _HEAD.unpack(head)
    return PackHead(position=position, before=before, after=after, records=records)


def packed_records(file: Path) -> Iterator[tuple[int, bytes]]:
    """Yield offset and payload of each record; raises BrokenPackError.

    The whole is checked against the chain in the head before the last record is yielded.
    """
    head = read_head(file)
    chain, count = head.before, 0
    for _first, offset, length in _blocks(file):
        for at, payload in _block(file, offset, length):
            chain, count = chain_hash(chain, payload), count + 1
            if count == head.records and chain != head.after:
                raise BrokenPackError
            yield at, payload
    if count != head.records:
        raise BrokenPackError


def packed_payload(file: Path, offset: int) -> bytes:
    """Return the payload of the record that lay at an offset; raises BrokenPackError."""
    blocks = _blocks(file)
    number = bisect_right([first for first, _offset, _length in blocks], offset) - 1
    found = dict(_block(file, *blocks[number][1:])) if number >= 0 else {}
    if offset not in found:
        raise BrokenPackError
    return found[offset]


@lru_cache(maxsize=64)
def _blocks(file: Path) -> list[tuple[int, int, int]]:
    """Read the list of blocks: first offset in the old segment, place and length in this file."""
    with file.open("rb") as handle:
        behind = handle.seek(0, os.SEEK_END) - _TAIL.size
        if behind < _HEAD.size:
            raise BrokenPackError
        handle.seek(behind)
        length, crc, end = _TAIL.unpack(handle.read(_TAIL.size))
        if end != _END or length > behind - _HEAD.size:
            raise BrokenPackError
        handle.seek(behind - length)
        footer = handle.read(length)
    if zlib.crc32(footer) != crc:
        raise BrokenPackError
    return [(first, at, size) for first, at, size in _decode(footer)]


@lru_cache(maxsize=8)
def _block(file: Path, offset: int, length: int) -> tuple[tuple[int, bytes], ...]:
    with file.open("rb") as handle:
        handle.seek(offset)
        packed = handle.read(length)
    try:
        entries = _decode(zlib.decompress(packed))
        return tuple((int(at), _restore(kept)) for at, kept in entries)
    except (zlib.error, msgspec.DecodeError, ValueError, TypeError) as error:
        raise BrokenPackError from error


# --- one record ----------------------------------------------------------------------------------


def _shrink(payload: bytes) -> Any:
    """Return a record's items with dotted base64 taken apart, or its bytes if that loses a bit."""
    try:
        items = _decode(payload)
        if not isinstance(items, list) or _holds_extension(items):
            return payload
        shrunk = [_token(item) if isinstance(item, bytes) else item for item in items]
        return shrunk if _restore(_decode(_encode(shrunk))) == payload else payload
    except (msgspec.MsgspecError, ValueError, TypeError):
        return payload


def _holds_extension(items: list[Any]) -> bool:
    return any(isinstance(item, msgspec.msgpack.Ext) for item in items)


def _token(text: bytes) -> Any:
    """Return dotted base64url text as an extension of its decoded parts, anything else as it is."""
    if not _DOTTED.fullmatch(text):
        return text
    try:
        raw = [a2b_base64(part + b"==") for part in text.translate(_FROM_URL).split(b".")]
    except ValueError:
        return text
    return msgspec.msgpack.Ext(_TOKEN, _encode(raw)) if _text(raw) == text else text


def _text(raw: list[bytes]) -> bytes:
    parts = (b2a_base64(part, newline=False).rstrip(b"=") for part in raw)
    return b".".join(parts).translate(_TO_URL)


def _restore(kept: Any) -> bytes:
    if isinstance(kept, bytes):
        return kept
    return _encode(
        [
            _text(_decode(item.data)) if isinstance(item, msgspec.msgpack.Ext) else item
            for item in kept
        ]
    )
