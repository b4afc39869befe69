"""Frames on the link between two nodes: bytes to messages and back; pure.

A frame is a length (four bytes, big-endian) and a MessagePack array ``[kind, messages]``; a message
is ``[number, statement, content type, headers, body]``. Everything that is pending goes into one
frame, so that many calls cost one write, one encryption and one read. A number ties an answer to
its call on one connection; it means nothing else. What a statement says is not looked at here.

Source: docs/reference/protocol.md clause 7.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Annotated, Final

import msgspec

from taysir.exchange.errors import EXC_FRAME
from taysir.kernel import limits
from taysir.kernel.errors import Problem

ALPN: Final = "taysir-link/1"
"""The application protocol that both sides name in the TLS handshake."""

MOST_BYTES: Final = limits.LINK_FRAME_BYTES + limits.LINK_BODY_BYTES
"""The largest frame between two nodes: a full one and the message that filled it."""

_LENGTH: Final = struct.Struct(">I")
_MESSAGE_OVERHEAD: Final = 64
_NAMES: Final = re.compile(rb"(?:[0-9a-z!#$%&'*+.^_`|~-]+\n)*+")
_VALUES: Final = re.compile(rb"[\n\t\x20-\x7e\x80-\xff]*+")
"""Header names in lower case and values on one line, as HTTP would have brought them."""


class FrameKind(IntEnum):
    """What a frame carries. After ``GOODBYE`` its sender takes no new calls on the connection."""

    CALLS = 1
    ANSWERS = 2
    GOODBYE = 3


class Message(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One call or answer: its signed statement and the bytes that the statement fixes."""

    number: Annotated[int, msgspec.Meta(ge=0)]
    statement: bytes
    body_type: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def size(self) -> int:
        """About how many bytes it takes in a frame."""
        size = len(self.statement) + len(self.body) + _MESSAGE_OVERHEAD
        if self.headers:
            size += sum([len(name) + len(value) + 8 for name, value in self.headers])
        return size


class Frame(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One frame."""

    kind: FrameKind
    messages: tuple[Message, ...]


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Frame)


def encode_frames(kind: FrameKind, messages: Sequence[Message]) -> Iterator[bytes]:
    """Yield the frames for messages: one, unless they are more than a frame takes."""
    pending: list[Message] = []
    size = 0
    for message in messages:
        own = message.size
        full = len(pending) == limits.LINK_MESSAGES or size + own > limits.LINK_FRAME_BYTES
        if pending and full:
            yield _encode(kind, pending)
            pending, size = [], 0
        pending.append(message)
        size += own
    yield _encode(kind, pending)


def _encode(kind: FrameKind, messages: list[Message]) -> bytes:
    content = _ENCODER.encode(Frame(kind, tuple(messages)))
    return _LENGTH.pack(len(content)) + content


class FrameReader:
    """Puts frames together from what arrives."""

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self._buffer = bytearray()
        self._most_bytes = most_bytes

    @property
    def within_frame(self) -> bool:
        """Whether a frame has begun and is not whole yet."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that are whole now; raises EXC-0151 for what is not a frame."""
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(buffer, at)
            if length > self._most_bytes:
                raise Problem(EXC_FRAME, reason=f"{length} bytes are too many")
            end = at + _LENGTH.size + length
            if len(buffer) < end:
                break
            yield _decode(memoryview(buffer)[at + _LENGTH.size : end])
            at = end
        del buffer[:at]


def _decode(content: memoryview) -> Frame:
    try:
        frame = _DECODER.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise Problem(EXC_FRAME, reason=str(cause)[:200]) from cause
    finally:
        content.release()
    if len(frame.messages) > limits.LINK_MESSAGES:
        raise Problem(EXC_FRAME, reason=f"{len(frame.messages)} messages are too many")
    for message in frame.messages:
        if message.headers and not _are_headers(message.headers):
            raise Problem(EXC_FRAME, reason="what is no header stands among the headers")
    return frame


def _are_headers(pairs: tuple[tuple[bytes, bytes], ...]) -> bool:
    """Whether pairs can be written into an HTTP message without becoming something else."""
    names = b"".join([b"%s\n" % name for name, _value in pairs])
    values = b"".join([b"%s\n" % value for _name, value in pairs])
    whole = names.count(b"\n") == values.count(b"\n") == len(pairs)
    return whole and None not in (_NAMES.fullmatch(names), _VALUES.fullmatch(values))
