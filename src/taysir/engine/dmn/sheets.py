"""Decision tables in a spreadsheet: the layout of their rows, read into tables.

The first cell of a row says what the row is, in Arabic or English; the cells after it are FEEL, as
in a DMN editor. ``docs/howto/write-a-table-in-a-spreadsheet.md`` shows the layout. ``sheet_dmn.py``
makes DMN of what is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from taysir.engine.dmn.errors import ENG_SHEET_CELL, ENG_SHEET_FORM
from taysir.engine.dmn.tables import HIT_POLICIES
from taysir.engine.dmn.workbook import Rows
from taysir.kernel.errors import Problem

_NAMES: Final = {
    "model": ("model", "نموذج"),
    "namespace": ("namespace", "نطاق"),
    "valid-from": ("valid-from", "يسري من"),
    "valid-until": ("valid-until", "يسري إلى"),
    "article": ("article", "المادة"),
    "given": ("given", "معطى"),
    "table": ("table", "جدول"),
    "formula": ("formula", "صيغة"),
    "description": ("description", "وصف"),
    "kind": ("kind", "العمود"),
    "name": ("name", "الاسم"),
    "label": ("label", "العنوان"),
    "type": ("type", "النوع"),
    "values": ("values", "القيم"),
    "default": ("default", "الافتراضي"),
}
WORDS: Final = {word: key for key, words in _NAMES.items() for word in words}
_KINDS: Final = {
    "input": "input",
    "مدخل": "input",
    "output": "output",
    "ناتج": "output",
    "note": "annotation",
    "ملاحظة": "annotation",
}
_COLUMNS: Final = frozenset(_KINDS.values())
_NO_NAME: Final = "name / الاسم"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_HEADS: Final = frozenset({"kind", "name", "label", "type", "values", "default"})
SETTINGS: Final = ("namespace", "valid-from", "valid-until", "article")


@dataclass(slots=True)
class SheetTable:
    """One decision: a table with its head rows and rules, or a formula."""

    name: str
    line: int
    policy: str = "UNIQUE"
    kind: str = ""
    formula: str = ""
    description: str = ""
    heads: dict[str, list[str]] = field(default_factory=dict)
    rules: list[tuple[str, list[str], int]] = field(default_factory=list)

    def columns(self, kind: str) -> list[int]:
        """Return the columns of a kind, counted from nought after the first cell."""
        kinds = self.heads.get("kind", [])
        return [index for index, each in enumerate(kinds) if each == kind]

    def head(self, row: str, column: int) -> str:
        """Return a cell of a head row; empty where there is none."""
        return cell_at(self.heads.get(row, []), column)


@dataclass(slots=True)
class SheetModel:
    """The decisions of a file with what is said of all of them."""

    name: str = "rules"
    settings: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    tables: list[SheetTable] = field(default_factory=list)


# --- cells to tables -----------------------------------------------------------------------------


def read_sheets(sheets: Iterable[Rows], *, file: str) -> SheetModel:
    """Read the decisions of a file; raises ENG-0128 and ENG-0129."""
    model = SheetModel()
    for rows in sheets:
        current: SheetTable | None = None
        for line, row in enumerate(rows, 1):
            if any(row):
                current = _row(model, current, row, line, file)
    if not model.tables:
        raise Problem(ENG_SHEET_FORM, file=file, detail="table / جدول")
    for table in model.tables:
        _check(table, file)
        _date(table)
    return model


def _date(table: SheetTable) -> None:
    """Write days as FEEL: a spreadsheet hands over a day as ``2026-01-31``, a subtraction."""
    columns = {*table.columns("input"), *table.columns("output")}
    for _, cells, _ in table.rules:
        for column, text in enumerate(cells):
            if column in columns and _DAY.fullmatch(text):
                cells[column] = f'@"{text}"'


def _row(
    model: SheetModel, current: SheetTable | None, row: list[str], line: int, file: str
) -> SheetTable | None:
    first, cells = row[0], row[1:]
    key = WORDS.get(first.casefold(), "")
    begun = _begun(key, cells, line)
    if begun is not None:
        model.tables.append(begun)
        return begun
    if current is None or current.formula:
        _setting(model, current, key, cells)
        if key not in {"model", "given", "description", *SETTINGS}:
            raise Problem(ENG_SHEET_CELL, file=file, line=line, detail=first or "—")
    elif key == "description":
        current.description = cell_at(cells, 0)
    elif key in _HEADS and not current.rules:
        current.heads[key] = _head(key, cells)
    else:
        current.rules.append((first, cells, line))
    return current


def _begun(key: str, cells: list[str], line: int) -> SheetTable | None:
    """Return the table or formula that begins with a row, if one does."""
    name, middle, kind = (cell_at(cells, column) for column in range(3))
    if key == "table":
        return SheetTable(name, line, policy=middle.upper() or "UNIQUE", kind=kind)
    return SheetTable(name, line, kind=kind, formula=middle) if key == "formula" else None


def _head(key: str, cells: list[str]) -> list[str]:
    """Return a row of the head; kinds of columns may be written in Arabic."""
    return [_KINDS.get(cell.casefold(), cell) for cell in cells] if key == "kind" else [*cells]


def _setting(model: SheetModel, current: SheetTable | None, key: str, cells: list[str]) -> None:
    if key == "model":
        model.name = cell_at(cells, 0) or model.name
    elif key == "given":
        model.given[cell_at(cells, 0)] = cell_at(cells, 1)
    elif key == "description" and current is not None:
        current.description = cell_at(cells, 0)
    elif key in SETTINGS:
        model.settings[key] = cell_at(cells, 0)


def cell_at(cells: Sequence[str], column: int) -> str:
    """Return a cell; empty where the row is shorter."""
    return cells[column] if column < len(cells) else ""


def _check(table: SheetTable, file: str) -> None:
    wrong = _wrong_in(table)
    if wrong:
        raise Problem(ENG_SHEET_CELL, file=file, line=table.line, detail=wrong)


def _wrong_in(table: SheetTable) -> str:
    """Return what is missing in a table or not known; empty if it is complete."""
    if not table.name:
        return _NO_NAME
    if table.formula:
        return ""
    unknown = [kind for kind in table.heads.get("kind", ()) if kind and kind not in _COLUMNS]
    if unknown:
        return unknown[0]
    if not table.columns("output"):
        return "output / ناتج"
    if policy_of(table)[0] not in HIT_POLICIES:
        return table.policy
    return "" if all(table.head("name", each) for each in table.columns("input")) else _NO_NAME


def policy_of(table: SheetTable) -> tuple[str, str]:
    """Return the hit policy and the aggregation; other policies have a space in their name."""
    if not table.policy.startswith("COLLECT"):
        return table.policy, ""
    policy, _, aggregation = table.policy.partition(" ")
    return policy, aggregation
