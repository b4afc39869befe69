"""A PostgreSQL database as a source, through psycopg, in read-only sessions.

Look-ups run in a few threads of their own, each with one connection that is made again after a
failure. The account should have no more than ``SELECT`` on the tables that the mapping names.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg

from taysir.dataservice.errors import DSV_SOURCE_UNAVAILABLE
from taysir.dataservice.sources.base import Row
from taysir.kernel import limits
from taysir.kernel.errors import Problem

_TABLES = """
SELECT CASE WHEN table_schema = ANY (current_schemas(false)) THEN table_name
            ELSE table_schema || '.' || table_name END
FROM information_schema.tables
WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
ORDER BY 1
"""
_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_INDEXED = """
SELECT relation.relkind IN ('v', 'f') OR EXISTS (
    SELECT 1 FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
    WHERE indrelid = relation.oid AND attname = %s)
FROM pg_class AS relation WHERE relation.oid = to_regclass(%s)
"""


class PostgresSource:
    """Reads one PostgreSQL database."""

    mark = "%s"

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._local = threading.local()
        self._open: list[psycopg.Connection] = []
        self._pool = ThreadPoolExecutor(
            limits.DATASERVICE_POSTGRES_CONNECTIONS, thread_name_prefix="registry"
        )

    async def rows(self, sql: str, parameters: Sequence[str | int]) -> list[Row]:
        """Run a statement in one of the threads and return its rows."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._read, sql, parameters)

    def tables(self) -> list[str]:
        """Return the tables and views that the account sees."""
        return [name for (name,) in self._pool.submit(self._read, _TABLES, ()).result()]

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table or view; empty when there is none of this name."""
        found = self._pool.submit(self._read, _COLUMNS, (_exact(table),)).result()
        return [name for (name,) in found]

    def finds_by_index(self, table: str, column: str) -> bool:
        """Whether an index begins with this column; a view's plan is its owner's business."""
        found = self._pool.submit(self._read, _INDEXED, (column, _exact(table))).result()
        return all(indexed for (indexed,) in found)

    def close(self) -> None:
        """End the threads and their connections."""
        self._pool.shutdown(wait=True)
        for connection in self._open:
            connection.close()

    def _read(self, sql: str, parameters: Sequence[str | int]) -> list[Row]:
        try:
            return self._connection().execute(sql.encode(), parameters).fetchall()
        except psycopg.Error as error:
            self._forget()
            raise Problem(DSV_SOURCE_UNAVAILABLE) from error

    def _connection(self) -> psycopg.Connection:
        connection: psycopg.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            wait_s = limits.DATASERVICE_POSTGRES_WAIT_S
            connection = psycopg.connect(
                self._dsn,
                autocommit=True,
                connect_timeout=wait_s,
                options=f"-c default_transaction_read_only=on -c statement_timeout={wait_s * 1000}",
            )
            self._local.connection = connection
            self._open.append(connection)
        return connection

    def _forget(self) -> None:
        connection: psycopg.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            self._local.connection = None
            self._open.remove(connection)
            connection.close()


def _exact(table: str) -> str:
    """Quote a name so that PostgreSQL keeps its letter case, as the statements do."""
    return ".".join(f'"{part}"' for part in table.split("."))
