"""What the journal asks of the storage below it; segments and PostgreSQL both offer this.

A store keeps opaque payloads in the order of their arrival. The digest of a record is
SHA-256(payload), its chain hash SHA-256(chain hash before ‖ digest): no record can be changed,
dropped or moved without breaking every later one, and a proof of the chain needs digests only. A
store knows no format of payloads, and is synchronous: the journal knows where it may be waited for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

GENESIS: Final = bytes(32)
"""The chain hash before the first record."""
SEGMENTS: Final = "segments"
"""The folder of segment files below a node's folder."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies: a segment and an offset in it; a table's place is the position."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One stored record. ``position`` counts from 0; ``chain`` is the hash after it."""

    position: int
    chain: bytes
    payload: bytes
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Where the records of one batch went: ``offsets`` in the order of the payloads."""

    position: int
    segment: int
    offsets: list[int]


class Store(Protocol):
    """An append-only sequence of chained records; one process writes at a time."""

    @property
    def kind(self) -> str:
        """What its places mean; an index of another kind is made anew."""

    @property
    def next_position(self) -> int:
        """The position that the next record gets; also the count of records."""

    @property
    def chain(self) -> bytes:
        """The chain hash of the last record; 32 zero bytes when there is none."""

    def append(self, payloads: Sequence[bytes]) -> Written:
        """Write records as one batch; all are durable when this returns.

        Raises:
            Problem: EXC-0130 when the storage does not take them; then none of them counts.
        """

    @property
    def lacks_room(self) -> bool:
        """Whether :meth:`prepare` has something to do; costs nothing to ask."""

    def prepare(self) -> None:
        """Have room for more than what is written now; raises EXC-0130 when there is none."""

    def records(self, *, start: int = 0) -> Iterator[Record]:
        """Yield the records from a position on, each link checked; raises EXC-0131."""

    def read(self, place: Place) -> bytes:
        """Return the payload at a place; raises EXC-0131 if it is not whole."""

    def close(self) -> None:
        """Release what is held open."""


def chain_hash(before: bytes, payload: bytes) -> bytes:
    """Return the chain hash of a record that follows another."""
    return hashlib.sha256(before + hashlib.sha256(payload).digest()).digest()
