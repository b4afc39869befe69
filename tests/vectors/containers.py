"""Vectors of the container of evidence: a ZIP file of one spelling, and what is none."""

from __future__ import annotations

import io
import zipfile

from taysir.exchange.package import MIMETYPE, pack

from .basics import Vector
from .forging import text64

_FILES = {
    "mimetype": MIMETYPE,
    "manifest.json": b'{"files":[]}',
    "request.jws": b"a.b.c",
    "agreement/agreement.json": b"{}",
}


def containers() -> list[Vector]:
    """Return containers with the names and lengths of their files, and broken ones."""
    good = pack(_FILES)
    end = good.index(b"PK\x05\x06")
    central = good.index(b"PK\x01\x02")
    body = good.index(b"a.b.c")
    other, none = "EXC-0533", "EXC-0532"

    def flip(at: int) -> bytes:
        return good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]

    rows: list[tuple[str, bytes, str]] = [
        ("another version", flip(4), other),
        ("another date", flip(12), other),
        ("a changed byte of a file", flip(body), other),
        ("a changed checksum", flip(14), other),
        ("a changed directory", flip(central + 8), other),
        ("a changed number of entries", flip(end + 8), other),
        ("bytes behind", good + b"x", other),
        ("a comment", good[:-2] + b"\x01\x00x", other),
        ("the end missing", good[:-1], other),
        ("cut within a file", good[: body + 2], other),
        ("compressed", _zipped(zipfile.ZIP_DEFLATED), other),
        ("written by another program", _zipped(zipfile.ZIP_STORED), other),
        *(
            (f"a name that leads elsewhere: {name}", pack({**_FILES, name: b"x"}), other)
            for name in ("../a", "/a", "a/../b", ".a", "a/.b", "a//b", "a/", "a b", "")
        ),
        ("empty", b"", none),
        ("not a ZIP file", b"%PDF-1.7 " + bytes(200), none),
        ("a ZIP file of something else", pack({"a.txt": b"x"}), none),
    ]
    listed = {name: len(content) for name, content in _FILES.items()}
    return [{"name": "whole", "zip": text64(good), "files": listed}] + [
        {"name": name, "zip": text64(data), "code": code} for name, data, code in rows
    ]


def _zipped(compression: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as made:
        for name, content in _FILES.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = compression
            made.writestr(entry, content)
    return buffer.getvalue()
