"""The container of evidence: a ZIP file with exactly one spelling.

Entries are stored uncompressed, in a fixed order, with fixed times and flags, so the same contents
give the same bytes, any ZIP program opens them, and any changed byte of the container itself is
found: reading means taking the contents out and comparing the file with what writing them gives.

Source: PKWARE APPNOTE 6.3.x, clauses 4.3.7, 4.3.12, 4.3.16.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping
from typing import Final

from taysir.exchange.trust_errors import EXC_EVIDENCE_FINDING, EXC_EVIDENCE_UNREADABLE
from taysir.kernel import limits
from taysir.kernel.errors import Problem

MIMETYPE: Final = b"application/vnd.taysir.evidence+zip"
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_MAGIC: Final = b"PK\x03\x04"
_DATE: Final = 0x21
"""1980-01-01, the beginning of the format's calendar."""
_NAME: Final = re.compile(rb"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
"""A name stays below the folder into which somebody takes the contents out, and shows there."""


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return the container: ``mimetype`` first, the other entries in the order of names."""
    parts: list[bytes] = []
    directory, offset = bytearray(), 0
    names = sorted(files, key=lambda name: (name != "mimetype", name))
    for name in names:
        data, raw = files[name], name.encode("ascii")
        common = (0, 0, 0, _DATE, zlib.crc32(data), len(data), len(data), len(raw), 0)
        parts += (_LOCAL.pack(_MAGIC, 10, *common), raw, data)
        directory += _CENTRAL.pack(b"PK\x01\x02", 10, 10, *common, 0, 0, 0, 0, offset) + raw
        offset += _LOCAL.size + len(raw) + len(data)
    tail = _END.pack(b"PK\x05\x06", 0, 0, len(names), len(names), len(directory), offset, 0)
    return b"".join((*parts, bytes(directory), tail))


def unpack(data: bytes) -> dict[str, bytes]:
    """Take the contents out, without judging the container's other bytes.

    Raises:
        Problem: EXC-0532 for what is not an evidence package at all, EXC-0533 naming the place
            where the container is broken.
    """
    if len(data) > limits.EVIDENCE_PACKAGE_BYTES:
        raise Problem(EXC_EVIDENCE_UNREADABLE, reason="it is too long")
    if MIMETYPE not in data[:128] and not data.startswith(_MAGIC):
        raise Problem(EXC_EVIDENCE_UNREADABLE, reason="it is not a ZIP file")
    files: dict[str, bytes] = {}
    offset, after = 0, "the beginning"
    while data[offset : offset + 4] != b"PK\x01\x02":
        if len(files) >= limits.EVIDENCE_FILES:
            raise Problem(EXC_EVIDENCE_FINDING, file="container", reason="too many entries")
        name, content, offset = _entry(data, offset=offset, after=after)
        if name in files:
            raise Problem(EXC_EVIDENCE_FINDING, file=name, reason="it is there twice")
        files[name], after = content, name
    if files.get("mimetype") != MIMETYPE and "manifest.json" not in files:
        raise Problem(EXC_EVIDENCE_UNREADABLE, reason="a ZIP file, but not of evidence")
    return files


def check_container(data: bytes, *, files: Mapping[str, bytes]) -> None:
    """Compare a container with its one spelling; raises EXC-0533 with the place."""
    expected = pack(files)
    if expected == data:
        return
    short = min(len(expected), len(data))
    place = next((i for i in range(short) if expected[i] != data[i]), short)
    name, offset = "container", 0
    for entry, content in sorted(files.items(), key=lambda pair: (pair[0] != "mimetype", pair[0])):
        length = _LOCAL.size + len(entry) + len(content)
        if offset <= place < offset + length:
            name = entry
        offset += length
    reason = f"byte {place} of the package is not as it was written"
    raise Problem(EXC_EVIDENCE_FINDING, file=name, reason=reason)


def _entry(data: bytes, *, offset: int, after: str) -> tuple[str, bytes, int]:
    """Read one entry; returns name, content and the offset behind it."""
    head = data[offset : offset + _LOCAL.size]
    if len(head) < _LOCAL.size or (offset and head[:4] != _MAGIC):
        reason = f"broken at byte {offset}, after {after}"
        raise Problem(EXC_EVIDENCE_FINDING, file="container", reason=reason)
    fields = _LOCAL.unpack(head)
    length, name_length, extra_length = fields[8], fields[9], fields[10]
    start = offset + _LOCAL.size + name_length + extra_length
    raw = data[offset + _LOCAL.size : offset + _LOCAL.size + name_length]
    usable = name_length <= limits.EVIDENCE_NAME_BYTES and _NAME.fullmatch(raw)
    if not usable or start + length > len(data):
        reason = f"broken at byte {offset}, after {after}"
        raise Problem(EXC_EVIDENCE_FINDING, file="container", reason=reason)
    return raw.decode("ascii"), data[start : start + length], start + length
