"""A SQLite file as a source, opened read-only.

A look-up by key takes some ten microseconds, less than handing it to a thread, so it runs on the
event loop. The connection is made at the first use: a data service may be forked before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from taysir.dataservice.errors import DSV_SOURCE_UNAVAILABLE
from taysir.dataservice.sources.base import Row
from taysir.dataservice.statements import quoted
from taysir.kernel import limits
from taysir.kernel.errors import Problem


class SqliteSource:
    """Reads one SQLite database."""

    mark = "?"

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None

    @classmethod
    def open_file(cls, file: Path) -> Self:
        """Read a database file; it is opened at the first use."""
        address = f"{file.resolve().as_uri()}?mode=ro"
        timeout_s = limits.DATASERVICE_SQLITE_WAIT_S
        return cls(lambda: sqlite3.connect(address, uri=True, timeout=timeout_s))

    async def rows(self, sql: str, parameters: Sequence[str | int]) -> list[Row]:
        """Run a statement and return its rows."""
        return self._read(sql, parameters)

    def tables(self) -> list[str]:
        """Return the names of the tables and views."""
        sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name"
        return [name for (name,) in self._read(sql, ())]

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table or view; empty when there is none of this name."""
        return [name for (name,) in self._read("SELECT name FROM pragma_table_info(?)", (table,))]

    def finds_by_index(self, table: str, column: str) -> bool:
        """Whether SQLite searches by an index instead of scanning."""
        plan = " ".join(
            ("EXPLAIN QUERY PLAN SELECT 1 FROM", quoted(table), "WHERE", quoted(column), "= ?")
        )
        return not any(str(step[-1]).startswith("SCAN") for step in self._read(plan, ("",)))

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read(self, sql: str, parameters: Sequence[str | int]) -> list[Row]:
        try:
            if self._connection is None:
                self._connection = self._connect()
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            # A file that was replaced or repaired is found by a fresh connection next time.
            self.close()
            raise Problem(DSV_SOURCE_UNAVAILABLE) from error
