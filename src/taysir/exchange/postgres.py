"""The journal's records in a PostgreSQL table, behind the same port as the segments.

One row a record: position, chain hash, payload; a batch is one INSERT and one commit. Rows can be
added only: a trigger refuses everything else. One process writes, which an advisory lock sees to;
should it fail, two writers cannot take the same position. Needs ``psycopg``. A failed commit may
have happened all the same, so after an outage the end is read again before the next batch.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

import psycopg

from taysir.exchange.errors import EXC_JOURNAL, EXC_JOURNAL_DAMAGED
from taysir.exchange.journal_store import GENESIS, Place, Record, Written, chain_hash
from taysir.exchange.store_errors import EXC_DATABASE, EXC_STORE_IN_USE
from taysir.kernel import limits
from taysir.kernel.errors import Problem

TABLE: Final = "taysir_journal"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS taysir_journal (
  position bigint PRIMARY KEY,
  chain bytea NOT NULL CHECK (octet_length(chain) = 32),
  payload bytea NOT NULL
);
CREATE OR REPLACE FUNCTION taysir_journal_append_only() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$;
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON taysir_journal
  FOR EACH STATEMENT EXECUTE FUNCTION taysir_journal_append_only();
"""
_WAIT: Final = f"SET statement_timeout = {limits.JOURNAL_POSTGRES_WAIT_S * 1000}"
_LOCK: Final = "SELECT pg_try_advisory_lock('taysir_journal'::regclass::oid::bigint)"
_INSERT: Final = (
    "INSERT INTO taysir_journal SELECT * FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[])"
)
_LAST: Final = "SELECT position, chain FROM taysir_journal ORDER BY position DESC LIMIT 1"
_PART: Final = (
    "SELECT position, chain, payload FROM taysir_journal"
    " WHERE position >= %s AND position < %s ORDER BY position"
)
_Result = TypeVar("_Result")


