"""What third parties said about the log: cosigned checkpoints, time-stamps, revocation status.

Kept once for thousands of exchanges each, found by the position of a record or by time. Losing it
loses no history, only the early times: a later checkpoint can be cosigned and stamped again.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS checkpoint (
    size INTEGER PRIMARY KEY, note BLOB NOT NULL, token BLOB NOT NULL,
    complete INTEGER NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS checkpoint_complete ON checkpoint (size) WHERE complete;
CREATE TABLE IF NOT EXISTS status (
    issued_ms INTEGER PRIMARY KEY, until_ms INTEGER NOT NULL, sha256 TEXT NOT NULL,
    der BLOB NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedCheckpoint:
    """A checkpoint with its cosignatures and time-stamp, as far as they were had.

    ``complete`` means that enough witnesses cosigned it and that it is stamped.
    """

    size: int
    note: bytes
    token: bytes
    complete: bool
    at_ms: int


class LogArchive:
    """One SQLite file; usable from several threads."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.executescript(_SCHEMA)

    def keep(self, row: ArchivedCheckpoint) -> None:
        """Keep a checkpoint, in place of what was known of the same size."""
        values = (row.size, row.note, row.token, row.complete, row.at_ms)
        with self._lock:
            self._database.execute("REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?)", values)

    def of_size(self, size: int) -> ArchivedCheckpoint | None:
        """Return what is known of the checkpoint of a size."""
        return self._one("WHERE size = ?", size)

    def over(self, position: int) -> ArchivedCheckpoint | None:
        """Return the earliest complete checkpoint over a record, else the earliest one at all."""
        return self._one(
            "WHERE size > ? AND complete ORDER BY size LIMIT 1", position
        ) or self._one("WHERE size > ? ORDER BY size LIMIT 1", position)

    def newest(self) -> ArchivedCheckpoint | None:
        """Return the newest complete checkpoint."""
        return self._one("WHERE complete AND size >= ? ORDER BY size DESC LIMIT 1", 0)

    def complete_size(self) -> int:
        """Return how many records are under a complete checkpoint."""
        with self._lock:
            found = self._database.execute("SELECT max(size) FROM checkpoint WHERE complete")
            return int(found.fetchone()[0] or 0)

    def _one(self, where: str, value: int) -> ArchivedCheckpoint | None:
        query = f"SELECT size, note, token, complete, at_ms FROM checkpoint {where}"  # noqa: S608 - our own words
        with self._lock:
            row = self._database.execute(query, (value,)).fetchone()
        if row is None:
            return None
        size, note, token, complete, at_ms = row
        return ArchivedCheckpoint(
            size=size, note=note, token=token, complete=bool(complete), at_ms=at_ms
        )

    def keep_status(self, der: bytes, *, issued_ms: int, until_ms: int) -> None:
        """Keep a revocation list under its hash and time."""
        name = hashlib.sha256(der).hexdigest()
        with self._lock:
            self._database.execute(
                "REPLACE INTO status VALUES (?, ?, ?, ?)", (issued_ms, until_ms, name, der)
            )

    def status_for(self, at_ms: int) -> bytes:
        """Return the earliest list issued after a time, else one in force at it, else nothing."""
        queries = (
            "SELECT der FROM status WHERE issued_ms >= ? ORDER BY issued_ms LIMIT 1",
            "SELECT der FROM status WHERE until_ms > ? ORDER BY issued_ms DESC LIMIT 1",
        )
        for query in queries:
            with self._lock:
                row = self._database.execute(query, (at_ms,)).fetchone()
            if row is not None:
                return bytes(row[0])
        return b""

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()
