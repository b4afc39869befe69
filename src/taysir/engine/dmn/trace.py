"""What happened during a decision, as data: which rows matched, with which inputs and outputs.

The explanation of a case is made from this; it holds FEEL values given back as Python's own.
"""

from __future__ import annotations

from typing import Any

import msgspec


class RowTrace(msgspec.Struct, frozen=True):
    """One rule: for each input cell whether it held, and the outputs if all did."""

    number: int
    id: str
    line: int
    cells: tuple[bool | None, ...]
    matched: bool
    selected: bool
    outputs: dict[str, Any] = {}
    annotations: dict[str, str] = {}


class InputTrace(msgspec.Struct, frozen=True):
    """One input column: its expression, label and value."""

    text: str
    label: str
    value: Any


class TableTrace(msgspec.Struct, frozen=True):
    """One evaluation of a decision table."""

    id: str
    owner: str
    line: int
    hit_policy: str
    inputs: tuple[InputTrace, ...]
    rows: tuple[RowTrace, ...]

    @property
    def matched(self) -> tuple[RowTrace, ...]:
        """The rows whose cells all held."""
        return tuple(row for row in self.rows if row.matched)

    @property
    def selected(self) -> tuple[RowTrace, ...]:
        """The rows that made the result."""
        return tuple(row for row in self.rows if row.selected)


class DecisionTrace(msgspec.Struct, frozen=True):
    """One decision that was taken, with the tables it went through."""

    id: str
    name: str
    value: Any
    requires: tuple[str, ...]
    tables: tuple[TableTrace, ...]


class Result(msgspec.Struct, frozen=True):
    """The value of a decision, and every decision taken on the way, in order."""

    value: Any
    trace: tuple[DecisionTrace, ...]

    def of(self, name: str) -> DecisionTrace | None:
        """Return the trace of a decision by its name."""
        return next((each for each in self.trace if each.name == name), None)

    @property
    def selected(self) -> tuple[RowTrace, ...]:
        """The rows that made the result of the decision asked for."""
        last = self.trace[-1] if self.trace else None
        return tuple(row for table in (last.tables if last else ()) for row in table.selected)
