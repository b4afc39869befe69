"""A journal's storage whose disk can be made to hang."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from taysir.exchange.journal_store import Place, Record, Store, Written


class GatedStore:
    """Hands everything on to another store; a batch waits while ``gate`` is closed.

    ``reached`` is set when a batch waits there.
    """

    kind = "gated"

    def __init__(self, store: Store) -> None:
        self._store = store
        self.gate = threading.Event()
        self.gate.set()
        self.reached = threading.Event()

    @property
    def next_position(self) -> int:
        """The position that the next record gets."""
        return self._store.next_position

    @property
    def chain(self) -> bytes:
        """The chain hash of the last record."""
        return self._store.chain

    @property
    def lacks_room(self) -> bool:
        """Whether the store wants to prepare."""
        return self._store.lacks_room

    def prepare(self) -> None:
        """Prepare the store."""
        self._store.prepare()

    def append(self, payloads: Sequence[bytes]) -> Written:
        """Write a batch once the gate is open."""
        if not self.gate.is_set():
            self.reached.set()
            self.gate.wait()
        return self._store.append(payloads)

    def records(self, *, start: int = 0) -> Iterator[Record]:
        """Yield the records."""
        return self._store.records(start=start)

    def read(self, place: Place) -> bytes:
        """Return a payload."""
        return self._store.read(place)

    def close(self) -> None:
        """Close the store."""
        self._store.close()
