"""Frames say what they were given, however the bytes arrive, and refuse what is none."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.exchange.frames import Frame, FrameKind, FrameReader, Message, encode_frames
from taysir.kernel import limits
from taysir.kernel.errors import Problem

SHORT = st.binary(max_size=30)
NAMES = st.text("abc-0", min_size=1, max_size=9).map(str.encode)
VALUES = st.text("a b:/;=,\té", max_size=9).map(lambda text: text.encode("latin-1"))
MESSAGES = st.builds(
    Message,
    st.integers(min_value=0, max_value=2**63 - 1),
    SHORT,
    SHORT,
    st.lists(st.tuples(NAMES, VALUES), max_size=3).map(tuple),
    SHORT,
)


def frames_of(data: bytes, *, step: int) -> list[Frame]:
    """Feed bytes in pieces and return the frames."""
    reader = FrameReader()
    found = []
    for start in range(0, len(data), step):
        found += list(reader.feed(data[start : start + step]))
    assert not reader.within_frame
    return found


@given(st.lists(st.lists(MESSAGES, max_size=4), min_size=1, max_size=4), st.integers(1, 80))
def test_frames_survive_any_cutting(groups: list[list[Message]], step: int) -> None:
    """What was sent together arrives together and in order, whatever the network did."""
    data = b"".join(b"".join(encode_frames(FrameKind.CALLS, group)) for group in groups)
    frames = frames_of(data, step=step)
    assert [list(frame.messages) for frame in frames] == groups


@given(st.binary(min_size=4, max_size=200))
def test_foreign_bytes_give_frames_or_our_own_error(data: bytes) -> None:
    """No input makes the reader raise anything but its own problem."""
    with contextlib.suppress(Problem):
        list(FrameReader().feed(data))


def test_more_messages_than_a_frame_takes_go_into_two() -> None:
    """At the bound there is one frame; with one message more there are two."""
    message = Message(1, b"", b"", (), b"")
    at_bound = [message] * limits.LINK_MESSAGES
    assert len(list(encode_frames(FrameKind.ANSWERS, at_bound))) == 1
    assert len(list(encode_frames(FrameKind.ANSWERS, [*at_bound, message]))) == 2


def test_large_messages_are_cut_into_frames_below_the_bound() -> None:
    """Bodies of the greatest size never make a frame that the other side refuses."""
    message = Message(1, b"s" * 2000, b"", (), b"b" * limits.LINK_BODY_BYTES)
    count = limits.LINK_FRAME_BYTES // limits.LINK_BODY_BYTES + 1
    frames = list(encode_frames(FrameKind.ANSWERS, [message] * count))
    assert len(frames) == 2
    assert sum(len(f.messages) for f in frames_of(b"".join(frames), step=1 << 16)) == count


def test_a_frame_longer_than_the_bound_is_refused_at_its_first_bytes() -> None:
    """Nobody makes a node hold memory by announcing a giant frame."""
    greatest = limits.LINK_FRAME_BYTES + limits.LINK_BODY_BYTES
    reader = FrameReader()
    assert list(reader.feed(greatest.to_bytes(4, "big"))) == []
    with pytest.raises(Problem, match="EXC-0151"):
        list(FrameReader().feed((greatest + 1).to_bytes(4, "big")))
