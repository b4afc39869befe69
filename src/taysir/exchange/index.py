"""Look-ups over the journal: by exchange, subject, issue, agreement, certificate, time.

One SQLite file, written behind the commits of the journal and rebuilt from it when lost: derived,
never the truth. Exchanges, subjects and issues are kept as 64-bit hashes, so the file by itself
names nobody; who reads a record compares the text in it. Agreements and certificates are few: for
them the index keeps in which blocks of positions they occur, which costs nothing per record.
"""

from __future__ import annotations

import functools
import hashlib
import sqlite3
import threading
from binascii import a2b_base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import orjson

from taysir.exchange.journal_store import Place
from taysir.exchange.model import CallOutcome, Direction, StoredExchange

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS exchange (
  position INTEGER PRIMARY KEY,
  segment INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  exchange INTEGER NOT NULL,
  direction INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  subject INTEGER,
  issue INTEGER,
  agreement INTEGER,
  signer INTEGER,
  answerer INTEGER,
  recorded_at_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS exchange_by_id ON exchange (exchange);
CREATE INDEX IF NOT EXISTS exchange_by_subject ON exchange (subject) WHERE subject IS NOT NULL;
CREATE INDEX IF NOT EXISTS exchange_by_issue ON exchange (issue) WHERE issue IS NOT NULL;
CREATE INDEX IF NOT EXISTS exchange_by_time ON exchange (recorded_at_ms);
CREATE TABLE IF NOT EXISTS made_for (kind TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS name (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS occurrence (
  name INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (name, block)
) WITHOUT ROWID;
"""
_COLUMNS: Final = 12
_ROW: Final = f"({', '.join('?' * _COLUMNS)})"
_INSERT: Final = "INSERT OR IGNORE INTO exchange VALUES "
_AT_ONCE: Final = 64
"""Rows of one statement: SQLite then works for a while without the interpreter's lock."""
_INSERT_MANY: Final = _INSERT + ", ".join([_ROW] * _AT_ONCE)
_BLOCK: Final = 4096
"""Positions of one block; looking through one takes about a millisecond."""
_VERSION: Final = "/2"
"""An index that says less than this one is made anew."""
_FOR: Final = " "
"""Between an agreement and a purpose."""
_BEHIND_FOR: Final = "!"
"""The character that is sorted behind that."""
_DIRECTIONS: Final = {direction: number for number, direction in enumerate(Direction)}
_OUTCOMES: Final = {outcome: number for number, outcome in enumerate(CallOutcome)}

IndexRow = tuple[int | str | None, ...]
"""One record's values in the order of the columns; names are still texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One exchange's position and place."""

    position: int
    place: Place


def index_row(exchange: StoredExchange, *, position: int, place: Place) -> IndexRow:
    """Return what the index keeps of a record."""
    return (
        position,
        place.segment,
        place.offset,
        _hash(exchange.exchange_id),
        _DIRECTIONS[exchange.direction],
        _OUTCOMES[exchange.outcome],
        _hash(exchange.subject) if exchange.subject else None,
        _hash(exchange.issue) if exchange.issue else None,
        _under(exchange),
        signer_of(exchange.request),
        signer_of(exchange.response),
        exchange.recorded_at_ms,
    )


def _under(exchange: StoredExchange) -> str | None:
    """Return the agreement of a record; of an answered one with its purpose, for quotas.

    Of others the purpose is whatever the caller wrote, and would make names without end.
    """
    if exchange.agreement and exchange.outcome is CallOutcome.ANSWERED:
        return f"{exchange.agreement}{_FOR}{exchange.purpose}"
    return exchange.agreement or None


class ExchangeIndex:
    """The index of one journal; its methods may be called from any thread."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        try:
            self._prepare()
        except sqlite3.Error:
            self._database.close()
            raise
        # A connection of its own, so that no look-up waits for a batch that is being written.
        self._reader = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._names: dict[str, int] = dict(
            self._database.execute("SELECT text, number FROM name").fetchall()
        )
        self._occurred: set[tuple[int, int]] = set()

    def _prepare(self) -> None:
        """Have the tables, and writes that nobody waits for."""
        self._database.execute("PRAGMA journal_mode=WAL")
        # The journal is the truth: what the index loses in a crash is read from there again.
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.executescript(_SCHEMA)

    def next_position(self) -> int:
        """Return the first position that is not indexed."""
        row = self._select("SELECT max(position) FROM exchange")[0]
        return 0 if row[0] is None else int(row[0]) + 1

    def made_for(self) -> str:
        """Return the kind of store whose places are kept here; empty for a new index."""
        found = self._select("SELECT kind FROM made_for")
        kind = str(found[0][0]) if found else ""
        return kind.removesuffix(_VERSION) if kind.endswith(_VERSION) else kind and f"old {kind}"

    def serve(self, kind: str) -> None:
        """Forget everything that was made for a store of another kind, or by an older version."""
        with self._lock:
            execute = self._database.execute
            made_for = execute("SELECT kind FROM made_for").fetchone()
            if made_for == (kind + _VERSION,):
                return
            execute("BEGIN")
            for table in ("exchange", "occurrence", "made_for"):
                execute(f"DELETE FROM {table}")  # noqa: S608 - own words
            execute("INSERT INTO made_for VALUES (?)", (kind + _VERSION,))
            execute("COMMIT")

    def add(self, rows: Sequence[IndexRow]) -> None:
        """Index exchanges; one that is indexed already stays as it is."""
        with self._lock:
            self._database.execute("BEGIN")
            try:
                self._insert([self._numbered(row) for row in rows])
                self._database.execute("COMMIT")
            except sqlite3.Error:
                self._forget()
                raise

    def _insert(self, rows: list[IndexRow]) -> None:
        whole = len(rows) - len(rows) % _AT_ONCE
        for at in range(0, whole, _AT_ONCE):
            values = tuple(chain.from_iterable(rows[at : at + _AT_ONCE]))
            self._database.execute(_INSERT_MANY, values)
        self._database.executemany(_INSERT + _ROW, rows[whole:])

    def _forget(self) -> None:
        """Take a failed batch back, also from what is remembered of it."""
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")
        self._occurred.clear()
        self._names = dict(self._database.execute("SELECT text, number FROM name").fetchall())

    def _numbered(self, row: IndexRow) -> IndexRow:
        block = int(row[0] or 0) // _BLOCK
        agreement, signer, answerer = (self._number(name, block=block) for name in row[8:11])
        return (*row[:8], agreement, signer, answerer, row[11])

    def _number(self, name: int | str | None, *, block: int) -> int | None:
        """Return a name's number, and note that it occurs in a block."""
        if name is None:
            return None
        number = self._names.get(str(name))
        if number is None:
            execute = self._database.execute
            number = int(execute("INSERT INTO name (text) VALUES (?)", (name,)).lastrowid or 0)
            self._names[str(name)] = number
        if (number, block) not in self._occurred:
            if len(self._occurred) > _BLOCK:
                self._occurred.clear()
            self._database.execute(
                "INSERT OR IGNORE INTO occurrence VALUES (?, ?)", (number, block)
            )
            self._occurred.add((number, block))
        return number

    def of_exchange(self, exchange_id: str) -> list[IndexEntry]:
        """Return the records of one exchange that this node holds, oldest first."""
        tail = "WHERE exchange = ? ORDER BY position LIMIT 8"
        return self._entries(tail, _hash(exchange_id))

    def about(self, subject: str, *, limit: int) -> list[IndexEntry]:
        """Return the ended exchanges about a subject, newest first."""
        begun, erased = _OUTCOMES[CallOutcome.ACCEPTED], _OUTCOMES[CallOutcome.ERASED]
        tail = "WHERE subject = ? AND outcome NOT IN (?, ?) ORDER BY position DESC LIMIT ?"
        return self._entries(tail, _hash(subject), begun, erased, limit)

    def between(self, start: int, *, count: int) -> list[IndexEntry]:
        """Return the records from a position on, oldest first."""
        return self._entries(
            "WHERE position >= ? AND position < ? ORDER BY position", start, start + count
        )

    def erasures(self) -> list[IndexEntry]:
        """Return the records of erasures, oldest first."""
        return self._entries("WHERE outcome = ? ORDER BY position", _OUTCOMES[CallOutcome.ERASED])

    def of_issue(self, issue: str, *, limit: int) -> list[IndexEntry]:
        """Return the records that belong to an issue, e.g. a case number, newest first."""
        tail = "WHERE issue = ? ORDER BY position DESC LIMIT ?"
        return self._entries(tail, _hash(issue), limit)

    def latest(self, *, limit: int) -> list[IndexEntry]:
        """Return the newest records, newest first."""
        return self._entries("ORDER BY position DESC LIMIT ?", limit)

    def first_since(self, recorded_at_ms: int) -> int | None:
        """Return the first position that was kept since a time, or None."""
        query = "SELECT min(position) FROM exchange WHERE recorded_at_ms >= ?"
        found = self._select(query, recorded_at_ms)[0][0]
        return None if found is None else int(found)

    def signed_by(self, thumbprint: str, *, from_ms: int, until_ms: int) -> Iterator[IndexEntry]:
        """Yield the records that hold a statement signed with a certificate, oldest first."""
        for number, first in self._blocks(thumbprint):
            yield from self._entries(
                "WHERE position >= ? AND position < ? AND (signer = ? OR answerer = ?)"
                " AND recorded_at_ms >= ? AND recorded_at_ms < ? ORDER BY position",
                *(first, first + _BLOCK, number, number, from_ms, until_ms),
            )

    def answered_since(
        self, agreement: str, *, direction: Direction, since_ms: int, purpose: str = ""
    ) -> int:
        """Return how many calls an agreement carried on one side since a time; for a purpose.

        Cost: a millisecond for each 4,096 records of that time among which there was such a call.
        """
        query = (
            "SELECT count(*) FROM exchange WHERE position >= ? AND position < ?"
            " AND agreement = ? AND recorded_at_ms >= ? AND direction = ? AND outcome = ?"
        )
        side, answered = _DIRECTIONS[direction], _OUTCOMES[CallOutcome.ANSWERED]
        first_of_time = self.first_since(since_ms)
        if first_of_time is None:
            return 0
        return sum(
            int(self._select(query, at, at + _BLOCK, number, since_ms, side, answered)[0][0])
            for number, at in self._answered(agreement, purpose=purpose)
            if at + _BLOCK > first_of_time
        )

    def _answered(self, agreement: str, *, purpose: str) -> list[tuple[int, int]]:
        """Return the names of an agreement's answered calls, and the blocks where each occurs."""
        if purpose:
            return self._blocks(f"{agreement}{_FOR}{purpose}")
        query = (
            "SELECT number, block FROM name JOIN occurrence ON name = number"
            " WHERE text >= ? AND text < ? ORDER BY block"
        )
        rows = self._select(query, f"{agreement}{_FOR}", f"{agreement}{_BEHIND_FOR}")
        return [(int(number), int(block) * _BLOCK) for number, block in rows]

    def sound(self) -> bool:
        """Whether SQLite finds its file whole; reads all of it."""
        try:
            return bool(self._select("PRAGMA quick_check")[0][0] == "ok")
        except sqlite3.DatabaseError:
            return False

    def rows(self, *, start: int, count: int) -> dict[int, IndexRow]:
        """Return what is kept of records from a position on, by position, for checking it."""
        query = "SELECT * FROM exchange WHERE position >= ? AND position < ?"
        return {int(row[0]): tuple(row) for row in self._select(query, start, start + count)}

    def named(self, row: IndexRow) -> IndexRow:
        """Return a row as it would be kept, with the numbers that its names have now."""
        numbers = (None if name is None else self._number_of(str(name)) for name in row[8:11])
        return (*row[:8], *numbers, row[11])

    def _number_of(self, name: str) -> int | None:
        """Return a name's number, also one that another process has given it meanwhile."""
        known = self._names.get(name)
        if known is not None:
            return known
        found = self._select("SELECT number FROM name WHERE text = ?", name)
        return int(found[0][0]) if found else None

    def _blocks(self, name: str) -> list[tuple[int, int]]:
        """Return a name's number and the first position of each block in which it occurs."""
        rows = self._select(
            "SELECT number, block FROM name JOIN occurrence ON name = number WHERE text = ?"
            " ORDER BY block",
            name,
        )
        return [(int(number), int(block) * _BLOCK) for number, block in rows]

    def _entries(self, tail: str, *values: str | int) -> list[IndexEntry]:
        query = f"SELECT position, segment, offset FROM exchange {tail}"  # noqa: S608 - own words
        return [
            IndexEntry(position=position, place=Place(segment, offset))
            for position, segment, offset in self._select(query, *values)
        ]

    def _select(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        with self._reading:
            return self._reader.execute(query, values).fetchall()

    def close(self) -> None:
        """Close the file."""
        with self._lock, self._reading:
            self._reader.close()
            self._database.close()


def _hash(text: str) -> int:
    """Return 64 bits of a text, signed as SQLite's integers are."""
    digest = hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def signer_of(token: bytes) -> str | None:
    """Return the thumbprint of the certificate that signed a statement, if it names one."""
    # Of a batched token the signed part is its manifest, the last three parts.
    parts = token.rsplit(b".", 3)
    return _thumbprint(parts[-3]) if len(parts) > 2 else None


@functools.lru_cache(maxsize=64)
def _thumbprint(header: bytes) -> str | None:
    """Read ``x5t#S256`` from a protected header; those of one signer and second are the same."""
    try:
        text = header.replace(b"-", b"+").replace(b"_", b"/")
        found = orjson.loads(a2b_base64(text + b"=" * (-len(text) % 4))).get("x5t#S256")
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None