class PostgresStore:
    """The records of one node in one schema of a database."""

    kind = "postgres"

    def __init__(self, address: str, *, writing: bool = True) -> None:
        """Connect, make the table if needed, and take the right to write.

        Raises:
            Problem: EXC-0804 when the database is not available, EXC-0802 when another process
                writes.
        """
        self._address = address
        self._is_writing = writing
        self._reading = threading.Lock()
        self._writer: psycopg.Connection[Any] | None = None
        self._reader: psycopg.Connection[Any] | None = None
        self._position = 0
        self._chain = GENESIS
        try:
            if writing:
                self._writer = self._open_writer()
            self._find_end()
        except psycopg.Error as error:
            self.close()
            raise Problem(EXC_DATABASE, reason=_reason(error)) from error
        except Problem:
            self.close()
            raise

    def _connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(
            self._address,
            autocommit=True,
            connect_timeout=limits.JOURNAL_POSTGRES_WAIT_S,
            application_name="taysir-journal",
        )
        # Set here, so that the address may carry options of its own, e.g. a search path.
        connection.execute(_WAIT)
        return connection

    def _open_writer(self) -> psycopg.Connection[Any]:
        connection = self._connect()
        with contextlib.ExitStack() as undo:
            undo.callback(connection.close)
            connection.execute("SET client_min_messages = warning")
            # What a session or server chose for speed must not cost evidence.
            connection.execute("SET synchronous_commit = on")
            connection.execute(_SCHEMA)
            if connection.execute(_LOCK).fetchone() != (True,):
                raise Problem(EXC_STORE_IN_USE, place=f"the table {TABLE}")
            undo.pop_all()
        return connection

    def _find_end(self) -> None:
        last = self._read(lambda reader: reader.execute(_LAST).fetchone())
        self._position, self._chain = (last[0] + 1, bytes(last[1])) if last else (0, GENESIS)

    @property
    def next_position(self) -> int:
        """The position that the next record gets; also the count of records."""
        return self._position

    @property
    def chain(self) -> bytes:
        """The chain hash of the last record; 32 zero bytes when there is none."""
        return self._chain

    def append(self, payloads: Sequence[bytes]) -> Written:
        """Write records as one batch; all are durable when this returns.

        Raises:
            Problem: EXC-0130 when the database does not take them; then none of them counts,
                although a commit whose answer was lost may be found later.
        """
        self.prepare()
        assert self._writer is not None
        try:
            return self._insert(self._writer, payloads)
        except psycopg.Error as error:
            self._drop_writer()
            raise Problem(EXC_JOURNAL, reason=_reason(error)) from error

    @property
    def lacks_room(self) -> bool:
        """Whether there is no connection to write on."""
        return self._writer is None

    def prepare(self) -> None:
        """Be connected; raises EXC-0130 when the database is not there."""
        if self._writer is not None:
            return
        try:
            self._writer = self._open_writer()
            self._find_end()
        except psycopg.Error as error:
            self._drop_writer()
            raise Problem(EXC_JOURNAL, reason=_reason(error)) from error
        except Problem as problem:
            self._drop_writer()
            raise Problem(EXC_JOURNAL, reason=problem.title("en")) from problem

    def _insert(self, writer: psycopg.Connection[Any], payloads: Sequence[bytes]) -> Written:
        first, chain = self._position, self._chain
        positions = list(range(first, first + len(payloads)))
        chains = []
        for payload in payloads:
            chain = hashlib.sha256(chain + hashlib.sha256(payload).digest()).digest()
            chains.append(chain)
        writer.execute(_INSERT, (positions, chains, list(payloads)), binary=True)
        self._position, self._chain = first + len(payloads), chain
        return Written(position=first, segment=0, offsets=positions)

    def _drop_writer(self) -> None:
        if self._writer is not None:
            with contextlib.suppress(psycopg.Error):
                self._writer.close()
            self._writer = None

    def records(self, *, start: int = 0) -> Iterator[Record]:
        """Yield the records from a position on, each link checked; raises EXC-0131, EXC-0804."""
        position, end = start, self._position
        chain = self._chain_before(start) if start < end else GENESIS
        while position < end:
            until = min(end, position + limits.JOURNAL_BATCH_RECORDS)
            rows = self._rows(position, until)
            for found, link, payload in rows:
                chain = chain_hash(chain, payload)
                if (found, link) != (position, chain):
                    raise _damage(position)
                yield Record(
                    position=position, chain=chain, payload=payload, place=Place(0, position)
                )
                position += 1
            if position < until:
                raise _damage(position)

    def _chain_before(self, position: int) -> bytes:
        rows = self._rows(position - 1, position) if position else []
        if position and not rows:
            raise _damage(position - 1)
        return rows[0][1] if rows else GENESIS

    def read(self, place: Place) -> bytes:
        """Return the payload at a place; raises EXC-0131 if it is not whole, EXC-0804."""
        before = self._chain_before(place.offset)
        rows = self._rows(place.offset, place.offset + 1)
        if not rows or chain_hash(before, rows[0][2]) != rows[0][1]:
            raise _damage(place.offset)
        return rows[0][2]

    def _rows(self, start: int, until: int) -> list[tuple[int, bytes, bytes]]:
        rows = self._read(lambda reader: reader.execute(_PART, (start, until), binary=True))
        return [(int(at), bytes(link), bytes(payload)) for at, link, payload in rows]

    def _read(self, ask: Callable[[psycopg.Connection[Any]], _Result]) -> _Result:
        """Ask the database, on a new connection if the old one is lost; raises EXC-0804."""
        with self._reading:
            try:
                if self._reader is None or self._reader.closed:
                    self._reader = self._connect()
                return ask(self._reader)
            except psycopg.Error as error:
                if self._reader is not None:
                    self._reader.close()
                    self._reader = None
                raise Problem(EXC_DATABASE, reason=_reason(error)) from error

    def close(self) -> None:
        """Close the connections, and with them the right to write."""
        self._drop_writer()
        with self._reading:
            if self._reader is not None:
                self._reader.close()
                self._reader = None


def _damage(position: int) -> Problem:
    reason = "the record is missing or does not follow from the one before it"
    return Problem(EXC_JOURNAL_DAMAGED, position=position, file=TABLE, reason=reason)


def _reason(error: psycopg.Error) -> str:
    """Return one line of what the database says; it names neither data nor passwords."""
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__
