"""Clause 7: frames of the link between nodes."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from .basics import FRAME_MOST, MESSAGES_MOST, Document, Json, require


class Packed:
    """Reads MessagePack as far as frames use it."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        require(self.at + count <= len(self.data), "EXC-0151")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, count: int) -> int:
        """Return the next unsigned number of so many bytes."""
        return int.from_bytes(self.take(count), "big")

    def value(self) -> Json:
        """Return the next integer, binary or array; nothing else occurs in a frame."""
        head = self.number(1)
        if head < 0x80:
            return head
        if 0x90 <= head <= 0x9F:
            return [self.value() for _ in range(head & 15)]
        lengths: dict[int, Callable[[], Json]] = {
            0xC4: lambda: self.take(self.number(1)),
            0xC5: lambda: self.take(self.number(2)),
            0xC6: lambda: self.take(self.number(4)),
            0xCC: lambda: self.number(1),
            0xCD: lambda: self.number(2),
            0xCE: lambda: self.number(4),
            0xCF: lambda: self.number(8),
            0xDC: lambda: [self.value() for _ in range(self.number(2))],
        }
        require(head in lengths, "EXC-0151")
        return lengths[head]()


def frames(vector: Document, _world: Document) -> Document:
    """Answer a vector of frames."""
    data = bytes.fromhex(vector["hex"])
    length = int.from_bytes(data[:4], "big")
    require(length <= FRAME_MOST, "EXC-0151")
    packed = Packed(data[4:])
    frame = packed.value()
    require(packed.at == length == len(data) - 4, "EXC-0151")
    require(isinstance(frame, list) and len(frame) == 2 and frame[0] in (1, 2, 3), "EXC-0151")
    require(isinstance(frame[1], list) and len(frame[1]) <= MESSAGES_MOST, "EXC-0151")
    return {"kind": frame[0], "messages": [framed(message) for message in frame[1]]}


NAME, VALUE = re.compile(rb"[0-9a-z!#$%&'*+.^_`|~-]+"), re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


def framed(message: Json) -> Document:
    """Return one message of a frame."""
    require(isinstance(message, list) and len(message) == 5, "EXC-0151")
    number, statement, body_type, pairs, body = message
    require(isinstance(number, int) and isinstance(pairs, list), "EXC-0151")
    paired = all(isinstance(pair, list) and len(pair) == 2 for pair in pairs)
    require(paired, "EXC-0151")
    flat = [part for pair in pairs for part in pair]
    require(
        all(isinstance(part, bytes) for part in (statement, body_type, body, *flat)), "EXC-0151"
    )
    require(
        all(NAME.fullmatch(name) and VALUE.fullmatch(value) for name, value in pairs), "EXC-0151"
    )
    return {
        "number": number,
        "statement": statement.decode("latin-1"),
        "body_type": body_type.decode("latin-1"),
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in pairs],
        "body": base64.b64encode(body).decode("latin-1"),
    }
