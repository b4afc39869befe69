"""Tells of each row that did not apply which input failed it: its value, and what the row asks.

Works from the decision alone: labels of facts come from the inputs of its steps, the texts of the
cells from the trace that was kept with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from taysir.engine.cellwords import word_cell
from taysir.engine.decision import ColumnValue, Decision, Input, MissedRow, Step, TableUse
from taysir.engine.definition import DATE_NAME
from taysir.engine.findings import Text
from taysir.engine.wording import word_date, word_plain
from taysir.kernel.errors import Language

_ROW: Final[Text] = {"ar": "{table}، السطر {row}", "en": "{table}, row {row}"}
_ASKED: Final[Text] = {
    "ar": "{label}: {value}، والسطر يشترط: {test}",
    "en": "{label} is {value}; the row asks for {test}",
}
_NOT_ALLOWED: Final[Text] = {
    "ar": "إحدى القيم ليست مما يقبله الجدول",
    "en": "an input is none of the values that the table accepts",
}
_TODAY: Final[Text] = {"ar": "يوم القرار ({day})", "en": "the day of the decision ({day})"}
_NAMED: Final = "{label} ({value})"


@dataclass(frozen=True, slots=True)
class Missed:
    """A row that did not apply, in words; ``fact`` is the failed input's expression."""

    label: str
    asked: str
    place: str
    decision: str
    row: int
    fact: str


def missed_rows(decision: Decision, language: Language) -> tuple[Missed, ...]:
    """Return the rows that did not apply, each table once, in the order of the steps."""
    words = _Words(decision, language)
    seen: set[tuple[str, int]] = set()
    told: list[Missed] = []
    for step, table, row in _rows(decision):
        if (step.file, row.line) not in seen:
            seen.add((step.file, row.line))
            told.append(words.missed(step, table, row))
    return tuple(told)


def _rows(decision: Decision) -> Iterator[tuple[Step, TableUse, MissedRow]]:
    for step in decision.steps:
        for table in step.tables:
            for row in table.missed:
                yield step, table, row


class _Words:
    """Words of one decision in one language: what its names mean and what they were."""

    def __init__(self, decision: Decision, language: Language) -> None:
        self._language = language
        self._inputs: dict[str, Input] = {
            item.fact: item for step in decision.steps for item in step.inputs
        }
        self._labels = {
            step.decision: step.label[language] for step in decision.steps if step.label
        }
        self._today = word_date(decision.on, language)

    def missed(self, step: Step, table: TableUse, row: MissedRow) -> Missed:
        language = self._language
        named = table.label.get(language, table.decision)
        label = _ROW[language].format(table=named, row=row.row)
        place = ", ".join(part for part in (row.article, f"{step.file}:{row.line}") if part)
        if row.column < 0:
            return Missed(label, _NOT_ALLOWED[language], place, table.decision, row.row, "")
        column = table.columns[row.column]
        options = {code: words[language] for code, words in column.options.items()}
        asked = _ASKED[language].format(
            label=column.label.get(language) or self._label(column.text),
            value=self._value(column),
            test=word_cell(row.test, language, name=self._name, options=options),
        )
        return Missed(label, asked, place, table.decision, row.row, column.text)

    def _label(self, name: str) -> str:
        known = self._inputs.get(name)
        return known.label[self._language] if known else self._labels.get(name, name)

    def _value(self, column: ColumnValue) -> str:
        known = self._inputs.get(column.text)
        if known is not None and known.value == column.value:
            return known.words[self._language]
        return word_plain(column.value, self._language)

    def _name(self, name: str) -> tuple[str, bool] | None:
        """Word a name that a cell compares with: its label and what it was."""
        if name == DATE_NAME:
            return _TODAY[self._language].format(day=self._today), True
        known = self._inputs.get(name)
        if known is None:
            return None
        value = known.words[self._language]
        is_day = isinstance(known.value, str) and word_plain(known.value, self._language) == value
        return _NAMED.format(label=known.label[self._language], value=value), is_day
