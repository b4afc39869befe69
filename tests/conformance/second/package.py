"""Clause 12: the container of evidence, a ZIP file with one spelling."""

from __future__ import annotations

import base64
import re
import struct
import zlib

from .basics import Document, Refused, require

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
MIMETYPE = b"application/vnd.taysir.evidence+zip"


def write(files: dict[str, bytes]) -> bytes:
    """Write a container: mimetype first, the others in the order of names, nothing compressed."""
    body, directory = b"", b""
    for name in sorted(files, key=lambda name: (name != "mimetype", name)):
        data, raw = files[name], name.encode()
        same = struct.pack(
            "<4H3I2H", 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(raw), 0
        )
        directory += b"PK\1\2" + struct.pack("<2H", 10, 10) + same
        directory += struct.pack("<3H2I", 0, 0, 0, 0, len(body)) + raw
        body += b"PK\3\4" + struct.pack("<H", 10) + same + raw + data
    count = len(files)
    end = struct.pack("<4H2IH", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


def read(data: bytes) -> dict[str, bytes]:
    """Return the files of a container, as far as its entries can be followed."""
    require(data.startswith(b"PK\3\4") or MIMETYPE in data[:128], "EXC-0532")
    files: dict[str, bytes] = {}
    at = 0
    while data[at : at + 4] != b"PK\1\2":
        require(data[at : at + 4] == b"PK\3\4" and at + 30 <= len(data), "EXC-0533")
        length, name_length, extra = struct.unpack("<I2H", data[at + 22 : at + 30])
        start = at + 30 + name_length + extra
        require(start + length <= len(data), "EXC-0533")
        try:
            name = data[at + 30 : at + 30 + name_length].decode("ascii")
        except UnicodeDecodeError as error:
            raise Refused("EXC-0533") from error
        require(name not in files and NAME.fullmatch(name), "EXC-0533")
        files[name] = data[start : start + length]
        at = start + length
    evidence = files.get("mimetype") == MIMETYPE or "manifest.json" in files
    require(evidence, "EXC-0532")
    return files


def containers(vector: Document, _world: Document) -> Document:
    """Answer a vector of containers."""
    data = base64.b64decode(vector["zip"])
    files = read(data)
    require(write(files) == data, "EXC-0533")
    return {"files": {name: len(content) for name, content in files.items()}}
