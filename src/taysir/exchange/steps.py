"""What a node remembers of the way to an agreement: times of steps, and what is undelivered.

Signed steps carry their time in the signature; this file adds what nobody signs: when a service was
first looked at, when something arrived here, and to which nodes something is still to be sent.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from taysir.kernel import limits

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS step (
  subject TEXT NOT NULL,
  name TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (subject, name)
);
CREATE TABLE IF NOT EXISTS delivery (
  kind TEXT NOT NULL,
  hash TEXT NOT NULL,
  member TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (kind, hash, member)
);
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that a member's node does not have yet; ``kind`` is agreement or consent."""

    kind: str
    hash: str
    member: str
    attempts: int
    reason: str


class StepLog:
    """One SQLite file of a node; used from its event loop only."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_SCHEMA)

    def note(self, subject: str, name: str, *, at_ms: int) -> None:
        """Remember when something happened first."""
        self._database.execute(
            "INSERT OR IGNORE INTO step VALUES (?, ?, ?)", (subject, name, at_ms)
        )

    def of(self, subject: str) -> dict[str, int]:
        """Return the noted steps of an agreement or a service with their times."""
        rows = self._database.execute("SELECT name, at_ms FROM step WHERE subject = ?", (subject,))
        return {str(name): int(at_ms) for name, at_ms in rows}

    def owe(self, kind: str, digest: str, *, member: str) -> None:
        """Remember that a member's node is to be sent something, from the beginning."""
        self._database.execute(
            "INSERT OR REPLACE INTO delivery VALUES (?, ?, ?, 0, '')", (kind, digest, member)
        )

    def delivered(self, delivery: Delivery) -> None:
        """Forget something that has arrived."""
        self._database.execute(
            "DELETE FROM delivery WHERE kind = ? AND hash = ? AND member = ?",
            (delivery.kind, delivery.hash, delivery.member),
        )

    def failed(self, delivery: Delivery, *, reason: str) -> None:
        """Remember why something did not arrive this time."""
        self._database.execute(
            "UPDATE delivery SET attempts = attempts + 1, reason = ?"
            " WHERE kind = ? AND hash = ? AND member = ?",
            (reason, delivery.kind, delivery.hash, delivery.member),
        )

    def owed(self, *, digest: str = "") -> list[Delivery]:
        """Return what is undelivered, in all or of one document."""
        rows = self._database.execute(
            "SELECT kind, hash, member, attempts, reason FROM delivery"
            " WHERE ? = '' OR hash = ? ORDER BY attempts, rowid LIMIT ?",
            (digest, digest, limits.DELIVERIES_AT_ONCE),
        )
        return [Delivery(*row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._database.close()
