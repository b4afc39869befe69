"""Look-ups over the journal: by exchange, by subject, by agreement. Derived, never the truth.

One SQLite file, written behind the commits of the journal and rebuilt from it when lost. Subjects
are keyed pseudonyms, so that the index by itself names nobody.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from taysir.exchange.model import Direction, StoredExchange
from taysir.exchange.segments import Place, Record

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS exchange (
  position INTEGER PRIMARY KEY,
  segment INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  exchange_id TEXT NOT NULL,
  direction TEXT NOT NULL,
  outcome TEXT NOT NULL,
  subject TEXT NOT NULL,
  agreement TEXT NOT NULL,
  recorded_at_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS exchange_by_id ON exchange (exchange_id);
CREATE INDEX IF NOT EXISTS exchange_by_subject ON exchange (subject, position);
CREATE INDEX IF NOT EXISTS exchange_by_time ON exchange (recorded_at_ms);
CREATE INDEX IF NOT EXISTS exchange_by_agreement ON exchange (agreement, recorded_at_ms);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One exchange's position and place."""

    position: int
    place: Place


class ExchangeIndex:
    """The index of one journal; its methods may be called from any thread."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        # The journal is the truth: what the index loses in a crash is read from there again.
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.executescript(_SCHEMA)

    def next_position(self) -> int:
        """Return the first position that is not indexed."""
        with self._lock:
            row = self._database.execute("SELECT max(position) FROM exchange").fetchone()
        return 0 if row[0] is None else int(row[0]) + 1

    def add(self, rows: Iterable[tuple[Record, StoredExchange]]) -> None:
        """Index exchanges; one that is indexed already stays as it is."""
        values = [
            (
                record.position,
                record.place.segment,
                record.place.offset,
                exchange.exchange_id,
                exchange.direction.value,
                exchange.outcome.value,
                exchange.subject,
                exchange.agreement,
                exchange.recorded_at_ms,
            )
            for record, exchange in rows
        ]
        with self._lock:
            self._database.execute("BEGIN")
            self._database.executemany(
                "INSERT OR IGNORE INTO exchange VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values
            )
            self._database.execute("COMMIT")

    def of_exchange(self, exchange_id: str) -> list[IndexEntry]:
        """Return the records of one exchange that this node holds, oldest first."""
        return self._entries("WHERE exchange_id = ? ORDER BY position LIMIT 8", exchange_id)

    def about(self, subject: str, *, limit: int) -> list[IndexEntry]:
        """Return the ended exchanges about a subject, newest first."""
        return self._entries(
            "WHERE subject = ? AND outcome <> 'accepted' ORDER BY position DESC LIMIT ?",
            subject,
            limit,
        )

    def latest(self, *, limit: int) -> list[IndexEntry]:
        """Return the newest records, newest first."""
        return self._entries("ORDER BY position DESC LIMIT ?", limit)

    def since(self, recorded_at_ms: int, *, limit: int) -> list[IndexEntry]:
        """Return the records kept since a time, oldest first."""
        return self._entries(
            "WHERE recorded_at_ms >= ? ORDER BY position LIMIT ?", recorded_at_ms, limit
        )

    def answered_since(self, agreement: str, *, direction: Direction, since_ms: int) -> int:
        """Return how many calls an agreement carried on one side since a time."""
        with self._lock:
            row = self._database.execute(
                "SELECT count(*) FROM exchange WHERE agreement = ? AND recorded_at_ms >= ?"
                " AND direction = ? AND outcome = 'answered'",
                (agreement, since_ms, direction.value),
            ).fetchone()
        return int(row[0])

    def _entries(self, tail: str, *values: str | int) -> list[IndexEntry]:
        query = f"SELECT position, segment, offset FROM exchange {tail}"  # noqa: S608 - own words
        with self._lock:
            rows = self._database.execute(query, values).fetchall()
        return [IndexEntry(position=p, place=Place(s, o)) for p, s, o in rows]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()
