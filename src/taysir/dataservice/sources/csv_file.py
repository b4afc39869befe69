"""A CSV file as a source: read into memory, indexed, and read again when it changes.

The first line names the columns. Values are text; the mapping's types turn them into numbers,
dates and truth values, and an empty value is null. Larger registers belong into a database.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from taysir.dataservice.errors import (
    DSV_SOURCE_TOO_LARGE,
    DSV_SOURCE_UNAVAILABLE,
    DSV_SOURCE_UNREADABLE,
)
from taysir.dataservice.sources.base import Row
from taysir.dataservice.sources.sqlite import SqliteSource
from taysir.dataservice.statements import quoted
from taysir.kernel import limits
from taysir.kernel.errors import Problem

_NEVER: Final = (-1, -1)


class CsvSource:
    """Reads one CSV file; its table is named like the file without ``.csv``."""

    mark = "?"

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp = _NEVER
        self._loaded = SqliteSource(lambda: _load(file))

    async def rows(self, sql: str, parameters: Sequence[str | int]) -> list[Row]:
        """Run a statement over the file's present contents."""
        return await self._current().rows(sql, parameters)

    def tables(self) -> list[str]:
        """Return the one table."""
        return self._current().tables()

    def columns(self, table: str) -> list[str]:
        """Return the names of the first line."""
        return self._current().columns(table)

    def finds_by_index(self, table: str, column: str) -> bool:
        """Every column is indexed in memory."""
        return self._current().finds_by_index(table, column)

    def close(self) -> None:
        """Forget the contents."""
        self._loaded.close()

    def _current(self) -> SqliteSource:
        try:
            stat = self._file.stat()
        except OSError as error:
            raise Problem(DSV_SOURCE_UNAVAILABLE) from error
        if stat.st_size > limits.DATASERVICE_CSV_BYTES:
            raise Problem(DSV_SOURCE_TOO_LARGE, bound=f"{limits.DATASERVICE_CSV_BYTES} bytes")
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            self._loaded.close()
            self._stamp = stamp
        return self._loaded


def _load(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    table = quoted(file.stem.replace(".", "_"))
    lines = _lines(file)
    header = next(lines, [])
    names = [quoted(name.strip().replace(".", "_")) for name in header]
    if not names or len(set(names)) != len(names) or '""' in names:
        raise Problem(DSV_SOURCE_UNREADABLE, line=1)
    columns = ", ".join(f"{name} TEXT" for name in names)
    connection.execute(f"CREATE TABLE {table} ({columns})")
    marks = ", ".join("?" * len(names))
    insert = " ".join(("INSERT INTO", table, "VALUES", f"({marks})"))
    connection.executemany(insert, _complete(lines, width=len(names)))
    for number, name in enumerate(names):
        connection.execute(f"CREATE INDEX ix_{number} ON {table} ({name})")
    connection.execute("PRAGMA query_only=ON")
    return connection


def _lines(file: Path) -> Iterator[list[str]]:
    read = 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            for line in csv.reader(stream, strict=True):
                yield line
                read += 1
    except (UnicodeDecodeError, csv.Error) as error:
        raise Problem(DSV_SOURCE_UNREADABLE, line=read + 1) from error
    except OSError as error:
        raise Problem(DSV_SOURCE_UNAVAILABLE) from error


def _complete(lines: Iterator[list[str]], *, width: int) -> Iterator[list[str | None]]:
    for number, line in enumerate(lines, start=2):
        if number > limits.DATASERVICE_CSV_ROWS + 1:
            raise Problem(DSV_SOURCE_TOO_LARGE, bound=f"{limits.DATASERVICE_CSV_ROWS} rows")
        if line and len(line) != width:
            raise Problem(DSV_SOURCE_UNREADABLE, line=number)
        if line:
            yield [value or None for value in line]
