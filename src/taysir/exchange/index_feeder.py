"""Feeds the index behind the journal: in large batches, in a thread that is seldom woken.

A row that is indexed with thousands of others costs a quarter of one indexed alone, and waking a
thread costs more than either. So rows gather here, and the thread is woken once for the first of
them; it takes all that gathered when enough are there or the first has waited long enough. What
could not be indexed is caught up from the journal itself.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Final

from taysir.exchange.index import ExchangeIndex, IndexRow
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)

_WAKE: Final = "wake"


class IndexFeeder:
    """Owns the thread; :meth:`add` may be called from any thread."""

    def __init__(self, index: ExchangeIndex, *, catch_up: Callable[[], None]) -> None:
        self._index = index
        self._catch_up = catch_up
        self._behind = False
        self._gathering: list[IndexRow] = []
        self._lock = threading.Lock()
        self._signals: queue.SimpleQueue[str | threading.Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal-index", daemon=True)
        self._thread.start()

    def add(self, rows: Sequence[IndexRow]) -> None:
        """Have rows indexed soon."""
        with self._lock:
            before = len(self._gathering)
            self._gathering += rows
            after = len(self._gathering)
        if before == 0 or before < limits.JOURNAL_INDEX_ROWS <= after:
            self._signals.put(_WAKE)

    def wait(self) -> None:
        """Block until everything that was added before can be looked up."""
        done = threading.Event()
        self._signals.put(done)
        done.wait()

    def close(self) -> None:
        """Index what is left and end the thread."""
        self._signals.put(None)
        self._thread.join()

    def _work(self) -> None:
        signal: str | threading.Event | None = _WAKE
        while signal is not None:
            signal = self._signals.get()
            if signal == _WAKE and len(self._gathering) < limits.JOURNAL_INDEX_ROWS:
                try:
                    signal = self._signals.get(timeout=limits.JOURNAL_INDEX_DELAY_S)
                except queue.Empty:
                    signal = _WAKE
            self._index_gathered()
            if isinstance(signal, threading.Event):
                signal.set()

    def _index_gathered(self) -> None:
        with self._lock:
            rows, self._gathering = self._gathering, []
        try:
            if self._behind:
                self._catch_up()
            else:
                self._index.add(rows)
            self._behind = False
        except (sqlite3.Error, Problem) as error:
            self._behind = True
            log.warning("index_behind", reason=str(error))
