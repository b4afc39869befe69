"""What a data service needs of a source: read rows, and say what tables there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

Row = tuple[Any, ...]


class Source(Protocol):
    """A database, open for reading only. Failures are Problems of the DSV family."""

    @property
    def mark(self) -> str:
        """The placeholder of a parameter in a statement."""

    async def rows(self, sql: str, parameters: Sequence[str | int]) -> list[Row]:
        """Run a statement made by ``statements`` and return its rows."""

    def tables(self) -> list[str]:
        """Return the names of the tables and views that may be read."""

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table or view; empty when there is none of this name."""

    def finds_by_index(self, table: str, column: str) -> bool:
        """Whether a look-up by this column avoids reading the whole table."""

    def close(self) -> None:
        """Give the connection back."""
